//! Notices in the hands of who sends them.

use mizumori_core::Timestamp;

use super::{COLUMNS, Channel, Notice, NoticeId, Postponed, Taken, Waiting, read};
use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Session;

impl Session {
    /// Lets everything wait that is to go to one destination, and is due before `until`; what is tried from before `since` on is
    /// left alone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn postpone_all(
        &mut self,
        like: &Notice,
        until: Timestamp,
        since: Timestamp,
        why: Postponed,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        // What is not due yet is not tried by anybody's trying.
        let statement = sqlx::query(
            "UPDATE notice SET due = $4, tried_since = CASE WHEN $7 = 1 AND due <= $6 THEN COALESCE(tried_since, $6) \
             ELSE tried_since END WHERE organisation = $1 AND channel = $2 AND destination = $3 AND state = 'waiting' \
             AND due < $4 AND (tried_since IS NULL OR tried_since > $5) AND (taken_until IS NULL OR taken_until < $6)",
        );
        let statement = statement
            .bind(like.organisation.as_str())
            .bind(like.channel.as_str())
            .bind(&*like.destination)
            .bind(until.0)
            .bind(since.0)
            .bind(now.0)
            .bind(i64::from(why == Postponed::Behind));
        self.run("postpone notices", statement).await
    }

    /// Lets all mails wait to one domain, of all organisations, that nobody has and that are due before `until`: there is no room for
    /// them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn postpone_domain(
        &mut self,
        domain: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let domain = domain.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let statement = sqlx::query(
            "UPDATE notice SET due = $2 WHERE channel = 'mail' AND state = 'waiting' AND due < $2 \
             AND (taken_until IS NULL OR taken_until < $3) AND LOWER(destination) LIKE $1 ESCAPE '\\'",
        );
        let statement = statement.bind(format!("%@{domain}")).bind(until.0).bind(now.0);
        self.run("postpone mails", statement).await
    }

    /// Whether there are notices of a channel that are due and that nobody has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_due(&mut self, channel: Channel, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "SELECT 1 AS n FROM notice WHERE channel = $1 AND state = 'waiting' AND due <= $2 \
             AND (taken_until IS NULL OR taken_until < $2) LIMIT 1",
        );
        let statement = statement.bind(channel.as_str()).bind(now.0);
        Ok(self.one("look for notices", statement).await?.is_some())
    }

    /// Takes at most `most` notices of a channel that are due and that nobody else has, the longest due first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_notices(
        &mut self,
        channel: Channel,
        taken: Taken<'_>,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let skip = self.dialect.choose("", "FOR UPDATE SKIP LOCKED");
        let text = format!(
            "UPDATE notice SET taken_by = $1, taken_until = $2, attempts = attempts + 1, \
             tried_since = COALESCE(tried_since, $3) WHERE id IN (SELECT id FROM notice WHERE state = 'waiting' AND channel = $5 AND due <= $3 AND (taken_until IS NULL OR taken_until < $3) \
             ORDER BY due, id LIMIT $4 {skip}) RETURNING {COLUMNS}"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(taken.by)
            .bind(now.after(taken.length).0)
            .bind(now.0)
            .bind(i64::from(most))
            .bind(channel.as_str());
        let rows = self.all("take notices", statement).await?;
        let mut notices = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        notices.sort_by_key(|notice| (notice.due, notice.id));
        Ok(notices)
    }

    /// Keeps that a notice of `by`'s was accepted. Gives whether it was `by`'s still: else it is another one's matter what becomes of
    /// it, or it was given up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sent(&mut self, id: NoticeId, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE notice SET state = 'sent', done = $3, taken_by = NULL, taken_until = NULL, problem = NULL \
             WHERE id = $1 AND taken_by = $2 AND state = 'waiting'",
        );
        let statement = statement.bind(id.0).bind(by).bind(now.0);
        Ok(self.run("keep that a notice was sent", statement).await? > 0)
    }

    /// Lets a notice of `by`'s wait that nobody has tried to send. Gives whether it was `by`'s still.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn postpone(
        &mut self,
        id: NoticeId,
        by: &str,
        due: Timestamp,
        why: Postponed,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE notice SET due = $2, attempts = attempts - 1, \
             tried_since = CASE WHEN $3 = 0 AND attempts = 1 THEN NULL ELSE tried_since END, \
             taken_by = NULL, taken_until = NULL WHERE id = $1 AND taken_by = $4 AND state = 'waiting'",
        );
        let statement = statement.bind(id.0).bind(due.0).bind(i64::from(why == Postponed::Behind)).bind(by);
        Ok(self.run("postpone a notice", statement).await? > 0)
    }

    /// Keeps why a notice of `by`'s was not accepted, and when it is tried again; never, where there is no such time. Gives whether it
    /// was `by`'s still.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn not_sent(
        &mut self,
        id: NoticeId,
        by: &str,
        problem: &str,
        again: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = match again {
            Some(due) => sqlx::query(
                "UPDATE notice SET due = $2, problem = $3, taken_by = NULL, taken_until = NULL WHERE id = $1 \
                 AND taken_by = $4 AND state = 'waiting'",
            )
            .bind(id.0)
            .bind(due.0)
            .bind(problem),
            None => sqlx::query(
                "UPDATE notice SET state = 'dead', done = $2, problem = $3, taken_by = NULL, taken_until = NULL \
                 WHERE id = $1 AND taken_by = $4 AND state = 'waiting'",
            )
            .bind(id.0)
            .bind(now.0)
            .bind(problem),
        };
        Ok(self.run("keep that a notice was not sent", statement.bind(by)).await? > 0)
    }

    /// What waits to be told, of all organisations.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&mut self) -> Result<Waiting, StoreError> {
        let statement =
            sqlx::query("SELECT COUNT(*) AS n, MIN(created) AS oldest FROM notice WHERE state = 'waiting'");
        let row = self.one("count what waits", statement).await?;
        let row = row.ok_or(StoreError::Damaged { what: "count" })?;
        Ok(Waiting {
            notices: u64::try_from(row.number("n")?).unwrap_or(0),
            oldest: row.maybe_time("oldest")?,
        })
    }
}
