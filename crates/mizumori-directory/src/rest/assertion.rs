//! Says who we are, signed with a key (RFC 7523): a JSON Web Token in RS256 (RFC 7515, RFC 7518, 3.3).
//!
//! It signs what it makes itself, and reads nobody's.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mizumori_core::Secret;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;

use crate::error::{DirectoryError, Result};

/// How long it holds. Google takes an hour at most, Okta too.
const LIFE: Duration = Duration::from_secs(300);

/// An RSA key.
#[derive(Clone)]
pub(crate) struct SigningKey(Arc<KeyPair>);

impl SigningKey {
    /// Reads one in PEM: PKCS #8 or PKCS #1.
    pub(crate) fn parse(pem: &Secret<String>) -> Result<Self> {
        let bad = || DirectoryError::Settings("the key is no RSA key in PEM".to_owned());
        let key = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()).map_err(|_| bad())?;
        let pair = match &key {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(bad()),
        };
        Ok(Self(Arc::new(pair.map_err(|_| bad())?)))
    }
}

/// What is said.
pub(crate) struct Assertion {
    pub(crate) key: SigningKey,
    /// Which of several keys it is.
    pub(crate) key_id: Option<String>,
    pub(crate) issuer: String,
    /// Whom we act for; ourselves, where it is nobody else.
    pub(crate) subject: String,
    pub(crate) audience: String,
    pub(crate) scope: Option<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl Assertion {
    /// Says it now.
    pub(super) fn sign(&self) -> Result<Secret<String>> {
        let cannot = || DirectoryError::Settings("nothing can be signed with the key".to_owned());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let header = Header { alg: "RS256", typ: "JWT", kid: self.key_id.as_deref() };
        let claims = Claims {
            iss: &self.issuer,
            sub: &self.subject,
            aud: &self.audience,
            iat: now.as_secs(),
            exp: (now + LIFE).as_secs(),
            scope: self.scope.as_deref(),
        };
        let part = |text: serde_json::Result<Vec<u8>>| {
            text.map(|text| URL_SAFE_NO_PAD.encode(text)).map_err(|_| cannot())
        };
        let header = part(serde_json::to_vec(&header))?;
        let said = format!("{header}.{}", part(serde_json::to_vec(&claims))?);
        let mut signature = vec![0; self.key.0.public_modulus_len()];
        self.key
            .0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature)
            .map_err(|_| cannot())?;
        Ok(Secret::new(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}
