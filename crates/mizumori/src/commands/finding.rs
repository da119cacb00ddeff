//! `mizumori finding`: what was found for organisations, and what became of it.

mod export;
#[cfg(feature = "lake")]
mod import;
mod list;
mod neutralise;
mod show;
mod source;

use clap::{Args, Subcommand};
use mizumori_monitor::{Finder, announce};
use mizumori_store::{Access, Finding, OrganisationId, Reference, Session, State};

use crate::config::Config;
use crate::counted::counted;
use crate::outcome::{Failure, Outcome};
use crate::store::{StoreOptions, actor, allowed, audit, now, organisation};
use crate::tidings;

/// Findings: what was found for organisations, and what became of it
///
/// A finding is an account and a secret of it that stood in a source. `mizumori serve` makes findings of what comes into the lake, tells
/// people, and follows up what became of it.
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
  mizumori finding list suigen --open
  mizumori finding show suigen 7F3K-92QM
  mizumori finding mark suigen 7F3K-92QM false-positive --why 'a test account'
  mizumori finding neutralise suigen 7F3K-92QM --dry-run
  mizumori finding export suigen --format misp --tlp amber
  mizumori finding release suigen
  mizumori finding import suigen list.csv --source jpcert-123 --from JPCERT/CC --reference '#123' --month 2026-10
  mizumori finding source suigen jpcert-123 --origin own --known-since 2026-11-20";

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Mark(Mark),
    Neutralise(neutralise::Arguments),
    Release(Release),
    Export(export::Arguments),
    #[cfg(feature = "lake")]
    Import(Box<import::Arguments>),
    Source(source::Arguments),
}

/// Say what became of a finding
#[derive(Debug, Args)]
struct Mark {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The finding's reference
    #[arg(value_name = "REFERENCE")]
    reference: Reference,

    /// What it is now: confirmed, changed, closed, false-positive, risk-accepted, inactive-account, already-changed, former-holder, or
    /// notified for one that is taken up again
    #[arg(value_name = "STATE", value_parser = state)]
    state: State,

    /// Why: it is kept with the step
    #[arg(long, value_name = "TEXT")]
    why: String,
}

/// Let people be told of what was found before their organisation came
#[derive(Debug, Args)]
struct Release {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Show(arguments) => show::run(arguments, &opened)?,
        Command::Export(arguments) => export::run(arguments, &opened)?,
        Command::Source(arguments) => source::run(arguments, &opened)?,
        #[cfg(feature = "lake")]
        Command::Import(arguments) => return import::run(arguments, &config, &opened),
        Command::Neutralise(arguments) => return neutralise::run(arguments, &opened),
        Command::Mark(mark) => opened.write(async |session| {
            let id = &mark.organisation;
            allowed(session, id, Access::Findings).await?;
            let finding = finding(session, id, &mark.reference).await?;
            let before = finding.is.state;
            let mut tenant = session.tenant(id);
            tenant.step(&finding, mark.state, &actor(), &mark.why, now()).await?;
            announce(&mut tenant, now()).await?;
            let detail = format!("{} → {}: {}", before.as_str(), mark.state.as_str(), mark.why);
            audit(session, Some(id), "finding mark", mark.reference.as_str(), &detail).await
        })?,
        Command::Release(release) => {
            let id = &release.organisation;
            opened.read(async |session| allowed(session, id, Access::Findings).await.map(drop))?;
            let finder = Finder::new(opened.store.clone());
            let found = opened.runtime.block_on(finder.release(id, now(), &actor()))?;
            let (findings, notices) = (counted(found.findings, "finding"), counted(found.notices, "notice"));
            tidings::say(&format!("released {findings}; {notices} to be sent"));
            if found.tasks > 0 {
                tidings::say(&format!("{} to be neutralised", counted(found.tasks, "account")));
                tidings::hint(&format!("`mizumori task list {id}` shows them"));
            }
        }
    }
    Ok(Outcome::Done)
}

/// The finding of a reference.
async fn finding(
    session: &mut Session,
    id: &OrganisationId,
    reference: &Reference,
) -> Result<Finding, Failure> {
    organisation(session, id).await?;
    session.tenant(id).finding(reference).await?.ok_or_else(|| {
        Failure::say(format!("`{id}` has no finding `{reference}`"))
            .hint(format!("`mizumori finding list {id}` shows all"))
    })
}

fn state(word: &str) -> Result<State, String> {
    State::of(word).filter(|state| *state != State::New).ok_or_else(|| {
        let words: Vec<_> =
            State::ALL.iter().filter(|state| **state != State::New).map(|state| state.as_str()).collect();
        format!("write one of {}", words.join(", "))
    })
}

impl From<mizumori_monitor::MonitorError> for Failure {
    fn from(error: mizumori_monitor::MonitorError) -> Self {
        match &error {
            mizumori_monitor::MonitorError::Refused(refusal) => {
                let hint = refusal.hint();
                let failure = Self::new(error);
                match hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            _ => Self::new(error),
        }
    }
}
