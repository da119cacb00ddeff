//! Bundles are numbered, and taken in their order.

use mizumori_store::{Arrival, Store};

use super::now;

pub(super) async fn are_numbered_by_their_key(store: Store) {
    let mut session = store.write().await.unwrap();
    for (key, number) in [("aa", 1), ("aa", 2), ("bb", 1), ("aa", 3)] {
        assert_eq!(session.number_bundle(key, now()).await.unwrap(), number);
    }
    session.commit().await.unwrap();
    // One that was given up is given again: nobody has it.
    let mut session = store.write().await.unwrap();
    assert_eq!(session.number_bundle("aa", now()).await.unwrap(), 4);
    drop(session);
    let mut session = store.write().await.unwrap();
    assert_eq!(session.number_bundle("aa", now()).await.unwrap(), 4);
}

pub(super) async fn are_taken_once_and_in_order(store: Store) {
    let mut session = store.write().await.unwrap();
    // What is written here says nothing of what comes.
    session.number_bundle("aa", now()).await.unwrap();
    for (key, number, digest, expected) in [
        ("aa", 3, "x", Arrival::New),
        ("aa", 3, "x", Arrival::Again),
        ("aa", 3, "y", Arrival::Late { last: 3 }),
        ("aa", 2, "w", Arrival::Late { last: 3 }),
        ("bb", 1, "v", Arrival::New),
        ("aa", 9, "z", Arrival::New),
        ("aa", 3, "x", Arrival::Late { last: 9 }),
    ] {
        assert_eq!(
            session.take_bundle(key, number, digest, now()).await.unwrap(),
            expected,
            "{key} {number}"
        );
    }
    assert!(session.take_bundle("aa", u64::MAX, "", now()).await.is_err());
}
