//! What is new since a version, when merges, vacuums and the log's own cleaning have taken away what would say it plainly.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use mizumori_core::ErrorClass;
use mizumori_lake::{Forget, Keep, Lake, LakeError};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use crate::halves::{half, ingest, others};
use crate::world::{World, each_since, list};

/// How many exposures of each source came with each version, and those of which nobody knows.
type Told = (Vec<(u64, &'static str, usize)>, Vec<(u64, String)>);

fn since(lake: &Lake, version: u64) -> Told {
    let mut told: BTreeMap<(u64, &'static str), usize> = BTreeMap::new();
    let untold = each_since(lake, version, |new| {
        for exposure in new.exposures {
            let source = ["a", "b", "c"].into_iter().find(|id| *id == exposure.source).unwrap();
            *told.entry((new.version, source)).or_default() += 1;
        }
    });
    let untold = untold.unwrap().into_iter().map(|untold| (untold.version, untold.source));
    (told.into_iter().map(|((version, id), rows)| (version, id, rows)).collect(), untold.collect())
}

/// The paths of the files of exposures.
fn files(world: &World) -> Vec<Path> {
    let all = futures::executor::block_on_stream(world.store.list(None));
    let all = all.map(|object| object.unwrap().location);
    all.filter(|path| path.as_ref().contains("/exposures/part-")).collect()
}

fn delete(world: &World, path: &Path) {
    futures::executor::block_on(world.store.delete(path)).unwrap();
}

fn merge(lake: &mut Lake) {
    assert!(lake.optimize(true).unwrap().version.is_some());
    lake.vacuum(Duration::ZERO).unwrap();
}

#[test]
fn halves_that_were_merged_are_told_once() {
    let world = World::new();
    let mut lake = world.lake();
    let text = list(0, 30) + &others(0, 70);
    ingest(&world, &mut lake, &[("a", &text)]).unwrap();
    let apart = (vec![(1, "a", 30), (2, "a", 70)], vec![]);
    assert_eq!(since(&lake, 0), apart);
    merge(&mut lake);
    // Which rows were of which half nobody can tell: together they come when both are there.
    assert_eq!(since(&lake, 0), (vec![(2, "a", 100)], vec![]));
    assert_eq!(since(&lake, 1), (vec![], vec![(2, "a".to_owned())]));
    assert_eq!(since(&lake, 2), (vec![], vec![]));
    // What is replaced comes with what is in its place.
    ingest(&world, &mut lake, &[("a", &(text + &list(30, 5)))]).unwrap();
    lake.vacuum(Duration::ZERO).unwrap();
    assert_eq!(since(&lake, 0), (vec![(4, "a", 105)], vec![]));
    assert_eq!(since(&lake, 2), (vec![], vec![(4, "a".to_owned())]));
}

#[test]
fn a_half_is_told_by_what_is_left_of_the_other() {
    let text = list(0, 30) + &others(0, 70);
    for gone in 0..2 {
        let world = World::new();
        let mut lake = world.lake();
        ingest(&world, &mut lake, &[("a", &text)]).unwrap();
        let known = files(&world);
        assert_eq!(known.len(), 2);
        lake.optimize(true).unwrap();
        delete(&world, &known[gone]);
        assert_eq!(since(&lake, 0), (vec![(1, "a", 30), (2, "a", 70)], vec![]));
        let expected = (vec![(2, "a", 70)], vec![]);
        assert_eq!(since(&lake, 1), expected);
    }
    // The first half is merged with others before the second comes.
    let world = half(&text);
    let mut lake = world.lake();
    let first = lake.version().unwrap();
    world.ingest(&mut lake, &[("b", &list(0, 3))]).unwrap();
    merge(&mut lake);
    ingest(&world, &mut lake, &[("a", &text)]).unwrap();
    let last = lake.version().unwrap();
    assert_eq!(since(&lake, 0), (vec![(first, "a", 30), (first + 1, "b", 3), (last, "a", 70)], vec![]));
    assert_eq!(since(&lake, first), (vec![(first + 1, "b", 3), (last, "a", 70)], vec![]));
    // What is left of the first when it is replaced comes with what is in its place.
    world
        .ingest_as(&mut lake, &[("a", &(text + &list(30, 5)))], &|how| how.keep = Keep::Everything(None))
        .unwrap();
    let all = vec![(first + 1, "b", 3), (last, "a", 70), (last + 1, "a", 35)];
    assert_eq!(since(&lake, 0), (all, vec![]));
}

#[test]
fn what_was_replaced_and_deleted_is_not_told_as_new() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", &list(0, 50))]).unwrap();
    world.ingest(&mut lake, &[("a", &list(0, 60)), ("b", &list(0, 5))]).unwrap();
    assert_eq!(since(&lake, 1), (vec![(2, "a", 10), (2, "b", 5)], vec![]));
    lake.vacuum(Duration::ZERO).unwrap();
    assert_eq!(since(&lake, 1), (vec![(2, "b", 5)], vec![(2, "a".to_owned())]));
    // To those who knew nothing of it, all of it is new.
    assert_eq!(since(&lake, 0), (vec![(2, "a", 60), (2, "b", 5)], vec![]));
    world.ingest(&mut lake, &[("a", &list(0, 61)), ("c", &list(0, 1))]).unwrap();
    assert_eq!(since(&lake, 0), (vec![(2, "a", 60), (2, "b", 5), (3, "a", 1), (3, "c", 1)], vec![]));
    merge(&mut lake);
    let unknown = vec![(3, "a".to_owned())];
    assert_eq!(since(&lake, 2), (vec![(3, "c", 1)], unknown));
    assert_eq!(since(&lake, 0), (vec![(2, "b", 5), (3, "a", 61), (3, "c", 1)], vec![]));
    // What was forgotten is no news, and what came again is.
    lake.forget(&world.ring, &Forget::source("a")).unwrap();
    world.ingest(&mut lake, &[("a", &list(0, 7))]).unwrap();
    let last = lake.version().unwrap();
    merge(&mut lake);
    assert_eq!(since(&lake, 0), (vec![(2, "b", 5), (3, "c", 1), (last, "a", 7)], vec![]));
    assert_eq!(since(&lake, last - 1), (vec![(last, "a", 7)], vec![]));
}

#[test]
fn a_log_that_was_cut_says_from_where_it_tells() {
    let world = World::new();
    let mut lake = world.lake();
    for (id, rows) in [("a", 3), ("b", 4), ("c", 5)] {
        world.ingest(&mut lake, &[(id, &list(0, rows))]).unwrap();
    }
    for version in 0..2 {
        delete(&world, &Path::from(format!("lake/exposures/_delta_log/{version:020}.json")));
    }
    let error = each_since(&lake, 0, |_| panic!("told")).unwrap_err();
    assert!(matches!(error, LakeError::LogCut { asked: 0, first: 1 }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Usage);
    assert!(error.to_string().contains("after version 1, and not what came after 0"), "{error}");
    assert!(error.hint().unwrap().contains("after version 1"));
    assert_eq!(since(&lake, 1), (vec![(2, "b", 4), (3, "c", 5)], vec![]));
}

#[test]
fn much_is_told_in_parts() {
    let world = World::new();
    let mut lake = world.lake();
    let (before, after) = (list(0, 300_000), list(7, 300_010));
    world.ingest(&mut lake, &[("a", &before)]).unwrap();
    world.ingest(&mut lake, &[("a", &after)]).unwrap();
    let mut last = None;
    let (mut parts, mut rows, mut most) = (BTreeMap::<u64, usize>::new(), BTreeMap::<u64, usize>::new(), 0);
    let untold = each_since(&lake, 0, |new| {
        *parts.entry(new.version).or_default() += 1;
        *rows.entry(new.version).or_default() += new.exposures.len();
        most = most.max(new.exposures.len());
        for exposure in &new.exposures {
            let place = (new.version, exposure.account);
            assert!(last.is_none_or(|last| last <= place));
            last = Some(place);
        }
    });
    assert!(untold.unwrap().is_empty());
    assert_eq!(rows, BTreeMap::from([(1, 300_000), (2, 17)]));
    assert!(parts[&1] > 1 && most < 300_000, "{parts:?} {most}");
}

#[test]
fn whoever_has_enough_gets_no_more() {
    let world = World::new();
    let mut lake = world.lake();
    for id in ["a", "b", "c"] {
        world.ingest(&mut lake, &[(id, &list(0, 10))]).unwrap();
    }
    let mut told = Vec::new();
    let untold = lake.since(0, &mut |new| {
        told.push((new.version, new.exposures.len()));
        if told.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(untold.unwrap(), []);
    assert_eq!(told, [(1, 10), (2, 10)]);
}
