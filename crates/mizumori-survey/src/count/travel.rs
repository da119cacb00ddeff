//! Tallies as bytes, for counts that several machines fill. They hold keyed tags and hosts, no account.
//!
//! A version; five numbers of eight bytes; then three lists, each with its length before it: cells (host, domain, source), units and
//! shared units (a tag of sixteen bytes, the number of its cell). All numbers are little-endian.

use mizumori_core::Tag;
use mizumori_core::rest::Rest;

use super::Count;
use super::tally::{Cell, Passed, Tally};

/// The version of the form.
const VERSION: u8 = 1;

/// Bytes that are no tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no tally of this version")]
pub struct NoTally;

impl Tally {
    /// The tally as bytes: what [`Count::tally_of`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Passed { matched, not_surveyed, outside_validity, without_secret, outside_period } = self.passed;
        let mut bytes = vec![VERSION];
        for number in [matched, not_surveyed, outside_validity, without_secret, outside_period] {
            bytes.extend(number.to_le_bytes());
        }
        let mut cells: Vec<_> = self.cells.iter().collect();
        cells.sort_unstable_by_key(|(_, number)| **number);
        bytes.extend((cells.len() as u64).to_le_bytes());
        for (cell, _) in cells {
            bytes.extend((cell.host.len() as u32).to_le_bytes());
            bytes.extend(cell.host.as_bytes());
            bytes.extend(cell.domain.to_le_bytes());
            bytes.extend(cell.source.to_le_bytes());
        }
        let mut push = |count: usize, units: &mut dyn Iterator<Item = (Tag, u32)>| {
            bytes.extend((count as u64).to_le_bytes());
            for (Tag(tag), cell) in units {
                bytes.extend(tag.to_le_bytes());
                bytes.extend(cell.to_le_bytes());
            }
        };
        push(self.units.len(), &mut self.units.iter().copied().zip(self.unit_cells.iter().copied()));
        push(self.shared.len(), &mut self.shared.iter().copied());
        bytes
    }
}

impl Count {
    /// The tally that another machine has filled for the same count.
    ///
    /// # Errors
    /// When `bytes` are no tally.
    pub fn tally_of(&self, bytes: &[u8]) -> Result<Tally, NoTally> {
        let mut rest = Rest::new(bytes);
        let mut tally = self.tally();
        if rest.take::<1>() != Some([VERSION]) {
            return Err(NoTally);
        }
        let passed = &mut tally.passed;
        for number in [
            &mut passed.matched,
            &mut passed.not_surveyed,
            &mut passed.outside_validity,
            &mut passed.without_secret,
            &mut passed.outside_period,
        ] {
            *number = rest.long().ok_or(NoTally)?;
        }
        for number in 0..rest.long().ok_or(NoTally)? {
            let length = rest.short().ok_or(NoTally)? as usize;
            let host = std::str::from_utf8(rest.bytes(length).ok_or(NoTally)?).map_err(|_| NoTally)?;
            let cell = Cell {
                host: host.into(),
                domain: rest.short().ok_or(NoTally)?,
                source: rest.short().ok_or(NoTally)?,
            };
            let known = (cell.domain as usize) < self.method.watch.domains.len()
                && (cell.source as usize) < self.sources.len();
            let number = u32::try_from(number).map_err(|_| NoTally)?;
            if !known || tally.cells.insert(cell, number).is_some() {
                return Err(NoTally);
            }
        }
        let cells = tally.cells.len();
        let unit = |rest: &mut Rest<'_>| {
            let unit = (Tag(u128::from_le_bytes(rest.take().ok_or(NoTally)?)), rest.short().ok_or(NoTally)?);
            if (unit.1 as usize) < cells { Ok(unit) } else { Err(NoTally) }
        };
        for _ in 0..rest.long().ok_or(NoTally)? {
            let (tag, cell) = unit(&mut rest)?;
            tally.units.push(tag);
            tally.unit_cells.push(cell);
        }
        for _ in 0..rest.long().ok_or(NoTally)? {
            let unit = unit(&mut rest)?;
            tally.shared.push(unit);
        }
        if rest.is_empty() { Ok(tally) } else { Err(NoTally) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mizumori_core::{Account, LocalPart, Source, SourceId, SourceIndex, TagKey, WatchList};
    use proptest::prelude::*;

    use super::*;
    use crate::{AskedPeriod, HasSecret, InputFacts};

    const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
        domains = ['a.example', 'x.a.example', { name = 'b.example', to = '2015-01' }]\n";

    fn count() -> Count {
        let source = |id: &str, place: &str, leaked: Option<&str>, public| {
            let mut source = Source::undescribed(SourceId::new(id));
            source.place = place.to_owned();
            source.leaked = leaked.map(|leaked| leaked.parse().unwrap());
            source.public = public;
            source
        };
        let sources = vec![
            source("p", "forum", Some("2019-01"), true),
            source("q", "forum", Some("2019-01"), true),
            source("r", "other", None, true),
            source("s", "other", Some("2020-01"), false),
        ];
        let watch = Arc::new(WatchList::parse("w", LIST).unwrap());
        Count::keyed(watch, sources, AskedPeriod::default(), TagKey::from_bytes([7; 32])).unwrap()
    }

    fn observe(tally: &mut Tally, count: &Count, seen: &[(usize, usize, bool)]) {
        for (account, source, with_secret) in seen {
            let text =
                ["t@a.example", "u@m.a.example", "v@x.a.example", "w@b.example", "x@a.example"][*account];
            let account = Account::parse(text, LocalPart::Column).unwrap();
            let found = count.method.watch.find(account.host(), count.sources()[*source].time()).unwrap();
            let secret = if *with_secret { HasSecret::Yes } else { HasSecret::No };
            tally.observe(SourceIndex(*source), &account, found, secret);
        }
    }

    proptest! {
        /// What two machines have seen counts as what one has.
        #[test]
        fn two_machines_count_as_one(seen in prop::collection::vec((0..5_usize, 0..4_usize, any::<bool>()), 0..40), cut in 0..40_usize) {
            let (mut one, mut two) = (count(), count());
            let mut tally = one.tally();
            observe(&mut tally, &one, &seen);
            one.merge(tally);
            for part in [&seen[..cut.min(seen.len())], &seen[cut.min(seen.len())..]] {
                // Another machine has a count of its own, of the same sources and under the same key.
                let elsewhere = count();
                let mut tally = elsewhere.tally();
                observe(&mut tally, &elsewhere, part);
                let tally = two.tally_of(&tally.to_bytes()).unwrap();
                two.merge(tally);
            }
            let report = |count: Count| count.finish("test", InputFacts::default());
            let (one, two) = (report(one), report(two));
            prop_assert_eq!(&one.categories, &two.categories);
            prop_assert_eq!(&one.input, &two.input);
        }

        #[test]
        fn other_bytes_are_no_tally(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..500_usize, flip in 0..500_usize) {
            let count = count();
            prop_assert!(count.tally_of(&bytes).is_err() || bytes.first() == Some(&VERSION));
            let mut tally = count.tally();
            observe(&mut tally, &count, &[(0, 0, true), (2, 1, true), (1, 2, true)]);
            let mut bytes = tally.to_bytes();
            prop_assert!(cut >= bytes.len() || count.tally_of(&bytes[..cut]).is_err());
            // Whatever is changed: no panic, and at most other figures.
            let at = flip % bytes.len();
            bytes[at] ^= 0xff;
            let _ = count.tally_of(&bytes);
        }
    }
}
