//! What concerns the watch list first, the rest behind it: two commits of one ingest, and what a source goes through that grows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use mizumori_lake::{Commits, Forget, Ingested, Keep, Lake, LakeError, Missing, Refused, WhatHappened};

use crate::faults::Failing;
use crate::world::{World, each_since, list};

/// Ingests as a follower does.
pub(crate) fn ingest(
    world: &World,
    lake: &mut Lake,
    sources: &[(&str, &str)],
) -> Result<Ingested, LakeError> {
    world.ingest_as(lake, sources, &|how| {
        how.keep = Keep::Everything(Some(&world.watch));
        how.commits = Commits::WatchedFirst;
        how.refused = Refused::HoldsBack;
    })
}

/// Accounts of nobody who is watched.
pub(crate) fn others(first: usize, accounts: usize) -> String {
    list(first, accounts).replace("suigen", "elsewhere")
}

fn rest(world: &World, lake: &Lake) -> usize {
    lake.points().unwrap().domain(world.ring.tags().domain("elsewhere.example")).unwrap().len()
}

/// A lake that has the watched rows of the source `a`, because the store failed between two commits.
pub(crate) fn half(text: &str) -> World {
    for writes in 0..200 {
        let store = Failing::new();
        let world = World::over(Arc::clone(&store) as Arc<dyn object_store::ObjectStore>);
        let mut lake = world.lake();
        store.left.store(writes, Ordering::Relaxed);
        ingest(&world, &mut lake, &[("a", text)]).unwrap_err();
        store.left.store(i64::MAX, Ordering::Relaxed);
        let lake = world.lake();
        if !world.rows(&lake).is_empty() {
            assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (30, 0));
            return world;
        }
    }
    panic!("never half done");
}

#[test]
fn the_watched_rows_come_first() {
    let world = World::new();
    let mut lake = world.lake();
    let text = list(0, 30) + &others(0, 70);
    let done = ingest(&world, &mut lake, &[("a", &text)]).unwrap();
    assert_eq!(done.versions, [1, 2]);
    assert_eq!((done.sources[0].what, done.sources[0].rows), (WhatHappened::Added, 100));
    let mut new = Vec::new();
    each_since(&lake, 0, |commit| {
        let watched = commit.exposures.iter().filter(|exposure| exposure.host == "suigen.example").count();
        new.push((commit.version, commit.exposures.len(), watched));
    })
    .unwrap();
    assert_eq!(new, [(1, 30, 30), (2, 70, 0)]);
    assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (30, 70));

    // In one commit it is the same, and is there already.
    let again = world
        .ingest_as(&mut lake, &[("a", &text)], &|how| how.keep = Keep::Everything(Some(&world.watch)))
        .unwrap();
    assert_eq!((again.sources[0].what, again.versions.len()), (WhatHappened::AsBefore, 0));
    assert!(lake.kept_for_others(&world.mixed().watch).unwrap().is_empty());

    // Merged, the two are one ingest still, and the manifest of the first half is needed by nobody.
    lake.optimize(true).unwrap();
    lake.vacuum(std::time::Duration::ZERO).unwrap();
    let mut lake = world.lake();
    assert_eq!(ingest(&world, &mut lake, &[("a", &text)]).unwrap().sources[0].what, WhatHappened::AsBefore);
    assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (30, 70));
    lake.forget(&world.ring, &Forget::source("a")).unwrap();
    assert!(lake.sources().unwrap().is_empty());
}

#[test]
fn a_half_is_completed_and_not_taken_for_the_whole() {
    let text = list(0, 30) + &others(0, 70);
    let world = half(&text);
    assert_eq!(world.lake().kept_for_others(&world.mixed().watch).unwrap(), ["a"]);
    // A plain ingest of the same replaces it; a follower completes it.
    for (completes, merged) in [(false, false), (true, false), (true, true)] {
        let world = half(&text);
        let mut lake = world.lake();
        if merged {
            world.ingest(&mut lake, &[("b", &list(0, 1))]).unwrap();
            lake.optimize(true).unwrap();
            lake.forget(&world.ring, &Forget::source("b")).unwrap();
        }
        let done = if completes {
            ingest(&world, &mut lake, &[("a", &text)]).unwrap()
        } else {
            let keep = |how: &mut mizumori_lake::Ingest<'_>| how.keep = Keep::Everything(None);
            world.ingest_as(&mut lake, &[("a", &text)], &keep).unwrap()
        };
        let what = if completes { WhatHappened::Completed } else { WhatHappened::Replaced };
        assert_eq!((done.sources[0].what, done.sources[0].rows, done.versions.len()), (what, 100, 1));
        assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (30, 70));
        assert!(world.lake().kept_for_others(&world.mixed().watch).unwrap().is_empty());
    }
    let mut lake = world.lake();
    // Another text is another ingest, whole.
    let more = list(0, 31) + &others(0, 70);
    let done = ingest(&world, &mut lake, &[("a", &more)]).unwrap();
    assert_eq!((done.sources[0].what, done.versions.len()), (WhatHappened::Replaced, 1));
    assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (31, 70));
    // What it had before is not new.
    let mut new = 0;
    let version = lake.version().unwrap();
    each_since(&lake, version - 1, |commit| new += commit.exposures.len()).unwrap();
    assert_eq!(new, 71, "one account more, and the rest");
}

#[test]
fn two_followers_do_no_harm() {
    let text = list(0, 40) + &others(0, 60);
    for _ in 0..5 {
        let world = World::new();
        world.lake();
        let barrier = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut lake = world.lake();
                    barrier.wait();
                    // Whoever comes second is told, and looks again in his next round.
                    for _ in 0..20 {
                        match ingest(&world, &mut lake, &[("a", &text), ("b", &text)]) {
                            Ok(_) => return,
                            Err(LakeError::Raced(_)) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    panic!("never done");
                });
            }
        });
        let mut lake = world.lake();
        // One of them may have replaced what the other had by half, and lost.
        ingest(&world, &mut lake, &[("a", &text), ("b", &text)]).unwrap();
        assert_eq!((world.rows(&lake).len(), rest(&world, &lake)), (80, 120));
    }
}

#[test]
fn a_source_that_grows_keeps_its_rows() {
    let world = World::new();
    let mut lake = world.lake();
    let files: Vec<_> = (0..3).map(|at| (format!("feed/{at}.txt"), list(at * 10, 10))).collect();
    let feed = |lake: &mut Lake, numbers: &[usize], missing| {
        let texts = numbers.iter().map(|at| (files[*at].0.clone(), files[*at].1.as_str())).collect();
        let more = ("id = 'other'".to_owned(), vec![("other.txt".to_owned(), "x@mori.example:p\n")]);
        let sources = [("id = 'feed'\nleaked = '2021-05'".to_owned(), texts), more];
        world
            .ingest_files(lake, &sources, &|how| {
                how.refused = Refused::HoldsBack;
                how.missing = missing;
            })
            .unwrap()
    };
    let what = |done: &Ingested| done.sources.iter().map(|source| source.what).collect::<Vec<_>>();
    assert_eq!(what(&feed(&mut lake, &[0], Missing::Refused)), [WhatHappened::Added; 2]);
    assert_eq!(
        what(&feed(&mut lake, &[0, 1], Missing::Refused)),
        [WhatHappened::Replaced, WhatHappened::AsBefore]
    );
    assert_eq!(world.rows(&lake).len(), 21);
    // Files that are gone are no removal, as long as nothing new comes.
    assert_eq!(what(&feed(&mut lake, &[1], Missing::Refused)), [WhatHappened::AsBefore; 2]);
    // Then the source waits, and says which are missing; the others go on.
    let done = feed(&mut lake, &[1, 2], Missing::Refused);
    assert_eq!(what(&done), [WhatHappened::AsBefore]);
    match &*done.held_back {
        [(id, LakeError::FilesMissing { files, .. })] => {
            assert_eq!((&**id, &**files), ("feed", &["feed/0.txt".to_owned()][..]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.rows(&lake).len(), 21);
    assert_eq!(what(&feed(&mut lake, &[0, 1, 2], Missing::Refused))[0], WhatHappened::Replaced);
    assert_eq!(world.rows(&lake).len(), 31);
    assert_eq!(what(&feed(&mut lake, &[2], Missing::Replaced))[0], WhatHappened::AsBefore);
}
