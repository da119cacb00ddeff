//! What can go wrong with a directory, told apart by what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::ErrorClass;

/// Why a directory could not be read or acted upon. Neither an address, a distinguished name nor a credential stands in it: a
/// server is named by its host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A setting that cannot be.
    #[error("the settings of the directory cannot be used: {0}")]
    Settings(String),
    /// A file that cannot be read.
    #[error("could not read `{file}`")]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A file that is not what it should be.
    #[error("`{file}`{}: {why}", .line.map_or_else(String::new, |line| format!(", line {line}")))]
    File {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: Option<u64>,
        /// What is wrong with it. It quotes no value.
        why: String,
    },
    /// Nobody answers there, or the connection broke.
    #[error("`{server}` cannot be reached")]
    Unreachable {
        /// The server.
        server: String,
        /// Why not, where the system says so.
        #[source]
        cause: Option<io::Error>,
    },
    /// No answer in time.
    #[error("`{server}` did not answer in time")]
    TimedOut {
        /// The server.
        server: String,
    },
    /// It asks to be left alone for a while.
    #[error("`{server}` is busy")]
    Busy {
        /// The server.
        server: String,
        /// When to come again, where it says so.
        after: Option<Duration>,
    },
    /// Its certificate cannot be trusted.
    #[error("the certificate of `{server}` {why}")]
    Certificate {
        /// The server.
        server: String,
        /// Why not.
        why: CertificateFault,
    },
    /// TLS failed for another reason.
    #[error("no TLS with `{server}`: {why}")]
    Tls {
        /// The server.
        server: String,
        /// What it failed of.
        why: String,
    },
    /// It does not know our credentials.
    #[error("`{server}` refuses the credentials")]
    Credentials {
        /// The server.
        server: String,
    },
    /// Our credentials do not suffice.
    #[error("`{server}` does not permit us to {what}{}", .right.map_or_else(String::new, |right| format!(": it takes {right}")))]
    NotPermitted {
        /// The server.
        server: String,
        /// What was tried.
        what: &'static str,
        /// The right that it takes, where the service has a name for it.
        right: Option<&'static str>,
    },
    /// What the settings name is not there.
    #[error("`{server}` has no {what}")]
    Missing {
        /// The server.
        server: String,
        /// What is not there.
        what: &'static str,
    },
    /// It names another server, which is not followed: the credentials are for this one.
    #[error("`{server}` refers to another server")]
    Referral {
        /// The server.
        server: String,
    },
    /// It refuses for a reason of its own.
    #[error("`{server}` could not {what}: it answered {code}")]
    Refused {
        /// The server.
        server: String,
        /// What was tried.
        what: &'static str,
        /// Its code: of RFC 4511 for LDAP, of HTTP for the others.
        code: u32,
    },
    /// It answered what cannot be understood.
    #[error("the answer of `{server}` cannot be understood: {what}")]
    Nonsense {
        /// The server.
        server: String,
        /// What was wrong with it.
        what: &'static str,
    },
    /// More than one entry where there should be one.
    #[error("`{server}` has several entries with one {what}")]
    Ambiguous {
        /// The server.
        server: String,
        /// What should have told them apart.
        what: &'static str,
    },
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It has expired.
    #[error("has expired")]
    Expired,
    /// It is for later.
    #[error("is not valid yet")]
    NotYetValid,
    /// An authority that is not trusted signed it.
    #[error("is not signed by an authority that is trusted here")]
    UnknownIssuer,
    /// It is another server's.
    #[error("is for another name")]
    WrongName,
    /// It was revoked.
    #[error("was revoked")]
    Revoked,
    /// Something else.
    #[error("is not valid")]
    Invalid,
}

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, DirectoryError>;

impl DirectoryError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Settings(_)
            | Self::Credentials { .. }
            | Self::NotPermitted { .. }
            | Self::Missing { .. }
            | Self::Referral { .. } => ErrorClass::Usage,
            Self::Read { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Busy { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::Refused { .. }
            | Self::Nonsense { .. } => ErrorClass::Environment,
            Self::File { .. } | Self::Ambiguous { .. } => ErrorClass::Unreadable,
        }
    }

    /// Whether the same request may succeed when nobody changes anything, and after how long at the earliest, where the
    /// server says so.
    pub const fn try_again(&self) -> Option<Option<Duration>> {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => Some(None),
            Self::Busy { after, .. } => Some(*after),
            _ => None,
        }
    }

    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Certificate { why: CertificateFault::UnknownIssuer, .. } => {
                "name the file of the authority that signed it (PEM) in the directory's settings"
            }
            Self::Certificate { why: CertificateFault::WrongName, .. } => {
                "name the server in the settings as its certificate does"
            }
            Self::Certificate { why: CertificateFault::Expired, .. } => "renew the server's certificate",
            Self::Credentials { .. } => "check the name and the secret of the directory's service account",
            Self::NotPermitted { .. } => "give the service account the right to it in the directory",
            Self::Referral { .. } => "name the server that holds the tree in the directory's settings",
            Self::Missing { .. } => "check the base and the names in the directory's settings",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
