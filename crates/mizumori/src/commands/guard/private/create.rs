//! `mizumori guard private create`: an empty private index, and its keys.

use std::path::PathBuf;

use clap::Args;
use mizumori_guard::private::{PrivateStatus, PrivateWriter, SlowHash};

use super::{KeysOption, SlowOptions};
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Make a private index, and the file of its keys
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    keys: KeysOption,

    #[command(flatten)]
    slow: SlowOptions,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard private create private --private-keys /etc/mizumori/private.keys
  mizumori guard private create private --private-keys private.keys --hash-memory 64MiB --hash-passes 3";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let keys = arguments.keys.file(config)?;
    let slow = arguments.slow.of(SlowHash::default()).unwrap_or_default();
    drop(PrivateWriter::create(&arguments.folder, &keys, slow)?);
    tidings::say(&format!("made the keys `{}`", keys.display()));
    tidings::hint(
        "keep a copy of them apart from the index: whoever has both can guess passwords, and without them it answers nothing",
    );
    for generation in PrivateStatus::of(&arguments.folder)?.generations {
        tidings::say(&format!("clients pin --public-key {}", generation.public_key));
    }
    Ok(Outcome::Done)
}
