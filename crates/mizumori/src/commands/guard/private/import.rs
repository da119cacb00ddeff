//! `mizumori guard private import`: watched accounts with their passwords, out of dumps into a private index.
//!
//! A pair is hashed, slowly, by the worker that parses it, and no further.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Args;
use mizumori_core::SourceIndex;
use mizumori_guard::private::{PairGather, PairSource, PrivateWriter};
use mizumori_guard::{Change, GuardError};
use mizumori_read::MemberName;
use mizumori_scan::{
    Event, HandOver, Look, Match, Matcher, MemberContext, MemberSource, PieceSizes, Proceed, Progress,
    Record, Scan, SecretKind, Sink, Wanted, Workshop,
};

use super::super::{memory, unless_interrupted};
use super::KeysOption;
use crate::config::Config;
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::{Bar, grouped};
use crate::sources::Sources;
use crate::tidings;

/// Add the watched accounts of dumps, with their passwords, to a private index
///
/// Taken is each account of the watch list that stands beside a clear password, and nothing else. Each pair goes through a slow
/// hash: how many a second is told at the start. All of it is in the index in the end, or nothing of it. A source takes the place of
/// what it brought before.
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
    let keys = arguments.keys.file(config)?;
    let mut writer = PrivateWriter::open(&arguments.folder, &keys)?;
    let prepared = Prepared::new(&arguments.input)?;
    let Some(watch) = &prepared.watch else {
        return Err(Failure::say("nothing says which accounts are watched").hint("give --watch FILE"));
    };
    let gather = writer.gather(memory(None, config))?;
    tell_pace(gather.pace()?, prepared.threads);
    let progress = Arc::new(Progress::default());
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
    let pairs = Pairs { gather, sources: &prepared.sources, progress: &progress, state: Mutex::default() };
    let bar = Bar::follow(&progress, prepared.dumps.bytes());
    let mut unreadable = prepared.dumps.unreadable.clone();
    scan.run(&prepared.dumps.scanned(), &Taking(&pairs), &progress, |event| {
        if let Event::Unreadable { name, why } = event {
            unreadable.push((name.to_string(), why));
        }
        if pairs.state().failed.is_none() { Proceed::GoOn } else { Proceed::Stop }
    })?;
    drop(bar);
    input::tell_unreadable(unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str())));
    let done = pairs.keep(&mut writer);
    let Some(done) = unless_interrupted(done, "the private index is as it was")? else {
        return Ok(Outcome::Interrupted);
    };
    let mut out = Output::open(None)?;
    for (source, (change, count)) in done {
        let what = if change == Change::Replaced { "replaced" } else { "added" };
        writeln!(out, "{what:9}  {:>13} pairs  {source}", grouped(count))?;
    }
    out.finish()?;
    Ok(if unreadable.is_empty() { Outcome::Done } else { Outcome::Partly })
}

/// Says how long it will take.
fn tell_pace(pace: Duration, threads: usize) {
    // Cores that share memory are not faster than they are alone.
    let each = pace.as_secs_f64() / threads.max(1) as f64;
    tidings::say(&format!(
        "up to {} pairs a second on {threads} threads; a million take {} at least",
        grouped((1.0 / each.max(1e-9)) as u64),
        rounded(Duration::from_secs_f64(each * 1e6)),
    ));
}

/// Takes the pairs of a scan.
struct Pairs<'p> {
    gather: PairGather,
    sources: &'p Sources,
    progress: &'p Progress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Sources of which something was read.
    seen: BTreeSet<usize>,
    /// Why it cannot go on.
    failed: Option<GuardError>,
}

impl Pairs<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, source: SourceIndex, record: &Record<'_>, matched: Option<&Match>) {
        let Some(account) = record.login.account() else { return };
        let is_wanted = matched.is_some_and(|matched| matched.account.is_some())
            && record.secret.kind() == SecretKind::Clear;
        // A piece may hold so many that nobody would wait for its end.
        if !is_wanted || self.progress.is_stopped() || self.state().failed.is_some() {
            return;
        }
        let number = u32::try_from(source.0).unwrap_or(u32::MAX);
        if let Err(error) = self.gather.add(number, account, record.secret.expose().as_bytes()) {
            self.state().failed.get_or_insert(error);
        }
    }

    /// Makes all of it part of the index. What could not be opened at all leaves what its source brought before.
    fn keep(&self, writer: &mut PrivateWriter) -> mizumori_guard::Result<Vec<(String, (Change, u64))>> {
        let (seen, failed) = {
            let mut state = self.state();
            (std::mem::take(&mut state.seen), state.failed.take())
        };
        let ended = if self.progress.is_stopped() { Some(GuardError::Interrupted) } else { failed };
        if let Some(error) = ended {
            // The failure is what is told; what cannot be deleted now is deleted by whoever writes next.
            let _ = writer.tidy();
            return Err(error);
        }
        let named = |at: usize| {
            let source = self.sources.list.get(at)?.id.to_string();
            Some(PairSource { number: u32::try_from(at).ok()?, source, id: String::new() })
        };
        let sources: Vec<_> = seen.into_iter().filter_map(named).collect();
        let mut go_on = || if self.progress.is_stopped() { Err(GuardError::Interrupted) } else { Ok(()) };
        let done = writer.commit(&self.gather, &sources, &mut go_on)?;
        Ok(sources.into_iter().map(|source| source.source).zip(done).collect())
    }
}

/// Makes the batches of a scan.
struct Taking<'p>(&'p Pairs<'p>);

impl<'p> Workshop for Taking<'p> {
    type Batch = Piece<'p>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        self.0.sources.of_member(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> Piece<'p> {
        let source = member.source.index;
        self.0.state().seen.insert(source.0);
        Piece { pairs: self.0, source }
    }
}

/// The records of a piece; nothing of them is kept here.
struct Piece<'p> {
    pairs: &'p Pairs<'p>,
    source: SourceIndex,
}

impl Sink for Piece<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        self.pairs.add(self.source, record, matched);
    }
}

/// A duration as people say it.
fn rounded(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    match minutes {
        ..=1 => "a minute".to_owned(),
        2..=180 => format!("{minutes} minutes"),
        181..=4_320 => format!("{} hours", minutes.div_ceil(60)),
        _ => format!("{} days", grouped(minutes.div_ceil(1_440))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_say_them() {
        for (seconds, words) in [
            (3, "a minute"),
            (61, "2 minutes"),
            (10_800, "180 minutes"),
            (10_801, "4 hours"),
            (259_201, "4 days"),
        ] {
            assert_eq!(rounded(Duration::from_secs(seconds)), words);
        }
    }
}
