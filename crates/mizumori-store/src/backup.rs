//! A backup of the whole store while others work: a text of lines, the same for both databases, so that a store can also move from
//! one to the other.
//!
//! The first line says what it is and which schema it has; then comes every row of every table, as JSON; the last line counts them
//! and holds a BLAKE3 hash of all before it, so that a backup that ends early is none. There are people in it: whoever keeps it
//! keeps it as the store is kept.

use std::io::{BufRead, Write};

use futures::TryStreamExt as _;
use serde_json::{Map, Value, json};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AssertSqlSafe, Column as _, Row as _, ValueRef as _};

use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::schema::LATEST;
use crate::session::Session;
use crate::store::Store;

/// The tables, each after those that it refers to, with what their rows are sorted by, and whether the database numbers them.
const TABLES: &[(&str, &str, Numbered)] = &[
    ("organisation", "id", Numbered::No),
    ("edition", "name", Numbered::No),
    ("domain", "organisation, name", Numbered::No),
    ("domain_code", "organisation, domain", Numbered::No),
    ("domain_left", "organisation, name", Numbered::No),
    ("contact", "organisation, address", Numbered::No),
    ("rule", "organisation, name", Numbered::No),
    ("directory", "id", Numbered::Yes),
    ("holder", "id", Numbered::Yes),
    ("holder_address", "holder, position", Numbered::No),
    ("finding_source", "organisation, source", Numbered::No),
    ("finding", "id", Numbered::Yes),
    ("finding_step", "id", Numbered::Yes),
    ("finding_unjudged", "finding", Numbered::No),
    ("task", "id", Numbered::Yes),
    ("channel", "id", Numbered::Yes),
    ("finding_event", "id", Numbered::Yes),
    ("notice", "id", Numbered::Yes),
    ("notice_finding", "notice, finding", Numbered::No),
    ("cursor", "lake", Numbered::No),
    ("bundle", "sender, way", Numbered::No),
    ("audit", "seq", Numbered::No),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbered {
    Yes,
    No,
}

/// What the first line says it is.
const KIND: &str = "mizumori store";

/// Why a backup could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("could not access the backup")]
    Io(#[from] std::io::Error),
    /// A line that is none of a backup.
    #[error("line {0} of the backup is not what it should be")]
    Line(u64),
    /// It ends early, or was changed.
    #[error("the backup is not whole")]
    NotWhole,
    /// Its schema is another.
    #[error("the backup has schema {found}, and this program knows {known}")]
    Schema {
        /// The backup's.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// A store with something in it.
    #[error("the store is not empty")]
    NotEmpty,
}

/// What a backup held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Its rows.
    pub rows: u64,
}

impl Store {
    /// Writes a backup of one state of the store.
    ///
    /// # Errors
    /// When the store cannot be read or the file not be written.
    pub async fn back_up(&self, out: &mut (dyn Write + Send)) -> Result<Restored, BackupError> {
        let mut session = self.read().await?;
        let mut lines = Lines { out, hasher: blake3::Hasher::new(), rows: 0 };
        lines.line(&json!({ "kind": KIND, "schema": LATEST }))?;
        for (table, order, _) in TABLES {
            let text = format!("SELECT * FROM {table} ORDER BY {order}");
            let mut rows = session.each("read a table", sqlx::query(AssertSqlSafe(text)));
            while let Some(row) = rows.try_next().await? {
                lines.line(&json!({ "table": table, "row": object(&row)? }))?;
                lines.rows += 1;
            }
        }
        let (rows, hash) = (lines.rows, lines.hasher.finalize().to_hex());
        writeln!(lines.out, "{}", json!({ "rows": rows, "blake3": hash.as_str() }))?;
        lines.out.flush()?;
        Ok(Restored { rows })
    }

    /// Fills an empty store with a backup: with all of it, or nothing.
    ///
    /// # Errors
    /// When the store is not empty, or the backup not whole.
    pub async fn restore(&self, from: &mut (dyn BufRead + Send)) -> Result<Restored, BackupError> {
        let mut session = self.write().await?;
        let restored = session.restore(from).await?;
        session.commit().await?;
        Ok(restored)
    }
}

impl Session {
    /// Fills an empty store with a backup. A session in which that failed must not be committed.
    ///
    /// # Errors
    /// When the store is not empty, or the backup not whole.
    pub async fn restore(&mut self, from: &mut (dyn BufRead + Send)) -> Result<Restored, BackupError> {
        for (table, ..) in TABLES {
            let text = format!("SELECT 1 AS n FROM {table} LIMIT 1");
            if self.one("look into a table", sqlx::query(AssertSqlSafe(text))).await?.is_some() {
                return Err(BackupError::NotEmpty);
            }
        }
        let (mut hasher, mut number, mut rows) = (blake3::Hasher::new(), 0, 0);
        let mut line = String::new();
        loop {
            line.clear();
            if from.read_line(&mut line)? == 0 {
                return Err(BackupError::NotWhole);
            }
            number += 1;
            let value: Value = serde_json::from_str(&line).map_err(|_| BackupError::Line(number))?;
            if number == 1 {
                let schema = value.get("schema").and_then(Value::as_i64);
                match (value.get("kind").and_then(Value::as_str), schema) {
                    (Some(KIND), Some(LATEST)) => {}
                    (Some(KIND), Some(found)) => return Err(BackupError::Schema { found, known: LATEST }),
                    _ => return Err(BackupError::Line(1)),
                }
            } else if let Some(hash) = value.get("blake3").and_then(Value::as_str) {
                let is_whole = hasher.finalize().to_hex().as_str() == hash
                    && value.get("rows").and_then(Value::as_u64) == Some(rows);
                if !is_whole {
                    return Err(BackupError::NotWhole);
                }
                break;
            } else {
                insert(self, &value).await?.ok_or(BackupError::Line(number))?;
                rows += 1;
            }
            hasher.update(line.as_bytes());
        }
        if self.dialect == Dialect::Postgres {
            for (table, ..) in TABLES.iter().filter(|(.., numbered)| *numbered == Numbered::Yes) {
                let text = format!(
                    "SELECT 1 FROM setval(pg_get_serial_sequence('{table}', 'id'), \
                     (SELECT COALESCE(MAX(id), 0) + 1 FROM {table}), false)"
                );
                self.all("number a table", sqlx::query(AssertSqlSafe(text))).await?;
            }
        }
        Ok(Restored { rows })
    }
}

struct Lines<'o> {
    out: &'o mut (dyn Write + Send),
    hasher: blake3::Hasher,
    rows: u64,
}

impl Lines<'_> {
    fn line(&mut self, value: &Value) -> Result<(), std::io::Error> {
        let line = format!("{value}\n");
        self.hasher.update(line.as_bytes());
        self.out.write_all(line.as_bytes())
    }
}

fn object(row: &AnyRow) -> Result<Value, StoreError> {
    let mut object = Map::new();
    for column in row.columns() {
        let name = column.name();
        let damaged = |_| StoreError::Damaged { what: "value" };
        let raw = row.try_get_raw(name).map_err(damaged)?;
        let value = match raw.type_info().kind() {
            AnyTypeInfoKind::Null => Value::Null,
            AnyTypeInfoKind::Text => row.try_get::<String, _>(name).map_err(damaged)?.into(),
            AnyTypeInfoKind::Blob => {
                let bytes: Vec<u8> = row.try_get(name).map_err(damaged)?;
                json!({ "bytes": bytes })
            }
            _ => row.try_get::<i64, _>(name).map_err(damaged)?.into(),
        };
        object.insert(name.to_owned(), value);
    }
    Ok(Value::Object(object))
}

/// Nothing where the line is none of a table that there is.
async fn insert(session: &mut Session, line: &Value) -> Result<Option<()>, StoreError> {
    let name = line.get("table").and_then(Value::as_str);
    let table = TABLES.iter().find(|(table, ..)| Some(*table) == name);
    let (Some((table, ..)), Some(row)) = (table, line.get("row").and_then(Value::as_object)) else {
        return Ok(None);
    };
    // What is written into the statement is never anything but a name.
    if row.keys().any(|name| !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) {
        return Ok(None);
    }
    let names: Vec<_> = row.keys().map(String::as_str).collect();
    let places: Vec<_> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let text = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    let mut statement = sqlx::query(AssertSqlSafe(text));
    for value in row.values() {
        statement = match value {
            Value::Null => statement.bind(None::<i64>),
            Value::String(text) => statement.bind(text.as_str()),
            Value::Number(number) => statement.bind(number.as_i64()),
            Value::Object(bytes) => {
                let bytes = bytes
                    .get("bytes")
                    .cloned()
                    .and_then(|bytes| serde_json::from_value::<Vec<u8>>(bytes).ok());
                let Some(bytes) = bytes else { return Ok(None) };
                statement.bind(bytes)
            }
            Value::Bool(_) | Value::Array(_) => return Ok(None),
        };
    }
    session.run("restore a row", statement).await?;
    Ok(Some(()))
}
