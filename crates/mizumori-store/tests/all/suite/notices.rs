//! Notices.

use std::time::Duration;

use mizumori_store::{
    Channel, NewNotice, Notice, NoticeState, Postponed, Recorded, Session, Store, StoreError, Taken,
};

use super::{add, at, finding, id, now};

fn notice(number: u32) -> NewNotice {
    NewNotice {
        channel: Channel::Mail,
        destination: "hanako@suigen.example".to_owned(),
        message: format!("{number}@mizumori.example"),
        body: "{}".to_owned(),
        due: now(),
        findings: Vec::new(),
    }
}

const fn taken(by: &str) -> Taken<'_> {
    Taken { by, length: Duration::from_secs(60) }
}

/// Another one, who comes much later.
const fn taken_again() -> Taken<'static> {
    taken("later")
}

pub(super) async fn are_told_by_one_at_a_time(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let kept = session.tenant(&one).record(&finding(1, 1), now()).await.unwrap();
    let Recorded::Kept(kept) = kept else { panic!() };
    for number in 0..5 {
        let mut tenant = session.tenant(&one);
        assert!(
            tenant
                .tell(&NewNotice { findings: vec![kept.id], ..notice(number) }, now())
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(tenant.tell(&notice(number), now()).await.unwrap(), None);
    }
    let later = NewNotice { due: at("2026-11-24"), ..notice(9) };
    session.tenant(&one).tell(&later, now()).await.unwrap();
    session.commit().await.unwrap();

    let mut session = store.write().await.unwrap();
    let first = session.take_notices(Channel::Mail, taken("a"), now(), 3).await.unwrap();
    let second = session.take_notices(Channel::Mail, taken("b"), now(), 3).await.unwrap();
    let messages: Vec<_> = first.iter().chain(&second).map(|notice| notice.message.as_str()).collect();
    let due = [
        "0@mizumori.example",
        "1@mizumori.example",
        "2@mizumori.example",
        "3@mizumori.example",
        "4@mizumori.example",
    ];
    assert_eq!(messages, due);
    assert_eq!(session.take_notices(Channel::Mail, taken("c"), now(), 3).await.unwrap(), []);
    for notice in &first {
        assert!(!session.sent(notice.id, "b", now()).await.unwrap(), "it is another one's");
        assert!(session.sent(notice.id, "a", now()).await.unwrap());
        assert!(!session.sent(notice.id, "a", now()).await.unwrap());
    }
    // Whoever has the others is told of nothing by somebody else.
    for notice in &second {
        assert!(!session.not_sent(notice.id, "a", "it is down", None, now()).await.unwrap());
        assert!(!session.postpone(notice.id, "a", at("2026-11-25"), Postponed::NoRoom).await.unwrap());
    }
    // Whoever had the others is gone.
    let minute = at("2026-11-23T09:01:01Z");
    let rest = session.take_notices(Channel::Mail, taken("c"), minute, 10).await.unwrap();
    assert_eq!(
        rest.iter().map(|notice| (notice.id, notice.attempts)).collect::<Vec<_>>(),
        second.iter().map(|notice| (notice.id, 2)).collect::<Vec<_>>()
    );
    let waiting = session.waiting().await.unwrap();
    assert_eq!((waiting.notices, waiting.oldest), (3, Some(now())));
    assert_eq!(session.tenant(&one).notices_of(kept.id).await.unwrap().len(), 5);
    assert_eq!(session.tenant(&one).notices(None, 100).await.unwrap().len(), 6);
    assert_eq!(session.tenant(&two).notices(None, 100).await.unwrap(), []);
    assert_eq!(session.tenant(&two).notices_of(kept.id).await.unwrap(), []);
    // Nobody tells of another's finding.
    let foreign = NewNotice { findings: vec![kept.id], ..notice(20) };
    session.tenant(&two).tell(&foreign, now()).await.unwrap();
    assert_eq!(session.tenant(&one).notices_of(kept.id).await.unwrap().len(), 5);
    session.commit().await.unwrap();
}

pub(super) async fn are_tried_again(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    session.tenant(&one).tell(&notice(1), now()).await.unwrap();
    let [first] = &session.take_notices(Channel::Mail, taken("a"), now(), 3).await.unwrap()[..] else {
        panic!()
    };
    session.not_sent(first.id, "a", "it is down", Some(at("2026-11-23T10:00:00Z")), now()).await.unwrap();
    assert_eq!(
        session.take_notices(Channel::Mail, taken("a"), at("2026-11-23T09:59:59Z"), 3).await.unwrap(),
        []
    );
    let [again] =
        &session.take_notices(Channel::Mail, taken("a"), at("2026-11-23T10:00:00Z"), 3).await.unwrap()[..]
    else {
        panic!()
    };
    assert_eq!((again.attempts, again.problem.as_deref()), (2, Some("it is down")));
    session.not_sent(again.id, "a", "no such mailbox", None, now()).await.unwrap();
    let waiting = session.tenant(&one).notices(Some(NoticeState::Waiting), 9).await.unwrap();
    assert_eq!(waiting, []);
    let [dead] = &session.tenant(&one).notices(Some(NoticeState::Dead), 9).await.unwrap()[..] else {
        panic!()
    };
    assert_eq!((dead.state, dead.done), (NoticeState::Dead, Some(now())));
    assert_eq!(session.waiting().await.unwrap().notices, 0);
    assert!(session.tenant(&two).revive(dead.id, now()).await.is_err());
    session.tenant(&one).revive(dead.id, now()).await.unwrap();
    assert!(session.tenant(&one).revive(dead.id, now()).await.is_err());
    assert_eq!(session.take_notices(Channel::Mail, taken("a"), now(), 3).await.unwrap().len(), 1);
}

pub(super) async fn to_channels_are_sent_again_and_grow(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let kept = session.tenant(&one).record(&finding(1, 1), now()).await.unwrap();
    let Recorded::Kept(kept) = kept else { panic!() };
    for (number, channel) in (0..).zip(Channel::ALL) {
        session.tenant(&one).tell(&NewNotice { channel, ..notice(number) }, now()).await.unwrap();
    }
    // Each channel has its own queue.
    for channel in Channel::ALL {
        let [taken] = &session.take_notices(channel, taken("a"), now(), 9).await.unwrap()[..] else {
            panic!()
        };
        assert_eq!(taken.channel, channel);
        let early = session.tenant(&one).replay(taken.id, now()).await;
        assert!(matches!(early, Err(StoreError::Missing(_))), "{early:?}");
        session.sent(taken.id, "a", now()).await.unwrap();
        assert!(session.tenant(&two).replay(taken.id, now()).await.is_err());
        let replayed = session.tenant(&one).replay(taken.id, at("2026-11-24")).await;
        assert_eq!(replayed.is_ok(), channel != Channel::Mail, "{replayed:?}");
        let due = session.take_notices(channel, taken_again(), at("2026-11-24"), 9).await.unwrap();
        let again: Vec<_> = due.iter().map(|notice| (&*notice.message, notice.attempts)).collect();
        assert_eq!(again.len(), usize::from(channel != Channel::Mail));
        assert!(again.iter().all(|(message, attempts)| *message == taken.message && *attempts == 1));
    }

    // What is not due may say more, and nobody else's.
    let new = NewNotice { due: at("2026-11-24"), ..notice(9) };
    let grown = session.tenant(&one).tell(&new, now()).await.unwrap().unwrap();
    assert!(session.tenant(&two).growing(&new.message, now()).await.unwrap().is_none());
    let found = session.tenant(&one).growing(&new.message, now()).await.unwrap().unwrap();
    assert_eq!((found.id, &*found.body), (grown, "{}"));
    session.tenant(&one).grow(grown, "{\"more\":1}", &[kept.id]).await.unwrap();
    session.tenant(&two).grow(grown, "{}", &[]).await.unwrap();
    assert_eq!(session.tenant(&one).notices_of(kept.id).await.unwrap()[0].body, "{\"more\":1}");
    assert!(session.tenant(&one).growing(&new.message, new.due).await.unwrap().is_none());
    session.take_notices(Channel::Mail, taken("a"), new.due, 9).await.unwrap();
    assert!(session.tenant(&one).growing(&new.message, now()).await.unwrap().is_none());
}

pub(super) async fn to_one_domain_wait_together(store: Store) {
    add(&store, &["one", "two"]).await;
    let mut session = store.write().await.unwrap();
    let addresses = [
        ("one", "a@suigen.example"),
        ("two", "b@Suigen.example"),
        ("one", "c@mail.suigen.example"),
        ("one", "d@mori.example"),
        ("one", "suigen.example"),
    ];
    for (number, (whose, address)) in (0..).zip(addresses) {
        let new = NewNotice { destination: address.to_owned(), ..notice(number) };
        session.tenant(&id(whose)).tell(&new, now()).await.unwrap();
    }
    let hook =
        NewNotice { channel: Channel::Webhook, destination: "x@suigen.example".to_owned(), ..notice(9) };
    session.tenant(&id("one")).tell(&hook, now()).await.unwrap();
    let until = at("2026-11-23T09:01:00Z");
    for (domain, expected) in [("%.example", 0), ("suigen_example", 0), ("suigen.example", 2)] {
        assert_eq!(session.postpone_domain(domain, until, now()).await.unwrap(), expected, "{domain}");
    }
    let rest = session.take_notices(Channel::Mail, taken("a"), now(), 9).await.unwrap();
    assert_eq!(rest.len(), 3);
    // Nobody takes away what somebody has.
    assert_eq!(session.postpone_domain("mori.example", at("2026-11-24"), now()).await.unwrap(), 0);
}

/// Since when the only notice there is is tried.
async fn tried(session: &mut Session) -> Option<mizumori_core::Timestamp> {
    let [Notice { tried_since, .. }] = &session.tenant(&id("one")).notices(None, 9).await.unwrap()[..] else {
        panic!()
    };
    *tried_since
}

pub(super) async fn know_since_when_they_are_tried(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let hook = NewNotice { channel: Channel::Webhook, ..notice(1) };
    let kept = session.tenant(&one).tell(&hook, now()).await.unwrap().unwrap();
    assert_eq!(tried(&mut session).await, None);
    let (day, later) = (at("2026-11-24"), at("2026-11-25"));
    let take = async |session: &mut Session, at| {
        session.take_notices(Channel::Webhook, taken("a"), at, 1).await.unwrap().remove(0)
    };
    // For want of room it was not tried; behind another one it was.
    assert_eq!(take(&mut session, day).await.tried_since, Some(day));
    session.postpone(kept, "a", later, Postponed::NoRoom).await.unwrap();
    assert_eq!(tried(&mut session).await, None);
    let like = take(&mut session, later).await;
    session.postpone(kept, "a", later, Postponed::Behind).await.unwrap();
    assert_eq!(tried(&mut session).await, Some(later));
    // It stays so, until somebody has it tried again.
    let last = at("2026-11-28");
    assert_eq!(take(&mut session, last).await.tried_since, Some(later));
    session.not_sent(kept, "a", "it is down", None, last).await.unwrap();
    session.tenant(&one).revive(kept, last).await.unwrap();
    assert_eq!(tried(&mut session).await, None);
    for (why, expected) in [(Postponed::NoRoom, None), (Postponed::Behind, Some(last))] {
        let until = at("2026-11-29");
        session.postpone_all(&like, until, now(), why, last).await.unwrap();
        assert_eq!(tried(&mut session).await, expected);
        let due = take(&mut session, until).await;
        session.postpone(due.id, "a", last, why).await.unwrap();
    }
    take(&mut session, last).await;
    session.sent(kept, "a", last).await.unwrap();
    session.tenant(&one).replay(kept, last).await.unwrap();
    assert_eq!(tried(&mut session).await, None);
}

pub(super) async fn to_one_destination_wait_together(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let hook = |number, destination: &str| NewNotice {
        channel: Channel::Webhook,
        destination: destination.to_owned(),
        ..notice(number)
    };
    let old = at("2026-11-19T09:00:00Z");
    session.tenant(&one).tell(&NewNotice { due: old, ..hook(0, "siem") }, old).await.unwrap();
    assert_eq!(session.take_notices(Channel::Webhook, taken("gone"), old, 1).await.unwrap().len(), 1);
    for number in [1, 2] {
        session.tenant(&one).tell(&hook(number, "siem"), old).await.unwrap();
    }
    session.tenant(&one).tell(&hook(3, "other"), now()).await.unwrap();
    session.tenant(&two).tell(&hook(4, "siem"), now()).await.unwrap();
    let first = session.take_notices(Channel::Webhook, taken("a"), now(), 1).await.unwrap().remove(0);
    assert_eq!(first.message, "0@mizumori.example");
    // Neither what somebody has, nor what is tried for longer than the limit; when it was made does not matter.
    let until = at("2026-11-23T09:05:00Z");
    assert_eq!(session.postpone_all(&first, until, old, Postponed::Behind, now()).await.unwrap(), 2);
    let rest = session.take_notices(Channel::Webhook, taken("b"), now(), 9).await.unwrap();
    let messages: Vec<_> = rest.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(messages, ["3@mizumori.example", "4@mizumori.example"]);
    let later = session.take_notices(Channel::Webhook, taken_again(), until, 9).await.unwrap();
    assert!(
        later
            .iter()
            .all(|notice| notice.attempts > 0 && notice.destination == "siem" || notice.id != first.id)
    );
    assert!(later.iter().any(|notice| notice.message == "1@mizumori.example"));
}
