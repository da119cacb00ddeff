//! What can go wrong with a question.

use datafusion::common::DataFusionError;
use mizumori_core::ErrorClass;
use mizumori_lake::{LakeError, StoreError};

/// A question could not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The question is none, or asks what is not there.
    #[error("{0}")]
    Query(String),
    /// What it names could not be found or read.
    #[error(transparent)]
    Found(Box<dyn std::error::Error + Send + Sync>),
    /// It needs more memory than it may use.
    #[error("the query needs more memory than it may use: {0}")]
    Memory(String),
    /// A file or a store failed.
    #[error("could not read or write while the query ran")]
    Io(#[source] std::io::Error),
    /// The lake could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Whoever takes the answer could not.
    #[error("could not hand over the answer")]
    Answer(#[source] std::io::Error),
}

impl SqlError {
    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Memory(_) => Some("give it more with --memory".to_owned()),
            Self::Lake(error) => error.hint(),
            Self::Found(error) => StoreError::find(&**error).and_then(StoreError::hint),
            Self::Io(error) => StoreError::find(error).and_then(StoreError::hint),
            Self::Query(_) | Self::Answer(_) => None,
        }
    }

    /// What the caller does next.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Query(_) => ErrorClass::Usage,
            Self::Memory(_) => ErrorClass::Limit,
            Self::Found(_) | Self::Io(_) | Self::Answer(_) => ErrorClass::Environment,
            Self::Lake(error) => error.class(),
        }
    }
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        // What DataFusion wraps around an error is of no use to whoever asked.
        match unwrapped(error) {
            DataFusionError::External(error) => match error.downcast() {
                Ok(of_lake) => Self::Lake(*of_lake),
                Err(other) => Self::Found(other),
            },
            DataFusionError::IoError(error) => Self::Io(error),
            DataFusionError::ObjectStore(error) => match StoreError::find(&*error) {
                Some(told) => Self::Found(Box::new(told.clone())),
                None => Self::Found(error),
            },
            DataFusionError::ResourcesExhausted(why) => Self::Memory(why),
            DataFusionError::SQL(error, _) => Self::Query(error.to_string()),
            DataFusionError::Plan(why)
            | DataFusionError::Execution(why)
            | DataFusionError::NotImplemented(why) => Self::Query(why),
            other => Self::Query(other.strip_backtrace()),
        }
    }
}

/// An error of a lake, on its way through DataFusion.
pub(crate) fn of_lake(error: LakeError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn unwrapped(error: DataFusionError) -> DataFusionError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => unwrapped(*inner),
        DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
            Ok(inner) => unwrapped(inner),
            Err(shared) => DataFusionError::Shared(shared),
        },
        other => other,
    }
}
