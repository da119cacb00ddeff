//! A key made for the tests, and how they look at what was signed with it.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mizumori_test_servers::Request;
use serde_json::Value;
use url::form_urlencoded::parse;

/// One for all tests: making it takes a while.
fn pair() -> &'static KeyPair {
    static PAIR: OnceLock<KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// The key in PEM.
pub(crate) fn pem() -> String {
    let der: Pkcs8V1Der<'_> = pair().as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "PRIVATE KEY", lines.join("\n"))
}

/// The header and the claims of the assertion in a field of a request, whose signature is right.
pub(crate) fn claims(request: &Request, field: &str) -> (Value, Value) {
    let assertion = form(request, field).unwrap();
    let [header, claims, signature] = assertion.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair().public_key().as_ref())
        .verify(format!("{header}.{claims}").as_bytes(), &bytes(signature))
        .unwrap();
    let json = |part: &str| serde_json::from_slice(&bytes(part)).unwrap();
    (json(header), json(claims))
}

/// A field of the form that a request sends.
pub(crate) fn form(request: &Request, field: &str) -> Option<String> {
    parse(&request.body).find(|(name, _)| name == field).map(|(_, value)| value.into_owned())
}
