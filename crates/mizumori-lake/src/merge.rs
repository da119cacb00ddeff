//! Sorted runs into files that do not overlap: one range of keys after the other, on all cores.
//!
//! What a range holds is loaded from every run, sorted (the sort finds the runs in it), freed of doubles and written. So
//! ingesting and optimising are one piece of work, and memory is bounded by the size of a range.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hashbrown::HashMap;
use mizumori_core::SourceIndex;
use mizumori_scan::Progress;

use crate::cores::on_cores;
use crate::error::LakeError;
use crate::rows::{Key, Row, RowOf, Rows, Shared, dedup};
use crate::run_file::RunFile;
use crate::write::Origin;

/// Files that one piece of work writes, at most: from then on they grow, so that a lake has room for many.
const MOST_FILES_AT_ONCE: u64 = 1_000;
/// Rows of a range, at most: what one core holds in memory at once.
const RANGE: u64 = 1 << 20;
/// And at least: smaller ones are more requests than work.
const SMALLEST_RANGE: u64 = RANGE / 16;
/// What a row of a range takes in memory, in bytes, with what is written of it.
const ROW_BYTES: u64 = 128;

/// Sorted runs of rows.
pub(crate) trait Runs: Sync {
    /// Keys in no order, each with the number of rows of its run from it to the next.
    fn samples(&self) -> Vec<(Key, u64)>;

    /// The rows from `from` on and before `to`.
    fn load(&self, from: Key, to: Option<Key>) -> Result<Loaded<'_>, LakeError>;
}

/// Rows of a range, and what they share.
pub(crate) struct Loaded<'r> {
    pub(crate) rows: Vec<Row>,
    pub(crate) shared: SharedBy<'r>,
}

/// What rows share: of the runs, or of this range alone.
pub(crate) enum SharedBy<'r> {
    Runs(&'r Shared),
    Range(Box<Shared>),
}

impl Deref for SharedBy<'_> {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        match self {
            Self::Runs(shared) => shared,
            Self::Range(shared) => shared,
        }
    }
}

/// Takes rows in the order of their keys.
pub(crate) trait Sink: Send {
    /// What there is at the end.
    type Done: Send;

    /// Takes `rows`, which follow those that it took before.
    fn take(&mut self, rows: &[Row], shared: &Shared) -> Result<(), LakeError>;

    /// Ends it.
    fn finish(self) -> Result<Self::Done, LakeError>;
}

/// Runs in files of the lake.
pub(crate) struct RunFiles<'f> {
    files: &'f [RunFile],
    /// The numbers of the sources whose rows are wanted.
    numbers: HashMap<&'f str, SourceIndex>,
    is_kept: &'f (dyn Fn(&RowOf<'_>) -> bool + Sync),
}

impl<'f> RunFiles<'f> {
    /// The rows of the sources `origins` in `files` that `is_kept` keeps.
    pub(crate) fn new(
        files: &'f [RunFile],
        origins: &'f [Origin],
        is_kept: &'f (dyn Fn(&RowOf<'_>) -> bool + Sync),
    ) -> Self {
        let numbers = origins.iter().enumerate().map(|(at, origin)| (&*origin.id, SourceIndex(at)));
        Self { files, numbers: numbers.collect(), is_kept }
    }
}

impl Runs for RunFiles<'_> {
    fn samples(&self) -> Vec<(Key, u64)> {
        let groups = self.files.iter().flat_map(RunFile::groups);
        groups.map(|group| (Key { hi: group.hi.0, ..Key::FIRST }, group.rows)).collect()
    }

    fn load(&self, from: Key, to: Option<Key>) -> Result<Loaded<'_>, LakeError> {
        let number = |id: &str| self.numbers.get(id).copied();
        let mut loaded = Rows::default();
        for file in self.files {
            file.load(from, to, &number, &mut loaded)?;
        }
        let Rows { mut rows, shared } = loaded;
        rows.retain(|row| (self.is_kept)(&RowOf { row: *row, shared: &shared }));
        Ok(Loaded { rows, shared: SharedBy::Range(Box::new(shared)) })
    }
}

/// How much of this machine merging may use, and who may stop it.
#[derive(Clone, Debug)]
pub struct Merging {
    /// Cores.
    pub threads: usize,
    /// Bytes of memory, roughly.
    pub memory_bytes: u64,
    /// Asks to stop.
    pub progress: Arc<Progress>,
}

impl Default for Merging {
    /// All of it, and nobody.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self { threads, memory_bytes: u64::MAX, progress: Arc::default() }
    }
}

impl Merging {
    /// Cuts files of so many rows.
    pub(crate) fn cutting(&self, file_rows: u64) -> Cutting<'_> {
        let progress = Some(&*self.progress);
        Cutting { progress, ..Cutting::new(self.threads, self.memory_bytes, file_rows) }
    }
}

/// How files are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cutting<'p> {
    /// Cores.
    pub(crate) threads: usize,
    /// Rows of a range, at most.
    pub(crate) range_rows: u64,
    /// Rows of a file, roughly.
    pub(crate) file_rows: u64,
    /// Who may ask to stop.
    pub(crate) progress: Option<&'p Progress>,
}

impl Cutting<'_> {
    /// Ranges of which so many cores have one each within so many bytes; nobody may ask to stop.
    pub(crate) fn new(threads: usize, memory_bytes: u64, file_rows: u64) -> Self {
        let each = memory_bytes / (threads.max(1) as u64) / ROW_BYTES;
        Self { threads, range_rows: each.clamp(SMALLEST_RANGE, RANGE), file_rows, progress: None }
    }
}

/// Merges `runs` into files, which `begin` begins; gives what was written, in the order of keys. There is at least one file.
pub(crate) fn write<S: Sink>(
    runs: &(impl Runs + ?Sized),
    cutting: Cutting<'_>,
    begin: &(dyn Fn() -> Result<S, LakeError> + Sync),
) -> Result<Vec<S::Done>, LakeError> {
    let files = plan(runs.samples(), cutting);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(ranges) = files.get(at) else { break };
            let written = begin().and_then(|file| write_file(runs, ranges, cutting.progress, file));
            let failed = written.is_err();
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, written));
            if failed {
                // Nobody begins another file: nothing of this work will be named.
                next.store(files.len(), Ordering::Relaxed);
            }
        }
    };
    on_cores(cutting.threads, files.len(), work);
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, written): (usize, Result<_, _>)| written).collect()
}

/// Merges what lies in `ranges`, which follow one another, into `file`.
pub(crate) fn write_file<S: Sink>(
    runs: &(impl Runs + ?Sized),
    ranges: &[(Key, Option<Key>)],
    progress: Option<&Progress>,
    mut file: S,
) -> Result<S::Done, LakeError> {
    for (from, to) in ranges {
        if progress.is_some_and(Progress::is_stopped) {
            return Err(LakeError::Interrupted);
        }
        let mut loaded = runs.load(*from, *to)?;
        loaded.rows.sort();
        dedup(&mut loaded.rows);
        file.take(&loaded.rows, &loaded.shared)?;
    }
    file.finish()
}

/// The files, each a list of ranges that follow one another; together they cover all keys.
///
/// Ranges begin where an upper half does: by the log's bounds, which know no more, two files of one run do not overlap.
pub(crate) fn plan(mut samples: Vec<(Key, u64)>, cutting: Cutting<'_>) -> Vec<Vec<(Key, Option<Key>)>> {
    for (key, _) in &mut samples {
        *key = Key { hi: key.hi, ..Key::FIRST };
    }
    samples.sort_unstable();
    let all: u64 = samples.iter().map(|(_, rows)| rows).sum();
    let threads = cutting.threads.max(1) as u64;
    // Every core gets work, and files of one size.
    let file_rows = cutting.file_rows.max(all.div_ceil(MOST_FILES_AT_ONCE)).max(1);
    let files = all.div_ceil(file_rows).max(threads.min(all.div_ceil(RANGE / 4))).max(1);
    let per_file = all.div_ceil(files).max(1);
    let ranges_of_file = per_file.div_ceil(cutting.range_rows.max(1));
    let per_range = per_file.div_ceil(ranges_of_file).max(1);
    let mut starts = vec![Key::FIRST];
    let (mut rows, mut before) = (0, 0);
    for (key, weight) in samples {
        if rows >= before + per_range && starts.last().is_some_and(|last| *last < key) {
            starts.push(key);
            before = rows;
        }
        rows += weight;
    }
    let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
    let ranges: Vec<_> = starts.iter().copied().zip(ends).collect();
    let per_file = ranges.len().div_ceil(usize::try_from(files).unwrap_or(usize::MAX)).max(1);
    ranges.chunks(per_file).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plans_cover_every_key_once(
            hi in prop::collection::vec(-50_i64..50, 0..300),
            threads in 1_usize..5,
            file_rows in 1_u64..5_000_000,
            memory_bytes in 0_u64..1 << 30,
        ) {
            let samples = hi.iter().map(|hi| (Key { hi: *hi, lo: 0, secret: 0 }, 60_000)).collect();
            let files = plan(samples, Cutting::new(threads, memory_bytes, file_rows));
            let ranges: Vec<_> = files.concat();
            prop_assert_eq!(ranges[0].0, Key::FIRST);
            prop_assert_eq!(ranges[ranges.len() - 1].1, None);
            for pair in ranges.windows(2) {
                prop_assert_eq!(pair[0].1, Some(pair[1].0));
                prop_assert!(pair[0].0 < pair[1].0);
            }
        }
    }
}
