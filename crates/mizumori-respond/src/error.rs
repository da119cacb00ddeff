//! What can go wrong on the way to people.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::ErrorClass;
use mizumori_outbound::OutboundError;

/// Why something was not sent. No address of a person and nothing that the other side wrote stands in it: servers repeat
/// addresses in their answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RespondError {
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
    /// TLS cannot be prepared on this machine.
    #[error("could not prepare TLS: {0}")]
    Prepare(String),
    /// A setting that makes no sense, or that would tell secrets to whoever listens.
    #[error("{0}")]
    Setting(&'static str),
    /// A key that mails cannot be signed with.
    #[error("this is no key to sign mails with: {0}")]
    DkimKey(&'static str),
    /// An address that nothing can be sent to.
    #[error("{0} is no mail address that anything can be sent to")]
    Address(&'static str),
    /// A mail that cannot be written.
    #[error("the mail cannot be written: {0}")]
    Unwritable(&'static str),
    /// The other side could not be reached, or the connection broke.
    #[error("could not reach `{server}`: {what}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What failed.
        what: String,
    },
    /// It took too long.
    #[error("`{server}` did not take it within {} s", limit.as_secs_f64())]
    TimedOut {
        /// Host and port.
        server: String,
        /// The limit for all of it.
        limit: Duration,
    },
    /// The connection could not be secured.
    #[error("`{server}` could not be reached securely: {what}")]
    Tls {
        /// Host and port.
        server: String,
        /// What failed.
        what: String,
    },
    /// The other side does not let us in.
    #[error("`{server}` refused to let us in{}", said(*code, status))]
    Login {
        /// Host and port.
        server: String,
        /// What it answered, where it is a number.
        code: Option<u16>,
        /// The status of RFC 3463, where it said one.
        status: Option<String>,
    },
    /// The other side said no.
    #[error("`{server}` refused {stage}{}", said(*code, status))]
    Refused {
        /// Host and port.
        server: String,
        /// What was refused.
        stage: &'static str,
        /// What it answered, where it is a number.
        code: Option<u16>,
        /// The status of RFC 3463, where it said one.
        status: Option<String>,
    },
    /// What came back is not the protocol.
    #[error("what `{server}` answered cannot be understood")]
    Broken {
        /// Host and port.
        server: String,
    },
    /// HTTP to somebody failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// A template of a letter that cannot be used.
    #[error("the template cannot be used: {0}")]
    Template(String),
}

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, RespondError>;

impl RespondError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Outbound(error) => error.class(),
            Self::ReadAuthorities { .. }
            | Self::NoAuthorities(_)
            | Self::Setting(_)
            | Self::DkimKey(_)
            | Self::Address(_)
            | Self::Unwritable(_)
            | Self::Template(_) => ErrorClass::Usage,
            Self::Prepare(_)
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Tls { .. }
            | Self::Login { .. }
            | Self::Refused { .. }
            | Self::Broken { .. } => ErrorClass::Environment,
        }
    }

    /// The next thing to do, where that is known.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Tls { .. } => Some("an authority of your own is named in a file, in PEM"),
            Self::Prepare(_) => Some("this machine needs a list of authorities (on Debian: ca-certificates)"),
            Self::Login { .. } => Some("look at user name, password, and from where the server takes mails"),
            _ => None,
        }
    }
}

fn said(code: Option<u16>, status: &Option<String>) -> String {
    match (code, status) {
        (Some(code), Some(status)) => format!(" ({code} {status})"),
        (Some(code), None) => format!(" ({code})"),
        (None, _) => String::new(),
    }
}
