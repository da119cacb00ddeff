//! Why a domain is not proved: because the proof is not there, or because nobody could be asked.
//!
//! Nothing that was answered stands in it; a status is all that is told of an answer.

use std::time::Duration;

use mizumori_core::{DomainName, ErrorClass};
#[cfg(feature = "look")]
use mizumori_outbound::OutboundError;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A domain that nobody can prove for himself alone.
    #[error("`{domain}` cannot be proved: {why}")]
    Unprovable {
        /// The domain.
        domain: DomainName,
        /// Why not.
        why: &'static str,
    },
    /// A text that is no token.
    #[error("this is no token: a token is 32 hexadecimal digits")]
    Token,
    /// A token cannot be drawn.
    #[error("the machine has no random numbers: {0}")]
    NoRandomness(getrandom::Error),
    /// Nobody is there to ask for names.
    #[error("could not prepare to ask for names: {0}")]
    Names(String),
    /// A client for web sites could not be made.
    #[cfg(feature = "look")]
    #[error(transparent)]
    Client(OutboundError),
    /// A method whose proof lies nowhere.
    #[error("a code from a mail cannot be looked for: it is typed in")]
    ByHand,
    /// What was typed is no code of that mail.
    #[error("this is not the code that was sent for this domain")]
    Code,
    /// What was typed may be one, but comes too late.
    #[error("the code is more than {} days old", crate::mail::CODE_LIFE.as_secs() / 86_400)]
    CodeExpired,
    /// Too many wrong ones were typed.
    #[error("{} wrong codes were typed: this one is not taken any more", crate::mail::CODE_TRIES)]
    CodeSpent,
    /// Somebody was asked, and it is not there. The holder has to do something.
    #[error("the proof is not there: {place} {why}")]
    Missing {
        /// Where it was looked for.
        place: String,
        /// What is there instead.
        why: Absence,
    },
    /// Nobody could be asked. It says nothing about the proof; the same question may be answered later.
    #[error("could not look for the proof: {place} {why}")]
    Unasked {
        /// Where it was to be looked for.
        place: String,
        /// What was in the way.
        why: Trouble,
    },
}

/// What is there instead of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Absence {
    /// The name service knows no such name (NXDOMAIN).
    #[error("does not exist")]
    NoSuchName,
    /// The name has no TXT records.
    #[error("has no TXT record")]
    NoRecords,
    /// It has some, and none is the proof.
    #[error("has other TXT records")]
    OtherRecords,
    /// The name is an alias only because every name below the domain is one: whoever holds the target need not hold the domain.
    #[error("is an alias by a wildcard: the record must stand under its own name")]
    WildcardAlias,
    /// A status that is no success.
    #[error("is answered with status {0}")]
    Status(u16),
    /// It redirects to another site, or in a way that is not followed.
    #[error("redirects to where it must not")]
    LedAway,
    /// It redirects again and again.
    #[error("redirects too often")]
    Redirects,
    /// It is longer than what is read.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// There is something else.
    #[error("says something else")]
    OtherContent,
    /// The page has no element of this name in its head.
    #[error("has no such element in its head")]
    NoElement,
}

/// What was in the way of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The name service failed, or found a signature that is wrong (SERVFAIL).
    #[error("cannot be looked up: the name server failed")]
    ServFail,
    /// The name service does not want to answer us (REFUSED).
    #[error("cannot be looked up: the name server refuses to answer")]
    Refused,
    /// The name service is none that looks names up elsewhere, and this one is elsewhere.
    #[error("cannot be looked up: the name server is not responsible")]
    Referral,
    /// The name servers that are asked say different things, as they do while a change spreads.
    #[error("is answered differently by different name servers")]
    Disagreement,
    /// There was no answer in time.
    #[error("was not answered within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// Nobody is there.
    #[error("cannot be reached")]
    Unreachable,
    /// The connection could not be secured.
    #[error("cannot be reached securely")]
    Tls,
    /// It is at an address that must not be asked.
    #[error("is at an address that is not a public one")]
    NotPublic,
    /// What came cannot be understood.
    #[error("is answered with what cannot be understood")]
    Broken,
    /// A status that says that it may be different later.
    #[error("is answered with status {0}")]
    Status(u16),
}

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, ProofError>;

impl ProofError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Missing { why: Absence::TooLong(_), .. } => ErrorClass::Limit,
            Self::Unprovable { .. }
            | Self::Token
            | Self::ByHand
            | Self::Code
            | Self::CodeExpired
            | Self::CodeSpent
            | Self::Missing { .. } => ErrorClass::Usage,
            Self::NoRandomness(_) | Self::Names(_) | Self::Unasked { .. } => ErrorClass::Environment,
            #[cfg(feature = "look")]
            Self::Client(error) => error.class(),
        }
    }

    /// The next thing to do, where that is known.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing {
                why: Absence::NoSuchName | Absence::NoRecords | Absence::OtherRecords, ..
            } => Some("a new record is seen everywhere once the time to live of the old answer is over"),
            Self::Missing { why: Absence::LedAway, .. } => {
                Some("redirections are followed to the same name, and to it with www. before it")
            }
            Self::Missing { why: Absence::NoElement, .. } => {
                Some("it must stand in what the server sends: what a script adds is not seen")
            }
            Self::Unasked { why: Trouble::NotPublic, .. } => {
                Some("the operator can let a host or a network through by name")
            }
            Self::Names(_) => Some("name servers can be named in the settings"),
            Self::CodeExpired | Self::CodeSpent => Some("ask for another mail"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_does() {
        let place = || "https://suigen.example/".to_owned();
        let missing = |why| ProofError::Missing { place: place(), why };
        let unasked = |why| ProofError::Unasked { place: place(), why };
        for (error, class, text) in [
            (
                missing(Absence::Status(404)),
                ErrorClass::Usage,
                "the proof is not there: https://suigen.example/ is answered with status 404",
            ),
            (
                missing(Absence::TooLong(9)),
                ErrorClass::Limit,
                "the proof is not there: https://suigen.example/ is longer than 9 bytes",
            ),
            (
                unasked(Trouble::TimedOut(Duration::from_millis(1500))),
                ErrorClass::Environment,
                "could not look for the proof: https://suigen.example/ was not answered within 1.5 s",
            ),
            (ProofError::CodeExpired, ErrorClass::Usage, "the code is more than 30 days old"),
        ] {
            assert_eq!((error.class(), &*error.to_string()), (class, text));
        }
    }
}
