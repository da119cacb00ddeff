//! TLS between the parts of a cluster: each machine has a certificate of the cluster's own authority, and both sides of every
//! connection show theirs.
//!
//! What a certificate lets its machine do is not told apart: with one it may be any part. A server's certificate has to name the
//! host that is called; a client's may name anything. Nothing here falls back to connections without TLS.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::EndpointOverrideFn;
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use mizumori_core::{ErrorClass, Secret};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

/// The files of a machine in its folder, named as Kubernetes and cert-manager name them.
const AUTHORITY: &str = "ca.crt";
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";

/// How long the other side may take to show who it is.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Why a machine's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("could not read `{file}`")]
    Read {
        /// Its name.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// A file of something else.
    #[error("`{file}` holds no {what} in PEM")]
    NoPem {
        /// Its name.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A key that is not the certificate's.
    #[error("the key `{key}` is not that of the certificate `{certificate}`")]
    Mismatch {
        /// The key's file.
        key: PathBuf,
        /// The certificate's.
        certificate: PathBuf,
    },
    /// A certificate whose time is over.
    #[error("the certificate `{0}` has expired")]
    Expired(PathBuf),
    /// A certificate that somebody else signed.
    #[error("the certificate `{certificate}` is not of the authority `{authority}`")]
    Stranger {
        /// Its file.
        certificate: PathBuf,
        /// The authority's.
        authority: PathBuf,
    },
    /// Anything else.
    #[error("the certificate `{certificate}` cannot be used {purpose}")]
    Unfit {
        /// Its file.
        certificate: PathBuf,
        /// For what.
        purpose: String,
        /// Why not.
        #[source]
        cause: rustls::Error,
    },
}

impl TlsError {
    /// What the caller does next: somebody has to bring other files.
    pub fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }
}

/// A machine's certificate and key, and the cluster's authority.
#[derive(Clone)]
pub struct Tls(Arc<Material>);

struct Material {
    folder: PathBuf,
    /// As they stand in the files.
    authority_pem: Vec<u8>,
    certificate_pem: Vec<u8>,
    key_pem: Secret<Vec<u8>>,
    authority: Arc<RootCertStore>,
    certificates: Vec<CertificateDer<'static>>,
    /// For connections of our own.
    client: Arc<ClientConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

/// One of the two that are in the tree.
fn provider() -> Arc<CryptoProvider> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    // tonic's servers take the process's default, and panic where there is none. One that is there already is as good.
    let _ = provider.clone().install_default();
    Arc::new(provider)
}

impl Tls {
    /// Reads `ca.crt` (the authority; several while one follows another), `tls.crt` (the machine's certificate, and those
    /// between it and the authority) and `tls.key` (its key, without a passphrase) in `folder`.
    ///
    /// # Errors
    /// When one of them cannot be read or is something else, or when certificate and key do not belong together.
    pub fn read(folder: &Path) -> Result<Self, TlsError> {
        let [authority_file, certificate_file, key_file] =
            [AUTHORITY, CERTIFICATE, KEY].map(|name| folder.join(name));
        let authority_pem = read(&authority_file)?;
        let certificate_pem = read(&certificate_file)?;
        let key_pem = Secret::new(read(&key_file)?);
        let mut authority = RootCertStore::empty();
        for certificate in certificates(&authority_pem, &authority_file)? {
            authority
                .add(certificate)
                .map_err(|_| TlsError::NoPem { file: authority_file.clone(), what: "certificate" })?;
        }
        let authority = Arc::new(authority);
        let certificates = certificates(&certificate_pem, &certificate_file)?;
        // What PEM errors quote may be the key.
        let no_key = || TlsError::NoPem { file: key_file.clone(), what: "private key without a passphrase" };
        let key = PrivateKeyDer::from_pem_slice(key_pem.expose()).map_err(|_| no_key())?;
        let unfit = |purpose: &str, cause| TlsError::Unfit {
            certificate: certificate_file.clone(),
            purpose: purpose.to_owned(),
            cause,
        };
        match CertifiedKey::from_der(certificates.clone(), key.clone_key(), &provider()) {
            Ok(_) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(TlsError::Mismatch { key: key_file, certificate: certificate_file });
            }
            Err(cause @ rustls::Error::InvalidCertificate(_)) => return Err(unfit("at all", cause)),
            Err(_) => return Err(no_key()),
        }
        let mut client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|cause| unfit("at all", cause))?
            .with_root_certificates(Arc::clone(&authority))
            .with_client_auth_cert(certificates.clone(), key)
            .map_err(|cause| unfit("at all", cause))?;
        client.alpn_protocols.push(b"h2".to_vec());
        let folder = folder.to_owned();
        let client = Arc::new(client);
        Ok(Self(Arc::new(Material {
            folder,
            authority_pem,
            certificate_pem,
            key_pem,
            authority,
            certificates,
            client,
        })))
    }

    /// Checks that others will take the certificate when this machine calls them.
    pub(crate) fn check_client(&self) -> Result<(), TlsError> {
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::clone(&self.0.authority), provider());
        let (first, between) = self.chain();
        let verified = builder
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))
            .and_then(|verifier| verifier.verify_client_cert(first, between, UnixTime::now()));
        verified.map(drop).map_err(|cause| self.refused("to call others", cause))
    }

    /// Checks that others will take the certificate when they call this machine, by the name `host` where it is known.
    pub(crate) fn check_server(&self, host: Option<&str>) -> Result<(), TlsError> {
        let purpose = host.map_or_else(|| "by a server".to_owned(), |host| format!("by `{host}`"));
        let verify = || {
            let (first, between) = self.chain();
            let first = ParsedCertificate::try_from(first)?;
            let algorithms = provider().signature_verification_algorithms.all;
            let now = UnixTime::now();
            verify_server_cert_signed_by_trust_anchor(&first, &self.0.authority, between, now, algorithms)?;
            host.map_or(Ok(()), |host| verify_server_name(&first, &server_name(host)?))
        };
        verify().map_err(|cause| self.refused(&purpose, cause))
    }

    /// The certificate, and those between it and the authority.
    fn chain(&self) -> (&CertificateDer<'static>, &[CertificateDer<'static>]) {
        const NONE: &CertificateDer<'_> = &CertificateDer::from_slice(&[]);
        self.0.certificates.split_first().unwrap_or((NONE, &[]))
    }

    fn refused(&self, purpose: &str, cause: rustls::Error) -> TlsError {
        let certificate = self.0.folder.join(CERTIFICATE);
        match cause {
            rustls::Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            ) => TlsError::Expired(certificate),
            // An authority of the same name has another key.
            rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => TlsError::Stranger { certificate, authority: self.0.folder.join(AUTHORITY) },
            cause => TlsError::Unfit { certificate, purpose: purpose.to_owned(), cause },
        }
    }

    /// For connections that are not tonic's.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0.client)
    }

    /// What a server shows, and what it demands.
    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(self.identity())
            .client_ca_root(Certificate::from_pem(&self.0.authority_pem))
            .timeout(HANDSHAKE)
    }

    fn identity(&self) -> Identity {
        Identity::from_pem(&self.0.certificate_pem, self.0.key_pem.expose())
    }

    /// Puts TLS on every way that Ballista takes to another part.
    pub(crate) fn endpoints(&self) -> EndpointOverrideFn {
        let tls = ClientTlsConfig::new()
            .identity(self.identity())
            .ca_certificate(Certificate::from_pem(&self.0.authority_pem))
            .timeout(HANDSHAKE);
        Arc::new(move |endpoint: Endpoint| {
            // Ballista calls schedulers and executors `http:` in places, and those tonic calls without TLS, whatever is set.
            let secure = match endpoint.uri().to_string().strip_prefix("http:") {
                Some(rest) => {
                    create_grpc_client_endpoint(format!("https:{rest}"), Some(&GrpcClientConfig::default()))?
                }
                None => endpoint,
            };
            Ok(secure.tls_config(tls.clone())?)
        })
    }
}

/// A host as certificates name it.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, rustls::Error> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned())
        .map_err(|_| rustls::Error::General(format!("`{host}` is no name of a host")))
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|cause| TlsError::Read { file: file.to_owned(), cause })
}

/// The certificates of a file, one at least.
fn certificates(pem: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.ok().filter(|all| !all.is_empty());
    all.ok_or_else(|| TlsError::NoPem { file: file.to_owned(), what: "certificate" })
}
