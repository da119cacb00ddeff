//! The 512-byte header of a tar entry.

use super::Tape;
use super::sparse::Map;
use crate::{Format, Unreadable};

/// Everything on a tape comes in blocks of this size.
pub(super) const BLOCK: usize = 512;

/// What an entry is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file, or a type that POSIX says to treat as one.
    File,
    /// A GNU sparse file of the old kind.
    Sparse,
    /// The next entry's name, GNU.
    LongName,
    /// The next entry's link target, GNU.
    LongLink,
    /// About the next entry, pax.
    Pax,
    /// About all that follow, pax.
    PaxGlobal,
    /// Directories, links, devices, volume labels: no content of ours.
    Skipped,
}

/// A header whose checksum is right.
pub(super) struct Header<'a> {
    block: &'a [u8; BLOCK],
}

/// Whether `head` begins with a tar header.
pub(crate) fn is_header(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|block| Header::parse(block).is_some())
}

impl<'a> Header<'a> {
    pub(super) fn parse(block: &'a [u8; BLOCK]) -> Option<Self> {
        let header = Self { block };
        let declared = number(header.field(148, 8))?;
        let checksum = |signed: bool| -> i64 {
            let bytes = block.iter().enumerate();
            bytes
                .map(|(i, byte)| match i {
                    148..156 => i64::from(b' '),
                    // Some old systems added signed characters.
                    _ if signed => i64::from(byte.cast_signed()),
                    _ => i64::from(*byte),
                })
                .sum()
        };
        let declared = i64::try_from(declared).ok()?;
        (declared == checksum(false) || declared == checksum(true)).then_some(header)
    }

    fn field(&self, start: usize, len: usize) -> &'a [u8] {
        self.block.get(start..start + len).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> Kind {
        match self.field(156, 1) {
            b"L" => Kind::LongName,
            b"K" => Kind::LongLink,
            b"x" | b"X" => Kind::Pax,
            b"g" => Kind::PaxGlobal,
            b"S" => Kind::Sparse,
            b"1" | b"2" | b"3" | b"4" | b"5" | b"6" | b"D" | b"V" | b"N" | b"A" | b"I" => Kind::Skipped,
            _ => Kind::File,
        }
    }

    /// Bytes of data behind the header.
    pub(super) fn size(&self) -> u64 {
        // Links and directories may have a size that says something else.
        match self.field(156, 1) {
            b"1" | b"2" | b"3" | b"4" | b"5" | b"6" => 0,
            _ => number(self.field(124, 12)).unwrap_or(0),
        }
    }

    /// The name's bytes, with the prefix of ustar.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = until_nul(self.field(0, 100));
        let prefix = until_nul(self.field(345, 155));
        let ustar = self.field(257, 6) == b"ustar\0";
        if ustar && !prefix.is_empty() { [prefix, b"/", name].concat() } else { name.to_vec() }
    }

    /// Where the parts of an old GNU sparse file belong. Reads the blocks that continue the list.
    pub(super) fn sparse(&self, tape: &mut Tape<'_>) -> Result<Option<Map>, Unreadable> {
        let mut map = Map::new(number(self.field(483, 12)).unwrap_or(0));
        push_all(&mut map, self.field(386, 96))?;
        let mut more = self.field(482, 1) != [0];
        while more {
            let mut block = [0; BLOCK];
            match tape.extension(&mut block) {
                Ok(BLOCK) => {}
                Ok(_) => return Err(Unreadable::Truncated(Format::Tar)),
                Err(e) => return Err(Unreadable::from_io(&e)),
            }
            push_all(&mut map, block.get(..504).unwrap_or_default())?;
            more = block.get(504).is_some_and(|more| *more != 0);
        }
        Ok(Some(map))
    }
}

fn push_all(map: &mut Map, entries: &[u8]) -> Result<(), Unreadable> {
    for entry in entries.chunks_exact(24) {
        let (offset, len) = entry.split_at(12);
        match (number(offset), number(len)) {
            (Some(offset), Some(len)) => map.push(offset, len)?,
            _ => break,
        }
    }
    Ok(())
}

fn until_nul(field: &[u8]) -> &[u8] {
    match memchr::memchr(0, field) {
        Some(end) => field.get(..end).unwrap_or_default(),
        None => field,
    }
}

/// A number: octal between blanks, or with the first bit set base 256, as GNU writes what is too large.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        // 0xFF begins a negative number, which no size is.
        let start = u64::from(first & 0x7F);
        return rest.iter().try_fold(start, |n, byte| n.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let digits = until_nul(field).trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |n, byte| match byte {
        b'0'..=b'7' => n.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |field: &[u8], n| assert_eq!(number(field), n, "{field:?}");
        check(b"00000000017\0", Some(15));
        check(b"     17 \0", Some(15));
        check(b"17", Some(15));
        check(b"\0\0\0\0", None);
        check(b"018", None);
        check(b"\x80\0\0\0\0\0\0\0\0\0\x01\0", Some(256));
        check(&[0xFF; 12], None);
        check(b"777777777777777777777777", None);
    }
}
