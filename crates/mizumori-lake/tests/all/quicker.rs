//! Somebody else is quicker: what was decided before the scan is decided again before the commit.

use mizumori_core::keys::TagLayers;
use mizumori_core::{Account, LocalPart};
use mizumori_lake::{
    FileFacts, Filled, Forget, Ingest, Ingested, Lake, LakeError, Missing, Runner, ThisMachine, Work,
};
use mizumori_scan::{Dump, Progress};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use crate::counts::totals;
use crate::world::{World, list};

/// This machine, where something happens between the scan and the commit.
struct Meanwhile<'m> {
    machine: &'m ThisMachine,
    happens: &'m (dyn Fn() + Sync),
}

impl Runner for Meanwhile<'_> {
    fn digests(&self, dumps: &[Dump], progress: &Progress) -> Result<Vec<FileFacts>, LakeError> {
        self.machine.digests(dumps, progress)
    }

    fn fill(&self, lake: &Lake, work: &Work<'_>) -> Result<Filled, LakeError> {
        let filled = self.machine.fill(lake, work);
        (self.happens)();
        filled
    }

    fn show(&self, work: &Work<'_>) -> Result<Vec<(String, String)>, LakeError> {
        self.machine.show(work)
    }
}

type Files<'f> = [(String, Vec<(String, &'f str)>)];

fn source<'f>(id: &str, files: &[(&str, &'f str)]) -> (String, Vec<(String, &'f str)>) {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), *text));
    (format!("id = '{id}'\nplace = 'p'\nleaked = '2019-01'"), files.collect())
}

/// Ingests `files` while `happens` happens.
fn ingest_while(
    world: &World,
    files: &Files<'_>,
    missing: Missing,
    happens: &(dyn Fn() + Sync),
) -> Result<Ingested, LakeError> {
    let machine = Meanwhile { machine: &world.machine, happens };
    let mut lake = world.lake();
    // The runner lives shorter than the world, so that it cannot be put in the place of the world's.
    world.ingest_by(&mut lake, files, &machine, &|how: &mut Ingest<'_>| how.missing = missing)
}

const ONE: (&str, &str) = ("one.txt", "a@suigen.example:1\n");
const TWO: (&str, &str) = ("two.txt", "b@suigen.example:2\n");

#[test]
fn what_somebody_else_brought_meanwhile_does_not_go_unasked() {
    let world = World::new();
    world.lake();
    let both = || {
        world.ingest_files(&mut world.there(), &[source("s", &[ONE, TWO])], &|_| {}).unwrap();
    };
    let mine = [source("s", &[ONE])];
    let error = ingest_while(&world, &mine, Missing::Refused, &both).unwrap_err();
    assert!(matches!(&error, LakeError::Raced(source) if source == "s"), "{error}");
    assert_eq!(world.rows(&world.lake()).len(), 2);
    // Asked again, the lake says what is missing; and who wants it so has it so.
    let error = world.ingest_files(&mut world.lake(), &mine, &|_| {}).unwrap_err();
    assert!(matches!(error, LakeError::FilesMissing { .. }), "{error}");
    ingest_while(&world, &mine, Missing::Replaced, &both).unwrap();
    assert_eq!(world.rows(&world.lake()).len(), 1);
}

#[test]
fn sources_of_a_place_and_month_are_not_counted_apart_from_each_other() {
    let text = "x@mori.example:1\n";
    for quicker in [true, false] {
        let world = World::new().mixed();
        world.lake();
        let other = || {
            world.ingest_files(&mut world.there(), &[source("b", &[("b.txt", text)])], &|_| {}).unwrap();
        };
        let happens: &(dyn Fn() + Sync) = if quicker { &other } else { &|| {} };
        let outcome = ingest_while(&world, &[source("a", &[("a.txt", text)])], Missing::Refused, happens);
        match outcome {
            Err(LakeError::CountedAlready { source_id, counted, .. }) if quicker => {
                assert_eq!((&*source_id, counted), ("a", vec!["b".to_owned()]));
            }
            outcome => assert!(!quicker && outcome.is_ok(), "{outcome:?}"),
        }
        assert_eq!(totals(&world, &world.lake()), (0, 1), "one account, counted once");
    }
}

#[test]
fn two_that_count_at_the_same_moment_do_not_both_succeed() {
    for _ in 0..8 {
        let world = World::new().mixed();
        world.lake();
        let outcomes = std::thread::scope(|scope| {
            let ingest = |id: &'static str| {
                let world = &world;
                scope.spawn(move || {
                    let name = format!("{id}.txt");
                    let files = [source(id, &[(&*name, "x@mori.example:1\n")])];
                    world.ingest_files(&mut world.there(), &files, &|_| {}).map(drop)
                })
            };
            [ingest("a"), ingest("b")].map(|thread| thread.join().unwrap())
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(totals(&world, &world.lake()), (0, 1));
    }
}

#[test]
fn a_source_that_is_forgotten_while_it_comes_is_there_or_not() {
    for round in 0..12 {
        let world = World::new();
        world.ingest(&mut world.lake(), &[("a", &list(0, 10)), ("b", &list(0, 20))]).unwrap();
        std::thread::scope(|scope| {
            let world = &world;
            scope.spawn(move || world.ingest(&mut world.there(), &[("b", &list(0, 30 + round))]).unwrap());
            scope.spawn(move || {
                for _ in 0..2 {
                    world.there().forget(&world.ring, &Forget::source("b")).unwrap();
                }
            });
        });
        // Every source says what it is, whichever came last.
        let lake = world.lake();
        let ids: Vec<_> = lake.sources().unwrap().into_iter().map(|source| source.id.to_string()).collect();
        let rows = world.rows(&lake).len();
        match &*ids {
            [a] if a == "a" => assert_eq!(rows, 10),
            [a, b] if a == "a" && b == "b" => assert_eq!(rows, 40 + round),
            others => panic!("{others:?}"),
        }
        world.ingest(&mut world.lake(), &[("b", &list(0, 5 + 60))]).unwrap();
        assert_eq!(world.rows(&world.lake()).len(), 75);
    }
}

#[test]
fn a_source_that_came_anew_is_not_over() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", &list(0, 10)), ("b", &list(0, 20))]).unwrap();
    let rule = mizumori_lake::Retention { leaked_months: Some(1), ..Default::default() };
    let expired = lake.expired(rule, &mizumori_core::SystemClock).unwrap();
    assert_eq!(expired.len(), 2);
    world.ingest(&mut world.there(), &[("b", &list(0, 30))]).unwrap();
    lake.forget(&world.ring, &Forget::expired(expired)).unwrap();
    assert_eq!(world.rows(&world.lake()).len(), 30);
}

#[test]
fn who_was_forgotten_does_not_outlive_a_merge() {
    let world = World::new();
    let mut lake = world.lake();
    for (id, first) in [("a", 0), ("b", 5)] {
        world.ingest(&mut lake, &[(id, &list(first, 10))]).unwrap();
    }
    // Whoever forgot it was told so, and then ended before its rows went.
    let tags: TagLayers = world.ring.tags();
    let tag = tags.account(&Account::parse("user7@suigen.example", LocalPart::Column).unwrap());
    let path = Path::from(format!("lake/suppressed/{:016x}{:016x}", tag.hi, tag.lo));
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(world.store.put(&path, Vec::new().into()))
        .unwrap();
    assert_eq!(world.sources_of(&lake, "user7@suigen.example").len(), 2);
    lake.optimize(true).unwrap();
    assert!(world.sources_of(&lake, "user7@suigen.example").is_empty());
    assert_eq!(world.rows(&lake).len(), 18);
}
