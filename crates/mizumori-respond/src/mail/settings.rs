//! Which server takes mails, and how it is reached.

use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::Secret;

/// How a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the beginning (port 465, RFC 8314).
    Tls,
    /// TLS by STARTTLS (port 587), and not a word of a mail without it.
    StartTls,
    /// None: only to this machine itself.
    PlainToLoopback,
    /// None, to wherever it is: whoever is on the way reads and changes everything, the password included.
    PlainAnywhere,
}

/// As whom mails are handed over.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}

/// The settings of a server.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Its name, or its address; the name that its certificate has to bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub security: Security,
    /// As whom, where it wants to know.
    pub login: Option<Login>,
    /// A file of authorities, in PEM, that are trusted beside those of the machine.
    pub authorities: Option<PathBuf>,
    /// The name that we greet it with; `None` for this machine's own.
    pub hello: Option<String>,
    /// Time to connect, greet and log in.
    pub connect_timeout: Duration,
    /// Time for a mail once that is done. RFC 5321 would wait for ten minutes and more; a mail that was taken after its answer
    /// was waited for in vain is sent again, under the same name.
    pub timeout: Duration,
    /// Connections that are kept open for the next mails.
    pub connections: usize,
}

impl MailSettings {
    /// Safe ones: TLS as the port has it, nobody's login, 30 seconds to connect, 120 for a mail, 4 connections.
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security: if port == 465 { Security::Tls } else { Security::StartTls },
            login: None,
            authorities: None,
            hello: None,
            connect_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(120),
            connections: 4,
        }
    }
}
