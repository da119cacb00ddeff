//! `mizumori scan`: the records that concern a watch list, or all of them.

mod csv;
mod jsonl;
mod rows;
mod table;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};
use mizumori_core::TagKey;
#[cfg(feature = "guard")]
use mizumori_guard::GuardError;
use mizumori_scan::{Event, HandOver, Look, Matcher, PieceSizes, Proceed, Progress, Scan, Wanted, Witness};

use self::rows::{Printer, Rows};
#[cfg(feature = "guard")]
use crate::guarding::{self, GuardOption, Guarding};
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::{Bar, grouped};
use crate::reveal;
use crate::tidings;

/// Print the records that concern a watch list, or all of them
///
/// A record concerns the list by its account, or by its site: the login of a stealer log for a watched host
/// concerns it whatever the login is. Secrets are shown by kind, length and a mask; in clear only with --reveal.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputOptions,

    /// Print every record, watched or not
    #[arg(long)]
    all: bool,

    /// Print each account (or login) with its secret and URL once
    #[arg(long)]
    unique: bool,

    /// Print secrets in clear, and URLs in full; asks on a terminal, needs --yes elsewhere
    #[arg(long)]
    reveal: bool,

    /// Answer yes to the question that --reveal asks
    #[arg(long, requires = "reveal")]
    yes: bool,

    /// The form of the records [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// End with exit code 1 when there was a record that concerns the watch list
    #[arg(long)]
    fail_on_findings: bool,

    #[cfg(feature = "guard")]
    #[command(flatten)]
    guard: GuardOption,
}

const EXAMPLES: &str = "\
Examples:
  mizumori scan --watch list.toml dumps/
  mizumori scan --watch list.toml --format csv --unique dumps/ > findings.csv
  mizumori scan --all --format jsonl dump.sql.gz | jq -r .account";

/// The form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values, for spreadsheets
    Csv,
    /// Aligned columns, to be read here
    Table,
}

/// Whether secrets are shown in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// They are.
    Revealed,
    /// Kind, length and mask only.
    Masked,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let secrets = if arguments.reveal { allow_revealing(arguments)? } else { Secrets::Masked };
    let prepared = Prepared::new(&arguments.input)?;
    if prepared.watch.is_none() && !arguments.all {
        return Err(Failure::say("nothing is watched").hint("give --watch FILE, or --all for every record"));
    }
    let mut out = Output::open(None)?;
    let format = arguments.format.unwrap_or(if out.is_terminal() { Format::Table } else { Format::Jsonl });
    let printer = match format {
        Format::Jsonl => Printer::Jsonl,
        Format::Csv => Printer::Csv,
        Format::Table => Printer::Table,
    };
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    #[cfg(feature = "guard")]
    let guarding = guard(arguments, &prepared, &progress)?;
    #[cfg(feature = "guard")]
    let witness = guarding.as_ref().map(|guarding| guarding as &dyn Witness);
    #[cfg(not(feature = "guard"))]
    let witness = None;
    let how = How { printer, secrets, witness };
    let scanned = scan(arguments, &prepared, how, &progress, &mut out);
    let scanned = scanned.and_then(|scanned| out.finish().map(|()| scanned));
    #[cfg(feature = "guard")]
    if let Some(guarding) = &guarding {
        return guarded(guarding, arguments, scanned, &progress);
    }
    Ok(scanned?.tell(arguments, &progress))
}

/// Takes the index that is to get the passwords.
#[cfg(feature = "guard")]
fn guard(
    arguments: &Arguments,
    prepared: &Prepared,
    progress: &Arc<Progress>,
) -> Result<Option<Guarding>, Failure> {
    let names = guarding::names(&prepared.dumps, &prepared.sources);
    let memory = prepared.memory.map_or(crate::commands::guard::MEMORY, |size| size.0);
    let guarding = arguments.guard.open(names, memory, progress)?;
    if let Some(guarding) = &guarding {
        guarding.want_all();
    }
    Ok(guarding)
}

/// Ends a scan that has filled an index: with all of it, or with nothing.
#[cfg(feature = "guard")]
fn guarded(
    guarding: &Guarding,
    arguments: &Arguments,
    scanned: Result<Scanned, Failure>,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    // Somebody who closed the pipe has seen enough; the index has not.
    let scanned = scanned.inspect_err(|_| guarding.tell_left())?;
    let is_interrupted = progress.is_stopped() && guarding.is_well();
    match if is_interrupted { Err(GuardError::Interrupted) } else { guarding.keep() } {
        Ok(()) => {
            let outcome = scanned.tell(arguments, progress);
            guarding.tell();
            Ok(outcome)
        }
        Err(GuardError::Interrupted) => {
            scanned.tell(arguments, progress);
            guarding.tell_left();
            Ok(Outcome::Interrupted)
        }
        Err(error) => {
            guarding.tell_left();
            Err(error.into())
        }
    }
}

/// How records are shown, and to whom.
#[derive(Clone, Copy)]
struct How<'h> {
    printer: Printer,
    secrets: Secrets,
    /// Who sees them too.
    witness: Option<&'h dyn Witness>,
}

/// What a scan came to.
struct Scanned {
    unreadable: Vec<(String, String)>,
    printed: u64,
    findings: u64,
}

fn scan(
    arguments: &Arguments,
    prepared: &Prepared,
    how: How<'_>,
    progress: &Arc<Progress>,
    out: &mut Output,
) -> Result<Scanned, Failure> {
    let How { printer, secrets, witness } = how;
    let matcher = prepared.watch.as_ref().map(|watch| Matcher::new(watch, Look::AccountsAndSites));
    let wanted = if arguments.all { Wanted::All } else { Wanted::Watched };
    let scan = Scan {
        reader: &prepared.reader,
        matcher: matcher.as_ref(),
        wanted,
        limits: prepared.records,
        threads: prepared.threads,
        hand_over: HandOver::InOrder,
        // Rows take several times the room of what they were read from: smaller pieces, less that waits.
        pieces: PieceSizes { range: 2 << 20, ..PieceSizes::default() },
    };
    let key = if arguments.unique { Some(TagKey::random().map_err(Failure::new)?) } else { None };
    let (sources, watch) = (&prepared.sources, prepared.watch.as_ref());
    let rows = Rows { printer, secrets, sources, watch, wanted, key, witness };
    let bar = Bar::follow(progress, prepared.dumps.bytes());
    let mut unreadable = prepared.dumps.unreadable.clone();
    let mut writer = rows.writer(out)?;
    let mut failed = None;
    scan.run(&prepared.dumps.scanned(), &rows, progress, |event| match event {
        Event::Batch { batch, lines_before, .. } => match writer.write(batch, lines_before) {
            Ok(()) if witness.is_some_and(|witness| !witness.is_well()) => Proceed::Stop,
            Ok(()) => Proceed::GoOn,
            Err(error) => {
                failed = Some(error);
                Proceed::Stop
            }
        },
        Event::Unreadable { name, why } => {
            if let Some((witness, source)) = witness.zip(sources.of_member(&name)) {
                witness.unreadable(source.index);
            }
            unreadable.push((name.to_string(), why));
            Proceed::GoOn
        }
    })?;
    drop(bar);
    match failed {
        Some(error) => Err(error.into()),
        None => {
            let (printed, findings) = writer.finish()?;
            Ok(Scanned { unreadable, printed, findings })
        }
    }
}

impl Scanned {
    fn tell(&self, arguments: &Arguments, progress: &Progress) -> Outcome {
        input::tell_unreadable(self.unreadable.iter().map(|(file, why)| (file.as_str(), why.as_str())));
        let rejected = progress.rejected.load(Ordering::Relaxed);
        if rejected > 0 {
            tidings::warning(&format!("{} records could not be understood", grouped(rejected)));
        }
        if progress.is_stopped() {
            let lines = grouped(progress.lines.load(Ordering::Relaxed));
            tidings::warning(&format!(
                "interrupted after {lines} lines; {} records were printed",
                grouped(self.printed)
            ));
            return Outcome::Interrupted;
        }
        if !self.unreadable.is_empty() {
            return Outcome::Partly;
        }
        if arguments.fail_on_findings && self.findings > 0 { Outcome::Found } else { Outcome::Done }
    }
}

/// Asks whether secrets may be printed.
fn allow_revealing(arguments: &Arguments) -> Result<Secrets, Failure> {
    let reads_dumps = arguments.input.paths.iter().any(|path| path == std::path::Path::new("-"));
    reveal::allow(arguments.yes, !reads_dumps)?;
    Ok(Secrets::Revealed)
}
