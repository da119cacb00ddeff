//! What is wrong with one organisation keeps nobody else waiting, and loses nothing of its own.

use std::time::Duration;

use mizumori_core::Severity;
use mizumori_monitor::{Body, ChannelPost, MonitorError, Naming, News, Post, Sender, Sent, follow_up};
use mizumori_respond::event::Happened;
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Channel, Notice, OrganisationId, State};

use crate::channels::webhook;
use crate::world::{World, now, one};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What no rule says.
const NONSENSE: &str = r#"{"enabled":"perhaps"}"#;

/// Two organisations, of which the first one's rules make no sense.
fn troubled() -> (World, OrganisationId) {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@elsewhere.example:secret");
    world.find();
    world.directory(&["hanako@suigen.example"], |_| ());
    let other = world.other("zwei", "mori.example");
    world.rule("tell-user", NONSENSE);
    (world, other)
}

fn find(world: &World) -> Result<(u64, u64), MonitorError> {
    let found = world.run(world.finder().find(&world.known(), now()));
    found.map(|found| (found.findings, found.notices))
}

fn notices(world: &World, of: &OrganisationId) -> Vec<Notice> {
    world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.tenant(of).notices(None, 1_000).await.unwrap()
    })
}

#[test]
fn findings_wait_for_rules_that_make_sense() {
    let (world, other) = troubled();
    world.leak("list", "hanako@suigen.example:secret\ntaro@mori.example:secret");
    for _ in 0..2 {
        // It is said again as long as it is so, and nothing is found twice.
        let error = find(&world).unwrap_err();
        assert!(
            matches!(&error, MonitorError::RulesOf { organisation, .. } if *organisation == one()),
            "{error:?}"
        );
        assert_eq!((world.notices(), notices(&world, &other).len()), (Vec::new(), 1));
        let [finding] = &world.findings()[..] else { panic!() };
        assert_eq!((finding.is.state, finding.told), (State::New, None));
    }
    // Some more, which turns out to be worse than what waits.
    let mut worse = world.exposure("log", "hanako@suigen.example:secret");
    worse.log = Some(mizumori_core::keys::LogTag(5));
    world.leaks.commit(vec![worse, world.exposure("log", "jiro@suigen.example:secret")]);
    find(&world).unwrap_err();
    assert_eq!(world.notices(), []);
    world.rule("tell-user", r#"{"enabled":true}"#);
    assert_eq!(find(&world).unwrap(), (0, 3));
    let letters: Vec<_> =
        world.notices().iter().map(|notice| Body::parse(&notice.body).unwrap().letter).collect();
    assert_eq!(letters.iter().filter(|letter| **letter == LetterKind::UserStealer).count(), 1);
    let first = world.findings();
    assert_eq!(first.iter().filter(|finding| finding.is.state == State::Notified).count(), 3);
    assert_eq!(find(&world).unwrap(), (0, 0));
}

#[test]
fn what_was_settled_while_it_waited_is_no_news() {
    let (world, _) = troubled();
    world.leak("list", "hanako@suigen.example:secret");
    find(&world).unwrap_err();
    world.mark(&world.findings()[0], State::FalsePositive);
    world.rule("tell-user", r#"{"enabled":true}"#);
    assert_eq!((find(&world).unwrap(), world.notices()), ((0, 0), Vec::new()));
}

#[test]
fn others_are_reminded_all_the_same() {
    let (world, other) = troubled();
    world.leak("list", "hanako@suigen.example:secret\ntaro@mori.example:secret");
    find(&world).unwrap_err();
    let error = world.run(follow_up(&world.store, now().after(DAY * 20))).unwrap_err();
    assert!(matches!(error, MonitorError::RulesOf { .. }), "{error:?}");
    let letter = |notice: &Notice| Body::parse(&notice.body).unwrap().letter;
    let overdue = notices(&world, &other).iter().filter(|it| letter(it) == LetterKind::AdminOverdue).count();
    assert_eq!((overdue, world.notices()), (1, Vec::new()));
}

/// Sends to webhooks, of which none is there: what is told is put into the outbox before.
fn send(world: &World) -> Result<Sent, MonitorError> {
    let post = Post { mail: None, channels: ChannelPost::new("watch.example") };
    let sender = Sender::new(world.store.clone(), "one".to_owned(), post);
    world.run(sender.send_by(Channel::Webhook, now))
}

#[test]
fn channels_wait_for_rules_that_make_sense() {
    let (world, _) = troubled();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.leak("list", "hanako@suigen.example:secret\njiro@suigen.example:secret");
    find(&world).unwrap_err();
    let settled = world.findings().remove(1);
    world.mark(&settled, State::RiskAccepted);
    for _ in 0..2 {
        let error = send(&world).unwrap_err();
        assert!(
            matches!(&error, MonitorError::RulesOf { organisation, .. } if *organisation == one()),
            "{error:?}"
        );
        assert_eq!(world.notices(), []);
    }
    world.rule("tell-user", r#"{"enabled":true}"#);
    for _ in 0..2 {
        find(&world).unwrap();
        let told: Vec<_> = world.news("siem").into_iter().map(|(_, news)| news).collect();
        let states: Vec<_> = told
            .iter()
            .map(|news| match news {
                News::One(one) => (one.happened, one.item.state),
                News::Many(many) => panic!("{many:?}"),
            })
            .collect();
        assert_eq!(states, [(Happened::Created, State::Notified), (Happened::Created, State::RiskAccepted)]);
    }
}

#[test]
fn what_waited_for_the_rules_is_told_though_nothing_else_is_found() {
    let (world, other) = troubled();
    world.rule("tell-user", r#"{"enabled":true}"#);
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.leak("list", "hanako@suigen.example:secret\ntaro@mori.example:secret");
    find(&world).unwrap();
    assert_eq!((world.news("siem").len(), notices(&world, &other).len()), (1, 1));
    world.rule("tell-user", NONSENSE);
    world.mark(&world.findings()[0], State::Confirmed);
    assert_eq!(world.news("siem").len(), 1);
    world.rule("tell-user", r#"{"enabled":true}"#);
    for _ in 0..2 {
        send(&world).unwrap();
        assert_eq!(world.news("siem").len(), 2);
    }
}

#[test]
fn a_backlog_that_waited_to_be_judged_is_told_once() {
    let world = World::new();
    world.directory(&["hanako@suigen.example"], |_| ());
    world.leak("list", "hanako@suigen.example:secret");
    world.find();
    world.prove("suigen.example");
    world.rule("tell-user", NONSENSE);
    find(&world).unwrap_err();
    assert_eq!((world.findings().len(), world.notices().len()), (1, 0));
    world.rule("tell-user", r#"{"enabled":true}"#);
    let released = world.run(world.finder().release(&one(), now(), "boss")).unwrap();
    assert_eq!((released.findings, released.notices), (1, 2));
    assert_eq!(find(&world).unwrap(), (0, 0));
    assert_eq!(world.notices().len(), 2);
}
