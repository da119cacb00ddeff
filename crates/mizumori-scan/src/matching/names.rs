//! Whether a domain in a dump may be a watched one: the test that almost every address fails.
//!
//! For every number of labels that a watched name has, the domain's last so many labels are hashed (their first
//! and last eight bytes and their length) into a table of 65,536 bits; what passes is looked up for real, label
//! by label. The table, 8 KiB, stays in the first cache. Hashing the last eight bytes alone was simpler and let
//! everything below `example.com` pass when one name there was watched.

use std::collections::HashSet;

use mizumori_core::domain::MAX_HOST;

use super::run::DomainRun;
use crate::address::THREE_DASHES;

/// Bits of the table, as a power of two.
const TABLE_BITS: u32 = 16;
/// Odd constants without structure: the golden ratio's, as Knuth's multiplicative hashing wants, and two of
/// the primes of xxHash.
const MULTIPLIERS: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9];

/// The watched names, ready to be looked for.
pub(crate) struct Names {
    table: Box<[u64; 1 << (TABLE_BITS - 6)]>,
    /// The numbers of labels that names have, ascending.
    labels: Vec<u32>,
    names: HashSet<Box<[u8]>, foldhash::fast::FixedState>,
}

impl Names {
    /// Prepares canonical `names`.
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: HashSet<Box<[u8]>, _> = names.map(|name| name.as_bytes().into()).collect();
        let labels_of = |name: &[u8]| name.iter().filter(|byte| **byte == b'.').count() as u32 + 1;
        let mut labels: Vec<_> = names.iter().map(|name| labels_of(name)).collect();
        labels.sort_unstable();
        labels.dedup();
        let mut table = Box::new([0; 1 << (TABLE_BITS - 6)]);
        for name in &names {
            let (word, bit) = slot(name, 0, name.len());
            if let Some(word) = table.get_mut(word) {
                *word |= bit;
            }
        }
        Self { table, labels, names }
    }

    /// Whether the domain that begins at `start` may be a watched one.
    #[inline]
    pub(crate) fn may_hold_at(&self, text: &[u8], start: usize) -> bool {
        self.may_hold(text, start, DomainRun::at(text, start))
    }

    /// Whether the domain of `run`, which begins at `start`, may be a watched one. One with letters outside of ASCII,
    /// or with such directly behind it, may always be.
    #[inline]
    pub(crate) fn may_hold(&self, text: &[u8], start: usize, run: DomainRun) -> bool {
        run.goes_on
            || self.holds(text, start, run)
            || run.has_dashes && self.holds_before_dashes(text, start, run)
    }

    /// Whether a watched domain ends where dashes stand in a run: `login@a.example----secret`.
    #[cold]
    fn holds_before_dashes(&self, text: &[u8], start: usize, run: DomainRun) -> bool {
        let whole = text.get(start..start + run.whole).unwrap_or_default();
        let ends_at = |at: usize| {
            let domain = whole.get(..at).unwrap_or_default();
            self.holds(domain, 0, DomainRun::long(domain, 0))
        };
        memchr::memmem::find_iter(whole, THREE_DASHES).any(ends_at)
    }

    /// Whether the ASCII domain of `run`, which begins at `start`, may be a watched name or below one.
    #[inline]
    fn holds(&self, text: &[u8], start: usize, run: DomainRun) -> bool {
        if run.length >= 64 {
            return self.holds_exactly(text, start, run.length);
        }
        let end = start + run.length;
        let mut dots = run.dots;
        let mut labels = 1;
        for wanted in &self.labels {
            // The dot before the last `wanted` labels.
            while labels < *wanted {
                if dots == 0 {
                    return false;
                }
                dots &= !(1 << (63 - dots.leading_zeros()));
                labels += 1;
            }
            let from = if dots == 0 { start } else { start + 64 - dots.leading_zeros() as usize };
            let (word, bit) = slot(text, from, end);
            if self.table.get(word).is_some_and(|bits| bits & bit != 0) {
                return self.holds_exactly(text, start, run.length);
            }
        }
        false
    }

    /// The look-up itself: the domain, then the names above it.
    #[cold]
    fn holds_exactly(&self, text: &[u8], start: usize, length: usize) -> bool {
        let mut lower = [0; MAX_HOST];
        let Some(lower) = lower.get_mut(..length) else { return false };
        let Some(domain) = text.get(start..start + length) else { return false };
        lower.copy_from_slice(domain);
        lower.make_ascii_lowercase();
        let mut name: &[u8] = lower;
        loop {
            if self.names.contains(name) {
                return true;
            }
            match memchr::memchr(b'.', name).and_then(|dot| name.get(dot + 1..)) {
                Some(rest) => name = rest,
                None => return false,
            }
        }
    }
}

/// Where the bit of the name `text[start..end]` stands.
#[inline]
fn slot(text: &[u8], start: usize, end: usize) -> (usize, u64) {
    let length = end.wrapping_sub(start);
    let (head, tail) = if length >= 8 {
        (word_at(text, start), word_at(text, end - 8))
    } else {
        (0, short_word(text, start, end))
    };
    // Letters become lower case; digits, dots and hyphens have the bit already.
    let lower = 0x2020_2020_2020_2020;
    let mixed = (head | lower).wrapping_mul(MULTIPLIERS[0])
        ^ (tail | lower).wrapping_mul(MULTIPLIERS[1]).rotate_left(29)
        ^ (length as u64).wrapping_mul(MULTIPLIERS[2]);
    let bits = mixed.wrapping_mul(MULTIPLIERS[0]) >> (64 - TABLE_BITS);
    ((bits >> 6) as usize, 1 << (bits & 63))
}

#[inline]
fn word_at(text: &[u8], start: usize) -> u64 {
    text.get(start..start + 8)
        .and_then(|bytes| bytes.first_chunk::<8>())
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline]
fn short_word(text: &[u8], start: usize, end: usize) -> u64 {
    let name = text.get(start..end).unwrap_or_default();
    name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_below_them() {
        let names = Names::new(["mof.go.jp", "a.jp", "suigen.example"].into_iter());
        let holds = |text: &str, start: usize| {
            names.holds(text.as_bytes(), start, DomainRun::at(text.as_bytes(), start))
        };
        for (text, expected) in [
            ("mof.go.jp", true),
            ("X.MOF.go.JP", true),
            ("evilmof.go.jp", false),
            ("mof.go.jp.evil.com", false),
            ("a.jp", true),
            ("b.a.jp", true),
            ("ba.jp", false),
            ("go.jp", false),
            ("jp", false),
            ("", false),
            ("suigen.example", true),
            ("suigen.example.", true),
        ] {
            assert_eq!(holds(text, 0), expected, "{text}");
            assert_eq!(holds(&format!("taro@{text}:x"), 5), expected, "{text}");
        }
        let long = format!("{}.a.jp", "x".repeat(100));
        assert!(holds(&long, 0));
        assert!(!holds(&format!("{}.a.jp", "x".repeat(300)), 0));
        assert!(!Names::new(std::iter::empty()).holds(b"a.jp", 0, DomainRun::at(b"a.jp", 0)));
    }
}
