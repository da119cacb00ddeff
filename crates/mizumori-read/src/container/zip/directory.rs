//! The central directory: finding it from the end of the archive, and walking its entries.
//!
//! Entries are read one at a time, twice: to learn the encoding of their names and whether the directory is whole,
//! then to deliver. So memory does not grow with the archive, and members of one name are all kept.

use std::io::{BufReader, Seek, SeekFrom};
use std::sync::Arc;

use super::record::{
    CENTRAL, CENTRAL_MAGIC, END, END_MAGIC, END64, END64_MAGIC, Entry, Fields, LOCATOR64, LOCATOR64_MAGIC,
};
use crate::read_at::{fill, fill_at};
use crate::walk::BUFFER;
use crate::{ReadAt, ReadAtCursor};

/// Longest comment, behind which the end record is searched.
const COMMENT: u64 = 0xFFFF;

/// A central directory that was found.
#[derive(Clone)]
pub(super) struct Directory {
    at: Arc<dyn ReadAt>,
    start: u64,
    end: u64,
    /// What stands in front of the archive, and is not counted in its offsets.
    pub(super) shift: u64,
    /// One part of an archive that is split into several files.
    pub(super) split: bool,
}

impl Directory {
    /// Finds the directory. None when there is no end record, or it points at nothing.
    pub(super) fn find(at: &Arc<dyn ReadAt>) -> Option<Self> {
        let len = at.len();
        let tail_start = len.saturating_sub(END as u64 + COMMENT);
        let mut tail = vec![0; usize::try_from(len - tail_start).ok()?];
        let n = fill_at(&**at, tail_start, &mut tail).ok()?;
        tail.truncate(n);
        // An end record whose comment ends with the file is the true one; without such, the last.
        let mut found = None;
        for position in memchr::memmem::rfind_iter(&tail, &END_MAGIC) {
            let Some(record) = tail.get(position..position + END) else { continue };
            let mut fields = Fields::new(record);
            fields.take(END - 2);
            let exact = position + END + usize::from(fields.u16()) == tail.len();
            if !exact && found.is_some() {
                continue;
            }
            if let Some(directory) = Self::resolve(at, tail_start + position as u64, record) {
                found = Some(directory);
                if exact {
                    break;
                }
            }
        }
        found
    }

    fn resolve(at: &Arc<dyn ReadAt>, position: u64, record: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(record);
        fields.take(4);
        let (disk, start_disk) = (fields.u16(), fields.u16());
        fields.take(2);
        let count = u64::from(fields.u16());
        let (mut size, mut offset) = (u64::from(fields.u32()), u64::from(fields.u32()));
        let mut end = position;
        if (count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF)
            && let Some((position64, size64, offset64)) = end64(&**at, position)
        {
            (end, size, offset) = (position64, size64, offset64);
        }
        let split = disk != start_disk || disk != 0 && disk != 0xFFFF;
        let whole = |start: u64, shift: u64| {
            let mut magic = [0; 4];
            let empty = size == 0 && count == 0;
            let sound =
                empty || fill_at(&**at, start, &mut magic).is_ok_and(|n| n == 4) && magic == CENTRAL_MAGIC;
            let start = if empty { end } else { start };
            let directory =
                Self { at: Arc::clone(at), start, end: start.saturating_add(size).min(end), shift, split };
            (sound && start <= end).then_some(directory)
        };
        // In front of its end record, wherever that is; else where it says.
        let before = end.checked_sub(size).and_then(|start| whole(start, start.checked_sub(offset)?));
        before.or_else(|| whole(offset, 0))
    }

    /// The entries, from the first.
    pub(super) fn entries(&self) -> Entries {
        let mut cursor = ReadAtCursor::new(Arc::clone(&self.at));
        // Seeking a cursor from its start cannot fail.
        let _ = cursor.seek(SeekFrom::Start(self.start));
        Entries {
            read: BufReader::with_capacity(BUFFER / 2, cursor),
            left: self.end.saturating_sub(self.start),
        }
    }
}

/// Position, and size and offset of the directory, from the end record of zip64.
fn end64(at: &dyn ReadAt, end: u64) -> Option<(u64, u64, u64)> {
    let mut locator = [0; LOCATOR64];
    let locator_at = end.checked_sub(LOCATOR64 as u64)?;
    fill_at(at, locator_at, &mut locator).ok()?;
    let mut fields = Fields::new(&locator);
    if fields.take(4) != LOCATOR64_MAGIC {
        return None;
    }
    fields.take(4);
    // Where the locator says, or, when something stands in front of the archive, right before the locator.
    for position in [fields.u64(), locator_at.saturating_sub(END64 as u64)] {
        let mut record = [0; END64];
        if fill_at(at, position, &mut record).is_ok_and(|n| n == END64) && record.starts_with(&END64_MAGIC) {
            let mut fields = Fields::new(record.get(40..).unwrap_or_default());
            return Some((position, fields.u64(), fields.u64()));
        }
    }
    None
}

/// The entries of a central directory, in its order. An error ends them.
pub(super) struct Entries {
    read: BufReader<ReadAtCursor>,
    left: u64,
}

/// The directory is not whole.
pub(super) struct Broken;

impl Iterator for Entries {
    type Item = Result<Entry, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let entry = self.entry();
        if entry.is_none() {
            self.left = 0;
        }
        match entry {
            Some(Some(entry)) => Some(Ok(entry)),
            // A digital signature ends the directory, as its size does.
            Some(None) => None,
            None => Some(Err(Broken)),
        }
    }
}

impl Entries {
    fn entry(&mut self) -> Option<Option<Entry>> {
        let mut fixed = [0; CENTRAL];
        let (magic, rest) = fixed.split_at_mut(4);
        self.exactly(magic)?;
        if magic == b"PK\x05\x05" {
            self.left = 0;
            return Some(None);
        }
        self.exactly(rest)?;
        let mut entry = Entry::central(&fixed)?;
        let mut name = vec![0; entry.name_len];
        let mut extra = vec![0; entry.extra_len];
        self.exactly(&mut name)?;
        self.exactly(&mut extra)?;
        let mut comment = vec![0; entry.comment_len];
        self.exactly(&mut comment)?;
        entry.complete(name, &extra);
        Some(Some(entry))
    }

    fn exactly(&mut self, buf: &mut [u8]) -> Option<()> {
        self.left = self.left.checked_sub(buf.len() as u64)?;
        (fill(&mut self.read, buf).ok()? == buf.len()).then_some(())
    }
}
