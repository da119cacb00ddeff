//! Microsoft Graph against a server that answers as its pages say, and as it should not.

use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::graph::{GraphDirectory, GraphSettings, SecondFactors};
use mizumori_directory::{
    Action, DirectoryError, EntryId, Lookup, Neutralise, OddityKind, Outcome, Privilege, SecondFactor,
    Standing, Whom,
};
use mizumori_outbound::Client;
use mizumori_test_servers::{Answer, Web};

use crate::ask::{addresses, all, by_address, shown, unix};
use crate::cloud::{Service, client, token};

const TOKEN: &str = "/suigen.example/oauth2/v2.0/token";
const ROLES: &str = "/v1.0/roleManagement/directory/roleAssignments";
const TARO: &str = r##"{"id": "t-1", "accountEnabled": true, "createdDateTime": "2019-01-02T03:04:05Z",
    "displayName": "水源 太郎", "lastPasswordChangeDateTime": "2026-11-05T12:34:56Z", "mail": "taro@suigen.example",
    "onPremisesSyncEnabled": null, "otherMails": ["taro2@suigen.example", "taro@home.example"],
    "passwordProfile": {"forceChangePasswordNextSignIn": true, "forceChangePasswordNextSignInWithMfa": false},
    "preferredLanguage": "ja-JP", "proxyAddresses": ["smtp:old@suigen.example", "SMTP:Taro.S@suigen.example", "X500:/o=x"],
    "userPrincipalName": "taro@suigen.onmicrosoft.example", "userType": "Member",
    "manager": {"@odata.type": "#microsoft.graph.user", "id": "h-2", "mail": "hanako@suigen.example"}}"##;
const HANAKO: &str = r#"{"id": "h-2", "accountEnabled": false, "createdDateTime": "yesterday", "mail": "hanako@suigen.example",
    "onPremisesSyncEnabled": true, "otherMails": [], "passwordProfile": null, "proxyAddresses": ["smtp:no address"],
    "userPrincipalName": "hanako", "manager": {"id": "x", "mail": null, "userPrincipalName": null}}"#;
const GUEST: &str =
    r##"{"id": "g-3", "userPrincipalName": "jiro_home.example#EXT#@suigen.example", "userType": "Guest"}"##;

fn settings(web: &Web) -> GraphSettings {
    GraphSettings {
        url: web.url(),
        sign_on_url: web.url(),
        page: 2,
        patience: Duration::ZERO,
        ..GraphSettings::new("suigen.example", "app-1", Secret::new("canary&secret".into()))
    }
}

fn directory(web: &Web) -> GraphDirectory {
    GraphDirectory::new(client(Duration::from_secs(60)), settings(web)).unwrap()
}

fn page(users: &[&str], next: Option<&str>) -> Answer {
    let next = next.map_or_else(String::new, |next| format!(r#", "@odata.nextLink": "{next}""#));
    Answer::json(format!(r#"{{"@odata.context": "x", "value": [{}]{next}}}"#, users.join(",")))
}

fn server() -> Web {
    let web = Web::start().unwrap();
    web.on("POST", TOKEN, token("canary-token", 3600));
    web.on("GET", ROLES, page(&[], None));
    web
}

fn id(text: &str) -> Whom {
    Whom::Id(EntryId::new(text).unwrap())
}

#[tokio::test]
async fn as_a_service() {
    Service {
        users: "/v1.0/users",
        token: Some(TOKEN),
        right: "User.Read.All",
        pages: |web, count| {
            let page = |number| {
                let next = format!("{}/v1.0/users?$skiptoken={number}", web.url());
                let user = format!(r#"{{"id": "u{number}", "mail": "u{number}@suigen.example"}}"#);
                page(&[&user], (number < count).then_some(&*next))
            };
            (1..=count).map(page).collect()
        },
        endless: |web| page(&[TARO], Some(&format!("{}/v1.0/users?$skiptoken=1", web.url()))),
        prepare: |web| web.on("GET", ROLES, page(&[], None)),
        make: |web: &Web, client: Client, patience| {
            GraphDirectory::new(client, GraphSettings { patience, ..settings(web) }).unwrap()
        },
    }
    .holds()
    .await;
}

#[tokio::test]
async fn everything_that_a_user_says() {
    let web = server();
    let next = format!("{}/v1.0/users?$skiptoken=x%27y", web.url());
    let nobody = r#"{"id": "n-4", "mail": null}"#;
    web.on_each(
        "GET",
        "/v1.0/users",
        [
            page(&[TARO, HANAKO], Some(&next)),
            page(&[], Some(&next)),
            page(&[GUEST, nobody, r#"{"id": 7}"#], None),
        ],
    );
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    let [taro, hanako] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(
        addresses(taro),
        [
            "taro.s@suigen.example",
            "taro@suigen.example",
            "old@suigen.example",
            "taro@suigen.onmicrosoft.example"
        ]
    );
    assert_eq!(shown(taro.other_address.as_ref().unwrap()), "taro@home.example");
    assert_eq!((taro.lang, taro.standing, taro.must_change), (Some(Lang::Ja), Standing::Enabled, true));
    assert_eq!(taro.names.as_ref().unwrap().of(Lang::Ja), "水源 太郎");
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(unix(taro.password_changed_at), Some(1_793_882_096));
    assert_eq!(taro.superior.as_ref(), hanako.primary());
    assert_eq!((taro.privilege, taro.second_factor), (Privilege::Ordinary, SecondFactor::Unknown));
    assert_eq!(hanako.login.as_deref(), Some("hanako"));
    assert_eq!((hanako.standing, hanako.must_change), (Standing::Disabled, false));
    let kinds: Vec<(u64, OddityKind)> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
    assert_eq!(
        kinds,
        [
            (2, OddityKind::BadAddress("proxyAddresses")),
            (2, OddityKind::BadTime("createdDateTime")),
            (2, OddityKind::NoSuchPerson("manager")),
            (3, OddityKind::Nameless),
            (4, OddityKind::Unreadable),
        ]
    );
    let requests = web.requests();
    let signed_on = requests.iter().find(|request| request.path == TOKEN).unwrap();
    assert!(
        signed_on
            .text()
            .starts_with("grant_type=client_credentials&client_id=app-1&client_secret=canary%26secret")
    );
    assert!(signed_on.text().ends_with(".default"), "{}", signed_on.text());
    let listed: Vec<_> = requests.iter().filter(|request| request.path == "/v1.0/users").collect();
    assert!(listed.iter().all(|request| request.header("authorization") == Some("Bearer canary-token")));
    assert!(listed[0].query.as_ref().unwrap().contains("%24top=2"), "{:?}", listed[0].query);
    assert_eq!(listed[1].query.as_deref(), Some("$skiptoken=x%27y"), "a link is used as it came");
}

#[tokio::test]
async fn many_pages_of_guests_are_no_circle() {
    let web = server();
    let next = format!("{}/v1.0/users?$skiptoken=x", web.url());
    let guests = std::iter::repeat_n(page(&[GUEST, GUEST], Some(&next)), 30);
    web.on_each("GET", "/v1.0/users", guests.chain([page(&[TARO], None)]));
    let (entries, oddities) = all(&directory(&web)).await.unwrap();
    assert_eq!((entries.len(), oddities.len()), (1, 0));
    let usual = GraphSettings::new("suigen.example", "app-1", Secret::new("x".into()));
    assert_eq!(usual.page, 100, "with superiors there are no larger ones");
}

#[tokio::test]
async fn who_holds_a_role_is_privileged() {
    let web = server();
    let role = r##"{"principalId": "t-1", "principal": {"@odata.type": "#microsoft.graph.user"}}"##;
    let group = r##"{"principalId": "g-9", "principal": {"@odata.type": "#microsoft.graph.group"}}"##;
    let next = format!("{}{ROLES}?$skiptoken=2", web.url());
    web.on_each("GET", ROLES, [page(&[role], Some(&next)), page(&[group], None)]);
    web.on("GET", "/v1.0/groups/g-9/transitiveMembers", page(&[r#"{"id": "h-2"}"#], None));
    web.on("GET", "/v1.0/groups/named/transitiveMembers", page(&[r#"{"id": "j-5"}"#], None));
    let jiro = r#"{"id": "j-5", "mail": "jiro@suigen.example"}"#;
    let saburo = r#"{"id": "s-6", "mail": "saburo@suigen.example"}"#;
    web.on("GET", "/v1.0/users", page(&[TARO, HANAKO, jiro, saburo], None));
    web.on(
        "GET",
        "/v1.0/reports/authenticationMethods/userRegistrationDetails",
        page(
            &[r#"{"id": "t-1", "isMfaRegistered": true}"#, r#"{"id": "h-2", "isMfaRegistered": false}"#],
            None,
        ),
    );
    let settings = GraphSettings {
        privileged_groups: vec!["named".into()],
        second_factors: SecondFactors::Read,
        ..settings(&web)
    };
    let directory = GraphDirectory::new(client(Duration::from_secs(60)), settings).unwrap();
    let (entries, _) = all(&directory).await.unwrap();
    let privileged: Vec<_> = entries.iter().map(|entry| entry.privilege == Privilege::Privileged).collect();
    assert_eq!(privileged, [true, true, true, false]);
    let factors: Vec<_> = entries.iter().map(|entry| entry.second_factor).collect();
    let unknown = SecondFactor::Unknown;
    assert_eq!(factors, [SecondFactor::Present, SecondFactor::Absent, unknown, unknown]);
    web.on("GET", ROLES, page(&[role], None));
    web.on("GET", "/v1.0/users/t-1", Answer::json(TARO));
    let entry = directory.entry(&id("t-1")).await.unwrap().unwrap();
    assert_eq!(entry.privilege, Privilege::Privileged);
    // Without the right to see who is privileged nobody is taken for ordinary.
    web.on("GET", ROLES, Answer::status(403));
    let error = all(&directory).await.unwrap_err();
    assert!(error.to_string().contains("RoleManagement.Read.Directory"), "{error}");
    web.on("GET", ROLES, page(&["7"], None));
    let error = all(&directory).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    web.on("GET", ROLES, page(&[], None));
    web.on("GET", "/v1.0/groups/named/transitiveMembers", Answer::status(404));
    let error = all(&directory).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Missing { .. }), "{error:?}");
}

#[tokio::test]
async fn who_may_take_a_role_up_is_privileged() {
    const ELIGIBLE: &str = "/v1.0/roleManagement/directory/roleEligibilitySchedules";
    let web = server();
    web.on("GET", ROLES, page(&[], None));
    web.on("GET", "/v1.0/users", page(&[TARO, HANAKO], None));
    web.on("GET", "/v1.0/users/h-2", Answer::json(HANAKO));
    web.on("GET", "/v1.0/groups/g-9/transitiveMembers", page(&[r#"{"id": "h-2"}"#], None));
    web.on("POST", "/v1.0/users/h-2/checkMemberGroups", Answer::json(r#"{"value": ["g-9"]}"#));
    let role = r##"{"principalId": "t-1", "principal": {"@odata.type": "#microsoft.graph.user"}}"##;
    let group = r##"{"principalId": "g-9", "principal": {"@odata.type": "#microsoft.graph.group"}}"##;
    web.on("GET", ELIGIBLE, page(&[role, group], None));
    let directory = directory(&web);
    let (entries, _) = all(&directory).await.unwrap();
    assert!(entries.iter().all(|entry| entry.privilege == Privilege::Privileged));
    web.take_requests();
    let hanako = directory.entry(&id("h-2")).await.unwrap().unwrap();
    assert_eq!(hanako.privilege, Privilege::Privileged);
    assert!(
        !web.requests().iter().any(|request| request.path.ends_with("transitiveMembers")),
        "of one person"
    );
    // Where there is no licence for it, nobody is eligible.
    for answer in [Answer::status(400), Answer::status(403), Answer::status(404)] {
        web.on("GET", ELIGIBLE, answer);
        let (entries, _) = all(&directory).await.unwrap();
        assert!(entries.iter().all(|entry| entry.privilege == Privilege::Ordinary));
    }
    web.on("GET", ELIGIBLE, Answer::status(500));
    assert!(all(&directory).await.is_err());
}

#[tokio::test]
async fn accounts_are_neutralised() {
    let web = server();
    web.on("GET", "/v1.0/users/t-1", Answer::json(TARO));
    web.on("GET", "/v1.0/users/h-2", Answer::json(HANAKO));
    web.on("GET", "/v1.0/users", page(&[TARO, HANAKO], None));
    web.on("PATCH", "/v1.0/users/t-1", Answer::status(204));
    web.on("POST", "/v1.0/users/t-1/revokeSignInSessions", Answer::json(r#"{"value": true}"#));
    web.on("POST", "/v1.0/users/h-2/revokeSignInSessions", Answer::status(204));
    let directory = directory(&web);
    assert_eq!(directory.actions(), Action::ALL);
    for (action, method, body) in [
        (Action::ForceChange, "PATCH", r#"{"passwordProfile":{"forceChangePasswordNextSignIn":true}}"#),
        (Action::Disable, "PATCH", r#"{"accountEnabled":false}"#),
        (Action::EndSessions, "POST", "{}"),
    ] {
        for whom in [id("t-1"), by_address("old@suigen.example")] {
            web.take_requests();
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::Done);
            let requests = web.requests();
            let last = requests.last().unwrap();
            assert_eq!((&*last.method, &*last.text()), (method, body));
        }
        // The server ignored the filter; nobody who was not meant is hit.
        let nobody = by_address("o'nobody@suigen.example");
        for whom in [id("gone"), id(".."), nobody] {
            web.take_requests();
            assert_eq!(directory.act(action, &whom).await.unwrap(), Outcome::NotFound);
            assert!(web.requests().iter().all(|request| request.method == "GET"));
        }
    }
    let asked = web.requests().last().unwrap().query.clone().unwrap();
    assert!(asked.contains("o%27%27nobody"), "{asked}");
    // Another directory has the say over her.
    web.take_requests();
    for action in [Action::ForceChange, Action::Disable] {
        assert_eq!(directory.act(action, &id("h-2")).await.unwrap(), Outcome::Exempt);
    }
    assert!(web.requests().iter().all(|request| request.method == "GET"));
    assert_eq!(directory.end_sessions(&id("h-2")).await.unwrap(), Outcome::Done);
    for (method, path, action, right) in [
        ("PATCH", "/v1.0/users/t-1", Action::ForceChange, "User-PasswordProfile.ReadWrite.All"),
        ("PATCH", "/v1.0/users/t-1", Action::Disable, "User.EnableDisableAccount.All"),
        ("POST", "/v1.0/users/t-1/revokeSignInSessions", Action::EndSessions, "User.RevokeSessions.All"),
    ] {
        web.on(
            method,
            path,
            Answer::json(r#"{"error": {"code": "Authorization_RequestDenied"}}"#).with_status(403),
        );
        let error = directory.act(action, &id("t-1")).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
        assert!(error.to_string().contains(right), "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    let (web, other) = (server(), server());
    for link in [format!("{}/v1.0/users", other.url()), "https://other.example/v1.0/users".into()] {
        web.on("GET", "/v1.0/users", page(&[TARO], Some(&link)));
        let error = all(&directory(&web)).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Referral { .. }), "{error:?}");
    }
    assert!(other.requests().is_empty(), "no token goes anywhere else");
    web.on("GET", "/v1.0/users", page(&[TARO], Some("nowhere")));
    let error = all(&directory(&web)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
}

#[tokio::test]
async fn another_user_than_was_asked_for() {
    let web = server();
    web.on("GET", "/v1.0/users/t-1", Answer::json(HANAKO));
    let error = directory(&web).entry(&id("t-1")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    web.on("GET", "/v1.0/users", page(&[TARO, TARO], None));
    let error = directory(&web).disable(&by_address("taro@suigen.example")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Ambiguous { .. }), "{error:?}");
}

#[test]
fn what_cannot_be() {
    let web = Web::start().unwrap();
    let good = settings(&web);
    for bad in [
        GraphSettings { tenant: "../x".into(), ..good.clone() },
        GraphSettings { tenant: "common".into(), ..good.clone() },
        GraphSettings { client_id: String::new(), ..good.clone() },
        GraphSettings { client_secret: Secret::default(), ..good.clone() },
        GraphSettings { privileged_groups: vec!["Domain Admins".into()], ..good.clone() },
        GraphSettings { url: "mailto:x@suigen.example".into(), ..good.clone() },
        GraphSettings { sign_on_url: "https://login.example/?x".into(), ..good.clone() },
        GraphSettings { page: 0, ..good.clone() },
    ] {
        let error = GraphDirectory::new(client(Duration::from_secs(1)), bad.clone()).unwrap_err();
        assert!(matches!(error, DirectoryError::Settings(_)), "{error:?}");
        assert!(!format!("{error} {error:?} {bad:?}").contains("canary"));
    }
}
