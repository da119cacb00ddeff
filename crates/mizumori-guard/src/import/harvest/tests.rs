//! Harvests beside a map of what was added.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::index::{Index, Status};

/// Stops after so many questions.
struct Patience(AtomicU64);

impl Observer for Patience {
    fn read(&self, _: u64) {}
    fn lines(&self, _: u64) {}
    fn is_stopped(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 0
    }
}

fn patience(questions: u64) -> Arc<dyn Observer> {
    Arc::new(Patience(AtomicU64::new(questions)))
}

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn harvest(&self, memory: u64) -> Harvest {
        Harvest::open(self.0.path(), memory, patience(u64::MAX)).unwrap()
    }

    fn status(&self) -> Status {
        Index::open(self.0.path()).unwrap().status()
    }

    fn count(&self, password: &str) -> Option<u64> {
        let index = Index::open(self.0.path()).unwrap();
        let count = index.count(&PasswordHash::sha1(password.as_bytes()));
        assert_eq!(index.count(&PasswordHash::ntlm(password)), count);
        count
    }

    fn files(&self) -> usize {
        fs::read_dir(self.0.path()).unwrap().count()
    }

    /// Brings passwords of sources, whose names are their numbers, in one command.
    fn bring(&self, memory: u64, sources: &[(usize, &[&str])]) -> Vec<Imported> {
        let harvest = self.harvest(memory);
        for (number, passwords) in sources {
            add(&harvest, *number, passwords);
        }
        commit(&harvest, sources.iter().map(|(number, _)| *number)).unwrap()
    }
}

fn add(harvest: &Harvest, source: usize, passwords: &[impl AsRef<str>]) {
    let mut piece = harvest.passwords(source);
    passwords.iter().for_each(|password| piece.add(password.as_ref()));
    piece.hand_over();
}

fn commit(harvest: &Harvest, sources: impl Iterator<Item = usize>) -> Result<Vec<Imported>> {
    let names: Vec<_> = sources.map(|number| (number, format!("source {number}"))).collect();
    let sources: Vec<_> = names
        .iter()
        .map(|(number, name)| DumpSource { number: *number, name: Some(name), id: None })
        .collect();
    harvest.commit(&sources)
}

fn changes(done: &[Imported]) -> Vec<Change> {
    done.iter().map(|done| done.change).collect()
}

#[test]
fn sources_are_replaced_and_the_same_again_changes_nothing() {
    use Change::{Added, AsBefore, Replaced};
    let world = World::new();
    let done =
        world.bring(1 << 20, &[(0, &["one", "two", "two"]), (1, &["two", "", "b\u{fffd}d"]), (2, &[])]);
    assert_eq!(changes(&done), [Added, Added, Added]);
    assert_eq!((done[0].rows, done[0].lines), ([2, 2], 3));
    assert_eq!((done[1].rows, done[1].lines, done[1].undecodable), ([1, 1], 1, 1));
    assert_eq!(done[2].rows, [0, 0]);
    let counts = || ["one", "two", "three", "", "b\u{fffd}d"].map(|password| world.count(password));
    assert_eq!(counts(), [Some(1), Some(3), None, None, None]);
    let before = world.status();
    assert_eq!((before.generation, before.imports.len()), (1, 3));
    let done = world.bring(1 << 20, &[(0, &["two", "one", "two"]), (1, &["two"]), (2, &[])]);
    assert_eq!((changes(&done), world.status()), (vec![AsBefore; 3], before));
    // Fewer of the same are other content.
    let done = world.bring(1 << 20, &[(0, &["one", "two"]), (1, &["two"]), (2, &["three"])]);
    assert_eq!(changes(&done), [Replaced, AsBefore, Replaced]);
    assert_eq!(counts()[..3], [Some(1), Some(2), Some(1)]);
    // A source that has none any more has none.
    assert_eq!(changes(&world.bring(1 << 20, &[(0, &[])])), [Replaced]);
    assert_eq!(counts()[..3], [None, Some(1), Some(1)]);
    assert_eq!(world.files(), 6, "two segments of two sources, the lock and the manifest");
}

#[test]
fn without_a_name_counts_are_added() {
    let world = World::new();
    let bring = |passwords: &[&str]| {
        let harvest = world.harvest(1 << 20);
        add(&harvest, 7, passwords);
        harvest.commit(&[DumpSource { number: 7, name: None, id: None }]).unwrap()[0].change
    };
    assert_eq!(bring(&["one"]), Change::Added);
    assert_eq!(bring(&["one"]), Change::AsBefore);
    assert_eq!(bring(&["one", "two"]), Change::Added);
    assert_eq!(bring(&[]), Change::AsBefore);
    assert_eq!((world.count("one"), world.count("two")), (Some(2), Some(1)));
    assert_eq!(world.status().imports.len(), 2);
}

#[test]
fn an_id_that_is_given_is_believed() {
    let world = World::new();
    let bring = |id: &str, passwords: &[&str]| {
        let harvest = world.harvest(1 << 20);
        assert_eq!(harvest.knows(Some("s"), id), !passwords.is_empty() && world.files() > 2);
        add(&harvest, 0, passwords);
        harvest.commit(&[DumpSource { number: 0, name: Some("s"), id: Some(id) }]).unwrap()[0].change
    };
    assert_eq!(bring("x", &["one"]), Change::Added);
    assert_eq!(bring("x", &["two"]), Change::AsBefore);
    assert_eq!((world.count("one"), world.count("two")), (Some(1), None));
    assert!(!world.harvest(0).knows(Some("t"), "x"));
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let world = World::new();
    world.bring(1 << 20, &[(0, &["one"])]);
    let before = fs::read(world.0.path().join("index.json")).unwrap();
    let many: Vec<_> = (0..9_000).map(|number| format!("password {number}")).collect();
    let harvest = world.harvest(64 << 10);
    many.chunks(500).for_each(|some| add(&harvest, 0, some));
    assert!(matches!(IndexWriter::open(world.0.path()), Err(GuardError::Locked(_))));
    assert!(world.files() > 4, "nothing was spilled");
    drop(harvest);
    assert_eq!((world.files(), fs::read(world.0.path().join("index.json")).unwrap()), (4, before));
    assert_eq!(world.count("one"), Some(1));
    // A source that is not named is dropped.
    let harvest = world.harvest(64 << 10);
    many.chunks(500).for_each(|some| add(&harvest, 9, some));
    assert!(harvest.commit(&[]).unwrap().is_empty());
    assert_eq!(world.files(), 4);
}

#[test]
fn interrupted_at_any_question() {
    let world = World::new();
    world.bring(1 << 20, &[(0, &["one"])]);
    let before = world.status();
    let many: Vec<_> = (0..3_000).map(|number| format!("password {number}")).collect();
    let mut interrupted = 0;
    for questions in 0.. {
        let harvest = Harvest::open(world.0.path(), 64 << 10, patience(questions)).unwrap();
        many.chunks(200).for_each(|some| add(&harvest, 0, some));
        match commit(&harvest, 0..1) {
            Err(GuardError::Interrupted) => interrupted += 1,
            Err(error) => panic!("{error}"),
            Ok(done) => {
                assert_eq!(done[0].change, Change::Replaced);
                break;
            }
        }
        drop(harvest);
        assert_eq!((world.status(), world.files()), (before.clone(), 4));
    }
    assert!(interrupted > 3, "{interrupted}");
    assert_eq!((world.count("one"), world.count("password 7")), (None, Some(1)));
}

#[test]
fn what_cannot_be_written_is_told_once_and_nothing_is_committed() {
    let world = World::new();
    let harvest = world.harvest(16 << 10);
    fs::remove_dir_all(world.0.path()).unwrap();
    let many: Vec<_> = (0..3_000).map(|number| format!("password {number}")).collect();
    assert!(harvest.is_well());
    many.chunks(100).for_each(|some| add(&harvest, 0, some));
    assert!(!harvest.is_well());
    assert!(matches!(commit(&harvest, 0..1), Err(GuardError::Io { what: "create", .. })));
    assert!(matches!(commit(&harvest, 0..1), Err(GuardError::Interrupted)));
}

/// Each source is a segment of its own: memory and open files stay bounded all the same, and all of them are read as one.
#[test]
fn thousands_of_sources() {
    const SOURCES: usize = 1_500;
    let world = World::new();
    let passwords: Vec<_> = (0..SOURCES)
        .map(|source| (0..20).map(|number| format!("{}", source * 10 + number)).collect::<Vec<_>>())
        .collect();
    let bring = || {
        let harvest = world.harvest(256 << 10);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (harvest, passwords) = (&harvest, &passwords);
                scope.spawn(move || {
                    for (source, passwords) in passwords.iter().enumerate().skip(thread).step_by(3) {
                        passwords.chunks(8).for_each(|some| add(harvest, source, some));
                    }
                });
            }
        });
        commit(&harvest, 0..SOURCES).unwrap()
    };
    assert!(bring().iter().all(|done| done.change == Change::Added && done.rows == [20, 20]));
    let before = world.status();
    assert_eq!((before.generation, before.imports.len(), before.kinds[0].segments), (1, SOURCES, SOURCES));
    assert!(bring().iter().all(|done| done.change == Change::AsBefore));
    assert_eq!((world.status(), world.files()), (before, 2 * SOURCES + 2));
    let index = Index::open(world.0.path()).unwrap();
    let mut rows = index.rows(HashKind::Ntlm).unwrap();
    let (mut distinct, mut all) = (0, 0);
    while let Some(row) = rows.next().unwrap() {
        distinct += 1;
        all += row.count;
    }
    assert_eq!((distinct, all), (SOURCES * 10 + 10, SOURCES as u64 * 20));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Several commands, several threads, little memory: the sum over the sources of what each brought last.
    #[test]
    fn like_a_map(
        commands in proptest::collection::vec(
            proptest::collection::vec((0..4_usize, proptest::collection::vec("[a-c]{0,3}", 0..60)), 1..12), 1..5),
        memory in prop_oneof![Just(1_u64), Just(4 << 10), Just(1 << 30)],
    ) {
        let world = World::new();
        let mut last: HashMap<usize, HashMap<String, u64>> = HashMap::new();
        for pieces in &commands {
            let harvest = world.harvest(memory);
            std::thread::scope(|scope| {
                for part in pieces.chunks(pieces.len().div_ceil(3)) {
                    let harvest = &harvest;
                    scope.spawn(move || part.iter().for_each(|(source, passwords)| add(harvest, *source, passwords)));
                }
            });
            let mut naive: HashMap<usize, HashMap<String, u64>> = HashMap::new();
            for (source, passwords) in pieces {
                let of = naive.entry(*source).or_default();
                for password in passwords.iter().filter(|password| !password.is_empty()) {
                    *of.entry(password.clone()).or_default() += 1;
                }
            }
            let sources: Vec<_> = naive.keys().copied().collect();
            let done = commit(&harvest, sources.iter().copied()).unwrap();
            for (source, done) in sources.iter().zip(done) {
                let change = match last.get(source) {
                    None => Change::Added,
                    Some(before) if *before == naive[source] => Change::AsBefore,
                    Some(_) => Change::Replaced,
                };
                prop_assert_eq!(done.change, change);
            }
            last.extend(naive);
        }
        let mut sum: HashMap<&str, u64> = HashMap::new();
        for (password, count) in last.values().flatten() {
            *sum.entry(password).or_default() += count;
        }
        for (password, count) in &sum {
            prop_assert_eq!(world.count(password), Some(*count));
        }
        for of in &world.status().imports {
            prop_assert_eq!(of.rows[0], of.rows[1]);
        }
        let index = Index::open(world.0.path()).unwrap();
        let mut rows = index.rows(HashKind::Sha1).unwrap();
        let mut distinct = 0;
        while rows.next().unwrap().is_some() {
            distinct += 1;
        }
        prop_assert_eq!(distinct, sum.len());
    }
}
