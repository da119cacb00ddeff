//! One hash and how often it was seen.

use crate::digest::Key;

/// A row while it is moved about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) key: Key,
    /// At least 1.
    pub(crate) count: u64,
}

/// Makes rows of one each key, counts added, and gives back room that they do not need.
pub(crate) fn added_up(rows: &mut Vec<Row>) {
    rows.dedup_by(|next, kept| {
        let same = next.key == kept.key;
        if same {
            kept.count = kept.count.saturating_add(next.count);
        }
        same
    });
    // Short words take many times their own bytes; the same ones over and over, next to nothing.
    if rows.len() < rows.capacity() / 2 {
        rows.shrink_to_fit();
    }
}

/// What gives rows in the order of their keys, each key once.
pub(crate) trait Rows {
    /// The next row.
    fn next(&mut self) -> crate::Result<Option<Row>>;
}

/// Several of them as one; counts of the same key are added.
pub(crate) struct Merged<R> {
    /// A heap, the smallest key first; each with the row that comes next.
    heads: Vec<(Row, R)>,
}

impl<R: Rows> Merged<R> {
    pub(crate) fn new(all: impl IntoIterator<Item = R>) -> crate::Result<Self> {
        let mut heads = Vec::new();
        for mut rows in all {
            if let Some(row) = rows.next()? {
                heads.push((row, rows));
            }
        }
        // What is in order is a heap.
        heads.sort_by_key(|(row, _)| row.key);
        Ok(Self { heads })
    }

    /// Takes the smallest row out.
    fn pop(&mut self) -> crate::Result<Option<Row>> {
        let Some((row, rows)) = self.heads.first_mut() else { return Ok(None) };
        let smallest = *row;
        match rows.next()? {
            Some(next) => *row = next,
            None => {
                self.heads.swap_remove(0);
            }
        }
        self.sink();
        Ok(Some(smallest))
    }

    /// Moves the first down to its place.
    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let key = |place: usize| self.heads.get(place).map(|(row, _)| row.key);
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let Some(mut least) = key(left) else { return };
            let mut child = left;
            if let Some(other) = key(right)
                && other < least
            {
                (least, child) = (other, right);
            }
            if key(at).is_none_or(|own| own <= least) {
                return;
            }
            self.heads.swap(at, child);
            at = child;
        }
    }
}

impl<R: Rows> Rows for Merged<R> {
    fn next(&mut self) -> crate::Result<Option<Row>> {
        let Some(mut row) = self.pop()? else { return Ok(None) };
        while self.heads.first().is_some_and(|(next, _)| next.key == row.key) {
            let Some(same) = self.pop()? else { break };
            row.count = row.count.saturating_add(same.count);
        }
        Ok(Some(row))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    struct Held(std::vec::IntoIter<Row>);

    impl Rows for Held {
        fn next(&mut self) -> crate::Result<Option<Row>> {
            Ok(self.0.next())
        }
    }

    proptest! {
        #[test]
        fn merges_like_a_map(parts in proptest::collection::vec(proptest::collection::btree_map(0..40_u64, 1..9_u64, 0..30), 0..9)) {
            let row = |(high, count): (&u64, &u64)| Row { key: Key { high: *high, ..Key::default() }, count: *count };
            let held = parts.iter().map(|part| Held(part.iter().map(row).collect::<Vec<_>>().into_iter()));
            let mut merged = Merged::new(held).unwrap();
            let mut naive = BTreeMap::new();
            for (key, count) in parts.iter().flatten() {
                *naive.entry(*key).or_insert(0) += count;
            }
            let mut seen = Vec::new();
            while let Some(row) = merged.next().unwrap() {
                seen.push((row.key.high, row.count));
            }
            prop_assert_eq!(seen, naive.into_iter().collect::<Vec<_>>());
        }
    }
}
