//! Looks whether what must be published is published.

use std::fmt;

use mizumori_core::proof::Method;

use crate::challenge::Challenge;
use crate::dns::Names;
use crate::error::{ProofError, Result};
use crate::found::Proof;
use crate::settings::ProverSettings;
use crate::web::Sites;

/// What looks for proofs. It keeps nothing of what it was answered.
pub struct Prover {
    names: Names,
    sites: Sites,
}

impl Prover {
    /// Makes a prover.
    ///
    /// # Errors
    /// When the system names no name servers and the settings do not either; when the authorities cannot be read, or the program
    /// installed no provider of rustls.
    pub fn new(settings: &ProverSettings) -> Result<Self> {
        let names = Names::new(&settings.name_servers, settings.names_timeout)?;
        Ok(Self { names, sites: Sites::new(settings)? })
    }

    /// Looks once for the proof of a challenge.
    ///
    /// # Errors
    /// [`ProofError::Missing`] when it is not there, [`ProofError::Unasked`] when that cannot be said,
    /// [`ProofError::ByHand`] for [`Method::Mail`].
    pub async fn check(&self, challenge: &Challenge, method: Method) -> Result<Proof> {
        match method {
            Method::Dns => self.names.look(challenge).await,
            Method::File => self.sites.look_for_file(challenge).await,
            Method::Meta => self.sites.look_for_element(challenge).await,
            Method::Mail => Err(ProofError::ByHand),
        }
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prover").finish_non_exhaustive()
    }
}
