//! What is asked of the lake, so that the loop does not have to know how one is kept.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mizumori_core::{ErrorClass, Exposure};

/// The exposures that are known, of one version.
pub trait Leaks: Send + Sync {
    /// The name by which it is remembered how far they were read.
    fn name(&self) -> &str;

    /// The version. Later ones are greater.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn version(&self) -> Result<u64, LeaksError>;

    /// Gives what is wanted, in parts, until `receive` breaks off.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, wanted: &Wanted, receive: &mut Receive<'_>) -> Result<Told, LeaksError>;

    /// What a source is called, and its kind; nothing where it is not known.
    ///
    /// # Errors
    /// When it cannot be read.
    fn describe(&self, source: &str) -> Result<Option<Title>, LeaksError>;
}

/// What people read of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// What it is called.
    pub title: String,
    /// Its kind, in a description's words.
    pub kind: String,
}

/// What takes a part of the exposures, and says whether there is to be more.
pub type Receive<'r> = dyn FnMut(Vec<Exposure>) -> ControlFlow<()> + 'r;

/// Which exposures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that came after a version.
    Since(u64),
    /// All of them.
    Everything,
    /// Those of accounts of these domains, and of domains below them.
    Domains(Vec<String>),
}

/// What could not be told of what came after a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Sources of which nobody knows any more what was new.
    pub untold: BTreeSet<String>,
    /// Nobody knows any more what came after so old a version.
    pub is_cut: bool,
}

/// Why exposures could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the lake could not be read")]
pub struct LeaksError {
    /// What the caller does next.
    pub class: ErrorClass,
    /// What was wrong.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}
