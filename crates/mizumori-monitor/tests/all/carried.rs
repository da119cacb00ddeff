//! Findings that are carried into another network: taken once, told by the rules there.

use mizumori_monitor::{Carried, MonitorError, SourceFacts, take_carried, write_carried};
use mizumori_store::{Finding, State};

use crate::world::{World, now, one};

/// Where nothing leads to: another store, the same keys, and a directory of its own.
fn inside(outside: &World) -> World {
    let inside = World::beside(&outside.ring);
    inside.directory(&["hanako@suigen.example"], |_| ());
    inside
}

fn outside() -> World {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret\n");
    world.find();
    world.leak("list", "hanako@suigen.example:one\nhanako@suigen.example:two\nnobody@suigen.example:three\n");
    world.leak("copy", "hanako@suigen.example:one\n");
    world.find();
    world
}

fn written(world: &World) -> Vec<u8> {
    world.run(async {
        let mut session = world.store.read().await.unwrap();
        let organisations = session.organisations().await.unwrap();
        let mut out = Vec::new();
        write_carried(&mut session, &organisations, &mut out).await.unwrap();
        out
    })
}

fn take(world: &World, document: &[u8], occasion: &str) -> Result<Carried, MonitorError> {
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let done = take_carried(&mut session, &mut &*document, "bundle aa", occasion, now()).await?;
        session.commit().await.unwrap();
        Ok(done)
    })
}

fn step(world: &World, finding: &Finding, to: State, why: &str) {
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&one()).step(finding, to, "hanako", why, now()).await.unwrap();
        session.commit().await.unwrap();
    });
}

#[test]
fn are_taken_once_and_told_there() {
    let outside = outside();
    let inside = inside(&outside);
    let document = written(&outside);
    // No account and no password is in it.
    let text = String::from_utf8(document.clone()).unwrap();
    assert!(!text.contains("hanako") && !text.contains("\"one\"@"), "{text}");
    let done = take(&inside, &document, "bundle.1").unwrap();
    // A letter to the user for both passwords, and one a finding to the administrator.
    assert_eq!(done, Carried { findings: 4, notices: 4, ..Carried::default() });
    let names =
        |world: &World| world.findings().iter().map(|finding| finding.reference.clone()).collect::<Vec<_>>();
    assert_eq!(names(&inside)[..3], names(&outside)[..3]);
    let findings = inside.findings();
    assert!(findings.iter().all(|finding| finding.is.state == State::Notified && finding.is.version != 0));
    assert_eq!(findings[3].is.same_as, Some(findings[0].id));
    assert!(inside.notices().iter().any(|notice| notice.destination == "hanako@suigen.example"));
    inside.run(async {
        let mut session = inside.store.read().await.unwrap();
        // What was done outside stands before what is done here.
        let steps = session.tenant(&one()).steps(findings[0].id).await.unwrap();
        assert_eq!(steps.iter().map(|step| step.to).collect::<Vec<_>>(), [State::Notified, State::Notified]);
    });
    // The same once more, and with what came since.
    let again = take(&inside, &document, "bundle.2").unwrap();
    assert_eq!(again, Carried { known: 4, ..Carried::default() });
    outside.leak("later", "hanako@suigen.example:four\n");
    outside.find();
    let more = take(&inside, &written(&outside), "bundle.3").unwrap();
    assert_eq!(more, Carried { known: 4, findings: 1, notices: 2, ..Carried::default() });
    // The number of a source and who sent it come along.
    let source = inside.run(async {
        inside.store.read().await.unwrap().tenant(&one()).source("list").await.unwrap().unwrap()
    });
    assert_eq!(SourceFacts::default().applied(source.clone()), source);
}

#[test]
fn what_was_settled_outside_is_settled_there() {
    let outside = outside();
    let inside = inside(&outside);
    take(&inside, &written(&outside), "bundle.1").unwrap();
    let findings = outside.findings();
    step(&outside, &findings[0], State::FalsePositive, "a test account");
    // What was done inside stays, whatever is done outside.
    step(&inside, &inside.findings()[1], State::RiskAccepted, "we know");
    step(&outside, &findings[1], State::Changed, "changed");
    let told = inside.notices().len();
    let done = take(&inside, &written(&outside), "bundle.2").unwrap();
    assert_eq!(done, Carried { known: 4, settled: 1, ..Carried::default() });
    let states: Vec<_> = inside.findings().iter().map(|finding| finding.is.state).collect();
    assert_eq!(states, [State::FalsePositive, State::RiskAccepted, State::Notified, State::FalsePositive]);
    // Nobody is told of what is over when it comes.
    let late = World::beside(&outside.ring);
    let done = take(&late, &written(&outside), "bundle.2").unwrap();
    assert_eq!((done.findings, done.notices), (4, 1));
    let states: Vec<_> = late.findings().iter().map(|finding| finding.is.state).collect();
    assert_eq!(states, [State::FalsePositive, State::Changed, State::Notified, State::FalsePositive]);
    assert_eq!(inside.notices().len(), told);
}

#[test]
fn an_organisation_that_is_not_there_is_added_and_one_that_is_over_gets_nothing() {
    let outside = outside();
    let text = String::from_utf8(written(&outside)).unwrap();
    let other = text.replace("\"id\":\"one\"", "\"id\":\"two\"");
    let inside = World::beside(&outside.ring);
    let done = take(&inside, other.as_bytes(), "bundle.1").unwrap();
    // Nobody is named there who could be told.
    assert_eq!(done, Carried { organisations: 1, findings: 4, ..Carried::default() });
    assert_eq!(inside.findings(), []);
    inside.run(async {
        let mut session = inside.store.write().await.unwrap();
        let audited = session.audit_after(0).await.unwrap();
        assert_eq!((&*audited[0].action, &*audited[0].actor), ("org add", "bundle aa"));
        let mut organisation = session.organisation(&one()).await.unwrap().unwrap();
        organisation.ends = "2026-11-01".parse().ok();
        session.change_organisation(&organisation).await.unwrap();
        session.commit().await.unwrap();
    });
    let done = take(&inside, text.as_bytes(), "bundle.2").unwrap();
    assert_eq!(done, Carried { left_out: 4, ..Carried::default() });
}

#[test]
fn a_document_that_is_none_changes_nothing() {
    let outside = outside();
    let inside = inside(&outside);
    let text = String::from_utf8(written(&outside)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let wrong = [
        (String::new(), 0),
        ("{}\n".to_owned(), 1),
        (text.replacen("\"version\":2", "\"version\":3", 1), 1),
        (format!("{}\n{}\n", lines[0], lines[lines.len() - 1]), 2),
        (text.replacen("\"notified\"", "\"done\"", 1), 5),
        (text.trim_end().to_owned(), lines.len() as u64),
        (format!("{}\n{{\"organisation\":{}\n", lines[0], "x".repeat(2 << 20)), 2),
        (format!("{text}{}\n", lines[0]), lines.len() as u64 + 1),
    ];
    for (number, (document, line)) in wrong.iter().enumerate() {
        let error = take(&inside, document.as_bytes(), "bundle.1").unwrap_err();
        assert!(matches!(error, MonitorError::Line(at) if at == *line), "{number}: {error}");
    }
    assert_eq!(inside.findings(), []);
}

#[test]
fn what_a_lake_has_found_is_no_list_there() {
    let outside = World::new();
    outside.prove("suigen.example");
    outside.leak("before", "x@mori.example:secret\n");
    outside.find();
    // Of one only the address, of the other as a third party has sent it.
    outside.leak("list", "hanako@suigen.example\n");
    outside.find();
    let inside = inside(&outside);
    assert_eq!(take(&inside, &written(&outside), "bundle.1").unwrap().findings, 1);
    inside.prove("suigen.example");
    inside.leak("before", "x@mori.example:secret\n");
    inside.find();
    inside.leak("list", "hanako@suigen.example:one\n");
    assert_eq!(inside.find().findings, 1);
    let findings = inside.findings();
    let shared: Vec<_> = findings.iter().map(|finding| finding.is.same_as.is_some()).collect();
    assert_eq!(shared, [false, false], "the lake inside has a password, which nobody was told of");
}

#[test]
fn what_was_settled_is_so_since_it_was() {
    let outside = outside();
    let early = inside(&outside);
    take(&early, &written(&outside), "bundle.1").unwrap();
    step(&outside, &outside.findings()[0], State::Changed, "changed");
    let since = outside.findings()[0].settled.unwrap();
    let later = now().after(std::time::Duration::from_secs(40 * 86_400));
    let take_later = |world: &World, document: &[u8]| {
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            take_carried(&mut session, &mut &*document, "bundle aa", "bundle.2", later).await.unwrap();
            session.commit().await.unwrap();
        });
    };
    let document = written(&outside);
    // A document of before has steps alone, and is read as well.
    let text = String::from_utf8(document.clone()).unwrap();
    let mut before = text.replacen("\"version\":2", "\"version\":1", 1).replace("\"received\":false,", "");
    for settled in ["null".to_owned(), since.0.to_string()] {
        before = before.replace(&format!("\"settled\":{settled},"), "");
    }
    assert!(!before.contains("settled\":") && !before.contains("received"));
    for document in [document.as_slice(), before.as_bytes()] {
        let late = inside(&outside);
        take_later(&late, document);
        let first = &late.findings()[0];
        assert_eq!((first.is.state, first.settled), (State::Changed, Some(since)));
    }
    take_later(&early, &document);
    assert_eq!(early.findings()[0].settled, Some(since), "one that was there is no other");
    // A clock elsewhere that is ahead settles nothing in the future.
    let ahead = text.replace(&format!("\"settled\":{}", since.0), "\"settled\":99999999999999");
    let late = inside(&outside);
    take_later(&late, ahead.as_bytes());
    assert_eq!(late.findings()[0].settled, Some(later));
}
