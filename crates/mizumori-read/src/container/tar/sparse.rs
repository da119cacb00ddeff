//! Sparse files: the parts that are in the archive, and zeros between them.

use std::io::{self, Read};

use super::Tape;
use super::header::BLOCK;
use super::pax::decimal;
use crate::{Format, Unreadable};

/// Most parts that a sparse file may have.
const PARTS: usize = 1 << 20;

const DAMAGED: Unreadable =
    Unreadable::Damaged { format: Format::Tar, what: "a broken list of a sparse file's parts" };

/// Where the parts of a sparse file belong.
pub(super) struct Map {
    parts: Vec<(u64, u64)>,
    size: u64,
}

impl Map {
    pub(super) fn new(size: u64) -> Self {
        Self { parts: Vec::new(), size }
    }

    /// Adds a part of `len` bytes at `offset`, behind all others.
    pub(super) fn push(&mut self, offset: u64, len: u64) -> Result<(), Unreadable> {
        let end = self.parts.last().map_or(0, |(offset, len)| offset.saturating_add(*len));
        if self.parts.len() >= PARTS || offset < end || offset.checked_add(len).is_none() {
            return Err(DAMAGED);
        }
        if len > 0 {
            self.parts.push((offset, len));
        }
        Ok(())
    }

    /// Format 1.0 of GNU tar: decimal numbers, a line each, padded to a block, in front of the data.
    pub(super) fn read(tape: &mut Tape<'_>, size: u64) -> Result<Self, Unreadable> {
        let mut map = Self::new(size);
        let mut used = 0_usize;
        let count = line(tape, &mut used)?;
        for _ in 0..count {
            let offset = line(tape, &mut used)?;
            let len = line(tape, &mut used)?;
            map.push(offset, len)?;
        }
        let padding = used.next_multiple_of(BLOCK) - used;
        io::copy(&mut tape.take(padding as u64), &mut io::sink()).map_err(|e| Unreadable::from_io(&e))?;
        Ok(map)
    }
}

fn line(tape: &mut Tape<'_>, used: &mut usize) -> Result<u64, Unreadable> {
    let mut digits = [0; 21];
    for i in 0..digits.len() {
        let mut byte = [0];
        if tape.read(&mut byte).map_err(|e| Unreadable::from_io(&e))? == 0 {
            return Err(Unreadable::Truncated(Format::Tar));
        }
        *used += 1;
        match (byte, digits.get_mut(i)) {
            ([b'\n'], _) => return decimal(digits.get(..i).unwrap_or_default()).ok_or(DAMAGED),
            ([byte], Some(digit)) => *digit = byte,
            _ => break,
        }
    }
    Err(DAMAGED)
}

/// A file's content as it was on the disk: the data on the tape, with the holes of `map` between its parts.
pub(super) struct Unpacked<'t, 'a> {
    tape: &'t mut Tape<'a>,
    map: Option<Map>,
    part: usize,
    position: u64,
}

impl<'t, 'a> Unpacked<'t, 'a> {
    pub(super) fn new(tape: &'t mut Tape<'a>, map: Option<Map>) -> Self {
        Self { tape, map, part: 0, position: 0 }
    }

    /// Reads at most `len` bytes of data; the tape must have them.
    fn data(&mut self, buf: &mut [u8], len: u64) -> io::Result<usize> {
        let n = usize::try_from(len).unwrap_or(usize::MAX).min(buf.len());
        let n = self.tape.read(buf.get_mut(..n).unwrap_or_default())?;
        if n == 0 {
            return Err(Unreadable::Truncated(Format::Tar).into_io());
        }
        self.position = self.position.saturating_add(n as u64);
        Ok(n)
    }
}

impl Read for Unpacked<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let Some(map) = &self.map else {
            return match self.tape.left() {
                0 => Ok(0),
                left => self.data(buf, left),
            };
        };
        let (hole_end, data_end) = match map.parts.get(self.part) {
            Some((offset, len)) => (*offset, offset.saturating_add(*len)),
            None => (map.size, map.size),
        };
        if self.position < hole_end {
            let n = usize::try_from(hole_end - self.position).unwrap_or(usize::MAX).min(buf.len());
            buf.get_mut(..n).unwrap_or_default().fill(0);
            self.position += n as u64;
            return Ok(n);
        }
        if self.position >= data_end {
            return Ok(0);
        }
        let n = self.data(buf, data_end - self.position)?;
        if self.position == data_end {
            self.part += 1;
        }
        Ok(n)
    }
}
