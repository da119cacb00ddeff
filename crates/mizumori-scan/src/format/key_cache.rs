//! What a key means, remembered: keys repeat in every record, and telling the meaning of one takes a while.
//!
//! It is a cache of fixed size, not a table of all keys: a dump may have as many as it likes.

/// Slots, a power of two: more than the keys of ordinary records.
const SLOTS: usize = 256;

/// A longer key is no known name; it is not remembered.
const MAX_KEY: usize = 128;

/// The meanings of the keys that were asked for last.
pub(crate) struct KeyCache<T> {
    slots: Vec<Option<(Vec<u8>, T)>>,
}

impl<T: Copy> KeyCache<T> {
    /// An empty cache; it takes its memory with the first key.
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// The meaning of `key`, from `tell` when it is not remembered. `tell` has to answer the same every time.
    pub(crate) fn get(&mut self, key: &[u8], tell: impl FnOnce(&[u8]) -> T) -> T {
        if key.len() > MAX_KEY {
            return tell(key);
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let Some(slot) = self.slots.get_mut(slot_of(key)) else { return tell(key) };
        match slot {
            Some((known, meaning)) if known == key => *meaning,
            Some((known, meaning)) => {
                *meaning = tell(key);
                known.clear();
                known.extend_from_slice(key);
                *meaning
            }
            None => slot.insert((key.to_vec(), tell(key))).1,
        }
    }
}

/// A cheap hash: keys that differ in length, beginning or end rarely share a slot, and it does no harm when
/// they do.
fn slot_of(key: &[u8]) -> usize {
    let mix = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    let begin = key.iter().take(8).fold(key.len() as u32, mix);
    let hash = key.iter().rev().take(8).fold(begin, mix);
    (hash ^ (hash >> 15)) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_as_it_was_told() {
        let mut cache = KeyCache::new();
        for round in 0..3 {
            for number in 0..2_000 {
                let key = format!("{}key{number}", "x".repeat(number % 150));
                let told = cache.get(key.as_bytes(), <[u8]>::len);
                assert_eq!(told, key.len(), "{round} {number}");
            }
        }
        assert_eq!(cache.get(b"url", |_| 0), 0);
        assert_eq!(cache.get(b"url", |_| 1), 0, "it is remembered");
    }
}
