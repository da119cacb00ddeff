//! What waits to be told, and what was: an outbox, filled in the transaction of what it tells of.
//!
//! Whoever takes a notice has it for a while. If he is gone by then, another one takes it: then somebody may be told twice, with
//! the same message id; never not at all.

mod take;

use std::time::Duration;

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

use crate::account::ASKED_AT_ONCE;
use crate::error::StoreError;
use crate::finding::FindingId;
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::Tenant;

/// A notice's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(pub i64);

/// How something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A mail.
    Mail,
    /// A webhook.
    Webhook,
    /// A line of a log.
    Syslog,
    /// A message in a chat.
    Chat,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mail, Self::Webhook, Self::Syslog, Self::Chat];

    /// The channel of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Syslog => "syslog",
            Self::Chat => "chat",
        }
    }
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeState {
    /// It has not been told yet.
    Waiting,
    /// It was accepted.
    Sent,
    /// It was refused for good, or tried too often.
    Dead,
}

impl NoticeState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Dead];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }
}

/// Something that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// How.
    pub channel: Channel,
    /// To whom: an address, the name of a webhook.
    pub destination: String,
    /// What tells it apart for good, wherever it arrives: a message id.
    pub message: String,
    /// What is told: a document without secrets.
    pub body: String,
    /// Not before.
    pub due: Timestamp,
    /// The findings that it tells of.
    pub findings: Vec<FindingId>,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// How it is told.
    pub channel: Channel,
    /// To whom.
    pub destination: String,
    /// Its message id.
    pub message: String,
    /// What is told.
    pub body: String,
    /// What became of it.
    pub state: NoticeState,
    /// When it was made.
    pub created: Timestamp,
    /// When it is tried next.
    pub due: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it, or in its place another one for its destination, was first tried since it last became ready.
    pub tried_since: Option<Timestamp>,
    /// When it was accepted or given up.
    pub done: Option<Timestamp>,
    /// Why it was not accepted last.
    pub problem: Option<String>,
}

/// Who takes notices, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'t> {
    /// The process.
    pub by: &'t str,
    /// Until others may have them.
    pub length: Duration,
}

/// Why a notice waits that nobody has tried to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Postponed {
    /// There is no room for it yet.
    NoRoom,
    /// Another one for its destination was not accepted: it counts as tried.
    Behind,
}

/// What waits, of all organisations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Notices that were not told yet.
    pub notices: u64,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
}

const COLUMNS: &str = "id, organisation, channel, destination, message, body, state, created, due, attempts, tried_since, done, problem";

impl Tenant<'_> {
    /// Adds what is to be told. A second one of a message id is dropped: it is told already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell(&mut self, new: &NewNotice, now: Timestamp) -> Result<Option<NoticeId>, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO notice (organisation, channel, destination, message, body, state, created, due, attempts) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, 0) ON CONFLICT (message) DO NOTHING RETURNING id",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(new.channel.as_str())
            .bind(&*new.destination)
            .bind(&*new.message)
            .bind(&*new.body)
            .bind(now.0)
            .bind(new.due.0);
        let Some(row) = self.session.one("keep a notice", statement).await? else { return Ok(None) };
        let id = NoticeId(row.number("id")?);
        self.concern(id, &new.findings).await?;
        Ok(Some(id))
    }

    /// Keeps which findings a notice tells of.
    async fn concern(&mut self, notice: NoticeId, findings: &[FindingId]) -> Result<(), StoreError> {
        // The digest of a first import tells of a hundred thousand.
        for some in findings.chunks(ASKED_AT_ONCE) {
            let values: Vec<_> = some.iter().map(|finding| format!("({})", finding.0)).collect();
            // Only what is the organisation's own.
            let text = format!(
                "WITH asked (number) AS (VALUES {}) INSERT INTO notice_finding (notice, finding) SELECT $1, id \
                 FROM asked CROSS JOIN finding WHERE id = number AND organisation = $2 ON CONFLICT DO NOTHING",
                values.join(", ")
            );
            let statement = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(some.len() == 1);
            let statement = statement.bind(notice.0).bind(self.organisation.as_str());
            self.session.run("keep a notice", statement).await?;
        }
        Ok(())
    }

    /// The notice of a message id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notice_called(&mut self, message: &str) -> Result<Option<Notice>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM notice WHERE organisation = $1 AND message = $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let statement = statement.bind(self.organisation.as_str()).bind(message);
        let row = self.session.one("find a notice", statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// Gives a notice up that waits and that nobody has: what it says is not so any more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn withdraw(&mut self, id: NoticeId, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE notice SET state = 'dead', done = $4, problem = $3, taken_by = NULL, taken_until = NULL \
             WHERE organisation = $1 AND id = $2 AND state = 'waiting' AND (taken_until IS NULL OR taken_until < $4)",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(why).bind(now.0);
        self.session.run("withdraw a notice", statement).await.map(|_| ())
    }

    /// The organisation's latest notices of a state, or of any, the last first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notices(
        &mut self,
        state: Option<NoticeState>,
        most: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM notice WHERE organisation = $1 AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT $3"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(state.map_or("", NoticeState::as_str))
            .bind(i64::from(most));
        let rows = self.session.all("list notices", statement).await?;
        rows.iter().map(read).collect()
    }

    /// The notices that told of a finding, the first first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notices_of(&mut self, finding: FindingId) -> Result<Vec<Notice>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM notice WHERE organisation = $1 AND id IN (SELECT notice FROM notice_finding \
             WHERE finding = $2) ORDER BY id"
        );
        let statement =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(finding.0);
        let rows = self.session.all("list a finding's notices", statement).await?;
        rows.iter().map(read).collect()
    }

    /// Tries a notice that was given up once more.
    ///
    /// # Errors
    /// When there is none of that number that was given up.
    pub async fn revive(&mut self, id: NoticeId, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE notice SET state = 'waiting', due = $3, attempts = 0, tried_since = NULL, done = NULL, taken_by = NULL, taken_until = NULL \
             WHERE organisation = $1 AND id = $2 AND state = 'dead'",
        );
        match self
            .session
            .run("revive a notice", statement.bind(self.organisation.as_str()).bind(id.0).bind(now.0))
            .await?
        {
            0 => Err(StoreError::Missing("notice of that number that was given up".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Tenant<'_> {
    /// Tells once more what was accepted already, under the same message id. Mails are not: nobody wants the same letter again.
    ///
    /// # Errors
    /// When there is none of that number that was sent to a system.
    pub async fn replay(&mut self, id: NoticeId, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE notice SET state = 'waiting', due = $3, attempts = 0, tried_since = NULL, done = NULL, taken_by = NULL, taken_until = NULL \
             WHERE organisation = $1 AND id = $2 AND state = 'sent' AND channel <> 'mail'",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(now.0);
        match self.session.run("replay a notice", statement).await? {
            0 => Err(StoreError::Missing("notice of that number that was sent to a channel".to_owned())),
            _ => Ok(()),
        }
    }

    /// The notice of a message id, while nobody has tried to send it and its time has not come: it may still grow.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn growing(&mut self, message: &str, now: Timestamp) -> Result<Option<Notice>, StoreError> {
        // Nobody takes it until this transaction is over.
        let lock = self.session.dialect.choose("", "FOR UPDATE");
        let text = format!(
            "SELECT {COLUMNS} FROM notice WHERE organisation = $1 AND message = $2 AND state = 'waiting' AND attempts = 0 \
             AND due > $3 {lock}"
        );
        let statement =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(message).bind(now.0);
        let row = self.session.one("find a notice", statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// Has a notice say more, of more findings.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn grow(&mut self, id: NoticeId, body: &str, findings: &[FindingId]) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE notice SET body = $3 WHERE organisation = $1 AND id = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(id.0).bind(body);
        self.session.run("add to a notice", statement).await?;
        self.concern(id, findings).await
    }
}

fn read(row: &AnyRow) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: NoticeId(row.number("id")?),
        organisation: of_column(row)?,
        channel: row.word("channel", Channel::of)?,
        destination: row.text("destination")?,
        message: row.text("message")?,
        body: row.text("body")?,
        state: row.word("state", |word| NoticeState::ALL.into_iter().find(|state| state.as_str() == word))?,
        created: row.time("created")?,
        due: row.time("due")?,
        attempts: u32::try_from(row.number("attempts")?).unwrap_or(u32::MAX),
        tried_since: row.maybe_time("tried_since")?,
        done: row.maybe_time("done")?,
        problem: row.maybe_text("problem")?,
    })
}
