//! What can go wrong with an index.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use mizumori_core::ErrorClass;

use crate::HashKind;

/// Why the guard could not do it. No password and no hash stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// There is no index.
    #[error("there is no index at `{0}`")]
    Missing(PathBuf),
    /// There is no private index.
    #[error("there is no private index at `{0}`")]
    MissingPrivate(PathBuf),
    /// A folder that holds something else.
    #[error("`{0}` is a folder with other things in it, and no index")]
    NotAnIndex(PathBuf),
    /// Another program wrote the file.
    #[error("`{path}` is of version {version}; this program knows {known}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
        /// What this program knows.
        known: u64,
    },
    /// A file does not hold what it should.
    #[error("`{path}` is damaged{}: {why}", .bytes.as_ref().map_or_else(String::new, |bytes| format!(" in the bytes {} to {}", bytes.start, bytes.end.saturating_sub(1))))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it, where that is known.
        bytes: Option<Range<u64>>,
        /// In what way.
        why: &'static str,
    },
    /// Somebody else is writing.
    #[error("another program is writing to the index at `{0}`")]
    Locked(PathBuf),
    /// The system.
    #[error("could not {what} `{path}`")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A line of an input.
    #[error("{file}:{line}: {why}")]
    Line {
        /// The input.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        why: LineFault,
    },
    /// An input as a whole.
    #[error("could not import `{file}`: {why}")]
    Input {
        /// The input.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file of secret keys.
    #[error("the keys `{path}` cannot be used: {why}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// A question to a private index that is none.
    #[error("this is no question: {0}")]
    Question(&'static str),
    /// A question after parameters that hold no more.
    #[error("the parameters of the question hold no more")]
    OldParameters,
    /// What a server of a private check said.
    #[error("the server cannot be understood: {0}")]
    Answer(&'static str),
    /// An answer that was made with another key than the announced one.
    #[error("the server did not prove that it used the key that it announced")]
    Proof,
    /// What was asked for cannot be.
    #[error("{0}")]
    Request(String),
    /// The machine gave no thread, or no random bytes.
    #[error("the system gave no {what}")]
    System {
        /// What it did not give.
        what: &'static str,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What is wrong with a line. It never quotes the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// A character that is no hexadecimal digit.
    #[error("this is no hexadecimal hash")]
    NotHexadecimal,
    /// Another number of digits than a hash has.
    #[error("a hash of {digits} digits: SHA-1 has 40, NTLM has 32")]
    Length {
        /// Digits.
        digits: usize,
    },
    /// A row of a range file with another number of digits.
    #[error("{digits} digits: what follows a prefix are 35 of SHA-1 or 27 of NTLM")]
    SuffixLength {
        /// Digits.
        digits: usize,
    },
    /// The file began with hashes of the other kind.
    #[error("this is a hash of {found}, those before it are of {before}: one file holds one kind")]
    MixedKinds {
        /// The kind of the line.
        found: HashKind,
        /// The kind of the file.
        before: HashKind,
    },
    /// The count is no number.
    #[error("the count is no number")]
    NotACount,
    /// The count does not fit.
    #[error("the count is beyond 64 bits")]
    CountTooLarge,
    /// Order was claimed, and is not there.
    #[error("this hash comes before the one above it, and order was claimed")]
    Unsorted,
    /// Longer than any line of such a file.
    #[error("the line is longer than {bytes} bytes")]
    TooLong {
        /// The limit.
        bytes: usize,
    },
}

/// The result of what this crate does.
pub type Result<T> = std::result::Result<T, GuardError>;

impl GuardError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Missing(_)
            | Self::MissingPrivate(_)
            | Self::NotAnIndex(_)
            | Self::Version { .. }
            | Self::KeyFile { .. }
            | Self::Question(_)
            | Self::OldParameters
            | Self::Request(_) => ErrorClass::Usage,
            Self::Damaged { .. } | Self::Line { .. } | Self::Input { .. } => ErrorClass::Unreadable,
            Self::Locked(_) | Self::Io { .. } | Self::System { .. } | Self::Answer(_) | Self::Proof => {
                ErrorClass::Environment
            }
            Self::Interrupted => ErrorClass::Interrupted,
        }
    }

    /// The next thing to do, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing(_) => "`mizumori guard import INDEX FILES…` makes one",
            Self::MissingPrivate(_) => "`mizumori guard private create FOLDER --private-keys FILE` makes one",
            Self::NotAnIndex(_) => "name an index, or a folder that is empty or not there yet",
            Self::Version { .. } => "use the program that wrote it, or import again into a new folder",
            Self::Damaged { .. } => {
                "`mizumori guard verify` tells all that is damaged; import again into a new folder"
            }
            Self::Locked(_) => "wait until it has ended",
            Self::Line { why: LineFault::Unsorted, .. } => {
                "leave --sorted out: what has no order is put in order"
            }
            Self::Line { .. } | Self::Input { .. } => "the index is as it was before this file",
            Self::Io { cause, .. } if cause.kind() == io::ErrorKind::StorageFull => {
                "the index is as it was; an import needs about as much room as its hashes take in the end, twice where \
                 they are not in order"
            }
            Self::KeyFile { .. } => {
                "the keys are in a file of their own that only its owner may read (`chmod 600`), apart from the index"
            }
            Self::OldParameters => "ask for the parameters again",
            Self::Proof => {
                "somebody else answers in its name, or it treats this client unlike others: do not trust it"
            }
            Self::Io { .. }
            | Self::Request(_)
            | Self::Question(_)
            | Self::Answer(_)
            | Self::System { .. }
            | Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }

    /// A failure of the system on a file.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { what, path, cause }
    }

    /// A damaged file.
    pub(crate) fn damaged(path: &Path, why: &'static str) -> Self {
        Self::Damaged { path: path.to_owned(), bytes: None, why }
    }
}
