//! What can go wrong with the loop.

use mizumori_core::ErrorClass;
use mizumori_store::StoreError;

use crate::leaks::LeaksError;
use crate::rules::RuleError;

/// Why the loop could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake.
    #[error(transparent)]
    Leaks(#[from] LeaksError),
    /// A rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A thread of ours ended before its work did.
    #[error("the work was broken off")]
    BrokenOff,
}

impl MonitorError {
    /// What the caller does next.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Leaks(error) => error.class,
            Self::Rule(_) => ErrorClass::Usage,
            Self::BrokenOff => ErrorClass::Internal,
        }
    }
}
