//! Work that one process does at a time: whoever holds its lease, until it ends.

use std::time::Duration;

use mizumori_core::Timestamp;

use crate::error::StoreError;
use crate::session::Session;

impl Session {
    /// Takes a lease that nobody holds, or holds on to it. Gives whether it is `holder`'s now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hold(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        length: Duration,
    ) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $4) ON CONFLICT (name) DO UPDATE \
             SET holder = excluded.holder, until = excluded.until WHERE lease.holder = excluded.holder OR lease.until < $3",
        );
        let statement = statement.bind(name).bind(holder).bind(now.0).bind(now.after(length).0);
        Ok(self.run("hold a lease", statement).await? > 0)
    }

    /// Gives a lease back before it ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn let_go(&mut self, name: &str, holder: &str) -> Result<(), StoreError> {
        let statement =
            sqlx::query("DELETE FROM lease WHERE name = $1 AND holder = $2").bind(name).bind(holder);
        self.run("let a lease go", statement).await.map(|_| ())
    }
}
