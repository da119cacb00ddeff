//! `mizumori domain check`: looks whether a domain's proof is there.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mizumori_core::DomainName;
use mizumori_proof::{Challenge, Method, ProofError, Prover, ProverSettings, Token};
use mizumori_store::{Domain, DomainState};

use super::Which;
use crate::config::Config;
use crate::outcome::Failure;
use crate::store::{Opened, now, organisation};
use crate::tidings;

/// Look whether the proof of a domain is there, and serve the domain if it is
///
/// Each way is looked at until one is found. DNSSEC is not verified here: ask name servers that do.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,

    /// Look only for this proof: dns, file or meta; may be given several times
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Vec<Method>,

    /// A name server to ask instead of the system's; of several more than half have to say the same
    #[arg(long, value_name = "IP:PORT")]
    name_server: Vec<SocketAddr>,

    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config, opened: &Opened) -> Result<(), Failure> {
    let which = &arguments.which;
    let found = opened.read(async |session| {
        organisation(session, &which.organisation).await?;
        Ok(session.tenant(&which.organisation).domain(&which.domain).await?)
    })?;
    let Some(domain) = found else {
        return Err(Failure::say(format!("`{}` has no domain `{}`", which.organisation, which.domain))
            .hint(format!("`mizumori domain add {} {}` adds it", which.organisation, which.domain)));
    };
    let mut settings = ProverSettings::new();
    settings.name_servers.clone_from(match arguments.name_server.is_empty() {
        true => &config.name_servers,
        false => &arguments.name_server,
    });
    settings.authorities.clone_from(&arguments.ca);
    let challenge = challenge(&domain)?;
    let methods = match arguments.method.is_empty() {
        true => vec![Method::Dns, Method::File, Method::Meta],
        false => arguments.method.clone(),
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let proof = opened.runtime.block_on(async {
        let prover = Prover::new(&settings).map_err(Failure::new)?;
        for method in methods {
            match prover.check(&challenge, method).await {
                Ok(proof) => return Ok(Some(proof)),
                Err(why @ (ProofError::Missing { .. } | ProofError::Unasked { .. })) => {
                    tidings::say(&format!("{}: {}", method.as_str(), Failure::new(why).in_words()));
                }
                Err(error) => return Err(Failure::new(error)),
            }
        }
        Ok(None)
    })?;
    let Some(proof) = proof else {
        return Err(Failure::say(format!("no proof of `{}` was found", domain.name))
            .hint("`mizumori domain list ORG --format jsonl` shows its token; what was published may take a while to be seen"));
    };
    opened.write(async |session| {
        which.audit(session, "domain check", proof.method.as_str()).await?;
        which.is_served(session).await?;
        let mut tenant = session.tenant(&which.organisation);
        let Some(domain) = tenant.domain(&which.domain).await? else {
            return Err(Failure::say(format!("`{}` was removed meanwhile", which.domain)));
        };
        let proved = Domain {
            state: DomainState::Proved,
            method: mizumori_store::Method::ALL
                .into_iter()
                .find(|method| method.as_str() == proof.method.as_str()),
            proved: domain.proved.or(Some(now())),
            checked: Some(now()),
            failing_since: None,
            ..domain
        };
        Ok(tenant.change_domain(&proved).await?)
    })?;
    tidings::say(&format!(
        "`{}` is proved by {}, and served for `{}`",
        which.domain, proof.place, which.organisation
    ));
    Ok(())
}

/// What the holder of a domain is to publish.
pub(super) fn challenge(domain: &Domain) -> Result<Challenge, Failure> {
    of(&domain.name, &domain.token)
}

/// The same of a name and a token.
pub(super) fn of(name: &DomainName, token: &str) -> Result<Challenge, Failure> {
    let token: Token = token.parse().map_err(Failure::new)?;
    Challenge::new(name.clone(), token).map_err(Failure::new)
}

fn method(word: &str) -> Result<Method, &'static str> {
    Method::parse(word).filter(|method| method.is_looked_for()).ok_or("write dns, file or meta")
}
