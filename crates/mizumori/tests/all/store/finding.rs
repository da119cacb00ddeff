//! What is known of the sources of findings, and what reminds of reports.

use mizumori_core::keys::AccountTag;
use mizumori_core::{SecretKind, Severity};
use mizumori_store::{FindingSource, NewFinding, Origin, Recorded, State};

use super::{Kept, id, on_both};

/// An organisation `suigen` with a finding; its reference.
fn found(kept: &Kept) -> String {
    kept.organisation("suigen", "full").organisation("mori", "full");
    kept.work(async |session| {
        let suigen = id("suigen");
        let mut tenant = session.tenant(&suigen);
        let source = FindingSource {
            source: "list-1".to_owned(),
            title: "A list".to_owned(),
            kind: "site-breach".to_owned(),
            origin: Origin::Unknown,
            known_since: None,
            reference: None,
            sender: None,
        };
        tenant.see_source(&source).await.unwrap();
        let new = NewFinding {
            account: AccountTag { hi: 1, lo: 2 },
            secret: None,
            site: None,
            source: "list-1".to_owned(),
            place: String::new(),
            month: "2026-10".parse().ok(),
            host: "suigen.example".to_owned(),
            kind: SecretKind::Clear,
            machine: None,
            severity: Severity::Password,
            state: State::New,
            backlog: false,
            same_as: None,
            version: 1,
        };
        match tenant.record(&new, "2026-11-01".parse().unwrap()).await.unwrap() {
            Recorded::Kept(finding) => finding.reference.to_string(),
            Recorded::Known => panic!(),
        }
    })
}

#[test]
fn ones_own_leaks_are_to_be_reported() {
    on_both(|kept| {
        let reference = found(kept);
        assert_eq!(kept.list("finding list suigen")[0]["deadlines"], serde_json::Value::Null);
        kept.run(
            "finding source suigen list-1 --origin own --known-since 2020-01-10 --from police --reference 7",
        )
        .ends(0)
        .saying(&[
            "first by 2020-01-12 to 2020-01-14",
            "finally by 2020-02-08, or 2020-03-09",
            "no legal advice",
        ]);
        let audited = kept.audited(2);
        assert_eq!(
            audited[0],
            [
                "finding source",
                "list-1",
                "origin: unknown → own; known since:  → 2020-01-10T00:00:00Z; number:  → 7; from:  → police"
            ]
        );
        kept.run(&format!("finding show suigen {reference}")).ends(0).printing(&[
            "sent by    police, number 7",
            "finally by 2020-02-08",
            "a reminder, no legal advice",
        ]);
        let [finding] = &kept.list("finding list suigen")[..] else { panic!() };
        assert_eq!(
            (&finding["origin"], &finding["deadlines"]["final"]),
            (&"own".into(), &"2020-02-08".into())
        );
        // What has passed long ago reminds nobody.
        let [_, suigen] = &kept.list("org list")[..] else { panic!() };
        assert_eq!(suigen["to_report"], serde_json::json!([]));

        // Whoever learns of it today has all days before him.
        let today = kept.work(async |_| mizumori_core::Timestamp::from(std::time::SystemTime::now()).day());
        kept.run(&format!("finding source suigen list-1 --known-since {today}")).ends(0);
        for command in ["org list", "finding list suigen", "finding source suigen"] {
            kept.run(command)
                .ends(0)
                .saying(&["`list-1` came from the organisation's own system", "no legal advice"]);
        }
        let run = kept.run("org list --format jsonl");
        run.ends(0);
        assert_eq!(run.lines()[1]["to_report"][0]["source"], "list-1");
        // Another organisation hears nothing of it.
        assert_eq!(run.lines()[0]["to_report"], serde_json::json!([]));
        assert!(kept.list("finding source mori").is_empty());
    });
}

#[test]
fn what_cannot_be_said_of_a_source() {
    let kept = Kept::sqlite();
    found(&kept);
    for (command, why) in [
        ("finding source mori list-1 --origin own", "`mori` has no source `list-1`"),
        ("finding source mori list-1", "`mori` has no source `list-1`"),
        ("finding source other list-1 --origin own", "there is no organisation `other`"),
        ("finding source other", "there is no organisation `other`"),
        ("finding source suigen list-2 --origin own", "`suigen` has no source `list-2`"),
        ("finding source suigen list-1 --origin ours", "own, third-party, unknown"),
        ("finding source suigen list-1 --known-since 9999-01-01", "lies in the future"),
        ("finding source suigen list-1 --known-since soon", "invalid value"),
        ("finding source suigen --origin own", "nothing says of which source"),
    ] {
        kept.run(command).ends(2).saying(&[why]);
    }
    assert_eq!(kept.audited(2).len(), 0);
    assert_eq!(kept.list("finding source suigen list-1")[0]["origin"], "unknown");
}
