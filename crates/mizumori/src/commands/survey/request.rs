//! `mizumori survey request`: the figures of one domain, for whoever proves that it is his. Nothing is kept of it.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use mizumori_core::keys::KeyRing;
use mizumori_core::{Clock as _, DomainName, Month, SystemClock, WatchList};
use mizumori_proof::{Challenge, Method, ProofError, Token};
use mizumori_survey::AskedPeriod;
use serde_json::json;

use super::{Counted, PRODUCER};
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::proofs::prover;
use crate::show::{Form, show};

/// Count the leaked accounts of a domain, for whoever proves that it is his
///
/// The proof is a TXT record. Without it this says what to publish, and nothing else; with it, how many accounts of the domain and of
/// the hosts below it the lake has, by year. No account is named, and nothing is kept: neither that somebody asked, nor the token,
/// which is worked out from the domain and the lake's keys, and holds for the month and the next one.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The domain, such as suigen.example
    #[arg(value_name = "DOMAIN", value_parser = crate::commands::domain::parsed)]
    domain: DomainName,

    #[command(flatten)]
    lake: LakeOptions,

    /// A name server to ask instead of the system's; of several more than half have to say the same
    #[arg(long, value_name = "IP:PORT")]
    name_server: Vec<SocketAddr>,

    /// The form of the figures
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let (mut lake, ring) = arguments.lake.open_with_keys(&config)?;
    prove(arguments, &config, &ring)?;
    let watch = Arc::new(list(&arguments.domain)?);
    let others = lake.kept_for_others(&watch)?.len();
    let of = mizumori_lake::SurveyOf {
        watch,
        asked: AskedPeriod::default(),
        by: PRODUCER,
        threads: crate::input::threads(None, &config),
    };
    let counted = Counted { report: lake.current(|lake| lake.survey(&ring, &of))? };
    let domains = counted.report.categories.iter().flat_map(|category| &category.organisations);
    let hosts = domains.flat_map(|organisation| &organisation.domains).flat_map(|domain| &domain.hosts);
    // Which sources there are is the operator's, and not everybody's who holds a domain.
    let rows = hosts.flat_map(|host| {
        let known = host.years.iter().map(|(year, count)| (Some(*year), *count));
        let unknown = (host.unknown_month > 0).then_some((None, host.unknown_month));
        known.chain(unknown).map(|(year, count)| {
            let shown = year.map_or("unknown".to_owned(), |year| year.to_string());
            let object =
                json!({"host": host.host, "year": year.map(|year| year.to_string()), "accounts": count});
            ([host.host.clone(), shown, grouped(count)], object)
        })
    });
    show(arguments.format, ["host", "year", "accounts"], rows)?;
    if others > 0 {
        crate::tidings::say(&format!(
            "of {others} sources the lake has only what a watch list names: the domain may stand in more of them"
        ));
    }
    Ok(counted.tell())
}

/// Looks for the proof of this month, then for that of the month before: who has published it does not do so again at midnight.
fn prove(arguments: &Arguments, config: &Config, ring: &KeyRing) -> Result<(), Failure> {
    let name_servers = match arguments.name_server.is_empty() {
        true => &config.name_servers,
        false => &arguments.name_server,
    };
    let month = SystemClock.month();
    let before = Month::new(month.year(), month.month() - 1).or(Month::last_of(month.year() - 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let prover = prover(name_servers, None)?;
    let mut why = None;
    for month in std::iter::once(month).chain(before) {
        let challenge = challenge(&arguments.domain, month, ring)?;
        match runtime.block_on(prover.check(&challenge, Method::Dns)) {
            Ok(_) => return Ok(()),
            Err(missing @ ProofError::Missing { .. }) => why = why.or(Some(missing)),
            Err(error) => return Err(Failure::new(error)),
        }
    }
    let challenge = challenge(&arguments.domain, month, ring)?;
    let missing = match why {
        Some(why) => Failure::new(why),
        None => Failure::say("the proof is not there"),
    };
    Err(missing.hint(format!(
        "publish `{}` as a TXT record of {}, and ask again",
        challenge.line(),
        challenge.record_name()
    )))
}

/// What is to be published in a month.
fn challenge(domain: &DomainName, month: Month, ring: &KeyRing) -> Result<Challenge, Failure> {
    let token = Token::from_bytes(ring.answer("survey request", &format!("{domain} {month}")));
    Challenge::new(domain.clone(), token).map_err(Failure::new)
}

/// A watch list of nothing but the domain.
fn list(domain: &DomainName) -> Result<WatchList, Failure> {
    let text = format!(
        "[[category]]\nid = \"asked\"\nname = \"{domain}\"\n\
         [[organisation]]\nid = \"asked\"\ncategory = \"asked\"\nname = \"{domain}\"\ndomains = [\"{domain}\"]\n"
    );
    WatchList::parse("the domain that is asked for", &text).map_err(Failure::new)
}
