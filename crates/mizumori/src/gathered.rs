//! Which sources are gathered beside a scan or an ingest, and what came of each: the same for every index that is filled that way.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mizumori_core::SourceIndex;
use mizumori_guard::Change;

/// Sources by their numbers. `D` is what is told of one that came, beside what it changed.
pub(crate) struct Gathered<D>(Mutex<State<D>>);

struct State<D> {
    /// The sources that are gathered, each with what tells its material from other, where that is known before.
    wanted: BTreeMap<usize, Option<String>>,
    /// Those of which something was read.
    seen: BTreeSet<usize>,
    /// Those of which something could not be read.
    unreadable: BTreeSet<usize>,
    /// What came of each that was.
    done: BTreeMap<usize, (Change, D)>,
    /// Those that were in the index already.
    known: BTreeSet<usize>,
}

impl<D> Default for Gathered<D> {
    fn default() -> Self {
        let (wanted, done) = (BTreeMap::new(), BTreeMap::new());
        let (seen, unreadable, known) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self(Mutex::new(State { wanted, seen, unreadable, done, known }))
    }
}

impl<D> Gathered<D> {
    /// Every one of so many, whatever the index has of it.
    pub(crate) fn want_all(&self, sources: usize) {
        self.state().wanted = (0..sources).map(|source| (source, None)).collect();
    }

    /// One whose material has this identity, where it has one before it is read; `is_known` says whether the index has that already.
    /// Whether it is gathered.
    #[cfg(feature = "lake")]
    pub(crate) fn wants(
        &self,
        source: SourceIndex,
        identity: Option<&str>,
        is_known: impl FnOnce(&str) -> bool,
    ) -> bool {
        let is_known = identity.is_some_and(is_known);
        let mut state = self.state();
        if is_known {
            state.known.insert(source.0);
        } else {
            state.wanted.insert(source.0, identity.map(str::to_owned));
        }
        !is_known
    }

    /// A piece of one is read. Whether it is gathered.
    pub(crate) fn begins(&self, source: SourceIndex) -> bool {
        let mut state = self.state();
        state.seen.insert(source.0);
        state.wanted.contains_key(&source.0)
    }

    /// Something of one cannot be read.
    pub(crate) fn unreadable(&self, source: SourceIndex) {
        self.state().unreadable.insert(source.0);
    }

    /// Those that were gathered and can be kept now, each with its identity. Of what cannot be read today, what it brought before stays.
    pub(crate) fn take(&self) -> BTreeMap<usize, Option<String>> {
        let mut state = self.state();
        let (seen, unreadable) = (take(&mut state.seen), take(&mut state.unreadable));
        let mut wanted = take(&mut state.wanted);
        wanted.retain(|source, _| seen.contains(source) || !unreadable.contains(source));
        wanted
    }

    /// What came of one.
    pub(crate) fn came(&self, source: usize, change: Change, told: D) {
        let mut state = self.state();
        // What came by half and then whole came once.
        let was_added = state.done.get(&source).is_some_and(|(before, _)| *before == Change::Added);
        state.done.insert(source, (if was_added { Change::Added } else { change }, told));
    }

    /// How many sources were added, replaced, and are as they were.
    pub(crate) fn changes(&self) -> [u64; 3] {
        let state = self.state();
        let count = |is: Change| state.done.values().filter(|(change, _)| *change == is).count();
        [count(Change::Added), count(Change::Replaced), count(Change::AsBefore) + state.known.len()]
            .map(|count| count as u64)
    }

    /// Whether the index is another one now.
    #[cfg(feature = "lake")]
    pub(crate) fn has_changed(&self) -> bool {
        self.state().done.values().any(|(change, _)| *change != Change::AsBefore)
    }

    /// What came of each, by their numbers.
    pub(crate) fn each<T>(&self, told: impl FnMut((usize, Change, &D)) -> T) -> Vec<T> {
        self.state().done.iter().map(|(source, (change, done))| (*source, *change, done)).map(told).collect()
    }

    fn state(&self) -> MutexGuard<'_, State<D>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_keeps_what_it_brought() {
        let gathered = Gathered::<()>::default();
        gathered.want_all(4);
        for (source, is_read, fails) in [(0, true, false), (1, true, true), (2, false, true)] {
            assert!(!is_read || gathered.begins(SourceIndex(source)));
            if fails {
                gathered.unreadable(SourceIndex(source));
            }
        }
        // The last one has nothing in it, and nothing is wrong with it.
        assert_eq!(gathered.take().into_keys().collect::<Vec<_>>(), [0, 1, 3]);
        assert!(gathered.take().is_empty());
    }

    #[test]
    fn what_comes_by_half_and_then_whole_comes_once() {
        let gathered = Gathered::default();
        gathered.came(0, Change::Added, 1);
        gathered.came(0, Change::Replaced, 5);
        gathered.came(1, Change::Replaced, 2);
        assert_eq!(gathered.changes(), [1, 1, 0]);
        assert_eq!(gathered.each(|(source, _, rows)| (source, *rows)), [(0, 5), (1, 2)]);
    }
}
