//! `mizumori domain check`: looks whether a domain's proof is there.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mizumori_core::DomainName;
use mizumori_core::proof::{Method, Outcome};
use mizumori_monitor::{Look, take_in};
use mizumori_proof::{Challenge, Proof, ProofError, Schedule, Token, Verdict, outcome};
use mizumori_store::{Domain, DomainState};

use super::Which;
use crate::config::Config;
use crate::outcome::Failure;
use crate::proofs::prover;
use crate::store::{Opened, actor, now};
use crate::tidings;

/// Look whether the proof of a domain is there, and serve the domain if it is
///
/// Each way is looked at until one is found. DNSSEC is not verified here: ask name servers that do. A file or an element of a page
/// speaks for the one name; a record for what is below it as well.
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

/// What each way had, until one was found.
type Looked = Vec<(Method, Result<Proof, ProofError>)>;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config, opened: &Opened) -> Result<(), Failure> {
    let which = &arguments.which;
    let domain = opened.read(async |session| which.found(session).await)?;
    let looked = arguments.look(&domain, config, opened)?;
    for (method, found) in &looked {
        if let Err(why) = found {
            tidings::say(&format!("{}: {why}", method.as_str()));
        }
    }
    match looked.iter().find_map(|(_, found)| found.as_ref().ok()) {
        Some(proof) => prove(which, proof, opened),
        None => Err(not_found(which, &domain, &looked, opened)?),
    }
}

impl Arguments {
    fn look(&self, domain: &Domain, config: &Config, opened: &Opened) -> Result<Looked, Failure> {
        let challenge = challenge(domain)?;
        let methods = match self.method.is_empty() {
            true => vec![Method::Dns, Method::File, Method::Meta],
            false => self.method.clone(),
        };
        let name_servers = match self.name_server.is_empty() {
            true => &config.name_servers,
            false => &self.name_server,
        };
        opened.runtime.block_on(async {
            let prover = prover(name_servers, self.ca.as_deref())?;
            let mut looked = Looked::new();
            for method in methods {
                let found = prover.check(&challenge, method).await;
                match &found {
                    Ok(_) | Err(ProofError::Missing { .. } | ProofError::Unasked { .. }) => {}
                    Err(_) => return found.map(|_| looked).map_err(Failure::new),
                }
                let is_found = found.is_ok();
                looked.push((method, found));
                if is_found {
                    break;
                }
            }
            Ok(looked)
        })
    }
}

fn prove(which: &Which, proof: &Proof, opened: &Opened) -> Result<(), Failure> {
    opened.write(async |session| {
        which.audit(session, "domain check", proof.method.as_str()).await?;
        which.prove(session, proof).await
    })?;
    tidings::say(&format!(
        "`{}` is proved by {}, and served for `{}`",
        which.domain, proof.place, which.organisation
    ));
    if !proof.method.covers_subdomains() {
        tidings::warning(&format!("`{}` alone is served, and nothing below it", which.domain));
        tidings::hint("a TXT record, a code by mail or the operator's word serve what is below it too");
    }
    Ok(())
}

/// Keeps that nothing was found, as the loop would, and says what follows.
fn not_found(which: &Which, domain: &Domain, looked: &Looked, opened: &Opened) -> Result<Failure, Failure> {
    let said: Vec<_> = looked
        .iter()
        .map(|(method, found)| format!("{}: {}", method.as_str(), outcome(found).as_str()))
        .collect();
    let verdict = opened.write(async |session| {
        which.audit(session, "domain check", &said.join(", ")).await?;
        let Some(outcome) = concerning(domain, looked) else { return Ok(None) };
        let look = Look { domain, outcome, who: &actor(), now: now() };
        let verdict = take_in(session, &Schedule::default(), &look).await?;
        verdict
            .map(Some)
            .ok_or_else(|| Failure::say(format!("`{}` was changed by somebody else meanwhile", which.domain)))
    })?;
    if domain.state == DomainState::Proved {
        match verdict {
            Some(Verdict::Fails { lapses, .. }) => tidings::warning(&format!(
                "`{}` is served until {} if its proof is not found again",
                which.domain,
                lapses.day()
            )),
            Some(Verdict::Lapsed { .. }) => {
                tidings::warning(&format!("`{}` is not served any more", which.domain));
            }
            Some(Verdict::Holds) | None => {}
        }
    }
    Ok(Failure::say(format!("no proof of `{}` was found", domain.name)).hint(format!(
        "`mizumori domain list {} --format jsonl` shows its token; what was published may take a while to be seen",
        which.organisation
    )))
}

/// What the looks say of the proof that the domain has; nothing, where it has another one. Of a domain that waits for a proof each of
/// them is one.
fn concerning(domain: &Domain, looked: &Looked) -> Option<Outcome> {
    match domain.state {
        DomainState::Vouched => None,
        DomainState::Proved => {
            looked.iter().find(|(method, _)| domain.method == Some(*method)).map(|(_, found)| outcome(found))
        }
        DomainState::Pending | DomainState::Lapsed => {
            let is_missing = looked.iter().all(|(_, found)| outcome(found) == Outcome::Missing);
            Some(if is_missing { Outcome::Missing } else { Outcome::Unasked })
        }
    }
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
