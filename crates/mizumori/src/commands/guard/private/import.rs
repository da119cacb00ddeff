//! `mizumori guard private import`: watched accounts with their passwords, out of dumps into a private index.
//!
//! A pair is hashed, slowly, by the worker that parses it, and no further.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use mizumori_guard::Change;
use mizumori_read::MemberName;
use mizumori_scan::{
    Event, HandOver, Look, Matcher, MemberContext, MemberSource, PieceSizes, Proceed, Progress, Scan, Wanted,
    Witness, Workshop,
};

use super::super::{memory, unless_interrupted};
use super::KeysOption;
use crate::config::Config;
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::pairs::{Pairing, Piece, PrivatePlace};
use crate::progress::{Bar, grouped};
use crate::sources::Sources;

/// Add the watched accounts of dumps, with their passwords, to a private index
///
/// Taken is each account of the watch list that stands beside a clear password, and nothing else. Each pair goes through a slow
/// hash: how many a second is told at the start. All of it is in the index in the end, or nothing of it. A source takes the place of
/// what it brought before; the same pairs once more change nothing.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    #[command(flatten)]
    input: InputOptions,

    #[command(flatten)]
    keys: KeysOption,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard private import private --private-keys private.keys --watch list.toml dumps/";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let place = PrivatePlace { folder: arguments.folder.clone(), keys: arguments.keys.file(config)? };
    let prepared = Prepared::new(&arguments.input)?;
    let Some(watch) = &prepared.watch else {
        return Err(Failure::say("nothing says which accounts are watched").hint("give --watch FILE"));
    };
    place.tell_pace(prepared.threads)?;
    let progress = Arc::new(Progress::default());
    let names = prepared.sources.list.iter().map(|source| source.id.to_string()).collect();
    let pairing = place.open(names, memory(None, config), &progress)?;
    pairing.want_all();
    interrupt::stops(&progress);
    let matcher = Matcher::new(watch, Look::AccountsAndSites);
    let scan = Scan {
        reader: &prepared.reader,
        matcher: Some(&matcher),
        wanted: Wanted::Watched,
        limits: prepared.records,
        threads: prepared.threads,
        hand_over: HandOver::AsItComes,
        pieces: PieceSizes::default(),
    };
    let taking = Taking { pairing: &pairing, sources: &prepared.sources };
    let bar = Bar::follow(&progress, prepared.dumps.bytes());
    let mut unreadable = prepared.dumps.unreadable.clone();
    scan.run(&prepared.dumps.scanned(), &taking, &progress, |event| {
        if let Event::Unreadable { name, why } = event {
            if let Some(source) = prepared.sources.of_member(&name) {
                pairing.unreadable(source.index);
            }
            unreadable.push((name.to_string(), why));
        }
        if pairing.is_well() { Proceed::GoOn } else { Proceed::Stop }
    })?;
    drop(bar);
    input::tell_unreadable(unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str())));
    if unless_interrupted(pairing.commit(), "the private index is as it was")?.is_none() {
        return Ok(Outcome::Interrupted);
    }
    let mut out = Output::open(None)?;
    for (source, change, count) in pairing.done() {
        let what = match change {
            Change::Added => "added",
            Change::Replaced => "replaced",
            Change::AsBefore => "as before",
        };
        writeln!(out, "{what:9}  {:>13} pairs  {source}", grouped(count))?;
    }
    out.finish()?;
    Ok(if unreadable.is_empty() { Outcome::Done } else { Outcome::Partly })
}

/// Makes the batches of a scan.
struct Taking<'p> {
    pairing: &'p Pairing,
    sources: &'p Sources,
}

impl<'p> Workshop for Taking<'p> {
    type Batch = Piece<'p>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        self.sources.of_member(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> Piece<'p> {
        self.pairing.piece(member.source.index)
    }
}
