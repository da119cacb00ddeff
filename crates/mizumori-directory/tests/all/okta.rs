//! Okta against a server that answers as its OpenAPI description says, and as it should not.

use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::okta::{OktaCredentials, OktaDirectory, OktaSettings, SecondFactors};
use mizumori_directory::{
    Action, DirectoryError, EntryId, Lookup, Neutralise, OddityKind, Outcome, Privilege, SecondFactor,
    Standing, Whom,
};
use mizumori_outbound::Client;
use mizumori_test_servers::{Answer, Web};

use crate::ask::{addresses, all, by_address, shown, unix};
use crate::cloud::{Service, client, token};
use crate::key::{claims, form, pem};

const USERS: &str = "/api/v1/users";
const ROLES: &str = "/api/v1/iam/assignees/users";
const TOKEN: &str = "/oauth2/v1/token";
const TARO: &str = r#"{"id": "00u1", "status": "PASSWORD_EXPIRED", "created": "2019-01-02T03:04:05.000Z",
    "passwordChanged": "2026-11-05T12:34:56.000Z", "profile": {"login": "taro@suigen.example", "email": "Taro.S@suigen.example",
        "secondEmail": "taro@home.example", "firstName": "Taro", "lastName": "Suigen", "preferredLanguage": "ja-JP",
        "locale": "en_US", "managerId": "00u2"},
    "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}}}"#;
const HANAKO: &str = r#"{"id": "00u2", "status": "ACTIVE", "created": "yesterday", "passwordChanged": null,
    "profile": {"login": "hanako", "email": "hanako@suigen.example", "displayName": "水源 花子", "locale": "en_US",
        "secondEmail": "none", "managerId": "chief@suigen.example"},
    "credentials": {"provider": {"type": "FEDERATION", "name": "FEDERATION"}}}"#;
const GONE: &str = r#"{"id": "00u3", "status": "DEPROVISIONED", "profile": {"login": "gone@suigen.example", "managerId": "nobody"}}"#;

fn with(web: &Web, credentials: OktaCredentials) -> OktaSettings {
    OktaSettings { page: 2, patience: Duration::ZERO, ..OktaSettings::new(web.url(), credentials) }
}

fn by_token(web: &Web) -> OktaSettings {
    with(web, OktaCredentials::Token(Secret::new("canary".into())))
}

fn by_key(web: &Web) -> OktaSettings {
    let key = OktaCredentials::Key {
        client_id: "0oa1".into(),
        key: Secret::new(pem()),
        key_id: Some("k-1".into()),
    };
    with(web, key)
}

fn directory(web: &Web) -> OktaDirectory {
    OktaDirectory::new(client(Duration::from_secs(60)), by_token(web)).unwrap()
}

fn page(users: &[&str], next: Option<&str>) -> Answer {
    let answer = Answer::json(format!("[{}]", users.join(",")))
        .header("link", r#"<https://self.example/api/v1/users?limit=2>; rel="self""#);
    match next {
        Some(next) => answer.header("link", &format!(r#"<{next}>; rel="next""#)),
        None => answer,
    }
}

fn server() -> Web {
    let web = Web::start().unwrap();
    web.on("POST", TOKEN, token("canary-token", 3600));
    web.on("GET", ROLES, Answer::json(r#"{"value": [], "_links": {}}"#));
    web
}

fn id(text: &str) -> Whom {
    Whom::Id(EntryId::new(text).unwrap())
}

/// What holds for both ways to sign on.
fn service(
    token: Option<&'static str>,
    make: fn(&Web, Client, Duration) -> OktaDirectory,
) -> Service<OktaDirectory> {
    Service {
        users: USERS,
        token,
        right: "okta.users.read",
        pages: |web, count| {
            let one = |number| {
                let next = format!("{}{USERS}?after={number}&limit=2", web.url());
                let profile = format!(r#"{{"login": "u{number}@suigen.example"}}"#);
                let user = format!(r#"{{"id": "u{number}", "status": "ACTIVE", "profile": {profile}}}"#);
                page(&[&user], (number < count).then_some(&*next))
            };
            (1..=count).map(one).chain([page(&[], None)]).collect()
        },
        endless: |web| page(&[HANAKO], Some(&format!("{}{USERS}?after=1", web.url()))),
        prepare: |web| web.on("GET", ROLES, Answer::json(r#"{"value": []}"#)),
        make,
    }
}

#[tokio::test]
async fn as_a_service() {
    let make = |web: &Web, client, patience| {
        OktaDirectory::new(client, OktaSettings { patience, ..by_token(web) }).unwrap()
    };
    service(None, make).holds().await;
}

#[tokio::test]
async fn as_a_service_with_a_key() {
    let make = |web: &Web, client, patience| {
        OktaDirectory::new(client, OktaSettings { patience, ..by_key(web) }).unwrap()
    };
    service(Some(TOKEN), make).holds().await;
}

#[tokio::test]
async fn everything_that_a_user_says() {
    let web = server();
    let next = format!("{}{USERS}?after=x&limit=2", web.url());
    let nobody = r#"{"id": "00u4", "status": "STAGED", "profile": {"login": " "}}"#;
    web.on_each(
        "GET",
        USERS,
        [page(&[TARO, HANAKO], Some(&next)), page(&[nobody, r#"{"id": "x"}"#], None), page(&[GONE], None)],
    );
    web.on("GET", &format!("{USERS}/00u2"), Answer::json(HANAKO));
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    let [taro, hanako, gone] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(addresses(taro), ["taro.s@suigen.example", "taro@suigen.example"]);
    assert_eq!(shown(taro.other_address.as_ref().unwrap()), "taro@home.example");
    assert_eq!((taro.lang, taro.standing, taro.must_change), (Some(Lang::Ja), Standing::Enabled, true));
    assert_eq!(taro.names.as_ref().unwrap().of(Lang::En), "Taro Suigen");
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(unix(taro.password_changed_at), Some(1_793_882_096));
    assert_eq!(taro.superior.as_ref(), hanako.primary());
    assert_eq!(taro.second_factor, SecondFactor::Unknown, "no listing says so");
    assert_eq!((hanako.login.as_deref(), hanako.lang), (Some("hanako"), Some(Lang::En)));
    assert_eq!(hanako.superior.as_ref().map(shown).as_deref(), Some("chief@suigen.example"));
    assert_eq!((hanako.standing, hanako.password_changed_at), (Standing::Enabled, None));
    assert_eq!((gone.standing, gone.superior.as_ref()), (Standing::Disabled, None));
    let kinds: Vec<(u64, OddityKind)> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
    assert_eq!(
        kinds,
        [
            (2, OddityKind::BadAddress("secondEmail")),
            (2, OddityKind::BadTime("created")),
            (3, OddityKind::Nameless),
            (4, OddityKind::Unreadable),
            (5, OddityKind::NoSuchPerson("managerId")),
        ]
    );
    let requests = web.requests();
    assert!(requests.iter().all(|request| request.header("authorization") == Some("SSWS canary")));
    let queries: Vec<_> =
        requests.iter().filter(|r| r.path == USERS).filter_map(|r| r.query.clone()).collect();
    assert_eq!(queries[..2], ["limit=2", "after=x&limit=2"]);
    assert!(queries[2].contains("DEPROVISIONED"), "{queries:?}");
}

#[tokio::test]
async fn second_factors_are_asked_for_one_by_one() {
    let web = server();
    let user = |number: usize, status: &str| {
        format!(
            r#"{{"id": "00v{number}", "status": "{status}", "profile": {{"login": "v{number}@suigen.example"}}}}"#
        )
    };
    let users: Vec<_> = (0..12).map(|number| user(number, "ACTIVE")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    let list = || web.on_each("GET", USERS, [page(&users, None), page(&[&user(12, "DEPROVISIONED")], None)]);
    for (number, factors) in [
        (0, r#"[{"factorType": "token:software:totp", "status": "ACTIVE"}]"#),
        (1, r#"[{"factorType": "push", "status": "PENDING_ACTIVATION"}]"#),
        (
            2,
            r#"[{"factorType": "email", "status": "ACTIVE"}, {"factorType": "question", "status": "ACTIVE"}]"#,
        ),
        (
            11,
            r#"[{"factorType": "email", "status": "ACTIVE"}, {"factorType": "webauthn", "status": "ACTIVE"}]"#,
        ),
    ] {
        web.on("GET", &format!("{USERS}/00v{number}/factors"), Answer::json(factors));
    }
    let settings = OktaSettings { second_factors: SecondFactors::Read, ..by_token(&web) };
    let asking = OktaDirectory::new(client(Duration::from_secs(60)), settings).unwrap();
    list();
    let (entries, _) = all(&asking).await.unwrap();
    let (present, absent) = (SecondFactor::Present, SecondFactor::Absent);
    let told: Vec<_> = entries.iter().map(|entry| entry.second_factor).collect();
    assert_eq!((&told[..3], told[11]), (&[present, absent, absent][..], present));
    assert!(told[3..11].iter().chain(&told[12..]).all(|factor| *factor == SecondFactor::Unknown));
    assert!(web.take_requests().iter().all(|request| !request.path.contains("00v12")));
    list();
    all(&directory(&web)).await.unwrap();
    assert!(
        web.requests().iter().all(|request| !request.path.ends_with("/factors")),
        "nobody has asked for it"
    );
    web.on("GET", &format!("{USERS}/00v3/factors"), Answer::status(403));
    list();
    let error = all(&asking).await.unwrap_err();
    assert!(error.to_string().contains("okta.users.read"), "{error}");
}

#[tokio::test]
async fn a_superior_may_be_anything_that_somebody_typed() {
    let web = server();
    let user = |number: usize, manager: &str| {
        format!(
            r#"{{"id": "00v{number}", "status": "ACTIVE", "profile": {{"login": "v{number}@suigen.example", "managerId": "{manager}"}}}}"#
        )
    };
    let managers = ["odd", "refused", "hidden", "ME", "..", "gone"];
    let users: Vec<_> = managers.iter().enumerate().map(|(number, manager)| user(number, manager)).collect();
    let users = users.iter().map(String::as_str).collect::<Vec<_>>();
    web.on_each("GET", USERS, [page(&users, None), page(&[], None)]);
    for (manager, status) in [("odd", 400), ("refused", 405), ("hidden", 403), ("ME", 200), ("gone", 404)] {
        web.on("GET", &format!("{USERS}/{manager}"), Answer::json(TARO).with_status(status));
    }
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    assert!(entries.iter().all(|entry| entry.superior.is_none()));
    let kinds: Vec<_> = oddities.iter().map(|odd| odd.kind).collect();
    assert_eq!(kinds, [OddityKind::NoSuchPerson("managerId"); 6]);
    assert!(web.requests().iter().all(|request| request.path != format!("{USERS}/ME")), "that is ourselves");
    // A server that is away is one, whoever is asked for.
    web.on_each("GET", USERS, [page(&[&user(1, "slow")], None), page(&[], None)]);
    web.on("GET", &format!("{USERS}/slow"), Answer::status(503));
    assert!(all(&directory(&web)).await.is_err());
}

#[tokio::test]
async fn administrators_and_members_are_privileged() {
    let web = server();
    let next = format!("{}{ROLES}?after=1", web.url());
    let first = format!(r#"{{"value": [{{"id": "00u1"}}], "_links": {{"next": {{"href": "{next}"}}}}}}"#);
    web.on_each("GET", ROLES, [Answer::json(first), Answer::json(r#"{"value": [{"id": "x"}]}"#)]);
    let group = "/api/v1/groups/00g1/users";
    let next = format!("{}{group}?after=1", web.url());
    web.on_each("GET", group, [page(&[HANAKO], Some(&next)), page(&[GONE], None)]);
    let hana2 = r#"{"id": "00u5", "status": "ACTIVE", "profile": {"login": "hana2@suigen.example"}}"#;
    web.on_each("GET", USERS, [page(&[TARO, HANAKO, hana2], None), page(&[GONE], None)]);
    let settings = OktaSettings { privileged_groups: vec!["00g1".into()], ..by_token(&web) };
    let directory = OktaDirectory::new(client(Duration::from_secs(60)), settings).unwrap();
    let (entries, _) = all(&directory).await.unwrap();
    let privileged: Vec<_> = entries.iter().map(|entry| entry.privilege == Privilege::Privileged).collect();
    assert_eq!(privileged, [true, true, false, true]);
    for (path, right) in [(ROLES, "okta.roles.read"), (group, "okta.groups.read")] {
        web.on("GET", path, Answer::json(r#"{"errorCode": "E0000006"}"#).with_status(403));
        let error = all(&directory).await.unwrap_err();
        assert!(error.to_string().contains(right), "{error}");
        web.on("GET", path, if path == ROLES { Answer::json("{}") } else { Answer::status(404) });
    }
    let error = all(&directory).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Missing { .. }), "{error:?}");
    web.on("GET", ROLES, Answer::json(r#"{"_links": {"next": {"href": "https://other.example/"}}}"#));
    let error = all(&directory).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Referral { .. }), "{error:?}");
}

#[tokio::test]
async fn a_key_signs_on_for_one_purpose() {
    let web = server();
    web.on("GET", &format!("{USERS}/00u2"), Answer::json(HANAKO));
    web.on("POST", &format!("{USERS}/00u2/lifecycle/suspend"), Answer::json("{}"));
    let directory = OktaDirectory::new(client(Duration::from_secs(60)), by_key(&web)).unwrap();
    assert_eq!(directory.disable(&id("00u2")).await.unwrap(), Outcome::Done);
    let requests = web.requests();
    let signed: Vec<_> = requests.iter().filter(|request| request.path == TOKEN).collect();
    let scopes: Vec<_> = signed.iter().filter_map(|request| form(request, "scope")).collect();
    assert_eq!(scopes, ["okta.users.read okta.roles.read", "okta.users.manage"]);
    let (header, claims) = claims(signed[0], "client_assertion");
    assert_eq!((&header["alg"], &header["kid"]), (&"RS256".into(), &"k-1".into()));
    assert_eq!((&claims["iss"], &claims["sub"]), (&"0oa1".into(), &"0oa1".into()));
    assert_eq!(claims["aud"], format!("{}{TOKEN}", web.url()));
    assert_eq!(claims.get("scope"), None);
}

#[tokio::test]
async fn accounts_are_neutralised() {
    let web = server();
    let active = r#"{"id": "00u5", "status": "ACTIVE", "profile": {"login": "jiro@suigen.example"}}"#;
    web.on("GET", &format!("{USERS}/00u5"), Answer::json(active));
    web.on("GET", USERS, page(&[active, HANAKO], None));
    let paths = ["lifecycle/expire_password", "lifecycle/suspend", "sessions"];
    let directory = directory(&web);
    assert_eq!(directory.actions(), Action::ALL);
    for (action, path) in Action::ALL.into_iter().zip(paths) {
        let path = format!("{USERS}/00u5/{path}");
        let method = if action == Action::EndSessions { "DELETE" } else { "POST" };
        web.on(method, &path, Answer::status(204));
        for whom in [id("00u5"), by_address("jiro@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::Done);
            let requests = web.take_requests();
            let last = requests.last().unwrap();
            assert_eq!((&*last.method, &last.path), (method, &path));
            let tokens = (action == Action::EndSessions).then_some("oauthTokens=true");
            assert_eq!(last.query.as_deref(), tokens);
        }
        // The server ignored the filter; nobody who was not meant is hit.
        for whom in [id("gone"), id(".."), by_address("nobody@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::NotFound);
            assert!(web.take_requests().iter().all(|request| request.method == "GET"));
        }
        web.on(method, &path, Answer::json(r#"{"errorCode": "E0000006"}"#).with_status(403));
        let error = directory.act(action, &id("00u5")).await.unwrap_err();
        assert!(error.to_string().contains("okta.users.manage"), "{error}");
    }
    // What is so already is not asked for again; whose password is elsewhere is exempt.
    for (user, user_id, action, outcome) in [
        (TARO, "00u1", Action::ForceChange, Outcome::Done),
        (GONE, "00u3", Action::Disable, Outcome::Done),
        (HANAKO, "00u2", Action::ForceChange, Outcome::Exempt),
    ] {
        web.on("GET", &format!("{USERS}/{user_id}"), Answer::json(user));
        web.take_requests();
        assert_eq!(directory.act(action, &id(user_id)).await.unwrap(), outcome);
        assert!(web.take_requests().iter().all(|request| request.method == "GET"));
    }
    // Only who is active can be suspended.
    let error = {
        web.on("POST", &format!("{USERS}/00u1/lifecycle/suspend"), Answer::status(400));
        directory.disable(&id("00u1")).await.unwrap_err()
    };
    assert!(matches!(error, DirectoryError::Refused { code: 400, .. }), "{error:?}");
    assert!(error.to_string().contains("has to be active"), "{error}");
}

#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    let (web, other) = (server(), server());
    web.on("GET", USERS, page(&[TARO], Some(&format!("{}{USERS}", other.url()))));
    let error = all(&directory(&web)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Referral { .. }), "{error:?}");
    assert!(other.requests().is_empty(), "no token goes anywhere else");
    web.on("GET", USERS, page(&[HANAKO], Some("nowhere")));
    let error = all(&directory(&web)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
}

#[tokio::test]
async fn when_one_may_ask_again_stands_in_a_header_of_its_own() {
    let web = server();
    let past = Answer::status(429).header("x-rate-limit-reset", "1000000000");
    web.on("GET", USERS, past);
    let error = all(&directory(&web)).await.unwrap_err();
    assert_eq!(error.try_again(), Some(Some(Duration::ZERO)));
    web.on("GET", USERS, Answer::status(429).header("x-rate-limit-reset", "99999999999"));
    let error = all(&directory(&web)).await.unwrap_err();
    assert!(error.try_again().unwrap().unwrap() > Duration::from_secs(1_000_000), "{error:?}");
}

#[tokio::test]
async fn another_user_than_was_asked_for() {
    let web = server();
    web.on("GET", &format!("{USERS}/taro@suigen.example"), Answer::json(TARO));
    let error = directory(&web).entry(&id("taro@suigen.example")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    web.on("GET", USERS, page(&[TARO, TARO], None));
    let error = directory(&web).disable(&by_address("taro@suigen.example")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Ambiguous { .. }), "{error:?}");
}

#[test]
fn what_cannot_be() {
    let web = Web::start().unwrap();
    let good = by_token(&web);
    let key =
        OktaCredentials::Key { client_id: "0oa1".into(), key: Secret::new("canary".into()), key_id: None };
    for bad in [
        with(&web, OktaCredentials::Token(Secret::default())),
        with(&web, key),
        OktaSettings { url: format!("{}/api/v1", web.url()), ..good.clone() },
        OktaSettings { privileged_groups: vec!["a/b".into()], ..good.clone() },
        OktaSettings { page: 201, ..good.clone() },
    ] {
        let error = OktaDirectory::new(client(Duration::from_secs(1)), bad.clone()).unwrap_err();
        assert!(matches!(error, DirectoryError::Settings(_)), "{error:?}");
        assert!(!format!("{error} {error:?} {bad:?}").contains("canary"));
    }
}
