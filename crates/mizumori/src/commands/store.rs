//! `mizumori store`: backing a store up, and looking at it.

mod status;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use mizumori_store::BackupError;

use crate::config::Config;
use crate::counted::counted;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::store::{StoreOptions, audit};
use crate::tidings;

/// Back a store up, and look at it
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreOptions,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mizumori store status
  mizumori store backup store-2026-11-23.jsonl
  mizumori store backup - --store store.db | mizumori store restore - --store postgres:///mizumori";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write one state of the whole store to a file, while others work with it
    ///
    /// It is a text, the same for both databases, that only its owner may read. There are people in it: keep it as you keep the store.
    Backup {
        /// The file, which must not be there; `-` is standard output
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Fill an empty store with a backup: with all of it, or nothing
    ///
    /// The store may be of the other database. One that is not there is made.
    Restore {
        /// The file; `-` is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Status(status::Arguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    match &arguments.command {
        Command::Backup { file } => back_up(&arguments.store, &config, file)?,
        Command::Restore { file } => restore(&arguments.store, &config, file)?,
        Command::Status(status) => status::run(status, &arguments.store.open(&config)?)?,
    }
    Ok(Outcome::Done)
}

fn back_up(store: &StoreOptions, config: &Config, file: &Path) -> Result<(), Failure> {
    let opened = store.open(config)?;
    let mut out = Output::create(file)?;
    // Before anything leaves: a copy of the whole is not made without a trace.
    opened.write(async |session| audit(session, None, "store backup", &name_of(file), "").await)?;
    let done = opened.runtime.block_on(opened.store.back_up(&mut out)).map_err(told)?;
    out.finish()?;
    tidings::say(&format!("backed {} up", counted(done.rows, "row")));
    Ok(())
}

fn restore(store: &StoreOptions, config: &Config, file: &Path) -> Result<(), Failure> {
    let mut from: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let opened = File::open(file).with_context(|| format!("could not read `{}`", file.display()));
        Box::new(BufReader::new(opened.map_err(Failure::new)?))
    };
    let opened = store.open_or_make(config)?;
    let rows = opened.write(async |session| {
        let rows = counted(session.restore(&mut from).await.map_err(told)?.rows, "row");
        audit(session, None, "store restore", &name_of(file), &rows).await?;
        Ok(rows)
    })?;
    tidings::say(&format!("restored {rows}"));
    Ok(())
}

/// A file as the audit log names it: where it is, is the machine's own matter.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn told(error: BackupError) -> Failure {
    let hint = match &error {
        BackupError::NotEmpty => {
            Some("name a store that is not there yet, or an empty database, with --store")
        }
        BackupError::NotWhole | BackupError::Line(_) => {
            Some("nothing was restored; take another backup: this one was cut off or changed")
        }
        BackupError::Schema { found, known } if found < known => {
            Some("restore it with the program that wrote it, then open that store with this one")
        }
        BackupError::Schema { .. } => Some("use the program that wrote it, or a later one"),
        _ => None,
    };
    match (error, hint) {
        (BackupError::Store(error), _) => error.into(),
        (error, Some(hint)) => Failure::new(error).hint(hint),
        (error, None) => Failure::new(error),
    }
}
