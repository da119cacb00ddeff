//! `mizumori guard private forget`: a source that is taken out.

use std::path::PathBuf;

use clap::Args;
use mizumori_guard::private::PrivateWriter;

use super::KeysOption;
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Take what a source brought out of a private index
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// The id of the source
    #[arg(value_name = "SOURCE")]
    source: String,

    #[command(flatten)]
    keys: KeysOption,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let keys = arguments.keys.file(config)?;
    if !PrivateWriter::open(&arguments.folder, &keys)?.forget(&arguments.source)? {
        return Err(Failure::say(format!("no source `{}` is in this index", arguments.source))
            .hint("`mizumori guard private status FOLDER` names them"));
    }
    tidings::say(&format!("nothing of `{}` is in the index any more", arguments.source));
    Ok(Outcome::Done)
}
