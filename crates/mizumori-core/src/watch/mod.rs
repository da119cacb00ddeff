//! Watch lists: the categories, organisations and domains that are looked for.
//!
//! A list is loaded in full, or not at all: [`WatchList::parse`] reports every mistake with its line. Looking
//! an account's host up is [`WatchList::find`]; nothing here reads dumps.

mod find;
mod parse;

use std::str::FromStr;
use std::sync::Arc;

use crate::document::{Document, Table, list, shown};
use crate::domain::DomainName;
use crate::{Month, Names, PartialDate};

pub use find::Found;
use find::Index;

/// How much of an exposure may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Month, domain and count; nothing else.
    Counts,
    /// No readable account: keyed tags.
    Tags,
    /// Local part and secret too, encrypted under a key of the domain's own.
    Sealed,
}

impl Level {
    const WORDS: [&'static str; 3] = ["counts", "tags", "sealed"];

    /// The word that stands in watch lists and outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Tags => "tags",
            Self::Sealed => "sealed",
        }
    }

    /// The level at the key `level` of `table`.
    pub(crate) fn read(document: &mut Document<'_>, table: &Table<'_>) -> Option<Self> {
        let word = document.string(table, "level")?;
        let level = word.text.parse();
        if level.is_err() {
            let instead = format!("write {}", list(&Self::WORDS));
            document.mistake(word.span, format!("unknown level `{}`", shown(&word.text)), Some(instead));
        }
        level.ok()
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        let all = [Self::Counts, Self::Tags, Self::Sealed];
        all.into_iter().find(|level| level.as_str() == word).ok_or(UnknownLevel)
    }
}

/// A word that is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is counts, tags or sealed")]
pub struct UnknownLevel;

/// A category's place in [`WatchList::categories`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryIndex(pub usize);

/// An organisation's place in [`WatchList::organisations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationIndex(pub usize);

/// A watched domain's place in [`WatchList::domains`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainIndex(pub usize);

/// A staff site's place in [`Organisation::staff_sites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffSiteIndex {
    /// The organisation.
    pub organisation: OrganisationIndex,
    /// Its place among the organisation's sites.
    pub site: usize,
}

/// What is compared with each other: ministries, universities, tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id, unique in the list.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The level of its organisations that name none.
    pub level: Option<Level>,
}

/// Whose accounts are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id, unique in the list.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// Its category.
    pub category: CategoryIndex,
    /// The organisation that it is a part of.
    pub parent: Option<OrganisationIndex>,
    /// Bodies that share its domains.
    pub includes: Vec<Names>,
    /// Sites where a login is one of its own people.
    pub staff_sites: Vec<DomainName>,
    /// How much of its exposures may be kept, where the list says.
    pub level: Option<Level>,
}

/// A domain of an organisation, sub-domains included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedDomain {
    /// The domain.
    pub name: DomainName,
    /// Whose it is.
    pub organisation: OrganisationIndex,
    /// The first month in which the organisation held it.
    pub from: Option<Month>,
    /// The last month in which the organisation held it.
    pub to: Option<Month>,
    /// Whether somebody has checked that it is the organisation's.
    pub verified: bool,
    /// Whether it is meant to be a public suffix, with everything below it.
    pub suffix: bool,
}

/// A watch list, checked in full.
#[derive(Clone, Debug)]
pub struct WatchList {
    /// Its title.
    pub title: Option<Names>,
    /// The date of which it is true.
    pub as_of: Option<PartialDate>,
    /// What its makers want said in a report's method.
    pub note: Option<Names>,
    /// The categories, in the file's order.
    pub categories: Vec<Category>,
    /// The organisations, in the file's order.
    pub organisations: Vec<Organisation>,
    /// Their domains, in the file's order.
    pub domains: Vec<WatchedDomain>,
    /// BLAKE3 of the file, in hexadecimal.
    pub digest: String,
    /// The file's text, for whoever sends the list on.
    pub text: Arc<str>,
    index: Index,
}

impl WatchList {
    /// The organisation that holds a domain.
    pub fn organisation_of(&self, domain: DomainIndex) -> Option<&Organisation> {
        self.organisations.get(self.domains.get(domain.0)?.organisation.0)
    }

    /// The name of a staff site.
    pub fn staff_site(&self, site: StaffSiteIndex) -> Option<&DomainName> {
        self.organisations.get(site.organisation.0)?.staff_sites.get(site.site)
    }

    /// How many domains nobody has checked.
    pub fn unverified(&self) -> usize {
        self.domains.iter().filter(|domain| !domain.verified).count()
    }
}
