//! What exports say, and what they never do.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// An invented export: a leak with two findings, and one with one of which only the tag is known.
pub(crate) fn sample(accounts: Accounts) -> Export {
    let month = |text: &str| LeakTime::Month(text.parse().unwrap());
    let first = ExportFinding {
        finding: "1".to_owned(),
        reference: "SG-2026-0001".to_owned(),
        host: DomainName::parse("suigen.example").unwrap(),
        subject: Subject::Account("taro@suigen.example".to_owned()),
        severity: Severity::Password,
        state: "notified".to_owned(),
        is_closed: false,
        is_user_told: true,
        created: Timestamp(1_780_000_000_123),
        changed: Timestamp(1_790_000_000_456),
        source: "sample-2026".to_owned(),
        title: "A sample leak".to_owned(),
        place: Some("A sample forum".to_owned()),
        time: month("2026-05"),
        site: Some("shop.example".to_owned()),
        kind: SecretKind::Clear,
    };
    let second = ExportFinding {
        finding: "2".to_owned(),
        reference: "SG-2026-0002".to_owned(),
        subject: Subject::Account("hanako@suigen.example".to_owned()),
        severity: Severity::Address,
        is_closed: true,
        state: "closed".to_owned(),
        kind: SecretKind::None,
        site: None,
        ..first.clone()
    };
    let third = ExportFinding {
        finding: "3".to_owned(),
        reference: "SG-2026-0003".to_owned(),
        subject: Subject::Tag("00ff".to_owned()),
        severity: Severity::StealerLog,
        source: "logs".to_owned(),
        title: "水源の見本".to_owned(),
        place: None,
        time: LeakTime::Unknown,
        ..first.clone()
    };
    Export {
        name: "all".to_owned(),
        organisation: "水源省".to_owned(),
        organisation_uuid: None,
        at: Timestamp(1_795_392_000_123),
        accounts,
        tlp: Tlp::Amber,
        findings: vec![first, second, third],
    }
}

fn of_type<'b>(bundle: &'b Value, kind: &str) -> Vec<&'b Value> {
    bundle["objects"].as_array().unwrap().iter().filter(|object| object["type"] == kind).collect()
}

#[test]
fn nobody_is_named_unless_it_is_asked_for() {
    assert_eq!(Accounts::default(), Accounts::Hidden);
    let hidden = sample(Accounts::Hidden);
    for text in [hidden.stix().to_string(), hidden.misp().to_string()] {
        for name in ["taro", "hanako", "00ff", "@"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
        for told in ["SG-2026-0001", "SG-2026-0003", "suigen.example", "A sample leak", "shop.example"] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
    let shown = sample(Accounts::Shown);
    for text in [shown.stix().to_string(), shown.misp().to_string()] {
        for name in ["taro@suigen.example", "hanako@suigen.example", "00ff"] {
            assert!(text.contains(name), "{name}: {text}");
        }
    }
    assert_eq!(format!("{shown:?}"), "Export(all, 3 findings, Shown)");
    assert_eq!(format!("{:?}", shown.findings[0]), "ExportFinding(1)");
}

#[test]
fn what_is_exported_again_is_the_same() {
    for accounts in [Accounts::Hidden, Accounts::Shown] {
        let (export, mut later) = (sample(accounts), sample(accounts));
        later.at = export.at.after(std::time::Duration::from_secs(1));
        assert_eq!(export.stix(), later.stix());
        later.findings[0].state = "changed".to_owned();
        later.findings[0].changed = later.at;
        let ids = |bundle: &Value| {
            bundle["objects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|object| object["id"].clone())
                .collect::<Vec<_>>()
        };
        let (before, after) = (export.stix(), later.stix());
        assert_eq!(ids(&before), ids(&after));
        assert_ne!(before["id"], after["id"]);
        assert_eq!(export.misp()["Event"]["uuid"], later.misp()["Event"]["uuid"]);
        let (mut elsewhere, mut named) = (sample(accounts), sample(accounts));
        elsewhere.organisation = "水源庁".to_owned();
        named.organisation_uuid = Some("6ba7b810-9dad-41d1-80b4-00c04fd430c8".parse().unwrap());
        assert_ne!(elsewhere.misp()["Event"]["uuid"], export.misp()["Event"]["uuid"]);
        assert_eq!(named.misp()["Event"]["Orgc"]["uuid"], "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
        assert_eq!(
            of_type(&named.stix(), "identity")[0]["id"],
            "identity--6ba7b810-9dad-41d1-80b4-00c04fd430c8"
        );
    }
}

#[test]
fn when_it_was_observed() {
    let observed = |time: &str, created: &str| {
        let mut finding = sample(Accounts::Hidden).findings.remove(0);
        finding.time = match (time.len(), time) {
            (7, month) => LeakTime::Month(month.parse().unwrap()),
            (4, year) => LeakTime::Year(year.parse().unwrap()),
            _ => LeakTime::Unknown,
        };
        finding.created = created.parse().unwrap();
        let (first, last) = finding.observed();
        format!("{first} {last}")
    };
    for (time, created, expected) in [
        ("2026-05", "2026-11-23", "2026-05-01T00:00:00Z 2026-05-31T23:59:59Z"),
        ("2026-11", "2026-11-23", "2026-11-01T00:00:00Z 2026-11-23T00:00:00Z"),
        ("2027-01", "2026-11-23", "2027-01-01T00:00:00Z 2027-01-01T00:00:00Z"),
        ("2019", "2026-11-23", "2019-01-01T00:00:00Z 2019-12-31T23:59:59Z"),
        ("", "2026-11-23", "2026-11-23T00:00:00Z 2026-11-23T00:00:00Z"),
    ] {
        assert_eq!(observed(time, created), expected, "{time}");
    }
}

#[test]
fn a_bundle() {
    let bundle = sample(Accounts::Shown).stix();
    for (kind, count) in [
        ("marking-definition", 1),
        ("identity", 1),
        ("incident", 2),
        ("note", 2),
        ("observed-data", 3),
        ("relationship", 3),
        ("email-addr", 2),
        ("user-account", 2),
        ("domain-name", 1),
    ] {
        assert_eq!(of_type(&bundle, kind).len(), count, "{kind}");
    }
    // As everybody makes it of this address.
    let taro =
        of_type(&bundle, "email-addr").into_iter().find(|object| object["value"] == "taro@suigen.example");
    let expected = Uuid::OBSERVABLES.of(r#"{"value":"taro@suigen.example"}"#);
    assert_eq!(taro.unwrap()["id"], format!("email-addr--{expected}"));
    for account in of_type(&bundle, "user-account") {
        assert!(account.get("credential").is_none() && account.get("credential_last_changed").is_none());
    }
    let note = of_type(&bundle, "note")[1]["content"].as_str().unwrap();
    assert_eq!(
        note,
        "Accounts of 水源省 found in this leak: 2. password in clear: 1; address only: 1. Dealt with: 1. \
         No password, hash or session is part of this."
    );
    let none = Export { findings: Vec::new(), ..sample(Accounts::Shown) };
    assert_eq!(none.stix()["objects"].as_array().unwrap().len(), 2);
}

#[test]
fn an_event() {
    let event = &sample(Accounts::Shown).misp()["Event"];
    assert_eq!(event["threat_level_id"], "1");
    assert_eq!(event["analysis"], "1");
    assert_eq!(event["date"], "2026-11-23");
    assert_eq!(event["published"], false);
    let names: Vec<_> = event["Object"].as_array().unwrap().iter().map(|object| &object["name"]).collect();
    assert_eq!(names, ["leaked-document", "leaked-document", "credential"]);
    let credential = &event["Object"][2];
    assert_eq!(credential["ObjectReference"][0]["referenced_uuid"], event["Object"][1]["uuid"]);
    let relations: Vec<_> =
        credential["Attribute"].as_array().unwrap().iter().map(|one| &one["object_relation"]).collect();
    assert_eq!(relations, ["username", "type", "format", "origin", "notification", "text"]);
    let none = Export { findings: Vec::new(), ..sample(Accounts::Shown) };
    assert_eq!(none.misp()["Event"]["threat_level_id"], "4");
    for (tlp, name, distribution) in [
        (Tlp::Clear, "tlp:clear", "3"),
        (Tlp::Green, "tlp:green", "1"),
        (Tlp::Amber, "tlp:amber", "0"),
        (Tlp::AmberStrict, "tlp:amber+strict", "0"),
        (Tlp::Red, "tlp:red", "0"),
    ] {
        let event = &Export { tlp, ..sample(Accounts::Hidden) }.misp()["Event"];
        assert_eq!((&event["Tag"][0]["name"], &event["distribution"]), (&name.into(), &distribution.into()));
    }
}

#[test]
fn a_label_and_its_text_are_no_link() {
    let mut export = sample(Accounts::Hidden);
    export.findings[0].state = "//a.example".to_owned();
    export.findings[0].site = Some("// ".to_owned());
    let bundle = export.stix();
    assert!(!bundle.to_string().contains("://"), "{bundle}");
}

proptest! {
    #[test]
    fn no_text_names_anybody(text in "([a-z水 .:/\n]|@|hanako@suigen.example|＠){0,20}") {
        let mut export = sample(Accounts::Hidden);
        for finding in &mut export.findings {
            for field in [
                &mut finding.reference, &mut finding.finding, &mut finding.state, &mut finding.source, &mut finding.title,
            ] {
                *field = text.clone();
            }
            finding.place = Some(text.clone());
            finding.site = Some(text.clone());
        }
        for document in [export.stix().to_string(), export.misp().to_string()] {
            prop_assert!(!document.contains(['@', '＠']), "{}", document);
            prop_assert!(!document.contains("://"), "{}", document);
        }
    }
}
