//! A server that answers every connection with bytes it was given, and counts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mizumori_outbound::{Allowed, Client, ClientSettings, Reach, Schemes};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it does once the head of a request is there.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends these bytes and closes.
    Say(Vec<u8>),
    /// Sends these bytes again and again.
    Repeat(Vec<u8>),
    /// Sends these bytes and leaves the connection open.
    Hang(Vec<u8>),
}

pub(crate) fn say(text: &str) -> Act {
    Act::Say(text.as_bytes().to_vec())
}

pub(crate) fn ok(body: &str) -> Act {
    say(&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(act: Act) -> Self {
        Self::start_with(act, None).await
    }

    pub(crate) async fn start_with(act: Act, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            heads: Arc::default(),
        };
        let running = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                running.connections.fetch_add(1, Ordering::SeqCst);
                let (running, act, tls) = (running.clone(), act.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await {
                                running.answer(stream, act).await;
                            }
                        }
                        None => running.answer(stream, act).await,
                    }
                });
            }
        });
        server
    }

    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, act: Act) {
        let mut head = Vec::new();
        while !head.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        self.heads.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
        let _ = match act {
            Act::Say(bytes) => stream.write_all(&bytes).await,
            Act::Repeat(bytes) => loop {
                if let Err(error) = stream.write_all(&bytes).await {
                    break Err(error);
                }
            },
            Act::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                std::future::pending().await
            }
        };
        let _ = stream.shutdown().await;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?token=himitsu", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// An authority, and a server's certificate by it.
pub(crate) struct Certified {
    pub(crate) authority: String,
    pub(crate) config: Arc<ServerConfig>,
}

pub(crate) fn certified(name: &str, last_year: i32) -> Certified {
    provide();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2019, 1, 1);
    params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    Certified { authority, config: Arc::new(config) }
}

/// What the program does first thing.
pub(crate) fn provide() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Settings of a client that speaks http and may go to loopback.
pub(crate) fn loopback(reach: Reach) -> ClientSettings {
    provide();
    ClientSettings {
        schemes: Schemes::HttpsAndHttp,
        allowed: vec!["127.0.0.1".parse::<Allowed>().unwrap()],
        // Long enough for a busy machine; what is to time out says so itself.
        timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(60),
        ..ClientSettings::new(reach)
    }
}

pub(crate) fn client(settings: &ClientSettings) -> Client {
    Client::new(settings).unwrap()
}
