//! `mizumori notice`: what waits, what was told, what was given up.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_store::{Channel, NewNotice, NoticeId, Taken};

use super::{Kept, id, on_both};

/// Why a server refused, with what would move a terminal's cursor.
const PROBLEM: &str = "550 no such mailbox\u{1b}[2J";

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// Two organisations; `suigen` has a notice that was sent, one that was given up and one that waits, `mori` has one that was
/// given up.
fn filled(kept: &Kept) -> [i64; 4] {
    kept.organisation("suigen", "full").organisation("mori", "full");
    let body = r#"{"letter":"user","lang":"ja","items":[{"reference":"7F3K-92QM"}]}"#;
    let notice = |number: u32| NewNotice {
        channel: Channel::Mail,
        destination: format!("user-{number}@suigen.example"),
        message: format!("<{number}@mizumori.example>"),
        body: if number == 2 { "no document".to_owned() } else { body.to_owned() },
        due: now(),
        findings: Vec::new(),
    };
    kept.work(async |session| {
        let mut ids = Vec::new();
        for (number, organisation) in [(0, "suigen"), (1, "suigen"), (2, "suigen"), (3, "mori")] {
            let told = session.tenant(&id(organisation)).tell(&notice(number), now()).await.unwrap();
            ids.push(told.unwrap().0);
        }
        let taken = Taken { by: "test", length: Duration::from_secs(60) };
        session.take_notices(Channel::Mail, taken, now(), 9).await.unwrap();
        session.sent(NoticeId(ids[0]), "test", now()).await.unwrap();
        for dead in [ids[1], ids[3]] {
            session.not_sent(NoticeId(dead), "test", PROBLEM, None, now()).await.unwrap();
        }
        ids.try_into().unwrap()
    })
}

fn numbers(kept: &Kept, command: &str) -> Vec<i64> {
    kept.list(command).iter().map(|notice| notice["number"].as_i64().unwrap()).collect()
}

#[test]
fn are_listed_by_what_became_of_them() {
    on_both(|kept| {
        kept.organisation("empty", "full");
        let [sent, dead, waiting, other] = filled(kept);
        assert_eq!(numbers(kept, "notice list suigen"), [waiting, dead, sent]);
        assert_eq!(numbers(kept, "notice list suigen --last 2"), [waiting, dead]);
        assert_eq!(numbers(kept, "notice list suigen --state waiting"), [waiting]);
        assert_eq!(numbers(kept, "notice list suigen --state sent"), [sent]);
        assert_eq!(numbers(kept, "notice list suigen --state dead"), [dead]);
        assert_eq!(numbers(kept, "notice list mori"), [other]);
        kept.run("notice list empty").ends(0).quietly();
        assert_eq!(kept.run("notice list empty").out(), "");

        let all = kept.list("notice list suigen");
        assert_eq!((&all[0]["letter"], &all[1]["letter"]), (&serde_json::Value::Null, &"user".into()));
        assert_eq!(all[1]["findings"], serde_json::json!(["7F3K-92QM"]));
        assert_eq!((&all[1]["to"], &all[1]["attempts"]), (&"user-1@suigen.example".into(), &1.into()));
        assert_eq!((&all[1]["problem"], &all[1]["due"]), (&PROBLEM.into(), &serde_json::Value::Null));
        assert_eq!((&all[0]["due"], &all[0]["channel"]), (&"2026-11-23T09:00:00Z".into(), &"mail".into()));
        let table = kept.run("notice list suigen --state dead");
        table.ends(0).printing(&[
            "number",
            "user-1@suigen.example  mail     user    dead",
            "550 no such mailbox",
        ]);
        assert!(!table.out().contains('\u{1b}'));
        kept.run("notice list other").ends(2).saying(&["there is no organisation `other`"]);
        kept.run("notice list suigen --state lost").ends(2).saying(&["waiting, sent, dead"]);
    });
}

#[test]
fn what_was_given_up_is_tried_again() {
    on_both(|kept| {
        let [sent, dead, waiting, other] = filled(kept);
        for (organisation, number) in
            [("suigen", sent), ("suigen", waiting), ("suigen", other), ("suigen", 999), ("mori", dead)]
        {
            kept.run(&format!("notice retry {organisation} {number}"))
                .ends(2)
                .saying(&["no notice of that number that was given up", "--state dead"]);
        }
        kept.run(&format!("notice retry other {dead}")).ends(2).saying(&["no organisation `other`"]);
        kept.run("notice retry suigen all").ends(2);
        kept.run(&format!("notice retry suigen {dead}")).ends(0).saying(&["waits to be told"]);
        kept.run(&format!("notice retry suigen {dead}")).ends(2);
        assert_eq!(numbers(kept, "notice list suigen --state waiting"), [waiting, dead]);
        assert_eq!(kept.list("notice list suigen --state waiting")[1]["attempts"], 0);
        // Whom it is for is not the audit log's matter.
        assert_eq!(kept.audited(2), [["notice retry", &*dead.to_string(), ""]]);
        assert!(!kept.run("audit export -").out().contains('@'));
    });
}

#[test]
fn what_waits_of_all() {
    on_both(|kept| {
        kept.organisation("first", "full");
        assert_eq!(kept.run("notice waiting").out(), "waiting  0\n");
        let none = kept.run("notice waiting --json").json();
        assert_eq!((&none["waiting"], &none["oldest"]), (&0.into(), &serde_json::Value::Null));
        let [_, dead, ..] = filled(kept);
        kept.run(&format!("notice retry suigen {dead}")).ends(0);
        kept.run("notice waiting").ends(0).printing(&["waiting           2", "2026-11-23T09:00:00Z"]);
        let some = kept.run("notice waiting --json").json();
        assert_eq!((&some["waiting"], &some["oldest"]), (&2.into(), &"2026-11-23T09:00:00Z".into()));
    });
}
