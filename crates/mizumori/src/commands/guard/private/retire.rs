//! `mizumori guard private retire`: a generation that answers no more.

use std::path::PathBuf;

use clap::Args;
use mizumori_guard::private::PrivateWriter;

use super::KeysOption;
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Take a generation away, and its key
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Its number, as `status` shows it
    #[arg(value_name = "GENERATION")]
    generation: u32,

    #[command(flatten)]
    keys: KeysOption,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let keys = arguments.keys.file(config)?;
    PrivateWriter::open(&arguments.folder, &keys)?.retire(arguments.generation)?;
    tidings::say(&format!("generation {} and its key are gone", arguments.generation));
    Ok(Outcome::Done)
}
