//! `mizumori guard export`: hashes as other programs read them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mizumori_guard::{Export, ExportOrder, Prefix, export, export_ranges};
use mizumori_scan::Progress;

use super::{Hash, IndexOption, Shown, memory, unless_interrupted};
use crate::config::Config;
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Bar;
use crate::size::Size;

/// Write the hashes of an index as text, or as range files
///
/// Text is what Pwned Passwords publishes: lines HASH:COUNT, with line feeds, as KeePassXC and Lithnet's password filter read it.
/// There are no clear passwords in an index, and so no list of them, such as Keycloak's black list, can be written.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// Which hashes
    #[arg(long, value_enum, default_value_t = Hash::Sha1)]
    hash: Hash,

    /// The order of the lines
    #[arg(long, value_enum, default_value_t = Order::Hash)]
    order: Order,

    /// A file for each of the 1,048,576 prefixes, in a new folder at --output
    #[arg(long, requires = "output", conflicts_with_all = ["order", "memory"])]
    ranges: bool,

    /// Memory to use for the order by count, roughly [default: 512MiB]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,

    /// The file, or the folder [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard export leaked -o leaked-sha1.txt
  mizumori guard export leaked --hash ntlm --order count | head -1000000 > common.txt
  mizumori guard export leaked --ranges -o ranges";

/// The order of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// By hash
    Hash,
    /// The most frequent first
    Count,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let index = arguments.index.open(config)?;
    let kind = arguments.hash.into();
    if !index.has(kind) {
        return Err(Failure::say(format!("the index has no hash of the kind {kind}"))
            .hint("`mizumori guard status` shows what it has"));
    }
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let shown = Shown(Arc::clone(&progress));
    if arguments.ranges {
        let folder = arguments.output.clone().unwrap_or_default();
        let bar = Bar::follow(&progress, Some(Prefix::COUNT.into()));
        let done = export_ranges(&index, kind, &folder, &mut |prefixes| shown.rows(prefixes, 1));
        drop(bar);
        let done = unless_interrupted(done, "not all files were written")?;
        return Ok(done.map_or(Outcome::Interrupted, |()| Outcome::Done));
    }
    let mut out = Output::open(arguments.output.as_deref())?;
    let width = arguments.hash.width();
    let order = if arguments.order == Order::Hash { ExportOrder::Hash } else { ExportOrder::Count };
    // By count, the index is read several times: nobody knows how often.
    let bytes = (order == ExportOrder::Hash).then(|| index.rows_at_most(kind) * width);
    let bar = (!out.is_terminal()).then(|| Bar::follow(&progress, bytes));
    let mut how = Export {
        index: &index,
        kind,
        memory: memory(arguments.memory, config),
        on: &mut |rows| shown.rows(rows, width),
    };
    let done = export(&mut how, order, &mut out);
    drop(bar);
    match unless_interrupted(done, "not all was written")? {
        Some(()) => {
            out.finish()?;
            Ok(Outcome::Done)
        }
        None => Ok(Outcome::Interrupted),
    }
}
