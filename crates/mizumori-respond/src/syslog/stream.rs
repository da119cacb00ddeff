//! A connection to a collector, with TLS or without.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::{RespondError, Result};
use crate::syslog::SyslogSettings;

/// What TLS is spoken with.
pub(crate) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(crate) fn new(
        host: &str,
        authorities: Option<&PathBuf>,
        identity: Option<&(PathBuf, PathBuf)>,
    ) -> Result<Self> {
        let prepare = |error: rustls::Error| RespondError::Prepare(error.to_string());
        let provider = CryptoProvider::get_default()
            .ok_or_else(|| RespondError::Prepare("the program installed no cryptography".to_owned()))?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| RespondError::Setting("the collector's name is none"))?;
        let extra = authorities.map(|file| certificates(file)).transpose()?.unwrap_or_default();
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(provider)).map_err(prepare)?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_safe_default_protocol_versions()
            .map_err(prepare)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let pem = read(key)?;
                let key = PrivateKeyDer::from_pem_slice(&pem)
                    .map_err(|_| RespondError::Setting("the collector's client key is not in PEM"))?;
                builder.with_client_auth_cert(certificates(certificate)?, key).map_err(prepare)?
            }
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|cause| RespondError::ReadAuthorities { file: file.to_owned(), cause })
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = read(file)?;
    let all: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| RespondError::NoAuthorities(file.to_owned()))
}

trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// An open connection.
pub(crate) struct Stream(Box<dyn Wire>);

impl Stream {
    pub(crate) async fn open(settings: &SyslogSettings, tls: Option<&Tls>, server: &str) -> Result<Self> {
        let connecting = TcpStream::connect((&*settings.host, settings.port));
        let stream = connecting.await.map_err(|cause| unreachable(server, &cause))?;
        let Some(tls) = tls else { return Ok(Self(Box::new(stream))) };
        let secured = tls.connector.connect(tls.name.clone(), stream).await;
        Ok(Self(Box::new(secured.map_err(|cause| unreachable(server, &cause))?)))
    }

    pub(crate) async fn write(&mut self, frame: &[u8], server: &str) -> Result<()> {
        self.0.write_all(frame).await.map_err(|cause| unreachable(server, &cause))?;
        self.0.flush().await.map_err(|cause| unreachable(server, &cause))
    }

    /// Whether the other side has neither closed it nor said anything, which collectors do not.
    pub(crate) async fn is_open(&mut self) -> bool {
        let mut byte = [0];
        std::future::poll_fn(|context| {
            let mut buffer = ReadBuf::new(&mut byte);
            Poll::Ready(Pin::new(&mut self.0).poll_read(context, &mut buffer).is_pending())
        })
        .await
    }
}

fn unreachable(server: &str, cause: &io::Error) -> RespondError {
    let tls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(error) => RespondError::Tls { server: server.to_owned(), what: error.to_string() },
        None => RespondError::Unreachable { server: server.to_owned(), what: cause.to_string() },
    }
}
