//! What is due is done to accounts in their directories, as rule `neutralise` says.
//!
//! What was taken is the taker's for a while; if he is gone by then another one does it, and what was done already is done again,
//! which changes nothing. Right before, everything is looked at once more: the rule, the finding, and the account in its directory
//! itself. What cannot be done now waits longer each time, and is given up after a day, which the administrators hear.

mod letters;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_directory::{Action, DirectoryError};
use mizumori_store::{
    Access, DirectoryId, Finding, Organisation, OrganisationId, OrganisationState, Room, Session, Store,
    Taken, Task, TaskEnd,
};

use crate::error::{MonitorError, in_words};
use crate::finder::ACTOR;
use crate::neutralise::{Connect, Door, Facts, Order, Seen, Spared, Target, choose, connect, outcome, spare};
use crate::rules::{Neutralising, Rules};
use crate::sender::pause_after;

/// So many are taken at once: what is lost of them when this process ends waits for a while.
const AT_ONCE: u32 = 8;
/// How long what was taken is the taker's: longer than so many take when each waits for an answer in vain.
const TAKEN: Duration = Duration::from_secs(15 * 60);
/// How long something is tried.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neutralised {
    /// Accounts that were acted upon.
    pub done: u64,
    /// Tasks that are not to be done any more.
    pub cancelled: u64,
    /// Tasks that wait for somebody's word.
    pub held: u64,
    /// Tasks that wait again.
    pub later: u64,
    /// Tasks that were given up.
    pub failed: u64,
    /// Tasks for which the day has no room.
    pub postponed: u64,
}

/// Does what is due. Several may do so at once.
#[derive(Clone)]
pub struct Neutraliser {
    store: Store,
    name: String,
    connect: Arc<Connect>,
}

/// What a look right before says.
enum Look {
    /// It is to be done.
    Go(Box<Ready>),
    /// It is not to be done, or not yet.
    End(TaskEnd),
}

/// A task that is about to be done.
struct Ready {
    finding: Finding,
    target: Target,
    rule: Neutralising,
    action: Action,
}

/// Directories that gave no answer in this round, and what they failed of: nobody knocks at the same door again and again.
type Away = BTreeMap<DirectoryId, String>;

impl Neutraliser {
    /// One that is called `name`, which no other one is.
    pub fn new(store: Store, name: String) -> Self {
        Self::through(store, name, Arc::new(connect))
    }

    /// One that reaches directories in another way than the store says.
    pub fn through(store: Store, name: String, connect: Arc<Connect>) -> Self {
        Self { store, name, connect }
    }

    /// Does what is due, until nothing is.
    ///
    /// # Errors
    /// When the store does not answer. What directories do not do is none.
    pub async fn neutralise(&self, now: impl Fn() -> Timestamp) -> Result<Neutralised, MonitorError> {
        let mut done = Neutralised::default();
        // Nearly always nothing is due: that is seen without keeping others from writing.
        let due = self.store.read().await?.organisations_with_tasks(now()).await?;
        let (mut away, mut failed) = (Away::new(), None);
        for organisation in due {
            // What goes wrong with one keeps nobody else's from being done.
            while match self.some(&organisation, &now, &mut away, &mut done).await {
                Ok(is_more) => is_more,
                Err(error) => {
                    failed.get_or_insert(error);
                    false
                }
            } {}
        }
        failed.map_or(Ok(done), Err)
    }

    /// Does some of an organisation's tasks. Gives whether there were any.
    async fn some(
        &self,
        id: &OrganisationId,
        now: &impl Fn() -> Timestamp,
        away: &mut Away,
        done: &mut Neutralised,
    ) -> Result<bool, MonitorError> {
        let mut session = self.store.write().await?;
        let Some(organisation) = session.organisation(id).await? else { return Ok(false) };
        let taken = Taken { by: &self.name, length: TAKEN };
        let mut tenant = session.tenant(id);
        let rule = Rules::of(&tenant.rules().await?)?.neutralise;
        let since = Timestamp(now().0.div_euclid(DAY) * DAY);
        let room = Room { since, most: rule.most_a_day };
        let tasks = tenant.take_tasks(taken, room, now(), AT_ONCE).await?;
        if tasks.is_empty() {
            let tomorrow = Timestamp(since.0.saturating_add(DAY));
            let waiting = tenant.postpone_tasks(room, tomorrow, now()).await?;
            if !waiting.is_empty() {
                done.postponed += waiting.len() as u64;
                letters::of_waiting(&mut tenant, tomorrow, now()).await?;
            }
        }
        session.commit().await?;
        for task in &tasks {
            if let Some(end) = self.one(&organisation, task, now, away).await? {
                done.count(&end);
            }
        }
        Ok(!tasks.is_empty())
    }

    /// Does a task. Gives how it ended for now; nothing where it is another one's meanwhile.
    async fn one(
        &self,
        organisation: &Organisation,
        task: &Task,
        now: &impl Fn() -> Timestamp,
        away: &mut Away,
    ) -> Result<Option<TaskEnd>, MonitorError> {
        let mut session = self.store.write().await?;
        let ready = match look(&mut session, organisation, task, now()).await? {
            Look::Go(ready) => ready,
            Look::End(end) => {
                let is_ours = self.leave(&mut session, organisation, task, &end, now()).await?;
                session.commit().await?;
                return Ok(is_ours.then_some(end));
            }
        };
        let order = ready.order(organisation);
        let asked = session.tenant(&organisation.id).ask_task(task.id, &self.name, now()).await?;
        let Some(asked) = asked else { return Ok(None) };
        // However often it is tried, it is asked for once.
        if task.asked.is_none() {
            order.audit(&mut session, "asked", now()).await?;
        }
        session.commit().await?;
        let acted = self.act(&ready, task, away).await;
        let first = asked.asked.unwrap_or(asked.created);
        let end = match &acted {
            Ok(Acted::Spared(why)) => TaskEnd::Cancelled(why.clone()),
            Ok(Acted::Done(Seen::Shown)) => TaskEnd::Done("done; the directory shows it".to_owned()),
            Ok(Acted::Done(Seen::NotYet)) => {
                TaskEnd::Done("done; the directory does not show it yet".to_owned())
            }
            Ok(Acted::Done(Seen::Never)) => TaskEnd::Done("done; no directory shows sessions".to_owned()),
            Err(fault) => fault.end(task.attempts, first, now()),
        };
        let mut session = self.store.write().await?;
        if !session.tenant(&organisation.id).end_task(task.id, &self.name, &end, now()).await? {
            // Somebody took it up meanwhile. What was done here stands in the log all the same.
            if let Ok(Acted::Done(seen)) = acted {
                order.audit(&mut session, &outcome(&Ok(seen)), now()).await?;
                session.commit().await?;
            }
            return Ok(None);
        }
        if !matches!(end, TaskEnd::Later(..)) {
            order.audit(&mut session, &in_the_log(&end), now()).await?;
        }
        if matches!(end, TaskEnd::Failed(_)) {
            let mut tenant = session.tenant(&organisation.id);
            letters::of_failure(&mut tenant, task.id, &ready.finding, now()).await?;
        }
        session.commit().await?;
        Ok(Some(end))
    }

    /// Ends a task that is not to be done. What was asked for at an earlier try does not stay so in the audit log.
    async fn leave(
        &self,
        session: &mut Session,
        organisation: &Organisation,
        task: &Task,
        end: &TaskEnd,
        now: Timestamp,
    ) -> Result<bool, MonitorError> {
        let mut tenant = session.tenant(&organisation.id);
        let is_ours = tenant.end_task(task.id, &self.name, end, now).await?;
        let finding = tenant.finding_numbered(task.is.finding).await?;
        if let (Some(finding), Some(action)) = (finding, Action::parse(&task.is.action))
            && is_ours
            && task.asked.is_some()
        {
            let (organisation, reference) = (&organisation.id, &finding.reference);
            let order = Order { organisation, reference, action, actor: ACTOR };
            order.audit(session, &in_the_log(end), now).await?;
        }
        Ok(is_ours)
    }

    /// Looks at the account in its directory, and acts on it.
    async fn act(&self, ready: &Ready, task: &Task, away: &mut Away) -> Result<Acted, Fault> {
        let directory = ready.target.directory.id;
        if let Some(why) = away.get(&directory) {
            return Err(Fault { words: why.clone(), after: None, is_final: false });
        }
        let acted = async {
            let door = ready.target.door(ready.action, &ready.rule.groups_named(), &*self.connect)?;
            match ready.spared(&door, task).await? {
                Some(why) => Ok(Acted::Spared(why)),
                None => door.act().await.map(Acted::Done),
            }
        };
        acted.await.map_err(|error| {
            if is_away(&error) {
                away.insert(directory, in_words(&error));
            }
            Fault::from(error)
        })
    }
}

/// What was done to an account.
enum Acted {
    Done(Seen),
    /// Nothing, for what its directory says of it now.
    Spared(String),
}

/// Why it was not done.
struct Fault {
    words: String,
    /// When to come again at the earliest, where somebody said so.
    after: Option<Duration>,
    /// Whether trying again is of no use.
    is_final: bool,
}

impl From<MonitorError> for Fault {
    fn from(error: MonitorError) -> Self {
        let after = match &error {
            MonitorError::Directory(error) => error.try_again().flatten(),
            _ => None,
        };
        Self { words: in_words(&error), after, is_final: matches!(error, MonitorError::Refused(_)) }
    }
}

impl Fault {
    /// What becomes of a task that was tried so often, first at that time.
    fn end(&self, attempts: u32, first: Timestamp, now: Timestamp) -> TaskEnd {
        let due = now.after(self.after.unwrap_or_default().max(pause_after(attempts)));
        match !self.is_final && due < first.after(PATIENCE) {
            true => TaskEnd::Later(due, self.words.clone()),
            false => TaskEnd::Failed(self.words.clone()),
        }
    }
}

impl Ready {
    fn order<'r>(&'r self, organisation: &'r Organisation) -> Order<'r> {
        Order {
            organisation: &organisation.id,
            reference: &self.finding.reference,
            action: self.action,
            actor: ACTOR,
        }
    }

    /// Why the account is spared, as its directory has it now.
    async fn spared(&self, door: &Door, task: &Task) -> Result<Option<String>, MonitorError> {
        let facts = Facts::from(&door.look().await?);
        if let Err(spared) = spare(&self.rule, self.action, &self.finding, &facts) {
            return Ok(Some(spared.to_string()));
        }
        // At another try it may have been us who asked for it.
        let is_asked = self.action == Action::ForceChange && facts.must_change() && task.attempts <= 1;
        Ok(is_asked.then(|| Spared::Asked.to_string()))
    }
}

impl Neutralised {
    const fn count(&mut self, end: &TaskEnd) {
        match end {
            TaskEnd::Done(_) => self.done += 1,
            TaskEnd::Failed(_) => self.failed += 1,
            TaskEnd::Cancelled(_) => self.cancelled += 1,
            TaskEnd::Held(_) => self.held += 1,
            TaskEnd::Later(..) => self.later += 1,
        }
    }
}

/// Looks at what a task was made for: whether that is so still.
async fn look(
    session: &mut Session,
    organisation: &Organisation,
    task: &Task,
    now: Timestamp,
) -> Result<Look, MonitorError> {
    let cancelled = |why: String| Ok(Look::End(TaskEnd::Cancelled(why)));
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
    let Some(action) = Action::parse(&task.is.action) else {
        return cancelled(format!("no action is called `{}`", task.is.action));
    };
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
        // At another try it may have been us who asked for it.
        Err(Spared::Asked) if task.attempts > 1 => match &holders[..] {
            [holder] => holder,
            _ => return cancelled(Spared::Several.to_string()),
        },
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

/// How a task ended, as the audit log says it.
fn in_the_log(end: &TaskEnd) -> String {
    match end {
        TaskEnd::Done(_) => "done".to_owned(),
        TaskEnd::Failed(why) => format!("failed: {why}"),
        TaskEnd::Cancelled(why) => format!("cancelled: {why}"),
        TaskEnd::Held(why) => format!("held: {why}"),
        TaskEnd::Later(_, why) => format!("later: {why}"),
    }
}

/// Whether a directory gives no answer to anybody.
fn is_away(error: &MonitorError) -> bool {
    let MonitorError::Directory(error) = error else { return false };
    error.try_again().is_some()
        || matches!(error, DirectoryError::Certificate { .. } | DirectoryError::Credentials { .. })
}
