//! Syslog (RFC 5424), over TLS with octet counting (RFC 5425), over TCP in clear the same way (RFC 6587), or in datagrams
//! (RFC 5426).
//!
//! Syslog has no answers: what was written is taken as accepted, and what was written last on a connection that breaks may be
//! lost. A connection that the other side has closed is noticed before anything is written on it.

mod format;
mod stream;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::Timestamp;
use tokio::net::UdpSocket;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::delivery::Delivery;
use crate::error::{RespondError, Result};
use crate::syslog::stream::{Stream, Tls};

pub use format::{Field, Level};

/// How messages are carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// TLS (port 6514).
    Tls {
        /// A file of authorities, in PEM, that are trusted beside those of the machine.
        authorities: Option<PathBuf>,
        /// Files of our own certificate and its key, in PEM, where the other side wants them.
        identity: Option<(PathBuf, PathBuf)>,
    },
    /// TCP: whoever is on the way reads and changes everything.
    Tcp,
    /// Datagrams: the same, and nobody knows what arrives.
    Udp,
}

/// The settings of a collector.
#[derive(Clone, Debug)]
pub struct SyslogSettings {
    /// Its name, or its address; the name that its certificate has to bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub carrier: Carrier,
    /// The name that we go by.
    pub hostname: String,
    /// The facility, 0 to 23 (RFC 5424, section 6.2.1).
    pub facility: u8,
    /// The private enterprise number behind the names of structured data; that of examples until somebody has his own.
    pub enterprise: u32,
    /// Time for everything.
    pub timeout: Duration,
}

impl SyslogSettings {
    /// TLS, by the facility of security messages, within 30 seconds.
    pub fn new(host: &str, port: u16, hostname: &str) -> Self {
        Self {
            host: host.to_owned(),
            port,
            carrier: Carrier::Tls { authorities: None, identity: None },
            hostname: hostname.to_owned(),
            facility: 4,
            enterprise: 32473,
            timeout: Duration::from_secs(30),
        }
    }
}

/// What is told.
#[derive(Clone)]
pub struct Record {
    /// When it happened.
    pub at: Timestamp,
    /// How bad it is.
    pub level: Level,
    /// Its type, as `MSGID`.
    pub kind: String,
    /// What machines read.
    pub fields: Vec<Field>,
    /// What it says: a text, a line of CEF, or JSON. Line ends become blanks.
    pub text: String,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({})", self.kind)
    }
}

/// A collector of syslog.
pub struct Syslog {
    settings: SyslogSettings,
    tls: Option<Tls>,
    stream: Mutex<Option<Stream>>,
}

impl Syslog {
    /// Prepares it, and connects to nobody yet.
    ///
    /// # Errors
    /// When a file cannot be read, TLS cannot be prepared, or a setting makes no sense.
    pub fn new(settings: SyslogSettings) -> Result<Self> {
        if settings.facility > 23 {
            return Err(RespondError::Setting("a facility of syslog is 0 to 23"));
        }
        let tls = match &settings.carrier {
            Carrier::Tls { authorities, identity } => {
                Some(Tls::new(&settings.host, authorities.as_ref(), identity.as_ref())?)
            }
            Carrier::Tcp | Carrier::Udp => None,
        };
        Ok(Self { settings, tls, stream: Mutex::new(None) })
    }

    /// Sends a record once.
    pub async fn send(&self, record: &Record) -> Delivery {
        let message = format::message(&self.settings, record);
        let sending = async {
            match self.settings.carrier {
                Carrier::Udp => self.datagram(&message).await,
                Carrier::Tls { .. } | Carrier::Tcp => self.counted(&message).await,
            }
        };
        match timeout(self.settings.timeout, sending).await {
            Ok(Ok(())) => Delivery::Accepted,
            Ok(Err(why)) => Delivery::later(why),
            Err(_) => {
                Delivery::later(RespondError::TimedOut { server: self.name(), limit: self.settings.timeout })
            }
        }
    }

    async fn counted(&self, message: &[u8]) -> Result<()> {
        let mut kept = self.stream.lock().await;
        // Taken out while it is written on: cut off in the middle, it is gone.
        let mut open = kept.take();
        if let Some(stream) = &mut open
            && !stream.is_open().await
        {
            open = None;
        }
        let mut stream = match open {
            Some(stream) => stream,
            None => Stream::open(&self.settings, self.tls.as_ref(), &self.name()).await?,
        };
        let mut frame = format!("{} ", message.len()).into_bytes();
        frame.extend_from_slice(message);
        stream.write(&frame, &self.name()).await?;
        *kept = Some(stream);
        Ok(())
    }

    async fn datagram(&self, message: &[u8]) -> Result<()> {
        let failed = |cause: std::io::Error| RespondError::Unreachable {
            server: self.name(),
            what: cause.to_string(),
        };
        let mut addresses =
            tokio::net::lookup_host((&*self.settings.host, self.settings.port)).await.map_err(failed)?;
        let to = addresses.next().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
        let any: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).await.map_err(failed)?;
        socket.send_to(message, to).await.map_err(failed)?;
        Ok(())
    }

    fn name(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }
}

impl fmt::Debug for Syslog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Syslog").field("settings", &self.settings).finish_non_exhaustive()
    }
}
