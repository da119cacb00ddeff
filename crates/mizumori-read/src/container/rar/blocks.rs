//! The blocks of a RAR archive, as far as needed to tell an archive from text, and to find where a damaged one
//! stops being sound (RAR 5.0 archive format; technote.txt of RAR 4).

#![cfg_attr(
    not(feature = "rar"),
    expect(dead_code, reason = "without the feature, archives are only told from text")
)]

use crate::ReadAt;
use crate::read_at::fill_at;

const MAGIC4: &[u8] = b"Rar!\x1A\x07\x00";
const MAGIC5: &[u8] = b"Rar!\x1A\x07\x01\x00";

/// Whether a sound block follows the magic number.
pub(crate) fn bears_out(head: &[u8]) -> bool {
    if let Some(rest) = head.strip_prefix(MAGIC5) {
        block5(rest).is_some()
    } else if let Some(rest) = head.strip_prefix(MAGIC4) {
        block4(rest).is_some()
    } else {
        // RAR 1.3: the size of its main header.
        matches!(head.get(4..6), Some(&[a, b]) if (7..0x400).contains(&u16::from_le_bytes([a, b])))
    }
}

/// How far the chain of blocks is sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sound {
    /// The end of the last block whose header is sound, its data included.
    pub(super) end: u64,
    /// Whether the file ends before the archive does.
    pub(super) cut: bool,
}

/// Follows the blocks from the first. None when there is not a single one, or they are encrypted.
pub(super) fn sound(at: &dyn ReadAt) -> Option<Sound> {
    let mut head = [0; 8];
    fill_at(at, 0, &mut head).ok()?;
    let five = head == MAGIC5;
    let (mut end, block): (u64, Parse) = if five {
        (8, block5)
    } else if head.starts_with(MAGIC4) {
        (7, block4)
    } else {
        return None;
    };
    let start = end;
    let mut buf = vec![0; LONG];
    loop {
        if end >= at.len() {
            // The end of a RAR 5 archive is marked; older ones without a mark are no surprise.
            return Some(Sound { end, cut: end > at.len() || five });
        }
        let mut n = 0;
        let mut next = None;
        for len in [SHORT, LONG] {
            n = fill_at(at, end, buf.get_mut(..len)?).ok()?;
            next = block(buf.get(..n)?);
            if next.is_some() || n < len {
                break;
            }
        }
        match next {
            Some(Block { kind: Kind::Encryption, .. }) => return None,
            Some(Block { len, kind }) => {
                end = end.checked_add(len)?;
                if kind == Kind::End {
                    return Some(Sound { end, cut: false });
                }
            }
            None => return (end > start).then_some(Sound { end, cut: n < LONG }),
        }
    }
}

/// Nearly every header is shorter than the first, and no header that matters is longer than the second.
const SHORT: usize = 512;
const LONG: usize = 128 * 1024;

/// Parses the block that the bytes begin with.
type Parse = fn(&[u8]) -> Option<Block>;

struct Block {
    /// Header and data.
    len: u64,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    /// Headers behind this one are encrypted.
    Encryption,
    End,
    Other,
}

fn block5(bytes: &[u8]) -> Option<Block> {
    let crc = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let mut rest = bytes.get(4..)?;
    let before = rest.len();
    let size = number(&mut rest)?;
    let header = rest.get(..usize::try_from(size).ok()?)?;
    let checked = bytes.get(4..4 + (before - rest.len()) + header.len())?;
    if crc32fast::hash(checked) != crc {
        return None;
    }
    let mut fields = header;
    let (kind, flags) = (number(&mut fields)?, number(&mut fields)?);
    if flags & 1 != 0 {
        number(&mut fields)?;
    }
    let data = if flags & 2 != 0 { number(&mut fields)? } else { 0 };
    let len = (4 + checked.len() as u64).checked_add(data)?;
    let kind = match kind {
        4 => Kind::Encryption,
        5 => Kind::End,
        _ => Kind::Other,
    };
    Some(Block { len, kind })
}

/// A number of RAR 5: seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

fn block4(bytes: &[u8]) -> Option<Block> {
    let &[crc_low, crc_high, kind, flags_low, flags_high, size_low, size_high, ..] = bytes else {
        return None;
    };
    let crc = u16::from_le_bytes([crc_low, crc_high]);
    let flags = u16::from_le_bytes([flags_low, flags_high]);
    let size = u16::from_le_bytes([size_low, size_high]);
    let header = bytes.get(..usize::from(size))?;
    let sum = crc32fast::hash(header.get(2..)?) as u16;
    // Blocks of a comment or an authenticity record sum less than their header.
    if !(0x72..=0x7B).contains(&kind) || size < 7 || sum != crc && matches!(kind, 0x73 | 0x74 | 0x7A | 0x7B) {
        return None;
    }
    let field = |at: usize| -> Option<u64> {
        Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?).into())
    };
    let mut data = if flags & 0x8000 != 0 || matches!(kind, 0x74 | 0x7A) { field(7)? } else { 0 };
    if matches!(kind, 0x74 | 0x7A) && flags & 0x100 != 0 {
        data |= field(32)? << 32;
    }
    let kind = match kind {
        0x73 if flags & 0x80 != 0 => Kind::Encryption,
        0x7B => Kind::End,
        _ => Kind::Other,
    };
    Some(Block { len: u64::from(size).checked_add(data)?, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_block() {
        for magic in [MAGIC4, MAGIC5, b"RE~^"] {
            let text = [magic, b"taro@suigen.example:himitsu\n"].concat();
            assert!(!bears_out(&text));
            assert!(!bears_out(magic));
        }
    }

    #[test]
    fn numbers() {
        let check = |bytes: &[u8], n| assert_eq!(number(&mut &*bytes), n);
        check(&[0x7F], Some(0x7F));
        check(&[0x80, 0x01], Some(0x80));
        check(&[0xFF; 9], None);
        check(&[0xFF; 12], None);
        check(&[], None);
    }
}
