//! Keycloak's Admin REST API against a server that answers as its description says, and as it should not.

use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::keycloak::{KeycloakDirectory, KeycloakSettings};
use mizumori_directory::{
    Action, DirectoryError, EntryId, Lookup, Neutralise, OddityKind, Outcome, Privilege, SecondFactor,
    Standing, Whom,
};
use mizumori_outbound::Client;
use mizumori_test_servers::{Answer, Web};
use serde_json::{Value, json};

use crate::ask::{addresses, all, by_address, shown, unix};
use crate::cloud::{Service, client, token};
use crate::key::form;

const REALM: &str = "/auth/admin/realms/suigen";
const USERS: &str = "/auth/admin/realms/suigen/users";
const TOKEN: &str = "/auth/realms/suigen/protocol/openid-connect/token";
const TARO: &str = r#"{"id": "t-1", "createdTimestamp": 1546398245000, "username": "taro@suigen.example", "enabled": true,
    "totp": true, "firstName": "Taro", "lastName": "Suigen", "email": "Taro.S@suigen.example",
    "attributes": {"locale": ["ja"], "boss": ["hanako@suigen.example"], "private": ["taro@home.example"], "color": ["blue"]},
    "requiredActions": ["CONFIGURE_TOTP"], "notBefore": 0, "access": {"manage": true}}"#;
const HANAKO: &str = r#"{"id": "h-2", "username": "hanako", "enabled": false, "email": "none",
    "attributes": {"boss": ["the boss"]}, "requiredActions": ["UPDATE_PASSWORD"]}"#;

fn settings(web: &Web) -> KeycloakSettings {
    KeycloakSettings {
        superior: Some("boss".into()),
        other_address: Some("private".into()),
        page: 2,
        patience: Duration::ZERO,
        ..KeycloakSettings::new(
            format!("{}/auth", web.url()),
            "suigen",
            "mizumori",
            Secret::new("canary secret".into()),
        )
    }
}

fn directory(web: &Web) -> KeycloakDirectory {
    KeycloakDirectory::new(client(Duration::from_secs(60)), settings(web)).unwrap()
}

fn list(values: &[&str]) -> Answer {
    Answer::json(format!("[{}]", values.join(",")))
}

fn server() -> Web {
    let web = Web::start().unwrap();
    web.on("POST", TOKEN, token("canary-token", 60));
    web
}

fn id(text: &str) -> Whom {
    Whom::Id(EntryId::new(text).unwrap())
}

#[tokio::test]
async fn as_a_service() {
    Service {
        users: USERS,
        token: Some(TOKEN),
        right: "view-users",
        pages: |_, count| {
            let user = |number| list(&[&format!(r#"{{"id": "u{number}", "username": "u{number}"}}"#)]);
            (1..=count).map(user).chain([list(&[])]).collect()
        },
        endless: |_| list(&[TARO]),
        prepare: |_| {},
        make: |web: &Web, client: Client, patience| {
            KeycloakDirectory::new(client, KeycloakSettings { patience, ..settings(web) }).unwrap()
        },
    }
    .holds()
    .await;
}

#[tokio::test]
async fn everything_that_a_user_says() {
    let web = server();
    let nobody = r#"{"id": "n-3", "username": ""}"#;
    // The last page is not the first short one: entries may have been left out of it.
    web.on_each("GET", USERS, [list(&[TARO]), list(&[HANAKO, nobody, r#"{"id": 7}"#]), list(&[])]);
    let credentials = r#"[{"id": "c", "type": "password", "createdDate": 1793882096000, "credentialData": "{}"},
        {"id": "d", "type": "otp", "createdDate": 1}]"#;
    web.on("GET", &format!("{USERS}/t-1/credentials"), Answer::json(credentials));
    web.on(
        "GET",
        &format!("{USERS}/h-2/credentials"),
        Answer::json(r#"[{"type": "password", "createdDate": -1}]"#),
    );
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    let [taro, hanako] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(addresses(taro), ["taro.s@suigen.example", "taro@suigen.example"]);
    assert_eq!(shown(taro.other_address.as_ref().unwrap()), "taro@home.example");
    assert_eq!(taro.superior.as_ref().map(shown).as_deref(), Some("hanako@suigen.example"));
    assert_eq!((taro.lang, taro.standing, taro.must_change), (Some(Lang::Ja), Standing::Enabled, false));
    assert_eq!(taro.names.as_ref().unwrap().of(Lang::Ja), "Taro Suigen");
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(unix(taro.password_changed_at), Some(1_793_882_096));
    assert_eq!(taro.second_factor, SecondFactor::Present);
    assert_eq!(hanako.login.as_deref(), Some("hanako"));
    assert_eq!((hanako.standing, hanako.must_change), (Standing::Disabled, true));
    assert_eq!((hanako.second_factor, hanako.password_changed_at), (SecondFactor::Absent, None));
    let kinds: Vec<(u64, OddityKind)> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
    assert_eq!(
        kinds,
        [
            (2, OddityKind::BadAddress("email")),
            (2, OddityKind::BadAddress("the superior's attribute")),
            (3, OddityKind::Nameless),
            (4, OddityKind::Unreadable),
        ]
    );
    let requests = web.requests();
    let signed = requests.iter().find(|request| request.path == TOKEN).unwrap();
    assert_eq!(form(signed, "grant_type").as_deref(), Some("client_credentials"));
    assert_eq!(form(signed, "client_secret").as_deref(), Some("canary secret"));
    let queries: Vec<_> =
        requests.iter().filter(|r| r.path == USERS).filter_map(|r| r.query.clone()).collect();
    let query = |first| format!("briefRepresentation=false&first={first}&max=2");
    assert_eq!(queries, [query(0), query(1), query(4)]);
}

#[tokio::test]
async fn roles_and_groups_make_privileged() {
    let web = server();
    let named = |ids: &[&str]| {
        let named: Vec<String> = ids.iter().map(|id| format!(r#"{{"id": "{id}"}}"#)).collect();
        list(&named.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let pages = |path: &str, ids: &[&str]| {
        web.on_each("GET", &format!("{REALM}{path}"), [named(ids), named(&[])]);
    };
    let prepare = || {
        let role = |path: &str, id: &str| {
            let role = format!(r#"{{"id": "{id}", "name": "x"}}"#);
            web.on("GET", &format!("{REALM}{path}"), Answer::json(role));
        };
        role("/roles/keepers", "r-1");
        role("/clients/c-1/roles/realm-admin", "r-2");
        // One role contains another one, which contains the one that is named; one contains itself.
        let roles = [
            r#"{"id": "r-1", "name": "keepers", "composite": false}"#,
            r#"{"id": "r-3", "name": "chiefs", "composite": true}"#,
        ];
        web.on_each("GET", &format!("{REALM}/roles"), [list(&roles), list(&[])]);
        let outer = [r#"{"id": "r-4", "name": "outer", "composite": true}"#];
        web.on_each("GET", &format!("{REALM}/clients/c-1/roles"), [list(&outer), list(&[])]);
        pages("/roles-by-id/r-3/composites", &["r-1", "r-3"]);
        pages("/roles-by-id/r-4/composites", &["r-3"]);
        pages("/roles/chiefs/users", &["f"]);
        pages("/roles/chiefs/groups", &[]);
        pages("/clients/c-1/roles/outer/users", &["g"]);
        pages("/clients/c-1/roles/outer/groups", &[]);
        for group in ["g-1", "g-3"] {
            pages(&format!("/groups/{group}/children"), &[]);
        }
        pages("/groups/g-2/children", &["g-3"]);
        pages("/groups/g-3/members", &["h"]);
        pages("/roles/keepers/users", &["a"]);
        pages("/roles/keepers/groups", &["g-1"]);
        pages("/groups/g-1/members", &["b"]);
        web.on("GET", &format!("{REALM}/clients"), named(&["c-1"]));
        pages("/clients/c-1/roles/realm-admin/users", &["c"]);
        pages("/clients/c-1/roles/realm-admin/groups", &[]);
        web.on("GET", &format!("{REALM}/group-by-path/staff/root"), Answer::json(r#"{"id": "g-2"}"#));
        pages("/groups/g-2/members", &["d"]);
        let user = |id: &str| format!(r#"{{"id": "{id}", "username": "{id}"}}"#);
        let users: Vec<String> = ["a", "b", "c", "d", "e", "f", "g", "h"].map(user).into();
        web.on_each("GET", USERS, [list(&users.iter().map(String::as_str).collect::<Vec<_>>()), list(&[])]);
    };
    let settings = KeycloakSettings {
        privileged_roles: vec!["keepers".into(), "realm-management/realm-admin".into()],
        privileged_groups: vec!["/staff/root".into()],
        ..settings(&web)
    };
    let directory = KeycloakDirectory::new(client(Duration::from_secs(60)), settings).unwrap();
    prepare();
    let (entries, _) = all(&directory).await.unwrap();
    let privileged: Vec<_> = entries.iter().map(|entry| entry.privilege == Privilege::Privileged).collect();
    assert_eq!(privileged, [true, true, true, true, false, true, true, true]);
    assert!(entries.iter().all(|entry| entry.second_factor == SecondFactor::Unknown));
    for (path, answer, word) in [
        ("/roles/keepers/users", Answer::status(403), "view-realm"),
        ("/roles/keepers/users", Answer::status(404), "privileged role"),
        ("/roles/keepers/groups", named(&["g-1", "g-9"]), "does not end"),
        ("/clients", list(&[]), "no such client"),
        ("/clients/c-1/roles/realm-admin", Answer::status(404), "privileged role"),
        ("/roles", Answer::status(403), "view-realm"),
        ("/roles-by-id/r-3/composites", list(&["7"]), "does not say"),
        ("/group-by-path/staff/root", Answer::status(404), "privileged group"),
        ("/groups/g-2/members", Answer::status(403), "view-users"),
        ("/groups/g-2/members", list(&["7"]), "does not say"),
    ] {
        prepare();
        web.on("GET", &format!("{REALM}{path}"), answer);
        let error = all(&directory).await.unwrap_err();
        assert!(error.to_string().contains(word), "{path}: {error}");
    }
}

#[tokio::test]
async fn an_empty_realm_is_one_that_we_may_not_see() {
    let web = server();
    web.on("GET", USERS, list(&[]));
    let error = all(&directory(&web)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
    assert!(error.to_string().contains("view-users"), "{error}");
}

#[tokio::test]
async fn accounts_are_neutralised() {
    let web = server();
    let taro = format!("{USERS}/t-1");
    web.on("GET", &taro, Answer::json(TARO));
    web.on("GET", &format!("{USERS}/h-2"), Answer::json(HANAKO));
    web.on("GET", USERS, list(&[TARO, HANAKO]));
    web.on("PUT", &taro, Answer::status(204));
    web.on("POST", &format!("{USERS}/t-1/logout"), Answer::status(204));
    let directory = directory(&web);
    assert_eq!(directory.actions(), Action::ALL);
    let before: Value = serde_json::from_str(TARO).unwrap();
    for action in Action::ALL {
        let expected = match action {
            Action::ForceChange => Some(("requiredActions", json!(["CONFIGURE_TOTP", "UPDATE_PASSWORD"]))),
            Action::Disable => Some(("enabled", json!(false))),
            Action::EndSessions => None,
        };
        for whom in [id("t-1"), by_address("taro.s@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::Done);
            let requests = web.take_requests();
            let last = requests.last().unwrap();
            let Some((name, value)) = &expected else {
                assert_eq!((&*last.method, &*last.path), ("POST", &*format!("{USERS}/t-1/logout")));
                continue;
            };
            let mut all_of_it = before.clone();
            all_of_it[name] = value.clone();
            let written: Value = serde_json::from_slice(&last.body).unwrap();
            assert_eq!((&*last.method, &last.path, written), ("PUT", &taro, all_of_it));
        }
        // The server ignored what was asked for; nobody who was not meant is hit.
        for whom in [id("gone"), id(".."), by_address("nobody@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::NotFound);
            assert!(web.take_requests().iter().all(|request| request.method != "PUT"));
        }
        let (method, path) =
            if expected.is_some() { ("PUT", taro.clone()) } else { ("POST", format!("{USERS}/t-1/logout")) };
        web.on(method, &path, Answer::json(r#"{"error": "HTTP 403 Forbidden"}"#).with_status(403));
        let error = directory.act(action, &id("t-1")).await.unwrap_err();
        assert!(error.to_string().contains("manage-users"), "{error}");
        web.on(method, &path, Answer::status(204));
    }
    web.take_requests();
    assert_eq!(directory.force_change(&id("h-2")).await.unwrap(), Outcome::Done, "it is so already");
    assert!(web.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn another_user_than_was_asked_for() {
    let web = server();
    web.on("GET", &format!("{USERS}/t-1"), Answer::json(HANAKO));
    let error = directory(&web).entry(&id("t-1")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    let twin = TARO.replace("t-1", "t-2");
    web.on("GET", USERS, list(&[TARO, &twin]));
    let error = directory(&web).disable(&by_address("taro@suigen.example")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Ambiguous { .. }), "{error:?}");
}

#[test]
fn what_cannot_be() {
    let web = Web::start().unwrap();
    let good = settings(&web);
    for bad in [
        KeycloakSettings { realm: "..".into(), ..good.clone() },
        KeycloakSettings { client_id: String::new(), ..good.clone() },
        KeycloakSettings { client_secret: Secret::default(), ..good.clone() },
        KeycloakSettings { privileged_roles: vec!["a/".into()], ..good.clone() },
        KeycloakSettings { privileged_groups: vec!["administrators".into()], ..good.clone() },
        KeycloakSettings { privileged_groups: vec!["/a/../b".into()], ..good.clone() },
        KeycloakSettings { page: 0, ..good.clone() },
        KeycloakSettings { url: "nowhere".into(), ..good.clone() },
    ] {
        let error = KeycloakDirectory::new(client(Duration::from_secs(1)), bad.clone()).unwrap_err();
        assert!(matches!(error, DirectoryError::Settings(_)), "{error:?}");
        assert!(!format!("{error} {error:?} {bad:?}").contains("canary"));
    }
}
