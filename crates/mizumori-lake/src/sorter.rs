//! Rows in any order into sorted runs: in memory, and, when there are more than fit, in an encrypted file.

use std::path::PathBuf;

use mizumori_scan::Progress;

use crate::error::LakeError;
use crate::forget::KeptOut;
use crate::merge::{self, Cutting, Loaded, Runs, SharedBy, Sink};
use crate::rows::{Key, Row, Rows, Shared};
use crate::spill::{SpillWriter, SpilledRun};

/// A sorted chunk gives a sample for so many rows.
const SAMPLE: usize = 4096;

/// Limits of a sort.
#[derive(Clone, Debug)]
pub(crate) struct SortLimits {
    /// Bytes of rows in memory.
    pub(crate) memory_bytes: u64,
    /// Bytes on disk.
    pub(crate) disk_bytes: u64,
    /// The folder for what does not fit into memory.
    pub(crate) folder: PathBuf,
    /// Cores.
    pub(crate) threads: usize,
}

/// Takes rows and keeps them in sorted runs.
pub(crate) struct Sorter<'o> {
    limits: SortLimits,
    memory: InMemory,
    held: usize,
    spilled: Vec<SpilledRun>,
    kept_out: &'o KeptOut,
    progress: &'o Progress,
}

impl<'o> Sorter<'o> {
    /// Sorts rows; those of accounts that are `kept_out` are dropped.
    pub(crate) fn new(limits: SortLimits, kept_out: &'o KeptOut, progress: &'o Progress) -> Self {
        Self { limits, memory: InMemory::default(), held: 0, spilled: Vec::new(), kept_out, progress }
    }

    /// Takes [settled](Rows::settle) rows.
    pub(crate) fn push(&mut self, rows: Rows) -> Result<(), LakeError> {
        if rows.rows.is_empty() {
            return Ok(());
        }
        let mut rows = rows.renumbered(&mut self.memory.shared);
        if !self.kept_out.is_empty() {
            rows.retain(|row| !self.kept_out.contains(&(row.hi, row.lo)));
        }
        rows.shrink_to_fit();
        self.held += rows.len() * size_of::<Row>();
        self.memory.chunks.push(rows);
        if (self.held + self.memory.shared.weight()) as u64 > self.limits.memory_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// How much went to disk, in bytes.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.spilled.iter().map(SpilledRun::len).sum()
    }

    /// Merges all runs into files, which `begin` begins.
    pub(crate) fn write<S: Sink>(
        mut self,
        file_rows: u64,
        begin: &(dyn Fn() -> Result<S, LakeError> + Sync),
    ) -> Result<Vec<S::Done>, LakeError> {
        if self.spilled.is_empty() {
            return merge::write(&self.memory, self.cutting(file_rows), begin);
        }
        self.spill()?;
        merge::write(&*self.spilled, self.cutting(file_rows), begin)
    }

    fn cutting(&self, file_rows: u64) -> Cutting<'o> {
        let SortLimits { threads, memory_bytes, .. } = self.limits;
        Cutting { progress: Some(self.progress), ..Cutting::new(threads, memory_bytes, file_rows) }
    }

    /// Writes what is in memory to disk, as one run.
    fn spill(&mut self) -> Result<(), LakeError> {
        if self.memory.chunks.is_empty() {
            return Ok(());
        }
        let limit = self.limits.disk_bytes.saturating_sub(self.spilled_bytes());
        let begin = || Ok(SpillWriter::new(&self.limits.folder, limit));
        let written = merge::write(&self.memory, self.cutting(u64::MAX), &begin)?;
        self.spilled.extend(written);
        self.memory = InMemory::default();
        self.held = 0;
        Ok(())
    }
}

/// Runs in memory.
#[derive(Default)]
struct InMemory {
    chunks: Vec<Vec<Row>>,
    shared: Shared,
}

impl Runs for InMemory {
    fn samples(&self) -> Vec<(Key, u64)> {
        let chunks = self.chunks.iter().flat_map(|chunk| chunk.chunks(SAMPLE));
        chunks.filter_map(|rows| Some((rows.first()?.key(), rows.len() as u64))).collect()
    }

    fn load(&self, from: Key, to: Option<Key>) -> Result<Loaded<'_>, LakeError> {
        let mut rows = Vec::new();
        for chunk in &self.chunks {
            let first = chunk.partition_point(|row| row.key() < from);
            let end = to.map_or(chunk.len(), |to| chunk.partition_point(|row| row.key() < to));
            rows.extend_from_slice(chunk.get(first..end).unwrap_or_default());
        }
        Ok(Loaded { rows, shared: SharedBy::Runs(&self.shared) })
    }
}
