//! Tasks in the hands of who does them: one at a time, and so many a day.

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

use super::{COLUMNS, Task, TaskId, read};
use crate::error::StoreError;
use crate::finding::FindingId;
use crate::notice::Taken;
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::{Session, Tenant};

/// How many tasks of an organisation may be done in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// When the day began.
    pub since: Timestamp,
    /// So many.
    pub most: u32,
}

/// How a task that somebody has taken ends for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// It was done.
    Done(String),
    /// It could not be done, and why.
    Failed(String),
    /// It is not to be done, and why.
    Cancelled(String),
    /// It waits for somebody's word, and why.
    Held(String),
    /// It is tried again then; why it could not be done yet.
    Later(Timestamp, String),
    /// The same, where it may have been done nonetheless.
    Unsure(Timestamp, String),
    /// Something is not known without which it is not to be tried: it is looked at again then; what is not known. How long it is
    /// tried is counted from now on.
    Unknown(Timestamp, String),
}

impl Tenant<'_> {
    /// Takes at most `most` tasks that are due and that nobody else has, the longest due first, as far as the day has room for them. What
    /// has its place in the day keeps it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_tasks(
        &mut self,
        taken: Taken<'_>,
        room: Room,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Task>, StoreError> {
        self.wait_for_others().await?;
        let again = self.take("counted >= $5", taken, room, now, most).await?;
        let left = self.left(room).await?;
        let most = most.saturating_sub(u32::try_from(again.len()).unwrap_or(u32::MAX)).min(left);
        let fresh = self.take("(counted IS NULL OR counted < $5)", taken, room, now, most).await?;
        let mut tasks = again;
        tasks.extend(fresh);
        Ok(tasks)
    }

    /// Of two that count what the day has room for, one waits for the other; where only one writes, nothing is to be waited for.
    async fn wait_for_others(&mut self) -> Result<(), StoreError> {
        let lock = self.session.dialect.choose(
            "SELECT id FROM organisation WHERE id = $1",
            "SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE",
        );
        let lock = sqlx::query(lock).bind(self.organisation.as_str());
        self.session.one("wait for others", lock).await.map(|_| ())
    }

    /// For how many more the day has room.
    async fn left(&mut self, room: Room) -> Result<u32, StoreError> {
        let counted = sqlx::query("SELECT COUNT(*) AS n FROM task WHERE organisation = $1 AND counted >= $2");
        let counted = counted.bind(self.organisation.as_str()).bind(room.since.0);
        let row = self.session.one("count tasks", counted).await?;
        let counted = row.ok_or(StoreError::Damaged { what: "count" })?.number("n")?;
        Ok(room.most.saturating_sub(u32::try_from(counted).unwrap_or(u32::MAX)))
    }

    async fn take(
        &mut self,
        which: &'static str,
        taken: Taken<'_>,
        room: Room,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Task>, StoreError> {
        let text = format!(
            "UPDATE task SET taken_by = $2, taken_until = $3, attempts = attempts + 1, \
             counted = CASE WHEN counted >= $5 THEN counted ELSE $4 END WHERE id IN (SELECT id FROM task \
             WHERE organisation = $1 AND state = 'waiting' AND due <= $4 AND (taken_until IS NULL OR taken_until < $4) \
             AND {which} ORDER BY due, id LIMIT $6) RETURNING {COLUMNS}"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(taken.by)
            .bind(now.after(taken.length).0)
            .bind(now.0)
            .bind(room.since.0)
            .bind(i64::from(most));
        let mut tasks = self.read_tasks("take tasks", statement).await?;
        tasks.sort_by_key(|task| (task.is.due, task.id));
        Ok(tasks)
    }

    /// Has all tasks that are due and that nobody has wait until then, where the day has no room for them. Gives them; none as long as
    /// somebody has taken others, which may give their places back.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn postpone_tasks(
        &mut self,
        room: Room,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Task>, StoreError> {
        self.wait_for_others().await?;
        if self.left(room).await? > 0 || self.is_any_taken(now).await? {
            return Ok(Vec::new());
        }
        let text = format!(
            "UPDATE task SET due = $2 WHERE organisation = $1 AND state = 'waiting' AND due <= $3 \
             AND (taken_until IS NULL OR taken_until < $3) RETURNING {COLUMNS}"
        );
        let statement =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(until.0).bind(now.0);
        let mut tasks = self.read_tasks("postpone tasks", statement).await?;
        tasks.sort_by_key(|task| task.id);
        Ok(tasks)
    }

    async fn is_any_taken(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT 1 AS n FROM task WHERE organisation = $1 AND state = 'waiting' AND taken_until >= $2 LIMIT 1",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(now.0);
        Ok(self.session.one("look for tasks that are taken", statement).await?.is_some())
    }

    /// Has a task of `by`'s be for another finding of the organisation. Gives whether it was `by`'s still.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn repoint_task(
        &mut self,
        id: TaskId,
        by: &str,
        finding: FindingId,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE task SET finding = $4 WHERE organisation = $1 AND id = $2 AND taken_by = $3 AND state = 'waiting' \
             AND EXISTS (SELECT 1 FROM finding WHERE id = $4 AND organisation = $1)",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(by).bind(finding.0);
        Ok(self.session.run("have a task be for another finding", statement).await? > 0)
    }

    /// Keeps that a task is about to be done, and when it first was. Nothing where it is `by`'s no more, or its time is up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ask_task(
        &mut self,
        id: TaskId,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Task>, StoreError> {
        let text = format!(
            "UPDATE task SET asked = COALESCE(asked, $4), begun = COALESCE(begun, $4) WHERE organisation = $1 AND id = $2 AND taken_by = $3 \
             AND taken_until > $4 AND state = 'waiting' RETURNING {COLUMNS}"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(id.0)
            .bind(by)
            .bind(now.0);
        Ok(self.read_tasks("ask for a task", statement).await?.pop())
    }

    /// Keeps how a task of `by`'s ended for now. What was not done leaves its place in the day to others. Gives whether it was
    /// `by`'s still.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_task(
        &mut self,
        id: TaskId,
        by: &str,
        end: &TaskEnd,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (state, due, detail) = match end {
            TaskEnd::Done(detail) => ("done", None, detail),
            TaskEnd::Failed(detail) => ("failed", None, detail),
            TaskEnd::Cancelled(detail) => ("cancelled", None, detail),
            TaskEnd::Held(detail) => ("held", None, detail),
            TaskEnd::Later(due, detail) | TaskEnd::Unsure(due, detail) | TaskEnd::Unknown(due, detail) => {
                ("waiting", Some(due.0), detail)
            }
        };
        let is_unknown = matches!(end, TaskEnd::Unknown(..));
        let is_sure = is_unknown || matches!(end, TaskEnd::Later(..));
        let statement = sqlx::query(
            "UPDATE task SET state = $4, due = COALESCE($5, due), detail = $6, \
             done = CASE WHEN $4 IN ('waiting', 'held') THEN NULL ELSE $7 END, \
             counted = CASE WHEN $4 IN ('waiting', 'done') AND $9 = 0 THEN counted END, \
             begun = CASE WHEN $8 = 0 THEN begun END, \
             asked = CASE WHEN $9 = 0 OR asked IS NULL THEN asked ELSE $7 END, \
             taken_by = NULL, taken_until = NULL WHERE organisation = $1 AND id = $2 AND taken_by = $3 AND state = 'waiting'",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(id.0)
            .bind(by)
            .bind(state)
            .bind(due)
            .bind(&**detail)
            .bind(now.0)
            .bind(i64::from(is_sure))
            .bind(i64::from(is_unknown));
        Ok(self.session.run("end a task", statement).await? > 0)
    }

    async fn read_tasks(
        &mut self,
        what: &'static str,
        statement: crate::session::Statement<'_>,
    ) -> Result<Vec<Task>, StoreError> {
        self.session.all(what, statement).await?.iter().map(read).collect()
    }
}

impl Session {
    /// The organisations that have tasks that are due and that nobody has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisations_with_tasks(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<OrganisationId>, StoreError> {
        let statement = sqlx::query(
            "SELECT DISTINCT organisation FROM task WHERE state = 'waiting' AND due <= $1 \
             AND (taken_until IS NULL OR taken_until < $1) ORDER BY organisation",
        );
        let rows: Vec<AnyRow> = self.all("look for tasks", statement.bind(now.0)).await?;
        rows.iter().map(of_column).collect()
    }
}
