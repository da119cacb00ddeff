//! `mizumori audit`: what was decided and done, and whether anybody has meddled with what was written down of it.

mod export;
mod list;
mod verify;

use std::io::Write as _;

use clap::{Args, Subcommand};
use mizumori_store::{Audited, Session};

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::store::StoreOptions;

/// What was decided and done
///
/// Every change, decision and reveal is an entry of the audit log. Each entry's hash covers the one before it, so that none can be
/// changed, taken out or put in between without all that follow being wrong. That the last ones are missing shows only where somebody
/// has kept a head of the log elsewhere: whoever can write the whole store could write the whole log anew.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreOptions,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mizumori audit list --organisation suigen
  mizumori audit head > /mnt/elsewhere/head
  mizumori audit verify --head \"$(cat /mnt/elsewhere/head)\"";

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Export(export::Arguments),
    Verify(verify::Arguments),
    /// Show the number and the hash of the last entry, to be kept elsewhere
    Head,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let opened = arguments.store.open(&Config::load()?)?;
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Export(arguments) => export::run(arguments, &opened)?,
        Command::Verify(arguments) => return verify::run(arguments, &opened),
        Command::Head => {
            let head = opened.read(async |session| Ok(session.audit_head().await?))?;
            let mut out = Output::open(None)?;
            writeln!(out, "{head}")?;
            out.finish()?;
        }
    }
    Ok(Outcome::Done)
}

/// Hands over every entry after a number, in order; the log may be longer than the memory.
async fn each(
    session: &mut Session,
    mut after: i64,
    mut take: impl FnMut(&Audited) -> Result<(), Failure>,
) -> Result<(), Failure> {
    loop {
        let entries = session.audit_after(after).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.seq;
        entries.iter().try_for_each(&mut take)?;
    }
}

/// An entry as an object.
fn object(entry: &Audited) -> serde_json::Value {
    serde_json::json!({
        "number": entry.seq,
        "at": entry.at.to_string(),
        "milliseconds": entry.at.0,
        "actor": entry.actor,
        "organisation": entry.organisation,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "hash": entry.head().hex(),
    })
}
