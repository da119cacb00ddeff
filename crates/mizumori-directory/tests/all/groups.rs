//! Who is in the groups of which the settings ask: what the services say of it, and what it means that one of them does not.

use std::time::Duration;

use mizumori_core::{Groups, Secret};
use mizumori_directory::google::{GoogleDirectory, GoogleSettings};
use mizumori_directory::graph::{GraphDirectory, GraphSettings};
use mizumori_directory::keycloak::{KeycloakDirectory, KeycloakSettings};
use mizumori_directory::okta::{OktaCredentials, OktaDirectory, OktaSettings};
use mizumori_directory::scim::{ScimDirectory, ScimSettings};
use mizumori_directory::{Directory, DirectoryError, EntryId, Lookup, Privilege, Whom};
use mizumori_test_servers::{Answer, Web};
use serde_json::{Value, json};

use crate::ask::all;
use crate::cloud::{client, token};
use crate::key::pem;

/// What a rule names: a group, one that is within it, what is no group, and one whose members we may not see.
const ASKED: [&str; 4] = ["Key Keepers", "staff", "breakglass", "hidden"];

fn asked() -> Vec<String> {
    ASKED.map(str::to_owned).into()
}

fn client_of_tests() -> mizumori_outbound::Client {
    client(Duration::from_secs(60))
}

fn server(paths: &[(&str, &str, Value)]) -> Web {
    let web = Web::start().unwrap();
    for (method, path, answer) in paths {
        web.on(method, path, Answer::json(answer.to_string()));
    }
    web
}

/// What is known of the first entry, read with all the others and by itself: of one that may not be seen nothing.
async fn knows(directory: &impl Directory, found: &[&str], asked: &[&str]) {
    let (entries, _) = all(directory).await.unwrap();
    let id = entries[0].id.clone();
    let alone = directory.entry(&Whom::Id(id)).await.unwrap().unwrap();
    for groups in [&entries[0].groups, &alone.groups] {
        assert_eq!(groups.known(), found);
        for name in ASKED {
            assert_eq!(groups.tell_of(name), asked.contains(&name), "{name}: {groups:?}");
        }
    }
    for other in &entries[1..] {
        assert_eq!(other.groups.known(), [""; 0]);
        assert!(other.groups.tell_of("Key Keepers"));
    }
}

#[tokio::test]
async fn of_graph() {
    let users = json!({"value": [{"id": "t-1", "mail": "taro@suigen.example"}, {"id": "h-2", "mail": "h@suigen.example"}]});
    let web = server(&[
        ("GET", "/v1.0/users", users),
        ("GET", "/v1.0/users/t-1", json!({"id": "t-1", "mail": "taro@suigen.example"})),
        ("GET", "/v1.0/roleManagement/directory/roleAssignments", json!({"value": []})),
        ("GET", "/v1.0/groups/g-1/transitiveMembers", json!({"value": [{"id": "t-1"}, {"id": "device"}]})),
        ("POST", "/v1.0/users/t-1/checkMemberGroups", json!({"value": ["g-1"]})),
    ]);
    web.on("POST", "/suigen.example/oauth2/v2.0/token", token("canary-token", 3600));
    let group = |ids: &[&str]| {
        Answer::json(json!({"value": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}).to_string())
    };
    let of_names = || {
        web.on_each("GET", "/v1.0/groups", [group(&["g-1"]), group(&[]), group(&[]), Answer::status(403)]);
    };
    let settings = GraphSettings {
        url: web.url(),
        sign_on_url: web.url(),
        groups: asked(),
        ..GraphSettings::new("suigen.example", "app-1", Secret::new("secret".into()))
    };
    let directory = GraphDirectory::new(client_of_tests(), settings).unwrap();
    of_names();
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!(entries[0].groups.known(), ["Key Keepers"]);
    assert!(entries.iter().all(|entry| entry.groups.tell_of("staff") && !entry.groups.tell_of("hidden")));
    of_names();
    let taro = directory.entry(&Whom::Id(EntryId::new("t-1").unwrap())).await.unwrap().unwrap();
    assert_eq!(taro.groups, entries[0].groups);
    let requests = web.requests();
    let filters: Vec<_> = requests.iter().filter(|request| request.path == "/v1.0/groups").collect();
    assert!(filters[0].query.as_ref().unwrap().contains("Key+Keepers"), "{:?}", filters[0].query);
    let checked = requests.iter().rfind(|request| request.path.ends_with("checkMemberGroups")).unwrap();
    assert_eq!(checked.text(), r#"{"groupIds":["g-1"]}"#);
    // Who is a member is not asked group by group of one person.
    let lists = requests.iter().filter(|request| request.path.ends_with("transitiveMembers")).count();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn of_google() {
    let groups = "/admin/directory/v1/groups";
    let users = json!({"users": [{"id": "101", "primaryEmail": "taro@suigen.example"}, {"id": "102", "primaryEmail": "h@suigen.example"}]});
    let web = server(&[
        ("GET", "/admin/directory/v1/users", users),
        ("GET", "/admin/directory/v1/users/101", json!({"id": "101", "primaryEmail": "taro@suigen.example"})),
        ("GET", &format!("{groups}/staff"), json!({"id": "g2"})),
        ("GET", &format!("{groups}/g2/members"), json!({"members": [{"id": "101", "type": "USER"}]})),
        ("GET", &format!("{groups}/g1/members"), json!({"members": [{"id": "101"}]})),
        ("GET", &format!("{groups}/g1/hasMember/101"), json!({"isMember": true})),
        ("GET", &format!("{groups}/hidden"), json!({"id": "g3"})),
        // Everybody is in it: who that is is not told.
        ("GET", &format!("{groups}/g3/members"), json!({"members": [{"id": "C0", "type": "CUSTOMER"}]})),
    ]);
    web.on("POST", "/token", token("canary-token", 3600));
    for path in [format!("{groups}/g2/hasMember/101"), format!("{groups}/g3/hasMember/101")] {
        web.on("GET", &path, Answer::json(r#"{"error": {"code": 400}}"#).with_status(400));
    }
    let named = |ids: &str| Answer::json(format!(r#"{{"groups": [{ids}]}}"#));
    let of_names = || web.on_each("GET", groups, [named(r#"{"id": "g1"}"#), Answer::json("{}")]);
    let key = json!({"type": "service_account", "client_email": "mizumori@project.example", "private_key": pem(),
                     "private_key_id": "k-1", "token_uri": format!("{}/token", web.url())});
    let settings = GoogleSettings {
        url: web.url(),
        groups: asked(),
        ..GoogleSettings::new(Secret::new(key.to_string()), "admin@suigen.example")
    };
    let directory = GoogleDirectory::new(client_of_tests(), settings.clone()).unwrap();
    of_names();
    let (entries, _) = all(&directory).await.unwrap();
    of_names();
    let taro = directory.entry(&Whom::Id(EntryId::new("101").unwrap())).await.unwrap().unwrap();
    for groups in [&entries[0].groups, &taro.groups] {
        assert_eq!(groups.known(), ["Key Keepers", "staff"]);
        assert!(groups.tell_of("breakglass") && !groups.tell_of("hidden"));
    }
    let query = web.requests().into_iter().find(|request| request.path == groups).unwrap().query.unwrap();
    assert!(query.contains("query=name%3D%27Key+Keepers%27"), "{query}");
    // Without the scope for groups people are read, and nothing is known of their groups.
    let not_granted = Answer::json(r#"{"error": "unauthorized_client"}"#).with_status(400);
    web.on_each(
        "POST",
        "/token",
        [not_granted.clone(), not_granted.clone(), not_granted.clone(), not_granted, token("t", 3600)],
    );
    let directory = GoogleDirectory::new(client_of_tests(), settings).unwrap();
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!((entries.len(), &entries[0].groups), (2, &Groups::Unknown));
}

#[tokio::test]
async fn of_okta() {
    let user = |id: &str| json!({"id": id, "status": "ACTIVE", "profile": {"login": format!("{id}@suigen.example")}});
    let groups =
        json!([{"id": "00g1", "profile": {"name": "key keepers"}}, {"id": "00g2", "profile": {"name": "x"}}]);
    let web = server(&[
        ("GET", "/api/v1/iam/assignees/users", json!({"value": []})),
        ("GET", "/api/v1/users/00u1", user("00u1")),
        ("GET", "/api/v1/users/00u1/roles", json!([])),
        ("GET", "/api/v1/users/00u1/groups", groups.clone()),
        // It did not understand the question, and tells of every group.
        ("GET", "/api/v1/groups", groups),
        ("GET", "/api/v1/groups/00g1/users", json!([user("00u1")])),
    ]);
    let list = || {
        let users = Answer::json(json!([user("00u1"), user("00u2")]).to_string());
        web.on_each("GET", "/api/v1/users", [users, Answer::json("[]")]);
    };
    let settings = OktaSettings {
        groups: asked(),
        ..OktaSettings::new(web.url(), OktaCredentials::Token(Secret::new("canary".into())))
    };
    let directory = OktaDirectory::new(client_of_tests(), settings).unwrap();
    list();
    knows(&directory, &["Key Keepers"], &ASKED).await;
    for path in ["/api/v1/groups", "/api/v1/users/00u1/groups"] {
        web.on("GET", path, Answer::json(r#"{"errorCode": "E0000006"}"#).with_status(403));
    }
    list();
    let (entries, _) = all(&directory).await.unwrap();
    assert!(entries.iter().all(|entry| entry.groups == Groups::Unknown));
    let taro = directory.entry(&Whom::from(entries[0].id.clone())).await.unwrap().unwrap();
    assert_eq!(taro.groups, Groups::Unknown);
}

#[tokio::test]
async fn of_keycloak() {
    let realm = |path: &str| format!("/admin/realms/suigen{path}");
    let user = |id: &str| json!({"id": id, "username": id});
    let tree = json!([{"id": "g-0", "name": "all", "path": "/all",
                       "subGroups": [{"id": "g-1", "name": "Key keepers", "path": "/all/Key keepers", "subGroups": []}]}]);
    let web = server(&[
        ("GET", &realm("/users/t-1"), user("t-1")),
        ("GET", &realm("/users/t-1/credentials"), json!([])),
        ("GET", &realm("/users/h-2/credentials"), json!([])),
        (
            "GET",
            &realm("/users/t-1/groups"),
            json!([{"id": "g-3", "name": "night", "path": "/all/Key keepers/night"}]),
        ),
        ("GET", &realm("/groups"), tree),
        ("GET", &realm("/groups/g-1/members"), json!([])),
        ("GET", &realm("/groups/g-1/children"), json!([{"id": "g-3", "name": "night"}])),
        ("GET", &realm("/groups/g-3/members"), json!([user("t-1")])),
        // It is of before version 23, and knows no such path.
        ("GET", &realm("/groups/g-3"), json!({"id": "g-3", "name": "night", "subGroups": []})),
    ]);
    web.on("POST", "/realms/suigen/protocol/openid-connect/token", token("canary-token", 60));
    let list = || {
        let users = Answer::json(json!([user("t-1"), user("h-2")]).to_string());
        web.on_each("GET", &realm("/users"), [users, Answer::json("[]")]);
    };
    let settings = KeycloakSettings {
        groups: asked(),
        ..KeycloakSettings::new(web.url(), "suigen", "mizumori", Secret::new("canary".into()))
    };
    let directory = KeycloakDirectory::new(client_of_tests(), settings.clone()).unwrap();
    list();
    knows(&directory, &["Key Keepers"], &ASKED).await;
    web.on("GET", &realm("/group-by-path/all/Key%20keepers"), Answer::json(r#"{"id": "g-1"}"#));
    let by_path = KeycloakSettings { groups: vec!["/all/Key keepers".into(), "/night".into()], ..settings };
    let directory = KeycloakDirectory::new(client_of_tests(), by_path).unwrap();
    list();
    let (entries, _) = all(&directory).await.unwrap();
    let taro = directory.entry(&Whom::from(entries[0].id.clone())).await.unwrap().unwrap();
    for groups in [&entries[0].groups, &taro.groups] {
        assert_eq!(groups.known(), ["/all/Key keepers"]);
    }
}

#[tokio::test]
async fn of_scim() {
    let users = json!({"totalResults": 2, "Resources": [{"id": "1", "userName": "taro"}, {"id": "2", "userName": "hanako", "groups": []}]});
    let group =
        |id: &str, name: &str, members: Value| json!({"id": id, "displayName": name, "members": members});
    let web = server(&[
        ("GET", "/Users", users),
        ("GET", "/Users/1", json!({"id": "1", "userName": "taro"})),
        (
            "GET",
            "/Groups",
            json!({"totalResults": 1, "Resources": [{"id": "g", "displayName": "key keepers"}]}),
        ),
        ("GET", "/Groups/g", group("g", "key keepers", json!([{"value": "h", "type": "Group"}]))),
        // They are within each other, and of two it is not said what they are, or by their places only.
        (
            "GET",
            "/Groups/h",
            group(
                "h",
                "inner",
                json!([{"value": "g", "type": "Group"}, {"value": "i"}, {"value": "j", "$ref": "../Groups/j"}]),
            ),
        ),
        (
            "GET",
            "/Groups/i",
            group("i", "innermost", json!([{"value": "1", "$ref": "https://other.example/scim/Users/1"}])),
        ),
        ("GET", "/Groups/j", group("j", "empty", Value::Null)),
    ]);
    web.on_any(|request| {
        let asks_for_all = request.path == "/Groups" && !request.query.as_deref().unwrap_or_default().contains("filter");
        let all = json!({"totalResults": 2, "Resources": [{"id": "g", "displayName": "key keepers"}, {"id": "i", "displayName": "innermost"}]});
        asks_for_all.then(|| Answer::json(all.to_string()))
    });
    let settings =
        ScimSettings { groups: asked(), ..ScimSettings::new(web.url(), Secret::new("canary".into())) };
    let directory = ScimDirectory::new(client_of_tests(), settings).unwrap();
    knows(&directory, &["Key Keepers"], &ASKED).await;
    let requests = web.take_requests();
    let group = requests.iter().find(|request| request.path == "/Groups/g").unwrap();
    assert_eq!(group.query.as_deref(), Some("attributes=displayName%2Cmembers"), "some tell them only then");
    assert!(requests.iter().all(|request| request.path != "/Groups/1"), "a person is no group");
    let lists = requests.iter().filter(|request| request.query.as_deref() == Some(ALL)).count();
    assert_eq!(lists, 2, "which are groups is asked once a reading");
    for status in [403, 404, 501] {
        web.on("GET", "/Groups", Answer::status(status));
        web.on_any(move |request| (request.path == "/Groups").then(|| Answer::status(status)));
        let (entries, _) = all(&directory).await.unwrap();
        assert_eq!(entries[0].groups, Groups::Unknown, "{status}");
        assert_eq!(entries[1].groups, Groups::All(Vec::new()), "{status}: it says so itself");
    }
    web.on_any(|request| (request.path == "/Groups").then(|| Answer::status(500)));
    assert!(all(&directory).await.is_err());
}

/// What is asked for where all groups are wanted.
const ALL: &str = "excludedAttributes=members&startIndex=1&count=100";

#[tokio::test]
async fn of_scim_told_at_the_users_by_ids_only() {
    let of = |display: Value| {
        let group = json!({"value": "g", "display": display});
        json!({"totalResults": 1, "Resources": [{"id": "1", "userName": "taro", "groups": [group]}]})
    };
    let web = server(&[("GET", "/Users", of(Value::Null))]);
    let settings =
        ScimSettings { groups: asked(), ..ScimSettings::new(web.url(), Secret::new("canary".into())) };
    let directory = ScimDirectory::new(client_of_tests(), settings).unwrap();
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!(entries[0].groups, Groups::Unknown, "it may have any name");
    web.on("GET", "/Users", Answer::json(of(json!("staff")).to_string()));
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!(entries[0].groups, Groups::All(vec!["staff".into(), "g".into()]));
}

#[tokio::test]
async fn privileged_ones_of_scim() {
    let users = json!({"totalResults": 2, "Resources": [{"id": "1", "userName": "taro"}, {"id": "2", "userName": "hanako"}]});
    let named = json!({"totalResults": 1, "Resources": [{"id": "g", "displayName": "Admins"}]});
    let members = json!({"id": "g", "displayName": "Admins", "members": [{"value": "1", "type": "User"}]});
    let web = server(&[
        ("GET", "/Users", users),
        ("GET", "/Users/1", json!({"id": "1", "userName": "taro"})),
        ("GET", "/Groups", named),
        ("GET", "/Groups/g", members),
    ]);
    let privileged = |name: &str| {
        let settings = ScimSettings {
            privileged_groups: vec![name.into()],
            ..ScimSettings::new(web.url(), Secret::new("canary".into()))
        };
        ScimDirectory::new(client_of_tests(), settings).unwrap()
    };
    let directory = privileged("admins");
    let (entries, _) = all(&directory).await.unwrap();
    let found = entries.iter().map(|entry| entry.privilege).collect::<Vec<_>>();
    assert_eq!(found, [Privilege::Privileged, Privilege::Ordinary]);
    let taro = Whom::from(entries[0].id.clone());
    assert_eq!(directory.entry(&taro).await.unwrap().unwrap().privilege, Privilege::Privileged);
    let error = all(&privileged("others")).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Missing { .. }), "{error:?}");
    // It need not show who is in a group.
    web.on("GET", "/Groups/g", Answer::json(r#"{"id": "g", "displayName": "Admins"}"#));
    let error = all(&directory).await.unwrap_err();
    assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
    // Where neither groups nor people tell of it, nobody is taken for ordinary.
    web.on("GET", "/Groups", Answer::status(403));
    for error in [all(&directory).await.unwrap_err(), directory.entry(&taro).await.unwrap_err()] {
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
    }
    let told = json!({"totalResults": 1, "Resources": [{"id": "1", "userName": "taro", "groups": [{"display": "ADMINS", "value": "g"}]}]});
    web.on("GET", "/Users", Answer::json(told.to_string()));
    assert_eq!(all(&directory).await.unwrap().0[0].privilege, Privilege::Privileged);
}

#[tokio::test]
async fn of_graph_where_members_are_hidden() {
    let user = json!({"id": "t-1", "mail": "taro@suigen.example"});
    let hidden = json!({"value": [{"id": "g-1", "visibility": "HiddenMembership"}]});
    let web = server(&[
        ("GET", "/v1.0/users", json!({"value": [user]})),
        ("GET", "/v1.0/users/t-1", user.clone()),
        ("GET", "/v1.0/roleManagement/directory/roleAssignments", json!({"value": []})),
        ("GET", "/v1.0/groups", hidden),
        ("GET", "/v1.0/groups/g-1/transitiveMembers", json!({"value": []})),
        ("POST", "/v1.0/users/t-1/checkMemberGroups", json!({"value": []})),
    ]);
    web.on("POST", "/suigen.example/oauth2/v2.0/token", token("canary-token", 3600));
    let settings = GraphSettings {
        url: web.url(),
        sign_on_url: web.url(),
        groups: vec!["Key Keepers".into()],
        ..GraphSettings::new("suigen.example", "app-1", Secret::new("secret".into()))
    };
    let directory = GraphDirectory::new(client_of_tests(), settings).unwrap();
    let taro = Whom::Id(EntryId::new("t-1").unwrap());
    for (members, known) in
        [(json!([]), None), (json!([{"id": "x"}]), Some(0)), (json!([{"id": "t-1"}]), Some(1))]
    {
        let members = Answer::json(json!({"value": members}).to_string());
        web.on("GET", "/v1.0/groups/g-1/transitiveMembers", members);
        let (entries, _) = all(&directory).await.unwrap();
        let alone = directory.entry(&taro).await.unwrap().unwrap();
        for groups in [&entries[0].groups, &alone.groups] {
            assert_eq!(groups.tell_of("key keepers").then(|| groups.known().len()), known);
        }
    }
}

#[tokio::test]
async fn of_keycloak_where_many_are_found() {
    let realm = |path: &str| format!("/admin/realms/suigen{path}");
    let web = server(&[
        ("GET", &realm("/users/t-1/credentials"), json!([])),
        ("GET", &realm("/groups/g-3/members"), json!([{"id": "t-1"}])),
        ("GET", &realm("/groups/g-3/children"), json!([])),
    ]);
    web.on("POST", "/realms/suigen/protocol/openid-connect/token", token("canary-token", 60));
    let users = Answer::json(json!([{"id": "t-1", "username": "t-1"}]).to_string());
    web.on_each("GET", &realm("/users"), [users, Answer::json("[]")]);
    // Before version 23 it counts what it finds, and shows the trees in which that stands: the first three are in one.
    web.on_any(move |request| {
        let query = request.query.as_deref().unwrap_or_default();
        let first = query.split('&').find_map(|part| part.strip_prefix("first="));
        let tree = |id: &str, name: &str| json!({"id": id, "name": name, "path": format!("/{name}")});
        let trees = match first? {
            "0" | "1" | "2" => json!([tree("g-1", "staffs")]),
            "3" => json!([tree("g-3", "staff")]),
            _ => json!([]),
        };
        request.path.ends_with("/groups").then(|| Answer::json(trees.to_string()))
    });
    let settings = KeycloakSettings {
        groups: vec!["staff".into()],
        page: 3,
        ..KeycloakSettings::new(web.url(), "suigen", "mizumori", Secret::new("canary".into()))
    };
    let directory = KeycloakDirectory::new(client_of_tests(), settings).unwrap();
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!(entries[0].groups.known(), ["staff"]);
}
