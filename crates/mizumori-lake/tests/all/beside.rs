//! Somebody beside the lake: what he is shown, and that he keeps it before the lake does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use mizumori_core::{Account, ErrorClass, LocalPart, SourceIndex};
use mizumori_lake::{Beside, BesideError, Commits, Forget, Ingest, Ingested, Keep, Lake, LakeError};
use mizumori_scan::{Match, Record, Sink, Witness};

use crate::world::World;

/// Notes what he sees.
#[derive(Default)]
struct Notes {
    /// Material that he knows and does not want to see again.
    known: BTreeSet<String>,
    /// Whether he cannot keep anything, or not even see it.
    trouble: Option<&'static str>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    wanted: BTreeMap<usize, Option<String>>,
    /// Secrets by source, until they are kept.
    seen: BTreeMap<usize, Vec<String>>,
    /// What was kept, one after the other.
    kept: Vec<Vec<(usize, Vec<String>)>>,
    identities: Vec<String>,
}

struct Piece<'n>(&'n Notes, usize);

impl Sink for Piece<'_> {
    fn record(&mut self, record: &Record<'_>, _: Option<&Match>) {
        let mut inner = self.0.inner.lock().unwrap();
        inner.seen.entry(self.1).or_default().push(record.secret.expose().to_owned());
    }
}

impl Witness for Notes {
    fn batch(&self, source: SourceIndex) -> Option<Box<dyn Sink + Send + '_>> {
        let is_wanted = self.inner.lock().unwrap().wanted.contains_key(&source.0);
        is_wanted.then(|| Box::new(Piece(self, source.0)) as Box<dyn Sink + Send>)
    }

    fn is_well(&self) -> bool {
        self.trouble != Some("seeing")
    }
}

impl Beside for Notes {
    fn wants(&self, source: SourceIndex, identity: Option<&str>) -> bool {
        if identity.is_some_and(|identity| self.known.contains(identity)) {
            return false;
        }
        self.inner.lock().unwrap().wanted.insert(source.0, identity.map(str::to_owned));
        true
    }

    fn keep(&self) -> Result<(), LakeError> {
        if self.trouble.is_some() {
            let (class, hint) = (ErrorClass::Environment, Some("make room".to_owned()));
            return Err(BesideError { error: "no room".into(), class, hint }.into());
        }
        let mut inner = self.inner.lock().unwrap();
        let wanted = std::mem::take(&mut inner.wanted);
        inner.identities.extend(wanted.into_values().flatten());
        let mut seen: Vec<_> = std::mem::take(&mut inner.seen).into_iter().collect();
        seen.iter_mut().for_each(|(_, secrets)| secrets.sort());
        if !seen.is_empty() {
            inner.kept.push(seen);
        }
        Ok(())
    }
}

impl Notes {
    fn knowing(others: &Self) -> Self {
        let known = others.inner.lock().unwrap().identities.iter().cloned().collect();
        Self { known, ..Self::default() }
    }

    /// What was kept at each time: sources by their numbers, with their secrets.
    fn kept(&self) -> Vec<Vec<(usize, String)>> {
        let inner = self.inner.lock().unwrap();
        let words = |(source, secrets): &(usize, Vec<String>)| (*source, secrets.join(" "));
        inner.kept.iter().map(|kept| kept.iter().map(words).collect()).collect()
    }
}

const ONE: (&str, &str) = ("one", "a@suigen.example:one\nx@elsewhere.example:other\n");
const TWO: (&str, &str) = ("two", "b@suigen.example:two\n");

fn ingest<'w>(
    world: &'w World,
    lake: &mut Lake,
    sources: &[(&str, &str)],
    notes: &'w Notes,
    change: &dyn Fn(&mut Ingest<'w>),
) -> Result<Ingested, LakeError> {
    world.ingest_as(lake, sources, &|how| {
        how.beside = Some(notes);
        change(how);
    })
}

#[test]
fn what_is_parsed_is_shown_and_what_stays_is_shown_alone() {
    let world = World::new();
    let mut lake = world.lake();
    let everything = |how: &mut Ingest<'_>| how.keep = Keep::Everything(None);
    let watched = Notes::default();
    ingest(&world, &mut lake, &[ONE], &watched, &|_| {}).unwrap();
    assert_eq!(watched.kept(), [[(0, "one".to_owned())]]);
    let all = Notes::default();
    ingest(&world, &mut lake, &[ONE, TWO], &all, &everything).unwrap();
    assert_eq!(all.kept(), [[(0, "one other".to_owned()), (1, "two".to_owned())]]);
    // Known there and here, nothing is read.
    let again = Notes::knowing(&all);
    let done = ingest(&world, &mut lake, &[ONE, TWO], &again, &everything).unwrap();
    assert_eq!((again.kept().len(), done.versions.len()), (0, 0));
    // Known to the lake alone, it is read for the other; and a new one with it, in one go.
    let other = Notes::default();
    let three = ("three", "c@suigen.example:three\n");
    let done = ingest(&world, &mut lake, &[ONE, TWO, three], &other, &everything).unwrap();
    let expected = [(0, "one other"), (1, "two"), (2, "three")].map(|(at, words)| (at, words.to_owned()));
    assert_eq!((other.kept(), done.versions.len()), (vec![expected.to_vec()], 1));
    let alone = Notes::default();
    let done = ingest(&world, &mut lake, &[ONE, TWO, three], &alone, &everything).unwrap();
    assert_eq!((alone.kept(), done.versions.len()), (vec![expected.to_vec()], 0));
    // Known to the other alone, it comes into the lake.
    let fresh = World::new();
    let mut lake = fresh.lake();
    let known = Notes::knowing(&alone);
    let done = ingest(&fresh, &mut lake, &[ONE, TWO, three], &known, &everything).unwrap();
    assert_eq!((known.kept().len(), done.rows), (0, 4));
}

#[test]
fn in_halves_the_watched_are_kept_first() {
    let world = World::new();
    let mut lake = world.lake();
    let notes = Notes::default();
    let halves = |how: &mut Ingest<'_>| {
        how.commits = Commits::WatchedFirst;
        if let Keep::Watched(watch) = how.keep {
            how.keep = Keep::Everything(Some(watch));
        }
    };
    let done = ingest(&world, &mut lake, &[ONE], &notes, &halves).unwrap();
    assert_eq!(done.versions.len(), 2);
    assert_eq!(notes.kept(), [[(0, "one".to_owned())], [(0, "one other".to_owned())]]);
    assert_eq!(notes.inner.lock().unwrap().identities.len(), 2);
    // The half is what an ingest of the watched alone brings.
    let watched = Notes::knowing(&notes);
    let other = World::new();
    ingest(&other, &mut other.lake(), &[ONE], &watched, &|_| {}).unwrap();
    assert!(watched.kept().is_empty());
}

#[test]
fn who_cannot_keep_it_leaves_the_lake_as_it_was() {
    for trouble in ["keeping", "seeing"] {
        let world = World::new();
        let mut lake = world.lake();
        world.ingest(&mut lake, &[TWO]).unwrap();
        let before = world.rows(&lake);
        let notes = Notes { trouble: Some(trouble), ..Notes::default() };
        // As a new source, and as one that stays.
        for sources in [&[ONE, TWO][..], &[TWO]] {
            let error = ingest(&world, &mut lake, sources, &notes, &|_| {}).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.hint().as_deref()), ("no room", Some("make room")));
            assert_eq!(world.rows(&world.there()), before, "{trouble}");
        }
        let notes = Notes::default();
        ingest(&world, &mut lake, &[ONE, TWO], &notes, &|_| {}).unwrap();
        assert_eq!(notes.kept().len(), 1);
    }
}

#[test]
fn whoever_was_forgotten_is_not_shown() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[ONE]).unwrap();
    let account = Account::parse("a@suigen.example", LocalPart::Column).unwrap();
    let tag = world.ring.tags().account(&account);
    lake.forget(&world.ring, &Forget::Account(tag)).unwrap();
    let notes = Notes::default();
    let three = ("three", "a@suigen.example:again\nb@suigen.example:new\n");
    ingest(&world, &mut lake, &[ONE, three], &notes, &|_| {}).unwrap();
    assert_eq!(notes.kept(), [[(1, "new".to_owned())]]);
}
