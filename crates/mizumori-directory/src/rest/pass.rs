//! What a request is signed with: a token that stays, or one that is granted for a while.

use std::fmt;
use std::sync::Arc;

use mizumori_core::Secret;
use mizumori_outbound::Request;

use super::tokens::{Ticket, Tokens};
use crate::error::{DirectoryError, Result};

/// What we sign on with.
#[derive(Clone)]
pub(crate) enum Pass {
    /// A token that somebody made by hand.
    Token {
        /// How it is presented: `Bearer`, `SSWS`.
        scheme: &'static str,
        /// The token.
        token: Secret<String>,
    },
    /// Tokens that are granted on demand.
    Granted(Arc<Tokens>),
}

impl Pass {
    /// A token as RFC 6750 has it.
    pub(crate) const fn bearer(token: Secret<String>) -> Self {
        Self::Token { scheme: "Bearer", token }
    }

    pub(crate) fn granted(tokens: Tokens) -> Self {
        Self::Granted(Arc::new(tokens))
    }

    /// Signs a request. `refused` is what a server did not take: another one is asked for then. What comes with the request stands
    /// for what it was signed with, where that can be renewed.
    pub(super) async fn sign(
        &self,
        request: Request,
        refused: Option<Ticket>,
    ) -> Result<(Request, Option<Ticket>)> {
        let (scheme, token, ticket) = match self {
            Self::Token { scheme, token } => (*scheme, token.clone(), None),
            Self::Granted(tokens) => {
                let (token, ticket) = tokens.token(refused).await?;
                ("Bearer", token, Some(ticket))
            }
        };
        let value = Secret::new(format!("{scheme} {}", token.expose()));
        let request = request
            .secret_header("authorization", &value)
            .map_err(|error| DirectoryError::Settings(error.to_string()))?;
        Ok((request, ticket))
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[pass]")
    }
}
