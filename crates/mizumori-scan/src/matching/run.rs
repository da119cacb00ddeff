//! The run of domain characters behind an at-sign, 32 bytes at a time.
//!
//! Byte by byte through a table this cost 17 ns an address, most of it the one branch that nobody can predict; in
//! words of eight bytes 5, most of it the branch that asks for a next word. Nearly every domain of a dump is
//! shorter than 32 bytes, and two vectors of sixteen answer for it without any branch.

use wide::u8x16;

use crate::address::THREE_DASHES;

/// A run of letters, digits, dots and hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DomainRun {
    /// Its bytes, without dots and hyphens at its end.
    pub(crate) length: usize,
    /// All its bytes.
    pub(crate) whole: usize,
    /// Where dots stand in its first 64 bytes.
    pub(crate) dots: u64,
    /// Whether what ends it is no ASCII: the domain may go on in another script.
    pub(crate) goes_on: bool,
    /// Whether dashes stand in it that separate fields in some lists: it may end before them.
    pub(crate) has_dashes: bool,
}

/// What is looked at in one go.
const BYTES: usize = 32;

impl DomainRun {
    /// The run that begins at `start`.
    #[inline]
    pub(crate) fn at(text: &[u8], start: usize) -> Self {
        let Some(bytes) = text.get(start..).and_then(<[u8]>::first_chunk::<BYTES>) else {
            return Self::long(text, start);
        };
        let [low, high] = *bytes.as_chunks::<16>().0 else { return Self::long(text, start) };
        let (low, high) = (Classes::of(low), Classes::of(high));
        let ends = !(low.domain | high.domain << 16);
        if ends == 0 {
            return Self::long(text, start);
        }
        let whole = ends.trailing_zeros() as usize;
        let goes_on = bytes.get(whole).is_some_and(|byte| *byte >= 0x80);
        let hyphens = (low.hyphens | high.hyphens << 16) & ((1 << whole) - 1);
        let dots = u64::from(low.dots | high.dots << 16);
        Self {
            goes_on,
            has_dashes: hyphens & hyphens >> 1 & hyphens >> 2 != 0,
            ..Self::trimmed(text, start, whole, dots)
        }
    }

    /// The same byte by byte: at the end of the text, and for runs of 32 bytes and more.
    #[cold]
    pub(crate) fn long(text: &[u8], start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        let whole = crate::address::ascii_domain_length(rest);
        let goes_on = rest.get(whole).is_some_and(|byte| *byte >= 0x80);
        let head = rest.iter().take(whole.min(64)).enumerate();
        let dots = head.filter(|(_, byte)| **byte == b'.').fold(0, |dots, (at, _)| dots | 1 << at);
        let run = rest.get(..whole).unwrap_or_default();
        let has_dashes = memchr::memmem::find(run, THREE_DASHES.as_bytes()).is_some();
        Self { goes_on, has_dashes, ..Self::trimmed(text, start, whole, dots) }
    }

    #[inline]
    fn trimmed(text: &[u8], start: usize, whole: usize, dots: u64) -> Self {
        let mut length = whole;
        while length > 0 && text.get(start + length - 1).is_some_and(|last| matches!(last, b'.' | b'-')) {
            length -= 1;
        }
        let inside = if length >= 64 { u64::MAX } else { (1 << length) - 1 };
        Self { length, whole, dots: dots & inside, goes_on: false, has_dashes: false }
    }
}

/// What sixteen bytes are, a bit each.
struct Classes {
    /// Letters, digits, dots and hyphens.
    domain: u32,
    dots: u32,
    hyphens: u32,
}

impl Classes {
    #[inline]
    fn of(bytes: [u8; 16]) -> Self {
        let bytes = u8x16::new(bytes);
        // The differences wrap around: what is below the first is far above the last.
        let within = |bytes: u8x16, first: u8, last: u8| {
            let above = bytes - u8x16::splat(first);
            above.min(u8x16::splat(last - first)).simd_eq(above)
        };
        let letter = within(bytes | u8x16::splat(0x20), b'a', b'z');
        let digit = within(bytes, b'0', b'9');
        let dots = bytes.simd_eq(u8x16::splat(b'.'));
        let hyphens = bytes.simd_eq(u8x16::splat(b'-'));
        Self {
            domain: (letter | digit | dots | hyphens).to_bitmask(),
            dots: dots.to_bitmask(),
            hyphens: hyphens.to_bitmask(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_and_bytes_agree(text in prop::collection::vec(prop_oneof![
            4 => prop::sample::select(b"az09.-AZ---".to_vec()), 1 => any::<u8>()], 0..100), start in 0_usize..20) {
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
