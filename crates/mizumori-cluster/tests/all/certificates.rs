//! Authorities and certificates, made for a test.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority: all have the same name, and keys of their own.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "a cluster of the tests");
        let key = KeyPair::generate().unwrap();
        Self { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
    }

    /// A machine's folder: a certificate for `name` that ends in `year`.
    pub(crate) fn folder_until(&self, folder: PathBuf, name: &str, year: i32) -> PathBuf {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a machine of the tests");
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        write(&folder, "ca.crt", &self.pem);
        write(&folder, "tls.crt", &certificate.pem());
        write(&folder, "tls.key", &key.serialize_pem());
        folder
    }

    /// A machine's folder.
    pub(crate) fn folder(&self, folder: PathBuf) -> PathBuf {
        self.folder_until(folder, "127.0.0.1", 4096)
    }
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}
