//! `mizumori lake keys`: the keys of domains, and bringing the lake under new ones.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use mizumori_core::DomainName;
use mizumori_lake::{Merging, ThisMachine};
use mizumori_read::Reader;

use super::MachineOptions;
use crate::commands::ingest::spill_bytes;
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;
use crate::tidings;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Draw a key for a domain: what is ingested at level `sealed` from now on is sealed with it
    Add {
        #[command(flatten)]
        lake: LakeOptions,
        /// A watched and verified domain
        domain: String,
    },
    /// Destroy the keys of a domain: what was sealed for it cannot be read any more
    Shred {
        #[command(flatten)]
        lake: LakeOptions,
        /// The domain
        domain: String,
    },
    /// Put a new key on top of those of the tags, and bring the lake under it
    ///
    /// Whoever has the lake and an old copy of the key ring can test no more guesses. The whole lake is read, sorted and written
    /// anew. Meanwhile, and after an interruption until it was done again, nobody else writes, and nothing is answered. What was sealed is sealed anew; of what is sealed with a key that is shredded nothing is
    /// left. Give a copy of the key ring to all who work with the lake.
    Layer(RenewArguments),
    /// Bring the lake under the keys that the ring has: what was sealed under the newest key of its domain, and what a layer that
    /// was begun has left undone
    Renew(RenewArguments),
    /// Wrap the key ring under another master key
    Rewrap {
        #[command(flatten)]
        lake: LakeOptions,
        /// The file of the new master key; where there is none, one is made
        #[arg(long, value_name = "FILE")]
        new_master_key: PathBuf,
    },
    /// List the domains that have keys
    List {
        #[command(flatten)]
        lake: LakeOptions,
    },
}

#[derive(Debug, Args)]
pub(super) struct RenewArguments {
    #[command(flatten)]
    lake: LakeOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

pub(super) fn run(config: &Config, command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add { lake, domain } => {
            let domain = parsed(domain)?;
            let number =
                lake.change_ring(config, |ring| ring.add_data_key(domain.as_str()).map_err(Failure::new))?;
            tidings::say(&format!("key {number} is for `{domain}` now"));
        }
        Command::Shred { lake, domain } => {
            let domain = parsed(domain)?;
            let shredded = lake.change_ring(config, |ring| match ring.shred(domain.as_str()) {
                none if none.is_empty() => {
                    Err(Failure::say(format!("the key ring has no key of `{domain}`"))
                        .hint("`mizumori lake keys list` shows those that have one"))
                }
                shredded => Ok(shredded),
            })?;
            tidings::say(&format!("destroyed {} keys of `{domain}`", shredded.len()));
            tidings::hint("copies of the old key ring still open what was sealed: destroy them too");
        }
        Command::Layer(arguments) => renew(config, arguments, Layer::New)?,
        Command::Renew(arguments) => renew(config, arguments, Layer::AsItIs)?,
        Command::Rewrap { lake, new_master_key } => lake.rewrap(config, new_master_key)?,
        Command::List { lake } => {
            let (_, ring) = lake.open_with_keys(config)?;
            let mut out = Output::open(None)?;
            for key in ring.data_keys() {
                writeln!(out, "{}\t{}", key.number(), key.domain())?;
            }
            out.finish()?;
        }
    }
    Ok(Outcome::Done)
}

fn parsed(domain: &str) -> Result<DomainName, Failure> {
    DomainName::parse(domain).ok_or_else(|| Failure::say(format!("`{domain}` is no domain")))
}

/// Whether the tags get a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    New,
    AsItIs,
}

fn renew(config: &Config, arguments: &RenewArguments, layer: Layer) -> Result<(), Failure> {
    let mut lake = arguments.lake.open(config)?;
    let layers = lake.layers()?;
    // The ring first: without it nothing is begun.
    let there = arguments.lake.ring_of(config, &lake)?.tags().layers();
    lake.begin_renewal()?;
    let ring = if layer == Layer::New && there == layers {
        arguments.lake.change_ring_of(config, &lake, |ring| ring.add_layer().map_err(Failure::new))?.0
    } else {
        arguments.lake.ring_of(config, &lake)?
    };
    let Merging { threads, memory_bytes, progress } = arguments.machine.merging(config);
    let machine = ThisMachine {
        reader: Reader::new(config.limits),
        records: config.records,
        threads,
        memory_bytes,
        disk_bytes: spill_bytes(config),
        folder: std::env::temp_dir(),
    };
    let done = lake.renew(&ring, &machine, &progress)?;
    tidings::say(&format!("{} rows are under {} layers of keys", grouped(done.rows), ring.tags().layers()));
    if done.resealed > 0 {
        tidings::say(&format!("{} sealed values were sealed anew", grouped(done.resealed)));
    }
    if done.gone > 0 {
        tidings::say(&format!("{} sealed values are gone: their keys were shredded", grouped(done.gone)));
    }
    if ring.tags().layers() > layers {
        tidings::hint(
            "give a copy of the key ring to everybody who works with the lake; older copies are refused",
        );
    }
    Ok(())
}
