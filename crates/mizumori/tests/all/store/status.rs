//! `mizumori store status`: what is in a store, of all organisations.

use mizumori_core::keys::AccountTag;
use mizumori_core::{SecretKind, Severity};
use mizumori_store::{Channel, NewFinding, NewNotice, State};

use super::{Kept, id, on_both};

fn finding(number: i64, severity: Severity, state: State) -> NewFinding {
    NewFinding {
        account: AccountTag { hi: number, lo: 1 },
        secret: None,
        site: None,
        source: "list-1".to_owned(),
        place: "forum".to_owned(),
        month: None,
        host: "suigen.example".to_owned(),
        kind: SecretKind::None,
        machine: None,
        severity,
        state,
        backlog: false,
        same_as: None,
        version: 1,
    }
}

fn fill(kept: &Kept) {
    kept.organisation("suigen", "full").organisation("mori", "evaluation");
    kept.run("domain vouch suigen suigen.example --why x").ends(0);
    kept.run("domain add mori mori.example").ends(0);
    kept.work(async |session| {
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        for (organisation, number, severity, state) in [
            ("suigen", 1, Severity::Password, State::New),
            ("suigen", 2, Severity::Password, State::Notified),
            ("mori", 1, Severity::Password, State::New),
            ("mori", 2, Severity::StealerLog, State::Confirmed),
            ("mori", 3, Severity::Address, State::InactiveAccount),
        ] {
            let new = finding(number, severity, state);
            session.tenant(&id(organisation)).record(&new, now).await.unwrap();
        }
        let notice = NewNotice {
            channel: Channel::Mail,
            destination: "csirt@suigen.example".to_owned(),
            message: "<1@mizumori.example>".to_owned(),
            body: "{}".to_owned(),
            due: now,
            findings: Vec::new(),
        };
        session.tenant(&id("suigen")).tell(&notice, now).await.unwrap();
        let mut over = session.organisation(&id("mori")).await.unwrap().unwrap();
        over.ends = Some("2020-01-01".parse().unwrap());
        session.change_organisation(&over).await.unwrap();
    });
}

#[test]
fn of_all_organisations() {
    on_both(|kept| {
        // A new one, whose log is empty.
        kept.run("org edition list").ends(if kept.url.contains("://") { 0 } else { 2 });
        fill(kept);
        let status = kept.run("store status --json").json();
        assert_eq!(status["organisations"], serde_json::json!({"served": 1, "ended": 1}));
        assert_eq!(status["domains"], serde_json::json!({"vouched": 1, "pending": 1}));
        assert_eq!(
            status["findings"],
            serde_json::json!([
                {"severity": "password", "open": 3, "untold": 2},
                {"severity": "stealer-log", "open": 1, "untold": 0},
            ])
        );
        assert_eq!(status["waiting"], serde_json::json!({"notices": 1, "oldest": "2026-11-23T09:00:00Z"}));
        assert_eq!(status["audit"], *kept.run("audit head").out().trim());
        let shown = kept.run("store status");
        shown.ends(0).quietly();
        let database = if kept.url.contains("://") { "PostgreSQL" } else { "SQLite" };
        shown.printing(&[
            database,
            "2 (1 ended, 1 served)",
            "2 (1 pending, 1 vouched)",
            "findings that are open  4\n  stealer-log           1\n  password              3, 2 of them told to nobody yet\n",
            "1, the oldest since 2026-11-23T09:00:00Z",
        ]);
    });
}

/// Where a password stands in the store's name, nobody sees it.
#[test]
fn names_no_password() {
    let Some(server) = super::server() else { return };
    let kept = Kept::postgres(&server);
    let url = kept.url.replacen("postgres@", "postgres:geheim@", 1);
    assert!(url.contains("geheim"), "{url}");
    kept.organisation("suigen", "full");
    let shown = kept.folder.run(&["store", "status", "--store", &url]);
    shown.ends(0).printing(&["postgres://127.0.0.1"]);
    assert!(!shown.shown().contains("geheim"));
}
