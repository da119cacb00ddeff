//! What can go wrong on a cluster.

use mizumori_core::ErrorClass;
use mizumori_core::keys::KeyError;

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
    /// What the caller does next.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Address(_) | Self::NotShared(_) => ErrorClass::Usage,
            Self::Survey(error) => error.class(),
            Self::Start { .. } | Self::Lost { .. } | Self::Unit { .. } => ErrorClass::Environment,
            Self::Key(error) => error.class(),
            Self::Interrupted => ErrorClass::Interrupted,
        }
    }
}
