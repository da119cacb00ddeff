//! `mizumori lake forget` and `retain`: rows are written anew without what is to go.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use mizumori_core::domain::self_and_parents;
use mizumori_core::keys::KeyRing;
use mizumori_core::watch::WatchedDomain;
use mizumori_core::{Account, DomainName, LocalPart, SystemClock};
use mizumori_lake::{Forget, Lake, Retention};

use super::MachineOptions;
use crate::columns;
use crate::config::Config;
use crate::input::load_watch_list;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;
use crate::tidings;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub(super) struct ForgetArguments {
    #[command(flatten)]
    lake: LakeOptions,
    #[command(flatten)]
    machine: MachineOptions,
    /// An account; it is kept out from now on
    #[arg(long, group = "what", value_name = "ACCOUNT")]
    account: Option<String>,
    /// A domain and all hosts below it
    #[arg(long, group = "what", value_name = "DOMAIN")]
    domain: Option<String>,
    /// All domains of an organisation of the watch list
    #[arg(long, group = "what", value_name = "ID", requires = "watch")]
    organisation: Option<String>,
    /// A source
    #[arg(long, group = "what", value_name = "ID")]
    source: Option<String>,
    /// The watch list that knows the organisation
    #[arg(short, long, value_name = "FILE")]
    watch: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RetainArguments {
    #[command(flatten)]
    lake: LakeOptions,
    #[command(flatten)]
    machine: MachineOptions,
    /// Months from the one in which a source leaked; a source whose month is not known stays
    #[arg(long, value_name = "N")]
    leaked_months: Option<u32>,
    /// Days from the last ingest of a source
    #[arg(long, value_name = "N")]
    kept_days: Option<u32>,
    /// Tell which sources would go, and leave them
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn forget(config: &Config, arguments: &ForgetArguments) -> Result<Outcome, Failure> {
    let (lake, ring) = arguments.lake.open_with_keys(config)?;
    let mut lake = lake.merging(arguments.machine.merging(config));
    let domain =
        |text: &str| DomainName::parse(text).ok_or_else(|| Failure::say(format!("`{text}` is no domain")));
    let what = if let Some(account) = &arguments.account {
        let account =
            Account::parse(account, LocalPart::Column).ok_or_else(|| Failure::say("this is no account"))?;
        vec![Forget::Account(ring.tags().account(&account))]
    } else if let Some(name) = &arguments.domain {
        vec![Forget::domain(domain(name)?)]
    } else if let Some(source) = &arguments.source {
        if !lake.sources()?.iter().any(|known| known.id.as_str() == source) {
            return Err(Failure::say(format!("the lake has no source `{source}`")));
        }
        vec![Forget::source(source)]
    } else {
        let id = arguments.organisation.as_deref().unwrap_or_default();
        let file = arguments.watch.clone().unwrap_or_default();
        let watch = load_watch_list(file)?;
        let of = |index: mizumori_core::watch::OrganisationIndex| watch.organisations.get(index.0);
        let (own, others): (Vec<_>, Vec<_>) =
            watch.domains.iter().partition(|domain| of(domain.organisation).is_some_and(|of| of.id == id));
        if own.is_empty() {
            return Err(Failure::say(format!("the watch list has no organisation `{id}`")));
        }
        if let Some(shared) = own.iter().find(|own| others.iter().any(|other| other.name == own.name)) {
            let what = format!("`{}` was another organisation's at another time", shared.name);
            return Err(Failure::say(what)
                .hint("forget it with --domain, for all of them, or the sources of that time"));
        }
        // What is below a domain is of whoever has the nearest one above it.
        let except = |own: &WatchedDomain| {
            let is_below =
                |name: &DomainName| self_and_parents(name.as_str()).any(|above| above == own.name.as_str());
            others.iter().map(|other| other.name.clone()).filter(is_below).collect()
        };
        own.into_iter().map(|own| Forget::Domain { name: own.name.clone(), except: except(own) }).collect()
    };
    forget_all(&mut lake, &ring, &what)?;
    let of_account = if arguments.account.is_some() && has_counts(&lake)? {
        "counts, of which nobody can tell whose they are; "
    } else {
        ""
    };
    tidings::say(&format!("out of reach: {of_account}{OUT_OF_REACH}"));
    Ok(Outcome::Done)
}

/// What forgetting does not reach.
const OUT_OF_REACH: &str = "older versions that a bucket keeps, backups and copies, indexes of the guard (`mizumori guard forget` \
                            and `guard private forget` take a source out of these), and reports and mails that went out";

/// Forgets, and tells what came of it.
fn forget_all(lake: &mut Lake, ring: &KeyRing, what: &[Forget]) -> Result<(), Failure> {
    let (mut rows, mut files, mut counted) = (0, 0, 0);
    for what in what {
        let done = lake.forget(ring, what)?;
        rows += done.rows;
        files += done.files;
        counted += done.counted;
        if !done.short.is_empty() {
            tidings::warning(&format!(
                "accounts that were counted in it and stand in one of {} as well are counted nowhere now: \
                 ingest these together again",
                done.short.join(", ")
            ));
        }
    }
    tidings::say(&format!("forgot {} rows; {} files were deleted", grouped(rows), grouped(files as u64)));
    if counted > 0 {
        tidings::say(&format!("forgot {} accounts that were counted", grouped(counted)));
    }
    Ok(())
}

pub(super) fn retain(config: &Config, arguments: &RetainArguments) -> Result<Outcome, Failure> {
    let rule = Retention {
        leaked_months: arguments.leaked_months.or(config.retention.leaked_months),
        kept_days: arguments.kept_days.or(config.retention.kept_days),
    };
    if rule == Retention::default() {
        return Err(Failure::say("nothing says how long sources stay").hint(
            "give --leaked-months or --kept-days, or write them into mizumori.toml under [retention]",
        ));
    }
    let (lake, ring) = arguments.lake.open_with_keys(config)?;
    let mut lake = lake.merging(arguments.machine.merging(config));
    let expired = lake.expired(rule, &SystemClock)?;
    let mut out = Output::open(None)?;
    let rows: Vec<_> = expired
        .iter()
        .map(|source| {
            let kept =
                source.kept_days.map_or_else(String::new, |days| format!("kept for {} days", grouped(days)));
            [source.id.clone(), format!("leaked {}", source.leaked), kept]
        })
        .collect();
    columns::write(&mut out, &rows)?;
    out.finish()?;
    if expired.is_empty() {
        tidings::say("the time of no source is over");
    } else if !arguments.dry_run {
        forget_all(&mut lake, &ring, &[Forget::expired(expired)])?;
        tidings::say(&format!("out of reach: {OUT_OF_REACH}"));
    }
    Ok(Outcome::Done)
}

/// Whether the lake has counts.
fn has_counts(lake: &Lake) -> Result<bool, Failure> {
    Ok(lake.status()?.counts > 0)
}
