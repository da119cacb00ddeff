//! What is due is done to accounts in their directories, as rule `neutralise` says.
//!
//! What was taken is the taker's for a while; if he is gone by then another one does it, unless the directory shows that it was done
//! already. Right before, everything is looked at once more: the rule, the finding, and the account in its directory
//! itself. What cannot be done now waits longer each time, and is given up after a day, which the administrators hear. What waits for
//! groups that are not known is not given up: nothing was tried.

mod fault;
mod letters;
mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_directory::Action;
use mizumori_store::{DirectoryId, Organisation, OrganisationId, Room, Session, Store, Taken, Task, TaskEnd};
use tokio::time::sleep;

use self::fault::{Fault, is_away};
use self::look::{BEFORE, Look, Now, Ready, look, not_known};
use crate::error::MonitorError;
use crate::finder::ACTOR;
use crate::neutralise::{Connect, Order, Seen, connect, outcome};
use crate::rules::Rules;

/// So many are taken at once: what is lost of them when this process ends waits for a while.
const AT_ONCE: u32 = 8;
/// How long what was taken is the taker's: longer than so many take when each waits for an answer in vain.
const TAKEN: Duration = Duration::from_secs(15 * 60);
/// How long before that its results are given up: a statement may wait so long for others.
const LAST: Duration = Duration::from_secs(60);
/// The pause before results are kept again, while others write.
const BREATH: Duration = Duration::from_millis(200);
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

/// Directories that gave no answer in this round, and what they failed of: nobody knocks at the same door again and again.
type Away = BTreeMap<DirectoryId, Fault>;

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
        let (mut away, mut failed, mut over) = (Away::new(), None, BTreeSet::new());
        loop {
            // Nearly always nothing is due: that is seen without keeping others from writing.
            let mut due = self.store.read().await?.organisations_with_tasks(now()).await?;
            due.retain(|organisation| !over.contains(organisation));
            if due.is_empty() {
                return failed.map_or(Ok(done), Err);
            }
            // In turns: whoever has thousands keeps nobody waiting who has one, nor who has one since.
            for organisation in due {
                // What goes wrong with one keeps nobody else's from being done.
                let is_more = match self.some(&organisation, &now, &mut away, &mut done).await {
                    Ok(is_more) => is_more,
                    Err(error) => {
                        failed.get_or_insert(error);
                        false
                    }
                };
                if !is_more {
                    over.insert(organisation);
                }
            }
        }
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
        let began = now();
        let tasks = tenant.take_tasks(taken, room, began, AT_ONCE).await?;
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
            if let Some(end) = self.one(&organisation, task, began.after(TAKEN - LAST), now, away).await? {
                done.count(&end);
            }
        }
        Ok(!tasks.is_empty())
    }

    /// Does a task that is ours until then. Gives how it ended for now; nothing where it is another one's meanwhile.
    async fn one(
        &self,
        organisation: &Organisation,
        task: &Task,
        until: Timestamp,
        now: &impl Fn() -> Timestamp,
        away: &mut Away,
    ) -> Result<Option<TaskEnd>, MonitorError> {
        let mut session = self.store.write().await?;
        // Before anything else: who writes into the audit log is alone, and nobody waits for another in a circle.
        session.alone().await?;
        let ready = match look(&mut session, organisation, task, now()).await? {
            Look::Go(ready) => ready,
            Look::End(end) => {
                let is_ours = self.leave(&mut session, organisation, task, &end, now()).await?;
                session.commit().await?;
                return Ok(is_ours.then_some(end));
            }
        };
        let order = ready.order(organisation);
        let mut tenant = session.tenant(&organisation.id);
        let is_other = ready.finding.id != task.is.finding;
        if is_other && !tenant.repoint_task(task.id, &self.name, ready.finding.id).await? {
            return Ok(None);
        }
        let asked = tenant.ask_task(task.id, &self.name, now()).await?;
        let Some(asked) = asked else { return Ok(None) };
        // However often it is tried, it is asked for once for a finding.
        if task.asked.is_none() || is_other {
            order.audit(&mut session, "asked", now()).await?;
        }
        session.commit().await?;
        let acted = self.act(&ready, task, away).await;
        let first = asked.asked.unwrap_or(asked.created);
        let end = match &acted {
            Ok(Acted::Spared(why)) => TaskEnd::Cancelled(why.clone()),
            Ok(Acted::Unknown) => not_known(task, now()),
            Ok(Acted::Before) => TaskEnd::Done(BEFORE.to_owned()),
            Ok(Acted::Done(Seen::Shown)) => TaskEnd::Done("done; the directory shows it".to_owned()),
            Ok(Acted::Done(Seen::NotYet)) => {
                TaskEnd::Done("done; the directory does not show it yet".to_owned())
            }
            Ok(Acted::Done(Seen::Never)) => TaskEnd::Done("done; no directory shows sessions".to_owned()),
            Err(fault) => fault.end(task, first, now()),
        };
        let seen = acted.as_ref().ok().and_then(Acted::seen);
        // However long others write: what was done is not forgotten as long as nobody else may have taken the task.
        loop {
            match self.keep(&ready, order, task, &end, seen, now()).await {
                Err(error) if error.is_busy() && now() < until => sleep(BREATH).await,
                Err(error) => return Err(error),
                Ok(is_ours) => return Ok(is_ours.then_some(end)),
            }
        }
    }

    /// Keeps how a task ended for now. Gives whether it was ours still.
    async fn keep(
        &self,
        ready: &Ready,
        order: Order<'_>,
        task: &Task,
        end: &TaskEnd,
        seen: Option<Seen>,
        now: Timestamp,
    ) -> Result<bool, MonitorError> {
        let mut session = self.store.write().await?;
        session.alone().await?;
        let mut tenant = session.tenant(order.organisation);
        if !tenant.end_task(task.id, &self.name, end, now).await? {
            // Somebody took it up meanwhile. What was done here stands in the log all the same.
            if let Some(seen) = seen {
                order.audit(&mut session, &outcome(&Ok(seen)), now).await?;
                session.commit().await?;
            }
            return Ok(false);
        }
        if !is_open(end) {
            order.audit(&mut session, &in_the_log(end), now).await?;
        }
        if matches!(end, TaskEnd::Failed(_)) {
            let mut tenant = session.tenant(order.organisation);
            letters::of_failure(&mut tenant, task.id, &ready.finding, now).await?;
        }
        session.commit().await?;
        Ok(true)
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
            && !is_open(end)
            // Who has released it has it asked for anew; what was begun before was asked for all the same.
            && (task.asked.is_some() || task.begun.is_some())
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
            return Err(why.clone());
        }
        let mut failed = |error: &MonitorError, fault: Fault| {
            if is_away(error) {
                away.insert(directory, Fault::from(error));
            }
            fault
        };
        let looked = async {
            let door = ready.target.door(&ready.rule, &*self.connect)?;
            let now = ready.at(&door, task).await?;
            Ok((door, now))
        };
        let (door, now) = looked.await.map_err(|error| failed(&error, Fault::from(&error)))?;
        match now {
            Now::Before => Ok(Acted::Before),
            Now::Spare(why) => Ok(Acted::Spared(why)),
            Now::Wait => Ok(Acted::Unknown),
            Now::Act => {
                let acted = door.act().await;
                acted.map(Acted::Done).map_err(|error| failed(&error, Fault::of_action(&error)))
            }
        }
    }
}

/// What was done to an account.
enum Acted {
    Done(Seen),
    /// Nothing: an earlier try has done it.
    Before,
    /// Nothing, for what its directory says of it now.
    Spared(String),
    /// Nothing, for what its directory does not say of it now.
    Unknown,
}

impl Acted {
    const fn seen(&self) -> Option<Seen> {
        match self {
            Self::Done(seen) => Some(*seen),
            Self::Before | Self::Spared(_) | Self::Unknown => None,
        }
    }
}

impl Neutralised {
    const fn count(&mut self, end: &TaskEnd) {
        match end {
            TaskEnd::Done(_) => self.done += 1,
            TaskEnd::Failed(_) => self.failed += 1,
            TaskEnd::Cancelled(_) => self.cancelled += 1,
            TaskEnd::Held(_) => self.held += 1,
            TaskEnd::Later(..) | TaskEnd::Unsure(..) | TaskEnd::Unknown(..) => self.later += 1,
        }
    }
}

/// Whether a task waits for another try.
const fn is_open(end: &TaskEnd) -> bool {
    matches!(end, TaskEnd::Later(..) | TaskEnd::Unsure(..) | TaskEnd::Unknown(..))
}

/// How a task ended, as the audit log says it.
fn in_the_log(end: &TaskEnd) -> String {
    match end {
        TaskEnd::Done(_) => "done".to_owned(),
        TaskEnd::Failed(why) => format!("failed: {why}"),
        TaskEnd::Cancelled(why) => format!("cancelled: {why}"),
        TaskEnd::Held(why) => format!("held: {why}"),
        TaskEnd::Later(_, why) | TaskEnd::Unsure(_, why) | TaskEnd::Unknown(_, why) => {
            format!("later: {why}")
        }
    }
}
