//! What directories that speak JSON over HTTP have in common: how a request fails, and what a status means.
//!
//! Nothing of an answer's body gets into an error: it may name people.

use std::io;
use std::time::SystemTime;

use mizumori_outbound::{Answer, Client, OutboundError, Request};
use serde::de::DeserializeOwned;

use crate::error::{DirectoryError, Result};
use crate::ldap::explain;

/// Sends requests to one server.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    client: Client,
    server: String,
}

impl Rest {
    /// `server` is what it is called in messages.
    pub(crate) fn new(client: Client, server: String) -> Self {
        Self { client, server }
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Asks, and understands the answer; `None` when there is nothing of the kind. `what` is what the request does.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: Request,
        what: &'static str,
    ) -> Result<Option<T>> {
        let Some(answer) = self.send(request, what).await? else { return Ok(None) };
        let nonsense = |_| self.nonsense("it is not the JSON that was asked for");
        serde_json::from_slice(answer.body()).map(Some).map_err(nonsense)
    }

    /// Has something done; `None` when there is nothing of the kind.
    pub(crate) async fn send(&self, request: Request, what: &'static str) -> Result<Option<Answer>> {
        let answer = self.client.send(request).await.map_err(|error| self.failure(error))?;
        let server = self.server.clone();
        match answer.status() {
            200..=299 => Ok(Some(answer)),
            300..=399 => Err(DirectoryError::Referral { server }),
            401 => Err(DirectoryError::Credentials { server }),
            403 => Err(DirectoryError::NotPermitted { server, what }),
            404 => Ok(None),
            // What stands between us and the server says so too: it is away for a while.
            429 | 502..=504 => {
                let after = answer.retry_after(SystemTime::now());
                Err(DirectoryError::Busy { server, after })
            }
            status => Err(DirectoryError::Refused { server, what, code: status.into() }),
        }
    }

    pub(crate) fn nonsense(&self, what: &'static str) -> DirectoryError {
        DirectoryError::Nonsense { server: self.server.clone(), what }
    }

    fn failure(&self, error: OutboundError) -> DirectoryError {
        let server = self.server.clone();
        match error {
            OutboundError::Unreachable { cause, .. } => {
                DirectoryError::Unreachable { server, cause: Some(io::Error::other(cause)) }
            }
            OutboundError::TimedOut { .. } => DirectoryError::TimedOut { server },
            OutboundError::Tls { cause, .. } => explain(&server, &cause),
            OutboundError::TooLong { .. } => self.nonsense("it is too long"),
            OutboundError::Broken { .. } => self.nonsense("it is no HTTP"),
            error => DirectoryError::Settings(error.to_string()),
        }
    }
}
