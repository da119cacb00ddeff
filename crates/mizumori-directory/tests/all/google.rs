//! Google's Directory API against a server that answers as its pages say, and as it should not.

use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::google::{GoogleDirectory, GoogleSettings};
use mizumori_directory::{
    Action, DirectoryError, EntryId, Lookup, Neutralise, OddityKind, Outcome, Privilege, SecondFactor,
    Standing, Whom,
};
use mizumori_outbound::Client;
use mizumori_test_servers::{Answer, Web};

use crate::ask::{addresses, all, by_address, shown, unix};
use crate::cloud::{Service, client, token};
use crate::key::{claims, form, pem};

const USERS: &str = "/admin/directory/v1/users";
const TARO: &str = r#"{"id": "101", "primaryEmail": "Taro@suigen.example", "name": {"givenName": "太郎", "fullName": "水源 太郎"},
    "isAdmin": false, "isDelegatedAdmin": true, "suspended": false, "archived": false, "changePasswordAtNextLogin": true,
    "creationTime": "2019-01-02T03:04:05.000Z", "aliases": ["old@suigen.example"],
    "nonEditableAliases": ["taro@suigen.test.example"], "isEnrolledIn2Sv": true, "recoveryEmail": "taro@home.example",
    "languages": [{"languageCode": "en", "preference": "not_preferred"}, {"languageCode": "ja", "preference": "preferred"}],
    "relations": [{"value": "jiro@suigen.example", "type": "assistant"}, {"value": "hanako@suigen.example", "type": "manager"}]}"#;
const HANAKO: &str = r#"{"id": "102", "primaryEmail": "hanako@suigen.example", "suspended": true, "isAdmin": false,
    "isEnrolledIn2Sv": false, "creationTime": "yesterday", "aliases": ["no address"], "recoveryEmail": "none",
    "languages": [{"languageCode": "en-GB"}], "relations": [{"value": "the boss", "type": "manager"}]}"#;

fn key(web: &Web) -> Secret<String> {
    let key = serde_json::json!({
        "type": "service_account",
        "client_email": "mizumori@project.example",
        "private_key": pem(),
        "private_key_id": "k-1",
        "token_uri": format!("{}/token", web.url()),
    });
    Secret::new(key.to_string())
}

fn settings(web: &Web) -> GoogleSettings {
    GoogleSettings {
        url: web.url(),
        page: 2,
        patience: Duration::ZERO,
        ..GoogleSettings::new(key(web), "admin@suigen.example")
    }
}

fn directory(web: &Web) -> GoogleDirectory {
    GoogleDirectory::new(client(Duration::from_secs(60)), settings(web)).unwrap()
}

fn page(users: &[&str], next: &str) -> Answer {
    Answer::json(format!(
        r#"{{"kind": "admin#directory#users", "users": [{}], "nextPageToken": "{next}"}}"#,
        users.join(",")
    ))
}

fn server() -> Web {
    let web = Web::start().unwrap();
    web.on("POST", "/token", token("canary-token", 3600));
    web
}

fn id(text: &str) -> Whom {
    Whom::Id(EntryId::new(text).unwrap())
}

#[tokio::test]
async fn as_a_service() {
    Service {
        users: USERS,
        token: Some("/token"),
        right: "admin.directory.user.readonly",
        pages: |_, count| {
            let page = |number| {
                let user = format!(r#"{{"id": "{number}", "primaryEmail": "u{number}@suigen.example"}}"#);
                page(&[&user], if number < count { "next" } else { "" })
            };
            (1..=count).map(page).collect()
        },
        endless: |_| page(&[TARO], "next"),
        prepare: |_| {},
        make: |web: &Web, client: Client, patience| {
            GoogleDirectory::new(client, GoogleSettings { patience, ..settings(web) }).unwrap()
        },
    }
    .holds()
    .await;
}

#[tokio::test]
async fn everything_that_a_user_says() {
    let web = server();
    web.on_each(
        "GET",
        USERS,
        [
            page(&[TARO, HANAKO], "t&2"),
            Answer::json(r#"{"nextPageToken": "t3"}"#),
            page(&[r#"{"id": "7"}"#, "7"], ""),
        ],
    );
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    let [taro, hanako] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(addresses(taro), ["taro@suigen.example", "old@suigen.example", "taro@suigen.test.example"]);
    assert_eq!(shown(taro.other_address.as_ref().unwrap()), "taro@home.example");
    assert_eq!((taro.lang, taro.standing, taro.must_change), (Some(Lang::Ja), Standing::Enabled, true));
    assert_eq!(taro.names.as_ref().unwrap().of(Lang::Ja), "水源 太郎");
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(taro.password_changed_at, None, "Google does not tell");
    assert_eq!(taro.superior.as_ref(), hanako.primary());
    assert_eq!((taro.privilege, taro.second_factor), (Privilege::Privileged, SecondFactor::Present));
    assert_eq!((hanako.privilege, hanako.second_factor), (Privilege::Ordinary, SecondFactor::Absent));
    assert_eq!((hanako.lang, hanako.standing), (Some(Lang::En), Standing::Disabled));
    let kinds: Vec<(u64, OddityKind)> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
    assert_eq!(
        kinds,
        [
            (2, OddityKind::BadAddress("aliases")),
            (2, OddityKind::BadAddress("recoveryEmail")),
            (2, OddityKind::BadTime("creationTime")),
            (2, OddityKind::BadAddress("relations")),
            (3, OddityKind::Nameless),
            (4, OddityKind::Unreadable),
        ]
    );
    let queries: Vec<String> =
        web.requests().into_iter().filter(|request| request.path == USERS).filter_map(|r| r.query).collect();
    assert!(
        queries.iter().all(|query| query.starts_with("customer=my_customer&maxResults=2&")),
        "{queries:?}"
    );
    assert!(!queries[0].contains("pageToken=t"), "{queries:?}");
    assert!(queries[1].ends_with("&pageToken=t%262") && queries[2].ends_with("&pageToken=t3"), "{queries:?}");
}

#[tokio::test]
async fn it_signs_on_for_an_administrator_and_one_purpose() {
    let web = server();
    web.on("GET", &format!("{USERS}/101"), Answer::json(TARO));
    web.on("PATCH", &format!("{USERS}/101"), Answer::json(TARO));
    web.on("POST", &format!("{USERS}/101/signOut"), Answer::status(204));
    let directory = directory(&web);
    for action in [Action::EndSessions, Action::ForceChange, Action::Disable] {
        directory.act(action, &id("101")).await.unwrap();
    }
    let requests = web.requests();
    let signed: Vec<_> = requests.iter().filter(|request| request.path == "/token").collect();
    let scopes: Vec<String> = signed
        .iter()
        .map(|request| {
            let grant = form(request, "grant_type");
            assert_eq!(grant.as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
            let (header, claims) = claims(request, "assertion");
            assert_eq!((&header["alg"], &header["kid"]), (&"RS256".into(), &"k-1".into()));
            assert_eq!(claims["iss"], "mizumori@project.example");
            assert_eq!(claims["sub"], "admin@suigen.example");
            assert_eq!(claims["aud"], format!("{}/token", web.url()));
            let life = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
            assert!((1..=3600).contains(&life), "{life}");
            claims["scope"].as_str().unwrap().to_owned()
        })
        .collect();
    let scope = |name: &str| format!("https://www.googleapis.com/auth/admin.directory.user{name}");
    assert_eq!(scopes, [scope(".readonly"), scope(".security"), scope("")]);
}

#[tokio::test]
async fn accounts_are_neutralised() {
    let web = server();
    let (taro, sign_out) = (format!("{USERS}/101"), format!("{USERS}/101/signOut"));
    web.on("GET", &taro, Answer::json(TARO));
    web.on("GET", &format!("{USERS}/old@suigen.example"), Answer::json(TARO));
    web.on("PATCH", &taro, Answer::json(TARO));
    web.on("POST", &sign_out, Answer::status(204));
    let directory = directory(&web);
    assert_eq!(directory.actions(), Action::ALL);
    for (action, path, body) in [
        (Action::ForceChange, &taro, r#"{"changePasswordAtNextLogin":true}"#),
        (Action::Disable, &taro, r#"{"suspended":true}"#),
        (Action::EndSessions, &sign_out, ""),
    ] {
        for whom in [id("101"), by_address("old@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::Done);
            let requests = web.take_requests();
            let last = requests.last().unwrap();
            assert_eq!((&last.path, &*last.text()), (path, body));
            // A request without a body says so: Google answers 411 otherwise.
            assert_eq!(last.header("content-length"), Some(&*body.len().to_string()));
        }
        for whom in [id("gone"), id(".."), by_address("nobody@suigen.example")] {
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::NotFound);
        }
        let denied = r#"{"error": {"code": 403, "message": "canary", "errors": [{"reason": "forbidden"}]}}"#;
        let method = if action == Action::EndSessions { "POST" } else { "PATCH" };
        web.on(method, path, Answer::json(denied).with_status(403));
        let error = directory.act(action, &id("101")).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
        assert!(error.to_string().contains("scope admin.directory.user"), "{error}");
        web.on(method, path, Answer::json(TARO));
    }
}

#[tokio::test]
async fn too_much_is_said_by_403_too() {
    let web = server();
    for reason in ["userRateLimitExceeded", "quotaExceeded"] {
        let told = format!(r#"{{"error": {{"code": 403, "errors": [{{"reason": "{reason}"}}]}}}}"#);
        web.on("GET", USERS, Answer::json(told).with_status(403));
        let error = all(&directory(&web)).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Busy { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn another_user_than_was_asked_for() {
    let web = server();
    web.on("GET", &format!("{USERS}/101"), Answer::json(HANAKO));
    web.on("GET", &format!("{USERS}/taro@suigen.example"), Answer::json(HANAKO));
    for whom in [id("101"), by_address("taro@suigen.example")] {
        let error = directory(&web).entry(&whom).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    }
}

#[test]
fn what_cannot_be() {
    let web = Web::start().unwrap();
    let good = settings(&web);
    let key_with = |name: &str, value: &str| {
        let mut key: serde_json::Value = serde_json::from_str(key(&web).expose()).unwrap();
        key[name] = value.into();
        GoogleSettings { key: Secret::new(key.to_string()), ..good.clone() }
    };
    for bad in [
        GoogleSettings { key: Secret::new("canary".into()), ..good.clone() },
        GoogleSettings { administrator: "canary".into(), ..good.clone() },
        GoogleSettings { customer: String::new(), ..good.clone() },
        GoogleSettings { page: 501, ..good.clone() },
        GoogleSettings { url: "nowhere".into(), ..good.clone() },
        key_with("type", "authorized_user"),
        key_with("private_key", "canary"),
        key_with("private_key", "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"),
        key_with("token_uri", "canary"),
    ] {
        let error = GoogleDirectory::new(client(Duration::from_secs(1)), bad.clone()).unwrap_err();
        assert!(matches!(error, DirectoryError::Settings(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
