//! Rows in whatever order become segments: in order, straight into one; else as sorted runs that are merged in the end.
//!
//! Runs are segments like others, under names that no manifest has, in the index's own folder: an index is kept as safely as
//! what it holds deserves, a temporary folder is not. Whoever writes next deletes what is left of them after a crash.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::pool::Pool;
use crate::digest::{HashKind, Key};
use crate::error::{GuardError, Result};
use crate::row::{Merged, Row, Rows};
use crate::segment::{SegmentWriter, Written};

/// Blocks in order after which they are written as they come.
const ENOUGH: usize = 64;

/// Where new segments go.
pub(super) type Paths<'p> = &'p (dyn Fn(HashKind) -> PathBuf + Sync);

/// Sorted blocks that become a run.
pub(super) type Run = (HashKind, Vec<Vec<Row>>);

/// Gathers the rows of one kind.
pub(super) struct Gather<'p> {
    kind: HashKind,
    paths: Paths<'p>,
    /// Bytes of rows that may be held before they are written.
    most: usize,
    /// Where room for rows goes when they are written.
    pool: &'p Pool<Row>,
    state: State,
    spill: SyncSender<Run>,
    runs: Vec<Written>,
}

enum State {
    /// In memory; whether they came in order so far.
    Held { blocks: Vec<Vec<Row>>, bytes: usize, in_order: bool },
    /// They come in order, and go straight into a segment.
    Streaming(Box<SegmentWriter>),
}

impl State {
    const EMPTY: Self = Self::Held { blocks: Vec::new(), bytes: 0, in_order: true };
}

/// Writes runs beside whoever gathers them.
pub(super) struct Spiller<'p> {
    paths: Paths<'p>,
    blocks: Receiver<Run>,
}

impl<'p> Spiller<'p> {
    /// One, and what sends to it. It takes the next run when it has written the one before: two are held at a time.
    pub(super) fn new(paths: Paths<'p>) -> (SyncSender<Run>, Self) {
        let (send, blocks) = sync_channel(0);
        (send, Self { paths, blocks })
    }

    /// Writes what comes.
    pub(super) fn run(self) -> Result<Vec<Written>> {
        self.blocks.iter().map(|(kind, blocks)| write_run(kind, blocks, self.paths)).collect()
    }
}

impl<'p> Gather<'p> {
    /// For rows of one kind; `most` bytes may be held.
    pub(super) fn new(
        kind: HashKind,
        most: usize,
        paths: Paths<'p>,
        spill: SyncSender<Run>,
        pool: &'p Pool<Row>,
    ) -> Self {
        Self { kind, paths, most, pool, state: State::EMPTY, spill, runs: Vec::new() }
    }

    /// Takes a sorted block; whether it was sorted when it came, and behind the one before, is for the next one to know.
    pub(super) fn take(&mut self, block: Vec<Row>, block_in_order: bool) -> Result<()> {
        let Some(first) = block.first().map(|row| row.key) else { return Ok(()) };
        if let State::Streaming(writer) = &mut self.state {
            if block_in_order && writer.last().is_none_or(|last| last <= first) {
                block.iter().try_for_each(|row| writer.push(*row))?;
                self.pool.give(block);
                return Ok(());
            }
            self.end_stream()?;
        }
        let State::Held { blocks, bytes, in_order } = &mut self.state else { return Ok(()) };
        let follows = last_of(blocks).is_none_or(|last| last <= first);
        *in_order &= block_in_order && follows;
        *bytes += block.capacity() * size_of::<Row>();
        blocks.push(block);
        if *in_order && blocks.len() >= ENOUGH {
            let blocks = std::mem::take(blocks);
            self.stream(blocks)
        } else if *bytes >= self.most {
            self.spill()
        } else {
            Ok(())
        }
    }

    /// Goes over to writing what comes.
    fn stream(&mut self, blocks: Vec<Vec<Row>>) -> Result<()> {
        let mut writer = SegmentWriter::create(&(self.paths)(self.kind), self.kind, None)?;
        blocks.into_iter().flatten().try_for_each(|row| writer.push(row))?;
        self.state = State::Streaming(Box::new(writer));
        Ok(())
    }

    fn end_stream(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::EMPTY) {
            State::Streaming(writer) => self.runs.push(writer.finish()?),
            held @ State::Held { .. } => self.state = held,
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        if let State::Held { blocks, .. } = std::mem::replace(&mut self.state, State::EMPTY) {
            // A spiller that is gone has failed, and says why itself.
            self.spill.send((self.kind, blocks)).map_err(|_| GuardError::Interrupted)?;
        }
        Ok(())
    }

    /// The runs, those of the spiller apart.
    pub(super) fn finish(mut self) -> Result<Vec<Written>> {
        self.end_stream()?;
        if let State::Held { blocks, .. } = std::mem::replace(&mut self.state, State::EMPTY)
            && !blocks.is_empty()
        {
            self.runs.push(write_run(self.kind, blocks, self.paths)?);
        }
        Ok(self.runs)
    }
}

fn last_of(blocks: &[Vec<Row>]) -> Option<Key> {
    blocks.last().and_then(|block| block.last()).map(|row| row.key)
}

fn write_run(kind: HashKind, blocks: Vec<Vec<Row>>, paths: Paths<'_>) -> Result<Written> {
    let rows = blocks.iter().map(|block| block.len() as u64).sum();
    let mut writer = SegmentWriter::create(&paths(kind), kind, Some(rows))?;
    Merged::new(blocks.into_iter().map(Block::from)).ahead(|rows| writer.push_all(rows, &mut |_| Ok(())))?;
    writer.finish()
}

/// A block, row by row.
pub(super) struct Block(std::vec::IntoIter<Row>);

impl From<Vec<Row>> for Block {
    fn from(rows: Vec<Row>) -> Self {
        Self(rows.into_iter())
    }
}

impl Rows for Block {
    fn next(&mut self) -> Result<Option<Row>> {
        Ok(self.0.next())
    }
}
