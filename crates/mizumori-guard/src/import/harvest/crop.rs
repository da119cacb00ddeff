//! What was gathered of a source: rows that are held, and runs that were written.

use std::collections::VecDeque;
use std::mem;

use super::super::gather::Block;
use crate::row::{Merged, Row, added_up};
use crate::segment::Written;

/// Rows below which a block waits for others of its source: there may be millions of small members, and each block is a stream of
/// its own when they are merged.
pub(super) const SMALL: usize = 1 << 10;
/// Rows that may wait.
const LOOSE: usize = 1 << 14;

/// What was gathered of a source.
#[derive(Default)]
pub(super) struct Crop {
    pub(super) kinds: [Reaped; 2],
    /// Passwords that were taken.
    pub(super) passwords: u64,
    /// Passwords that were not.
    pub(super) undecodable: u64,
}

/// The hashes of one kind.
#[derive(Default)]
pub(super) struct Reaped {
    /// Of small blocks, in no order.
    loose: Vec<Row>,
    /// In order.
    blocks: Vec<Vec<Row>>,
    pub(super) runs: VecDeque<Written>,
}

/// What was held.
pub(super) struct Held {
    loose: Vec<Row>,
    blocks: Vec<Vec<Row>>,
}

impl Reaped {
    /// Takes rows: those of a block that is not small are in order. Gives the bytes that they take.
    pub(super) fn put(&mut self, rows: Vec<Row>) -> usize {
        let before = self.loose.capacity();
        if rows.len() < SMALL {
            self.loose.extend(rows);
            let bytes = (self.loose.capacity() - before) * size_of::<Row>();
            if self.loose.len() >= LOOSE {
                self.blocks.push(in_order(mem::take(&mut self.loose)));
            }
            return bytes;
        }
        let bytes = rows.capacity() * size_of::<Row>();
        self.blocks.push(rows);
        bytes
    }

    /// Takes out what is held.
    pub(super) fn take(&mut self) -> Held {
        Held { loose: mem::take(&mut self.loose), blocks: mem::take(&mut self.blocks) }
    }
}

impl Held {
    pub(super) const fn is_empty(&self) -> bool {
        self.loose.is_empty() && self.blocks.is_empty()
    }

    /// As one stream, and how many rows it has at most.
    pub(super) fn into_rows(self) -> (Merged<Block>, u64) {
        let Self { loose, mut blocks } = self;
        blocks.push(in_order(loose));
        let at_most = blocks.iter().map(|block| block.len() as u64).sum();
        (Merged::new(blocks.into_iter().map(Block::from)), at_most)
    }
}

/// Rows in the order of their keys, each once.
pub(super) fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_unstable_by_key(|row| row.key);
    added_up(&mut rows);
    rows
}
