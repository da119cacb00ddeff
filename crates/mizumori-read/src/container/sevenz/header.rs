//! How much memory a 7z header would take, before the library reads it.
//!
//! The library allocates by the counts in the header, 160 bytes and more for each byte of it, and unpacks a
//! packed header without a limit. So the counts are read here first (7zFormat.txt of the LZMA SDK).

use std::io::Read;

use lzma_rust2::LzmaReader;

use super::cursor::{BROKEN, Cursor};
use crate::read_at::fill_at;
use crate::{Format, LimitKind, Limits, ReadAt, Unreadable};

/// Signature, version and start header.
pub(super) const SIGNATURE: usize = 32;
/// Memory of the library for a file, for a folder with its coders, and for a stream.
const FILE: u64 = 256;
const FOLDER: u64 = 512;
const STREAM: u64 = 32;
/// A packed header that cannot be looked into (an encrypted one) may be so long: 200,000 members or so.
const BLIND: u64 = 16 << 20;

/// Checks that reading the archive's header stays within `limits`.
pub(super) fn check(at: &dyn ReadAt, limits: &Limits) -> Result<(), Unreadable> {
    let mut start = [0; SIGNATURE];
    let n = fill_at(at, 0, &mut start).map_err(|e| Unreadable::from_io(&e))?;
    if n < SIGNATURE {
        return Err(Unreadable::Truncated(Format::SevenZip));
    }
    let mut fields = Cursor::new(start.get(12..).unwrap_or_default());
    let (offset, size) = (fields.fixed(8)?, fields.fixed(8)?);
    if !bears_out(&start) {
        return Err(BROKEN);
    }
    let position = offset.saturating_add(SIGNATURE as u64);
    if position.saturating_add(size) > at.len() {
        return Err(Unreadable::Truncated(Format::SevenZip));
    }
    let limit = Unreadable::Limit { limit: LimitKind::HeaderBytes, value: limits.header_bytes };
    let mut header =
        vec![0; usize::try_from(size).ok().filter(|_| size <= limits.header_bytes).ok_or(limit.clone())?];
    fill_at(at, position, &mut header).map_err(|e| Unreadable::from_io(&e))?;
    match header.split_first() {
        Some((0x17, packed)) => match unpack(at, packed, limits)? {
            Some(header) => cost(header.get(1..).unwrap_or_default()),
            None => Ok(0),
        },
        Some((_, header)) => cost(header),
        // An archive without members has none.
        None => Ok(0),
    }
    .and_then(|cost| if cost > limits.header_bytes { Err(limit) } else { Ok(()) })
}

/// Whether `head` has a start header that agrees with its checksum.
pub(crate) fn bears_out(head: &[u8]) -> bool {
    match (head.get(8..12), head.get(12..SIGNATURE)) {
        (Some(crc), Some(start)) => crc32fast::hash(start).to_le_bytes() == crc,
        _ => false,
    }
}

/// The header that is packed as `streams` describe. None when it cannot be unpacked here but is short.
fn unpack(at: &dyn ReadAt, streams: &[u8], limits: &Limits) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut cursor = Cursor::new(streams);
    let info = Streams::parse(&mut cursor)?;
    let limit = |limit, value| Unreadable::Limit { limit, value };
    if info.unpacked > limits.header_bytes {
        return Err(limit(LimitKind::HeaderBytes, limits.header_bytes));
    }
    let blind = if info.unpacked <= BLIND { Ok(None) } else { Err(limit(LimitKind::HeaderBytes, BLIND)) };
    let (Some(&[properties, a, b, c, d]), 1) = (info.lzma.as_ref(), info.coders) else { return blind };
    let dictionary = u32::from_le_bytes([a, b, c, d]);
    let mut packed = vec![0; usize::try_from(info.packed.min(limits.header_bytes)).map_err(|_| BROKEN)?];
    let position = info.position.saturating_add(SIGNATURE as u64);
    let n = fill_at(at, position, &mut packed).map_err(|e| Unreadable::from_io(&e))?;
    packed.truncate(n);
    let mut header = Vec::new();
    let read = LzmaReader::new_with_props(packed.as_slice(), info.unpacked, properties, dictionary, None);
    let read = read.and_then(|read| read.take(info.unpacked).read_to_end(&mut header));
    read.map(|_| Some(header)).map_err(|_| BROKEN)
}

/// About what the library takes for a header (behind its first byte), in bytes.
fn cost(header: &[u8]) -> Result<u64, Unreadable> {
    let mut cursor = Cursor::new(header);
    let mut cost = header.len() as u64;
    let mut id = cursor.byte()?;
    if id == 0x02 {
        // Archive properties.
        while cursor.byte()? != 0 {
            let len = cursor.number()?;
            cursor.skip(len)?;
        }
        id = cursor.byte()?;
    }
    if id == 0x04 {
        let streams = Streams::parse(&mut cursor)?;
        cost += streams.folders * FOLDER + (streams.packs + streams.substreams) * STREAM;
        id = cursor.byte()?;
    }
    if id == 0x05 {
        cost = cost.saturating_add(cursor.number()?.saturating_mul(FILE));
    }
    Ok(cost)
}

/// What is needed of a StreamsInfo.
#[derive(Default)]
struct Streams {
    position: u64,
    packed: u64,
    unpacked: u64,
    coders: u64,
    /// The properties of the first folder's only coder, if that is LZMA.
    lzma: Option<[u8; 5]>,
    packs: u64,
    folders: u64,
    substreams: u64,
}

impl Streams {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unreadable> {
        let mut streams = Self::default();
        // Of each folder: whether it has a checksum.
        let mut checked = Vec::new();
        let mut id = cursor.byte()?;
        if id == 0x06 {
            streams.pack_info(cursor)?;
            id = cursor.byte()?;
        }
        if id == 0x07 {
            checked = streams.unpack_info(cursor)?;
            id = cursor.byte()?;
        }
        if id == 0x08 {
            streams.substreams_info(cursor, &checked)?;
            id = cursor.byte()?;
        }
        if id == 0 { Ok(streams) } else { Err(BROKEN) }
    }

    fn pack_info(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Unreadable> {
        self.position = cursor.number()?;
        self.packs = cursor.count()?;
        let mut id = cursor.byte()?;
        if id == 0x09 {
            for i in 0..self.packs {
                let size = cursor.number()?;
                if i == 0 {
                    self.packed = size;
                }
            }
            id = cursor.byte()?;
        }
        if id == 0x0A {
            cursor.digests(self.packs)?;
            id = cursor.byte()?;
        }
        if id == 0 { Ok(()) } else { Err(BROKEN) }
    }

    fn unpack_info(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<bool>, Unreadable> {
        if cursor.byte()? != 0x0B {
            return Err(BROKEN);
        }
        self.folders = cursor.count()?;
        if cursor.byte()? != 0 {
            return Err(BROKEN);
        }
        let mut outs = Vec::new();
        for i in 0..self.folders {
            let (coders, out_streams, lzma) = folder(cursor)?;
            if i == 0 {
                (self.coders, self.lzma) = (coders, lzma);
            }
            outs.push(out_streams);
        }
        if cursor.byte()? != 0x0C {
            return Err(BROKEN);
        }
        for (i, out_streams) in outs.iter().enumerate() {
            for _ in 0..*out_streams {
                let size = cursor.number()?;
                if i == 0 {
                    self.unpacked = size;
                }
            }
        }
        let mut checked = vec![false; outs.len()];
        let mut id = cursor.byte()?;
        if id == 0x0A {
            checked = cursor.digests(self.folders)?;
            id = cursor.byte()?;
        }
        self.substreams = self.folders;
        if id == 0 { Ok(checked) } else { Err(BROKEN) }
    }

    fn substreams_info(&mut self, cursor: &mut Cursor<'_>, checked: &[bool]) -> Result<(), Unreadable> {
        let mut counts = vec![1; checked.len()];
        let mut id = cursor.byte()?;
        if id == 0x0D {
            for count in &mut counts {
                *count = cursor.count()?;
            }
            id = cursor.byte()?;
        }
        self.substreams = counts.iter().sum();
        if id == 0x09 {
            for count in &counts {
                for _ in 1..*count {
                    cursor.number()?;
                }
            }
            id = cursor.byte()?;
        }
        if id == 0x0A {
            let unknown = counts.iter().zip(checked).filter(|(count, checked)| **count != 1 || !**checked);
            cursor.digests(unknown.map(|(count, _)| *count).sum())?;
            id = cursor.byte()?;
        }
        if id == 0 { Ok(()) } else { Err(BROKEN) }
    }
}

/// A folder: its coders, their output streams, and the properties of the first coder if that is LZMA.
fn folder(cursor: &mut Cursor<'_>) -> Result<(u64, u64, Option<[u8; 5]>), Unreadable> {
    let coders = cursor.count()?;
    let (mut ins, mut outs, mut lzma) = (0_u64, 0_u64, None);
    for i in 0..coders {
        let flags = cursor.byte()?;
        let id = cursor.take(u64::from(flags & 0x0F))?;
        let (coder_ins, coder_outs) =
            if flags & 0x10 == 0 { (1, 1) } else { (cursor.count()?, cursor.count()?) };
        (ins, outs) = (ins + coder_ins, outs + coder_outs);
        if flags & 0x20 != 0 {
            let len = cursor.number()?;
            let properties = cursor.take(len)?;
            if i == 0 && id == [3, 1, 1] {
                lzma = properties.try_into().ok();
            }
        }
        if flags & 0x80 != 0 {
            return Err(BROKEN);
        }
    }
    let pairs = outs.checked_sub(1).ok_or(BROKEN)?;
    for _ in 0..pairs * 2 {
        cursor.number()?;
    }
    let packed = ins.checked_sub(pairs).ok_or(BROKEN)?;
    if packed > 1 {
        for _ in 0..packed {
            cursor.number()?;
        }
    }
    Ok((coders, outs, lzma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_counts_too_much() {
        // Files: 2^40 of them.
        let header = [0x05, 0xFC, 0, 0, 0, 0, 0, 1];
        assert!(cost(&header).unwrap() > 1 << 40);
        for broken in [&[][..], &[0x04], &[0x04, 0x06, 0, 0xFF], &[0x04, 0x07, 0x0B, 5, 0]] {
            assert!(cost(broken).is_err(), "{broken:?}");
        }
    }
}
