//! A tape: blocks, and data that is padded to whole blocks.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::header::BLOCK;
use crate::read_at::fill;
use crate::walk::BUFFER;
use crate::{ReadAt, ReadAtCursor};

/// Where the archive is read from, and how far.
pub(crate) struct Tape<'a> {
    reel: Reel<'a>,
    position: u64,
    /// Of the current entry: data that was not read, and the padding behind it.
    left: u64,
    padding: u64,
}

enum Reel<'a> {
    /// Data that nobody wants is passed over without reading it.
    At(BufReader<ReadAtCursor>, u64),
    Stream(&'a mut dyn BufRead),
}

impl<'a> Tape<'a> {
    pub(crate) fn at(at: Arc<dyn ReadAt>) -> Self {
        let len = at.len();
        Self::new(Reel::At(BufReader::with_capacity(BUFFER, ReadAtCursor::new(at)), len))
    }

    pub(crate) fn stream(read: &'a mut dyn BufRead) -> Self {
        Self::new(Reel::Stream(read))
    }

    fn new(reel: Reel<'a>) -> Self {
        Self { reel, position: 0, left: 0, padding: 0 }
    }

    /// Offset in the archive of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Data of the current entry that was not read.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next header block, or as much as there is.
    pub(super) fn block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<usize> {
        let n = match &mut self.reel {
            Reel::At(read, _) => fill(read, block),
            Reel::Stream(read) => fill(read, block),
        }?;
        self.position = self.position.saturating_add(n as u64);
        Ok(n)
    }

    /// A block that continues the current entry's header, in front of its data.
    pub(super) fn extension(&mut self, block: &mut [u8; BLOCK]) -> io::Result<usize> {
        self.block(block)
    }

    /// An entry with `size` bytes of data begins here.
    pub(super) fn begin(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    /// Passes over what was not read of the current entry. False when the tape ends before its data does.
    pub(super) fn finish(&mut self) -> bool {
        let left = std::mem::take(&mut self.left);
        let padding = std::mem::take(&mut self.padding);
        let whole = self.skip(left) == left;
        // A last block without its padding lacks nothing.
        whole && (self.skip(padding) == padding || padding > 0)
    }

    /// Passes over `n` bytes, or as many as there are.
    fn skip(&mut self, n: u64) -> u64 {
        let skipped = match &mut self.reel {
            Reel::At(read, len) => {
                let n = n.min(len.saturating_sub(self.position));
                let moved = match i64::try_from(n) {
                    Ok(n) => read.seek_relative(n),
                    Err(_) => read.seek(SeekFrom::Start(*len)).map(|_| ()),
                };
                moved.map_or(0, |()| n)
            }
            // What the copy read before an error is not known, nor needed: the tape has ended.
            Reel::Stream(read) => io::copy(&mut read.take(n), &mut io::sink()).unwrap_or(0),
        };
        self.position = self.position.saturating_add(skipped);
        skipped
    }
}

/// The current entry's data.
impl Read for Tape<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        let buf = buf.get_mut(..n).unwrap_or_default();
        let n = match &mut self.reel {
            Reel::At(read, _) => read.read(buf),
            Reel::Stream(read) => read.read(buf),
        }?;
        self.left -= n as u64;
        self.position = self.position.saturating_add(n as u64);
        Ok(n)
    }
}
