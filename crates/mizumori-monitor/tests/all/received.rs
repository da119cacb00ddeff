//! Lists that others sent become findings once, and people are told once.

use std::fmt::Write as _;

use mizumori_core::{SecretKind, Severity};
use mizumori_monitor::{Imported, LineFault, MonitorError, ReceivedList, SourceFacts, import};
use mizumori_store::{Finding, Limit, Origin, State, StoreError};

use crate::world::{World, now, one};

const LIST: &str = "address,login,site,kind\n\
    hanako@suigen.example,,,clear\n\
    hanako@suigen.example,,shop.example,clear\n\
    ,taro,login.suigen.example,hash\n\
    guest@elsewhere.example,,suigen.example,clear\n\
    hanako@other.example,,,clear\n\
    no address,,,clear\n";

fn facts() -> SourceFacts {
    SourceFacts {
        title: Some("注意喚起".to_owned()),
        origin: Some(Origin::ThirdParty),
        known_since: None,
        reference: Some("JPCERT#123".to_owned()),
        sender: Some("JPCERT/CC".to_owned()),
    }
}

fn take(world: &World, source: &str, text: &str) -> Result<Imported, MonitorError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.csv");
    std::fs::write(&file, text).unwrap();
    let month = "2026-10".parse().ok();
    let list = ReceivedList::read(&file, &world.ring.tags(), month, now())?;
    world.run(import(&world.store, &one(), source, &facts(), list, "administrator", now()))
}

fn started() -> World {
    let world = World::new();
    world.prove("suigen.example");
    world.directory(&["hanako@suigen.example"], |_| ());
    world.leak("before", "x@mori.example:secret\n");
    world.find();
    world
}

fn counts(done: &Imported) -> [u64; 5] {
    [done.findings, done.known, done.foreign, done.wrong, done.notices]
}

fn of_source(world: &World, source: &str) -> Vec<Finding> {
    world.findings().into_iter().filter(|finding| finding.is.source == source).collect()
}

#[test]
fn is_told_once() {
    let world = started();
    let done = take(&world, "notice-1", LIST).unwrap();
    // One letter to the user for both, and one a finding to the administrator.
    assert_eq!(counts(&done), [4, 0, 1, 1, 5]);
    assert_eq!(done.left_out, [(6, LineFault::Foreign), (7, LineFault::Address)]);
    let findings = world.findings();
    let severities: Vec<_> = findings.iter().map(|finding| finding.is.severity).collect();
    assert_eq!(severities, [Severity::Password, Severity::Password, Severity::OwnSite, Severity::OwnSite]);
    assert!(findings.iter().all(|finding| {
        finding.is.secret.is_none() && finding.is.state == State::Notified && !finding.is.backlog
    }));
    assert_eq!(findings[2].is.kind, SecretKind::Hash);
    world.run(async {
        let mut session = world.store.read().await.unwrap();
        let source = session.tenant(&one()).source("notice-1").await.unwrap().unwrap();
        assert_eq!((source.origin, &*source.title), (Origin::ThirdParty, "注意喚起"));
        assert_eq!(source.sender.as_deref(), Some("JPCERT/CC"));
        let audited = session.audit_after(0).await.unwrap();
        assert_eq!(
            audited[0].detail,
            "4 new, 0 known, 1 of others, 1 wrong; from JPCERT/CC; number JPCERT#123"
        );
    });
    // Nothing of the others is anywhere.
    for notice in world.notices() {
        assert!(!notice.body.contains("other.example"), "{}", notice.body);
    }
    // Once more: nobody is told, and it is written down.
    assert_eq!(counts(&take(&world, "notice-1", LIST).unwrap()), [0, 4, 1, 1, 0]);
    assert_eq!(world.findings().len(), 4);
    // A line twice in a list is one.
    let twice = "address\nnobody@suigen.example\nNobody@suigen.example\n";
    assert_eq!(counts(&take(&world, "notice-1", twice).unwrap()), [1, 1, 0, 0, 1]);
}

#[test]
fn says_nothing_new_of_what_the_lake_has() {
    let world = started();
    world.leak("list", "hanako@suigen.example:one\n");
    world.find();
    let told = world.notices().len();
    let text = "address,kind\nhanako@suigen.example,clear\n";
    assert_eq!(counts(&take(&world, "list", text).unwrap()), [0, 1, 0, 0, 0]);
    assert_eq!((world.findings().len(), world.notices().len()), (1, told));
    // Of another source it is another leak.
    assert_eq!(take(&world, "notice-1", text).unwrap().findings, 1);
}

#[test]
fn is_what_the_lake_has_afterwards() {
    let world = started();
    let text = "address,kind\nhanako@suigen.example,clear\nnobody@suigen.example,\n";
    take(&world, "list", text).unwrap();
    let told = world.notices().len();
    world.leak("list", "hanako@suigen.example:one\n");
    assert_eq!(world.find().notices, 0);
    let [first, _, second] = &of_source(&world, "list")[..] else { panic!() };
    assert_eq!(second.is.same_as, Some(first.id));
    assert_eq!(world.notices().len(), told);
    // Another password is news; so is that there was a password at all.
    world.leak("list", "hanako@suigen.example:two\n");
    assert_eq!(world.find().findings, 1);
    world.leak("list", "nobody@suigen.example:three\n");
    let found = world.find();
    assert_eq!((found.findings, found.notices), (1, 1));
    assert_eq!(of_source(&world, "list")[1].is.severity, Severity::Password);
    // What the lake calls the source does not take the place of what the sender calls it.
    let source = world.run(async {
        world.store.read().await.unwrap().tenant(&one()).source("list").await.unwrap().unwrap()
    });
    assert_eq!((&*source.title, &*source.kind), ("注意喚起", "received"));
}

#[test]
fn goes_by_the_rules() {
    let world = started();
    world.directory(&["gone@suigen.example"], |holder| holder.enabled = false);
    let done = take(&world, "notice-1", "address\ngone@suigen.example\n").unwrap();
    assert_eq!(counts(&done), [1, 0, 0, 0, 0]);
    assert_eq!(world.findings()[0].is.state, State::InactiveAccount);
    // Many are one letter to the administrator.
    let mut many = "address\n".to_owned();
    for number in 0..500 {
        writeln!(many, "a{number}@suigen.example").unwrap();
    }
    assert_eq!(counts(&take(&world, "notice-2", &many).unwrap()), [500, 0, 0, 0, 1]);
}

#[test]
fn is_refused_whole() {
    let world = started();
    let list = || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.csv");
        std::fs::write(&file, "address\nhanako@suigen.example\n").unwrap();
        ReceivedList::read(&file, &world.ring.tags(), None, now()).unwrap()
    };
    let import = |organisation: &str, source: &str, facts: SourceFacts| {
        let organisation = organisation.parse().unwrap();
        world.run(import(&world.store, &organisation, source, &facts, list(), "x", now()))
    };
    let missing = import("two", "list", SourceFacts::default());
    assert!(matches!(missing, Err(MonitorError::Store(StoreError::Missing(_)))), "{missing:?}");
    let future = SourceFacts { known_since: "2026-11-24".parse().ok(), ..SourceFacts::default() };
    assert!(matches!(import("one", "list", future), Err(MonitorError::Source(_))));
    for source in ["", "a\nb", &"x".repeat(300)] {
        assert!(matches!(import("one", source, SourceFacts::default()), Err(MonitorError::Source(_))));
    }
    // An evaluation that is over gets nothing new.
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let mut organisation = session.organisation(&one()).await.unwrap().unwrap();
        organisation.ends = "2026-11-01".parse().ok();
        session.change_organisation(&organisation).await.unwrap();
        session.commit().await.unwrap();
    });
    let over = import("one", "list", SourceFacts::default());
    assert!(matches!(over, Err(MonitorError::Limit(Limit::ReadOnly))), "{over:?}");
    assert_eq!(world.findings(), []);
    // Whoever holds no domain has nothing, not even the source.
    let nobody = World::new();
    let done = take(&nobody, "notice-1", "address\nhanako@suigen.example\n").unwrap();
    assert_eq!(counts(&done), [0, 0, 1, 0, 0]);
    nobody.run(async {
        let mut session = nobody.store.read().await.unwrap();
        assert_eq!(session.tenant(&one()).sources().await.unwrap(), []);
    });
}
