//! What can go wrong with a lake.

use mizumori_core::ErrorClass;
use mizumori_core::keys::KeyError;

use crate::beside::BesideError;
use crate::store::StoreError;

/// Why a lake could not do it. Nothing of a dump, no account and no key stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The place of a lake is neither a folder nor a URL of a known kind.
    #[error("`{place}` is no place for a lake: {why}")]
    Place {
        /// As it was given.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no lake at the place.
    #[error("there is no lake at `{0}`")]
    Missing(String),
    /// The lake was written by a later program.
    #[error("the lake at `{place}` is of version {version}; this program knows {known}")]
    Version {
        /// Its place.
        place: String,
        /// Its version.
        version: String,
        /// What this program knows.
        known: u32,
    },
    /// The lake's tags were made with other keys.
    #[error("the lake belongs to the key ring {lake}, not to {given}")]
    OtherKeys {
        /// The ring that the lake names.
        lake: String,
        /// The ring that was given.
        given: String,
    },
    /// The tags of the lake are under fewer or more layers than the ring has.
    #[error("the lake's tags are under {lake} layers of keys, the key ring has {ring}")]
    Layers {
        /// Layers of the lake.
        lake: usize,
        /// Layers of the ring.
        ring: usize,
    },
    /// A machine's key ring is an older copy.
    #[error(
        "the key ring here does not have the data key {0}, which that of the machine has that gave the work"
    )]
    DataKeyMissing(String),
    /// All of the lake is being brought under new keys, or was and the work ended before its end.
    #[error("the lake at `{0}` is being brought under new keys")]
    Renewing(String),
    /// The log does not say any more what the commits after a version did.
    #[error("the lake's log tells what came after version {first}, and not what came after {asked}")]
    LogCut {
        /// The version that was asked for.
        asked: u64,
        /// The first one after which it tells.
        first: u64,
    },
    /// Files of a source that the lake has seen are not there any more.
    #[error("of the source `{source_id}`, files that were ingested are missing now: {}", .files.join(", "))]
    FilesMissing {
        /// The source.
        source_id: String,
        /// Their names.
        files: Vec<String>,
    },
    /// Accounts of the same place and month were counted before, in sources that do not come again now.
    #[error("`{place}`, {time}, is counted already, with the sources {}: whether `{source_id}` has the same accounts nobody can tell", .counted.join(", "))]
    CountedAlready {
        /// The source that comes.
        source_id: String,
        /// The place.
        place: String,
        /// The month, in words.
        time: String,
        /// The sources that were counted.
        counted: Vec<String>,
    },
    /// Somebody else wrote to the same source meanwhile.
    #[error("another program wrote to the source `{0}` at the same time")]
    Raced(String),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The store, where that is known: whatever it was that could not be done because of it.
    #[error(transparent)]
    Store(StoreError),
    /// The log of the lake.
    #[error("the lake's log could not be read or written")]
    Log(#[source] deltalake_core::DeltaTableError),
    /// An object of the lake.
    #[error("the store of the lake failed")]
    Object(#[source] object_store::Error),
    /// A file of the lake.
    #[error("a file of the lake could not be read or written")]
    Parquet(#[source] parquet::errors::ParquetError),
    /// Reading or writing.
    #[error(transparent)]
    Io(std::io::Error),
    /// The scan.
    #[error(transparent)]
    Scan(#[from] mizumori_scan::ScanError),
    /// The survey.
    #[error(transparent)]
    Survey(#[from] mizumori_survey::SurveyError),
    /// Other machines, which were to do a part of it.
    #[error(transparent)]
    Elsewhere(Box<dyn std::error::Error + Send + Sync>),
    /// Who stands beside the lake could not keep what it saw.
    #[error(transparent)]
    Beside(#[from] BesideError),
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A file or an object that does not hold what it should.
    #[error("`{what}` is damaged: {why}")]
    Damaged {
        /// Which.
        what: String,
        /// In what way.
        why: String,
    },
}

/// Errors of others: where a store is behind them, it is told as it is, and else what failed.
macro_rules! from {
    ($($error:ty => $variant:ident),*) => {
        $(impl From<$error> for LakeError {
            fn from(error: $error) -> Self {
                StoreError::find(&error).cloned().map_or_else(|| Self::$variant(error), Self::Store)
            }
        })*
    };
}

from! {
    deltalake_core::DeltaTableError => Log,
    object_store::Error => Object,
    parquet::errors::ParquetError => Parquet,
    std::io::Error => Io
}

impl From<StoreError> for LakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl LakeError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Place { .. }
            | Self::Missing(_)
            | Self::Version { .. }
            | Self::OtherKeys { .. }
            | Self::Layers { .. }
            | Self::DataKeyMissing(_)
            | Self::Renewing(_)
            | Self::LogCut { .. }
            | Self::FilesMissing { .. }
            | Self::CountedAlready { .. } => ErrorClass::Usage,
            Self::Keys(error) => error.class(),
            Self::Scan(error) => error.class(),
            Self::Survey(error) => error.class(),
            Self::Raced(_)
            | Self::Log(_)
            | Self::Store(_)
            | Self::Object(_)
            | Self::Parquet(_)
            | Self::Elsewhere(_)
            | Self::Io(_) => ErrorClass::Environment,
            Self::Beside(error) => error.class,
            Self::Damaged { .. } => ErrorClass::Unreadable,
            Self::Interrupted => ErrorClass::Interrupted,
        }
    }
}

impl LakeError {
    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::FilesMissing { .. } => Some("give --replace if they are gone on purpose".to_owned()),
            Self::CountedAlready { .. } => Some(
                "ingest all sources of that place and month together, in one run, or forget those that were counted: \
                 at level `counts` no account is kept with which another could be compared"
                    .to_owned(),
            ),
            Self::LogCut { first, .. } => Some(format!(
                "ask for what came after version {first}; what came before is in look-ups, surveys and questions in SQL"
            )),
            Self::Renewing(_) => Some(
                "when nobody does that any more, `mizumori lake keys renew` brings it to its end".to_owned(),
            ),
            Self::Store(error) => error.hint(),
            Self::Beside(error) => error.hint.clone(),
            _ => None,
        }
    }
}

/// A damaged object.
pub(crate) fn damaged(what: impl Into<String>, why: impl ToString) -> LakeError {
    LakeError::Damaged { what: what.into(), why: why.to_string() }
}
