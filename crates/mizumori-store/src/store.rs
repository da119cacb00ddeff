//! The way in: a database by its name, its schema brought up to date.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _};

use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::schema;
use crate::session::Session;

/// How long a statement waits for others that write.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL: a URL, in which a password may stand.
    Postgres(String),
}

impl StoreUrl {
    /// How it is called where people see it: without a password.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                format!("postgres://{place}")
            }
        }
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        // Another scheme; what it names may hold a password.
        if path.is_empty() || path.contains("://") {
            let scheme = text.split_once("://").map_or(text, |(scheme, _)| scheme);
            return Err(StoreError::Url(scheme.to_owned()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    name: String,
}

impl Store {
    /// Opens it, makes it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached or a later program made it.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        Self::open_waiting(url, PATIENCE).await
    }

    /// The same, where a statement waits so long for others that write.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub async fn open_waiting(url: &StoreUrl, patience: Duration) -> Result<Self, StoreError> {
        let store = Self::connect(url, patience).await?;
        schema::migrate(&store, schema::LATEST).await?;
        Ok(store)
    }

    /// Opens it as it is.
    pub(crate) async fn connect(url: &StoreUrl, patience: Duration) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let (dialect, address) = match url {
            StoreUrl::Sqlite(path) => {
                make_private(path).map_err(|cause| StoreError::File { file: path.clone(), cause })?;
                (Dialect::Sqlite, format!("sqlite:{}?mode=rw", percent_encoded(&path.to_string_lossy())))
            }
            StoreUrl::Postgres(url) => (Dialect::Postgres, url.clone()),
        };
        let options = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(patience)
            .after_connect(move |connection, _| Box::pin(prepare(connection, dialect, patience)));
        let name = url.shown();
        let failed = |error: sqlx::Error| StoreError::Open { name: name.clone(), cause: error.into() };
        // A pool asks again and again where it fails; whoever opens a store wants to know.
        let mut first = AnyConnection::connect(&address).await.map_err(failed)?;
        prepare(&mut first, dialect, patience).await.map_err(failed)?;
        first.close().await.map_err(failed)?;
        let pool = options.connect(&address).await.map_err(failed)?;
        Ok(Self { pool, dialect, name })
    }

    /// Which database it is.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How it is called, without a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins to read one state of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(&self) -> Result<Session, StoreError> {
        self.begin(self.dialect.begin_reading()).await
    }

    /// Begins to write. Nothing of it is there before [`Session::commit`].
    ///
    /// # Errors
    /// When the database does not answer, or others write for too long.
    pub async fn write(&self) -> Result<Session, StoreError> {
        self.begin(self.dialect.begin_writing()).await
    }

    async fn begin(&self, statement: &'static str) -> Result<Session, StoreError> {
        let transaction = self.pool.begin_with(statement).await;
        let transaction =
            transaction.map_err(|error| StoreError::Open { name: self.name.clone(), cause: error.into() })?;
        Ok(Session::new(transaction, self.dialect))
    }

    /// Ends all connections, after those at work.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Tells a connection how it is to work.
async fn prepare(
    connection: &mut AnyConnection,
    dialect: Dialect,
    patience: Duration,
) -> Result<(), sqlx::Error> {
    let patience = patience.as_millis();
    let settings = match dialect {
        // What was committed survives a power cut, too.
        Dialect::Sqlite => format!(
            "PRAGMA busy_timeout = {patience}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"
        ),
        Dialect::Postgres => format!("SET statement_timeout = '300s'; SET lock_timeout = {patience}"),
    };
    connection.execute(sqlx::AssertSqlSafe(settings)).await.map(|_| ())
}

/// Makes the file, which others may not read, unless there is one.
fn make_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(|_| ())
}

/// A path as the part of a URL that it is.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '%' | '?' | '#' => encoded.push_str(&format!("%{:02X}", u32::from(letter))),
            other => encoded.push(other),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stores() {
        let shown =
            |text: &str| text.parse::<StoreUrl>().map(|url| url.shown()).map_err(|error| error.to_string());
        for (text, expected) in [
            ("store.db", "store.db"),
            ("sqlite:///var/store.db", "/var/store.db"),
            (
                "postgres://keeper:geheim@db.example:5432/mizumori?sslmode=require",
                "postgres://db.example:5432/mizumori",
            ),
            ("postgresql:///mizumori?password=geheim", "postgres:///mizumori"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected));
        }
        assert_eq!(shown("mysql://me:geheim@there"), Err("`mysql` names no store".to_owned()));
        assert!(!format!("{:?}", "postgres://a:geheim@b/c".parse::<StoreUrl>()).contains("geheim"));
    }
}
