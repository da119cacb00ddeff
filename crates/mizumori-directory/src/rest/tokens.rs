//! Access tokens that a server grants for a while (RFC 6749): kept in memory until shortly before they end.
//!
//! Nobody signs in: what is granted is granted to the program itself, by its own secret or key.

use std::time::{Duration, Instant};

use mizumori_core::Secret;
use mizumori_outbound::{Answer, Client, Method, Request};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::Serializer;

use super::assertion::Assertion;
use super::{asked_to_wait, failure, is_busy, named};
use crate::error::{DirectoryError, Result};

/// A token is not used any more so long before its end: clocks differ, and a request takes its time.
const MARGIN: Duration = Duration::from_secs(60);
/// How long one is used of which the server does not say; it need not (RFC 6749, 5.1).
const UNSAID: Duration = Duration::from_secs(300);
/// Nobody grants one for longer.
const LONGEST: Duration = Duration::from_secs(86_400);

/// By what a token is granted.
pub(crate) enum Grant {
    /// The client's secret (RFC 6749, 4.4), sent in the body as all that we know take it.
    Secret {
        /// The client.
        id: String,
        /// Its secret.
        secret: Secret<String>,
        /// What for.
        scope: Option<String>,
    },
    /// An assertion in the place of somebody's consent (RFC 7523, 2.1).
    Assertion(Assertion),
    /// An assertion in the place of the client's secret (RFC 7523, 2.2).
    Key {
        /// Who we are.
        assertion: Assertion,
        /// What for.
        scope: String,
    },
}

/// Asks for tokens, and keeps the one that it has.
pub(crate) struct Tokens {
    client: Client,
    url: Url,
    grant: Grant,
    /// What a client needs that may not have any.
    right: &'static str,
    held: Mutex<Held>,
}

/// Which of the tokens that came one after the other it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

#[derive(Default)]
struct Held {
    count: u64,
    token: Option<(Secret<String>, Instant)>,
}

/// RFC 6749, 5.1.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

/// RFC 6749, 5.2.
#[derive(Deserialize)]
struct NotGranted {
    error: String,
}

impl Tokens {
    /// From the server of this address. `right` is what has to be given to the client there.
    pub(crate) fn new(client: Client, url: Url, grant: Grant, right: &'static str) -> Self {
        Self { client, url, grant, right, held: Mutex::default() }
    }

    /// The token that is held, else a new one; never the one that was refused.
    pub(super) async fn token(&self, refused: Option<Ticket>) -> Result<(Secret<String>, Ticket)> {
        // Whoever comes meanwhile waits for the same one.
        let mut held = self.held.lock().await;
        let ticket = Ticket(held.count);
        if let Some((token, until)) = &held.token
            && refused != Some(ticket)
            && Instant::now() < *until
        {
            return Ok((token.clone(), ticket));
        }
        held.token = None;
        let asked = Instant::now();
        let granted = self.ask().await?;
        let lives = granted.expires_in.map_or(UNSAID, Duration::from_secs).min(LONGEST);
        let until = asked + lives.saturating_sub(MARGIN.min(lives / 2));
        let token = Secret::new(granted.access_token);
        held.count += 1;
        held.token = Some((token.clone(), until));
        Ok((token, Ticket(held.count)))
    }

    async fn ask(&self) -> Result<Granted> {
        let server = || named(&self.url);
        let form = Secret::new(self.form()?);
        let request = Request::new(Method::POST, self.url.as_str())
            .and_then(|request| request.header("accept", "application/json"))
            .and_then(|request| {
                request.body("application/x-www-form-urlencoded", form.into_exposed().into_bytes())
            })
            .map_err(|error| DirectoryError::Settings(error.to_string()))?;
        let answer = self.client.send(request).await.map_err(|error| failure(&server(), error))?;
        match answer.status() {
            200..=299 => {
                let granted: Granted = serde_json::from_slice(answer.body()).map_err(|_| self.nonsense())?;
                let is_bearer = granted.token_type.eq_ignore_ascii_case("bearer");
                let is_token = !granted.access_token.is_empty();
                (is_bearer && is_token).then_some(granted).ok_or_else(|| self.nonsense())
            }
            300..=399 => Err(DirectoryError::Referral { server: server() }),
            404 => Err(DirectoryError::Missing {
                server: server(),
                what: "place to sign on where one should be",
            }),
            _ if is_busy(&answer) => {
                Err(DirectoryError::Busy { server: server(), after: asked_to_wait(&answer) })
            }
            status => Err(self.not_granted(&answer, status)),
        }
    }

    /// The server says by a word why not; the sentence beside it may name somebody.
    fn not_granted(&self, answer: &Answer, status: u16) -> DirectoryError {
        let server = named(&self.url);
        let word = serde_json::from_slice::<NotGranted>(answer.body()).map(|not| not.error);
        match (word.as_deref().unwrap_or_default(), status) {
            ("unauthorized_client" | "invalid_scope" | "access_denied" | "consent_required", _)
            | (_, 403) => DirectoryError::NotPermitted { server, what: "sign on", right: Some(self.right) },
            ("invalid_client" | "invalid_grant", _) | (_, 401) => DirectoryError::Credentials { server },
            _ => DirectoryError::Refused { server, what: "sign us on", code: status.into() },
        }
    }

    fn form(&self) -> Result<String> {
        let mut form = Serializer::new(String::new());
        match &self.grant {
            Grant::Secret { id, secret, scope } => {
                form.append_pair("grant_type", "client_credentials")
                    .append_pair("client_id", id)
                    .append_pair("client_secret", secret.expose());
                if let Some(scope) = scope {
                    form.append_pair("scope", scope);
                }
            }
            Grant::Assertion(assertion) => {
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                    .append_pair("assertion", assertion.sign()?.expose());
            }
            Grant::Key { assertion, scope } => {
                form.append_pair("grant_type", "client_credentials")
                    .append_pair("scope", scope)
                    .append_pair(
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    )
                    .append_pair("client_assertion", assertion.sign()?.expose());
            }
        }
        Ok(form.finish())
    }

    fn nonsense(&self) -> DirectoryError {
        DirectoryError::Nonsense { server: named(&self.url), what: "it is no token" }
    }
}
