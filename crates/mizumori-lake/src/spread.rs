//! An ingest on many machines, in two steps: each fills runs with some of the dumps, and then each merges a range of keys of all runs
//! into files. Whoever spreads it commits what is left at the end; runs on the way are named by nothing, ever.
//!
//! Machines write to the lake themselves and have its keys from their own configuration: no order carries one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use mizumori_core::keys::KeyRing;
use mizumori_core::{SourceIndex, TagKey, WatchList};
use mizumori_scan::Progress;
use serde::{Deserialize, Serialize};

use crate::error::{LakeError, damaged};
use crate::fill::{Filled, ThisMachine, Work, Written};
use crate::gather::Part;
use crate::ingest::FILE_ROWS;
use crate::lake::Lake;
use crate::manifest::Ingests;
use crate::merge::{self, Cutting, RunFiles};
use crate::method::{Commits, Ingest, Keep, Material, Missing, Refused};
use crate::rows::Key;
use crate::tally::{CountKey, CountTags, Counter};
use crate::write::Origin;

/// What a machine is to do with its dumps.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FillOrder {
    /// The lake's URL.
    lake: String,
    /// The data keys that the ring has to have: without one, less would be sealed than is said.
    data_keys: Vec<String>,
    /// The text of the watch list.
    watch: Option<String>,
    everything: bool,
    level: Option<String>,
    part: Part,
    ingests: Vec<Option<String>>,
}

/// What came of it. The tags of what is to be counted are apart.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    files: Vec<Written>,
    unreadable: Vec<(String, String)>,
    uncounted: u64,
    unsealed: u64,
    spilled: u64,
    bytes: u64,
    lines: u64,
    addresses: u64,
    rejected: u64,
}

/// A stretch of keys: from the first on, and before the second.
type Range = (Key, Option<Key>);

/// A file that is to be made of runs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeOrder {
    /// The lake's URL.
    lake: String,
    /// Paths and sizes of the runs.
    runs: Vec<(String, u64)>,
    ranges: Vec<Range>,
    origins: Vec<Origin>,
}

impl FillOrder {
    /// What every machine has to know that takes some dumps of `work`.
    pub fn new(lake: &Lake, work: &Work<'_>) -> Self {
        Self {
            lake: lake.url().to_owned(),
            data_keys: data_keys(work.ring),
            watch: work.how.keep.watch().map(|watch| watch.text.to_string()),
            everything: matches!(work.how.keep, Keep::Everything(_)),
            level: work.how.level.map(|level| level.as_str().to_owned()),
            part: work.part,
            ingests: work.ingests.to_vec(),
        }
    }

    /// The URL of the lake.
    pub fn lake(&self) -> &str {
        &self.lake
    }

    /// Does it: writes the rows of `material` into runs, and gives what came of it, with the tags, under `key`, of what is to be
    /// counted as bytes.
    ///
    /// # Errors
    /// When the keys are not those of who gave the order, or as those of an ingest.
    pub fn fill(
        &self,
        lake: &Lake,
        ring: &KeyRing,
        machine: &ThisMachine,
        material: &Material<'_>,
        key: TagKey,
    ) -> Result<(Run, Vec<u8>), LakeError> {
        lake.check_keys(ring)?;
        let there = data_keys(ring);
        if let Some(number) = self.data_keys.iter().find(|number| !there.contains(number)) {
            return Err(LakeError::DataKeyMissing(number.clone()));
        }
        let wrong = |why: &dyn std::fmt::Display| damaged("an order", why);
        let watch = self.watch.as_deref().map(|text| WatchList::parse("the watch list", text));
        let watch = watch.transpose().map_err(|error| wrong(&error))?;
        let keep = match (&watch, self.everything) {
            (watch, true) => Keep::Everything(watch.as_ref()),
            (Some(watch), false) => Keep::Watched(watch),
            (None, false) => return Err(wrong(&"nothing says which accounts to keep")),
        };
        let how = Ingest {
            runner: machine,
            keep,
            level: self
                .level
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|_| wrong(&"an unknown level"))?,
            missing: Missing::Refused,
            refused: Refused::EndsIt,
            commits: Commits::One,
            beside: None,
        };
        let count_key = CountKey::keyed(material.sources, key);
        let (kept_out, progress) = (lake.suppressed()?, Progress::default());
        let work = Work {
            ring,
            material,
            how: &how,
            part: self.part,
            ingests: &self.ingests,
            // The driver decides, and commits.
            there: &Ingests::new(),
            kept_out: &kept_out,
            count_key: &count_key,
            progress: &progress,
        };
        let mut counts: BTreeMap<SourceIndex, CountTags> = BTreeMap::new();
        let Filled { files, unreadable, uncounted, unsealed, spilled, .. } =
            machine.sort(lake, &work, &mut |tags| {
                let source = tags.source;
                counts.entry(source).or_insert_with(|| count_key.begin(source)).append(tags);
            })?;
        let (files, empty): (Vec<_>, Vec<_>) = files.into_iter().partition(|written| written.file.rows > 0);
        lake.wait(lake.log.discard(&empty.into_iter().map(|written| written.file).collect::<Vec<_>>()));
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let run = Run {
            files,
            unreadable,
            uncounted,
            unsealed,
            spilled,
            bytes: read(&progress.bytes),
            lines: read(&progress.lines),
            addresses: read(&progress.addresses),
            rejected: read(&progress.rejected),
        };
        Ok((run, CountTags::to_bytes(counts.into_values())))
    }
}

impl MergeOrder {
    /// The URL of the lake.
    pub fn lake(&self) -> &str {
        &self.lake
    }

    /// Does it.
    ///
    /// # Errors
    /// When a run cannot be read, or the file not be written.
    pub fn merge(&self, lake: &Lake) -> Result<Written, LakeError> {
        let open = |(path, size): &(String, u64)| lake.open_run(path, *size);
        let files = self.runs.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let runs = RunFiles::new(&files, &self.origins, &|_| true);
        let written = merge::write_file(&runs, &self.ranges, None, lake.new_file(&self.origins)?)?;
        let written = lake.finish_files(vec![written])?;
        written.into_iter().next().ok_or_else(|| damaged("an order", "it makes no file"))
    }
}

/// What the machines have done, brought together.
pub struct Spread<'s> {
    work: &'s Work<'s>,
    filled: Filled,
    counter: Counter,
    /// How many machines' worth of rows there is.
    runs: usize,
}

impl<'s> Spread<'s> {
    /// Nothing is done yet.
    pub fn new(work: &'s Work<'s>) -> Self {
        Self { work, filled: Filled::default(), counter: Counter::default(), runs: 0 }
    }

    /// Takes what came of a [`FillOrder`].
    ///
    /// # Errors
    /// When `counts` are no tags of this work.
    pub fn take(&mut self, run: Run, counts: &[u8]) -> Result<(), LakeError> {
        let tags = CountTags::from_bytes(self.work.count_key, counts);
        for tags in tags.ok_or_else(|| damaged("a run", "what it counts cannot be read"))? {
            self.counter.merge(tags);
        }
        let progress = self.work.progress;
        for (counter, more) in [
            (&*progress.bytes, run.bytes),
            (&progress.lines, run.lines),
            (&progress.addresses, run.addresses),
            (&progress.rejected, run.rejected),
        ] {
            counter.fetch_add(more, Ordering::Relaxed);
        }
        self.runs += usize::from(!run.files.is_empty());
        self.filled.files.extend(run.files);
        self.filled.unreadable.extend(run.unreadable);
        self.filled.uncounted += run.uncounted;
        self.filled.unsealed += run.unsealed;
        self.filled.spilled += run.spilled;
        Ok(())
    }

    /// What is left to do; nothing where one machine has all rows.
    pub fn merges(&self, lake: &Lake) -> Vec<MergeOrder> {
        if self.runs < 2 {
            return Vec::new();
        }
        let files = &self.filled.files;
        let key = |hi: i64| Key { hi, ..Key::FIRST };
        let samples = files.iter().flat_map(|file| &file.marks).map(|(hi, rows)| (key(*hi), *rows)).collect();
        // As many machines as filled runs have something to do.
        let cutting = Cutting::new(self.runs, u64::MAX, FILE_ROWS);
        let order = |ranges: Vec<Range>| {
            let end = ranges.last().and_then(|(_, end)| *end);
            let from = ranges.first().map_or(Key::FIRST, |(from, _)| *from);
            let runs = files.iter().filter(|file| file.lies_in(from, end));
            MergeOrder {
                lake: lake.url().to_owned(),
                runs: runs.map(|file| (file.file.path.clone(), file.file.size)).collect(),
                ranges,
                origins: self.work.origins(),
            }
        };
        merge::plan(samples, cutting).into_iter().map(order).collect()
    }

    /// Ends it, with what came of the merges, in their order.
    ///
    /// # Errors
    /// When the lake cannot begin a file.
    pub fn finish(mut self, lake: &Lake, merged: Vec<Written>) -> Result<Filled, LakeError> {
        if !merged.is_empty() {
            let runs = std::mem::replace(&mut self.filled.files, merged);
            lake.wait(lake.log.discard(&runs.into_iter().map(|run| run.file).collect::<Vec<_>>()));
        }
        // A source without a row is in the lake too, in a file that says so.
        if self.filled.files.is_empty() {
            let none = RunFiles::new(&[], &[], &|_| true);
            let written = merge::write_file(&none, &[], None, lake.new_file(&[])?)?;
            self.filled.files = lake.finish_files(vec![written])?;
        }
        self.filled.counts = self.counter.finish();
        Ok(self.filled)
    }
}

impl Written {
    /// Whether rows of it may lie from `from` on and before `end`.
    fn lies_in(&self, from: Key, end: Option<Key>) -> bool {
        self.keys.is_some_and(|(first, last)| from <= last && end.is_none_or(|end| first < end))
    }
}

fn data_keys(ring: &KeyRing) -> Vec<String> {
    ring.data_keys().map(|key| key.number().to_string()).collect()
}
