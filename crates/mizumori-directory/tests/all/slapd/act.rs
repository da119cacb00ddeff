//! Neutralising: what is written is what the server acts upon.

use mizumori_core::Secret;
use mizumori_directory::ldap::LdapSettings;
use mizumori_directory::{Action, DirectoryError, EntryId, Lookup, Neutralise, Outcome, Standing, Whom};
use mizumori_test_servers::Slapd;

use super::{directory, settings};
use crate::ask::{authority, by_address, unix};

const TARO: &str = "uid=taro,dc=suigen,dc=example";
const FIRST: &str = "an-invented-secret";
const SECOND: &str = "another-invented-secret";

fn people() -> String {
    format!(
        "dn: {TARO}\nobjectClass: inetOrgPerson\nuid: taro\ncn: Taro\nsn: Suigen\nmail: taro@suigen.example\n\
         userPassword: {FIRST}\npwdChangedTime: 20200102030405Z\n"
    )
}

#[tokio::test]
async fn a_change_is_forced_and_made() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(settings(&server, &authority));
    assert_eq!(directory.actions(), [Action::ForceChange, Action::Disable]);
    let taro = by_address("taro@suigen.example");
    let before = directory.entry(&taro).await.unwrap().unwrap();
    assert_eq!((before.must_change, unix(before.password_changed_at)), (false, Some(1_577_934_245)));
    assert_eq!(server.sign_in(TARO, FIRST).unwrap(), 0);

    let id = Whom::from(before.id.clone());
    for whom in [&taro, &id] {
        assert_eq!(directory.force_change(whom).await.unwrap(), Outcome::Done);
    }
    let forced = directory.entry(&id).await.unwrap().unwrap();
    assert_eq!((forced.must_change, unix(forced.password_changed_at)), (true, Some(1_577_934_245)));
    assert_eq!(server.sign_in(TARO, FIRST).unwrap(), 50, "it has to be changed first");

    server.change_password(TARO, FIRST, SECOND).unwrap();
    let changed = directory.entry(&id).await.unwrap().unwrap();
    assert!(!changed.must_change && changed.password_changed_at > before.password_changed_at);
    assert_eq!(server.sign_in(TARO, SECOND).unwrap(), 0);
}

#[tokio::test]
async fn an_account_is_disabled() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(settings(&server, &authority));
    let taro = by_address("taro@suigen.example");
    assert_eq!(directory.end_sessions(&taro).await.unwrap(), Outcome::NotSupported);
    assert_eq!(server.sign_in(TARO, FIRST).unwrap(), 0);
    for _ in 0..2 {
        assert_eq!(directory.act(Action::Disable, &taro).await.unwrap(), Outcome::Done);
    }
    assert_eq!(directory.entry(&taro).await.unwrap().unwrap().standing, Standing::Disabled);
    assert_eq!(server.sign_in(TARO, FIRST).unwrap(), 49);
}

#[tokio::test]
async fn whoever_is_not_there() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(settings(&server, &authority));
    let taro = Whom::from(directory.entry(&by_address("taro@suigen.example")).await.unwrap().unwrap().id);
    server.apply(&format!("dn: {TARO}\nchangetype: delete\n")).unwrap();
    let never = Whom::Id(EntryId::new("*").unwrap());
    for whom in [taro, never, by_address("nobody@suigen.example")] {
        assert_eq!(directory.entry(&whom).await.unwrap(), None);
        assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::NotFound);
        assert_eq!(directory.disable(&whom).await.unwrap(), Outcome::NotFound);
    }
}

#[tokio::test]
async fn renamed_meanwhile_it_is_the_same() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(settings(&server, &authority));
    let taro = Whom::from(directory.entry(&by_address("taro@suigen.example")).await.unwrap().unwrap().id);
    server
        .apply(&format!("dn: {TARO}\nchangetype: modrdn\nnewrdn: uid=t.suigen\ndeleteoldrdn: 1\n"))
        .unwrap();
    assert_eq!(directory.disable(&taro).await.unwrap(), Outcome::Done);
    assert_eq!(server.sign_in("uid=t.suigen,dc=suigen,dc=example", FIRST).unwrap(), 49);
}

#[tokio::test]
async fn whoever_only_reads() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let authority = authority(server.ca_pem());
    let reader = directory(LdapSettings {
        bind_name: Slapd::READER.to_owned(),
        bind_password: Secret::new(Slapd::PASSWORD.to_owned()),
        ..settings(&server, &authority)
    });
    let taro = by_address("taro@suigen.example");
    assert!(reader.entry(&taro).await.unwrap().is_some());
    for action in [Action::ForceChange, Action::Disable] {
        let error = reader.act(action, &taro).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
        assert_eq!(error.try_again(), None);
    }
    assert_eq!(server.sign_in(TARO, FIRST).unwrap(), 0);
}
