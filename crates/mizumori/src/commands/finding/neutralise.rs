//! `mizumori finding neutralise`: acts in the directory on the accounts of findings.

use clap::{Args, ValueEnum};
use mizumori_directory::Action;
use mizumori_monitor::{MonitorError, Neutralising, Order, Rules, Seen, Target, connect, neutralise};
use mizumori_store::{Access, OrganisationId, Reference};

use crate::outcome::{Failure, Outcome};
use crate::store::{Opened, actor, allowed, now};
use crate::tidings;

/// Act in the directory on the account of a finding: its password has to be changed at the next sign-on, it is disabled, or its
/// sessions end
///
/// No leaked password is tried against anything. Whom `never` of rule `neutralise` names is left alone, whether the rule is on or not. What was
/// done is written into the audit log; that the password was changed is seen when the directory is read again.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The finding's reference; may be given several times
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<Reference>,

    /// What to do
    #[arg(long, value_enum, default_value_t = Do::ForceChange)]
    action: Do,

    /// Show whom it would concern, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Act on privileged accounts as well
    #[arg(long)]
    privileged: bool,
}

/// What to do to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Do {
    /// The password has to be changed at the next sign-on
    ForceChange,
    /// Nobody can sign in until an administrator says so
    Disable,
    /// Whoever is signed in is no longer
    EndSessions,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    for reference in &arguments.references {
        if let Err(failure) = one(arguments, opened, reference) {
            tidings::error(&format!("{reference}: {}", failure.in_words()));
            if let Some(hint) = failure.next() {
                tidings::hint(hint);
            }
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

fn one(arguments: &Arguments, opened: &Opened, reference: &Reference) -> Result<(), Failure> {
    let (id, action) = (&arguments.organisation, arguments.action.action());
    let (target, rules) = opened.read(async |session| {
        allowed(session, id, Access::Neutralise).await?;
        let finding = super::finding(session, id, reference).await?;
        let mut tenant = session.tenant(id);
        let target = Target::of(&mut tenant, &finding).await?;
        Ok((target, Rules::of(&tenant.rules().await?).map_err(MonitorError::from)?))
    })?;
    // Whether the rule is on or not: what it never touches nobody touches here.
    let rule = Neutralising { action, privileged: arguments.privileged, ..rules.neutralise };
    target.permit(&rule).map_err(MonitorError::from)?;
    let door = target.door(&rule, &connect)?;
    let whose = target.address().unwrap_or("an account without an address");
    if arguments.dry_run {
        tidings::say(&format!("{reference}: would {} {whose}", arguments.action.in_words()));
        return Ok(());
    }
    let order = Order { organisation: id, reference, action, actor: &actor() };
    let seen = opened.runtime.block_on(neutralise(&opened.store, order, &rule, &door, now))?;
    let seen = match seen {
        Seen::Shown => "",
        Seen::NotYet => "; the directory does not show it yet",
        Seen::Never => "; no directory shows sessions",
    };
    tidings::say(&format!("{reference}: {} {whose}{seen}", arguments.action.done()));
    Ok(())
}

impl Do {
    const fn action(self) -> Action {
        match self {
            Self::ForceChange => Action::ForceChange,
            Self::Disable => Action::Disable,
            Self::EndSessions => Action::EndSessions,
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::ForceChange => "force a change of the password of",
            Self::Disable => "disable",
            Self::EndSessions => "end the sessions of",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::ForceChange => "a change of the password is forced for",
            Self::Disable => "disabled",
            Self::EndSessions => "ended the sessions of",
        }
    }
}
