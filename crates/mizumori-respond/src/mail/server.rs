//! Hands mails over, many on one connection.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::timeout;

use crate::delivery::Delivery;
use crate::error::{RespondError, Result};
use crate::mail::session::{Failure, Session, Stage};
use crate::mail::write::written;
use crate::mail::{DkimKey, Mail, MailSettings, Security};

/// For words that nothing depends on any more.
const COURTESY: Duration = Duration::from_secs(5);

/// A server that takes mails. Several can be handed over at once, each on a connection of its own.
pub struct MailServer {
    settings: MailSettings,
    keys: Vec<DkimKey>,
    tls: Option<TlsParameters>,
    /// Host and port, as errors show them.
    name: String,
    idle: Mutex<Vec<Session>>,
}

impl MailServer {
    /// Prepares it, and connects to nobody yet. Mails are signed by each key that is of their sender's domain: with one of each
    /// kind old receivers are served, and new ones better.
    ///
    /// # Errors
    /// When the authorities cannot be read, TLS cannot be prepared, or a setting makes no sense.
    pub fn new(settings: MailSettings, keys: Vec<DkimKey>) -> Result<Self> {
        let is_name = |name: &str| {
            !name.is_empty() && name.len() < 256 && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !is_name(&settings.host) || settings.hello.as_deref().is_some_and(|hello| !is_name(hello)) {
            return Err(RespondError::Setting("the mail server's name, or ours, is none"));
        }
        let name = format!("{}:{}", settings.host, settings.port);
        let tls = match settings.security {
            Security::Tls | Security::StartTls => Some(tls(&settings)?),
            Security::PlainToLoopback | Security::PlainAnywhere => None,
        };
        Ok(Self { settings, keys, tls, name, idle: Mutex::default() })
    }

    /// Hands a mail over. Dropped in the middle, or out of time after the last byte, it may have been taken all the same: it is
    /// sent again under its name.
    pub async fn send(&self, mail: &Mail) -> Delivery {
        let bytes = match written(mail, &self.keys) {
            Ok(bytes) => bytes,
            Err(why) => return Delivery::Never { why },
        };
        loop {
            let mut session = match self.session().await {
                Ok(session) => session,
                Err(failure) => return judged(failure),
            };
            let was_used = session.is_used();
            let delivering = session.deliver(mail.from.inner(), mail.to.inner(), &bytes);
            let Ok(delivered) = timeout(self.settings.timeout, delivering).await else {
                return Delivery::later(self.timed_out(self.settings.timeout));
            };
            match delivered {
                Ok(()) => {
                    self.keep(session).await;
                    return Delivery::Accepted;
                }
                // It was closed while nobody looked: nothing of the mail was said on it.
                Err(failure)
                    if was_used
                        && failure.stage == Stage::Sender
                        && matches!(failure.code, None | Some(421)) => {}
                Err(failure) => {
                    if failure.code.is_some_and(|code| code != 421)
                        && timeout(COURTESY, session.reset()).await == Ok(true)
                    {
                        self.keep(session).await;
                    }
                    return judged(failure);
                }
            }
        }
    }

    /// Tries to reach the server and to log in, without a mail.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn check(&self) -> Result<()> {
        let session = self.open().await.map_err(|failure| failure.why)?;
        self.keep(session).await;
        Ok(())
    }

    /// Says goodbye on the connections that are open. They end without it as well.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for session in idle {
            let _ = timeout(COURTESY, session.quit()).await;
        }
    }

    /// A connection that is open already, or a new one.
    async fn session(&self) -> std::result::Result<Session, Failure> {
        loop {
            let Some(session) = self.idle().pop() else { break };
            if session.is_fresh() {
                return Ok(session);
            }
        }
        self.open().await
    }

    async fn open(&self) -> std::result::Result<Session, Failure> {
        let limit = self.settings.connect_timeout;
        let opening = Session::open(&self.settings, self.tls.as_ref(), &self.name);
        timeout(limit, opening).await.unwrap_or_else(|_| {
            Err(Failure { stage: Stage::Greeting, why: self.timed_out(limit), code: None })
        })
    }

    async fn keep(&self, session: Session) {
        if session.is_fresh() {
            let mut idle = self.idle();
            if idle.len() < self.settings.connections {
                idle.push(session);
                return;
            }
        }
        let _ = timeout(COURTESY, session.quit()).await;
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timed_out(&self, limit: Duration) -> RespondError {
        RespondError::TimedOut { server: self.name.clone(), limit }
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer")
            .field("settings", &self.settings)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// What a failure means for the mail: only a refusal of this very mail is for ever. What is refused before is our settings,
/// which somebody will put right.
fn judged(Failure { stage, why, code }: Failure) -> Delivery {
    let is_for_ever = match &why {
        RespondError::Login { .. } => false,
        RespondError::Address(_) => true,
        _ => stage.is_of_the_mail() && code.is_some_and(|code| code >= 500),
    };
    if is_for_ever { Delivery::Never { why } } else { Delivery::later(why) }
}

fn tls(settings: &MailSettings) -> Result<TlsParameters> {
    // The library would take one of its own choice.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(RespondError::Prepare("the program installed no cryptography".to_owned()));
    }
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.authorities {
        let pem = std::fs::read(file)
            .map_err(|cause| RespondError::ReadAuthorities { file: file.clone(), cause })?;
        let none = || RespondError::NoAuthorities(file.clone());
        if CertificateDer::pem_slice_iter(&pem).next().is_none_or(|first| first.is_err()) {
            return Err(none());
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| none())?);
    }
    builder.build_rustls().map_err(|error| RespondError::Prepare(error.to_string()))
}
