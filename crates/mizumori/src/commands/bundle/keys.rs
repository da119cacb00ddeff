//! `mizumori bundle keys`: the keys of one party.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use mizumori_bundle::Keys;

use super::keys_in;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tidings;

/// Make the keys of one party, or show those that others need
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make keys, into a file that its owner alone may read; what others need is shown
    New {
        /// The file, which must not be there
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show what others need: `to` to encrypt to these keys, `from` to know their signatures
    Show {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let keys = match &arguments.command {
        Command::New { file } => {
            if file == std::path::Path::new("-") {
                return Err(Failure::say("keys go into a file, and nowhere else"));
            }
            let mut out = Output::create(file)?;
            let keys = Keys::create()?;
            out.write_all(keys.to_text().expose().as_bytes())?;
            out.finish()?;
            tidings::hint(
                "the file stays here; what is shown goes to the others, by a way on which nobody changes it",
            );
            keys
        }
        Command::Show { file } => keys_in(file)?,
    };
    let mut out = Output::open(None)?;
    writeln!(out, "to    {}  ({})", keys.recipient(), keys.recipient().id())?;
    writeln!(out, "from  {}  ({})", keys.sender(), keys.sender().id())?;
    out.finish()
}
