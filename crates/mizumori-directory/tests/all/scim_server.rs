//! SCIM against a real server: what is read, looked up and disabled there.

use std::time::Duration;

use mizumori_core::{Groups, Lang, Secret};
use mizumori_directory::scim::{ScimDirectory, ScimSettings};
use mizumori_directory::{
    Action, DirectoryError, EntryId, Lookup, Neutralise, Outcome, Privilege, Standing, Whom,
};
use mizumori_outbound::{Method, Request};
use mizumori_test_servers::Scim;
use serde_json::{Value, json};

use crate::ask::{addresses, all, by_address, shown};
use crate::cloud::client;

/// Adds something, and gives its id.
async fn add(server: &Scim, kind: &str, what: Value) -> String {
    let request = Request::new(Method::POST, &format!("{}/{kind}", server.url())).unwrap();
    let request = request.header("authorization", &format!("Bearer {}", Scim::TOKEN)).unwrap();
    let request = request.body("application/scim+json", what.to_string()).unwrap();
    let answer = client(Duration::from_secs(60)).send(request).await.unwrap();
    assert_eq!(answer.status(), 201, "{}", String::from_utf8_lossy(answer.body()));
    let added: Value = serde_json::from_slice(answer.body()).unwrap();
    added["id"].as_str().unwrap().to_owned()
}

async fn add_user(server: &Scim, name: &str, more: Value) -> String {
    let mut user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    add(server, "Users", user).await
}

async fn add_group(server: &Scim, name: &str, members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members});
    add(server, "Groups", group).await
}

fn directory(server: &Scim, change: impl FnOnce(&mut ScimSettings)) -> ScimDirectory {
    let mut settings = ScimSettings::new(server.url(), Secret::new(Scim::TOKEN.to_owned()));
    settings.page = 2;
    change(&mut settings);
    ScimDirectory::new(client(Duration::from_secs(60)), settings).unwrap()
}

#[tokio::test]
async fn is_read_looked_at_and_disabled() {
    if Scim::is_left_out() {
        return;
    }
    let server = Scim::start().unwrap();
    let hanako = add_user(&server, "hanako", json!({"emails": [{"value": "hanako@suigen.example"}]})).await;
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let taro = add_user(
        &server,
        "taro@suigen.example",
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
            "displayName": "水源 太郎", "active": true, "preferredLanguage": "ja",
            "emails": [{"value": "Taro.S@suigen.example", "primary": true, "type": "work"},
                       {"value": "taro@home.example", "type": "home"}],
            enterprise: {"manager": {"value": hanako}},
        }),
    )
    .await;
    for number in 0..5 {
        add_user(&server, &format!("user{number}"), json!({})).await;
    }
    let inner = add_group(&server, "inner", &[&taro]).await;
    add_group(&server, "Key Keepers", &[&inner]).await;
    let asking = directory(&server, |settings| {
        settings.groups = vec!["key keepers".to_owned(), "nowhere".to_owned()];
        settings.privileged_groups = vec![inner];
    });

    let (entries, oddities) = all(&asking).await.unwrap();
    assert_eq!((entries.len(), oddities.len()), (7, 0), "{oddities:?}");
    let his = entries.iter().find(|entry| entry.id.as_str() == taro).unwrap();
    assert_eq!(addresses(his), ["taro.s@suigen.example", "taro@suigen.example"]);
    assert_eq!(his.other_address.as_ref().map(shown).as_deref(), Some("taro@home.example"));
    assert_eq!(his.superior.as_ref().map(shown).as_deref(), Some("hanako@suigen.example"));
    assert_eq!((his.lang, his.standing), (Some(Lang::Ja), Standing::Enabled));
    assert!(his.held_since.is_some() && his.password_changed_at.is_none());
    let whom = Whom::from(his.id.clone());
    for found in [asking.entry(&whom).await, asking.entry(&by_address("taro.s@suigen.example")).await] {
        assert_eq!(found.unwrap().as_ref(), Some(his));
    }
    // It may tell of groups at the user, or at the group alone.
    let is_keeper = his.groups.known().iter().any(|name| name.to_lowercase() == "key keepers");
    assert!(is_keeper && his.groups.tell_of("nowhere"), "{:?}", his.groups);
    if let Groups::All(_) = his.groups {
        assert_eq!(his.privilege, Privilege::Privileged);
    }

    assert_eq!(asking.actions(), [Action::Disable]);
    for _ in 0..2 {
        assert_eq!(asking.disable(&whom).await.unwrap(), Outcome::Done);
        assert_eq!(asking.glance(&whom).await.unwrap().unwrap().standing, Standing::Disabled);
    }
    let hers = asking.entry(&Whom::Id(EntryId::new(hanako).unwrap())).await.unwrap().unwrap();
    assert_ne!(hers.standing, Standing::Disabled, "nobody else is");
    for nobody in [Whom::Id(EntryId::new("nobody").unwrap()), by_address("nobody@suigen.example")] {
        assert_eq!(asking.entry(&nobody).await.unwrap(), None);
        assert_eq!(asking.disable(&nobody).await.unwrap(), Outcome::NotFound);
    }
    let stranger = directory(&server, |settings| settings.token = Secret::new("canary".to_owned()));
    let error = all(&stranger).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Credentials { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("canary"));
}
