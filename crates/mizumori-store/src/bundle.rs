//! Bundles: which number the next one has, and which came last, so that none is taken twice or after a later one.

use mizumori_core::Timestamp;

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Session;

/// Bundles that are written here.
const OUT: &str = "out";
/// Bundles that come here.
const IN: &str = "in";

/// What a bundle is after those that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is later than all of them.
    New,
    /// It is the last one once more.
    Again,
    /// A later one was taken already, or another of the same number.
    Late {
        /// The number of the last.
        last: u64,
    },
}

impl Session {
    /// The number of the next bundle that a key signs, which is given once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn number_bundle(&mut self, sender: &str, now: Timestamp) -> Result<u64, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO bundle (sender, way, sequence, digest, at) VALUES ($1, $2, 1, '', $3) \
             ON CONFLICT (sender, way) DO UPDATE SET sequence = bundle.sequence + 1, at = excluded.at RETURNING sequence",
        );
        let statement = statement.bind(sender).bind(OUT).bind(now.0);
        let row = self.one("number a bundle", statement).await?;
        let row = row.ok_or(StoreError::Damaged { what: "bundle" })?;
        u64::try_from(row.number("sequence")?).map_err(|_| StoreError::Damaged { what: "bundle" })
    }

    /// What a bundle would be, were it taken now. Nothing is changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look_at_bundle(
        &mut self,
        sender: &str,
        sequence: u64,
        digest: &str,
    ) -> Result<Arrival, StoreError> {
        let last = sqlx::query("SELECT sequence, digest FROM bundle WHERE sender = $1 AND way = $2");
        let Some(row) = self.one("find a bundle", last.bind(sender).bind(IN)).await? else {
            return Ok(Arrival::New);
        };
        let last = u64::try_from(row.number("sequence")?).unwrap_or(0);
        if sequence > last {
            return Ok(Arrival::New);
        }
        let is_same = sequence == last && row.text("digest")? == digest;
        Ok(if is_same { Arrival::Again } else { Arrival::Late { last } })
    }

    /// Keeps that a bundle came, if it is later than those that came before; else nothing is changed.
    ///
    /// # Errors
    /// When the database refuses, or another process takes one of the same key just now.
    pub async fn take_bundle(
        &mut self,
        sender: &str,
        sequence: u64,
        digest: &str,
        now: Timestamp,
    ) -> Result<Arrival, StoreError> {
        let arrival = self.look_at_bundle(sender, sequence, digest).await?;
        if arrival != Arrival::New {
            return Ok(arrival);
        }
        let number =
            i64::try_from(sequence).map_err(|_| StoreError::Damaged { what: "number of a bundle" })?;
        // Of two that come at once one finds the other's.
        let statement = sqlx::query(
            "INSERT INTO bundle (sender, way, sequence, digest, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (sender, way) DO UPDATE SET sequence = excluded.sequence, digest = excluded.digest, at = excluded.at \
             WHERE bundle.sequence < excluded.sequence",
        );
        let statement = statement.bind(sender).bind(IN).bind(number).bind(digest).bind(now.0);
        match self.run("take a bundle", statement).await? {
            0 => Err(StoreError::Changed("the last bundle")),
            _ => Ok(Arrival::New),
        }
    }
}
