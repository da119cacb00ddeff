//! `mizumori bundle import`: takes a bundle.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mizumori_bundle::{BundleReader, EntryKind, SenderKey};
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
/// All of it is taken, or nothing. The same once more changes nothing; one that is older than what was taken is refused.
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

/// What came of a bundle.
#[derive(Default)]
struct Taken {
    is_again: bool,
    carried: Carried,
    #[cfg(feature = "guard")]
    hashes: u64,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, store: &StoreOptions, config: &Config) -> Result<Outcome, Failure> {
    let keys = keys_in(&arguments.key)?;
    let name = arguments.file.display();
    let file = File::open(&arguments.file).with_context(|| format!("could not read `{name}`"));
    // Its signature is looked at before anything else is touched.
    let reader = mizumori_bundle::open(BufReader::new(file.map_err(Failure::new)?), &keys, &arguments.from)?;
    let opened = store.open_or_make(config)?;
    let sequence = reader.header().sequence;
    let taken = take(arguments, config, &opened, reader)?;
    if taken.is_again {
        tidings::say(&format!("bundle {sequence} was taken before: nothing is changed"));
        return Ok(Outcome::Done);
    }
    let Carried { organisations, findings, known, settled, left_out, notices } = taken.carried;
    let [findings, known, settled, notices] = [findings, known, settled, notices].map(grouped);
    tidings::say(&format!(
        "bundle {sequence}: {findings} findings are new, {known} were known, {settled} of these settled now; {notices} notices wait to be sent"
    ));
    #[cfg(feature = "guard")]
    if taken.hashes > 0 {
        tidings::say(&format!("{} hashes of leaked passwords", grouped(taken.hashes)));
    }
    if organisations > 0 {
        tidings::hint(&format!(
            "{} organisations are new here: `mizumori org contact add ORG ADDRESS` says who is told",
            grouped(organisations)
        ));
    }
    if left_out > 0 {
        tidings::warning(&format!(
            "{} findings were left out: their organisations may have none now",
            grouped(left_out)
        ));
        return Ok(Outcome::Partly);
    }
    Ok(Outcome::Done)
}

fn take(
    arguments: &Arguments,
    config: &Config,
    opened: &Opened,
    reader: BundleReader<BufReader<File>>,
) -> Result<Taken, Failure> {
    opened.write(async |session| {
        let (sender, sequence) = (arguments.from.id(), reader.header().sequence);
        match session.take_bundle(sender.as_str(), sequence, reader.digest(), now()).await? {
            Arrival::New => {}
            Arrival::Again => return Ok(Taken { is_again: true, ..Taken::default() }),
            Arrival::Late { last } => {
                return Err(Failure::say(format!(
                    "the bundle has number {sequence}, and number {last} of the same sender was taken already"
                ))
                .hint("nothing was changed; ask the sender for a new one"));
            }
        }
        let taken = take_entries(arguments, config, session, reader).await?;
        let Carried { findings, known, settled, .. } = taken.carried;
        let detail = format!(
            "number {sequence} of {sender}: {findings} findings new, {known} known, {settled} settled"
        );
        audit(session, None, "bundle import", &name_of(&arguments.file), &detail).await?;
        Ok(taken)
    })
}

/// Takes what is in it. The session is committed when all of it was what was signed.
async fn take_entries(
    arguments: &Arguments,
    config: &Config,
    session: &mut Session,
    mut reader: BundleReader<BufReader<File>>,
) -> Result<Taken, Failure> {
    let mut taken = Taken::default();
    let sender = arguments.from.id();
    #[cfg(feature = "guard")]
    let mut staged = Staged::beside(arguments.guard.as_deref());
    while let Some(head) = reader.entry()? {
        match head.kind {
            EntryKind::Findings => {
                let (who, occasion) =
                    (format!("bundle {sender}"), format!("bundle.{sender}.{}", reader.header().sequence));
                let mut document = BufReader::new(&mut reader);
                taken.carried = take_carried(session, &mut document, &who, &occasion, now()).await?;
            }
            EntryKind::Guard if arguments.without_guard => {}
            #[cfg(feature = "guard")]
            EntryKind::Guard => staged.keep(&head, &mut reader)?,
            #[cfg(not(feature = "guard"))]
            EntryKind::Guard => {
                return Err(Failure::say(
                    "the bundle holds leaked passwords, for which this mizumori is not built",
                )
                .hint("--without-guard leaves them out; nothing was changed"));
            }
        }
    }
    reader.finish()?;
    // The last that can fail before the store is committed: where that fails, the same bundle may come once more.
    #[cfg(feature = "guard")]
    {
        taken.hashes = staged.import(sender.as_str(), config)?;
    }
    #[cfg(not(feature = "guard"))]
    let _ = config;
    Ok(taken)
}
