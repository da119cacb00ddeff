//! Reading a directory: every entry in pages, or one at a time.
//!
//! An entry that makes no sense is data: it is reported as an [`Oddity`] beside the others, and the reading goes on. Only what
//! stops the reading as a whole is an error.

use async_trait::async_trait;

use crate::entry::{Entry, EntryId, Whom};
use crate::error::Result;

/// Finds one entry.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The entry as it is now, or `None` when there is none, or none any more.
    ///
    /// # Errors
    /// When the directory cannot be asked, or its answer not be understood.
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>>;

    /// The same with what the entry says of itself: neither whether it is privileged nor its groups need be known. To see what an action
    /// came to that is enough.
    ///
    /// # Errors
    /// As [`Self::entry`].
    async fn glance(&self, whom: &Whom) -> Result<Option<Entry>> {
        self.entry(whom).await
    }
}

/// A directory that can be read as a whole.
#[async_trait]
pub trait Directory: Lookup {
    /// Begins a reading of all entries.
    ///
    /// # Errors
    /// When the directory cannot be reached or does not let us in.
    async fn pages(&self) -> Result<Box<dyn Pages>>;
}

/// A reading under way.
#[async_trait]
pub trait Pages: Send {
    /// The next page, or `None` at the end. A page may be empty.
    ///
    /// # Errors
    /// When the reading broke off: what came before it is no full account of the directory. Call it no more then.
    async fn next(&mut self) -> Result<Option<Page>>;
}

/// Some entries.
#[derive(Debug, Default)]
pub struct Page {
    /// Those that make sense, in the directory's order.
    pub entries: Vec<Entry>,
    /// What was odd about those and others.
    pub oddities: Vec<Oddity>,
}

/// Something that an administrator would want to put right in his directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The entry's place in the reading, from 1; for a CSV, its line.
    pub position: u64,
    /// The entry, where it has an id.
    pub id: Option<EntryId>,
    /// What is odd.
    pub kind: OddityKind,
}

/// What can be odd. It quotes no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OddityKind {
    /// It has no id; the entry was left out.
    #[error("the entry has no usable `{0}`")]
    NoId(&'static str),
    /// It has neither an address nor a login; the entry was left out.
    #[error("the entry has neither an address nor a user name")]
    Nameless,
    /// The same id came before; the entry was left out.
    #[error("an entry with this id came before")]
    IdAgain,
    /// An entry before has the same address; both were kept.
    #[error("another entry has the same address")]
    AddressAgain,
    /// A value that should be an address is none; the entry was kept without it.
    #[error("a value of {0} is no address")]
    BadAddress(&'static str),
    /// More addresses than are read; the entry was kept without the rest.
    #[error("more addresses than are read")]
    TooManyAddresses,
    /// A value that should be a time is none; the entry was kept without it.
    #[error("the value of {0} is no time")]
    BadTime(&'static str),
    /// A value that is none of those that it may have; the entry was kept without it.
    #[error("the value of {0} is not understood")]
    BadValue(&'static str),
    /// A superior or keeper that does not exist or has no address; the entry was kept without it.
    #[error("whom {0} names has no address here")]
    NoSuchPerson(&'static str),
    /// The entry could not be read at all; it was left out.
    #[error("the entry cannot be read")]
    Unreadable,
    /// The server named another one for a part of the tree; that part was left out.
    #[error("a part of the tree is on another server")]
    Elsewhere,
}

impl OddityKind {
    /// Whether the entry was left out because of it.
    pub const fn drops_entry(self) -> bool {
        match self {
            Self::NoId(_) | Self::Nameless | Self::IdAgain | Self::Unreadable | Self::Elsewhere => true,
            Self::AddressAgain
            | Self::BadAddress(_)
            | Self::TooManyAddresses
            | Self::BadTime(_)
            | Self::BadValue(_)
            | Self::NoSuchPerson(_) => false,
        }
    }
}
