//! What is new: the exposures that commits since a version brought, from the log.
//!
//! What a commit brought stands in its files, and what it replaced in those that it took away. After merges and a vacuum these are
//! gone: then the rows of an ingest are in the files into which they were moved, and where what they replaced is gone, nobody can
//! tell what of them was new. Such a source is named, and nothing is made up.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use mizumori_core::Exposure;

use crate::error::LakeError;
use crate::lake::{Lake, TABLE};
use crate::log::{Brought, Live};
use crate::manifest::{half_of, stem, whole_of};
use crate::news::{Files, News};

/// What a commit brought, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// The version of the commit.
    pub version: u64,
    /// The exposures, in the order of the table.
    pub exposures: Vec<Exposure>,
}

/// A source of which nobody can tell any more what a commit brought: the files to compare with are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The version of the commit.
    pub version: u64,
    /// The source.
    pub source: String,
}

impl Lake {
    /// The exposures that came after `version`, commit by commit, each in parts of which the next follows in the order of the table.
    /// Where a source was replaced, only what it did not have before is new; files that were merged or rewritten bring nothing.
    /// What was forgotten since is not told, nor twice what came in halves. Gives the sources of which it cannot be told, of the
    /// commits up to the one at which `receive` breaks off.
    ///
    /// # Errors
    /// When the log does not reach back so far, or the lake cannot be read.
    pub fn since(
        &self,
        version: u64,
        receive: &mut dyn FnMut(New) -> ControlFlow<()>,
    ) -> Result<Vec<Untold>, LakeError> {
        let mut commits = Vec::new();
        for version in version + 1..=self.version()? {
            if let Some(brought) = self.wait(self.log.brought(version))? {
                commits.push((version, brought));
            }
        }
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let objects = self.objects(TABLE)?.into_iter();
        let there = objects.filter_map(|object| object.location.filename().map(str::to_owned)).collect();
        let history =
            History { lake: self, since: version, commits: &commits, live: self.log.live()?, there };
        // What is known of sources whose news come with a later commit.
        let (mut known, mut untold) = (BTreeMap::new(), Vec::new());
        for (at, (version, brought)) in commits.iter().enumerate() {
            let mut news = News::default();
            for (id, ingest) in ingests(brought) {
                let (late, replaced) = (known.remove(id), files_of(&brought.removed, id));
                // A second half: of the first something is to come still.
                let is_beside = late.is_some() && replaced.is_empty();
                match history.told(at, id, ingest, late.unwrap_or(replaced))? {
                    Told::Here { rows, before } => {
                        if is_beside {
                            known.insert(id, before.iter().chain(&rows).map(owned).collect());
                        }
                        news.add(id, rows, before);
                    }
                    Told::Later { before } => {
                        known.insert(id, before);
                    }
                    Told::Never => untold.push(Untold { version: *version, source: id.clone() }),
                }
            }
            if news.tell(self, &mut |exposures| receive(New { version: *version, exposures }))?.is_break() {
                break;
            }
        }
        Ok(untold)
    }

    /// All exposures that there are, in parts of which the next follows in the order of the table.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn everything(
        &self,
        receive: &mut dyn FnMut(Vec<Exposure>) -> ControlFlow<()>,
    ) -> Result<(), LakeError> {
        let mut all = News::default();
        for file in self.log.live()? {
            for id in file.sources.keys() {
                all.add(id, Files::from([(file.path.clone(), file.size)]), Files::new());
            }
        }
        all.tell(self, receive).map(|_| ())
    }
}

/// How what a commit brought of a source is told.
enum Told {
    /// It is what stands in `rows` and not in `before`.
    Here { rows: Files, before: Files },
    /// With a later commit, as what was not in `before`.
    Later { before: Files },
    /// Not at all.
    Never,
}

/// Where the other half of an ingest is.
enum Other {
    /// There is none, or it is told with this one.
    None,
    /// In files that are there.
    Here(Files),
    /// In files that are gone.
    Gone,
}

/// What came after a version, and what is left of it.
struct History<'l> {
    lake: &'l Lake,
    since: u64,
    commits: &'l [(u64, Brought)],
    live: Vec<Live>,
    /// The files of the table, named or not.
    there: BTreeSet<String>,
}

impl History<'_> {
    /// How what the commit at place `at` brought of a source is told to those who know what stands in `before` of it.
    fn told(&self, at: usize, id: &str, ingest: &str, mut before: Files) -> Result<Told, LakeError> {
        let Some((_, brought)) = self.commits.get(at) else { return Ok(Told::Never) };
        let own = files_of(&brought.fresh, id);
        if self.are_there(&own) {
            return Ok(self.compared(own, before));
        }
        let is_moved = |file: &&Live| file.sources.get(id).is_some_and(|other| stem(other) == stem(ingest));
        let moved = files_of(self.live.iter().filter(is_moved), id);
        if let Some(whole) = whole_of(ingest) {
            return Ok(match self.second_half(at, id, whole) {
                // What was replaced since comes with what is there in its place.
                _ if moved.is_empty() => Told::Later { before },
                Other::None => self.compared(moved, before),
                Other::Here(second) => {
                    before.extend(second);
                    self.compared(moved, before)
                }
                Other::Gone => Told::Later { before },
            });
        }
        match self.first_half(at, id, ingest)? {
            Other::None => {}
            Other::Here(first) => before.extend(first),
            Other::Gone => return Ok(Told::Never),
        }
        Ok(if moved.is_empty() { Told::Later { before } } else { self.compared(moved, before) })
    }

    fn compared(&self, rows: Files, before: Files) -> Told {
        if self.are_there(&before) { Told::Here { rows, before } } else { Told::Never }
    }

    fn are_there(&self, files: &Files) -> bool {
        files.keys().all(|file| self.there.contains(file))
    }

    /// The second half of an ingest of which the commit at place `at` brought the first.
    fn second_half(&self, at: usize, id: &str, whole: &str) -> Other {
        let mut later = self.commits.iter().skip(at + 1);
        let second = later.find(|(_, brought)| brings(brought, id, whole));
        second.map_or(Other::None, |(_, brought)| self.half(brought, id))
    }

    /// The first half of an ingest of which the commit at place `at` brought the second, if it is one.
    fn first_half(&self, at: usize, id: &str, ingest: &str) -> Result<Other, LakeError> {
        let half = half_of(ingest);
        let mut earlier = self.commits.iter().take(at);
        if let Some((_, brought)) = earlier.find(|(_, brought)| brings(brought, id, &half)) {
            // Of what is gone nothing was told, and it comes with this one.
            return Ok(match self.half(brought, id) {
                Other::Gone => Other::None,
                other => other,
            });
        }
        let Some((_, brought)) = self.commits.get(at) else { return Ok(Other::None) };
        let is_replaced = brought.removed.iter().any(|file| file.sources.contains_key(id));
        if is_replaced || brought.first.contains(id) {
            return Ok(Other::None);
        }
        // Before the source came so, somebody had it: by half, or it was forgotten.
        for version in (1..=self.since).rev() {
            match self.lake.wait(self.lake.log.brought(version)) {
                Ok(Some(brought)) if brings(&brought, id, &half) => return Ok(self.half(&brought, id)),
                Ok(Some(brought)) if ingests(&brought).contains_key(&id.to_owned()) => break,
                Ok(_) => {}
                Err(LakeError::LogCut { .. }) => return Ok(Other::Gone),
                Err(error) => return Err(error),
            }
        }
        Ok(Other::None)
    }

    /// The half of an ingest that a commit brought.
    fn half(&self, brought: &Brought, id: &str) -> Other {
        let files = files_of(&brought.fresh, id);
        if self.are_there(&files) { Other::Here(files) } else { Other::Gone }
    }
}

/// The sources that a commit brought, each with its ingest.
fn ingests(brought: &Brought) -> BTreeMap<&String, &String> {
    brought.fresh.iter().flat_map(|file| &file.sources).collect()
}

fn brings(brought: &Brought, id: &str, ingest: &str) -> bool {
    brought.fresh.iter().any(|file| file.sources.get(id).is_some_and(|other| other == ingest))
}

fn owned((path, bytes): (&String, &u64)) -> (String, u64) {
    (path.clone(), *bytes)
}

/// Those files in which rows of a source may be.
fn files_of<'f>(files: impl IntoIterator<Item = &'f Live>, id: &str) -> Files {
    let files = files.into_iter().filter(|file| file.sources.contains_key(id));
    files.map(|file| (file.path.clone(), file.size)).collect()
}
