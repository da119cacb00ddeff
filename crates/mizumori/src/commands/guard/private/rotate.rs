//! `mizumori guard private rotate`: another key.

use std::path::PathBuf;

use clap::Args;
use mizumori_guard::private::{PrivateStatus, PrivateWriter};

use super::{KeysOption, SlowOptions};
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Begin a generation with another key
///
/// What comes from now on is made with the new key. The generation before answers as well until it is retired; by then its sources
/// should have been imported again, since nobody can bring them under another key. Clients ask both.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    keys: KeysOption,

    #[command(flatten)]
    slow: SlowOptions,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let keys = arguments.keys.file(config)?;
    let before = PrivateStatus::of(&arguments.folder)?.generations.pop();
    let before = before.map(|generation| generation.slow_hash).unwrap_or_default();
    let mut writer = PrivateWriter::open(&arguments.folder, &keys)?;
    let number = writer.rotate(arguments.slow.of(before))?;
    drop(writer);
    for generation in PrivateStatus::of(&arguments.folder)?.generations {
        if generation.number == number {
            tidings::say(&format!(
                "generation {number} is filled from now on; clients pin --public-key {} as well",
                generation.public_key
            ));
        }
    }
    tidings::hint("import the sources again, then `mizumori guard private retire` the generation before");
    Ok(Outcome::Done)
}
