//! A look right before something is done: whether what a task was made for is so still, in the store and in the directory itself.

use mizumori_core::Timestamp;
use mizumori_directory::Action;
use mizumori_store::{Access, Finding, Organisation, OrganisationState, Session, Task, TaskEnd};

use crate::error::MonitorError;
use crate::finder::ACTOR;
use crate::neutralise::{Door, Facts, Order, Spared, Target, choose, spare};
use crate::rules::{Neutralising, Rules};

/// How a task ended that an earlier try has done.
pub(super) const BEFORE: &str = "done; it was asked for before";

/// What a look right before says.
pub(super) enum Look {
    /// It is to be done.
    Go(Box<Ready>),
    /// It is not to be done, or not yet.
    End(TaskEnd),
}

/// A task that is about to be done.
pub(super) struct Ready {
    pub(super) finding: Finding,
    pub(super) target: Target,
    rule: Neutralising,
    pub(super) action: Action,
}

/// Looks at what a task was made for: whether that is so still.
pub(super) async fn look(
    session: &mut Session,
    organisation: &Organisation,
    task: &Task,
    now: Timestamp,
) -> Result<Look, MonitorError> {
    let cancelled = |why: String| Ok(Look::End(TaskEnd::Cancelled(why)));
    let Some(action) = Action::parse(&task.is.action) else {
        return cancelled(format!("no action is called `{}`", task.is.action));
    };
    // What is done is done, whatever became of the rule or the finding.
    let holder = session.tenant(&organisation.id).holder(task.is.directory, &task.is.entry).await?;
    if holder.is_some_and(|holder| was_done(task, action, &Facts::from(&holder.is))) {
        return Ok(Look::End(TaskEnd::Done(BEFORE.to_owned())));
    }
    if organisation.state_at(now).0 != OrganisationState::Served {
        return cancelled("the organisation is not served any more".to_owned());
    }
    let edition = session.edition(&organisation.edition).await?;
    if let Err(limit) = edition.may(organisation, Access::Neutralise) {
        return cancelled(limit.to_string());
    }
    let mut tenant = session.tenant(&organisation.id);
    let rule = Rules::of(&tenant.rules().await?)?.neutralise;
    if !rule.enabled {
        return cancelled("the rule is off".to_owned());
    }
    // What somebody let go ahead was looked at, as it stands.
    if task.released.is_none() {
        if rule.dry_run {
            return Ok(Look::End(TaskEnd::Held("the rule is a dry run".to_owned())));
        }
        if rule.action != action {
            return cancelled(format!("the rule says `{}` now", rule.action.as_str()));
        }
    }
    let Some(finding) = tenant.finding_numbered(task.is.finding).await? else {
        return cancelled("the finding is gone".to_owned());
    };
    let holders = tenant.holders_of(finding.is.account).await?;
    let rule = Neutralising { action, ..rule };
    let holder = match choose(&rule, &finding, &holders) {
        Ok(holder) => holder,
        Err(spared) => return cancelled(spared.to_string()),
    };
    if holder.directory != task.is.directory || holder.is.entry != task.is.entry {
        return cancelled("the account is another entry's now".to_owned());
    }
    let directories = tenant.directories().await?;
    let Some(directory) = directories.into_iter().find(|directory| directory.id == holder.directory) else {
        return cancelled("its directory was removed meanwhile".to_owned());
    };
    let target = Target { holder: holder.clone(), directory };
    Ok(Look::Go(Box::new(Ready { finding, target, rule, action })))
}

impl Ready {
    pub(super) fn order<'r>(&'r self, organisation: &'r Organisation) -> Order<'r> {
        Order {
            organisation: &organisation.id,
            reference: &self.finding.reference,
            action: self.action,
            actor: ACTOR,
        }
    }

    /// What is to be done, as its directory has the account now.
    pub(super) async fn at(&self, door: &Door, task: &Task) -> Result<Now, MonitorError> {
        let facts = Facts::from(&door.look().await?);
        if was_done(task, self.action, &facts) {
            return Ok(Now::Before);
        }
        if let Err(spared) = spare(&self.rule, self.action, &self.finding, &facts) {
            return Ok(Now::Spare(spared.to_string()));
        }
        let is_asked = self.action == Action::ForceChange && facts.must_change();
        Ok(if is_asked { Now::Spare(Spared::Asked.to_string()) } else { Now::Act })
    }
}

/// What an account's directory says to an action.
pub(super) enum Now {
    /// It is to be done.
    Act,
    /// It was done at an earlier try.
    Before,
    /// It is not to be done, and why.
    Spare(String),
}

/// Whether an account is as an earlier try of ours, of which nobody has heard, would have left it. What its user has done since is
/// what he was to do.
fn was_done(task: &Task, action: Action, facts: &Facts) -> bool {
    let Some(begun) = task.begun else { return false };
    match action {
        Action::ForceChange => facts.must_change() || facts.changed_from(begun),
        Action::Disable => !facts.is_enabled(),
        // Nobody sees sessions: they are ended again.
        Action::EndSessions => false,
    }
}
