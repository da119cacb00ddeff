//! Directories and their entries.

use mizumori_core::keys::AccountTag;
use mizumori_core::{Groups, Lang};
use mizumori_store::{HolderAddress, NewHolder, Store, StoreError, Synced};

use super::{add, at, id, now};

fn address(name: &str, number: i64) -> HolderAddress {
    let account = AccountTag { hi: number, lo: -number };
    HolderAddress { address: format!("{name}@suigen.example"), account }
}

fn holder(entry: &str, numbers: &[i64]) -> NewHolder {
    NewHolder {
        entry: entry.to_owned(),
        addresses: numbers.iter().map(|number| address(&format!("{entry}-{number}"), *number)).collect(),
        login: Some("yamada".to_owned()),
        name: Some("山田 花子".to_owned()),
        language: Some(Lang::Ja),
        enabled: true,
        privileged: true,
        second_factor: Some(false),
        held_since: Some(at("2020-04-01")),
        password_changed: Some(at("2025-04-01")),
        must_change: true,
        superior: Some("boss@suigen.example".to_owned()),
        other_address: None,
        keepers: vec!["keeper@suigen.example".to_owned()],
        groups: Groups::All(vec!["cn=staff".to_owned(), "cn=\"教員\"".to_owned()]),
    }
}

pub(super) async fn are_those_of_the_last_synchronisation(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let directory = tenant.keep_directory("main", "ldap", "{}").await.unwrap();
    let first = tenant.begin_sync(directory).await.unwrap();
    let kept = tenant.keep_holder(directory, first, &holder("a", &[1, 2])).await.unwrap();
    tenant.keep_holder(directory, first, &holder("b", &[3])).await.unwrap();
    assert_eq!(tenant.end_sync(directory, first, now()).await.unwrap(), Synced { there: 2, gone: 0 });
    let found = tenant.holders_of(address("", 2).account).await.unwrap();
    assert_eq!((found.len(), found[0].id), (1, kept));
    assert_eq!(found[0].is, holder("a", &[1, 2]));
    let accounts: Vec<_> = (0..600).map(|number| address("", number).account).collect();
    let each = tenant.holders_of_each(&accounts).await.unwrap();
    let lengths: Vec<_> = (0..5).map(|number| each[&accounts[number]].len()).collect();
    assert_eq!((each.len(), lengths), (600, vec![0, 1, 1, 1, 0]));
    assert_eq!((&each[&accounts[1]], &each[&accounts[2]]), (&found, &found));

    // The next one sees an entry changed, and another one not at all. One that has begun before it and goes on takes nothing back.
    let second = tenant.begin_sync(directory).await.unwrap();
    let changed =
        NewHolder { enabled: false, second_factor: None, name: None, language: None, ..holder("a", &[4]) };
    let some = Groups::Some {
        asked: vec!["staff".to_owned(), "\"教員\"".to_owned()],
        found: vec!["staff".to_owned()],
    };
    for groups in [Groups::Unknown, Groups::All(Vec::new()), some] {
        let other = NewHolder { groups, ..holder("c", &[7]) };
        tenant.keep_holder(directory, first, &other).await.unwrap();
        assert_eq!(tenant.holder(directory, "c").await.unwrap().unwrap().is, other);
    }
    assert_eq!(tenant.keep_holder(directory, second, &changed).await.unwrap(), kept);
    assert_eq!(tenant.keep_holder(directory, first, &holder("a", &[1, 2])).await.unwrap(), kept);
    assert_eq!(
        tenant.end_sync(directory, second, at("2026-11-24")).await.unwrap(),
        Synced { there: 1, gone: 2 }
    );
    assert_eq!(tenant.holders_of(address("", 3).account).await.unwrap(), []);
    assert_eq!(tenant.holders_of(address("", 1).account).await.unwrap(), []);
    assert_eq!(tenant.holders_of(address("", 4).account).await.unwrap()[0].is, changed);

    assert_eq!(tenant.holder(directory, "a").await.unwrap().unwrap().is, changed);
    assert_eq!(tenant.holder(directory, "b").await.unwrap(), None);

    // One that was overtaken drops nothing.
    let (third, _) =
        (tenant.begin_sync(directory).await.unwrap(), tenant.begin_sync(directory).await.unwrap());
    assert!(matches!(tenant.end_sync(directory, third, now()).await, Err(StoreError::Changed(_))));
    tenant.fail_sync(directory, Some(first), "it is too late").await.unwrap();
    assert_eq!(tenant.directories().await.unwrap()[0].problem, None, "another one has begun");
    tenant.fail_sync(directory, None, "it does not answer").await.unwrap();
    let listed = tenant.directories().await.unwrap();
    assert_eq!(listed[0].synced, Some(at("2026-11-24")));
    assert_eq!(listed[0].problem.as_deref(), Some("it does not answer"));
    assert_eq!(tenant.holders_of(address("", 4).account).await.unwrap().len(), 1);
}

pub(super) async fn may_share_an_account(store: Store) {
    add(&store, &["one", "two"]).await;
    let mut session = store.write().await.unwrap();
    for organisation in ["one", "two"] {
        let organisation = id(organisation);
        let mut tenant = session.tenant(&organisation);
        let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
        let sync = tenant.begin_sync(directory).await.unwrap();
        for entry in ["a", "b"] {
            tenant.keep_holder(directory, sync, &holder(entry, &[1])).await.unwrap();
        }
        tenant.end_sync(directory, sync, now()).await.unwrap();
    }
    let one = id("one");
    assert_eq!(session.tenant(&one).holders_of(address("", 1).account).await.unwrap().len(), 2);
}
