//! `mizumori bundle`: what is carried into a separated network, signed and encrypted.

mod export;
#[cfg(feature = "guard")]
mod guard;
mod import;
mod keys;
mod show;

use std::path::Path;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use mizumori_bundle::{BundleError, Keys};

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::store::StoreOptions;

/// Bundles: carry findings and leaked passwords into a network that nothing leads to
///
/// A bundle is a file, signed by its sender and encrypted to its recipients. Nothing of it is taken before its signature holds, and
/// none is taken twice or after a later one.
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
  mizumori bundle keys new inside.keys        # inside: its `to` goes out
  mizumori bundle keys new outside.keys       # outside: its `from` goes in
  mizumori bundle export --all --to mizumori-to:… --sign outside.keys --guard leaked monday.bundle
  mizumori bundle import monday.bundle --key inside.keys --from mizumori-from:… --guard leaked";

#[derive(Debug, Subcommand)]
enum Command {
    Keys(keys::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
    Show(show::Arguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    match &arguments.command {
        Command::Keys(arguments) => keys::run(arguments)?,
        Command::Show(arguments) => show::run(arguments)?,
        Command::Export(export) => export::run(export, &arguments.store, &Config::load()?)?,
        Command::Import(import) => return import::run(import, &arguments.store, &Config::load()?),
    }
    Ok(Outcome::Done)
}

/// The keys in a file.
fn keys_in(file: &Path) -> Result<Keys, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read `{}`", file.display()));
    let text = mizumori_core::Secret::new(text.map_err(Failure::new)?);
    Ok(Keys::parse(text.expose())?)
}

/// A file as the audit log names it: where it is, is the machine's own matter.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        match error.hint() {
            Some(hint) => Self::new(error).hint(hint),
            None => Self::new(error),
        }
    }
}
