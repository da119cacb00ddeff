//! What can go wrong with the loop.

use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::ErrorClass;
use mizumori_directory::DirectoryError;
use mizumori_respond::RespondError;
use mizumori_store::{Limit, OrganisationId, StoreError};

use crate::editions::KeysError;
use crate::leaks::LeaksError;
use crate::neutralise::Refusal;
use crate::rules::RuleError;

/// Why the loop could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake.
    #[error(transparent)]
    Leaks(#[from] LeaksError),
    /// The data keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A directory.
    #[error(transparent)]
    Directory(DirectoryError),
    /// A mail.
    #[error(transparent)]
    Respond(#[from] RespondError),
    /// What stands in the store of a directory, or a client for it, cannot be.
    #[error("the directory's settings cannot be: {0}")]
    Directories(String),
    /// What stands in the store of a channel, or in its secret's file, cannot be.
    #[error("the channel cannot be: {0}")]
    Channel(String),
    /// The file of a secret.
    #[error("could not read the secret in `{file}`")]
    SecretFile {
        /// Its name.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// Most of a directory is gone, which nobody has said may be.
    #[error(
        "of its entries {gone} would be gone and {there} be left: nothing is dropped before somebody has looked"
    )]
    Shrunk {
        /// Entries that are there.
        there: u64,
        /// Entries that are not any more.
        gone: u64,
    },
    /// A directory that gives no answer.
    #[error("the directory said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    /// A directory that does not come to an end.
    #[error("the directory did not come to an end within {} s", .0.as_secs())]
    TooSlow(Duration),
    /// More than the organisation's edition has.
    #[error(transparent)]
    Limit(#[from] Limit),
    /// What is said of a source cannot be.
    #[error("{0}")]
    Source(&'static str),
    /// A document of findings could not be written or read.
    #[error("could not {what} the findings")]
    Document {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// A line of a document of findings.
    #[error("line {0} of the findings is not what it should be")]
    Line(u64),
    /// A rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The rules of one organisation among others.
    #[error("nobody is told of the findings of `{organisation}`, nor reminded, before its rules make sense")]
    RulesOf {
        /// The organisation.
        organisation: OrganisationId,
        /// What is wrong with them.
        #[source]
        cause: RuleError,
    },
    /// Nothing can be done to an account.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A thread of ours ended before its work did.
    #[error("the work was broken off")]
    BrokenOff,
}

impl MonitorError {
    /// Whether others wrote for too long, and nothing else was wrong: the same may be tried again.
    pub(crate) const fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }

    /// What the caller does next.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Leaks(error) => error.class,
            Self::Keys(error) => error.class,
            Self::Directory(error) => error.class(),
            Self::Rule(_)
            | Self::RulesOf { .. }
            | Self::Shrunk { .. }
            | Self::Directories(_)
            | Self::Channel(_)
            | Self::SecretFile { .. }
            | Self::Limit(_)
            | Self::Source(_)
            | Self::Refused(_) => ErrorClass::Usage,
            Self::Respond(error) => error.class(),
            Self::Document { .. } | Self::Silent(_) | Self::TooSlow(_) => ErrorClass::Environment,
            Self::Line(_) => ErrorClass::Unreadable,
            Self::BrokenOff => ErrorClass::Internal,
        }
    }
}

/// An error with its causes, for those who see what went wrong. None of ours names a person.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let (mut words, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}
