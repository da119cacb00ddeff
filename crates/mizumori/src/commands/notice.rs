//! `mizumori notice`: what is told, and what waits to be. Nothing here sends anything.

mod list;

use std::io::Write as _;

use clap::{Args, Subcommand};
use mizumori_store::{NoticeId, OrganisationId};
use serde_json::json;

use crate::columns;
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;
use crate::store::{StoreOptions, audit, now, organisation};
use crate::tidings;

/// What is told, and what waits to be
///
/// A notice waits until its receiver's server has accepted it. One that was refused for good, or tried too often, is dead: it is
/// told to nobody before somebody has it tried again.
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
  mizumori notice waiting
  mizumori notice list suigen --state dead
  mizumori notice retry suigen 17
  mizumori notice replay suigen 18";

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    /// Have a notice that is dead be tried again
    Retry {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The notice's number, as `notice list` shows it
        #[arg(value_name = "NUMBER")]
        number: i64,
    },
    /// Send once more what a channel has got already, under the same message id
    Replay {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The notice's number, as `notice list` shows it
        #[arg(value_name = "NUMBER")]
        number: i64,
    },
    /// Show how many notices wait, of all organisations, and since when the oldest of them
    Waiting {
        /// As one object
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let opened = arguments.store.open(&Config::load()?)?;
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Retry { organisation: id, number } => {
            opened.write(async |session| {
                organisation(session, id).await?;
                let revived = session.tenant(id).revive(NoticeId(*number), now()).await;
                revived.map_err(|error| {
                    let hint = format!("`mizumori notice list {id} --state dead` shows those that were");
                    Failure::from(error).hint(hint)
                })?;
                audit(session, Some(id), "notice retry", &number.to_string(), "").await
            })?;
            tidings::say(&format!("notice {number} waits to be told"));
        }
        Command::Replay { organisation: id, number } => {
            opened.write(async |session| {
                organisation(session, id).await?;
                let replayed = session.tenant(id).replay(NoticeId(*number), now()).await;
                replayed.map_err(|error| {
                    let hint = format!("`mizumori notice list {id} --state sent` shows those that were; mails are not sent again");
                    Failure::from(error).hint(hint)
                })?;
                audit(session, Some(id), "notice replay", &number.to_string(), "").await
            })?;
            tidings::say(&format!("notice {number} waits to be told again"));
        }
        Command::Waiting { json } => {
            let waiting = opened.read(async |session| Ok(session.waiting().await?))?;
            let oldest = waiting.oldest.map(|oldest| oldest.to_string());
            let mut out = Output::open(None)?;
            if *json {
                let object = json!({"schema": 1, "waiting": waiting.notices, "oldest": oldest});
                writeln!(out, "{object}")?;
            } else {
                let mut rows = vec![["waiting".to_owned(), grouped(waiting.notices)]];
                rows.extend(oldest.map(|oldest| ["the oldest since".to_owned(), oldest]));
                columns::write(&mut out, &rows)?;
            }
            out.finish()?;
        }
    }
    Ok(Outcome::Done)
}
