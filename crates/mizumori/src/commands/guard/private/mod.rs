//! `mizumori guard private`: the index that answers the private check, and its keys.
//!
//! `mizumori ingest --private` fills it too; what answers out of it is `mizumori guard serve --private`.

mod ask;
mod create;
mod forget;
mod import;
mod retire;
mod rotate;
mod status;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mizumori_guard::private::SlowHash;

pub(super) use self::ask::{AskOptions, run as ask};
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::size::Size;

/// Keep an index for the private check, and its keys
///
/// Somebody who knows an account and its password can ask a server whether both stand together in a leak, and tell it neither.
/// What answers is an index of its own, made with a secret key, of the accounts of a watch list. Whoever has the index and the
/// key can guess passwords, slowly; the index without the key tells nothing but what any client may ask for.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Arguments),
    Import(Box<import::Arguments>),
    Status(status::Arguments),
    Rotate(rotate::Arguments),
    Retire(retire::Arguments),
    Forget(forget::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    match &arguments.command {
        Command::Create(arguments) => create::run(arguments, config),
        Command::Import(arguments) => import::run(arguments, config),
        Command::Status(arguments) => status::run(arguments),
        Command::Rotate(arguments) => rotate::run(arguments, config),
        Command::Retire(arguments) => retire::run(arguments, config),
        Command::Forget(arguments) => forget::run(arguments, config),
    }
}

/// Where the keys are.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeysOption {
    /// The file of the secret keys of the private index: apart from the index, and only its owner may read it
    #[arg(long, value_name = "FILE")]
    private_keys: Option<PathBuf>,
}

impl KeysOption {
    /// The file that was named.
    pub(crate) fn file(&self, config: &Config) -> Result<PathBuf, Failure> {
        self.private_keys.clone().or_else(|| config.private_keys.clone()).ok_or_else(|| {
            Failure::say("nothing says where the keys of the private index are")
                .hint("give --private-keys FILE, or write `private_keys` into mizumori.toml")
        })
    }
}

/// How slow the hash of a pair is.
#[derive(Clone, Debug, Args)]
struct SlowOptions {
    /// Memory of the slow hash, Argon2id
    #[arg(long, value_name = "SIZE")]
    hash_memory: Option<Size>,

    /// Passes of the slow hash
    #[arg(long, value_name = "N")]
    hash_passes: Option<u32>,
}

impl SlowOptions {
    /// What was asked for, as a change of what would be otherwise; `None` where nothing was.
    fn of(&self, otherwise: SlowHash) -> Option<SlowHash> {
        if self.hash_memory.is_none() && self.hash_passes.is_none() {
            return None;
        }
        let kibibytes = |size: Size| u32::try_from(size.0 >> 10).unwrap_or(u32::MAX);
        Some(SlowHash {
            memory_kib: self.hash_memory.map_or(otherwise.memory_kib, kibibytes),
            passes: self.hash_passes.unwrap_or(otherwise.passes),
            ..otherwise
        })
    }
}
