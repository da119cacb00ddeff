//! TLS to an LDAP server: what is trusted, and what is wrong where it fails.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;

use crate::error::{CertificateFault, DirectoryError, Result};

/// What the system trusts, and the authorities of a file beside it.
pub(super) fn config(extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>> {
    let extra = extra_ca.map(authorities).transpose()?.unwrap_or_default();
    let unusable = |cause: rustls::Error| DirectoryError::Settings(format!("no TLS can be set up: {cause}"));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(unusable)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = fs::read(file).map_err(|cause| DirectoryError::Read { file: file.to_owned(), cause })?;
    let none = || DirectoryError::File {
        file: file.to_owned(),
        line: None,
        why: "it holds no certificate in PEM".to_owned(),
    };
    let authorities: Vec<_> =
        CertificateDer::pem_slice_iter(&text).collect::<std::result::Result<_, _>>().map_err(|_| none())?;
    if authorities.is_empty() { Err(none()) } else { Ok(authorities) }
}

/// What TLS failed of, where it is that.
pub(super) fn failure(server: &str, error: &io::Error) -> Option<DirectoryError> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(explain(server, error))
}

/// What an error of TLS means.
pub(crate) fn explain(server: &str, error: &rustls::Error) -> DirectoryError {
    let server = server.to_owned();
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return DirectoryError::Tls { server, why: error.to_string() };
    };
    let why = match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        // An authority that has the right name and another key signed it.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        CertificateError::Revoked => CertificateFault::Revoked,
        _ => CertificateFault::Invalid,
    };
    DirectoryError::Certificate { server, why }
}
