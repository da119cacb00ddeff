//! Level `counts`: nothing but hosts and numbers is kept, and the survey says what it says of rows.

use std::sync::Arc;

use mizumori_core::watch::Level;
use mizumori_core::{DomainName, WatchList};
use mizumori_lake::{Forget, Keep, Lake, LakeError, SurveyOf, WhatHappened};
use mizumori_survey::{AskedPeriod, Report};

use crate::world::{LIST, World};

pub(crate) fn survey(world: &World, lake: &Lake) -> Report {
    let watch = Arc::new(world.watch.clone());
    let of = SurveyOf { watch, asked: AskedPeriod::default(), by: "test", threads: 2 };
    lake.survey(&world.ring, &of).unwrap()
}

/// The totals of the two organisations, in the list's order: rows and counts.
pub(crate) fn totals(world: &World, lake: &Lake) -> (u64, u64) {
    let report = survey(world, lake);
    let input = &report.input;
    let unknown: u64 = report.categories.iter().map(|category| category.unknown_month).sum();
    let total: u64 = report.categories.iter().map(|category| category.total).sum();
    let passed = input.duplicates + input.without_secret + input.outside_period + input.outside_validity;
    assert_eq!(input.matched, total + unknown + passed + input.not_surveyed);
    let organisations = &report.categories[0].organisations;
    (organisations[0].total, organisations[1].total)
}

type Files<'f> = Vec<(String, Vec<(String, &'f str)>)>;

/// Sources of two places and three times, with accounts in common.
fn sources() -> Files<'static> {
    let source = |id: &str, more: &str, text: &'static str| {
        (format!("id = '{id}'\n{more}"), vec![(format!("{id}.txt"), text)])
    };
    vec![
        source(
            "a",
            "place = 'Forum'\nleaked = '2019-01'",
            "x@mori.example:1\nx@mori.example:2\ny@deep.mori.example:1\nz@mori.example\nx@suigen.example:1\n",
        ),
        source(
            "b",
            "place = ' forum'\nleaked = '2019-01-20'",
            "X@mori.example:3\nx@suigen.example:2\nq@mori.example:1\nx@elsewhere.example:1\n",
        ),
        source("c", "place = 'forum'\nleaked = '2019-02'", "x@mori.example:1\ny@suigen.example:1\n"),
        source("d", "place = 'forum'", "x@mori.example:1\ny@mori.example:1\n"),
        source("e", "leaked = '2020-01'\npublic = false", "x@mori.example:1\n"),
        source("f", "leaked = '2020'", "x@mori.example:1\n"),
    ]
}

#[test]
fn figures_are_those_of_rows() {
    let (rows, counts) = (World::new(), World::new().mixed());
    for everything in [false, true] {
        // A list without levels.
        let plain = WatchList::parse("list", LIST).unwrap();
        let rows = World { store: World::new().store, watch: plain, ..rows.mixed() };
        let counts = World { store: World::new().store, ..counts.mixed() };
        let (mut as_rows, mut as_counts) = (rows.lake(), counts.lake());
        let all = |how: &mut mizumori_lake::Ingest<'_>| {
            if everything {
                how.keep = Keep::Everything(None);
            }
        };
        rows.ingest_files(&mut as_rows, &sources(), &all).unwrap();
        let done = counts
            .ingest_files(&mut as_counts, &sources(), &|how| {
                how.keep = if everything {
                    Keep::Everything(Some(&counts.watch))
                } else {
                    Keep::Watched(&counts.watch)
                };
            })
            .unwrap();
        assert_eq!(done.uncounted, 1, "the one without a secret");
        let (by_rows, by_counts) = (survey(&rows.mixed(), &as_rows), survey(&counts, &as_counts));
        assert_eq!(by_counts.categories, by_rows.categories);
        assert_eq!(by_counts.sources, by_rows.sources);
        assert_eq!(totals(&counts, &as_counts), (2, 4));
        let kept = counts.rows(&as_counts);
        assert_eq!(kept.len(), 3, "rows of the other organisation alone");
        assert_eq!(as_counts.sources().unwrap().len(), 6);
        assert_eq!(as_counts.kept_as_counts().unwrap(), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(as_counts.status().unwrap().counts, 7);
    }
}

#[test]
fn a_source_that_allows_counts_only_is_counted_with_those_that_allow_more() {
    let rows = World::new();
    let counts = World::new();
    let mut files = sources();
    let (mut as_rows, mut as_counts) = (rows.lake(), counts.lake());
    rows.ingest_files(&mut as_rows, &files, &|_| {}).unwrap();
    files[0].0 += "\nlevel = 'counts'";
    files[3].0 += "\nlevel = 'counts'";
    counts.ingest_files(&mut as_counts, &files, &|_| {}).unwrap();
    let (by_rows, by_counts) = (survey(&rows, &as_rows), survey(&counts, &as_counts));
    assert_eq!(by_counts.categories, by_rows.categories);
    assert_eq!(by_counts.sources, by_rows.sources);
    assert!(counts.rows(&as_counts).len() < rows.rows(&as_rows).len());
}

#[test]
fn a_place_and_month_is_counted_with_all_its_sources() {
    let world = World::new().mixed();
    let mut lake = world.lake();
    let all = sources();
    world.ingest_files(&mut lake, &all[..2], &|_| {}).unwrap();
    assert_eq!(totals(&world, &lake), (1, 3));
    let third = (
        "id = 'third'\nplace = 'FORUM'\nleaked = '2019-01'".to_owned(),
        vec![("third.txt".to_owned(), "n@mori.example:1\n")],
    );
    let error = world.ingest_files(&mut lake, std::slice::from_ref(&third), &|_| {}).unwrap_err();
    let LakeError::CountedAlready { counted, .. } = &error else { panic!("{error:?}") };
    assert_eq!(counted, &["a", "b"]);
    assert!(error.hint().unwrap().contains("together"));
    let error = world.ingest_files(&mut lake, &[third.clone(), all[0].clone()], &|_| {}).unwrap_err();
    assert!(matches!(&error, LakeError::CountedAlready { counted, .. } if counted == &["b"]), "{error:?}");
    assert_eq!(totals(&world, &lake), (1, 3));
    // Together they are counted again, also those that did not change.
    let done = world.ingest_files(&mut lake, &[third, all[0].clone(), all[1].clone()], &|_| {}).unwrap();
    let what: Vec<_> = done.sources.iter().map(|source| source.what).collect();
    assert_eq!(what, [WhatHappened::Added, WhatHappened::Replaced, WhatHappened::Replaced]);
    assert_eq!(totals(&world, &lake), (1, 4));
    // Another time or place is no matter.
    world.ingest_files(&mut lake, &all[2..], &|_| {}).unwrap();
    let again = world.ingest_files(&mut lake, &all[2..], &|_| {}).unwrap();
    assert!(again.sources.iter().all(|source| source.what == WhatHappened::AsBefore), "{again:?}");
}

#[test]
fn counts_are_replaced_and_forgotten() {
    let world = World::new().mixed();
    let mut lake = world.lake();
    let all = sources();
    world.ingest_files(&mut lake, &all[..2], &|_| {}).unwrap();
    let files = |world: &World| {
        let all = futures::executor::block_on_stream(world.store.list(None));
        let all = all.map(|object| object.unwrap().location.to_string());
        all.filter(|path| path.contains("/counts/part-")).collect::<Vec<_>>()
    };
    assert_eq!(files(&world).len(), 2);
    // What two sources had in common is of the one that is left.
    for forgotten in [0, 1] {
        let world = World { store: World::new().store, ..world.mixed() };
        let mut lake = world.lake();
        world.ingest_files(&mut lake, &all[..2], &|_| {}).unwrap();
        let id = ["a", "b"][forgotten].to_owned();
        let done = lake.forget(&world.ring, &Forget::source(id)).unwrap();
        assert!(done.counted > 0 && done.short.is_empty(), "{done:?}");
        assert_eq!(totals(&world, &lake).1, 2);
        assert_eq!(lake.sources().unwrap().len(), 1);
    }
    // An account cannot be told among those that are counted.
    let account = mizumori_core::Account::parse("x@mori.example", mizumori_core::LocalPart::Column).unwrap();
    lake.forget(&world.ring, &Forget::Account(world.ring.tags().account(&account))).unwrap();
    assert_eq!(totals(&world, &lake), (1, 3));
    let deep = Forget::domain(DomainName::parse("deep.mori.example").unwrap());
    let before = files(&world);
    assert_eq!(lake.forget(&world.ring, &deep).unwrap().counted, 1);
    assert_eq!(totals(&world, &lake), (1, 2));
    let after = files(&world);
    assert!(!before.iter().all(|file| after.contains(file)), "what held it is there still");
    assert_eq!(after.len(), 2, "{after:?}");
    // It comes again from the same files when it is asked to: who was forgotten is not counted any more.
    let changed =
        |text| ("id = 'a'\nplace = 'Forum'\nleaked = '2019-01'".to_owned(), vec![("a.txt".to_owned(), text)]);
    let text = "x@mori.example:1\ny@deep.mori.example:1\nw@mori.example:1\n";
    world.ingest_files(&mut lake, &[changed(text), all[1].clone()], &|_| {}).unwrap();
    assert_eq!(totals(&world, &lake), (1, 3), "deep, w and q");
    world.ingest_files(&mut lake, &[changed("nobody\n"), all[1].clone()], &|_| {}).unwrap();
    assert_eq!(totals(&world, &lake), (1, 1));
    assert_eq!(lake.sources().unwrap().len(), 2);
    lake.vacuum(std::time::Duration::ZERO).unwrap();
    assert_eq!(files(&world).len(), 1);
    assert_eq!(totals(&world, &world.lake()), (1, 1));
}

#[test]
fn everything_as_counts() {
    let world = World::new();
    let mut lake = world.lake();
    let how = |how: &mut mizumori_lake::Ingest<'_>| {
        how.keep = Keep::Everything(None);
        how.level = Some(Level::Counts);
    };
    let done = world.ingest_files(&mut lake, &sources(), &how).unwrap();
    assert_eq!(done.rows, 0);
    let mut as_rows = World { store: World::new().store, ..world.mixed() }.lake();
    let rows =
        world.ingest_files(&mut as_rows, &sources(), &|how| how.keep = Keep::Everything(None)).unwrap();
    assert!(rows.rows > 0);
    assert_eq!(survey(&world, &lake).categories, survey(&world, &as_rows).categories);
    assert!(lake.kept_for_others(&world.watch).unwrap().is_empty());
}
