//! Channels, and what happened to findings until they are told.

use std::collections::BTreeMap;

use mizumori_core::Severity;
use mizumori_store::{Channel, Finding, NewFinding, Recorded, State, Store, StoreError, What};

use super::{add, at, finding, id, now};

pub(super) async fn are_an_organisations_own(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let first = session.tenant(&one).keep_outlet("siem", Channel::Webhook, "{}").await.unwrap();
    let other = session.tenant(&two).keep_outlet("siem", Channel::Chat, "{}").await.unwrap();
    assert_ne!(first, other);
    let changed = session.tenant(&one).keep_outlet("siem", Channel::Syslog, "{\"a\":1}").await.unwrap();
    assert_eq!(changed, first);
    session.tenant(&one).keep_outlet("chat", Channel::Chat, "{}").await.unwrap();
    let outlets = session.tenant(&one).outlets().await.unwrap();
    let listed: Vec<_> =
        outlets.iter().map(|outlet| (&*outlet.name, outlet.channel, &*outlet.document)).collect();
    assert_eq!(listed, [("chat", Channel::Chat, "{}"), ("siem", Channel::Syslog, "{\"a\":1}")]);
    session.tenant(&one).remove_outlet("siem", now()).await.unwrap();
    let missing = session.tenant(&one).remove_outlet("siem", now()).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert_eq!(session.tenant(&two).outlets().await.unwrap().len(), 1);
    // Under the same name, and not the same.
    let again = session.tenant(&one).keep_outlet("siem", Channel::Webhook, "{}").await.unwrap();
    assert_ne!(again, first);
}

async fn record(store: &Store, new: &NewFinding) -> Finding {
    let mut session = store.write().await.unwrap();
    let kept = session.tenant(&id("one")).record(new, now()).await.unwrap();
    session.commit().await.unwrap();
    let Recorded::Kept(kept) = kept else { panic!() };
    *kept
}

pub(super) async fn hear_of_everything_once(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    // Nobody is there to hear of it.
    record(&store, &finding(9, 9)).await;
    let mut session = store.write().await.unwrap();
    assert_eq!(session.organisations_with_happenings().await.unwrap(), []);
    session.tenant(&one).keep_outlet("siem", Channel::Webhook, "{}").await.unwrap();
    session.commit().await.unwrap();

    let first = record(&store, &finding(1, 1)).await;
    let second = record(&store, &finding(2, 2)).await;
    record(&store, &NewFinding { same_as: Some(first.id), source: "copy".to_owned(), ..finding(1, 1) }).await;
    let mut session = store.write().await.unwrap();
    let later = at("2026-11-24");
    session.tenant(&one).step(&first, State::Notified, "a", "b", later).await.unwrap();
    session.tenant(&one).worsen(second.id, Severity::Session, later).await.unwrap();
    session.tenant(&one).worsen(second.id, Severity::Hash, later).await.unwrap();
    session.commit().await.unwrap();

    let mut session = store.write().await.unwrap();
    assert_eq!(session.organisations_with_happenings().await.unwrap(), [id("one")]);
    assert_eq!(session.tenant(&two).take_happenings(9).await.unwrap(), []);
    // All that happened to one comes at once, however little is wanted.
    let taken = session.tenant(&one).take_happenings(1).await.unwrap();
    let said: Vec<_> = taken.iter().map(|one| (one.finding.id, one.what, one.state, one.severity)).collect();
    assert_eq!(
        said,
        [
            (first.id, What::Created, State::New, Severity::Password),
            (first.id, What::Stepped, State::Notified, Severity::Password),
        ]
    );
    assert_eq!((taken[0].at, taken[1].at, taken[0].finding.is.state), (now(), later, State::Notified));
    let rest = session.tenant(&one).take_happenings(9).await.unwrap();
    let said: Vec<_> = rest.iter().map(|one| (one.finding.id, one.what, one.severity)).collect();
    let expected =
        [(second.id, What::Created, Severity::Password), (second.id, What::Worse, Severity::Session)];
    assert_eq!(said, expected);
    assert_eq!(session.tenant(&one).take_happenings(9).await.unwrap(), []);
    // What was not committed is there still.
    drop(session);
    let mut session = store.write().await.unwrap();
    assert_eq!(session.tenant(&one).take_happenings(9).await.unwrap().len(), 4);
    drop(session);
    // When nobody is left to hear of it, it is not kept for whoever comes later.
    let mut session = store.write().await.unwrap();
    session.tenant(&one).remove_outlet("siem", now()).await.unwrap();
    assert_eq!(session.organisations_with_happenings().await.unwrap(), []);
}

pub(super) async fn get_the_backlog_in_one(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    session.tenant(&one).keep_outlet("siem", Channel::Webhook, "{}").await.unwrap();
    session.commit().await.unwrap();
    for number in 1..=3 {
        record(&store, &NewFinding { backlog: true, ..finding(number, number) }).await;
    }
    let settled = NewFinding { backlog: true, state: State::InactiveAccount, ..finding(4, 4) };
    record(&store, &settled).await;
    let new = record(&store, &finding(5, 5)).await;
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let backlog = tenant.take_backlog().await.unwrap();
    assert_eq!(backlog.counts, BTreeMap::from([(Severity::Password, 3)]));
    let left = tenant.take_happenings(9).await.unwrap();
    assert_eq!(left.iter().map(|one| one.finding.id).collect::<Vec<_>>(), [new.id]);
    assert!(tenant.take_backlog().await.unwrap().counts.is_empty());
    // What is released is news.
    tenant.release_backlog(now()).await.unwrap();
    assert!(tenant.take_backlog().await.unwrap().counts.is_empty());
    let news = tenant.take_happenings(9).await.unwrap();
    assert!(news.len() == 3 && news.iter().all(|one| one.what == What::Created), "{news:?}");
}
