//! A domain of a test, and a prover that knows where its servers are.

use std::net::SocketAddr;
use std::time::Duration;

use mizumori_core::DomainName;
use mizumori_proof::{
    Absence, Challenge, Method, Proof, ProofError, Prover, ProverSettings, Result, Trouble,
};

/// A token that stays the same.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// One of another domain.
pub(crate) const OTHER: &str = "ffffffffffffffffffffffffffffffff";

pub(crate) fn challenge(domain: &str) -> Challenge {
    Challenge::new(DomainName::parse(domain).unwrap(), TOKEN.parse().unwrap()).unwrap()
}

/// What the program does first thing.
pub(crate) fn provide() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Settings that ask these name servers, and wait long enough for a busy machine.
pub(crate) fn settings(name_servers: &[SocketAddr]) -> ProverSettings {
    provide();
    ProverSettings {
        name_servers: name_servers.to_vec(),
        names_timeout: Duration::from_secs(60),
        site_timeout: Duration::from_secs(60),
        ..ProverSettings::new()
    }
}

pub(crate) fn prover(settings: &ProverSettings) -> Prover {
    Prover::new(settings).unwrap()
}

pub(crate) fn assert_proved(result: Result<Proof>, domain: &str, method: Method, place: &str) {
    let proof = result.unwrap();
    assert_eq!((proof.domain.as_str(), proof.method, &*proof.place), (domain, method, place));
}

pub(crate) fn absence(result: Result<Proof>) -> Absence {
    match result.unwrap_err() {
        ProofError::Missing { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn trouble(result: Result<Proof>) -> Trouble {
    match result.unwrap_err() {
        ProofError::Unasked { why, .. } => why,
        other => panic!("{other:?}"),
    }
}
