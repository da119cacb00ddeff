//! `mizumori lake`: what a lake is made of, and keeping it in order.

mod forget;
mod keys;

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use mizumori_lake::{MOST_FILES, MOST_RUNS, Merging};
use mizumori_scan::Progress;

use crate::columns;
use crate::config::Config;
use crate::input::{self, number_of_threads};
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
        #[command(flatten)]
        machine: MachineOptions,
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
    Forget(forget::ForgetArguments),
    /// Forget the sources whose time is over, by a rule
    ///
    /// The rule is that of the options, or `[retention]` in mizumori.toml with `leaked_months` and `kept_days`. A source whose time
    /// is over by either goes, with its description and its counts.
    Retain(forget::RetainArguments),
    /// The keys under which a domain's exposures are sealed
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
}

/// How much of this machine a command may use.
#[derive(Debug, Args)]
struct MachineOptions {
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = number_of_threads)]
    threads: Option<NonZeroUsize>,
    /// Memory to use, roughly [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,
}

impl MachineOptions {
    /// How files are merged; an interrupt stops it.
    fn merging(&self, config: &Config) -> Merging {
        let progress = Arc::new(Progress::default());
        interrupt::stops(&progress);
        Merging {
            threads: input::threads(self.threads, config),
            memory_bytes: input::memory(self.memory, config),
            progress,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    match &arguments.command {
        Command::Status { lake, json } => status(&config, lake, *json),
        Command::Optimize { lake, all, machine } => {
            let mut lake = lake.open(&config)?.merging(machine.merging(&config));
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
        Command::Forget(arguments) => forget::forget(&config, arguments),
        Command::Retain(arguments) => forget::retain(&config, arguments),
        Command::Keys { command } => keys::run(&config, command),
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
