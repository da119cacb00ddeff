//! What is to be done to accounts in their directories, and what was: tasks, made in the transaction of the finding that they are for.
//!
//! Whoever takes a task has it for a while; if he is gone by then, another one takes it. An account has one open task of an action,
//! however many findings it has. What an action is, and whether it may be done, is the loop's matter.

mod take;

use std::collections::BTreeMap;

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

pub use take::{Room, TaskEnd};

use crate::error::StoreError;
use crate::finding::FindingId;
use crate::holder::DirectoryId;
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::Tenant;

/// A task's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub i64);

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// It is done when it is due.
    Waiting,
    /// It waits for somebody's word.
    Held,
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// It is not to be done any more.
    Cancelled,
}

impl TaskState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Held, Self::Done, Self::Failed, Self::Cancelled];
    /// Those in which something may still be done.
    pub const OPEN: [Self; 2] = [Self::Waiting, Self::Held];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// The finding that it is for.
    pub finding: FindingId,
    /// The account's directory.
    pub directory: DirectoryId,
    /// The account's entry there.
    pub entry: String,
    /// What is to be done: a word of the loop's.
    pub action: String,
    /// Whether it waits for its time or for somebody's word.
    pub state: TaskState,
    /// Not before.
    pub due: Timestamp,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What is to be done; its state and time are the present ones.
    pub is: NewTask,
    /// When it was made.
    pub created: Timestamp,
    /// When somebody let it go ahead.
    pub released: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is asked for, as the audit log says: a new release, or a wait for something else, begins it anew.
    pub asked: Option<Timestamp>,
    /// Since when it may have been done although nobody has heard so.
    pub begun: Option<Timestamp>,
    /// When it was done, failed or was cancelled.
    pub done: Option<Timestamp>,
    /// When the directory was seen to be as it should be after it.
    pub verified: Option<Timestamp>,
    /// More of it, in words.
    pub detail: Option<String>,
}

const COLUMNS: &str = "id, organisation, finding, directory, entry, action, state, created, due, released, attempts, asked, \
                       begun, done, verified, detail";

impl Tenant<'_> {
    /// Adds a task, unless the account has an open one of that action.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_task(&mut self, new: &NewTask, now: Timestamp) -> Result<Option<TaskId>, StoreError> {
        // Only for what is the organisation's own.
        let statement = sqlx::query(
            "INSERT INTO task (organisation, finding, directory, entry, action, state, created, due, attempts) \
             SELECT organisation, id, $3, $4, $5, $6, $7, $8, 0 FROM finding WHERE organisation = $1 AND id = $2 \
             ON CONFLICT DO NOTHING RETURNING id",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(new.finding.0)
            .bind(new.directory.0)
            .bind(&*new.entry)
            .bind(&*new.action)
            .bind(new.state.as_str())
            .bind(now.0)
            .bind(new.due.0);
        let row = self.session.one("keep a task", statement).await?;
        row.map(|row| row.number("id").map(TaskId)).transpose()
    }

    /// The organisation's latest tasks of these states, or of any where none is named, the last first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tasks(&mut self, states: &[TaskState], most: u32) -> Result<Vec<Task>, StoreError> {
        // Words of ours, none of anybody's.
        let words: Vec<_> = states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        let wanted =
            if words.is_empty() { String::new() } else { format!("AND state IN ({})", words.join(", ")) };
        let text =
            format!("SELECT {COLUMNS} FROM task WHERE organisation = $1 {wanted} ORDER BY id DESC LIMIT $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let statement = statement.bind(self.organisation.as_str()).bind(i64::from(most));
        let rows = self.session.all("list tasks", statement).await?;
        rows.iter().map(read).collect()
    }

    /// The task of a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn task(&mut self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM task WHERE organisation = $1 AND id = $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(id.0);
        let row = self.session.one("find a task", statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// Lets a task that is held go ahead, as if it had never been tried. That an earlier try may have done it is not forgotten.
    ///
    /// # Errors
    /// When there is none of that number that is held.
    pub async fn release_task(&mut self, id: TaskId, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE task SET state = 'waiting', released = $3, attempts = 0, asked = NULL WHERE organisation = $1 AND id = $2 \
             AND state = 'held'",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(now.0);
        match self.session.run("release a task", statement).await? {
            0 => Err(StoreError::Missing("task of that number that is held".to_owned())),
            _ => Ok(()),
        }
    }

    /// Lets all tasks that are held go ahead, each as if it had never been tried. Gives how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_tasks(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let statement = sqlx::query(
            "UPDATE task SET state = 'waiting', released = $2, attempts = 0, asked = NULL WHERE organisation = $1 \
             AND state = 'held'",
        );
        self.session.run("release tasks", statement.bind(self.organisation.as_str()).bind(now.0)).await
    }

    /// Has an open task not be done.
    ///
    /// # Errors
    /// When there is none of that number that is open, or it is being done just now.
    pub async fn cancel_task(&mut self, id: TaskId, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE task SET state = 'cancelled', done = $4, detail = $3, counted = NULL, taken_by = NULL, \
             taken_until = NULL WHERE organisation = $1 AND id = $2 AND state IN ('waiting', 'held') \
             AND (taken_until IS NULL OR taken_until < $4)",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(why).bind(now.0);
        if self.session.run("cancel a task", statement).await? > 0 {
            return Ok(());
        }
        match self.task(id).await? {
            Some(task) if TaskState::OPEN.contains(&task.is.state) => Err(StoreError::Taken("task")),
            _ => Err(StoreError::Missing("task of that number that is open".to_owned())),
        }
    }

    /// When each account of the organisation last had an action done to it, by its directory and its entry there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_done(
        &mut self,
        action: &str,
    ) -> Result<BTreeMap<(DirectoryId, String), Timestamp>, StoreError> {
        let statement = sqlx::query(
            "SELECT directory, entry, MAX(done) AS done FROM task WHERE organisation = $1 AND action = $2 \
             AND state = 'done' GROUP BY directory, entry",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(action);
        let rows = self.session.all("look for what was done", statement).await?;
        let last = |row: &AnyRow| {
            let account = (DirectoryId(row.number("directory")?), row.text("entry")?);
            Ok((account, row.time("done")?))
        };
        rows.iter().map(last).collect()
    }

    /// The tasks that were done, and of which no directory has shown yet that they were, the first first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unverified_tasks(&mut self) -> Result<Vec<Task>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM task WHERE organisation = $1 AND state = 'done' AND verified IS NULL ORDER BY id"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str());
        let rows = self.session.all("list tasks", statement).await?;
        rows.iter().map(read).collect()
    }

    /// Keeps what a directory shows of a task that was done; when that is all there is to be seen, since when.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn verify_task(
        &mut self,
        id: TaskId,
        detail: &str,
        verified: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE task SET detail = $3, verified = $4 WHERE organisation = $1 AND id = $2 AND state = 'done'",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(id.0).bind(detail).bind(verified.map(|at| at.0));
        self.session.run("verify a task", statement).await.map(|_| ())
    }
}

fn read(row: &AnyRow) -> Result<Task, StoreError> {
    let state = row.word("state", |word| TaskState::ALL.into_iter().find(|state| state.as_str() == word))?;
    Ok(Task {
        id: TaskId(row.number("id")?),
        organisation: of_column(row)?,
        is: NewTask {
            finding: FindingId(row.number("finding")?),
            directory: DirectoryId(row.number("directory")?),
            entry: row.text("entry")?,
            action: row.text("action")?,
            state,
            due: row.time("due")?,
        },
        created: row.time("created")?,
        released: row.maybe_time("released")?,
        attempts: u32::try_from(row.number("attempts")?).unwrap_or(u32::MAX),
        asked: row.maybe_time("asked")?,
        begun: row.maybe_time("begun")?,
        done: row.maybe_time("done")?,
        verified: row.maybe_time("verified")?,
        detail: row.maybe_text("detail")?,
    })
}
