//! `mizumori guard`: leaked passwords that must not be chosen again.

mod check;
mod export;
mod files;
mod filter;
mod forget;
mod import;
#[cfg(feature = "lake")]
mod own;
mod private;
#[cfg(feature = "serve")]
mod serve;
mod status;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use mizumori_core::ErrorClass;
use mizumori_guard::{GuardError, HashKind, Index, Observer};
use mizumori_scan::Progress;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::size::Size;
use crate::tidings;

/// Keep leaked passwords from being chosen again
///
/// An index holds the hashes of leaked passwords, SHA-1, NTLM or both, each with how often it was seen. These hashes have no salt:
/// of a weak password they are as good as the password, so keep an index as safe as you would keep the passwords.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(import::Arguments),
    Check(check::Arguments),
    Verify(verify::Arguments),
    Filter(filter::Arguments),
    Export(export::Arguments),
    Status(status::Arguments),
    Forget(forget::Arguments),
    Private(private::Arguments),
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    /// Answer over HTTP what clients of the Pwned Passwords API ask, and check passwords (not built in)
    #[cfg(not(feature = "serve"))]
    #[command(hide = true)]
    Serve(crate::commands::not_built::Arguments),
}

#[cfg(feature = "lake")]
pub(crate) use self::private::KeysOption;

/// Which index.
#[derive(Debug, Args)]
struct IndexOption {
    /// The folder of the index [env: MIZUMORI_GUARD]
    #[arg(value_name = "INDEX")]
    index: Option<PathBuf>,
}

/// Which hash of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hash {
    /// As most lists and programs have it
    Sha1,
    /// As Windows keeps it
    Ntlm,
}

impl Hash {
    /// Bytes of one.
    fn width(self) -> u64 {
        HashKind::from(self).width() as u64
    }
}

impl From<Hash> for HashKind {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha1 => Self::Sha1,
            Hash::Ntlm => Self::Ntlm,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = match &arguments.command {
        Command::Check(arguments) if arguments.is_told_all() => Config::default(),
        _ => Config::load()?,
    };
    match &arguments.command {
        Command::Import(arguments) => import::run(arguments, &config),
        Command::Check(arguments) => check::run(arguments, &config),
        Command::Verify(arguments) => verify::run(arguments, &config),
        Command::Filter(arguments) => filter::run(arguments, &config),
        Command::Export(arguments) => export::run(arguments, &config),
        Command::Status(arguments) => status::run(arguments, &config),
        Command::Forget(arguments) => forget::run(arguments, &config),
        Command::Private(arguments) => private::run(arguments, &config),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(arguments, &config),
        #[cfg(not(feature = "serve"))]
        Command::Serve(_) => crate::commands::not_built::run("guard serve", "serve"),
    }
}

impl IndexOption {
    /// The folder that was asked for.
    fn folder(&self, config: &Config) -> Result<PathBuf, Failure> {
        let variable =
            || std::env::var_os("MIZUMORI_GUARD").filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = self.index.clone().or_else(variable).or_else(|| config.guard.clone());
        folder.ok_or_else(|| {
            Failure::say("nothing says which index")
                .hint("name its folder, set MIZUMORI_GUARD, or write `guard` into mizumori.toml")
        })
    }

    fn open(&self, config: &Config) -> Result<Index, Failure> {
        Ok(Index::open(&self.folder(config)?)?)
    }
}

/// Memory to use where nobody says, in bytes.
pub(crate) const MEMORY: u64 = 512 << 20;

pub(crate) fn memory(option: Option<Size>, config: &Config) -> u64 {
    option.or(config.memory).map_or(MEMORY, |size| size.0)
}

/// What is said of a new index.
pub(crate) const KEEP_IT_SAFE: &str = "what the index holds are hashes without salt, of weak passwords as good as the \
    passwords: keep it as safe as these";

/// The progress bar as the guard's library sees it.
pub(crate) struct Shown(pub(crate) Arc<Progress>);

impl Observer for Shown {
    fn read(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    }

    fn lines(&self, lines: u64) {
        self.0.lines.fetch_add(lines, std::sync::atomic::Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}

impl Shown {
    /// Tells of rows, so many bytes each, and whether to go on.
    fn rows(&self, rows: u64, bytes: u64) -> mizumori_guard::Result<()> {
        self.lines(rows);
        self.read(rows * bytes);
        if self.is_stopped() { Err(GuardError::Interrupted) } else { Ok(()) }
    }
}

/// What was done, or that somebody stopped it; `left` says what that leaves.
fn unless_interrupted<T>(done: mizumori_guard::Result<T>, left: &str) -> Result<Option<T>, Failure> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.class() == ErrorClass::Interrupted => {
            tidings::warning(&format!("interrupted: {left}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
