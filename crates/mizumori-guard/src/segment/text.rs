//! Rows as text, straight out of the mapped bytes: what a range answer is made of.
//!
//! A block's hashes become digits all at once. All that is copied of them has a fixed length, and what was too much is cut off
//! again: no row asks how long it is, and a thousand of them are a few microseconds.

use std::ops::Range;

use super::lookup::{Segment, nibble};
use super::{BLOCK, LARGE};
use crate::digest::HashKind;

/// Digits that are copied for a row, at least as many as it has.
const COPIED: usize = 40;
/// Digits of a block.
const DIGITS: usize = 2 * BLOCK * HashKind::Sha1.width();
/// Bytes that a row has beside its digits, with a small count.
const BESIDE: usize = 5;
/// What follows the digits of a row, by the nibble of its count, and how many bytes of it.
const BEHIND: [([u8; 8], usize); 16] = {
    let mut all = [([0; 8], 0); 16];
    let mut count = 1;
    while count < 16 {
        all[count as usize] = match count {
            10.. => ([b':', b'1', b'0' + count - 10, b'\r', b'\n', 0, 0, 0], 5),
            _ => ([b':', b'0' + count, b'\r', b'\n', 0, 0, 0, 0], 4),
        };
        count += 1;
    }
    all
};

impl Segment {
    /// The [rows of a prefix](Self::rows_of) as `SUFFIX:COUNT`, with CRLF between them.
    pub(crate) fn text_of(&self, rows: Range<u64>) -> Vec<u8> {
        let width = self.layout().width();
        // Five digits are the prefix; those of the bucket are not stored.
        let skipped = 5 - self.layout().bits as usize / 4;
        let shown = width * 2 - skipped;
        let length = usize::try_from(rows.end - rows.start).unwrap_or_default() * (shown + BESIDE);
        let mut text = Vec::with_capacity(length + COPIED);
        let mut digits = [0; DIGITS + COPIED];
        let mut row = rows.start;
        while row < rows.end {
            let block = self.block(row);
            let (hashes, nibbles) = block.split_at_checked(BLOCK * width).unwrap_or_default();
            let first = usize::try_from(row % BLOCK as u64).unwrap_or_default();
            let here = usize::try_from(rows.end - row).unwrap_or(BLOCK).min(BLOCK - first);
            let hashes = hashes.get(first * width..(first + here) * width).unwrap_or_default();
            // There is as much room as there are digits.
            let _ = const_hex::encode_to_slice_upper(
                hashes,
                digits.get_mut(..2 * hashes.len()).unwrap_or_default(),
            );
            let mut large = None;
            for (at, from) in (first..first + here).zip((skipped..).step_by(2 * width)) {
                let Some(digits) = digits.get(from..).and_then(<[u8]>::first_chunk::<COPIED>) else {
                    break;
                };
                push(&mut text, digits, shown);
                match nibble(nibbles, at) {
                    0 => {
                        let large = large.get_or_insert_with(|| self.larges(nibbles, at)).next();
                        text.push(b':');
                        text.extend_from_slice(itoa::Buffer::new().format(large.unwrap_or(LARGE)).as_bytes());
                        text.extend_from_slice(b"\r\n");
                    }
                    count => {
                        let (behind, length) = BEHIND.get(usize::from(count)).unwrap_or(&BEHIND[15]);
                        push(&mut text, behind, *length);
                    }
                }
            }
            row += here as u64;
        }
        text.truncate(text.len().saturating_sub(2));
        text
    }
}

/// Appends the first bytes of some, by a copy of all.
fn push<const N: usize>(text: &mut Vec<u8>, bytes: &[u8; N], length: usize) {
    let end = text.len() + length;
    text.extend_from_slice(bytes);
    text.truncate(end);
}
