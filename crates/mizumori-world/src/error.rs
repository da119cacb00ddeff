//! What can go wrong while a world is written. No message holds anything of a dump.

use std::path::PathBuf;

use mizumori_core::ErrorClass;

/// Why a world could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The folder holds something else.
    #[error("could not write the demo world to `{}`: the folder is not empty and is no demo world", root.display())]
    NotOurs {
        /// The folder.
        root: PathBuf,
    },
    /// An earlier demo world has a file that it did not write; it would be counted with the rest.
    #[error("could not replace the demo world: `{}` was put there by somebody else", path.display())]
    Foreign {
        /// The first such file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A text holds a character that its file's encoding has not: a mistake in the plan of a world.
    #[error("could not write U+{:04X} in {encoding}", u32::from(*character))]
    Unencodable {
        /// The character.
        character: char,
        /// The encoding's name.
        encoding: &'static str,
    },
    /// A container's library failed.
    #[error("could not pack a {container} container")]
    Pack {
        /// Its usual file extension.
        container: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl WorldError {
    /// What the caller should do next.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NotOurs { .. } | Self::Foreign { .. } => ErrorClass::Usage,
            Self::Write { .. } => ErrorClass::Environment,
            Self::Unencodable { .. } | Self::Pack { .. } => ErrorClass::Internal,
        }
    }

    /// The next action, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotOurs { .. } => Some("name an empty folder, or one that does not exist yet"),
            Self::Foreign { .. } => Some("move the file away, or name another folder"),
            Self::Write { .. } | Self::Unencodable { .. } | Self::Pack { .. } => None,
        }
    }
}
