//! Several writers at once: whoever comes second reads again and decides again, and no row is lost or doubled.

use std::sync::Barrier;

use mizumori_core::{Account, LocalPart};
use mizumori_lake::Forget;

use crate::world::{World, list};

type Work<'w> = dyn Fn(&World, &mut mizumori_lake::Lake) + Sync + 'w;

/// Runs all at the same moment, each with a lake of its own, opened before.
fn at_once(world: &World, works: &[&Work<'_>]) {
    let barrier = Barrier::new(works.len());
    std::thread::scope(|scope| {
        for work in works {
            let barrier = &barrier;
            scope.spawn(move || {
                let mut lake = world.lake();
                barrier.wait();
                work(world, &mut lake);
            });
        }
    });
}

fn ingest(id: &'static str, text: String) -> impl Fn(&World, &mut mizumori_lake::Lake) + Sync {
    move |world, lake| {
        world.ingest(lake, &[(id, &text)]).unwrap();
    }
}

#[test]
fn one_source_twice_is_there_once() {
    for _ in 0..10 {
        let world = World::new();
        world.lake();
        at_once(&world, &[&ingest("a", list(0, 100)), &ingest("a", list(50, 100))]);
        let lake = world.lake();
        let rows = world.rows(&lake);
        assert_eq!(rows.len(), 100, "one of the two, whole");
        let both =
            [0, 149].map(|at| !world.sources_of(&lake, &format!("user{at}@suigen.example")).is_empty());
        assert!(both == [true, false] || both == [false, true], "{both:?}");
    }
}

#[test]
fn different_sources_are_both_there() {
    for _ in 0..10 {
        let world = World::new();
        world.lake();
        at_once(
            &world,
            &[&ingest("a", list(0, 100)), &ingest("b", list(0, 100)), &ingest("c", list(0, 100))],
        );
        assert_eq!(world.rows(&world.lake()).len(), 300);
    }
}

#[test]
fn a_question_is_asked_again_when_its_files_are_gone() {
    let world = World::new();
    let mut asked = world.lake();
    world.ingest(&mut asked, &[("a", &list(0, 100)), ("b", &list(50, 100))]).unwrap();
    // Somebody else deletes a row, and with it the file that `asked` knows.
    let (tags, account) = (world.ring.tags(), |name| Account::parse(name, LocalPart::Column).unwrap());
    let forgotten = tags.account(&account("user60@suigen.example"));
    world.lake().forget(&world.ring, &Forget::Account(forgotten)).unwrap();
    let question =
        |lake: &mizumori_lake::Lake| lake.points()?.account(&tags, &account("user61@suigen.example"));
    question(&asked).unwrap_err();
    assert_eq!(asked.current(question).unwrap().len(), 2);
    // Where nothing changed it is the question's own fault.
    asked.current(|_| Err::<(), _>(mizumori_lake::LakeError::Interrupted)).unwrap_err();
}

#[test]
fn a_replacement_a_merge_and_a_deletion_do_not_undo_each_other() {
    let tag = |world: &World, name: &str| {
        world.ring.tags().account(&Account::parse(name, LocalPart::Column).unwrap())
    };
    for round in 0..10 {
        let world = World::new();
        let mut lake = world.lake();
        for (id, first) in [("a", 0), ("b", 50), ("c", 90)] {
            world.ingest(&mut lake, &[(id, &list(first, 100))]).unwrap();
        }
        // Merged, so that one file holds rows of all three.
        if round % 2 == 0 {
            lake.optimize(true).unwrap();
        }
        at_once(
            &world,
            &[
                &ingest("a", list(0, 60)),
                &|_, lake| {
                    lake.optimize(true).unwrap();
                },
                &|world, lake| {
                    let what = Forget::Account(tag(world, "user95@suigen.example"));
                    lake.forget(&world.ring, &what).unwrap();
                },
                &|world, lake| {
                    lake.forget(&world.ring, &Forget::source("b")).unwrap();
                },
            ],
        );
        let lake = world.lake();
        assert!(world.sources_of(&lake, "user95@suigen.example").is_empty());
        let a = world.sources_of(&lake, "user30@suigen.example");
        assert_eq!(a.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1)]);
        assert!(world.sources_of(&lake, "user70@suigen.example").is_empty(), "neither the new a nor b");
        let c = world.sources_of(&lake, "user189@suigen.example");
        assert_eq!(c.into_iter().collect::<Vec<_>>(), [("c".to_owned(), 1)]);
        assert_eq!(world.rows(&lake).len(), 60 + 99);
    }
}
