//! Certificates for servers of a test, signed by an authority of its own that nobody else trusts.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Under which names servers of this machine are reached.
pub const LOOPBACK: &[&str] = &["localhost", "127.0.0.1"];

/// Signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate with its key.
#[derive(Clone)]
pub struct Certificate {
    pem: String,
    key_pem: String,
    authority_pem: String,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Whenever the test runs.
    Now,
    /// Since before the test, and no longer.
    Expired,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Mizumori's tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Self { issuer })
    }

    /// Its own certificate, which a client has to trust, in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Signs a certificate for a server of these names or addresses.
    ///
    /// # Errors
    /// When a name is none, or no key can be made.
    pub fn certify(&self, names: &[&str], validity: Validity) -> io::Result<Certificate> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "a server of a test");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if validity == Validity::Expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Certificate { pem: certificate.pem(), key_pem: key.serialize_pem(), authority_pem: self.pem() })
    }
}

impl Certificate {
    /// One for loopback, by an authority that signs nothing else.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn of_loopback(validity: Validity) -> io::Result<Self> {
        Authority::new()?.certify(LOOPBACK, validity)
    }

    /// The certificate, in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its key, without a passphrase, in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The certificate of the authority that signed it, in PEM.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// What connections are made with: TLS 1.2 and 1.3, and no other protocol than the one spoken anyway.
    pub(crate) fn config(&self) -> io::Result<Arc<ServerConfig>> {
        let chain = vec![CertificateDer::from_pem_slice(self.pem.as_bytes()).map_err(io::Error::other)?];
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("pem", &self.pem).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}
