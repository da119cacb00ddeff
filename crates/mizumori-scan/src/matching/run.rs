//! The run of domain characters behind an at-sign, eight bytes at a time.
//!
//! Byte by byte through a table this cost 17 ns an address, most of it the one branch that nobody can predict;
//! in words of eight bytes ("SIMD within a register", Fisher and Dietz, 1998) it costs 5.

/// A run of letters, digits, dots and hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DomainRun {
    /// Its bytes, without dots and hyphens at its end.
    pub(crate) length: usize,
    /// Where dots stand in its first 64 bytes.
    pub(crate) dots: u64,
    /// Whether what ends it is no ASCII: the domain may go on in another script.
    pub(crate) goes_on: bool,
}

/// Runs up to this length are read in words.
const WORDS: usize = 8;
const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const ONES: u64 = 0x0101_0101_0101_0101;

impl DomainRun {
    /// The run that begins at `start`.
    #[inline]
    pub(crate) fn at(text: &[u8], start: usize) -> Self {
        let mut dots = 0;
        for word in 0..WORDS {
            let from = start + 8 * word;
            let Some(bytes) = text.get(from..from + 8).and_then(|bytes| bytes.first_chunk::<8>()) else {
                break;
            };
            let bytes = u64::from_le_bytes(*bytes);
            dots |= bits(equal(bytes, b'.')) << (8 * word);
            let ends = !domain_bytes(bytes) & HIGH;
            if ends != 0 {
                let within = (ends.trailing_zeros() / 8) as usize;
                let goes_on = bytes >> (8 * within) & 0x80 != 0;
                return Self::trimmed(text, start, 8 * word + within, dots, goes_on);
            }
        }
        Self::long(text, start)
    }

    /// The same byte by byte: at the end of the text, and for runs of 64 bytes and more.
    #[cold]
    pub(crate) fn long(text: &[u8], start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        let length = crate::address::ascii_domain_length(rest);
        let goes_on = rest.get(length).is_some_and(|byte| *byte >= 0x80);
        let head = rest.iter().take(length.min(64)).enumerate();
        let dots = head.filter(|(_, byte)| **byte == b'.').fold(0, |dots, (at, _)| dots | 1 << at);
        Self::trimmed(text, start, length, dots, goes_on)
    }

    #[inline]
    fn trimmed(text: &[u8], start: usize, mut length: usize, dots: u64, goes_on: bool) -> Self {
        while length > 0 && text.get(start + length - 1).is_some_and(|last| matches!(last, b'.' | b'-')) {
            length -= 1;
        }
        let inside = if length >= 64 { u64::MAX } else { (1 << length) - 1 };
        Self { length, dots: dots & inside, goes_on }
    }
}

/// The high bit of each byte that is a letter, a digit, a dot or a hyphen.
#[inline]
const fn domain_bytes(bytes: u64) -> u64 {
    let ascii = bytes & LOW;
    let letter = between(ascii | (0x20 * ONES), b'a', b'z');
    let digit = between(ascii, b'0', b'9');
    let mark = between(ascii, b'-', b'.');
    (letter | digit | mark) & !bytes & HIGH
}

/// The high bit of each byte from `first` to `last`; all bytes are below 0x80.
#[inline]
const fn between(bytes: u64, first: u8, last: u8) -> u64 {
    let at_least = bytes + (0x80 - first) as u64 * ONES;
    let above = bytes + (0x7f - last) as u64 * ONES;
    at_least & !above & HIGH
}

/// The high bit of each byte that is `byte`.
#[inline]
const fn equal(bytes: u64, byte: u8) -> u64 {
    let difference = bytes ^ (byte as u64 * ONES);
    !(((difference & LOW) + LOW) | difference | LOW)
}

/// The high bits of eight bytes as one byte.
#[inline]
const fn bits(high: u64) -> u64 {
    ((high & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_and_bytes_agree(text in prop::collection::vec(prop_oneof![
            4 => prop::sample::select(b"az09.-AZ".to_vec()), 1 => any::<u8>()], 0..100), start in 0_usize..20) {
            prop_assert_eq!(DomainRun::at(&text, start), DomainRun::long(&text, start));
        }

        #[test]
        fn every_byte_ends_a_run_or_not(byte in any::<u8>(), before in 0_usize..20) {
            let text = [vec![b'a'; before], vec![byte], b"bbbbbbbbbb:".to_vec()].concat();
            let run = DomainRun::at(&text, 0);
            prop_assert_eq!(run, DomainRun::long(&text, 0));
        }
    }
}
