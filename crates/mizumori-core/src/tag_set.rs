//! The exact set of what has been seen: 128-bit tags, and nothing else.
//!
//! It is cut into shards that grow one after another, so that growing never needs the memory of the whole set
//! twice. A tag takes 16 bytes and one byte of the table's own in each slot (hashbrown's layout).

use crate::Tag;
use hashbrown::HashTable;

/// How many shards: growing one then copies less than half a per cent of the set.
const SHARDS: usize = 256;

/// A set of tags: 17 bytes a slot, of which between half and seven eighths are filled.
#[derive(Debug)]
pub struct TagSet {
    shards: Vec<HashTable<u128>>,
}

impl TagSet {
    /// An empty set.
    pub fn new() -> Self {
        Self { shards: std::iter::repeat_with(HashTable::new).take(SHARDS).collect() }
    }

    /// Adds a tag; `true` when it was not there yet.
    pub fn insert(&mut self, tag: Tag) -> bool {
        // The top byte picks the shard, the low half the slot: a tag is a keyed hash, no second one is needed.
        let Some(shard) = self.shards.get_mut((tag.0 >> 120) as usize % SHARDS) else { return false };
        let entry = shard.entry(tag.0 as u64, |known| *known == tag.0, |known| *known as u64);
        match entry {
            hashbrown::hash_table::Entry::Occupied(_) => false,
            hashbrown::hash_table::Entry::Vacant(slot) => {
                slot.insert(tag.0);
                true
            }
        }
    }
}

impl Default for TagSet {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn like_an_ordered_set(tags in prop::collection::vec(prop_oneof![any::<u128>(), (0..40_u128)], 0..200)) {
            let (mut set, mut naive) = (TagSet::new(), BTreeSet::new());
            for tag in tags {
                prop_assert_eq!(set.insert(Tag(tag)), naive.insert(tag));
            }
        }
    }
}
