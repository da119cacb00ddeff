//! What can go wrong with a store.

use std::io;
use std::path::PathBuf;

use mizumori_core::ErrorClass;

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A text that names no store.
    #[error("`{0}` names no store")]
    Url(String),
    /// The database cannot be reached, or its file not be opened.
    #[error("could not open the store `{name}`")]
    Open {
        /// Its name, without a password.
        name: String,
        /// Why not.
        #[source]
        cause: Cause,
    },
    /// A statement failed.
    #[error("the store could not {what}")]
    Statement {
        /// What it should have done.
        what: &'static str,
        /// Why not.
        #[source]
        cause: Cause,
    },
    /// A store that a later program made.
    #[error("the store has schema {found}, and this program knows {known}")]
    Newer {
        /// Its schema.
        found: i64,
        /// The latest that is known here.
        known: i64,
    },
    /// What stands there is not what this program writes.
    #[error("the store holds a {what} that nobody understands")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// Something of that name is there.
    #[error("there is {0} already")]
    There(String),
    /// Nothing of that name is there.
    #[error("there is no {0}")]
    Missing(String),
    /// A step that a finding cannot take.
    #[error("a finding that is `{from}` cannot become `{to}`")]
    NoSuchStep {
        /// What it is.
        from: &'static str,
        /// What it should have become.
        to: &'static str,
    },
    /// Somebody else changed it first.
    #[error("{0} was changed by somebody else meanwhile")]
    Changed(&'static str),
    /// Somebody is at it.
    #[error("the {0} is being done just now")]
    Taken(&'static str),
    /// The machine gives no random bytes.
    #[error("the machine gave no random bytes")]
    Random(#[source] getrandom::Error),
    /// A file that could not be read or written.
    #[error("could not access `{file}`")]
    File {
        /// Its name.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
}

/// Why a database refused, in its own words, without the values that it was given.
#[derive(Debug)]
pub struct Cause {
    words: String,
    is_busy: bool,
}

/// What SQLite answers where others were in the way for too long: its main codes.
const SQLITE_BUSY: [u32; 2] = [5, 6];
/// What PostgreSQL does.
const POSTGRES_BUSY: [&str; 3] = ["55P03", "40001", "40P01"];

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Cause {}

/// The first line: what follows repeats the row, with the people in it.
impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        let words = error.to_string().lines().next().unwrap_or_default().to_owned();
        let is_busy = match &error {
            sqlx::Error::PoolTimedOut => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                // SQLite puts more of it into the bits above, and never as many digits as PostgreSQL.
                let main = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
                main.map_or(POSTGRES_BUSY.contains(&&*code), |main| SQLITE_BUSY.contains(&main))
            }),
            _ => false,
        };
        Self { words, is_busy }
    }
}

impl StoreError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Url(_)
            | Self::Newer { .. }
            | Self::There(_)
            | Self::Missing(_)
            | Self::NoSuchStep { .. }
            | Self::Changed(_)
            | Self::Taken(_) => ErrorClass::Usage,
            Self::Open { .. } | Self::Statement { .. } | Self::Random(_) | Self::File { .. } => {
                ErrorClass::Environment
            }
            Self::Damaged { .. } => ErrorClass::Unreadable,
        }
    }

    /// Whether others were in the way for too long, and nothing else was wrong: the same may be tried again.
    pub const fn is_busy(&self) -> bool {
        match self {
            Self::Open { cause, .. } | Self::Statement { cause, .. } => cause.is_busy,
            _ => false,
        }
    }

    /// What the operator can do, where there is something.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) => Some("write a path, `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`"),
            Self::Newer { .. } => Some("use the program that made it, or a later one"),
            _ => None,
        }
    }
}
