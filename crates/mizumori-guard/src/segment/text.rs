//! Rows as text, straight out of the mapped bytes: what a range answer is made of.

use std::ops::Range;

use super::BLOCK;
use super::lookup::{Segment, nibble};

impl Segment {
    /// Appends the [rows of a prefix](Self::rows_of) as `SUFFIX:COUNT`, with CRLF between them.
    ///
    /// A row's bytes become digits as a whole, without a branch a digit, and the few before the suffix are left out.
    pub(crate) fn write_text(&self, rows: Range<u64>, out: &mut Vec<u8>) {
        let width = self.layout().width();
        // Five digits are the prefix; those of the bucket are not stored.
        let skipped = 5 - self.layout().bits as usize / 4;
        out.reserve(usize::try_from(rows.end - rows.start).unwrap_or_default() * (width * 2 + 8));
        let mut is_first = out.is_empty();
        let mut row = rows.start;
        while row < rows.end {
            let block = self.block(row);
            let (hashes, nibbles) = block.split_at_checked(BLOCK * width).unwrap_or_default();
            let first = usize::try_from(row % BLOCK as u64).unwrap_or_default();
            let here = usize::try_from(rows.end - row).unwrap_or(BLOCK).min(BLOCK - first);
            for (at, hash) in hashes.chunks_exact(width).enumerate().skip(first).take(here) {
                if !is_first {
                    out.extend(b"\r\n");
                }
                is_first = false;
                let digits = digits(hash);
                out.extend_from_slice(digits.get(skipped..width * 2).unwrap_or_default());
                match nibble(nibbles, at) {
                    0 => {
                        out.push(b':');
                        out.extend_from_slice(self.large(nibbles, at).to_string().as_bytes());
                    }
                    count @ 1..=9 => out.extend([b':', b'0' + count]),
                    count => out.extend([b':', b'1', b'0' + count - 10]),
                }
            }
            row += here as u64;
        }
    }
}

/// The upper-case digits of at most 20 bytes; what is behind them means nothing.
fn digits(bytes: &[u8]) -> [u8; 40] {
    let mut padded = [0_u8; 20];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    let mut digits = [0_u8; 40];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(padded) {
        *pair = [byte >> 4, byte & 0x0F];
    }
    // From `0` on, and from `A` on behind nine: a sum and a comparison, in place, so that many are done at once.
    for digit in &mut digits {
        *digit += b'0' + if *digit > 9 { b'A' - b'0' - 10 } else { 0 };
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit() {
        let bytes: Vec<u8> = (0..=255).collect();
        for part in bytes.chunks(20) {
            let naive: String = part.iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(digits(part)[..part.len() * 2], *naive.as_bytes());
        }
    }
}
