//! Rows in any order into sorted runs: in memory, and, when there are more than fit, in an encrypted file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mizumori_read::{SpoolWriter, Unreadable};
use mizumori_scan::Progress;

use crate::error::LakeError;
use crate::maintain::KeptOut;
use crate::merge::{self, Cutting, Loaded, RunFiles, Runs, SharedBy};
use crate::rows::{Key, Row, Rows, Shared};
use crate::run_file::{Reads, RunFile};
use crate::write::{Facts, Origin};

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
    origins: &'o [Origin],
    limits: SortLimits,
    memory: InMemory,
    held: usize,
    spilled: Vec<RunFile>,
    spilled_bytes: u64,
    kept_out: &'o KeptOut,
    progress: &'o Progress,
}

impl<'o> Sorter<'o> {
    /// Sorts rows of the sources `origins`; those of accounts that are `kept_out` are dropped.
    pub(crate) fn new(
        origins: &'o [Origin],
        limits: SortLimits,
        kept_out: &'o KeptOut,
        progress: &'o Progress,
    ) -> Self {
        let (memory, spilled) = (InMemory::default(), Vec::new());
        Self { origins, limits, memory, held: 0, spilled, spilled_bytes: 0, kept_out, progress }
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
    pub(crate) const fn spilled_bytes(&self) -> u64 {
        self.spilled_bytes
    }

    /// Merges all runs into files, which `open` begins.
    pub(crate) fn write<W: Write + Send>(
        mut self,
        file_rows: u64,
        open: &(dyn Fn() -> Result<W, LakeError> + Sync),
    ) -> Result<Vec<(W, Facts)>, LakeError> {
        let cutting = Cutting { threads: self.limits.threads, file_rows, progress: Some(self.progress) };
        if self.spilled.is_empty() {
            return merge::write(&self.memory, self.origins, cutting, open);
        }
        self.spill()?;
        let runs = RunFiles::new(&self.spilled, self.origins, &|_| true);
        merge::write(&runs, self.origins, cutting, open)
    }

    /// Writes what is in memory to disk, as one run.
    fn spill(&mut self) -> Result<(), LakeError> {
        if self.memory.chunks.is_empty() {
            return Ok(());
        }
        let limit = self.limits.disk_bytes.saturating_sub(self.spilled_bytes);
        let folder: &Path = &self.limits.folder;
        let open = || Ok(SpoolSink(SpoolWriter::new(folder, 0, limit)));
        let cutting =
            Cutting { threads: self.limits.threads, file_rows: u64::MAX, progress: Some(self.progress) };
        let written = merge::write(&self.memory, self.origins, cutting, &open)?;
        self.memory = InMemory::default();
        self.held = 0;
        for (sink, _) in written {
            let spool = sink.0.finish().map_err(from_spool)?;
            let at: Arc<dyn mizumori_read::ReadAt> = Arc::new(spool);
            self.spilled_bytes += at.len();
            self.spilled.push(RunFile::open("a spilled run", at, Reads::Joined)?);
        }
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

/// Writes into a spool.
struct SpoolSink<'f>(SpoolWriter<'f>);

impl Write for SpoolSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn from_spool(error: Unreadable) -> LakeError {
    LakeError::Io(io::Error::other(error.to_string()))
}
