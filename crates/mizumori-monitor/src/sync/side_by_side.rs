//! Many directories, some at a time: one that says nothing for a quarter of an hour keeps few others waiting, and nobody for long.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _};
use mizumori_core::Timestamp;
use mizumori_core::keys::TagLayers;
use mizumori_store::{Directory as Described, OrganisationId, Store};

use super::{Reading, Shrinking, read_directory};
use crate::error::MonitorError;

/// So many are read at a time. Each waits for its server most of the time, and writes page by page.
const AT_ONCE: usize = 4;

/// Reads directories as [`read_directory`] does, four at a time: first one of each organisation, so that one that has many which do not
/// answer keeps no other one waiting. Each is `told` when it was read, one after another.
pub async fn read_directories(
    store: &Store,
    directories: Vec<(OrganisationId, Described)>,
    tags: &TagLayers,
    shrinking: Shrinking,
    now: impl Fn() -> Timestamp,
    told: impl FnMut(&OrganisationId, &Described, Result<Reading, MonitorError>),
) {
    let read = async |organisation: &OrganisationId, directory: &Described| {
        read_directory(store, organisation, directory, tags, shrinking, now()).await
    };
    side_by_side(directories, read, told).await;
}

async fn side_by_side<T>(
    directories: Vec<(OrganisationId, Described)>,
    read: impl AsyncFn(&OrganisationId, &Described) -> T,
    mut told: impl FnMut(&OrganisationId, &Described, T),
) {
    let read = &read;
    let mut done = stream::iter(in_turns(directories))
        .map(async |(organisation, directory)| {
            let done = read(&organisation, &directory).await;
            (organisation, directory, done)
        })
        .buffer_unordered(AT_ONCE);
    // Nothing is waited for in here: the others, which may be writing, would stand still meanwhile.
    while let Some((organisation, directory, done)) = done.next().await {
        told(&organisation, &directory, done);
    }
}

/// The first of each organisation, then the second of each, and so on.
fn in_turns(directories: Vec<(OrganisationId, Described)>) -> Vec<(OrganisationId, Described)> {
    let mut seen = BTreeMap::<OrganisationId, usize>::new();
    let mut turns: Vec<_> = directories
        .into_iter()
        .map(|(organisation, directory)| {
            let turn = seen.entry(organisation.clone()).or_default();
            *turn += 1;
            (*turn, organisation, directory)
        })
        .collect();
    // Those of a turn stay in their order.
    turns.sort_by_key(|(turn, ..)| *turn);
    turns.into_iter().map(|(_, organisation, directory)| (organisation, directory)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::pending;

    use futures::FutureExt as _;
    use mizumori_store::DirectoryId;

    use super::*;

    fn directories(names: &[(&str, &str)]) -> Vec<(OrganisationId, Described)> {
        let directory = |(organisation, name): &(&str, &str)| {
            let described = Described {
                id: DirectoryId(1),
                name: (*name).to_owned(),
                kind: "csv".to_owned(),
                document: "{}".to_owned(),
                synced: None,
                problem: None,
            };
            (organisation.parse().unwrap(), described)
        };
        names.iter().map(directory).collect()
    }

    /// Which were read to their end, and how many were begun, where those that are called so never answer.
    fn read(names: &[(&str, &str)]) -> (Vec<String>, usize, bool) {
        let (begun, told) = (Cell::new(0), RefCell::new(Vec::new()));
        let read = async |_: &OrganisationId, directory: &Described| {
            begun.set(begun.get() + 1);
            if directory.name == "silent" {
                pending::<()>().await;
            }
        };
        let tell = |id: &OrganisationId, directory: &Described, ()| {
            told.borrow_mut().push(format!("{id}/{}", directory.name));
        };
        let is_over = side_by_side(directories(names), read, tell).now_or_never().is_some();
        (told.take(), begun.get(), is_over)
    }

    #[test]
    fn one_that_says_nothing_keeps_nobody_waiting() {
        let all = [("a", "silent"), ("a", "people"), ("b", "people"), ("c", "people"), ("c", "more")];
        let (mut told, begun, is_over) = read(&all);
        told.sort();
        assert_eq!((begun, is_over), (5, false));
        assert_eq!(told, ["a/people", "b/people", "c/more", "c/people"]);
        // However many there are of one organisation, others come in between.
        let all = [("a", "silent"), ("a", "silent"), ("a", "silent"), ("a", "silent"), ("b", "people")];
        assert_eq!(read(&all), (vec!["b/people".to_owned()], 5, false));
        assert_eq!(read(&[("a", "people")]), (vec!["a/people".to_owned()], 1, true));
    }

    #[test]
    fn no_more_than_four_are_read_at_a_time() {
        let all = ["a", "b", "c", "d", "e", "f"].map(|organisation| (organisation, "silent"));
        assert_eq!(read(&all), (Vec::new(), 4, false));
    }
}
