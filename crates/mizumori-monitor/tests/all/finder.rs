//! Exposures become findings once, and people are told once.

use mizumori_core::{Lang, Severity};
use mizumori_monitor::{Body, Found};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Notice, State, StoreError};

use crate::world::{World, now, one};

fn letters(notices: &[Notice]) -> Vec<(String, LetterKind, usize)> {
    let body = |notice: &Notice| Body::parse(&notice.body).unwrap();
    notices
        .iter()
        .map(|notice| (notice.destination.clone(), body(notice).letter, body(notice).items.len()))
        .collect()
}

fn started() -> World {
    let world = World::new();
    world.prove("suigen.example");
    // So that what follows is new, and no backlog.
    world.leak("before", "x@mori.example:secret\n");
    assert_eq!(world.find().findings, 0);
    world
}

#[test]
fn both_are_told_once() {
    let world = started();
    world.directory(&["hanako@suigen.example"], |_| ());
    let text = "hanako@suigen.example:one\nhanako@suigen.example:two\nnobody@suigen.example:three\n";
    world.leak("list", text);
    let found = world.find();
    assert_eq!((found.findings, found.notices), (3, 4));
    let findings = world.findings();
    assert!(findings.iter().all(|finding| finding.is.state == State::Notified), "{findings:?}");
    assert!(
        findings.iter().all(|finding| finding.is.severity == Severity::Password && finding.told.is_some())
    );
    let notices = world.notices();
    let csirt = || "csirt@suigen.example".to_owned();
    let mut told = letters(&notices);
    told.sort_by_key(|(_, letter, _)| *letter != LetterKind::UserFinding);
    assert_eq!(
        told,
        [
            ("hanako@suigen.example".to_owned(), LetterKind::UserFinding, 2),
            (csirt(), LetterKind::AdminFinding, 1),
            (csirt(), LetterKind::AdminFinding, 1),
            (csirt(), LetterKind::AdminFinding, 1),
        ]
    );
    // No secret, and nobody else's address.
    for notice in &notices {
        for word in ["one\"", "two\"", "three", "nobody"] {
            assert!(!notice.body.contains(word), "{} {word}", notice.body);
        }
    }
    // The same again, merged, and from another source.
    let nothing = |found: Found| assert_eq!((found.findings, found.notices), (0, 0));
    nothing(world.find());
    world.leak("list", text);
    nothing(world.find());
    world.leak("copy", "nobody@suigen.example:three\n");
    nothing(world.find());
    let findings = world.findings();
    assert_eq!(findings.len(), 4);
    assert_eq!((findings[3].is.state, findings[3].is.same_as.is_some()), (State::Notified, true));
}

#[test]
fn whoever_shares_its_fate_goes_with_it() {
    let world = started();
    world.leak("list", "a@suigen.example:secret\n");
    world.leak("copy", "a@suigen.example:secret\n");
    world.find();
    let findings = world.findings();
    assert_eq!(findings.len(), 2);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let organisation = one();
        let mut tenant = session.tenant(&organisation);
        let changed = tenant.step(&findings[1], State::Changed, "hanako", "changed", now()).await.unwrap();
        assert_eq!(changed.is.state, State::Changed);
        let stale = tenant.step(&findings[0], State::Confirmed, "x", "y", now()).await;
        assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
        session.commit().await.unwrap();
    });
    assert!(world.findings().iter().all(|finding| finding.is.state == State::Changed));
    // A third copy inherits the remedy; a new password of the account is a new finding.
    world.leak("third", "a@suigen.example:secret\n");
    assert_eq!(world.find().notices, 0);
    world.leak("fourth", "a@suigen.example:other\n");
    assert_eq!(world.find().notices, 1);
    let states: Vec<_> = world.findings().iter().map(|finding| finding.is.state).collect();
    assert_eq!(states, [State::Changed, State::Changed, State::Changed, State::Notified]);
}

#[test]
fn rules_settle_what_needs_nobody() {
    let world = started();
    world.directory(&["gone@suigen.example"], |holder| holder.enabled = false);
    world.leak("list", "gone@suigen.example:secret\n");
    let found = world.find();
    assert_eq!((found.findings, found.notices), (1, 0));
    let [finding] = &world.findings()[..] else { panic!() };
    assert_eq!(finding.is.state, State::InactiveAccount);
    world.run(async {
        let mut session = world.store.read().await.unwrap();
        let steps = session.tenant(&one()).steps(finding.id).await.unwrap();
        assert_eq!((steps[0].who.as_str(), steps[0].to), ("the loop", State::InactiveAccount));
    });
}

#[test]
fn what_was_there_before_is_told_to_the_administrator_alone() {
    let world = World::new();
    world.directory(&["a1@suigen.example"], |_| ());
    let list: String = (1..=20).map(|at| format!("a{at}@suigen.example:secret{at}\n")).collect();
    world.leak("list", &list);
    assert_eq!(world.find().findings, 0);
    world.prove("suigen.example");
    let found = world.find();
    assert_eq!((found.findings, found.notices), (20, 1));
    assert_eq!(
        letters(&world.notices()),
        [("csirt@suigen.example".to_owned(), LetterKind::AdminBacklog, 20)]
    );
    assert!(world.findings().iter().all(|finding| finding.is.backlog && finding.is.state == State::New));
    assert_eq!(world.find().findings, 0);
}

#[test]
fn many_are_told_in_one_letter() {
    let world = started();
    let list: String = (1..=200).map(|at| format!("a{at}@suigen.example:secret{at}\n")).collect();
    world.leak("list", &list);
    let found = world.find();
    assert_eq!((found.findings, found.notices), (200, 1));
    let notices = world.notices();
    assert_eq!(letters(&notices), [("csirt@suigen.example".to_owned(), LetterKind::AdminDigest, 50)]);
    let body = Body::parse(&notices[0].body).unwrap();
    assert_eq!(body.counts.get(&Severity::Password), Some(&200));
}

#[test]
fn of_two_at_once_one_does_it() {
    let world = started();
    world.leak("list", "a@suigen.example:secret\nb@suigen.example:secret\n");
    let lake = world.known();
    let (one, two) = (world.finder(), world.finder());
    let (one, two) = world.run(async { tokio::join!(one.find(&lake, now()), two.find(&lake, now())) });
    assert_eq!(one.unwrap().findings + two.unwrap().findings, 2);
    assert_eq!((world.findings().len(), world.notices().len()), (2, 2));
}

#[test]
fn what_nobody_can_tell_apart_any_more_is_compared_in_full() {
    let world = started();
    world.leak("list", "a@suigen.example:secret\n");
    assert_eq!(world.find().findings, 1);
    world.leak("list", "b@suigen.example:secret\n");
    world.leak("other", "c@suigen.example:secret\n");
    world.leaks.cut();
    // What was found before is not found again, and of what is new nothing is missing.
    assert_eq!(world.find().findings, 2);
    world.leaks.forget_news_of("replaced");
    world.leak("replaced", "d@suigen.example:secret\na@suigen.example:secret\n");
    world.leak("beside", "e@suigen.example:secret\n");
    let found = world.find();
    assert_eq!((found.findings, found.notices), (2, 2));
    assert_eq!(world.findings().len(), 6);
}

#[test]
fn nothing_is_kept_of_a_round_that_fails() {
    let world = started();
    world.leak("list", "a@suigen.example:secret\n");
    world.leaks.break_off();
    let failed = world.run(world.finder().find(&world.known(), now()));
    assert!(failed.is_err(), "{failed:?}");
    assert!(world.findings().is_empty());
}

#[test]
fn a_machine_is_one_case() {
    let world = started();
    world.directory(&["hanako@suigen.example"], |holder| {
        holder.superior = Some("boss@suigen.example".to_owned());
    });
    let mut exposures: Vec<_> =
        ["hanako@suigen.example:one", "hanako@suigen.example:two", "taro@suigen.example:three"]
            .iter()
            .map(|line| world.exposure("log", line))
            .collect();
    for exposure in &mut exposures {
        exposure.log = Some(mizumori_core::keys::LogTag(7));
    }
    world.leaks.commit(exposures);
    assert_eq!(world.find().findings, 3);
    let mut told = letters(&world.notices());
    told.sort();
    assert_eq!(
        told,
        [
            ("boss@suigen.example".to_owned(), LetterKind::UserBeside, 2),
            ("csirt@suigen.example".to_owned(), LetterKind::AdminMachine, 3),
            ("hanako@suigen.example".to_owned(), LetterKind::UserStealer, 2),
        ]
    );
}

#[test]
fn an_administrator_who_is_a_superior_too_gets_both_letters() {
    let world = started();
    world.directory(&["hanako@suigen.example"], |holder| {
        holder.superior = Some("csirt@suigen.example".to_owned());
    });
    world.leak("list", "hanako@suigen.example:one");
    assert_eq!(world.find().notices, 3);
    let mut told = letters(&world.notices());
    told.sort();
    let csirt = || "csirt@suigen.example".to_owned();
    assert_eq!(
        told,
        [
            (csirt(), LetterKind::UserBeside, 1),
            (csirt(), LetterKind::AdminFinding, 1),
            ("hanako@suigen.example".to_owned(), LetterKind::UserFinding, 1),
        ]
    );
}

#[test]
fn each_is_told_in_his_own_language() {
    let world = started();
    world.directory(&["hanako@suigen.example", "boss@suigen.example"], |holder| {
        let is_boss = holder.entry.starts_with("boss");
        holder.language = Some(if is_boss { Lang::En } else { Lang::Ja });
        holder.superior = (!is_boss).then(|| "boss@suigen.example".to_owned());
    });
    world.leak("list", "hanako@suigen.example:one");
    world.find();
    for notice in world.notices() {
        let body = Body::parse(&notice.body).unwrap();
        let expected = if body.letter == LetterKind::UserBeside { Lang::En } else { Lang::Ja };
        assert_eq!(body.lang, expected, "{:?}", body.letter);
    }
}

#[test]
fn what_is_taken_up_again_is_told_for_what_it_is_now() {
    let world = started();
    let address = "hanako@suigen.example";
    world.directory(&[address], |_| ());
    world.rule("already-changed", "{\"enabled\":false}");
    world.leak("list", "hanako@suigen.example:one");
    assert_eq!(world.find().findings, 1);
    let change = |holder: &mut mizumori_store::NewHolder| {
        holder.password_changed = Some(now().after(std::time::Duration::from_secs(60)));
    };
    world.directory(&[address], change);
    let later = now().after(std::time::Duration::from_secs(3600));
    let look = || world.run(mizumori_monitor::follow_up(&world.store, later)).unwrap();
    assert_eq!(look().settled, 1);
    // Somebody goes on using it on a machine that is infected.
    let mut log = world.exposure("log", "hanako@suigen.example:one");
    log.log = Some(mizumori_core::keys::LogTag(7));
    log.month = "2026-12".parse().ok();
    world.leaks.commit(vec![log]);
    let found = world.run(world.finder().find(&world.known(), later)).unwrap();
    assert_eq!(found.findings, 1);
    let first = world.findings().remove(0);
    assert_eq!((first.is.state, first.is.severity), (State::Notified, Severity::StealerLog));
    // What was changed before is no remedy for it.
    assert_eq!(look().settled, 0);
    let bodies: Vec<_> = world.notices().iter().map(|notice| Body::parse(&notice.body).unwrap()).collect();
    for (body, letter) in bodies.iter().rev().zip([LetterKind::AdminMachine, LetterKind::UserStealer]) {
        let item = &body.items[0];
        assert_eq!((body.letter, item.source.as_str()), (letter, "log"));
        assert_eq!(item.month.unwrap().to_string(), "2026-12");
        assert_eq!(item.reference, first.reference.to_string());
    }
}

#[test]
fn sources_are_told_by_their_names() {
    let world = started();
    world.leak("list", "a@suigen.example:one");
    world.leak("nameless", "b@suigen.example:two");
    world.find();
    let titles: Vec<_> = world
        .notices()
        .iter()
        .map(|notice| Body::parse(&notice.body).unwrap().items[0].title.clone())
        .collect();
    assert_eq!(titles, ["the leak list", "nameless"]);
    let sources = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.tenant(&one()).sources().await.unwrap()
    });
    let kinds: Vec<_> = sources.iter().map(|source| source.kind.as_str()).collect();
    assert_eq!(kinds, ["combo-list", "unknown"]);
}
