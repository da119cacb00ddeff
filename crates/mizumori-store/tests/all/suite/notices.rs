//! Notices.

use std::time::Duration;

use mizumori_store::{Channel, NewNotice, NoticeState, Recorded, Store, Taken};

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
    let first = session.take_notices(taken("a"), now(), 3).await.unwrap();
    let second = session.take_notices(taken("b"), now(), 3).await.unwrap();
    let messages: Vec<_> = first.iter().chain(&second).map(|notice| notice.message.as_str()).collect();
    let due = [
        "0@mizumori.example",
        "1@mizumori.example",
        "2@mizumori.example",
        "3@mizumori.example",
        "4@mizumori.example",
    ];
    assert_eq!(messages, due);
    assert_eq!(session.take_notices(taken("c"), now(), 3).await.unwrap(), []);
    for notice in &first {
        session.sent(notice.id, now()).await.unwrap();
    }
    // Whoever had the others is gone.
    let minute = at("2026-11-23T09:01:01Z");
    let rest = session.take_notices(taken("c"), minute, 10).await.unwrap();
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
    let [first] = &session.take_notices(taken("a"), now(), 3).await.unwrap()[..] else { panic!() };
    session.not_sent(first.id, "it is down", Some(at("2026-11-23T10:00:00Z")), now()).await.unwrap();
    assert_eq!(session.take_notices(taken("a"), at("2026-11-23T09:59:59Z"), 3).await.unwrap(), []);
    let [again] = &session.take_notices(taken("a"), at("2026-11-23T10:00:00Z"), 3).await.unwrap()[..] else {
        panic!()
    };
    assert_eq!((again.attempts, again.problem.as_deref()), (2, Some("it is down")));
    session.not_sent(again.id, "no such mailbox", None, now()).await.unwrap();
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
    assert_eq!(session.take_notices(taken("a"), now(), 3).await.unwrap().len(), 1);
}
