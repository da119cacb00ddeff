//! Whether a domain is its holder's: what must be published, and whether it is.
//!
//! A [`Challenge`] says word for word what the holder publishes: a TXT record, a file, an element of a page; or a [`MailCode`]
//! goes to a role address. A [`Prover`] looks whether it is there, and tells "it is not" from "nobody could be asked". A
//! [`Schedule`] says when to look again, and when a proof that fails has lapsed.
//!
//! It keeps nothing, sends no mail and decides nothing about who is served: that is the caller's. What it is answered comes from
//! strangers, is bounded in length and time, and never stands in errors. Without the feature `look` there is no prover.
//!
//! The methods are those of the CA/Browser Forum's Baseline Requirements for TLS server certificates, sections 3.2.2.4.4 (mail),
//! 3.2.2.4.7 (DNS) and 3.2.2.4.18 (file), as far as they serve here; the element of a page is the custom of search engines. What an
//! authority must do beyond that is not done: **DNSSEC is not verified here**. Ask resolvers that verify it (they answer SERVFAIL to
//! what is forged, which is never taken for a proof or for its absence), over a way that nobody can change.

mod challenge;
#[cfg(feature = "look")]
mod dns;
mod error;
mod found;
mod mail;
mod page;
#[cfg(feature = "look")]
mod prover;
mod schedule;
#[cfg(feature = "look")]
mod settings;
mod token;
#[cfg(feature = "look")]
mod web;

pub use challenge::Challenge;
pub use error::{Absence, ProofError, Result, Trouble};
pub use found::{Proof, outcome};
pub use mail::{CODE_LIFE, CODE_TRIES, CodeHash, MailCode, Role, SentCode, confirm};
pub use mizumori_core::proof::{Method, Outcome};
#[cfg(feature = "look")]
pub use prover::Prover;
pub use schedule::{Patience, Schedule, Standing, Verdict};
#[cfg(feature = "look")]
pub use settings::ProverSettings;
pub use token::Token;
