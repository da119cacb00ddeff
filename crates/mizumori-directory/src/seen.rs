//! What a reading has seen already, so that doubles are named: an entry that comes twice, an address that two entries have.
//!
//! It keeps 8 bytes an id or address and no text. Two that differ are taken for the same once in some thousand million
//! readings of 50,000 entries; an entry that is dropped by that comes with the next reading.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};

use crate::directory::{Oddity, OddityKind, Page};
use crate::entry::Entry;

/// The ids and addresses of one reading.
#[derive(Default)]
pub(crate) struct Seen {
    state: RandomState,
    ids: HashSet<u64>,
    addresses: HashSet<u64>,
}

impl Seen {
    /// Puts an entry into the page unless it came before, and names what other entries have too.
    pub(crate) fn admit(&mut self, page: &mut Page, position: u64, entry: Entry) {
        let odd = |kind| Oddity { position, id: Some(entry.id.clone()), kind };
        if !self.ids.insert(self.state.hash_one(entry.id.as_str())) {
            page.oddities.push(odd(OddityKind::IdAgain));
            return;
        }
        for address in &entry.addresses {
            if !self.addresses.insert(self.state.hash_one(Hashed(address.local(), address.host()))) {
                page.oddities.push(odd(OddityKind::AddressAgain));
            }
        }
        page.entries.push(entry);
    }
}

#[derive(Hash)]
struct Hashed<'a>(&'a str, &'a str);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use crate::entry::EntryId;

    #[test]
    fn doubles_are_named() {
        let entry = |id: &str, addresses: &[&str]| {
            let mut entry = Entry::new(EntryId::new(id).unwrap());
            entry.addresses = addresses.iter().map(|text| parse(text).unwrap()).collect();
            entry
        };
        let (mut seen, mut page) = (Seen::default(), Page::default());
        seen.admit(&mut page, 1, entry("1", &["a@a.example"]));
        seen.admit(&mut page, 2, entry("1", &["b@a.example"]));
        seen.admit(&mut page, 3, entry("3", &["c@a.example", "a@a.example"]));
        assert_eq!(page.entries.len(), 2);
        let odd: Vec<_> = page.oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
        assert_eq!(odd, [(2, OddityKind::IdAgain), (3, OddityKind::AddressAgain)]);
    }
}
