//! `mizumori bundle import`: takes a bundle.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mizumori_bundle::{BundleError, BundleReader, EntryKind, Keys, SenderKey};
use mizumori_monitor::{Carried, take_carried};
use mizumori_store::{Arrival, Session};

#[cfg(feature = "guard")]
use super::guard::Staged;
use super::{keys_in, name_of};
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::store::{Opened, StoreOptions, audit, now};
use crate::tidings;

/// Take a bundle: its findings into the store, and its leaked passwords into an index
///
/// All of its findings are taken, or nothing, and then leaked passwords. The same once more changes nothing of what was taken; one that is
/// older than that is refused.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file of the keys that it is for
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// Who has to have signed it: what `bundle keys` shows there as `from`
    #[arg(long, value_name = "KEY")]
    from: SenderKey,

    /// The index that leaked passwords go into; what the same sender's index brought before is replaced
    #[cfg(feature = "guard")]
    #[arg(long, value_name = "INDEX")]
    guard: Option<PathBuf>,

    /// Leave leaked passwords out
    #[arg(long)]
    without_guard: bool,
}

/// A bundle that is open, whose signature holds.
type Reader = BundleReader<BufReader<File>>;

/// Runs the command.
///
/// All of a bundle is read and looked at before the store is written to, and nothing else is done while it is. Indexes come last: what
/// fails of them can be done again with the same bundle.
pub(super) fn run(arguments: &Arguments, store: &StoreOptions, config: &Config) -> Result<Outcome, Failure> {
    let keys = keys_in(&arguments.key)?;
    // Its signature is looked at before anything else is touched.
    let reader = open(arguments, &keys)?;
    let opened = store.open_or_make(config)?;
    let (sequence, digest) = (reader.header().sequence, reader.digest().to_owned());
    let is_again = opened.read(async |session| arrives(arguments, session, &reader).await)?;
    if is_again && !takes_passwords(arguments) {
        tidings::say(&format!("bundle {sequence} was taken before: nothing is changed"));
        return Ok(Outcome::Done);
    }
    #[cfg(feature = "guard")]
    let staged = stage(arguments, reader)?;
    #[cfg(not(feature = "guard"))]
    look(arguments, reader)?;
    let carried = if is_again { None } else { take(arguments, &opened, open(arguments, &keys)?, &digest)? };
    let outcome = match &carried {
        Some(carried) => told(sequence, carried),
        None => {
            tidings::say(&format!("bundle {sequence} was taken before: nothing of its findings is changed"));
            Outcome::Done
        }
    };
    #[cfg(feature = "guard")]
    match staged.import(arguments.from.id().as_str(), config) {
        Ok(0) => {}
        Ok(hashes) => tidings::say(&format!("{} hashes of leaked passwords", grouped(hashes))),
        Err(failure) => {
            tidings::warning(&format!("the leaked passwords could not be taken: {}", failure.in_words()));
            tidings::hint("the findings were; give the same bundle once more for the rest");
            return Ok(Outcome::Partly);
        }
    }
    Ok(outcome)
}

/// Whether leaked passwords are wanted. They can be taken once more: they take the place of what they are.
#[cfg(feature = "guard")]
const fn takes_passwords(arguments: &Arguments) -> bool {
    arguments.guard.is_some() && !arguments.without_guard
}

#[cfg(not(feature = "guard"))]
const fn takes_passwords(_: &Arguments) -> bool {
    false
}

fn open(arguments: &Arguments, keys: &Keys) -> Result<Reader, Failure> {
    let name = arguments.file.display();
    let file = File::open(&arguments.file).with_context(|| format!("could not read `{name}`"));
    Ok(mizumori_bundle::open(BufReader::new(file.map_err(Failure::new)?), keys, &arguments.from)?)
}

/// Whether the bundle was taken before. One behind a later one is refused.
async fn arrives(arguments: &Arguments, session: &mut Session, reader: &Reader) -> Result<bool, Failure> {
    let (sender, sequence) = (arguments.from.id(), reader.header().sequence);
    let arrival = session.look_at_bundle(sender.as_str(), sequence, reader.digest()).await?;
    is_again(&arrival, sequence)
}

fn is_again(arrival: &Arrival, sequence: u64) -> Result<bool, Failure> {
    match arrival {
        Arrival::New => Ok(false),
        Arrival::Again => Ok(true),
        Arrival::Late { last } => Err(Failure::say(format!(
            "the bundle has number {sequence}, and number {last} of the same sender was taken already"
        ))
        .hint("nothing was changed; ask the sender for a new one")),
    }
}

/// Reads all of it, and keeps its indexes where they can be looked at.
#[cfg(feature = "guard")]
fn stage(arguments: &Arguments, mut reader: Reader) -> Result<Staged<'_>, Failure> {
    let mut staged = Staged::beside(arguments.guard.as_deref());
    while let Some(head) = reader.entry()? {
        if head.kind == EntryKind::Guard && !arguments.without_guard {
            staged.keep(&head, &mut reader)?;
        }
    }
    reader.finish()?;
    staged.verify()?;
    Ok(staged)
}

/// Reads all of it.
#[cfg(not(feature = "guard"))]
fn look(arguments: &Arguments, mut reader: Reader) -> Result<(), Failure> {
    while let Some(head) = reader.entry()? {
        if head.kind == EntryKind::Guard && !arguments.without_guard {
            return Err(Failure::say(
                "the bundle holds leaked passwords, for which this mizumori is not built",
            )
            .hint("--without-guard leaves them out; nothing was changed"));
        }
    }
    Ok(reader.finish()?)
}

/// Takes its findings. The session is committed when all of it was what was signed. Nothing, where another process was quicker.
fn take(
    arguments: &Arguments,
    opened: &Opened,
    mut reader: Reader,
    digest: &str,
) -> Result<Option<Carried>, Failure> {
    if reader.digest() != digest {
        return Err(BundleError::Moved.into());
    }
    opened.write(async |session| {
        let (sender, sequence) = (arguments.from.id(), reader.header().sequence);
        let arrival = session.take_bundle(sender.as_str(), sequence, reader.digest(), now()).await?;
        if is_again(&arrival, sequence)? {
            return Ok(None);
        }
        let (who, occasion) = (format!("bundle {sender}"), format!("bundle.{sender}.{sequence}"));
        let mut carried = Carried::default();
        while let Some(head) = reader.entry()? {
            if head.kind == EntryKind::Findings {
                let mut document = BufReader::new(&mut reader);
                carried = take_carried(session, &mut document, &who, &occasion, now()).await?;
            }
        }
        reader.finish()?;
        let Carried { findings, known, settled, .. } = carried;
        let detail = format!(
            "number {sequence} of {sender}: {findings} findings new, {known} known, {settled} settled"
        );
        audit(session, None, "bundle import", &name_of(&arguments.file), &detail).await?;
        Ok(Some(carried))
    })
}

/// Says what came of its findings.
fn told(sequence: u64, carried: &Carried) -> Outcome {
    let Carried { organisations, findings, known, settled, left_out, notices } = *carried;
    let [findings, known, settled, notices] = [findings, known, settled, notices].map(grouped);
    tidings::say(&format!(
        "bundle {sequence}: {findings} findings are new, {known} were known, {settled} of these settled now; {notices} notices wait to be sent"
    ));
    if organisations > 0 {
        tidings::hint(&format!(
            "{} organisations are new here: `mizumori org contact add ORG ADDRESS` says who is told",
            grouped(organisations)
        ));
    }
    if left_out == 0 {
        return Outcome::Done;
    }
    tidings::warning(&format!(
        "{} findings were left out: their organisations may have none now",
        grouped(left_out)
    ));
    Outcome::Partly
}
