//! The demo world against slow, obvious twins: a recount of the plan from its accounts alone, and a reading of the files
//! as they lie on disk. Neither uses the figures, the plan's fates or any code of the writers.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod files;
mod recount;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use mizumori_core::watch::Found;
use mizumori_core::{Source, WatchList};
use mizumori_world::demo::{Category, Described, Fate, PUBLISHED, Plan, Slot, plan};
use mizumori_world::{World, bench_watch_list, write_demo};

use files::{decoded, unpacked, watched_addresses};
use recount::{canonical, holder, recount, time_of};

/// One world for all tests: writing it is the slow part.
fn world() -> &'static (tempfile::TempDir, World, Plan) {
    static WORLD: OnceLock<(tempfile::TempDir, World, Plan)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let world = write_demo(folder.path()).unwrap();
        (folder, world, plan())
    })
}

#[test]
fn a_recount_finds_the_truth() {
    let (_, world, plan) = world();
    assert_eq!(recount(plan), world.truth);
}

#[test]
fn the_truth_is_the_published_table() {
    let truth = &world().1.truth;
    for published in PUBLISHED {
        let years = &truth.categories[published.category.id()];
        for (year, count) in published.years {
            assert_eq!(years[&year], count, "{:?} {year}", published.category);
        }
        assert_eq!(truth.total(published.category.id()), published.total);
        assert_eq!(years.len(), 14);
    }
    let apart = [
        truth.duplicates,
        truth.without_secret,
        truth.outside_period,
        truth.outside_validity,
        truth.not_surveyed,
        truth.site_only,
    ];
    assert!(apart.iter().all(|number| *number > 0), "{apart:?}");
    let unknown: u64 = truth.unknown_month.values().sum();
    let counted: u64 = Category::ALL.iter().map(|category| truth.total(category.id())).sum();
    assert_eq!(truth.matched, counted + unknown + apart[..5].iter().sum::<u64>());
    let collection = truth.sources.iter().find(|source| source.id == "suijo-collection").unwrap();
    assert!(collection.categories["affiliated"] > 68_681 / 2);
}

#[test]
fn accounts_come_back_in_other_places_and_months() {
    let mut places: HashMap<&str, HashSet<(&str, String)>> = HashMap::new();
    for source in &world().2.sources {
        let time = source.spec.leaked.text().unwrap_or_default();
        for exposure in source.exposures.iter().filter(|exposure| exposure.fate == Fate::Counted) {
            places.entry(&exposure.account).or_default().insert((source.spec.place, time.clone()));
        }
    }
    assert!(places.values().filter(|places| places.len() > 1).count() > 1_000);
}

#[test]
fn the_size_is_that_of_a_demo() {
    let world = &world().1;
    assert!((1_200_000..=1_900_000).contains(&world.lines), "{} lines", world.lines);
    assert!((60_000_000..=100_000_000).contains(&world.bytes), "{} bytes", world.bytes);
    assert!(world.disk_bytes < world.bytes);
}

#[test]
fn the_files_hold_what_the_plan_says_and_no_more() {
    let (_, world, plan) = world();
    let names: HashSet<&str> =
        plan.bodies.iter().flat_map(|body| &body.domains).map(|domain| domain.name).collect();
    let is_watched = |host: &str| {
        names.contains(host) || host.match_indices('.').any(|(dot, _)| names.contains(&host[dot + 1..]))
    };
    let mut lines = 0;
    for source in &plan.sources {
        for (index, file) in source.spec.files.iter().enumerate() {
            let path = match source.spec.described {
                Described::Sidecar => world.dumps.join(file.path),
                Described::Folder => world.dumps.join(source.spec.id).join(file.path),
            };
            let contents = unpacked(std::fs::read(&path).unwrap(), file);
            for (number, (member, content)) in file.members.iter().zip(contents).enumerate() {
                let text = decoded(&content, member.charset);
                lines += text.lines().count() as u64;
                let mut planned: BTreeMap<String, usize> = BTreeMap::new();
                for exposure in &source.exposures {
                    if (exposure.file, exposure.member) == (index, number) && exposure.slot != Slot::SiteOnly
                    {
                        *planned.entry(exposure.account.clone()).or_default() += 1;
                    }
                }
                let found = watched_addresses(&text, &is_watched);
                let differ: Vec<_> = found
                    .keys()
                    .chain(planned.keys())
                    .filter(|key| found.get(*key) != planned.get(*key))
                    .collect();
                assert!(differ.is_empty(), "{}: {}: {differ:?}", path.display(), member.name);
            }
        }
    }
    assert_eq!(lines, world.lines);
}

fn hashes(root: &Path, below: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hashes(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, blake3::hash(&std::fs::read(&path).unwrap()).to_hex().to_string());
        }
    }
}

#[test]
fn the_same_bytes_every_time() {
    let (folder, _, plan) = world();
    let mut first = BTreeMap::new();
    hashes(folder.path(), folder.path(), &mut first);
    let again = tempfile::tempdir().unwrap();
    write_demo(again.path()).unwrap();
    let mut second = BTreeMap::new();
    hashes(again.path(), again.path(), &mut second);
    assert_eq!(first, second);
    let files: usize = plan.sources.iter().map(|source| source.spec.files.len()).sum();
    assert_eq!(first.len(), files + plan.sources.len() + 4);
    // Over an earlier world, too.
    write_demo(again.path()).unwrap();
    let mut third = BTreeMap::new();
    hashes(again.path(), again.path(), &mut third);
    assert_eq!(first, third);
}

#[test]
fn the_lists_and_descriptions_are_what_the_program_reads() {
    let (_, world, plan) = world();
    let list =
        WatchList::parse("watchlist.toml", &std::fs::read_to_string(&world.watch_list).unwrap()).unwrap();
    for source in &plan.sources {
        let described = Source::parse("source.toml", &source.spec.description()).unwrap();
        for exposure in source.exposures.iter().filter(|exposure| exposure.slot != Slot::SiteOnly) {
            let account = canonical(&exposure.written);
            let host = account.split_once('@').unwrap().1;
            let found = match list.find(host, described.time()) {
                Some(Found::Watched(domain)) => Some(list.organisation_of(domain).unwrap().id.clone()),
                Some(Found::OutsideValidity) => None,
                None => panic!("{host} is not watched"),
            };
            let expected = holder(&plan.bodies, host, time_of(&source.spec)).unwrap();
            assert_eq!(found.as_deref(), expected.ok().map(|body| body.id), "{host} in {}", source.spec.id);
        }
    }
    assert!(WatchList::parse("bench.toml", &bench_watch_list(1_500)).is_ok());
}
