//! `mizumori lake`: what a lake is made of, and keeping it in order.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use mizumori_core::domain::self_and_parents;
use mizumori_core::keys::KeyRing;
use mizumori_core::watch::WatchedDomain;
use mizumori_core::{Account, DomainName, LocalPart, SystemClock};
use mizumori_lake::{Forget, Lake, MOST_FILES, MOST_RUNS, Retention, ThisMachine};
use mizumori_read::Reader;
use mizumori_scan::Progress;

use crate::columns;
use crate::commands::ingest::spill_bytes;
use crate::config::Config;
use crate::input::{self, load_watch_list};
use crate::interrupt;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;
use crate::size::Size;
use crate::tidings;

/// Show a lake, and keep it in order
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what the lake is made of
    Status {
        #[command(flatten)]
        lake: LakeOptions,
        /// As one object
        #[arg(long)]
        json: bool,
    },
    /// Merge runs of like size into files that do not overlap
    Optimize {
        #[command(flatten)]
        lake: LakeOptions,
        /// Merge everything, whatever it costs
        #[arg(long)]
        all: bool,
    },
    /// Delete files that nothing names any more
    Vacuum {
        #[command(flatten)]
        lake: LakeOptions,
        /// Only files that are older than so many hours: younger ones may belong to an ingest that is under way
        #[arg(long, value_name = "HOURS", default_value = "168")]
        older_than: u64,
    },
    /// Forget an account, a domain, an organisation or a source, and delete the files that held it
    Forget(ForgetArguments),
    /// Forget the sources whose time is over, by a rule
    ///
    /// The rule is that of the options, or `[retention]` in mizumori.toml with `leaked_months` and `kept_days`. A source whose time
    /// is over by either goes, with its description and its counts.
    Retain(RetainArguments),
    /// The keys under which a domain's exposures are sealed
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
struct ForgetArguments {
    #[command(flatten)]
    lake: LakeOptions,
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
struct RetainArguments {
    #[command(flatten)]
    lake: LakeOptions,
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

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Draw a key for a domain: what is ingested at level `sealed` from now on is sealed with it
    Add {
        #[command(flatten)]
        lake: LakeOptions,
        /// A watched and verified domain
        domain: String,
    },
    /// Destroy the keys of a domain: what was sealed for it cannot be read any more
    Shred {
        #[command(flatten)]
        lake: LakeOptions,
        /// The domain
        domain: String,
    },
    /// Put a new key on top of those of the tags, and bring the lake under it
    ///
    /// Whoever has the lake and an old copy of the key ring can test no more guesses. The whole lake is read, sorted and written
    /// anew. Meanwhile, and after an interruption until it was done again, nobody else writes, and nothing is answered. What was sealed is sealed anew; of what is sealed with a key that is shredded nothing is
    /// left. Give a copy of the key ring to all who work with the lake.
    Layer(RenewArguments),
    /// Bring the lake under the keys that the ring has: what was sealed under the newest key of its domain, and what a layer that
    /// was begun has left undone
    Renew(RenewArguments),
    /// Wrap the key ring under another master key
    Rewrap {
        #[command(flatten)]
        lake: LakeOptions,
        /// The file of the new master key; where there is none, one is made
        #[arg(long, value_name = "FILE")]
        new_master_key: PathBuf,
    },
    /// List the domains that have keys
    List {
        #[command(flatten)]
        lake: LakeOptions,
    },
}

#[derive(Debug, Args)]
struct RenewArguments {
    #[command(flatten)]
    lake: LakeOptions,
    /// Memory to use, roughly [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    match &arguments.command {
        Command::Status { lake, json } => status(&config, lake, *json),
        Command::Optimize { lake, all } => {
            let mut lake = lake.open(&config)?;
            let done = lake.optimize(*all)?;
            tidings::say(&match done.version {
                Some(version) => {
                    format!("merged {} files into {}: version {version}", done.merged, done.into)
                }
                None => "nothing to merge".to_owned(),
            });
            Ok(Outcome::Done)
        }
        Command::Vacuum { lake, older_than } => {
            let mut lake = lake.open(&config)?;
            let deleted = lake.vacuum(Duration::from_secs(older_than.saturating_mul(3600)))?;
            tidings::say(&format!("deleted {deleted} files"));
            Ok(Outcome::Done)
        }
        Command::Forget(arguments) => forget(&config, arguments),
        Command::Retain(arguments) => retain(&config, arguments),
        Command::Keys { command } => keys(&config, command),
    }
}

fn status(config: &Config, lake: &LakeOptions, json: bool) -> Result<Outcome, Failure> {
    let status = lake.open(config)?.status()?;
    let mut out = Output::open(None)?;
    if json {
        let object = serde_json::json!({
            "schema": 1, "version": status.version, "keys": status.keys, "sources": status.sources,
            "rows": status.rows, "counts": status.counts, "bytes": status.bytes, "files": status.files, "runs": status.runs,
            "suppressed": status.suppressed,
        });
        writeln!(out, "{object}")?;
    } else {
        let each = if status.rows > 0 { status.bytes as f64 / status.rows as f64 } else { 0.0 };
        let rows = [
            ["version", &status.version.to_string()],
            ["keys", &status.keys],
            ["sources", &grouped(status.sources as u64)],
            ["rows", &grouped(status.rows)],
            ["rows of counts", &grouped(status.counts)],
            ["bytes", &format!("{} ({each:.1} a row)", grouped(status.bytes))],
            ["files", &format!("{} (at most {})", grouped(status.files as u64), grouped(MOST_FILES as u64))],
            ["runs over one key", &format!("{} (at most {MOST_RUNS})", status.runs)],
            ["accounts kept out", &grouped(status.suppressed as u64)],
        ];
        columns::write(&mut out, &rows.map(|row| row.map(str::to_owned)))?;
    }
    out.finish()?;
    Ok(Outcome::Done)
}

fn forget(config: &Config, arguments: &ForgetArguments) -> Result<Outcome, Failure> {
    let (mut lake, ring) = arguments.lake.open_with_keys(config)?;
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
const OUT_OF_REACH: &str = "older versions that a bucket keeps, backups and copies, indexes of the guard, and reports and mails \
                            that went out";

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

fn retain(config: &Config, arguments: &RetainArguments) -> Result<Outcome, Failure> {
    let rule = Retention {
        leaked_months: arguments.leaked_months.or(config.retention.leaked_months),
        kept_days: arguments.kept_days.or(config.retention.kept_days),
    };
    if rule == Retention::default() {
        return Err(Failure::say("nothing says how long sources stay").hint(
            "give --leaked-months or --kept-days, or write them into mizumori.toml under [retention]",
        ));
    }
    let (mut lake, ring) = arguments.lake.open_with_keys(config)?;
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

fn keys(config: &Config, command: &KeysCommand) -> Result<Outcome, Failure> {
    match command {
        KeysCommand::Add { lake, domain } => {
            let domain = parsed(domain)?;
            let number =
                lake.change_ring(config, |ring| ring.add_data_key(domain.as_str()).map_err(Failure::new))?;
            tidings::say(&format!("key {number} is for `{domain}` now"));
        }
        KeysCommand::Shred { lake, domain } => {
            let domain = parsed(domain)?;
            let shredded = lake.change_ring(config, |ring| match ring.shred(domain.as_str()) {
                none if none.is_empty() => {
                    Err(Failure::say(format!("the key ring has no key of `{domain}`"))
                        .hint("`mizumori lake keys list` shows those that have one"))
                }
                shredded => Ok(shredded),
            })?;
            tidings::say(&format!("destroyed {} keys of `{domain}`", shredded.len()));
            tidings::hint("copies of the old key ring still open what was sealed: destroy them too");
        }
        KeysCommand::Layer(arguments) => renew(config, arguments, Layer::New)?,
        KeysCommand::Renew(arguments) => renew(config, arguments, Layer::AsItIs)?,
        KeysCommand::Rewrap { lake, new_master_key } => lake.rewrap(config, new_master_key)?,
        KeysCommand::List { lake } => {
            let (_, ring) = lake.open_with_keys(config)?;
            let mut out = Output::open(None)?;
            for key in ring.data_keys() {
                writeln!(out, "{}\t{}", key.number(), key.domain())?;
            }
            out.finish()?;
        }
    }
    Ok(Outcome::Done)
}

fn parsed(domain: &str) -> Result<DomainName, Failure> {
    DomainName::parse(domain).ok_or_else(|| Failure::say(format!("`{domain}` is no domain")))
}

/// Whether the tags get a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    New,
    AsItIs,
}

fn renew(config: &Config, arguments: &RenewArguments, layer: Layer) -> Result<(), Failure> {
    let mut lake = arguments.lake.open(config)?;
    let layers = lake.layers()?;
    // The ring first: without it nothing is begun.
    let there = arguments.lake.ring_of(config, &lake)?.tags().layers();
    lake.begin_renewal()?;
    let ring = if layer == Layer::New && there == layers {
        arguments.lake.change_ring_of(config, &lake, |ring| ring.add_layer().map_err(Failure::new))?.0
    } else {
        arguments.lake.ring_of(config, &lake)?
    };
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let machine = ThisMachine {
        reader: Reader::new(config.limits),
        records: config.records,
        threads: input::threads(None, config),
        memory_bytes: arguments.memory.or(config.memory).map_or_else(Size::quarter_of_memory, |size| size.0),
        disk_bytes: spill_bytes(config),
        folder: std::env::temp_dir(),
    };
    let done = lake.renew(&ring, &machine, &progress)?;
    tidings::say(&format!("{} rows are under {} layers of keys", grouped(done.rows), ring.tags().layers()));
    if done.resealed > 0 {
        tidings::say(&format!("{} sealed values were sealed anew", grouped(done.resealed)));
    }
    if done.gone > 0 {
        tidings::say(&format!("{} sealed values are gone: their keys were shredded", grouped(done.gone)));
    }
    if ring.tags().layers() > layers {
        tidings::hint(
            "give a copy of the key ring to everybody who works with the lake; older copies are refused",
        );
    }
    Ok(())
}
