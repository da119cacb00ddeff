//! SCIM against a server that answers as RFC 7644 says, and as it should not.

use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::scim::{ScimDirectory, ScimSettings};
use mizumori_directory::{
    Action, Directory, DirectoryError, EntryId, Lookup, Neutralise, OddityKind, Outcome, Privilege, Standing,
    Whom,
};
use mizumori_outbound::{Client, ClientSettings, Reach, Schemes};
use mizumori_test_servers::{Answer, Web};

use crate::ask::{addresses, all, by_address, shown, unix};

const TARO: &str = r#"{"id": "1", "userName": "taro@suigen.example", "displayName": "水源 太郎", "active": true,
    "emails": [{"value": "old@suigen.example", "type": "work"}, {"value": "Taro.S@suigen.example", "primary": true},
        {"value": "taro@home.example", "type": "home"}, {"value": "no address"}],
    "preferredLanguage": "ja-JP", "meta": {"created": "2019-01-02T03:04:05Z"},
    "groups": [{"value": "g1", "display": "Keepers"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "2"}}}"#;
const HANAKO: &str = r#"{"id": "2", "userName": "hanako", "active": "False", "emails": [{"value": "hanako@suigen.example"}],
    "groups": [{"value": "g2"}], "meta": {"created": "yesterday"}}"#;

fn directory(web: &Web, page: u16) -> ScimDirectory {
    // Another test may have installed it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::new(&ClientSettings {
        schemes: Schemes::HttpsAndHttp,
        ..ClientSettings::new(Reach::Anywhere)
    });
    let settings = ScimSettings {
        privileged_groups: vec!["g2".into()],
        page,
        patience: Duration::ZERO,
        ..ScimSettings::new(format!("{}/scim/v2", web.url()), Secret::new("canary".into()))
    };
    ScimDirectory::new(client.unwrap(), settings).unwrap()
}

fn list(total: usize, users: &[&str]) -> Answer {
    Answer::json(format!(r#"{{"totalResults": {total}, "Resources": [{}]}}"#, users.join(",")))
}

fn id(text: &str) -> Whom {
    Whom::Id(EntryId::new(text).unwrap())
}

#[tokio::test]
async fn everything_that_a_user_says() {
    let web = Web::start().unwrap();
    let nobody = r#"{"id": "3"}"#;
    web.on_each(
        "GET",
        "/scim/v2/Users",
        [list(5, &[TARO, HANAKO]), list(5, &[nobody, r#"{"userName": 7}"#]), list(5, &[HANAKO])],
    );
    web.on("GET", "/scim/v2/Users/2", Answer::json(HANAKO));
    let directory = directory(&web, 2);
    let (entries, oddities) = all(&directory).await.unwrap();
    let [taro, hanako] = &entries[..] else { panic!("{entries:?}") };
    let expected = ["taro.s@suigen.example", "old@suigen.example", "taro@suigen.example"];
    assert_eq!(addresses(taro), expected);
    assert_eq!(shown(taro.other_address.as_ref().unwrap()), "taro@home.example");
    assert_eq!(
        (taro.lang, taro.standing, taro.privilege),
        (Some(Lang::Ja), Standing::Enabled, Privilege::Ordinary)
    );
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(taro.superior.as_ref(), hanako.primary());
    assert!(taro.groups.known().iter().any(|name| name == "Keepers"), "{:?}", taro.groups);
    assert_eq!(hanako.login.as_deref(), Some("hanako"));
    assert_eq!((hanako.standing, hanako.privilege), (Standing::Disabled, Privilege::Privileged));
    let kinds: Vec<(u64, OddityKind)> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
    assert_eq!(
        kinds,
        [
            (1, OddityKind::BadAddress("emails")),
            (2, OddityKind::BadTime("meta.created")),
            (3, OddityKind::Nameless),
            (4, OddityKind::Unreadable),
            (5, OddityKind::BadTime("meta.created")),
            (5, OddityKind::IdAgain),
        ]
    );
    assert!(web.requests().iter().all(|request| request.header("authorization") == Some("Bearer canary")));
}

#[tokio::test]
async fn a_user_is_disabled() {
    let web = Web::start().unwrap();
    web.on("GET", "/scim/v2/Users/1", Answer::json(TARO));
    web.on("GET", "/scim/v2/Users", list(2, &[TARO, HANAKO]));
    web.on("PATCH", "/scim/v2/Users/1", Answer::status(204));
    let directory = directory(&web, 100);
    assert_eq!(directory.actions(), [Action::Disable]);
    for whom in [id("1"), by_address("old@suigen.example")] {
        assert_eq!(directory.disable(&whom).await.unwrap(), Outcome::Done);
        let requests = web.take_requests();
        assert!(requests.last().unwrap().text().contains(r#""path":"active","value":false"#));
        assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::NotSupported);
        assert_eq!(directory.end_sessions(&whom).await.unwrap(), Outcome::NotSupported);
    }
    // The server ignored the filter; nobody who was not meant is hit.
    assert_eq!(directory.disable(&by_address("nobody@suigen.example")).await.unwrap(), Outcome::NotFound);
    assert_eq!(directory.disable(&id("gone")).await.unwrap(), Outcome::NotFound);
    assert!(web.take_requests().iter().all(|request| request.method != "PATCH"));
    web.on("PATCH", "/scim/v2/Users/1", Answer::status(501));
    assert_eq!(directory.disable(&id("1")).await.unwrap(), Outcome::NotSupported);
}

#[tokio::test]
async fn what_goes_wrong_is_told_apart() {
    type Check = fn(&DirectoryError) -> bool;
    let cases: [(Answer, Check); 9] = [
        (Answer::status(401), |error| matches!(error, DirectoryError::Credentials { .. })),
        (Answer::status(403), |error| matches!(error, DirectoryError::NotPermitted { .. })),
        (Answer::status(404), |error| matches!(error, DirectoryError::Missing { .. })),
        (Answer::status(500), |error| matches!(error, DirectoryError::Refused { code: 500, .. })),
        (Answer::status(503), |error| error.try_again() == Some(None)),
        (Answer::redirect("http://other.example/"), |error| matches!(error, DirectoryError::Referral { .. })),
        (Answer::text("canary"), |error| matches!(error, DirectoryError::Nonsense { .. })),
        (Answer::raw("canary"), |error| matches!(error, DirectoryError::Nonsense { .. })),
        (Answer::endless(), |error| matches!(error, DirectoryError::Nonsense { .. })),
    ];
    for (answer, is_right) in cases {
        let web = Web::start().unwrap();
        web.on("GET", "/scim/v2/Users", answer);
        let error = all(&directory(&web, 2)).await.unwrap_err();
        assert!(is_right(&error), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let web = Web::start().unwrap();
    web.on("GET", "/scim/v2/Users", Answer::too_many(7));
    let error = all(&directory(&web, 2)).await.unwrap_err();
    assert_eq!(error.try_again(), Some(Some(Duration::from_secs(7))));
    let gone = directory(&web, 2);
    drop(web);
    let error = all(&gone).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn pages_that_never_end() {
    let web = Web::start().unwrap();
    web.on("GET", "/scim/v2/Users", list(1000, &[HANAKO]));
    let error = all(&directory(&web, 1)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "the first page again: {error:?}");
    web.on("GET", "/scim/v2/Users", list(1000, &[]));
    let directory = directory(&web, 1);
    let mut pages = directory.pages().await.unwrap();
    let error = pages.next().await.err().unwrap();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "fewer than it says: {error:?}");
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn another_user_than_was_asked_for() {
    let web = Web::start().unwrap();
    web.on("GET", "/scim/v2/Users/1", Answer::json(HANAKO));
    let error = directory(&web, 1).entry(&id("1")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
}
