//! `mizumori ingest`: dumps into a lake.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mizumori_core::watch::Level;
use mizumori_lake::{Ingest, Ingested, Material, WhatHappened};
use mizumori_scan::Progress;

use crate::config::Config;
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::{Bar, grouped};
use crate::size::Size;
use crate::tidings;

/// Keep the exposures of dumps in a lake
///
/// A lake holds keyed tags in the place of accounts and secrets. A source that is in the lake already is replaced; from the
/// same files it is left as it is. Nothing is in the lake before all of it is.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    lake: LakeOptions,

    #[command(flatten)]
    input: InputOptions,

    /// Keep every account, not only the watch list's
    #[arg(long, conflicts_with = "watch")]
    all: bool,

    /// How much is kept where the watch list says nothing: counts, tags or sealed
    #[arg(long, value_name = "LEVEL", default_value = "tags")]
    level: Level,

    /// Replace a source although files of it are missing now
    #[arg(long)]
    replace: bool,

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
  mizumori ingest --lake s3://bucket/lake --all --memory 8GiB dumps/";

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
    let prepared = Prepared::new(&arguments.input)?;
    if prepared.watch.is_none() && !arguments.all {
        return Err(Failure::say("nothing says which accounts to keep")
            .hint("give --watch FILE, or --all for every account"));
    }
    let watch = prepared.watch.as_ref().filter(|_| !arguments.all);
    let (mut lake, ring) = arguments.lake.open_or_create(&config)?;
    let sources_of: Vec<_> =
        prepared.dumps.found.iter().map(|found| prepared.sources.of_dump(&found.dump.name)).collect();
    let dumps = prepared.dumps.scanned();
    let source_of = |member: &mizumori_read::MemberName| prepared.sources.of_member(member);
    let material = Material {
        sources: &prepared.sources.list,
        dumps: &dumps,
        sources_of: &sources_of,
        source_of: &source_of,
    };
    let how = Ingest {
        reader: &prepared.reader,
        records: prepared.records,
        watch,
        level: arguments.level,
        replace: arguments.replace,
        threads: prepared.threads,
        memory_bytes: arguments.memory.or(config.memory).map_or_else(Size::quarter_of_memory, |size| size.0),
        disk_bytes: config.limits.spool_bytes.max(1 << 40),
        folder: std::env::temp_dir(),
    };
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let bar = Bar::follow(&progress, prepared.dumps.bytes());
    let ingested = lake.ingest(&ring, &material, &how, &progress);
    drop(bar);
    let ingested = ingested.map_err(|error| {
        let missing = matches!(error, mizumori_lake::LakeError::FilesMissing { .. });
        let failure = Failure::from(error);
        if missing { failure.hint("give --replace if they are gone on purpose") } else { failure }
    })?;
    let mut out = Output::open(None)?;
    out.write_all(rendered(&ingested, arguments.format).as_bytes())?;
    out.finish()?;
    let walked = prepared.dumps.unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str()));
    let unreadable = ingested.unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str()));
    input::tell_unreadable(walked.chain(unreadable));
    if ingested.below_tags > 0 {
        tidings::warning(&format!(
            "{} exposures are of level `counts`, of which this lake keeps nothing",
            grouped(ingested.below_tags)
        ));
    }
    Ok(if ingested.interrupted {
        tidings::warning("interrupted: the lake is as it was");
        Outcome::Interrupted
    } else if ingested.unreadable.is_empty() && prepared.dumps.unreadable.is_empty() {
        Outcome::Done
    } else {
        Outcome::Partly
    })
}

fn rendered(ingested: &Ingested, format: Format) -> String {
    let word = |what| match what {
        WhatHappened::Added => "added",
        WhatHappened::Replaced => "replaced",
        WhatHappened::AsBefore => "as before",
    };
    if format == Format::Json {
        let sources: Vec<_> = ingested
            .sources
            .iter()
            .map(
                |source| serde_json::json!({"id": source.id, "what": word(source.what), "rows": source.rows}),
            )
            .collect();
        let object = serde_json::json!({
            "schema": 1, "version": ingested.version, "rows": ingested.rows, "bytes": ingested.bytes,
            "complete": !ingested.interrupted, "sources": sources,
        });
        return format!("{object}\n");
    }
    let mut text = String::new();
    for source in &ingested.sources {
        // Writing into memory does not fail.
        let _ = writeln!(text, "{:9}  {:>13} rows  {}", word(source.what), grouped(source.rows), source.id);
    }
    text
}
