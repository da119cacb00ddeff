//! Who did what, in a chain: each entry's hash covers the one before it, so that none can be changed, taken out or put in between
//! without all that follow being wrong.
//!
//! What the end of the chain was has to be kept elsewhere: whoever can write the whole store could write the whole chain anew.

use std::fmt;
use std::str::FromStr;

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::organisation::OrganisationId;
use crate::row::Columns as _;
use crate::session::Session;

/// Entries that are read at a time.
const CHUNK: i64 = 1_000;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit<'a> {
    /// Who did it.
    pub actor: &'a str,
    /// For which organisation.
    pub organisation: Option<&'a OrganisationId>,
    /// What.
    pub action: &'a str,
    /// To what.
    pub subject: &'a str,
    /// More of it, without secrets.
    pub detail: &'a str,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Its number: 1, 2 and so on.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// For which organisation.
    pub organisation: Option<String>,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More of it.
    pub detail: String,
    /// Its hash.
    pub hash: [u8; 32],
}

/// The end of the chain, or any place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// How many entries there are.
    pub seq: i64,
    /// The hash of the last; zeros where there is none.
    pub hash: [u8; 32],
}

/// What checking the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every entry follows from the one before it.
    Sound(AuditHead),
    /// One does not.
    Broken {
        /// Its number.
        seq: i64,
        /// Why not.
        why: Wrong,
    },
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// It was changed, or the one before it was.
    Changed,
    /// It is not what it was when somebody looked before.
    Other,
}

impl Audited {
    /// The place in the chain that it is.
    pub const fn head(&self) -> AuditHead {
        AuditHead { seq: self.seq, hash: self.hash }
    }

    fn hash_after(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous).update(&self.seq.to_le_bytes()).update(&self.at.0.to_le_bytes());
        let organisation = self.organisation.as_deref();
        hasher.update(&[u8::from(organisation.is_some())]);
        for text in [&self.actor, organisation.unwrap_or_default(), &self.action, &self.subject, &self.detail]
        {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

impl AuditHead {
    /// The hash, in hexadecimal digits.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.hash).to_hex().to_string()
    }
}

/// The number and the hash, `17:0f3a…`, as they are kept elsewhere.
impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hex())
    }
}

impl FromStr for AuditHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (seq, hash) = text.split_once(':')?;
            let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
            Some(Self { seq, hash: *blake3::Hash::from_hex(hash).ok()?.as_bytes() })
        };
        read().ok_or_else(|| "write a number, a colon and 64 hexadecimal digits".to_owned())
    }
}

impl Session {
    /// Writes down what was done, at the end of the chain.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn audit(&mut self, new: &NewAudit<'_>, now: Timestamp) -> Result<AuditHead, StoreError> {
        self.alone().await?;
        let head = self.audit_head().await?;
        let mut entry = Audited {
            seq: head.seq + 1,
            at: now,
            actor: new.actor.to_owned(),
            organisation: new.organisation.map(|organisation| organisation.as_str().to_owned()),
            action: new.action.to_owned(),
            subject: new.subject.to_owned(),
            detail: new.detail.to_owned(),
            hash: [0; 32],
        };
        entry.hash = entry.hash_after(&head.hash);
        let statement = sqlx::query(
            "INSERT INTO audit (seq, at, actor, organisation, action, subject, detail, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let statement = statement
            .bind(entry.seq)
            .bind(entry.at.0)
            .bind(&*entry.actor)
            .bind(entry.organisation.as_deref())
            .bind(&*entry.action)
            .bind(&*entry.subject)
            .bind(&*entry.detail)
            .bind(entry.hash.to_vec());
        self.run("write an audit entry", statement).await?;
        Ok(AuditHead { seq: entry.seq, hash: entry.hash })
    }

    /// Waits until nobody else writes into the audit log, and keeps others from it until this session ends: what everybody writes
    /// down cannot change meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn alone(&mut self) -> Result<(), StoreError> {
        // Where only one writes, nothing is to be waited for.
        let lock = self.dialect.choose("SELECT 1", "SELECT 1 FROM pg_advisory_xact_lock(7267482302)");
        self.all("wait for others", sqlx::query(lock)).await.map(|_| ())
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_head(&mut self) -> Result<AuditHead, StoreError> {
        let statement = sqlx::query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
        let row = self.one("find the last audit entry", statement).await?;
        row.map_or(Ok(AuditHead::default()), |row| {
            Ok(AuditHead { seq: row.number("seq")?, hash: hash(&row)? })
        })
    }

    /// At most a thousand entries after a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_after(&mut self, seq: i64) -> Result<Vec<Audited>, StoreError> {
        self.audit_rows_after(seq).await?.iter().map(read).collect()
    }

    async fn audit_rows_after(&mut self, seq: i64) -> Result<Vec<AnyRow>, StoreError> {
        let statement = sqlx::query(
            "SELECT seq, at, actor, organisation, action, subject, detail, hash FROM audit WHERE seq > $1 ORDER BY seq \
             LIMIT $2",
        );
        self.all("list audit entries", statement.bind(seq).bind(CHUNK)).await
    }

    /// Checks the chain from its beginning; with a place that somebody kept elsewhere, also that it still goes through there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify_audit(&mut self, kept: Option<AuditHead>) -> Result<Verified, StoreError> {
        let mut head = AuditHead::default();
        loop {
            let rows = self.audit_rows_after(head.seq).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                // What nobody wrote so is no trouble of the store's, but what is looked for.
                let Ok(entry) = read(row) else {
                    return Ok(Verified::Broken { seq: head.seq + 1, why: Wrong::Changed });
                };
                if entry.seq != head.seq + 1 {
                    return Ok(Verified::Broken { seq: head.seq + 1, why: Wrong::Missing });
                }
                if entry.hash != entry.hash_after(&head.hash) {
                    return Ok(Verified::Broken { seq: entry.seq, why: Wrong::Changed });
                }
                head = entry.head();
                if kept.is_some_and(|kept| kept.seq == head.seq && kept.hash != head.hash) {
                    return Ok(Verified::Broken { seq: head.seq, why: Wrong::Other });
                }
            }
        }
        match kept.filter(|kept| kept.seq > head.seq) {
            Some(_) => Ok(Verified::Broken { seq: head.seq + 1, why: Wrong::Missing }),
            None => Ok(Verified::Sound(head)),
        }
    }
}

fn hash(row: &AnyRow) -> Result<[u8; 32], StoreError> {
    row.bytes("hash")?.try_into().map_err(|_| StoreError::Damaged { what: "hash" })
}

fn read(row: &AnyRow) -> Result<Audited, StoreError> {
    Ok(Audited {
        seq: row.number("seq")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
        organisation: row.maybe_text("organisation")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
        hash: hash(row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_are_written() {
        let head = AuditHead { seq: 17, hash: [0x0f; 32] };
        assert_eq!(head.to_string(), format!("17:{}", "0f".repeat(32)));
        for head in [head, AuditHead::default()] {
            assert_eq!(head.to_string().parse(), Ok(head));
        }
        let hex = "0f".repeat(32);
        for wrong in ["", "17", ":", "17:", &hex, &format!("-1:{hex}"), &format!("17:{hex}0"), "17:zz"] {
            assert!(wrong.parse::<AuditHead>().is_err(), "{wrong}");
        }
    }
}
