//! Organisations: the tenants.

use std::fmt;
use std::str::FromStr;

use mizumori_core::{Lang, Names, Timestamp};
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::{Session, Statement};

/// An organisation's id: small letters, digits and dashes, as in a watch list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationId(String);

impl OrganisationId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrganisationId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err("write an id of small letters, digits and dashes, 64 at most".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether an organisation is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrganisationState {
    /// It is.
    Served,
    /// Its evaluation is over: what is there can be read, and nothing is added.
    ReadOnly,
    /// It is not any more; what could be read again is destroyed.
    Ended,
}

impl OrganisationState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::ReadOnly => "read-only",
            Self::Ended => "ended",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Served, Self::ReadOnly, Self::Ended].into_iter().find(|state| state.as_str() == word)
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its names.
    pub names: Names,
    /// Its category, as in a watch list.
    pub category: String,
    /// The language in which its people are told where nobody knows better.
    pub language: Lang,
    /// The name of its edition.
    pub edition: String,
    /// Whether it is served.
    pub state: OrganisationState,
    /// What its people call the place where passwords are changed.
    pub portal: Option<String>,
    /// Since when it is here.
    pub created: Timestamp,
    /// When its evaluation, or after that its time of reading, ends.
    pub ends: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, name_ja, name_en, category, language, edition, state, portal, created, ends FROM organisation";

impl Session {
    /// Adds an organisation.
    ///
    /// # Errors
    /// When there is one of that id.
    pub async fn add_organisation(&mut self, new: &Organisation) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO organisation (id, name_ja, name_en, category, language, edition, state, portal, ends, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        );
        let statement = bound(statement, new).bind(new.created.0);
        match self.run("add an organisation", statement).await? {
            0 => Err(StoreError::There(format!("an organisation `{}`", new.id))),
            _ => Ok(()),
        }
    }

    /// Changes what an organisation is called and how it is served; when it came stays.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn change_organisation(&mut self, new: &Organisation) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE organisation SET name_ja = $2, name_en = $3, category = $4, language = $5, edition = $6, state = $7, \
             portal = $8, ends = $9 WHERE id = $1",
        );
        let statement = bound(statement, new);
        match self.run("change an organisation", statement).await? {
            0 => Err(StoreError::Missing(format!("organisation `{}`", new.id))),
            _ => Ok(()),
        }
    }

    /// Takes an organisation away, with everything that is its own. The audit log keeps what was done.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn remove_organisation(&mut self, id: &OrganisationId) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM organisation WHERE id = $1").bind(id.as_str());
        match self.run("remove an organisation", statement).await? {
            0 => Err(StoreError::Missing(format!("organisation `{id}`"))),
            _ => Ok(()),
        }
    }

    /// Takes away everything that is an organisation's own, and leaves it there with nothing, as `left` says. The audit log keeps
    /// what was done.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn empty_organisation(&mut self, left: &Organisation) -> Result<(), StoreError> {
        // What refers to it goes with it, so that no table is forgotten.
        self.remove_organisation(&left.id).await?;
        self.add_organisation(left).await
    }

    /// All organisations, by their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisations(&mut self) -> Result<Vec<Organisation>, StoreError> {
        let statement = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY id")));
        let rows = self.all("list organisations", statement).await?;
        rows.iter().map(read).collect()
    }

    /// An organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisation(&mut self, id: &OrganisationId) -> Result<Option<Organisation>, StoreError> {
        let statement =
            sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"))).bind(id.as_str());
        let row = self.one("find an organisation", statement).await?;
        row.as_ref().map(read).transpose()
    }
}

/// Binds what can change, behind the id: `$1` to `$9`.
fn bound<'q>(statement: Statement<'q>, new: &'q Organisation) -> Statement<'q> {
    statement
        .bind(new.id.as_str())
        .bind(&*new.names.ja)
        .bind(&*new.names.en)
        .bind(&*new.category)
        .bind(new.language.tag())
        .bind(&*new.edition)
        .bind(new.state.as_str())
        .bind(new.portal.as_deref())
        .bind(new.ends.map(|ends| ends.0))
}

fn read(row: &AnyRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: OrganisationId(row.text("id")?),
        names: Names { ja: row.text("name_ja")?, en: row.text("name_en")? },
        category: row.text("category")?,
        language: row.word("language", |word| word.parse().ok())?,
        edition: row.text("edition")?,
        state: row.word("state", OrganisationState::of)?,
        portal: row.maybe_text("portal")?,
        created: row.time("created")?,
        ends: row.maybe_time("ends")?,
    })
}

/// The organisation that a column names.
pub(crate) fn of_column(row: &AnyRow) -> Result<OrganisationId, StoreError> {
    Ok(OrganisationId(row.text("organisation")?))
}
