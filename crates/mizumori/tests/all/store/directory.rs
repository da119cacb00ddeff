//! `mizumori directory`, and `finding neutralise` on what a directory knows.

use mizumori_core::keys::{AccountTag, SecretTag};
use mizumori_core::{SecretKind, Severity, Timestamp};
use mizumori_store::{HolderAddress, NewFinding, NewHolder, Recorded, State};
use mizumori_test_servers::{Answer, Web};

use super::{Kept, id, on_both};

const TAG: AccountTag = AccountTag { hi: 7, lo: 8 };

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// A key as Google gives it, for a test: made on the spot.
fn google_key() -> String {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    serde_json::json!({
        "type": "service_account",
        "client_email": "mizumori@project.example",
        "private_key": key.serialize_pem(),
        "private_key_id": "k-1",
        "token_uri": "https://oauth2.example/token",
    })
    .to_string()
}

/// What has to be said of each service, with files that are there.
fn services(kept: &Kept) -> [(&'static str, &'static str); 5] {
    kept.folder.write("secret", "canary\n").write("key.json", google_key()).write(
        "key.pem",
        rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            .unwrap()
            .serialize_pem(),
    );
    [
        (
            "graph",
            "graph --tenant suigen.example --client-id 0b --secret-file secret --privileged-group 0a --second-factors",
        ),
        ("google", "google --key-file key.json --admin admin@suigen.example"),
        ("okta", "okta --url https://suigen.okta.example --token-file secret --privileged-group 00g"),
        ("okta", "okta --url https://suigen.okta.example --client-id 0oa --key-file key.pem --key-id k"),
        (
            "keycloak",
            "keycloak --url https://sso.suigen.example/auth --realm suigen --client-id mizumori --secret-file secret --privileged-role realm-management/realm-admin --privileged-group /root --superior-attribute boss",
        ),
    ]
}

#[test]
fn services_are_added_without_their_secrets() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        for (number, (kind, rest)) in services(kept).into_iter().enumerate() {
            let name = format!("d{number}");
            kept.run(&format!("directory add suigen {name} {rest}")).ends(0);
            let listed = kept.list("directory list suigen");
            let last = listed.iter().find(|listed| listed["name"] == *name).unwrap();
            assert_eq!((&last["kind"], &last["synced"]), (&kind.into(), &serde_json::Value::Null));
        }
        kept.run("directory list mori").ends(0);
        assert_eq!(kept.list("directory list mori"), Vec::<serde_json::Value>::new());
        let documents = kept.work(async |session| session.tenant(&id("suigen")).directories().await.unwrap());
        assert!(documents.iter().all(|directory| !directory.document.contains("canary")));
        assert!(documents.iter().all(|directory| !directory.document.contains("PRIVATE KEY")));
        let audited = kept.audited(2);
        let kinds: Vec<_> = audited.iter().map(|[action, _, kind]| (&**action, &**kind)).collect();
        assert_eq!(kinds[0], ("directory add", "graph"));
        assert_eq!(kinds[4], ("directory add", "keycloak"));
        kept.run("directory add other d graph --tenant suigen.example --client-id 0b --secret-file secret")
            .ends(2)
            .saying(&["no organisation `other`"]);
    });
}

#[test]
fn settings_that_cannot_be_are_said_at_once() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    services(&kept);
    for (rest, words) in [
        (
            "graph --tenant suigen.example --client-id 0b --secret-file nowhere",
            "could not read the secret in",
        ),
        ("graph --tenant common --client-id 0b --secret-file secret", "neither an id nor a domain"),
        ("graph --tenant suigen.example --client-id 0b --secret-file secret --ca nowhere.pem", "nowhere.pem"),
        ("graph --tenant suigen.example --secret-file secret", "--client-id"),
        ("google --key-file secret --admin admin@suigen.example", "not the JSON file of a service account"),
        ("google --key-file key.json --admin admin", "named by an address"),
        ("okta --url https://suigen.okta.example", "--token-file"),
        ("okta --url https://suigen.okta.example --client-id 0oa", "--key-file"),
        (
            "okta --url https://suigen.okta.example --token-file secret --client-id 0oa --key-file key.pem",
            "cannot be used with",
        ),
        ("okta --url https://suigen.okta.example --client-id 0oa --key-file secret", "no RSA key in PEM"),
        ("okta --url https://suigen.okta.example/api --token-file secret", "without a path"),
        ("keycloak --url nowhere --realm suigen --client-id m --secret-file secret", "the URL is none"),
        (
            "keycloak --url https://sso.example --realm suigen --client-id m --secret-file secret --privileged-group root",
            "written as its path",
        ),
    ] {
        let run = kept.run(&format!("directory add suigen d {rest}"));
        run.ends(2).saying(&[words]);
        assert!(!run.err().contains("canary"), "{}", run.err());
    }
    assert_eq!(kept.list("directory list suigen"), Vec::<serde_json::Value>::new());
}

#[test]
fn a_file_is_looked_at_when_it_is_added() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    kept.folder.write("wrong.csv", "name,phone\nTaro,1\n").write("empty.csv", "").write("good.csv", "mail\n");
    for (file, words) in
        [("wrong.csv", "line 1: column 2 has no name that is known"), ("empty.csv", "it is empty")]
    {
        kept.run(&format!("directory add suigen people csv {file}")).ends(2).saying(&[words]);
    }
    assert_eq!(kept.list("directory list suigen"), Vec::<serde_json::Value>::new());
    let good = kept.run("directory add suigen people csv good.csv");
    good.ends(0);
    assert!(!good.err().contains("warning"), "{}", good.err());
    kept.run("directory add suigen later csv later.csv").ends(0).saying(&[
        "warning:",
        "later.csv",
        "not there yet",
    ]);
    assert_eq!(kept.list("directory list suigen").len(), 2);
}

/// Somebody whom a directory knows, and a finding of his account; gives its reference.
fn found(kept: &Kept, directory: &str) -> String {
    let holder = NewHolder {
        entry: "t-1".to_owned(),
        addresses: vec![HolderAddress { address: "taro@suigen.example".to_owned(), account: TAG }],
        enabled: true,
        ..NewHolder::default()
    };
    let finding = NewFinding {
        account: TAG,
        secret: Some(SecretTag(1)),
        site: None,
        source: "S1".to_owned(),
        place: "forum".to_owned(),
        month: None,
        host: "suigen.example".to_owned(),
        kind: SecretKind::Clear,
        machine: None,
        severity: Severity::Password,
        state: State::New,
        backlog: false,
        same_as: None,
        version: 1,
    };
    kept.work(async |session| {
        let organisation = id("suigen");
        let mut tenant = session.tenant(&organisation);
        let all = tenant.directories().await.unwrap();
        let directory = all.into_iter().find(|known| known.name == directory).unwrap().id;
        let generation = tenant.begin_sync(directory).await.unwrap();
        tenant.keep_holder(directory, generation, &holder).await.unwrap();
        tenant.end_sync(directory, generation, now()).await.unwrap();
        let Recorded::Kept(finding) = tenant.record(&finding, now()).await.unwrap() else { panic!() };
        finding.reference.as_str().to_owned()
    })
}

/// Entra ID, with one user.
fn entra() -> Web {
    let web = Web::start_tls().unwrap();
    web.on(
        "POST",
        "/suigen.example/oauth2/v2.0/token",
        Answer::json(r#"{"access_token": "canary-token", "token_type": "Bearer", "expires_in": 3600}"#),
    );
    web.on("GET", "/v1.0/roleManagement/directory/roleAssignments", Answer::json(r#"{"value": []}"#));
    let taro = r#"{"id": "t-1", "mail": "taro@suigen.example", "passwordProfile": {"forceChangePasswordNextSignIn": true}}"#;
    web.on("GET", "/v1.0/users/t-1", Answer::json(taro));
    web.on("PATCH", "/v1.0/users/t-1", Answer::status(204));
    web
}

#[test]
fn an_account_is_neutralised_in_a_service() {
    let (kept, web) = (Kept::sqlite(), entra());
    kept.organisation("suigen", "full");
    kept.folder.write("secret", "canary\n").write("ca.pem", web.ca_pem());
    let url = web.url();
    kept.run(&format!(
        "directory add suigen entra graph --tenant suigen.example --client-id 0b --secret-file secret --url {url} --sign-on-url {url} --ca ca.pem"
    ))
    .ends(0);
    let reference = found(&kept, "entra");
    let command = format!("finding neutralise suigen {reference}");
    kept.run(&format!("{command} --dry-run"))
        .ends(0)
        .saying(&["would force a change", "taro@suigen.example"]);
    kept.run(&format!("{command} --dry-run --action end-sessions"))
        .ends(0)
        .saying(&["would end the sessions"]);
    assert!(web.requests().is_empty(), "a preview asks nobody");
    kept.run(&command).ends(0).saying(&["a change of the password is forced for taro@suigen.example"]);
    let requests = web.take_requests();
    let patch = requests.iter().find(|request| request.method == "PATCH").unwrap();
    assert!(patch.text().contains("forceChangePasswordNextSignIn"));
    web.on("PATCH", "/v1.0/users/t-1", Answer::status(403));
    let run = kept.run(&format!("{command} --action disable"));
    run.ends(2).saying(&["does not permit us to disable a user: it takes User.EnableDisableAccount.All"]);
    assert!(!run.err().contains("canary"), "{}", run.err());
    let actions: Vec<_> = kept.audited(2).into_iter().map(|[action, _, detail]| (action, detail)).collect();
    assert!(actions.contains(&("finding neutralise".into(), "force-change: done".into())), "{actions:?}");
}

#[test]
fn what_a_directory_cannot_do_is_not_offered() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    kept.folder.write("token", "canary\n").write("people.csv", "mail\n");
    kept.run("directory add suigen people scim --url https://id.suigen.example/scim --token-file token")
        .ends(0);
    let reference = found(&kept, "people");
    for action in ["force-change", "end-sessions"] {
        kept.run(&format!("finding neutralise suigen {reference} --dry-run --action {action}"))
            .ends(2)
            .saying(&["this kind of directory cannot do that: it can disable"]);
    }
    kept.run(&format!("finding neutralise suigen {reference} --dry-run --action disable")).ends(0);
    kept.run("directory add suigen people csv people.csv").ends(0);
    kept.run(&format!("finding neutralise suigen {reference} --dry-run --action disable"))
        .ends(2)
        .saying(&["this kind of directory cannot do that: it is only read"]);
}
