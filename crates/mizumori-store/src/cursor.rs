//! Up to which version of a lake exposures have become findings.

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Session;

impl Session {
    /// The last version of a lake that was seen; none of a lake that never was. In a session that writes nobody else moves it
    /// before this one ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cursor(&mut self, lake: &str) -> Result<Option<u64>, StoreError> {
        let row = self
            .one("find its cursor", sqlx::query("SELECT version FROM cursor WHERE lake = $1").bind(lake))
            .await?;
        let version = row.map(|row| row.number("version")).transpose()?;
        Ok(version.and_then(|version| u64::try_from(version).ok()))
    }

    /// Moves it from `seen` to `version`, in the transaction of the findings between.
    ///
    /// # Errors
    /// When another process has moved it: then its findings are there, and ours must not be.
    pub async fn move_cursor(
        &mut self,
        lake: &str,
        seen: Option<u64>,
        version: u64,
    ) -> Result<(), StoreError> {
        let number = |version: u64| i64::try_from(version).unwrap_or(i64::MAX);
        let statement = match seen {
            None => sqlx::query("INSERT INTO cursor (lake, version) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(lake)
                .bind(number(version)),
            Some(seen) => sqlx::query("UPDATE cursor SET version = $2 WHERE lake = $1 AND version = $3")
                .bind(lake)
                .bind(number(version))
                .bind(number(seen)),
        };
        match self.run("move its cursor", statement).await? {
            0 => Err(StoreError::Changed("the cursor")),
            _ => Ok(()),
        }
    }
}
