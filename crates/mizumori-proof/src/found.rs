//! What a proof says, and what a look for one found.

use mizumori_core::DomainName;
use mizumori_core::proof::{Method, Outcome};

use crate::error::{ProofError, Result};

/// That a domain is its holder's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// Which domain.
    pub domain: DomainName,
    /// How it was proved.
    pub method: Method,
    /// Where the proof was found: a name, an address of a page, an address of a mailbox.
    pub place: String,
}

/// What a look found. What keeps us from looking at all says nothing about the proof.
pub const fn outcome(looked: &Result<Proof>) -> Outcome {
    match looked {
        Ok(_) => Outcome::There,
        Err(ProofError::Missing { .. }) => Outcome::Missing,
        Err(_) => Outcome::Unasked,
    }
}
