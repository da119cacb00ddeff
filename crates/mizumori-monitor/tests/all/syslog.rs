//! A collector of syslog over TLS, on loopback.

use std::sync::{Arc, Mutex};

use mizumori_test_servers::{Certificate, Validity};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// A collector that keeps what it is told.
pub(crate) struct Collector {
    pub(crate) port: u16,
    pub(crate) certificate: Certificate,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    pub(crate) fn start(runtime: &Runtime) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let certificate = Certificate::of_loopback(Validity::Now).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let messages = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&messages);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    while let Some(message) = next(&mut stream).await {
                        kept.lock().unwrap().push(message);
                    }
                });
            }
        });
        Self { port, certificate, messages }
    }

    /// What it was told, when it is so much.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        let deadline = std::time::Instant::now() + mizumori_test_servers::PATIENCE;
        loop {
            let messages = self.messages.lock().unwrap().clone();
            if messages.len() >= count {
                return messages;
            }
            assert!(std::time::Instant::now() < deadline, "{messages:?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// The next message, by its counted octets.
async fn next(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut length = String::new();
    loop {
        match stream.read_u8().await.ok()? {
            b' ' => break,
            digit => length.push(char::from(digit)),
        }
    }
    let mut message = vec![0; length.parse().ok()?];
    stream.read_exact(&mut message).await.ok()?;
    String::from_utf8(message).ok()
}
