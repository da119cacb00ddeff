//! One connection to a server, command by command: where something fails decides what it means.
//!
//! A session that is dropped in the middle is gone; it never comes back with half a mail in it.

use std::error::Error as StdError;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use crate::error::RespondError;
use crate::mail::{Login, MailSettings, Security};

/// Some servers refuse more on one connection.
const MOST_MAILS: usize = 100;
/// Servers close what is silent for minutes.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// How the library says that there was an end instead of an answer.
const CLOSED: &str = "incomplete response";

/// What was asked when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The connection, its greeting, TLS: nothing of a mail yet.
    Greeting,
    Login,
    Sender,
    Recipient,
    Data,
    Message,
}

impl Stage {
    /// Whether a refusal there is of this mail, and not of us.
    pub(crate) const fn is_of_the_mail(self) -> bool {
        matches!(self, Self::Recipient | Self::Data | Self::Message)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Greeting => "the connection",
            Self::Login => "the login",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data | Self::Message => "the mail",
        }
    }
}

/// What failed, and where.
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) why: RespondError,
    /// The server's number, where it answered.
    pub(crate) code: Option<u16>,
}

/// An open connection.
pub(crate) struct Session {
    connection: AsyncSmtpConnection,
    server: String,
    mails: usize,
    used: Instant,
}

impl Session {
    /// Connects, secures the connection and logs in.
    pub(crate) async fn open(
        settings: &MailSettings,
        tls: Option<&TlsParameters>,
        server: &str,
    ) -> Result<Self, Failure> {
        let failed = |why| Failure { stage: Stage::Greeting, why, code: None };
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((&*settings.host, settings.port))
            .await
            .map_err(|cause| {
                failed(RespondError::Unreachable { server: server.to_owned(), what: cause.to_string() })
            })?
            .filter(|address| settings.security != Security::PlainToLoopback || address.ip().is_loopback())
            .collect();
        if addresses.is_empty() {
            return Err(failed(RespondError::Setting("without TLS mails go to this machine itself only")));
        }
        let hello = settings.hello.clone().map_or_else(ClientId::default, ClientId::Domain);
        let wrapped = tls.filter(|_| settings.security == Security::Tls).cloned();
        let connecting = AsyncSmtpConnection::connect_tokio1(
            &*addresses,
            Some(settings.connect_timeout),
            &hello,
            wrapped,
            None,
        );
        let connection = connecting.await.map_err(|error| failure(Stage::Greeting, server, &error))?;
        let mut session = Self { connection, server: server.to_owned(), mails: 0, used: Instant::now() };
        if let Some(tls) = tls.filter(|_| settings.security == Security::StartTls) {
            if !session.connection.can_starttls() {
                let what = "it offers no STARTTLS".to_owned();
                return Err(failed(RespondError::Tls { server: server.to_owned(), what }));
            }
            let secured = session.connection.starttls(tls.clone(), &hello).await;
            secured.map_err(|error| failure(Stage::Greeting, server, &error))?;
        }
        if let Some(login) = &settings.login {
            session.log_in(login).await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Failure> {
        let credentials = Credentials::new(login.user.clone(), login.password.expose().clone());
        let answer = self.connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        answer.map(drop).map_err(|error| failure(Stage::Login, &self.server, &error))
    }

    /// Hands a mail over.
    pub(crate) async fn deliver(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), Failure> {
        self.mails += 1;
        let mut parameters = Vec::new();
        let is_ascii = |address: &Address| -> bool { AsRef::<str>::as_ref(address).is_ascii() };
        if !is_ascii(from) || !is_ascii(to) {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = RespondError::Address("what is not of ASCII, on this server,");
                return Err(Failure { stage: Stage::Recipient, why, code: None });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.say(Stage::Sender, Mail::new(Some(from.clone()), parameters)).await?;
        self.say(Stage::Recipient, Rcpt::new(to.clone(), Vec::new())).await?;
        self.say(Stage::Data, Data).await?;
        let taken = self.connection.message(mail).await;
        taken.map_err(|error| failure(Stage::Message, &self.server, &error))?;
        self.used = Instant::now();
        Ok(())
    }

    async fn say(&mut self, stage: Stage, command: impl Display) -> Result<(), Failure> {
        let answer = self.connection.command(command).await;
        answer.map(drop).map_err(|error| failure(stage, &self.server, &error))
    }

    /// Forgets a mail that was refused; whether the connection serves for another.
    pub(crate) async fn reset(&mut self) -> bool {
        self.used = Instant::now();
        self.connection.command(Rset).await.is_ok()
    }

    /// Says goodbye.
    pub(crate) async fn quit(mut self) {
        // Whoever is gone already needs none.
        let _ = self.connection.quit().await;
    }

    /// Whether it served before.
    pub(crate) const fn is_used(&self) -> bool {
        self.mails > 0
    }

    /// Whether it may serve for another mail.
    pub(crate) fn is_fresh(&self) -> bool {
        self.mails < MOST_MAILS && self.used.elapsed() < LONGEST_SILENCE
    }
}

/// Sorts what the library says. What the server wrote stays behind, but for its numbers.
fn failure(stage: Stage, server: &str, error: &SmtpError) -> Failure {
    let server = server.to_owned();
    let code = error.status().map(u16::from);
    let why = if code.is_some() {
        let status = error.source().and_then(|said| status(&said.to_string()));
        // 530, 535 and 538 come at any stage, from servers that want a login, another one, or TLS for it (RFC 4954).
        if stage == Stage::Login || matches!(code, Some(530 | 535 | 538)) {
            RespondError::Login { server, code, status }
        } else {
            RespondError::Refused { server, stage: stage.name(), code, status }
        }
    } else if let Some(cause) = cause::<rustls::Error>(error) {
        RespondError::Tls { server, what: cause.to_string() }
    } else if error.is_client() && stage == Stage::Login {
        RespondError::Login { server, code: None, status: None }
    } else if let Some(cause) = cause::<io::Error>(error) {
        match cause.kind() {
            io::ErrorKind::InvalidData => RespondError::Broken { server },
            io::ErrorKind::TimedOut => {
                RespondError::Unreachable { server, what: "no connection in time".to_owned() }
            }
            _ => RespondError::Unreachable { server, what: cause.to_string() },
        }
    } else if error.source().is_some_and(|said| said.to_string() == CLOSED) {
        RespondError::Unreachable { server, what: "it closed the connection".to_owned() }
    } else {
        RespondError::Broken { server }
    };
    Failure { stage, why, code }
}

/// The status of RFC 3463 that an answer begins with.
fn status(answer: &str) -> Option<String> {
    let word = answer.split_whitespace().next()?;
    let parts: Vec<_> = word.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(is_number)).then(|| word.to_owned())
}

/// The first error of a type in a chain. One of `io` hides what it was made of from the chain.
fn cause<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let within = inner.and_then(|inner| cause::<T>(inner as &(dyn StdError + 'static)));
        if let Some(found) = within.or_else(|| error.downcast_ref::<T>()) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_numbers_are_kept() {
        assert_eq!(status("5.1.1 <taro@suigen.example> is unknown").as_deref(), Some("5.1.1"));
        for none in ["", "taro@suigen.example", "5.1", "5.1.1.1", "5.1.x no", "5.1.1111", "a.b.c"] {
            assert_eq!(status(none), None, "{none}");
        }
    }
}
