//! What can go wrong on a cluster.

use mizumori_core::ErrorClass;
use mizumori_core::keys::KeyError;

use crate::greeting::Refusal;
use crate::tls::TlsError;

/// A cluster could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// An address that is none.
    #[error("`{0}` is no address: write HOST:PORT")]
    Address(String),
    /// A thread or a socket could not be had.
    #[error("could not start the {what}")]
    Start {
        /// What was started.
        what: &'static str,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A scheduler that this machine cannot speak with.
    #[error("the scheduler at {host}:{port} cannot be spoken with: {why}")]
    Refused {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
        /// Why not.
        why: Refusal,
    },
    /// This machine's certificate failed.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A unit failed on every machine that tried it.
    #[error("unit {unit} failed {attempts} times, at last: {why}")]
    Lost {
        /// Its number.
        unit: usize,
        /// How often it was tried.
        attempts: u32,
        /// The last failure.
        why: String,
    },
    /// A unit cannot be done on any machine.
    #[error("unit {unit} cannot be done: {why}")]
    Unit {
        /// Its number.
        unit: usize,
        /// Why not.
        why: String,
    },
    /// A dump that other machines cannot read.
    #[error("{0}")]
    NotShared(String),
    /// The survey cannot be counted.
    #[error(transparent)]
    Survey(#[from] mizumori_survey::SurveyError),
    /// The cluster's key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl ClusterError {
    /// The next thing to do, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        let Self::Refused { why, .. } = self else { return None };
        Some(match why {
            Refusal::TlsThere => {
                "give --tls DIR, or `tls` in mizumori.toml: the folder of this machine's certificate"
            }
            Refusal::TlsHere => "start it with --tls DIR, or take `tls` away here",
            Refusal::Theirs(_) | Refusal::Ours(_) => {
                "ca.crt of every machine has to be the same, and tls.crt has to name its machine"
            }
            Refusal::Otherwise(_) => return None,
        })
    }

    /// What the caller does next.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Address(_) | Self::NotShared(_) => ErrorClass::Usage,
            Self::Survey(error) => error.class(),
            Self::Tls(error) => error.class(),
            Self::Refused { .. } | Self::Start { .. } | Self::Lost { .. } | Self::Unit { .. } => {
                ErrorClass::Environment
            }
            Self::Key(error) => error.class(),
            Self::Interrupted => ErrorClass::Interrupted,
        }
    }
}
