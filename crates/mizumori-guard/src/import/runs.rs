//! Sorted runs become one segment.

use std::collections::VecDeque;

use crate::digest::HashKind;
use crate::error::{GuardError, Result};
use crate::index::{IndexWriter, merge_files};
use crate::row::{Row, Rows};
use crate::segment::Written;

/// Bytes that a stream of a merge takes: three parts of a MiB are held.
const STREAM: u64 = 4 << 20;

/// One segment of all runs; as many at once as the memory allows.
pub(super) fn merged(
    writer: &IndexWriter,
    kind: HashKind,
    runs: VecDeque<Written>,
    memory: u64,
    on: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Option<Written>> {
    let runs = fewer(writer, kind, runs, memory, on)?;
    if runs.len() < 2 {
        return Ok(runs.into_iter().next());
    }
    let paths: Vec<_> = runs.iter().map(|run| run.path.clone()).collect();
    let written = merge_files(&paths, &writer.new_path(kind), kind, on)?;
    delete(&runs)?;
    Ok(Some(written))
}

/// No more runs than the memory allows to be merged at once.
pub(super) fn fewer(
    writer: &IndexWriter,
    kind: HashKind,
    mut runs: VecDeque<Written>,
    memory: u64,
    on: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Vec<Written>> {
    let at_once = usize::try_from(memory / 2 / STREAM).unwrap_or(usize::MAX).clamp(2, 256);
    while runs.len() > at_once {
        // The oldest first: what was merged waits until all others were.
        let part: Vec<_> = runs.drain(..at_once).collect();
        let paths: Vec<_> = part.iter().map(|run| run.path.clone()).collect();
        runs.push_back(merge_files(&paths, &writer.new_path(kind), kind, on)?);
        delete(&part)?;
    }
    Ok(runs.into())
}

/// Deletes runs that are in another one now.
pub(super) fn delete(runs: &[Written]) -> Result<()> {
    runs.iter()
        .try_for_each(|run| std::fs::remove_file(&run.path).map_err(GuardError::io("delete", &run.path)))
}

/// Bytes that are hashed at once: of few, BLAKE3 has one core's lanes idle.
const BUFFER: usize = 1 << 16;

/// Rows that are hashed on their way, to their end.
pub(super) struct Hashed<'h, R> {
    rows: R,
    id: &'h mut blake3::Hasher,
    buffer: Vec<u8>,
}

impl<'h, R> Hashed<'h, R> {
    pub(super) const fn new(rows: R, id: &'h mut blake3::Hasher) -> Self {
        Self { rows, id, buffer: Vec::new() }
    }
}

impl<R: Rows> Rows for Hashed<'_, R> {
    fn next(&mut self) -> Result<Option<Row>> {
        let row = self.rows.next()?;
        if let Some(row) = &row {
            self.buffer.extend(row.key.to_bytes());
            self.buffer.extend(row.count.to_le_bytes());
        }
        if row.is_none() || self.buffer.len() >= BUFFER {
            self.id.update(&self.buffer);
            self.buffer.clear();
        }
        Ok(row)
    }
}
