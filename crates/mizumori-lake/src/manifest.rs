//! What a lake knows of a source: its description, and the files that it was ingested from.
//!
//! It is an object of its own, written before the commit that names it. Which ingest of a source holds stands in the log.

use std::collections::BTreeMap;

use mizumori_core::{LeakTime, Source};
use serde::{Deserialize, Serialize};

use crate::counts::CountsFile;
use crate::described::Described;
use crate::digest::FileFacts;
use crate::error::{LakeError, damaged};
use crate::write::{Origin, first_day};

/// The version of the object.
const VERSION: u32 = 1;
/// Where the manifests of all sources lie.
pub(crate) const SOURCES: &str = "sources";

/// A source as it was ingested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    /// The ingest.
    pub(crate) ingest: String,
    /// The lake's version of the description.
    source: Described,
    /// What was looked for: `all`, the digest of the watch list, or `all+` and that digest; with the level where it names none.
    pub(crate) scope: String,
    /// The files of the source.
    pub(crate) files: Vec<FileFacts>,
    /// Rows that came of them.
    pub(crate) rows: u64,
    /// What was counted of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counts: Option<CountsFile>,
    /// What the whole run read.
    pub(crate) run: RunFacts,
}

/// What a run read. Of the same run in every manifest that it wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunFacts {
    /// The run's id: another than the ingest's where one run has completed what another began.
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) addresses: u64,
    pub(crate) rejected: u64,
    /// What could not be read, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

impl Manifest {
    /// What is said of `source`.
    pub(crate) fn new(source: &Source, ingest: &str, scope: &str, files: Vec<FileFacts>) -> Self {
        let described = Described::of(source);
        let run = RunFacts::default();
        let (ingest, scope) = (ingest.to_owned(), scope.to_owned());
        Self { version: VERSION, ingest, source: described, scope, files, rows: 0, counts: None, run }
    }

    /// Where the manifests of the source `id` lie: names of sources are no names of objects.
    pub(crate) fn folder(id: &str) -> String {
        let hash = blake3::hash(id.as_bytes()).to_hex();
        format!("{SOURCES}/{}", hash.get(..24).unwrap_or_default())
    }

    /// Where the manifest of an ingest of it lies.
    pub(crate) fn path(id: &str, ingest: &str) -> String {
        format!("{}/{ingest}.json", Self::folder(id))
    }

    /// The id of the source.
    pub(crate) fn id(&self) -> &str {
        &self.source.id
    }

    /// The object.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Reads the object.
    pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Self, LakeError> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| damaged(name, error))?;
        if manifest.version != VERSION {
            return Err(LakeError::Version {
                place: name.to_owned(),
                version: manifest.version.to_string(),
                known: VERSION,
            });
        }
        Ok(manifest)
    }

    /// Whether a new ingest of the same would bring the same.
    pub(crate) fn brings_as(&self, other: &Self) -> bool {
        self.is_like(other) && self.files == other.files && self.is_known()
    }

    /// Whether it was made of `other`'s files and perhaps of more, which are gone.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.is_like(other) && other.is_known() && other.files.iter().all(|file| self.files.contains(file))
    }

    /// What tells these files of the source, and the `list` of what is looked for in them, from any other; `None` where it would not be
    /// noticed that a file is another one.
    pub(crate) fn identity(&self, list: &str) -> Option<String> {
        let text = serde_json::to_vec(&(&self.source, list, &self.files)).ok().filter(|_| self.is_known())?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"mizumori material of a source\n").update(&text);
        Some(hasher.finalize().to_hex().to_string())
    }

    fn is_like(&self, other: &Self) -> bool {
        self.source == other.source && self.scope == other.scope
    }

    fn is_known(&self) -> bool {
        self.files.iter().all(FileFacts::is_known)
    }

    /// Files that are in this manifest and not in `newer`.
    pub(crate) fn missing_in(&self, newer: &Self) -> Vec<String> {
        let there = |name: &str| newer.files.iter().any(|file| file.name == name);
        self.files.iter().filter(|file| !there(&file.name)).map(|file| file.name.clone()).collect()
    }

    /// The source.
    pub(crate) fn source(&self) -> Result<Source, LakeError> {
        self.source.source()
    }
}

/// What the rows of `source` say of it.
pub(crate) fn origin(source: &Source, ingest: &str) -> Origin {
    let month = day_of(source.time());
    Origin { id: source.id.to_string(), ingest: ingest.to_owned(), place: source.place.clone(), month }
}

/// What stands as the month of a leak: its first day, counted from 1970-01-01. Of a year alone no month is known.
pub fn day_of(time: LeakTime) -> Option<i32> {
    match time {
        LeakTime::Month(month) => Some(first_day(month)),
        LeakTime::Year(_) | LeakTime::Unknown => None,
    }
}

/// Sources, each with the ingest that holds.
pub(crate) type Ingests = BTreeMap<String, String>;

/// What the id of an ingest ends with of which only the watched rows are there.
const HALF: &str = ".watched";

/// The id of the first half of an ingest.
pub(crate) fn half_of(ingest: &str) -> String {
    format!("{ingest}{HALF}")
}

/// The ingest of which this is the first half; `None` when it is whole.
pub(crate) fn whole_of(ingest: &str) -> Option<&str> {
    ingest.strip_suffix(HALF)
}

/// The id without what says that it is a half.
pub(crate) fn stem(ingest: &str) -> &str {
    whole_of(ingest).unwrap_or(ingest)
}

/// Adds what a file says of its sources. Of an ingest that came in halves the whole holds.
pub(crate) fn learn(all: &mut Ingests, sources: impl IntoIterator<Item = (String, String)>) {
    for (id, ingest) in sources {
        let known = all.entry(id).or_insert_with(|| ingest.clone());
        if whole_of(known).is_some() {
            *known = ingest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_comes_back_as_it_was() {
        let text = "id = 'x'\ntitle = 'X'\nkind = 'stealer-log'\nplace = 'p'\nleaked = '2019'\nbreached = '2012-06'\n\
             obtained = 2021-05-31\npublic = false\nfabricated = true\nlevel = 'counts'";
        for text in [text, "id = 'x'"] {
            let source = Source::parse("s", text).unwrap();
            let file =
                FileFacts { name: "a".to_owned(), bytes: 1, blake3: Some("00".to_owned()), version: None };
            let manifest = Manifest::new(&source, "i", "all", vec![file]);
            let read = Manifest::parse("m", &manifest.to_bytes()).unwrap();
            assert_eq!((&read, read.source().unwrap()), (&manifest, source));
            assert!(read.brings_as(&manifest));
        }
        assert!(Manifest::parse("m", b"{}").is_err());
    }
}
