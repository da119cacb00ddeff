//! The server's certificate: read from two files, and read again when they change.
//!
//! Certificates live for weeks. A server that had to be started again for each would be one that serves an expired one some day.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::error::WebError;

/// Where a certificate and its key stand, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and behind it those between it and the authority.
    pub certificate: PathBuf,
    /// Its key, without a passphrase.
    pub key: PathBuf,
}

/// The certificate that is shown now.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: CertificateFiles,
    now: RwLock<Arc<CertifiedKey>>,
}

/// By what a changed file is known: when it was written, and how long it is.
pub(crate) type Written = [Option<(SystemTime, u64)>; 2];

impl Certificate {
    /// Reads the files.
    pub(crate) fn read(files: CertificateFiles) -> Result<Arc<Self>, WebError> {
        let now = RwLock::new(Arc::new(files.read()?));
        Ok(Arc::new(Self { files, now }))
    }

    /// Reads the files again; when they cannot be used, what was shown before is shown on.
    pub(crate) fn renew(&self) -> Result<(), WebError> {
        let renewed = Arc::new(self.files.read()?);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// When the files were written.
    pub(crate) fn written(&self) -> Written {
        [&self.files.certificate, &self.files.key].map(|file| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }

    /// What connections are made with: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    pub(crate) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, WebError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|cause| self.files.unfit(cause))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl CertificateFiles {
    fn read(&self) -> Result<CertifiedKey, WebError> {
        let no_pem = |file: &Path, what| WebError::NoPem { file: file.to_owned(), what };
        let pem = read(&self.certificate)?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| no_pem(&self.certificate, "certificate"))?;
        // What an error of the parser quotes may be the key.
        let key = mizumori_core::Secret::new(read(&self.key)?);
        let key =
            PrivateKeyDer::from_pem_slice(key.expose()).map_err(|_| no_pem(&self.key, "private key"))?;
        CertifiedKey::from_der(chain, key, &provider()).map_err(|cause| self.unfit(cause))
    }

    fn unfit(&self, cause: rustls::Error) -> WebError {
        WebError::Certificate { certificate: self.certificate.clone(), key: self.key.clone(), cause }
    }
}

/// The one that the program has.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read(file: &Path) -> Result<Vec<u8>, WebError> {
    fs::read(file).map_err(|cause| WebError::Read { file: file.to_owned(), cause })
}
