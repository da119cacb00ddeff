//! A look right before something is done: whether what a task was made for is so still, in the store and in the directory itself.

use mizumori_core::Timestamp;
use mizumori_directory::Action;
use mizumori_store::{
    Access, Finding, FindingId, Holder, Organisation, OrganisationState, Session, StoreError, Task, TaskEnd,
    Tenant,
};

use crate::error::MonitorError;
use crate::finder::ACTOR;
use crate::neutralise::{Door, Facts, Order, Spared, Target, Unable, choose, spare};
use crate::rules::{Neutralising, Rules};
use crate::sender::pause_after;

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
    /// What it is for: what the task was made for, else another finding of the account.
    pub(super) finding: Finding,
    /// The others of the account that the rule would have it done for.
    others: Vec<Finding>,
    pub(super) target: Target,
    pub(super) rule: Neutralising,
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
    if holder.as_ref().is_some_and(|holder| was_done(task, action, &Facts::from(&holder.is))) {
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
    let directories = tenant.directories().await?;
    let unable = Unable::of(&directories, action);
    let is_same = |is: &Holder| holder.as_ref().is_some_and(|holder| holder.id == is.id);
    let (why, is_unknown) = match choose(&rule, &unable, &finding, &holders) {
        Ok(chosen) if is_same(chosen) => (None, false),
        Ok(_) => (Some("the account is another entry's now".to_owned()), false),
        Err(spared) => (Some(spared.to_string()), spared == Spared::GroupsUnknown),
    };
    let mut others = match &holder {
        Some(holder) => others(&mut tenant, &rule, &unable, holder, finding.id).await?,
        None => Others::default(),
    };
    // The account had one task for all of its findings: what is over for one of them may not be for another.
    let finding = match why {
        None => finding,
        Some(_) if !others.meant.is_empty() => others.meant.remove(0),
        Some(_) if is_unknown || others.are_unknown => return Ok(Look::End(not_known(task, now))),
        Some(why) => return cancelled(why),
    };
    let Some(holder) = holder else { return cancelled(Spared::Unknown.to_string()) };
    let Some(directory) = directories.into_iter().find(|directory| directory.id == holder.directory) else {
        return cancelled("its directory was removed meanwhile".to_owned());
    };
    let target = Target { holder, directory };
    Ok(Look::Go(Box::new(Ready { finding, others: others.meant, target, rule, action })))
}

/// How a task ends for now whose account may be in groups of which nobody knows who is in them. They may be known when the directory was
/// read again: nothing is given up for a moment in which they are not.
pub(super) fn not_known(task: &Task, now: Timestamp) -> TaskEnd {
    let (due, words) = (now.after(pause_after(task.attempts)), Spared::GroupsUnknown.to_string());
    match task.begun {
        None => TaskEnd::Unknown(due, words),
        // What an earlier try may have done is not undone by that.
        Some(_) => TaskEnd::Unsure(due, words),
    }
}

/// The other findings of an entry.
#[derive(Default)]
struct Others {
    /// Those for which the rule would have something done.
    meant: Vec<Finding>,
    /// Whether there are some for which it may, as the account's groups are not known.
    are_unknown: bool,
}

/// The findings of an entry, by whichever of its addresses, all but one.
async fn others(
    tenant: &mut Tenant<'_>,
    rule: &Neutralising,
    unable: &Unable,
    holder: &Holder,
    but: FindingId,
) -> Result<Others, StoreError> {
    let mut others = Others::default();
    for address in &holder.is.addresses {
        let holders = tenant.holders_of(address.account).await?;
        for finding in tenant.findings_of(address.account).await? {
            if finding.id == but || finding.is.same_as.is_some() {
                continue;
            }
            match choose(rule, unable, &finding, &holders).map(|chosen| chosen.id == holder.id) {
                Ok(true) => others.meant.push(finding),
                Err(Spared::GroupsUnknown) => others.are_unknown = true,
                Ok(false) | Err(_) => {}
            }
        }
    }
    Ok(others)
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
        let facts = door.look().await?;
        if was_done(task, self.action, &facts) {
            return Ok(Now::Before);
        }
        let spared = |finding| spare(&self.rule, self.action, finding, &facts);
        if let Err(why) = spared(&self.finding)
            && !self.others.iter().any(|other| spared(other).is_ok())
        {
            return Ok(if why == Spared::GroupsUnknown { Now::Wait } else { Now::Spare(why.to_string()) });
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
    /// It is not to be done as long as the account's groups are not known.
    Wait,
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
