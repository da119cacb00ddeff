//! Channels are told of findings in the findings' own transaction: everything once, and nobody's secrets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::{Lang, Severity};
use mizumori_monitor::{Body, ChannelSettings, Destination, Format, Naming, News, One, Service, follow_up};
use mizumori_respond::event::{Happened, Occasion};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Channel, Edition, Organisation, Reference, State, Taken};

use crate::world::{World, now, one};

const HANAKO: &str = "hanako@suigen.example";

pub(crate) fn webhook(accounts: Naming, from: Severity) -> ChannelSettings {
    let to = Destination::Webhook {
        url: "https://hook.suigen.example/in".to_owned(),
        secret_file: PathBuf::from("/nowhere/secret"),
        accounts,
        authorities: None,
    };
    ChannelSettings { to, from }
}

fn syslog() -> ChannelSettings {
    let to = Destination::Syslog {
        host: "log.suigen.example".to_owned(),
        port: 6514,
        format: Format::Ocsf,
        accounts: Naming::Tag,
        authorities: None,
    };
    ChannelSettings { to, from: Severity::Address }
}

fn chat() -> ChannelSettings {
    let to = Destination::Chat {
        service: Service::Slack,
        url_file: PathBuf::from("/nowhere/url"),
        language: Lang::Ja,
        authorities: None,
    };
    ChannelSettings { to, from: Severity::Address }
}

/// Nothing is backlog any more.
fn started() -> World {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret");
    world.find();
    world
}

fn list(count: usize) -> String {
    (0..count).map(|at| format!("a{at}@suigen.example:secret{at}\n")).collect()
}

fn ones(world: &World, channel: &str) -> Vec<One> {
    let of = |(_, news)| match news {
        News::One(one) => *one,
        News::Many(many) => panic!("{many:?}"),
    };
    world.news(channel).into_iter().map(of).collect()
}

fn said(world: &World, channel: &str) -> Vec<(Happened, State)> {
    ones(world, channel).into_iter().map(|one| (one.happened, one.item.state)).collect()
}

#[test]
fn an_edition_without_channels_tells_them_nothing() {
    let world = started();
    world.channel("siem", &webhook(Naming::Address, Severity::Address));
    let is = |edition: &str| {
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            let organisation = session.organisation(&one()).await.unwrap().unwrap();
            let changed = Organisation { edition: edition.to_owned(), ..organisation };
            session.change_organisation(&changed).await.unwrap();
            session.commit().await.unwrap();
        });
    };
    for (edition, told) in [(Edition::EVALUATION, 0), ("gone", 0), (Edition::FULL, 1)] {
        is(edition);
        world.leak(edition, &format!("{edition}@suigen.example:himitsu1\n"));
        assert_eq!(world.find().findings, 1);
        assert_eq!(world.news("siem").len(), told, "{edition}");
    }
    // Of what happens to those that came before it hears from now on.
    world.mark(&world.findings()[0], State::Confirmed);
    assert_eq!(said(&world, "siem").last(), Some(&(Happened::Changed, State::Confirmed)));
}

#[test]
fn everything_is_told_once() {
    let world = started();
    world.directory(&[HANAKO], |_| ());
    world.channel("siem", &webhook(Naming::Address, Severity::Address));
    world.channel("log", &syslog());
    world.channel("chat", &chat());
    world.leak("list", "hanako@suigen.example:himitsu1\nnobody@suigen.example:himitsu2\n");
    let found = world.find();
    // Two administrators' letters, one user's, and two for each channel.
    assert_eq!((found.findings, found.notices), (2, 3 + 3 * 2));
    for channel in ["siem", "log", "chat"] {
        assert_eq!(said(&world, channel), [(Happened::Created, State::Notified); 2], "{channel}");
    }
    // The same leak again, and the same secrets in another one.
    world.leak("list", "hanako@suigen.example:himitsu1\n");
    world.leak("copy", "nobody@suigen.example:himitsu2\n");
    assert_eq!(world.find().notices, 0);
    world.mark(&world.findings()[0], State::Confirmed);
    let changed = world.findings().remove(0);
    world.mark(&changed, State::FalsePositive);
    for channel in ["siem", "log", "chat"] {
        let all = said(&world, channel);
        let later = [(Happened::Changed, State::Confirmed), (Happened::Closed, State::FalsePositive)];
        assert_eq!(all[2..], later, "{channel}");
    }
    let notices = world.notices();
    let ids: BTreeSet<_> = notices.iter().map(|notice| &notice.message).collect();
    assert_eq!(ids.len(), notices.len());
    let named =
        |channel| ones(&world, channel).iter().filter(|one| one.account.as_deref() == Some(HANAKO)).count();
    assert_eq!((named("siem"), named("log"), named("chat")), (3, 0, 0));
    for (notice, _) in ["siem", "log", "chat"].iter().flat_map(|channel| world.news(channel)) {
        assert!(!notice.body.contains("himitsu"), "{}", notice.body);
        assert!(notice.destination == "siem" || !notice.body.contains('@'), "{}", notice.body);
        assert!(notice.message.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}

#[test]
fn of_what_is_less_bad_nobody_hears() {
    let world = started();
    world.channel("siem", &webhook(Naming::Tag, Severity::StealerLog));
    world.leak("list", "hanako@suigen.example:one\n");
    world.find();
    assert_eq!(world.news("siem"), []);
    // It turns out to be worse.
    let mut exposure = world.exposure("log", "hanako@suigen.example:one");
    exposure.log = Some(mizumori_core::keys::LogTag(5));
    world.leaks.commit(vec![exposure]);
    world.find();
    let [one] = &ones(&world, "siem")[..] else { panic!() };
    assert_eq!((one.happened, one.item.severity), (Happened::Changed, Severity::StealerLog));
}

#[test]
fn what_rules_settle_is_told_to_systems_alone() {
    let world = started();
    world.directory(&["gone@suigen.example"], |holder| holder.enabled = false);
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.channel("chat", &chat());
    world.leak("list", "gone@suigen.example:secret\n");
    assert_eq!(world.find().notices, 1);
    assert_eq!(said(&world, "siem"), [(Happened::Created, State::InactiveAccount)]);
    assert_eq!(world.news("chat"), []);
}

#[test]
fn what_a_directory_settles_later_is_told_too() {
    let world = started();
    world.directory(&[HANAKO], |_| ());
    world.channel("chat", &chat());
    world.leak("list", "hanako@suigen.example:secret\n");
    world.find();
    world.directory(&[HANAKO], |holder| holder.enabled = false);
    world.run(follow_up(&world.store, now().after(Duration::from_secs(60)))).unwrap();
    let all = said(&world, "chat");
    assert_eq!(all, [(Happened::Created, State::Notified), (Happened::Closed, State::InactiveAccount)]);
}

#[test]
fn a_chat_hears_of_many_in_one_message() {
    let world = started();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.channel("chat", &chat());
    world.leak("ten", &list(10));
    world.find();
    assert_eq!(ones(&world, "chat").len(), 10);
    world.leak("eleven", &list(21));
    world.find();
    let news = world.news("chat");
    let (notice, News::Many(many)) = &news[10] else { panic!("{news:?}") };
    assert_eq!((news.len(), many.occasion, many.found, many.items.len()), (11, Occasion::Several, 11, 11));
    let reference: Reference = many.items[0].reference.parse().unwrap();
    let told = world.run(async {
        let mut session = world.store.read().await.unwrap();
        let finding = session.tenant(&one()).finding(&reference).await.unwrap().unwrap();
        session.tenant(&one()).notices_of(finding.id).await.unwrap()
    });
    assert!(told.iter().any(|told| told.id == notice.id));
    // Systems hear of each.
    assert_eq!(ones(&world, "siem").len(), 21);
}

#[test]
fn the_backlog_is_one_message() {
    let world = World::new();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.channel("chat", &chat());
    world.channel("worst", &webhook(Naming::Tag, Severity::Session));
    world.prove("suigen.example");
    world.directory(&["a1@suigen.example"], |holder| holder.enabled = false);
    world.leak("list", &list(20));
    world.find();
    for channel in ["siem", "chat"] {
        let news = world.news(channel);
        let [(_, News::Many(many))] = &news[..] else { panic!("{news:?}") };
        // What a rule has settled is nothing that is open.
        assert_eq!((many.occasion, many.found, many.items.len()), (Occasion::Backlog, 19, 0));
    }
    assert_eq!(world.news("worst"), []);
    world.run(world.finder().release(&one(), now(), "user")).unwrap();
    let released = world.news("siem");
    let each = |(_, news): &(_, News)| matches!(news, News::One(one) if one.happened == Happened::Created);
    assert_eq!(released.iter().filter(|news| each(news)).count(), 19);
    assert_eq!((released.len(), world.news("chat").len()), (20, 2));
}

#[test]
fn another_organisations_channels_hear_nothing() {
    let world = started();
    let mut other = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.organisation(&one()).await.unwrap().unwrap()
    });
    other.id = "other".parse().unwrap();
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.add_organisation(&other).await.unwrap();
        let settings = webhook(Naming::Tag, Severity::Address);
        let mut tenant = session.tenant(&other.id);
        tenant.keep_outlet("siem", settings.channel(), &settings.to_text()).await.unwrap();
        session.commit().await.unwrap();
    });
    world.leak("list", &list(2));
    world.find();
    assert!(world.notices().iter().all(|notice| notice.destination == "csirt@suigen.example"));
    let theirs = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.tenant(&other.id).notices(None, 9).await.unwrap()
    });
    assert_eq!(theirs, []);
}

#[test]
fn a_round_that_is_lost_tells_nobody() {
    let world = started();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.leak("list", &list(3));
    let (finder, lake) = (world.finder(), world.known());
    let both = world.run(async { tokio::join!(finder.find(&lake, now()), finder.find(&lake, now())) });
    assert_eq!(both.0.unwrap().findings + both.1.unwrap().findings, 3);
    assert_eq!(ones(&world, "siem").len(), 3);
}

#[test]
fn a_day_is_one_letter_and_one_message() {
    let world = started();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.channel("chat", &chat());
    world.directory(&["a1@suigen.example"], |_| ());
    world.rule("digest", "{\"enabled\":true,\"below\":\"own-site\"}");
    world.leak("one", &list(2));
    // The user's letter, two events, a digest for the administrator and one for the chat.
    assert_eq!(world.find().notices, 5);
    world.leak("two", &list(5));
    assert_eq!(world.find().notices, 3);
    let eight = "2026-11-23T23:00:00Z".parse().unwrap();
    let letters: Vec<_> =
        world.notices().into_iter().filter(|notice| notice.destination == "csirt@suigen.example").collect();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    let body = Body::parse(&letter.body).unwrap();
    assert_eq!((letter.due, body.letter, body.items.len()), (eight, LetterKind::AdminDigest, 5));
    assert_eq!(body.counts[&Severity::Password], 5);
    let news = world.news("chat");
    let [(notice, News::Many(many))] = &news[..] else { panic!("{news:?}") };
    assert_eq!((notice.due, many.occasion, many.found), (eight, Occasion::Digest, 5));
    // Users, systems and what is worse are told at once.
    assert!(
        world.news("siem").len() == 5 && world.news("siem").iter().all(|(notice, _)| notice.due == now())
    );
    let user: Vec<_> =
        world.notices().into_iter().filter(|notice| notice.destination == "a1@suigen.example").collect();
    assert!(user.len() == 1 && user[0].due == now());
    let mut exposure = world.exposure("log", "a9@suigen.example:secret9");
    exposure.log = Some(mizumori_core::keys::LogTag(5));
    world.leaks.commit(vec![exposure]);
    world.find();
    let last = world.news("chat").pop().unwrap();
    assert!(last.0.due == now() && matches!(last.1, News::One(_)));
    // What somebody is sending just now grows no more.
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let taken = Taken { by: "somebody", length: Duration::from_secs(60) };
        session.take_notices(Channel::Chat, taken, eight, 9).await.unwrap();
        session.commit().await.unwrap();
    });
    world.leak("three", &list(6));
    world.find();
    let digests = world.news("chat").into_iter().filter(|(_, news)| matches!(news, News::Many(_)));
    let counts: Vec<_> = digests
        .map(|(notice, news)| match news {
            News::Many(many) => (notice.message.ends_with("-1"), many.found),
            News::One(one) => panic!("{one:?}"),
        })
        .collect();
    // The other name: it ends with the channel's number, which is 2.
    assert_eq!(counts, [(false, 5), (true, 1)]);
}

#[test]
fn nobody_is_woken() {
    let world = started();
    world.channel("siem", &webhook(Naming::Tag, Severity::Address));
    world.channel("chat", &chat());
    world.directory(&["a0@suigen.example"], |_| ());
    // In Japan it is six in the evening.
    world.rule("quiet-hours", "{\"enabled\":true,\"from\":18,\"to\":7,\"below\":\"own-site\"}");
    world.leak("list", &list(1));
    world.find();
    let seven = "2026-11-23T22:00:00Z".parse().unwrap();
    let due = |to: &str| {
        let notices = world.notices();
        notices.iter().filter(|notice| notice.destination == to).map(|notice| notice.due).collect::<Vec<_>>()
    };
    assert_eq!(due("siem"), [now()]);
    for to in ["chat", "csirt@suigen.example", "a0@suigen.example"] {
        assert_eq!(due(to), [seven], "{to}");
    }
    // A machine that is infected wakes everybody.
    let mut exposure = world.exposure("log", "a9@suigen.example:secret9");
    exposure.log = Some(mizumori_core::keys::LogTag(5));
    world.leaks.commit(vec![exposure]);
    world.find();
    assert_eq!(due("chat"), [seven, now()]);
}
