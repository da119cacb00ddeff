//! Directories are read whole, or not at all.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::Timestamp;
use mizumori_directory::{Directory, Entry, EntryId, Lookup, Page, Pages, Whom};
use mizumori_monitor::{
    DirectorySettings, Manner, MonitorError, Patience, Reading, RuleError, Shrinking, read_directories,
    read_directory, synchronise,
};
use mizumori_store::{DirectoryId, Edition, Organisation};

use crate::world::{World, now, one};

const FILE: &str = "people.csv";

struct Kept {
    world: World,
    id: DirectoryId,
    settings: DirectorySettings,
    folder: tempfile::TempDir,
}

impl Kept {
    fn new() -> Self {
        let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
        let settings = DirectorySettings::Csv { file: folder.path().join(FILE) };
        let id = world.run(async {
            let mut session = world.store.write().await.unwrap();
            let id =
                session.tenant(&one()).keep_directory("people", settings.kind(), &settings.to_text()).await;
            session.commit().await.unwrap();
            id.unwrap()
        });
        Self { world, id, settings, folder }
    }

    /// Reads it, with so many people in it.
    fn read(&self, people: usize, shrinking: Shrinking) -> Result<Reading, MonitorError> {
        let lines: String = (0..people).map(|at| format!("p{at},p{at}@suigen.example\n")).collect();
        std::fs::write(self.folder.path().join(FILE), format!("id,email\n{lines}")).unwrap();
        self.read_as_it_is(shrinking)
    }

    fn read_as_it_is(&self, shrinking: Shrinking) -> Result<Reading, MonitorError> {
        let connected = self.settings.connect(&[]).unwrap();
        let tags = self.world.ring.tags();
        let (store, from) = (&self.world.store, connected.reading());
        self.world.run(synchronise(store, &one(), self.id, from, &tags, shrinking.into(), now()))
    }

    fn problem(&self) -> (Option<Timestamp>, Option<String>) {
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            let directory = session.tenant(&one()).directories().await.unwrap().remove(0);
            (directory.synced, directory.problem)
        })
    }

    fn is_known(&self, address: &str) -> bool {
        let tag = self.world.tag(address);
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            !session.tenant(&one()).holders_of(tag).await.unwrap().is_empty()
        })
    }
}

#[test]
fn people_come_and_go() {
    let kept = Kept::new();
    let read = kept.read(30, Shrinking::Refused).unwrap();
    assert_eq!((read.synced.there, read.synced.gone, read.odd), (30, 0, 0));
    assert!(kept.is_known("p29@suigen.example") && !kept.is_known("p30@suigen.example"));
    let read = kept.read(25, Shrinking::Refused).unwrap();
    assert_eq!((read.synced.there, read.synced.gone), (25, 5));
    assert!(!kept.is_known("p29@suigen.example"));
    assert_eq!(kept.problem(), (Some(now()), None));
}

#[test]
fn thousands_with_aliases_and_doubles() {
    let kept = Kept::new();
    let lines = (0..5_000).map(|at| {
        // Every hundredth has his neighbour's address as well, and as many come twice.
        let more = if at % 100 == 99 { format!(";p{}@suigen.example", at - 1) } else { String::new() };
        let line = format!("p{at},p{at}@suigen.example,a{at}@suigen.example;b{at}@suigen.example{more}\n");
        line.repeat(if at % 100 == 0 { 2 } else { 1 })
    });
    let file = format!("id,email,aliases\n{}", lines.collect::<String>());
    std::fs::write(kept.folder.path().join(FILE), file).unwrap();
    let read = kept.read_as_it_is(Shrinking::Refused).unwrap();
    assert_eq!((read.synced.there, read.synced.gone, read.odd), (5_000, 0, 100));
    assert!(kept.is_known("a0@suigen.example") && kept.is_known("b4999@suigen.example"));
    let both = kept.world.tag("p98@suigen.example");
    let holders = kept.world.run(async {
        let mut session = kept.world.store.read().await.unwrap();
        session.tenant(&one()).holders_of(both).await.unwrap().len()
    });
    assert_eq!(holders, 2);
    // The same again changes nothing.
    let again = kept.read_as_it_is(Shrinking::Refused).unwrap();
    assert_eq!((again.synced.there, again.synced.gone, again.odd), (5_000, 0, 100));
}

#[test]
fn rules_that_make_no_sense_keep_nobody_from_reading() {
    let kept = Kept::new();
    std::fs::write(kept.folder.path().join(FILE), "id,email\np0,p0@suigen.example\n").unwrap();
    let read = || {
        let (tags, store) = (kept.world.ring.tags(), &kept.world.store);
        kept.world.run(async {
            let organisation = one();
            let mut session = store.read().await.unwrap();
            let directory = session.tenant(&organisation).directories().await.unwrap().remove(0);
            drop(session);
            read_directory(store, &organisation, &directory, &tags, Shrinking::Refused, now()).await.unwrap()
        })
    };
    // Groups are named by one of them.
    kept.world.rule("tell-user", r#"{"enabled":"perhaps"}"#);
    assert!(read().groups_unasked.is_none());
    kept.world.rule("neutralise", r#"{"enabled":"perhaps"}"#);
    let reading = read();
    assert!(matches!(reading.groups_unasked, Some(RuleError::Document { .. })), "{reading:?}");
    assert!(reading.synced.there == 1 && kept.is_known("p0@suigen.example"));
    assert_eq!(kept.problem(), (Some(now()), None));
    kept.world.rule("neutralise", r#"{"enabled":true}"#);
    assert!(read().groups_unasked.is_none());
}

#[test]
fn most_of_them_do_not_go_at_once() {
    let kept = Kept::new();
    kept.read(60, Shrinking::Refused).unwrap();
    let shrunk = kept.read(2, Shrinking::Refused);
    assert!(matches!(shrunk, Err(MonitorError::Shrunk { there: 2, gone: 58 })), "{shrunk:?}");
    assert!(kept.is_known("p59@suigen.example"));
    assert!(kept.problem().1.unwrap().contains("58"));
    assert_eq!(kept.read(2, Shrinking::Allowed).unwrap().synced.gone, 58);
    assert_eq!(kept.problem().1, None);
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let kept = Kept::new();
    kept.read(3, Shrinking::Refused).unwrap();
    std::fs::remove_file(kept.folder.path().join(FILE)).unwrap();
    assert!(matches!(kept.read_as_it_is(Shrinking::Refused), Err(MonitorError::Directory(_))));
    assert!(kept.is_known("p2@suigen.example"));
    assert!(kept.problem().1.is_some());
}

#[test]
fn an_edition_has_room_for_so_many() {
    let kept = Kept::new();
    kept.world.run(async {
        let mut session = kept.world.store.write().await.unwrap();
        let few = Edition { holders: Some(10), ..session.edition(Edition::FULL).await.unwrap() };
        session.keep_edition("few", &few).await.unwrap();
        let is = session.organisation(&one()).await.unwrap().unwrap();
        session.change_organisation(&Organisation { edition: "few".to_owned(), ..is }).await.unwrap();
        session.commit().await.unwrap();
    });
    for _ in 0..2 {
        let read = kept.read(15, Shrinking::Refused).unwrap();
        assert_eq!((read.synced.there, read.left_out), (10, 5));
    }
    assert!(kept.is_known("p9@suigen.example") && !kept.is_known("p10@suigen.example"));
}

#[test]
fn directories_that_are_read_side_by_side_share_the_room() {
    let kept = Kept::new();
    let (tags, store) = (kept.world.ring.tags(), &kept.world.store);
    let organisation = one();
    let there = kept.world.run(async {
        let mut session = store.write().await.unwrap();
        let few = Edition { holders: Some(10), ..session.edition(Edition::FULL).await.unwrap() };
        session.keep_edition("few", &few).await.unwrap();
        let is = session.organisation(&organisation).await.unwrap().unwrap();
        session.change_organisation(&Organisation { edition: "few".to_owned(), ..is }).await.unwrap();
        let mut tenant = session.tenant(&organisation);
        for name in ["more", "people"] {
            let file = kept.folder.path().join(name);
            let lines: String = (0..8).map(|at| format!("p{at},{name}{at}@suigen.example\n")).collect();
            std::fs::write(&file, format!("id,email\n{lines}")).unwrap();
            let settings = DirectorySettings::Csv { file };
            tenant.keep_directory(name, settings.kind(), &settings.to_text()).await.unwrap();
        }
        let directories = tenant.directories().await.unwrap();
        session.commit().await.unwrap();
        let all = directories.into_iter().map(|directory| (organisation.clone(), directory)).collect();
        let (mut there, mut left_out) = (0, 0);
        read_directories(store, all, &tags, Shrinking::Refused, now, |_, _, read| {
            let read = read.unwrap();
            there += read.synced.there;
            left_out += read.left_out;
        })
        .await;
        (there, left_out)
    });
    assert_eq!(there, (10, 6));
}

/// A directory that tells of one page, and then of no more: what comes behind it is up to the test.
#[derive(Clone)]
struct Slow(Arc<Mutex<Option<Behind>>>);

/// What is done when the second page is asked for.
type Behind = Box<dyn Future<Output = ()> + Send>;

struct SlowPages(Slow, bool);

#[async_trait]
impl Lookup for Slow {
    async fn entry(&self, _: &Whom) -> mizumori_directory::Result<Option<Entry>> {
        Ok(None)
    }
}

#[async_trait]
impl Directory for Slow {
    async fn pages(&self) -> mizumori_directory::Result<Box<dyn Pages>> {
        Ok(Box::new(SlowPages(self.clone(), false)))
    }
}

#[async_trait]
impl Pages for SlowPages {
    async fn next(&mut self) -> mizumori_directory::Result<Option<Page>> {
        if std::mem::replace(&mut self.1, true) {
            let behind = self.0.0.lock().unwrap().take();
            if let Some(behind) = behind {
                Box::into_pin(behind).await;
            }
            return Ok(None);
        }
        let mut entry = Entry::new(EntryId::new("p0").unwrap());
        entry.login = Some("p0".to_owned());
        Ok(Some(Page { entries: vec![entry], oddities: Vec::new() }))
    }
}

impl Kept {
    fn read_slowly(&self, behind: Behind, patience: Patience) -> Result<Reading, MonitorError> {
        let (tags, store) = (self.world.ring.tags(), &self.world.store);
        let slow = Slow(Arc::new(Mutex::new(Some(behind))));
        let manner = Manner { patience, shrinking: Shrinking::Refused };
        self.world.run(synchronise(store, &one(), self.id, &slow, &tags, manner, now()))
    }
}

#[test]
fn one_that_falls_silent_is_left_alone() {
    let (long, short) = (Duration::from_secs(3600), Duration::from_millis(50));
    for (silence, longest) in [(short, long), (long, short)] {
        let kept = Kept::new();
        kept.read(3, Shrinking::Refused).unwrap();
        let read = kept.read_slowly(Box::new(std::future::pending()), Patience { silence, longest });
        let is_right = match &read {
            Err(MonitorError::Silent(after)) => *after == silence && silence == short,
            Err(MonitorError::TooSlow(after)) => *after == longest && longest == short,
            _ => false,
        };
        assert!(is_right, "{read:?}");
        assert!(kept.is_known("p2@suigen.example"), "what was not seen yet is not gone");
        assert!(kept.problem().1.unwrap().contains("the directory"));
    }
}

#[test]
fn what_failed_behind_another_reading_says_nothing() {
    let kept = Kept::new();
    let (store, id) = (kept.world.store.clone(), kept.id);
    // Another process reads it meanwhile, and to its end.
    let meanwhile = async move {
        let mut session = store.write().await.unwrap();
        let organisation = one();
        let mut tenant = session.tenant(&organisation);
        let sync = tenant.begin_sync(id).await.unwrap();
        tenant.end_sync(id, sync, now()).await.unwrap();
        session.commit().await.unwrap();
    };
    let read = kept.read_slowly(Box::new(meanwhile), Patience::default());
    assert!(matches!(read, Err(MonitorError::Store(_))), "{read:?}");
    assert_eq!(kept.problem(), (Some(now()), None));
}
