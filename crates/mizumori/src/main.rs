//! The `mizumori` binary: arguments, configuration, printing, wiring.
//!
//! Each command is one file below `commands`; what several of them need stands beside them. Nothing here knows
//! formats or counts: that is the libraries' work.

#[cfg(all(feature = "guard", feature = "lake"))]
mod besides;
#[cfg(feature = "monitor")]
mod channels;
mod cli;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(any(feature = "scan", feature = "lake", feature = "guard", feature = "store"))]
mod columns;
mod commands;
mod config;
#[cfg(any(feature = "store", all(feature = "guard", any(feature = "scan", feature = "lake"))))]
mod counted;
#[cfg(any(feature = "scan", feature = "sql"))]
mod csv_cell;
#[cfg(feature = "loop")]
mod data_keys;
#[cfg(feature = "store")]
mod deadlines;
#[cfg(feature = "lake")]
mod drop_folder;
mod dumps;
#[cfg(feature = "guard")]
mod gathered;
#[cfg(all(feature = "guard", any(feature = "scan", feature = "lake")))]
mod guarding;
mod input;
mod interrupt;
#[cfg(feature = "lake")]
mod lake;
#[cfg(feature = "loop")]
mod leaks;
mod locale;
#[cfg(feature = "monitor")]
mod mail;
mod outcome;
mod output;
#[cfg(feature = "guard")]
mod pairs;
mod process;
mod progress;
#[cfg(feature = "store")]
mod proofs;
#[cfg(any(feature = "scan", feature = "lake"))]
mod reveal;
#[cfg(feature = "lake")]
mod ring_file;
#[cfg(feature = "store")]
mod show;
mod size;
mod sources;
#[cfg(feature = "store")]
mod store;
mod tidings;

use std::process::ExitCode;

fn main() -> ExitCode {
    process::harden();
    process::open_many_files();
    #[cfg(any(feature = "guard", feature = "store"))]
    process::choose_cryptography();
    let outcome = cli::run();
    outcome.code()
}
