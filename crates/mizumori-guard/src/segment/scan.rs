//! All rows of a segment in order, read as a stream, each MiB checked before a row of it is given out.
//!
//! Not through the map: pages that were looked at once would count as memory of the process, and a merge looks at all.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::footer::Layout;
use super::lookup::Segment;
use super::write::from_leb128;
use super::{BLOCK, CHECK, CHECKED, HEADER, LARGE, LARGEST};
use crate::digest::Key;
use crate::error::{GuardError, Result};
use crate::row::{Row, Rows};

/// The rows of a segment.
pub(crate) struct SegmentRows {
    layout: Layout,
    rows: Stream,
    large: Stream,
    starts: Stream,
    block: Vec<u8>,
    row: u64,
    bucket: u64,
    /// The first row behind the bucket.
    bucket_end: u64,
}

/// Streams in which a segment is read.
pub(crate) const STREAMS: usize = 3;
/// Bytes that a stream holds at least.
const LEAST: usize = 4 << 10;

impl SegmentRows {
    /// Those of an open segment.
    pub(crate) fn of(segment: &Segment) -> Result<Self> {
        Self::holding(segment, CHECKED)
    }

    /// The same, of which each stream holds `bytes` at most, or what is the least. Below a MiB that is read a second time once its
    /// check was looked at.
    pub(crate) fn holding(segment: &Segment, bytes: usize) -> Result<Self> {
        let layout = *segment.layout();
        let file = File::open(segment.path()).map_err(GuardError::io("open", segment.path()))?;
        let file = Arc::new(file);
        // A power of two, so that no part lies across the end of a MiB.
        let most = 1 << bytes.clamp(LEAST, CHECKED).ilog2();
        let stream = |from, end| Stream::new(segment, &file, from, end, most);
        let mut starts = stream(layout.buckets_at, layout.checks_at)?;
        starts.number()?;
        let bucket_end = starts.number()?;
        Ok(Self {
            layout,
            rows: stream(HEADER, layout.large_at)?,
            large: stream(layout.large_at, layout.buckets_at)?,
            starts,
            block: vec![0; layout.block_bytes()],
            row: 0,
            bucket: 0,
            bucket_end,
        })
    }
}

impl Rows for SegmentRows {
    fn next(&mut self) -> Result<Option<Row>> {
        if self.row == self.layout.rows {
            return Ok(None);
        }
        let at = usize::try_from(self.row % BLOCK as u64).unwrap_or_default();
        if at == 0 {
            self.rows.read(&mut self.block)?;
        }
        while self.row >= self.bucket_end {
            self.bucket_end = self.starts.number()?;
            self.bucket += 1;
        }
        let width = self.layout.width();
        let stored = self.block.get(at * width..(at + 1) * width).unwrap_or_default();
        let key = match self.layout.bits {
            16 => assembled::<2>(self.bucket, stored),
            _ => assembled::<1>(self.bucket, stored),
        };
        let nibble = self.block.get(BLOCK * width + at / 2).map_or(0, |byte| byte >> (4 * (at % 2)) & 0x0F);
        let count = if nibble == 0 { self.large.large_count()? } else { nibble.into() };
        self.row += 1;
        Ok(Some(Row { key, count }))
    }
}

/// A key from the number of its bucket, of `N` bytes, and the rest.
fn assembled<const N: usize>(bucket: u64, stored: &[u8]) -> Key {
    let mut bytes = [0; 20];
    if let (Some((first, rest)), Some(bucket)) =
        (bytes.split_first_chunk_mut::<N>(), bucket.to_be_bytes().last_chunk::<N>())
    {
        *first = *bucket;
        if let Some(rest) = rest.get_mut(..stored.len()) {
            rest.copy_from_slice(stored);
        }
    }
    Key::from_bytes(&bytes)
}

/// A part of a segment, in order.
struct Stream {
    file: Arc<File>,
    path: PathBuf,
    checks: Vec<u8>,
    /// Where the checked bytes of the file end.
    checked: u64,
    /// Bytes that may be held.
    most: usize,
    /// The MiB whose check was looked at last.
    sound: u64,
    /// What is held of it, and where that stands in the file.
    held: Vec<u8>,
    held_at: u64,
    at: u64,
    end: u64,
}

impl Stream {
    fn new(segment: &Segment, file: &Arc<File>, at: u64, end: u64, most: usize) -> Result<Self> {
        let path = segment.path().to_owned();
        let file = Arc::clone(file);
        let checked = segment.layout().checks_at;
        let mut checks =
            vec![0; usize::try_from(checked.div_ceil(CHECKED as u64)).unwrap_or_default() * CHECK];
        file.read_exact_at(&mut checks, checked).map_err(GuardError::io("read", &path))?;
        let (sound, held_at) = (u64::MAX, u64::MAX);
        Ok(Self { file, path, checks, checked, most, sound, held: Vec::new(), held_at, at, end })
    }

    /// Holds the part in which the next byte stands, and returns what of it is ahead.
    fn ahead(&mut self) -> Result<&[u8]> {
        let most = self.most as u64;
        let begin = self.at / most * most;
        if self.held_at != begin {
            self.hold(begin)?;
        }
        let from = usize::try_from(self.at - begin).unwrap_or_default();
        let to = usize::try_from((self.end - begin).min(self.held.len() as u64)).unwrap_or_default();
        Ok(self.held.get(from..to).unwrap_or_default())
    }

    /// Holds what begins at `begin`, of a MiB whose check holds.
    fn hold(&mut self, begin: u64) -> Result<()> {
        let part = begin / CHECKED as u64;
        let whole = part * CHECKED as u64..((part + 1) * CHECKED as u64).min(self.checked);
        let io = |path| GuardError::io("read", path);
        if self.sound != part {
            self.held.resize(usize::try_from(whole.end - whole.start).unwrap_or(CHECKED), 0);
            self.file.read_exact_at(&mut self.held, whole.start).map_err(io(&self.path))?;
            let check = usize::try_from(part).unwrap_or(usize::MAX).saturating_mul(CHECK);
            let expected = self.checks.get(check..).and_then(|rest| rest.get(..CHECK));
            if expected != Some(blake3::hash(&self.held).as_bytes()) {
                let (path, why) = (self.path.clone(), "its check does not hold");
                return Err(GuardError::Damaged { path, bytes: Some(whole), why });
            }
            self.sound = part;
        }
        if self.most < CHECKED {
            let length = (whole.end - begin).min(self.most as u64);
            let mut held = vec![0; usize::try_from(length).unwrap_or(self.most)];
            self.file.read_exact_at(&mut held, begin).map_err(io(&self.path))?;
            self.held = held;
        }
        self.held_at = begin;
        Ok(())
    }

    fn read(&mut self, mut to: &mut [u8]) -> Result<()> {
        while !to.is_empty() {
            if self.at >= self.end {
                return Err(GuardError::damaged(&self.path, "its parts do not fit together"));
            }
            let ahead = self.ahead()?;
            let now = ahead.len().min(to.len());
            let (part, rest) = to.split_at_mut(now);
            part.copy_from_slice(ahead.get(..now).unwrap_or_default());
            to = rest;
            self.at += now as u64;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        self.read(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn large_count(&mut self) -> Result<u64> {
        let mut bytes = [0; LARGEST];
        for at in 0..LARGEST {
            let mut byte = [0];
            self.read(&mut byte)?;
            if let (Some(place), [byte]) = (bytes.get_mut(at), byte) {
                *place = byte;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let number = from_leb128(&bytes).and_then(|(number, _)| number.checked_add(LARGE));
        number.ok_or_else(|| GuardError::damaged(&self.path, "a count does not end"))
    }
}
