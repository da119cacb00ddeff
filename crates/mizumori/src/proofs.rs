//! What looks for the proofs of domains, as the configuration has it.

use std::net::SocketAddr;
use std::path::Path;

use mizumori_proof::{Prover, ProverSettings};

use crate::outcome::Failure;

/// One that asks these name servers, or the system's where there are none, and trusts these authorities beside the system's.
pub(crate) fn prover(name_servers: &[SocketAddr], authorities: Option<&Path>) -> Result<Prover, Failure> {
    let mut settings = ProverSettings::new();
    settings.name_servers = name_servers.to_vec();
    settings.authorities = authorities.map(Path::to_owned);
    Prover::new(&settings).map_err(Failure::new)
}
