//! One hash and how often it was seen.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::digest::Key;
use crate::error::GuardError;

/// A row while it is moved about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) key: Key,
    /// At least 1.
    pub(crate) count: u64,
}

/// Makes rows of one each key, counts added.
fn add_up(rows: &mut Vec<Row>) {
    rows.dedup_by(|next, kept| {
        let same = next.key == kept.key;
        if same {
            kept.count = kept.count.saturating_add(next.count);
        }
        same
    });
}

/// The same, and gives back room that they do not need.
pub(crate) fn added_up(rows: &mut Vec<Row>) {
    add_up(rows);
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

/// Rows that are merged at a time, about: as many as stay near the core that sorts them.
const PART: usize = 1 << 15;
/// Rows that are held of each stream at least, and at most.
const HELD: std::ops::RangeInclusive<usize> = 64..=1 << 13;

/// Several of them as one; counts of the same key are added.
///
/// A part at a time: of each stream as many rows as are held, up to the least of the last ones, put behind each other and
/// sorted. A sort that sees what is in order already is a few times as fast as a heap, which asks all streams for each row.
pub(crate) struct Merged<R> {
    streams: Vec<Stream<R>>,
    /// Rows that are held of each stream.
    held: usize,
    part: Vec<Row>,
    /// Rows of the part that were given out.
    given: usize,
}

/// Rows that a thread puts in order ahead.
pub(crate) struct Ahead {
    parts: Receiver<crate::Result<Vec<Row>>>,
    part: std::vec::IntoIter<Row>,
}

impl Rows for Ahead {
    fn next(&mut self) -> crate::Result<Option<Row>> {
        if self.part.len() == 0 {
            // The last part is empty, and nothing is behind it.
            if let Ok(part) = self.parts.recv() {
                self.part = part?.into_iter();
            }
        }
        Ok(self.part.next())
    }
}

/// A stream, and its next rows.
struct Stream<R> {
    rows: R,
    next: Vec<Row>,
    is_at_end: bool,
}

impl<R: Rows> Merged<R> {
    pub(crate) fn new(all: impl IntoIterator<Item = R>) -> Self {
        let streams = all.into_iter().map(|rows| Stream { rows, next: Vec::new(), is_at_end: false });
        let streams: Vec<_> = streams.collect();
        let held = (PART / streams.len().max(1)).clamp(*HELD.start(), *HELD.end());
        Self { streams, held, part: Vec::new(), given: 0 }
    }

    /// Has them put in order on a thread of its own, ahead of whoever takes them.
    ///
    /// # Errors
    /// Those of `take`, and of a system that gives no thread.
    pub(crate) fn ahead<T>(mut self, take: impl FnOnce(&mut Ahead) -> crate::Result<T>) -> crate::Result<T>
    where
        R: Send,
    {
        let (send, parts) = sync_channel(1);
        let merge = move || loop {
            let merged = self.merge().map(|()| std::mem::take(&mut self.part));
            let is_last = merged.as_ref().map_or(true, Vec::is_empty);
            if send.send(merged).is_err() || is_last {
                return;
            }
        };
        thread::scope(|scope| {
            let started = thread::Builder::new().name("guard".to_owned()).spawn_scoped(scope, merge);
            started.map_err(|cause| GuardError::System { what: "thread", cause })?;
            take(&mut Ahead { parts, part: Vec::new().into_iter() })
        })
    }

    /// Puts the next part in order; it is empty when nothing comes any more.
    fn merge(&mut self) -> crate::Result<()> {
        for stream in &mut self.streams {
            stream.fill(self.held)?;
        }
        self.streams.retain(|stream| !stream.next.is_empty());
        // Behind it some stream may have rows that are not held yet.
        let open = self.streams.iter().filter(|stream| !stream.is_at_end);
        let last = open.filter_map(|stream| stream.next.last()).map(|row| row.key).min();
        self.part.clear();
        self.given = 0;
        for Stream { next, .. } in &mut self.streams {
            let now = last.map_or(next.len(), |last| next.partition_point(|row| row.key <= last));
            self.part.extend(next.drain(..now));
        }
        self.part.sort_by_key(|row| row.key);
        add_up(&mut self.part);
        Ok(())
    }
}

impl<R: Rows> Stream<R> {
    fn fill(&mut self, held: usize) -> crate::Result<()> {
        while self.next.len() < held && !self.is_at_end {
            match self.rows.next()? {
                Some(row) => self.next.push(row),
                None => self.is_at_end = true,
            }
        }
        Ok(())
    }
}

impl<R: Rows> Rows for Merged<R> {
    fn next(&mut self) -> crate::Result<Option<Row>> {
        if self.given == self.part.len() {
            self.merge()?;
        }
        let row = self.part.get(self.given).copied();
        self.given += usize::from(row.is_some());
        Ok(row)
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

    fn all(rows: &mut impl Rows) -> Vec<(u64, u64)> {
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            all.push((row.key.high, row.count));
        }
        all
    }

    proptest! {
        #[test]
        fn merges_like_a_map(parts in proptest::collection::vec(proptest::collection::btree_map(0..40_u64, 1..9_u64, 0..30), 0..9), few in 1..20_usize) {
            let row = |(high, count): (&u64, &u64)| Row { key: Key { high: *high, ..Key::default() }, count: *count };
            let held = || parts.iter().map(|part| Held(part.iter().map(row).collect::<Vec<_>>().into_iter()));
            // So few that there are many parts.
            let merged = || Merged { held: few, ..Merged::new(held()) };
            let mut naive = BTreeMap::new();
            for (key, count) in parts.iter().flatten() {
                *naive.entry(*key).or_insert(0) += count;
            }
            let naive: Vec<_> = naive.into_iter().collect();
            prop_assert_eq!(all(&mut merged()), naive.clone());
            prop_assert_eq!(merged().ahead(|rows| Ok(all(rows))).unwrap(), naive);
        }
    }
}
