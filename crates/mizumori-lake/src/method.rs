//! What an ingest reads, how it works, and what it says it did.

use mizumori_core::keys::KeyRing;
use mizumori_core::watch::Level;
use mizumori_core::{Source, SourceIndex, WatchList};
use mizumori_scan::{Dump, Look, Matcher, Wanted};

use crate::beside::Beside;
use crate::error::LakeError;
use crate::fill::Runner;
use crate::gather::{MemberSources, Others, Part};
use crate::tally::is_lowered;

/// The scope of an ingest that keeps every account.
pub(crate) const EVERYTHING: &str = "all";

/// What an ingest reads.
pub struct Material<'m> {
    /// The sources.
    pub sources: &'m [Source],
    /// The dumps.
    pub dumps: &'m [Dump],
    /// The sources that each dump holds, in the order of the dumps.
    pub sources_of: &'m [Vec<SourceIndex>],
    /// The source of each member.
    pub source_of: &'m MemberSources<'m>,
    /// What could not even be opened, with the reason.
    pub unreadable: &'m [(String, String)],
}

/// How an ingest works.
pub struct Ingest<'i> {
    /// Who reads, sorts and writes.
    pub runner: &'i dyn Runner,
    /// The accounts that are kept.
    pub keep: Keep<'i>,
    /// The level where the watch list names none. Without one it is `sealed` for domains that are verified and have a data key, and
    /// `tags` for all others.
    pub level: Option<Level>,
    /// Whether sources may lose files.
    pub missing: Missing,
    /// What becomes of sources that cannot be ingested as they are.
    pub refused: Refused,
    /// In how many steps the lake gets what it keeps.
    pub commits: Commits,
    /// Who sees what is parsed beside the lake.
    pub beside: Option<&'i dyn Beside>,
}

/// The accounts that an ingest keeps.
#[derive(Clone, Copy, Debug)]
pub enum Keep<'i> {
    /// Those that concern a watch list, at its levels.
    Watched(&'i WatchList),
    /// Every one: those that concern a watch list at its levels, all others never above `tags`.
    Everything(Option<&'i WatchList>),
}

/// Whether a source may lose files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It may not: files that were ingested and are missing now are trouble.
    Refused,
    /// It is replaced by what is there.
    Replaced,
}

/// What becomes of a source that cannot be ingested as it is: files of it are missing, or it cannot be counted with what was
/// counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The ingest ends with an error, before anything is read.
    EndsIt,
    /// The source is left as it is, and the others are ingested. So is, without trouble, a source of which files are gone and
    /// nothing new is there.
    HoldsBack,
}

/// In how many steps the lake gets what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// All at once.
    One,
    /// Of new sources what concerns the watch list first, and the rest behind it. A source that is replaced comes at once, and so do
    /// all where only one of the two is kept.
    WatchedFirst,
}

/// What an ingest did.
#[derive(Debug, Default)]
pub struct Ingested {
    /// The versions of the log, one for each commit.
    pub versions: Vec<u64>,
    /// The sources, in their order; after an interrupt before the first commit, none.
    pub sources: Vec<SourceIngested>,
    /// The sources that were left as they are, each with the reason.
    pub held_back: Vec<(String, LakeError)>,
    /// Rows in the lake that came of it.
    pub rows: u64,
    /// Bytes of the files that hold them.
    pub bytes: u64,
    /// Records at level `counts` that do not count, of no account or without a secret: nothing of them is kept.
    pub uncounted: u64,
    /// Rows at level `sealed` for whose domain there is no data key, or that is not verified: they are kept as tags.
    pub unsealed: u64,
    /// Bytes that went through encrypted files on the way.
    pub spilled: u64,
    /// What could not be read, with the reason; of sources that are there from the same files, what could not then.
    pub unreadable: Vec<(String, String)>,
    /// Why runs were not merged afterwards, should that have failed: what came is in the lake all the same.
    pub unmerged: Option<LakeError>,
    /// Whether it was interrupted; what is in `versions` was committed before that.
    pub interrupted: bool,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIngested {
    /// Its id.
    pub id: String,
    /// What happened.
    pub what: WhatHappened,
    /// Its rows in the lake.
    pub rows: u64,
    /// Its accounts of which the lake keeps the number alone.
    pub counted: u64,
}

/// What became of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatHappened {
    /// It is new.
    Added,
    /// It was there, and is replaced.
    Replaced,
    /// It was there in part, and is complete.
    Completed,
    /// It was there, from the same files.
    AsBefore,
}

impl<'i> Keep<'i> {
    /// The watch list.
    pub(crate) const fn watch(&self) -> Option<&'i WatchList> {
        match self {
            Self::Watched(watch) => Some(watch),
            Self::Everything(watch) => *watch,
        }
    }

    pub(crate) const fn others(&self) -> Others {
        match self {
            Self::Watched(_) => Others::Left,
            Self::Everything(_) => Others::Kept,
        }
    }
}

impl Ingest<'_> {
    /// The parts in which it is done, in their order.
    pub(crate) const fn parts(&self) -> &'static [Part] {
        match (self.commits, self.keep) {
            (Commits::WatchedFirst, Keep::Everything(Some(_))) => &[Part::Watched, Part::Whole, Part::Rest],
            _ => &[Part::Whole],
        }
    }

    /// What is looked for in `part` and those before it: two ingests of one scope and the same files bring the same.
    pub(crate) fn scope(&self, ring: &KeyRing, part: Part) -> String {
        let list = self.list(part);
        // With a key that was not there before, more is sealed.
        let keys: Vec<_> = ring.data_keys().map(|key| key.number().to_string()).collect();
        format!("{list} {} {}", self.level.map_or("as-keyed", Level::as_str), keys.join(","))
    }

    /// The records that are parsed in `part`, as a name.
    pub(crate) fn list(&self, part: Part) -> String {
        match self.keep {
            Keep::Watched(watch) => watch.digest.clone(),
            Keep::Everything(Some(watch)) if part == Part::Watched => watch.digest.clone(),
            Keep::Everything(Some(watch)) => format!("{EVERYTHING}+{}", watch.digest),
            Keep::Everything(None) => EVERYTHING.to_owned(),
        }
    }

    /// The same, as a scan has to know it.
    pub(crate) fn wanted(&self, part: Part) -> Wanted {
        let watched_only = part == Part::Watched || self.keep.others() == Others::Left;
        if watched_only { Wanted::Watched } else { Wanted::All }
    }

    /// What finds those that concern the watch list.
    pub(crate) fn matcher(&self) -> Option<Matcher<'_>> {
        self.keep.watch().map(|watch| Matcher::new(watch, Look::AccountsAndSites))
    }

    /// Whether anything of a source may be kept as counts.
    pub fn may_count(&self, source: &Source) -> bool {
        let counts = Some(Level::Counts);
        self.counts_others(source)
            || self.keep.watch().is_some_and(|watch| {
                watch.organisations.iter().any(|organisation| {
                    let category = || watch.categories.get(organisation.category.0)?.level;
                    organisation.level.or_else(category) == counts
                })
            })
    }

    /// Whether accounts may be counted that the watch list gives no level.
    pub(crate) fn counts_others(&self, source: &Source) -> bool {
        self.level == Some(Level::Counts) || is_lowered(source)
    }
}
