//! What can go wrong on the way to others and back.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::ErrorClass;

/// Why there is no answer. Of an address only scheme-less host and port stand in it: paths and queries of webhooks are secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// A file of authorities that cannot be read.
    #[error("could not read the authorities in `{file}`")]
    ReadAuthorities {
        /// Its name.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A file of something else.
    #[error("`{0}` holds no certificate in PEM")]
    NoAuthorities(PathBuf),
    /// An entry of the list of what is let through.
    #[error("`{0}` is neither the name of a host nor a network")]
    Allowed(String),
    /// A proxy that is none.
    #[error("the proxy cannot be used: write its address as http://host:port")]
    Proxy,
    /// The client could not be made: no authorities on this machine, no provider of rustls.
    #[error("could not prepare TLS: {0}")]
    Prepare(String),
    /// The address that was given is none, or has credentials in it.
    #[error("this is no address to ask: {0}")]
    Address(&'static str),
    /// A header that cannot be sent.
    #[error(
        "the header `{0}` cannot be sent: its name or its value has characters that must not stand there"
    )]
    Header(String),
    /// An address that must not be asked, be it in the request or in a redirection.
    #[error("`{host}` is not asked: {why}")]
    Refused {
        /// Host and port.
        host: String,
        /// Why not.
        why: Refusal,
    },
    /// Nobody could be reached, or the connection broke.
    #[error("could not reach `{host}`")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why not.
        #[source]
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// It took too long: to connect, to answer, or to send the whole answer.
    #[error("`{host}` did not answer within {}", seconds(limit))]
    TimedOut {
        /// Host and port.
        host: String,
        /// The limit for all of it.
        limit: Duration,
    },
    /// The connection could not be secured.
    #[error("`{host}` could not be reached securely")]
    Tls {
        /// Host and port.
        host: String,
        /// Why not: a certificate that is expired, or somebody else's, or no TLS at all.
        #[source]
        cause: rustls::Error,
    },
    /// More bytes than are read.
    #[error("`{host}` answered with more than {limit} bytes")]
    TooLong {
        /// Host and port.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// What came is no HTTP.
    #[error("what `{host}` answered cannot be understood")]
    Broken {
        /// Host and port.
        host: String,
        /// Why not.
        #[source]
        cause: Box<dyn StdError + Send + Sync>,
    },
}

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Only https is, by the settings; or something that is no HTTP at all.
    #[error("only https is")]
    Scheme,
    /// It belongs to a network that is not public.
    #[error("its address is not a public one")]
    Address,
    /// It led on more often than is followed.
    #[error("it redirects too often")]
    Redirects,
    /// It led on to an address with credentials in it.
    #[error("it redirects to an address with a user name")]
    Credentials,
}

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, OutboundError>;

impl OutboundError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::ReadAuthorities { .. }
            | Self::NoAuthorities(_)
            | Self::Allowed(_)
            | Self::Proxy
            | Self::Address(_)
            | Self::Header(_)
            | Self::Refused { .. } => ErrorClass::Usage,
            Self::Prepare(_)
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Tls { .. }
            | Self::Broken { .. } => ErrorClass::Environment,
            Self::TooLong { .. } => ErrorClass::Limit,
        }
    }

    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Refused { why: Refusal::Address, .. } => {
                "the operator can let a host or a network through by name"
            }
            Self::Tls { .. } => "an authority of your own is named in a file, in PEM",
            Self::Prepare(_) => "this machine needs a list of authorities (on Debian: ca-certificates)",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Sorts what the library says by its causes.
    pub(crate) fn from_client(error: reqwest::Error, host: &str, limit: Duration) -> Self {
        let error = error.without_url();
        let host = host.to_owned();
        if let Some(why) = cause::<Refusal>(&error) {
            return Self::Refused { host, why: *why };
        }
        if error.is_timeout() {
            return Self::TimedOut { host, limit };
        }
        if let Some(why) = cause::<rustls::Error>(&error) {
            return Self::Tls { host, cause: why.clone() };
        }
        let unreachable = error.is_connect() || cause::<io::Error>(&error).is_some();
        let cause = innermost(error);
        if unreachable { Self::Unreachable { host, cause } } else { Self::Broken { host, cause } }
    }
}

/// The first error of a type in a chain. One of `io` hides what it was made of from the chain.
fn cause<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

/// The last cause, in its own words: those above it only say that sending failed.
fn innermost(error: reqwest::Error) -> Box<dyn StdError + Send + Sync> {
    let mut last: &dyn StdError = &error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string().into()
}

fn seconds(limit: &Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
