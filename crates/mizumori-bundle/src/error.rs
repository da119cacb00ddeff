//! What can go wrong with a bundle.

use std::io;

use mizumori_core::ErrorClass;

use crate::keys::KeyId;

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, BundleError>;

/// Why a bundle could not be written or read. Nothing of what is in it stands here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file could not be read or written.
    #[error("could not {what} the bundle")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// It is something else.
    #[error("it is no bundle")]
    NoBundle,
    /// A later program wrote it.
    #[error("the bundle is of version {found}, and this program knows {known}")]
    Version {
        /// The bundle's.
        found: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// Its end is missing, or something stands behind it.
    #[error("the bundle is not whole: it was cut off, or something stands behind its end")]
    NotWhole,
    /// Somebody else has signed it, or says so.
    #[error("the bundle is from `{0}`, and not from whom it should be")]
    Sender(KeyId),
    /// Its signature does not hold.
    #[error("the bundle is not what its sender signed: it was damaged or changed")]
    Changed,
    /// It is for others.
    #[error("the bundle is not for this key")]
    Recipient,
    /// It was changed between two looks at it.
    #[error("the bundle was changed while it was read")]
    Moved,
    /// Its sender signed what cannot be.
    #[error("the bundle's {0} is not what it should be")]
    Malformed(&'static str),
    /// A text that is no key, or one of another kind.
    #[error("{0}")]
    Key(&'static str),
    /// What cannot be put into a bundle.
    #[error("{0}")]
    Request(&'static str),
    /// The machine gives no random bytes, or its cryptography does not work.
    #[error("the machine's cryptography failed")]
    Cryptography,
}

impl BundleError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Io { .. } | Self::Moved | Self::Cryptography => ErrorClass::Environment,
            Self::NoBundle | Self::NotWhole | Self::Changed | Self::Malformed(_) => ErrorClass::Unreadable,
            Self::Version { .. } | Self::Sender(_) | Self::Recipient | Self::Key(_) | Self::Request(_) => {
                ErrorClass::Usage
            }
        }
    }

    /// What the operator can do, where there is something.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotWhole | Self::Changed => Some("carry it over once more: nothing of it was taken"),
            Self::Sender(_) => Some("`bundle show` says who signed it; take it only if you know that key"),
            Self::Recipient => Some("`bundle show` says for whom it is; ask its sender for one to your key"),
            Self::Version { .. } => Some("use the program that wrote it, or a later one"),
            _ => None,
        }
    }

    pub(crate) fn io(what: &'static str) -> impl Fn(io::Error) -> Self {
        // What is read through `Read` has its reason inside.
        move |cause| match cause.downcast::<Self>() {
            Ok(error) => error,
            Err(cause) => Self::Io { what, cause },
        }
    }
}

impl From<BundleError> for io::Error {
    fn from(error: BundleError) -> Self {
        Self::other(error)
    }
}
