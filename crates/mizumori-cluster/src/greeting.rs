//! The first word to a scheduler: whether it speaks TLS as this machine does, and whether each takes the other's certificate.
//!
//! Ballista tries again whatever happens, and keeps the reason to itself. What no further try will change is told here, before
//! it begins. What may change (nobody answers) is not judged.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use rustls::{AlertDescription, CertificateError, ClientConnection, StreamOwned};

use crate::error::ClusterError;
use crate::tls::{HANDSHAKE, Tls, server_name};

/// What a client of HTTP/2 says first: its preface, and settings without any (RFC 9113, 3.4). A server answers.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The first byte of an alert (RFC 8446, 5.1): what a server with TLS answers to anything else.
const ALERT: u8 = 21;

/// Whether somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// A part that this machine can speak with.
    Answered,
    /// Nobody, yet.
    Silence,
}

/// Why two parts of a cluster cannot speak with each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// TLS there, and none here.
    #[error("it speaks TLS, and this machine has not been told to: set up the certificates here")]
    TlsThere,
    /// TLS here, and none there.
    #[error("it does not speak TLS, and this machine speaks nothing else: set up the certificates there")]
    TlsHere,
    /// The other side's certificate is not taken.
    #[error("its certificate {0}")]
    Theirs(String),
    /// The other side does not take this one's.
    #[error("it refuses this machine's certificate: {0}")]
    Ours(&'static str),
    /// Anything else.
    #[error("TLS was not agreed on: {0}")]
    Otherwise(String),
}

/// Greets the scheduler at `host` and `port`.
///
/// # Errors
/// When there is one that this machine cannot speak with.
pub(crate) fn greet(host: &str, port: u16, tls: Option<&Tls>) -> Result<Greeting, ClusterError> {
    let refused = |why| ClusterError::Refused { host: host.to_owned(), port, why };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(socket) = connect(bare, port) else { return Ok(Greeting::Silence) };
    let answer = match tls {
        None => in_clear(socket),
        Some(tls) => server_name(host)
            .and_then(|name| ClientConnection::new(tls.client(), name))
            .map_err(|error| refused(Refusal::Otherwise(error.to_string())))
            .map(|connection| first_byte(StreamOwned::new(connection, socket)))?
            .map(drop),
    };
    match answer {
        Ok(()) => Ok(Greeting::Answered),
        Err(error) => match reason(&error) {
            Some(why) => Err(refused(why)),
            None => Ok(Greeting::Silence),
        },
    }
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, HANDSHAKE) {
            Ok(socket) => {
                socket.set_read_timeout(Some(HANDSHAKE))?;
                socket.set_write_timeout(Some(HANDSHAKE))?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Says hello; the first byte of the answer.
fn first_byte(mut stream: impl Read + Write) -> io::Result<u8> {
    stream.write_all(HELLO)?;
    stream.flush()?;
    let mut first = [0];
    stream.read_exact(&mut first)?;
    Ok(first[0])
}

fn in_clear(socket: TcpStream) -> io::Result<()> {
    match first_byte(socket)? {
        ALERT => Err(io::Error::other(Refusal::TlsThere)),
        _ => Ok(()),
    }
}

/// What no further try would change.
fn reason(error: &io::Error) -> Option<Refusal> {
    let inner = error.get_ref()?;
    if let Some(refusal) = inner.downcast_ref::<Refusal>() {
        return Some(refusal.clone());
    }
    Some(match inner.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidMessage(_) => Refusal::TlsHere,
        rustls::Error::InvalidCertificate(why) => Refusal::Theirs(words(why)),
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired => Refusal::Ours("it wants one"),
            AlertDescription::CertificateExpired => Refusal::Ours("it has expired"),
            // The second where two authorities have the same name: that our key fits our certificate is known.
            AlertDescription::UnknownCA | AlertDescription::DecryptError => {
                Refusal::Ours("it is of another authority than the cluster's")
            }
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::AccessDenied => Refusal::Ours("it is not one that it takes"),
            alert => Refusal::Otherwise(format!("{alert:?}")),
        },
        error => Refusal::Otherwise(error.to_string()),
    })
}

/// What is wrong with another's certificate.
fn words(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired".to_owned(),
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "is of another authority than the cluster's".to_owned()
        }
        why => format!("cannot be taken: {why}"),
    }
}
