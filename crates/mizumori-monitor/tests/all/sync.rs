//! Directories are read whole, or not at all.

use mizumori_core::Timestamp;
use mizumori_monitor::{DirectorySettings, MonitorError, Reading, Shrinking, synchronise};
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
        let connected = self.settings.connect().unwrap();
        let tags = self.world.ring.tags();
        let (store, from) = (&self.world.store, connected.reading());
        self.world.run(synchronise(store, &one(), self.id, from, &tags, shrinking, now()))
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
