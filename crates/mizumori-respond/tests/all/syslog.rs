//! Collectors of syslog on loopback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mizumori_core::Timestamp;
use mizumori_respond::syslog::{Carrier, Field, Level, Record, Syslog, SyslogSettings};
use mizumori_test_servers::{Certificate, PATIENCE, Validity};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;

use crate::mails::{LONG, SHORT, authority, check};

fn settings(port: u16, carrier: Carrier) -> SyslogSettings {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    SyslogSettings { carrier, timeout: LONG, ..SyslogSettings::new("localhost", port, "watch.example") }
}

fn record(number: usize) -> Record {
    Record {
        at: Timestamp(1_795_392_000_000),
        level: Level::Error,
        kind: "finding.created".to_owned(),
        fields: vec![Field { name: "number".to_owned(), value: number.to_string() }],
        text: "水源省".to_owned(),
    }
}

/// The next message, by its counted octets.
async fn next(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut length = String::new();
    loop {
        match stream.read_u8().await.unwrap() {
            b' ' => break,
            digit => length.push(char::from(digit)),
        }
    }
    let mut message = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut message).await.unwrap();
    String::from_utf8(message).unwrap()
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn many_messages_on_one_connection_and_a_new_one_when_it_is_closed() {
    let (listener, port) = listener().await;
    let syslog = Syslog::new(settings(port, Carrier::Tcp)).unwrap();
    check(&syslog.send(&record(1)).await, "accepted", "");
    let (mut first, _) = listener.accept().await.unwrap();
    check(&syslog.send(&record(2)).await, "accepted", "");
    for number in 1..=2 {
        let message = next(&mut first).await;
        assert!(
            message.contains(&format!("number=\"{number}\"")) && message.ends_with("\u{feff}水源省"),
            "{message}"
        );
    }
    drop(first);
    let again = tokio::spawn(async move {
        let (mut second, _) = listener.accept().await.unwrap();
        next(&mut second).await
    });
    // Its end has to come over before it is seen.
    let deadline = Instant::now() + PATIENCE;
    while !again.is_finished() {
        assert!(Instant::now() < deadline);
        check(&syslog.send(&record(3)).await, "accepted", "");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(again.await.unwrap().contains("number=\"3\""));
}

#[tokio::test]
async fn nobody_listens_or_nobody_answers() {
    let (listener, port) = listener().await;
    let certificate = Certificate::of_loopback(Validity::Now).unwrap();
    let file = authority(certificate.authority_pem());
    let tls = || Carrier::Tls { authorities: Some(file.path().to_owned()), identity: None };
    let silent = SyslogSettings { timeout: SHORT, ..settings(port, tls()) };
    check(&Syslog::new(silent).unwrap().send(&record(1)).await, "later", "within 0.4 s");
    drop(listener);
    check(&Syslog::new(settings(port, tls())).unwrap().send(&record(1)).await, "later", "could not reach");
}

/// A collector that takes one connection over TLS and gives its first message.
fn collector(
    listener: TcpListener,
    certificate: &Certificate,
    client: Option<&str>,
) -> tokio::task::JoinHandle<Option<String>> {
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).unwrap();
    let builder = ServerConfig::builder();
    let config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(client.as_bytes()).unwrap()).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
        }
    };
    let config = config.with_single_cert(chain, key).unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        Some(next(&mut stream).await)
    })
}

#[tokio::test]
async fn over_tls() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let certificate = Certificate::of_loopback(Validity::Now).unwrap();
    let file = authority(certificate.authority_pem());
    let tls = Carrier::Tls { authorities: Some(file.path().to_owned()), identity: None };
    let (listening, port) = listener().await;
    let taken = collector(listening, &certificate, None);
    check(&Syslog::new(settings(port, tls)).unwrap().send(&record(1)).await, "accepted", "");
    assert!(
        taken.await.unwrap().unwrap().starts_with("<35>1 2026-11-23T00:00:00.000Z watch.example mizumori ")
    );

    // Of an authority that is not known, and expired.
    for certificate in [&certificate, &Certificate::of_loopback(Validity::Expired).unwrap()] {
        let (listening, port) = listener().await;
        let taken = collector(listening, certificate, None);
        let tls = Carrier::Tls { authorities: None, identity: None };
        check(&Syslog::new(settings(port, tls)).unwrap().send(&record(1)).await, "later", "securely");
        assert_eq!(taken.await.unwrap(), None);
    }
}

#[tokio::test]
async fn with_a_certificate_of_our_own() {
    let certificate = Certificate::of_loopback(Validity::Now).unwrap();
    let file = authority(certificate.authority_pem());
    let key = rcgen::KeyPair::generate().unwrap();
    let own =
        rcgen::CertificateParams::new(vec!["watch.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (own_file, key_file) = (authority(&own.pem()), authority(&key.serialize_pem()));
    let identity = Some((own_file.path().to_owned(), key_file.path().to_owned()));
    let (listening, port) = listener().await;
    let tls = Carrier::Tls { authorities: Some(file.path().to_owned()), identity };
    let syslog = Syslog::new(settings(port, tls)).unwrap();
    let taken = collector(listening, &certificate, Some(&own.pem()));
    check(&syslog.send(&record(1)).await, "accepted", "");
    assert!(taken.await.unwrap().is_some());
}

#[tokio::test]
async fn in_datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let udp = SyslogSettings { host: "127.0.0.1".to_owned(), ..settings(port, Carrier::Udp) };
    check(&Syslog::new(udp).unwrap().send(&record(7)).await, "accepted", "");
    let mut buffer = [0; 9000];
    let length = socket.recv(&mut buffer).await.unwrap();
    let message = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(message.starts_with("<35>1 ") && message.contains("number=\"7\""), "{message}");
}

#[test]
fn settings_that_make_no_sense() {
    let wrong = SyslogSettings { facility: 24, ..settings(514, Carrier::Tcp) };
    assert!(Syslog::new(wrong).is_err());
    let missing = Carrier::Tls { authorities: Some("/nowhere/ca.pem".into()), identity: None };
    assert!(Syslog::new(settings(6514, missing)).is_err());
}
