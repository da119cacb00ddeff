//! What can go wrong with a server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use mizumori_core::ErrorClass;
use mizumori_guard::GuardError;

/// Why there is no server, or why what it has could not be renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// Somebody else listens there, or nobody may.
    #[error("could not listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The machine gave no thread.
    #[error("could not start the server")]
    Start(#[source] io::Error),
    /// A file of a certificate that cannot be read.
    #[error("could not read `{file}`")]
    Read {
        /// Its name.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A file of something else.
    #[error("`{file}` holds no {what} in PEM")]
    NoPem {
        /// Its name.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A key that is not the certificate's, or a certificate that cannot be used.
    #[error("the certificate `{certificate}` cannot be used with the key `{key}`")]
    Certificate {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's.
        key: PathBuf,
        /// Why not.
        #[source]
        cause: rustls::Error,
    },
    /// The index.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

impl WebError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Listen { .. } | Self::Start(_) => ErrorClass::Environment,
            Self::Read { .. } | Self::NoPem { .. } | Self::Certificate { .. } => ErrorClass::Usage,
            Self::Guard(error) => error.class(),
        }
    }

    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Listen { cause, .. } if cause.kind() == io::ErrorKind::AddrInUse => {
                "another program listens there: choose another port with --listen, or 0 for any that is free"
            }
            Self::Listen { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied => {
                "ports below 1024 need the right to bind them: choose another one with --listen"
            }
            Self::NoPem { what: "private key", .. } => "give a key without a passphrase, as PEM",
            Self::Guard(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
