//! `mizumori ingest`: dumps into a lake.

mod follow;
mod means;

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mizumori_core::WatchList;
use mizumori_core::watch::Level;
use mizumori_lake::{
    Beside, Commits, Ingest, Ingested, Keep, Material, Missing, Refused, Runner, WhatHappened,
};
use mizumori_scan::Progress;

use self::means::{Means, Shared};
#[cfg(feature = "guard")]
use crate::besides::Besides;
#[cfg(feature = "cluster")]
use crate::cluster::ClusterOptions;
use crate::config::Config;
#[cfg(feature = "guard")]
use crate::guarding::{self, GuardOption};
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
#[cfg(feature = "guard")]
use crate::pairs::PrivateOption;
use crate::progress::{Bar, grouped};
use crate::size::Size;
use crate::tidings;

/// Keep the exposures of dumps in a lake
///
/// A lake holds keyed tags in the place of accounts and secrets; of organisations at level `counts`, hosts and numbers. A source
/// that is in the lake already is replaced; from the same files it is left as it is. Nothing is in the lake before all of it is.
///
/// With --follow it goes on looking at the PATHs, and takes what is dropped there when it has settled: with --watch and --all what
/// concerns the watch list first. Files that are taken away afterwards stay in the lake. A folder that is to be one source is best
/// moved there whole, or with its `source.toml` first.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) lake: LakeOptions,

    #[command(flatten)]
    input: InputOptions,

    #[cfg(feature = "cluster")]
    #[command(flatten)]
    cluster: ClusterOptions,

    /// Keep every account, not only the watch list's; others than these never above tags
    #[arg(long)]
    all: bool,

    /// How much is kept where the watch list says nothing: counts, tags or sealed [default: sealed for domains that are verified and
    /// have a key (`lake keys add`), tags for all others]
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,

    /// Replace a source although files of it are missing now
    #[arg(long)]
    replace: bool,

    /// Go on, and ingest what is dropped at the PATHs, folders or prefixes of buckets
    #[arg(long)]
    follow: bool,

    /// How often --follow looks, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, requires = "follow")]
    interval: Duration,

    /// How long a file has to look the same before --follow takes it, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, requires = "follow")]
    settle: Duration,

    #[cfg(feature = "guard")]
    #[command(flatten)]
    guard: GuardOption,

    #[cfg(feature = "guard")]
    #[command(flatten)]
    private: PrivateOption,

    /// Memory to use, roughly [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,

    /// The form of the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  mizumori ingest --lake lake --watch watchlists/jp-government.toml dumps/
  mizumori ingest --lake s3://bucket/lake --all --memory 8GiB dumps/
  mizumori ingest --lake lake --watch list.toml --all --follow drop/";

/// The form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a source
    Table,
    /// One object
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    #[cfg(all(feature = "guard", feature = "cluster"))]
    for (is_asked, option) in
        [(arguments.guard.is_asked(), "--guard"), (arguments.private.is_asked(), "--private")]
    {
        if is_asked && arguments.cluster.is_asked() {
            let told =
                format!("{option} and --cluster do not go together: an index is a folder of this machine");
            return Err(Failure::say(told).hint(format!(
                "ingest with --cluster, and then once more with {option} alone: that reads the dumps for the index only"
            )));
        }
    }
    if arguments.follow {
        let progress = Arc::new(Progress::default());
        interrupt::stops(&progress);
        let watch = input::watch_list(&arguments.input, &config)?.map(Arc::new);
        return follow(arguments, &config, &progress, &|| Ok(watch.clone()));
    }
    let prepared = Prepared::new(&arguments.input)?;
    let keep = arguments.keep(prepared.watch.as_ref())?;
    let progress = Arc::new(Progress::default());
    #[cfg(feature = "guard")]
    let guarding = {
        let names = guarding::names(&prepared.dumps, &prepared.sources);
        arguments.guard.open(names, means::guard_memory(arguments, &config), &progress)?
    };
    #[cfg(feature = "guard")]
    let pairing = {
        let place = arguments.private.place(&config, prepared.watch.as_ref(), prepared.threads)?;
        let names = prepared.sources.list.iter().map(|source| source.id.to_string()).collect();
        let memory = means::guard_memory(arguments, &config);
        place.map(|place| place.open(names, memory, &progress)).transpose()?
    };
    #[cfg(feature = "guard")]
    let besides = Besides::of([
        guarding.as_ref().map(|guarding| guarding as &dyn Beside),
        pairing.as_ref().map(|pairing| pairing as &dyn Beside),
    ]);
    #[cfg(feature = "guard")]
    let beside = besides.as_one();
    #[cfg(not(feature = "guard"))]
    let beside = None;
    let (lake, ring) = arguments.lake.open_or_create(&config)?;
    let sources_of: Vec<_> =
        prepared.dumps.found.iter().map(|found| prepared.sources.of_dump(&found.dump.name)).collect();
    let dumps = prepared.dumps.scanned();
    let source_of = |member: &mizumori_read::MemberName| prepared.sources.of_member(member);
    let material = Material {
        sources: &prepared.sources.list,
        dumps: &dumps,
        sources_of: &sources_of,
        source_of: &source_of,
        unreadable: &prepared.dumps.unreadable,
    };
    let means = Means::of(arguments, &config, prepared.reader.clone(), prepared.threads)?;
    interrupt::stops(&progress);
    let mut lake = lake.merging(means.merging(&progress));
    let bar = Bar::follow(&progress, prepared.dumps.bytes());
    let shared =
        Shared { found: &prepared.dumps.found.iter().collect::<Vec<_>>(), map: &prepared.sources.map };
    let ingested = means.with(&material, &shared, |runner| {
        lake.ingest(&ring, &material, &arguments.how(keep, runner, beside), &progress)
    });
    drop(bar);
    #[cfg(feature = "guard")]
    if let Some(guarding) = &guarding {
        guarding.tell_after(&ingested);
    }
    #[cfg(feature = "guard")]
    if let Some(pairing) = &pairing {
        pairing.tell_after(&ingested);
    }
    let ingested = ingested?;
    let mut out = Output::open(None)?;
    out.write_all(rendered(&ingested, arguments.format).as_bytes())?;
    out.finish()?;
    tell(&ingested);
    Ok(if ingested.interrupted {
        tidings::warning("interrupted: the lake is as it was");
        Outcome::Interrupted
    } else if ingested.unreadable.is_empty() {
        Outcome::Done
    } else {
        Outcome::Partly
    })
}

/// Gives the watch list, which may be another one each time that one looks.
pub(crate) type Watched<'w> = dyn Fn() -> Result<Option<Arc<WatchList>>, Failure> + Sync + 'w;

/// Ingests what is dropped at the PATHs until `progress` is stopped.
pub(crate) fn follow(
    arguments: &Arguments,
    config: &Config,
    progress: &Arc<Progress>,
    watched: &Watched<'_>,
) -> Result<Outcome, Failure> {
    follow::run(arguments, config, progress, watched)
}

impl Arguments {
    /// Whether what is dropped at the PATHs is to be ingested.
    #[cfg(feature = "loop")]
    pub(crate) const fn is_following(&self) -> bool {
        self.follow
    }

    /// The watch list that is asked for, where one is.
    #[cfg(feature = "loop")]
    pub(crate) fn watch_list(&self, config: &Config) -> Result<Option<WatchList>, Failure> {
        input::watch_list(&self.input, config)
    }

    /// The accounts that are kept.
    fn keep<'w>(&self, watch: Option<&'w WatchList>) -> Result<Keep<'w>, Failure> {
        match (watch, self.all) {
            (watch, true) => Ok(Keep::Everything(watch)),
            (Some(watch), false) => Ok(Keep::Watched(watch)),
            (None, false) => Err(Failure::say("nothing says which accounts to keep")
                .hint("give --watch FILE, or --all for every account")),
        }
    }

    fn how<'i>(&self, keep: Keep<'i>, runner: &'i dyn Runner, beside: Option<&'i dyn Beside>) -> Ingest<'i> {
        let (refused, commits) = if self.follow {
            (Refused::HoldsBack, Commits::WatchedFirst)
        } else {
            (Refused::EndsIt, Commits::One)
        };
        Ingest {
            runner,
            keep,
            level: self.level,
            missing: if self.replace { Missing::Replaced } else { Missing::Refused },
            refused,
            commits,
            beside,
        }
    }
}

/// Bytes on disk for what does not fit into memory.
pub(crate) fn spill_bytes(config: &Config) -> u64 {
    config.limits.spool_bytes.max(1 << 40)
}

/// Says on standard error what was not ingested, and why.
fn tell(ingested: &Ingested) {
    let unreadable = ingested.unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str()));
    input::tell_unreadable(unreadable);
    for (source, error) in &ingested.held_back {
        tidings::warning(&format!("`{source}` is left as it is: {error}"));
        if let Some(hint) = error.hint() {
            tidings::hint(&hint);
        }
    }
    if let Some(error) = &ingested.unmerged {
        tidings::warning(&format!("what came is in the lake, but its runs could not be merged: {error}"));
        tidings::hint("`mizumori lake optimize` does it");
    }
    if ingested.unsealed > 0 {
        tidings::warning(&format!(
            "{} exposures are kept as tags, not sealed: their domains are not verified, or have no key",
            grouped(ingested.unsealed)
        ));
        tidings::hint("`mizumori lake keys add DOMAIN` makes a key; `verified` stands in the watch list");
    }
    if ingested.uncounted > 0 {
        tidings::say(&format!(
            "{} records at level `counts` are of no account or without a secret: nothing of them is kept",
            grouped(ingested.uncounted)
        ));
    }
}

fn rendered(ingested: &Ingested, format: Format) -> String {
    let word = |what| match what {
        WhatHappened::Added => "added",
        WhatHappened::Replaced => "replaced",
        WhatHappened::Completed => "completed",
        WhatHappened::AsBefore => "as before",
    };
    if format == Format::Json {
        let sources: Vec<_> = ingested
            .sources
            .iter()
            .map(|source| {
                let (what, counted) = (word(source.what), source.counted);
                serde_json::json!({"id": source.id, "what": what, "rows": source.rows, "counted": counted})
            })
            .collect();
        let held_back: Vec<_> = ingested
            .held_back
            .iter()
            .map(|(id, why)| serde_json::json!({"id": id, "why": why.to_string()}))
            .collect();
        let object = serde_json::json!({
            "schema": 1, "version": ingested.versions.last(), "versions": ingested.versions,
            "rows": ingested.rows, "bytes": ingested.bytes, "complete": !ingested.interrupted,
            "sources": sources, "held_back": held_back,
        });
        return format!("{object}\n");
    }
    let mut text = String::new();
    for source in &ingested.sources {
        // Writing into memory does not fail.
        let _ = write!(text, "{:9}  {:>13} rows  {}", word(source.what), grouped(source.rows), source.id);
        if source.counted > 0 {
            let _ = write!(text, "  ({} counted)", grouped(source.counted));
        }
        text.push('\n');
    }
    text
}

/// A number of seconds.
pub(crate) fn seconds(word: &str) -> Result<Duration, &'static str> {
    let seconds = word.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or("write a number of seconds, such as 5 or 0.5")
}

/// PATHs that can be followed.
fn followed(paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.is_empty() {
        return Err(Failure::say("no PATH is given").hint("name the folder into which dumps are dropped"));
    }
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::say("standard input cannot be followed").hint("leave --follow out"));
    }
    Ok(())
}
