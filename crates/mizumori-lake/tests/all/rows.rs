//! Rows come out as they went in, whatever way they took.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::executor::block_on;
use mizumori_core::{Account, LocalPart};
use mizumori_lake::{Forget, LakeError, MOST_RUNS, Merging, ThisMachine};
use mizumori_scan::Progress;

use crate::world::{World, each_since, list};

#[test]
fn what_does_not_fit_into_memory_takes_another_way_to_the_same_rows() {
    let mut text = list(0, 30_000);
    text.push_str(&list(20_000, 20_000));
    text.push_str("user1@mori.example:x\nuser1@mori.example\n");
    // Several dumps: what waits for memory is told when a piece is over.
    let thirds: Vec<String> = (0..3).map(|at| list(at * 10_000, 15_000)).collect();
    let sources = [
        ("a", text.as_str()),
        ("b", thirds[0].as_str()),
        ("c", thirds[1].as_str()),
        ("d", thirds[2].as_str()),
    ];
    let world = World::new();
    let mut lake = world.lake();
    let done = world.ingest(&mut lake, &sources).unwrap();
    assert_eq!((done.rows, done.spilled), (40_000 + 2 + 45_000, 0));
    let rows = world.rows(&lake);
    assert_eq!(rows.len() as u64, done.rows);

    let machine = ThisMachine { memory_bytes: 1 << 20, ..world.machine.clone() };
    let small = World { store: World::new().store, machine, ..world };
    let mut lake = small.lake();
    let done = small.ingest(&mut lake, &sources).unwrap();
    assert!(done.spilled > 0);
    assert_eq!(small.rows(&lake), rows);
}

#[test]
fn the_bounds_hold_after_every_ingest() {
    let world = World::new();
    let mut lake = world.lake();
    for at in 0..40 {
        let id = format!("s{at}");
        world.ingest(&mut lake, &[(&id, &list(at * 5, 50))]).unwrap();
        let status = lake.status().unwrap();
        assert!(status.runs <= MOST_RUNS, "{} runs after {at}", status.runs);
        assert_eq!((status.rows, status.sources), (50 * (at as u64 + 1), at + 1));
    }
    lake.optimize(true).unwrap();
    let status = lake.status().unwrap();
    assert_eq!((status.runs, status.rows, status.sources), (1, 2_000, 40));
    assert_eq!(lake.optimize(true).unwrap().version, None);
    assert_eq!(world.sources_of(&lake, "user100@suigen.example").len(), 10);
}

#[test]
fn a_vacuum_takes_what_nothing_names() {
    let world = World::new();
    let mut lake = world.lake();
    for at in 0..3 {
        world.ingest(&mut lake, &[(&format!("s{at}"), &list(0, 100))]).unwrap();
    }
    let rows = world.rows(&lake);
    lake.optimize(true).unwrap();
    assert_eq!(lake.vacuum(Duration::from_secs(3600)).unwrap(), 0);
    assert_eq!(lake.vacuum(Duration::ZERO).unwrap(), 3);
    assert_eq!(world.rows(&lake), rows);
    assert_eq!(world.rows(&world.lake()), rows);
    // The description of an ingest that was replaced goes with its file.
    world.ingest(&mut lake, &[("s1", &list(0, 10))]).unwrap();
    assert_eq!(lake.vacuum(Duration::ZERO).unwrap(), 2);
    assert_eq!(lake.sources().unwrap().len(), 3);
}

#[test]
fn what_is_new_survives_merging() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", &list(0, 10))]).unwrap();
    let before = lake.version().unwrap();
    world.ingest(&mut lake, &[("b", &list(5, 10))]).unwrap();
    lake.optimize(true).unwrap();
    let account = Account::parse("user0@suigen.example", LocalPart::Column).unwrap();
    lake.forget(&world.ring, &Forget::Account(world.ring.tags().account(&account))).unwrap();
    let mut new = Vec::new();
    each_since(&lake, before, |commit| new.extend(commit.exposures)).unwrap();
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|exposure| exposure.source == "b"));
}

#[test]
fn a_merge_that_is_interrupted_changes_nothing() {
    let world = World::new();
    let mut lake = world.lake();
    for at in 0..MOST_RUNS {
        world.ingest(&mut lake, &[(&*format!("s{at}"), &list(at * 10, 20))]).unwrap();
    }
    while lake.status().unwrap().runs < MOST_RUNS {
        let id = format!("more{}", lake.status().unwrap().sources);
        world.ingest(&mut lake, &[(&*id, &list(0, 20))]).unwrap();
    }
    let objects = || block_on(world.store.list(None).count());
    let (before, rows) = (lake.status().unwrap(), world.rows(&lake));
    let there = objects();
    let progress = Arc::new(Progress::default());
    let mut lake = lake.merging(Merging { progress: Arc::clone(&progress), ..Merging::default() });
    progress.stop();
    assert!(matches!(lake.optimize(true), Err(LakeError::Interrupted)));
    let forgotten = Account::parse("user1@suigen.example", LocalPart::Column).unwrap();
    // One run more would be too many: they are merged before it comes.
    let done = world.ingest(&mut lake, &[("late", &list(0, 20))]).unwrap();
    assert!(done.interrupted && done.versions.is_empty() && done.rows == 0, "{done:?}");
    assert_eq!((lake.status().unwrap(), world.rows(&lake), objects()), (before, rows, there));
    let forgotten = Forget::Account(world.ring.tags().account(&forgotten));
    assert!(matches!(lake.forget(&world.ring, &forgotten), Err(LakeError::Interrupted)));
    // Whoever asks again gets it.
    let mut lake = world.lake();
    assert!(lake.forget(&world.ring, &forgotten).unwrap().rows > 0);
}
