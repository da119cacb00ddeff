//! `mizumori guard filter`: a filter of an index.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mizumori_guard::{Filter, Rate};
use mizumori_scan::Progress;

use super::{Hash, IndexOption, Shown, unless_interrupted};
use crate::config::Config;
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::progress::{Bar, grouped};
use crate::tidings;

/// Make a filter of an index: for places where the index is too large
///
/// What leaked is always found in a filter; of what never leaked, some is taken for leaked. How often something leaked a filter
/// does not know.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// The file of the filter
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Which hashes
    #[arg(long, value_enum, default_value_t = Hash::Sha1)]
    hash: Hash,

    /// One in how many passwords that never leaked is taken for leaked
    #[arg(long, value_enum, default_value_t = OneIn::Few)]
    one_in: OneIn,
}

/// How often a filter is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OneIn {
    /// About 1.13 bytes a hash
    #[value(name = "256")]
    Few,
    /// About 2.26 bytes a hash
    #[value(name = "65536")]
    Many,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let index = arguments.index.open(config)?;
    let rate = if arguments.one_in == OneIn::Few { Rate::Byte } else { Rate::TwoBytes };
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let shown = Shown(Arc::clone(&progress));
    let kind = arguments.hash.into();
    let width = arguments.hash.width();
    let bar = Bar::follow(&progress, Some(index.rows_at_most(kind) * width));
    let written = Filter::write(&index, kind, rate, &arguments.output, &mut |rows| shown.rows(rows, width));
    drop(bar);
    let Some(written) = unless_interrupted(written, "there is no filter")? else {
        return Ok(Outcome::Interrupted);
    };
    tidings::say(&format!(
        "{} hashes in {} bytes, {:.2} a hash; takes one in {} that never leaked for leaked ({:.4} %)",
        grouped(written.hashes),
        grouped(written.bytes),
        written.bytes as f64 / written.hashes as f64,
        grouped(rate.one_in()),
        100.0 / rate.one_in() as f64
    ));
    Ok(Outcome::Done)
}
