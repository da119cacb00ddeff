//! Sources whose time is over.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use mizumori_core::{Clock, FixedClock, SystemClock};
use mizumori_lake::{Forget, Lake, Retention};

use crate::counts::totals;
use crate::world::World;

type Files<'f> = Vec<(String, Vec<(String, &'f str)>)>;

fn sources() -> Files<'static> {
    let source = |id: &str, more: &str, text: &'static str| {
        (format!("id = '{id}'\n{more}"), vec![(format!("{id}.txt"), text)])
    };
    vec![
        source("old", "place = 'p'\nleaked = '2015-01'", "a@suigen.example:1\nb@mori.example:1\n"),
        source("same", "place = 'p'\nleaked = '2015-01'", "a@suigen.example:2\nb@mori.example:2\n"),
        source("year", "leaked = '2015'", "a@suigen.example:3\nc@mori.example:3\n"),
        source("young", "leaked = '2019-06'", "a@suigen.example:4\nd@mori.example:4\n"),
        source("unknown", "place = 'q'", "a@suigen.example:5\ne@mori.example:5\n"),
    ]
}

/// The middle of January 2020.
fn january_2020() -> FixedClock {
    FixedClock(SystemTime::UNIX_EPOCH + Duration::from_secs(1_579_046_400))
}

fn expired(lake: &Lake, rule: Retention, clock: &dyn Clock) -> Vec<String> {
    lake.expired(rule, clock).unwrap().into_iter().map(|source| source.id).collect()
}

fn leaked(months: u32) -> Retention {
    Retention { leaked_months: Some(months), ..Retention::default() }
}

#[test]
fn the_rule_says_whose_time_is_over() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest_files(&mut lake, &sources(), &|_| {}).unwrap();
    let clock = january_2020();
    assert_eq!(expired(&lake, leaked(24), &clock), ["old", "same", "year"]);
    // The year counts from its end: 49 months.
    assert_eq!(expired(&lake, leaked(49), &clock), ["old", "same"]);
    assert_eq!(expired(&lake, leaked(48), &clock), ["old", "same", "year"]);
    assert_eq!(expired(&lake, leaked(60), &clock), [""; 0]);
    assert_eq!(expired(&lake, Retention::default(), &clock), [""; 0]);
    let kept = |days| Retention { kept_days: Some(days), ..Retention::default() };
    let later = FixedClock(SystemClock.now() + Duration::from_secs(10 * 86_400));
    assert_eq!(expired(&lake, kept(10), &later), [""; 0]);
    assert_eq!(expired(&lake, kept(9), &later).len(), 5);
    assert_eq!(expired(&lake, kept(0), &SystemClock), [""; 0]);
}

#[test]
fn what_is_over_goes_in_one_commit() {
    let world = World::new().mixed();
    let mut lake = world.lake();
    world.ingest_files(&mut lake, &sources(), &|_| {}).unwrap();
    let before = lake.version().unwrap();
    assert_eq!(totals(&world, &lake), (3, 3));
    let ids: BTreeSet<_> = expired(&lake, leaked(48), &january_2020()).into_iter().collect();
    let done = lake.forget(&world.ring, &Forget::Sources(ids)).unwrap();
    assert_eq!((done.rows, done.counted, done.short.len()), (3, 2, 0));
    assert_eq!(lake.version().unwrap(), before + 1);
    let rest: Vec<_> = lake.sources().unwrap().into_iter().map(|source| source.id.to_string()).collect();
    assert_eq!(rest, ["unknown", "young"]);
    assert_eq!(totals(&world, &lake), (1, 1));
    assert_eq!(world.sources_of(&lake, "a@suigen.example").len(), 2);
}
