//! `mizumori task`: what rule `neutralise` has done to accounts, and what waits to be. Nothing here asks a directory to do anything.

mod list;
mod preview;

use clap::{ArgGroup, Args, Subcommand};
use mizumori_monitor::{Rules, connect, make_tasks};
use mizumori_store::{Access, OrganisationId, Session, TaskId};

use crate::config::Config;
use crate::counted::counted;
use crate::outcome::{Failure, Outcome};
use crate::store::{StoreOptions, allowed, audit, now, organisation};
use crate::tidings;

/// What is to be done to accounts by itself, and what was
///
/// A task is made with a finding where rule `neutralise` says so. It is held while the rule is a dry run; else `mizumori serve` does it
/// when it is due. However many findings an account has, it is acted upon once.
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
  mizumori task preview suigen
  mizumori task make suigen
  mizumori task list suigen --state held --accounts
  mizumori task release suigen 17 18
  mizumori task cancel suigen 19 --why 'the service desk does it'";

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Preview(preview::Arguments),
    /// Make tasks of the findings that are open: those that `task preview` shows, and no others
    ///
    /// They are held while the rule is a dry run, as all tasks are.
    Make {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
    },
    Release(Release),
    /// Have tasks not be done
    Cancel {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The tasks' numbers, as `task list` shows them
        #[arg(value_name = "NUMBER", required = true)]
        numbers: Vec<i64>,
        /// Why: it is kept with the task
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

/// Let tasks that are held go ahead: all that are named, or none
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true)))]
struct Release {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The tasks' numbers, as `task list` shows them
    #[arg(value_name = "NUMBER", group = "which")]
    numbers: Vec<i64>,

    /// All that are held
    #[arg(long, group = "which")]
    all: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let opened = arguments.store.open(&Config::load()?)?;
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Preview(arguments) => preview::run(arguments, &opened)?,
        Command::Make { organisation: id } => {
            let made = opened.write(async |session| {
                switched_on(session, id).await?;
                let made = make_tasks(&mut session.tenant(id), &connect, now()).await?;
                audit(session, Some(id), "task make", id.as_str(), &format!("{made} tasks")).await?;
                Ok(made)
            })?;
            tidings::say(&format!("made {}", counted(made, "task")));
        }
        Command::Release(release) => {
            let released = opened.write(async |session| release.run(session).await)?;
            tidings::say(&format!("released {}", counted(released, "task")));
        }
        Command::Cancel { organisation: id, numbers, why } => {
            opened.write(async |session| {
                organisation(session, id).await?;
                for number in numbers {
                    let cancelled = session.tenant(id).cancel_task(TaskId(*number), why, now()).await;
                    cancelled.map_err(|error| of_number(error, id, *number))?;
                    audit(session, Some(id), "task cancel", &number.to_string(), why).await?;
                }
                Ok(())
            })?;
            tidings::say(&format!("cancelled {}", counted(numbers.len() as u64, "task")));
        }
    }
    Ok(Outcome::Done)
}

impl Release {
    async fn run(&self, session: &mut Session) -> Result<u64, Failure> {
        let id = &self.organisation;
        switched_on(session, id).await?;
        if self.all {
            let released = session.tenant(id).release_tasks(now()).await?;
            audit(session, Some(id), "task release", "all", &format!("{released} tasks")).await?;
            return Ok(released);
        }
        for number in &self.numbers {
            let released = session.tenant(id).release_task(TaskId(*number), now()).await;
            released.map_err(|error| of_number(error, id, *number))?;
            audit(session, Some(id), "task release", &number.to_string(), "").await?;
        }
        Ok(self.numbers.len() as u64)
    }
}

/// Whether the organisation has accounts neutralised: else nothing would be done, and nobody is to wait for it.
async fn switched_on(session: &mut Session, id: &OrganisationId) -> Result<(), Failure> {
    allowed(session, id, Access::Neutralise).await?;
    let rules = Rules::of(&session.tenant(id).rules().await?).map_err(Failure::new)?;
    if rules.neutralise.enabled {
        return Ok(());
    }
    Err(Failure::say(format!("rule `neutralise` of `{id}` is off: nothing would be done"))
        .hint(format!("`mizumori rule set {id} neutralise enabled=true` turns it on")))
}

fn of_number(error: mizumori_store::StoreError, id: &OrganisationId, number: i64) -> Failure {
    let failure = Failure::say(format!("{number}: {}", Failure::from(error).in_words()));
    failure.hint(format!("nothing was changed; `mizumori task list {id}` shows all"))
}
