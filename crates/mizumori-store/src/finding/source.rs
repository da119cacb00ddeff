//! What an organisation knows of a source: above all whether the leak was its own.

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Tenant;

/// From whose system a source came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Nobody knows.
    Unknown,
    /// The organisation's own: the deadlines of the law run.
    Own,
    /// Somebody else's.
    ThirdParty,
}

impl Origin {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Own => "own",
            Self::ThirdParty => "third-party",
        }
    }

    /// The origin of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Unknown, Self::Own, Self::ThirdParty].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// A source, as an organisation sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingSource {
    /// Its id.
    pub source: String,
    /// Its title.
    pub title: String,
    /// What kind of leak it is, in a source description's words.
    pub kind: String,
    /// From whose system it came.
    pub origin: Origin,
    /// Since when the organisation knows of it.
    pub known_since: Option<Timestamp>,
    /// The number under which a third party sent it.
    pub reference: Option<String>,
    /// Who sent it, where somebody did.
    pub sender: Option<String>,
}

const COLUMNS: &str =
    "SELECT source, title, kind, origin, known_since, reference, sender FROM finding_source";

impl Tenant<'_> {
    /// Adds a source unless it is there, and gives it as it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn see_source(&mut self, new: &FindingSource) -> Result<FindingSource, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO finding_source (organisation, source, title, kind, origin, known_since, reference, sender) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        );
        self.session.run("keep a source", self.bound(statement, new)).await?;
        self.source(&new.source).await?.ok_or(StoreError::Damaged { what: "source" })
    }

    /// Keeps what an organisation knows of a source now.
    ///
    /// # Errors
    /// When it has no such source.
    pub async fn change_source(&mut self, new: &FindingSource) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE finding_source SET title = $3, kind = $4, origin = $5, known_since = $6, reference = $7, sender = $8 \
             WHERE organisation = $1 AND source = $2",
        );
        match self.session.run("change a source", self.bound(statement, new)).await? {
            0 => Err(StoreError::Missing(format!("source `{}`", new.source))),
            _ => Ok(()),
        }
    }

    /// A source.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn source(&mut self, source: &str) -> Result<Option<FindingSource>, StoreError> {
        let text = format!("{COLUMNS} WHERE organisation = $1 AND source = $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let statement = statement.bind(self.organisation.as_str()).bind(source);
        let row = self.session.one("find a source", statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// The sources, by their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sources(&mut self) -> Result<Vec<FindingSource>, StoreError> {
        let text = format!("{COLUMNS} WHERE organisation = $1 ORDER BY source");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let rows = self.session.all("list sources", statement.bind(self.organisation.as_str())).await?;
        rows.iter().map(read).collect()
    }

    fn bound<'q>(
        &self,
        statement: crate::session::Statement<'q>,
        new: &'q FindingSource,
    ) -> crate::session::Statement<'q> {
        statement
            .bind(self.organisation.as_str().to_owned())
            .bind(&*new.source)
            .bind(&*new.title)
            .bind(&*new.kind)
            .bind(new.origin.as_str())
            .bind(new.known_since.map(|at| at.0))
            .bind(new.reference.as_deref())
            .bind(new.sender.as_deref())
    }
}

fn read(row: &AnyRow) -> Result<FindingSource, StoreError> {
    Ok(FindingSource {
        source: row.text("source")?,
        title: row.text("title")?,
        kind: row.text("kind")?,
        origin: row.word("origin", Origin::of)?,
        known_since: row.maybe_time("known_since")?,
        reference: row.maybe_text("reference")?,
        sender: row.maybe_text("sender")?,
    })
}
