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
        self.find(key).unwrap_or_else(|| {
            let meaning = tell(key);
            self.keep(key, meaning);
            meaning
        })
    }

    /// The meaning of `key`, if it is remembered.
    pub(crate) fn find(&self, key: &[u8]) -> Option<T> {
        match self.slots.get(slot_of(key)) {
            Some(Some((known, meaning))) if known == key => Some(*meaning),
            _ => None,
        }
    }

    /// Remembers the meaning of `key`, and forgets that of another for it.
    pub(crate) fn keep(&mut self, key: &[u8], meaning: T) {
        if key.len() > MAX_KEY {
            return;
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        match self.slots.get_mut(slot_of(key)) {
            Some(Some((known, old))) => {
                known.clear();
                known.extend_from_slice(key);
                *old = meaning;
            }
            Some(empty) => *empty = Some((key.to_vec(), meaning)),
            None => {}
        }
    }
}

/// A cheap hash of a key's length and ends: keys that share a slot do no harm.
fn slot_of(key: &[u8]) -> usize {
    let word = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
    let mix = match (word(key.first_chunk()), word(key.last_chunk())) {
        (Some(first), Some(last)) => first ^ last.rotate_left(29),
        _ => key.iter().fold(0, |mix, byte| (mix << 8) | u64::from(*byte)),
    };
    let hash = (mix ^ key.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The upper bits are the well mixed ones.
    (hash >> 56) as usize % SLOTS
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
