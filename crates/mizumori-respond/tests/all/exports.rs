//! Exports, read by the programs that others read them with.

use std::io::Write;
use std::process::{Command, Stdio};

use mizumori_core::{DomainName, LeakTime, SecretKind, Severity, Timestamp};
use mizumori_respond::Tlp;
use mizumori_respond::event::Subject;
use mizumori_respond::export::{Accounts, Export, ExportFinding};
use serde_json::{Value, json};

/// Where the test command puts it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/python/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/verify_exports.py");

fn finding(number: usize) -> ExportFinding {
    let kinds = [SecretKind::Clear, SecretKind::Hash, SecretKind::Token, SecretKind::None];
    let times = ["2026-05", "2026-11", "2027-02"].map(|month| LeakTime::Month(month.parse().unwrap()));
    let times = [times[0], times[1], times[2], LeakTime::Year(2019), LeakTime::Unknown];
    ExportFinding {
        finding: number.to_string(),
        reference: format!("SG-2026-{number:04}"),
        host: DomainName::parse("mail.suigen.example").unwrap(),
        subject: match number % 3 {
            0 => Subject::Tag(format!("00ff{number}")),
            // One of them is found again and again.
            1 => Subject::Account("taro@mail.suigen.example".to_owned()),
            _ => Subject::Account(format!("user{number}@mail.suigen.example")),
        },
        severity: Severity::ALL[number % Severity::ALL.len()],
        state: ["new", "notified", "closed"][number % 3].to_owned(),
        is_closed: number % 3 == 2,
        is_user_told: number % 3 == 1,
        created: Timestamp(1_795_392_000_123),
        changed: Timestamp(1_795_392_000_123 + 1_000 * i64::try_from(number).unwrap()),
        source: format!("source-{}", number % 4),
        title: "見本の漏えい “A”".to_owned(),
        place: number.is_multiple_of(2).then(|| "A sample forum".to_owned()),
        time: times[number % times.len()],
        site: (!number.is_multiple_of(5)).then(|| "shop.example".to_owned()),
        kind: kinds[number % kinds.len()],
    }
}

fn export(accounts: Accounts, tlp: Tlp, findings: Vec<ExportFinding>) -> Export {
    Export {
        name: "all".to_owned(),
        organisation: "水源省".to_owned(),
        organisation_uuid: None,
        at: Timestamp(1_795_392_000_123),
        accounts,
        tlp,
        findings,
    }
}

/// What somebody put in wherever text may stand.
fn hostile() -> Vec<ExportFinding> {
    let texts =
        ["", " ", "\u{0}\u{1}\r\n", "\"}]\\u0041", "<script>", "hanako@suigen.example", "\u{202e}水\u{fffd}"];
    let with = |(number, text): (usize, &str)| ExportFinding {
        reference: text.to_owned(),
        state: text.to_owned(),
        source: text.to_owned(),
        title: text.repeat(1000),
        place: Some(text.to_owned()),
        site: Some(text.to_owned()),
        subject: Subject::Account(match number {
            0 => "太郎@水源.example".to_owned(),
            // RFC 5322 has more signs than the validator takes.
            1 => "t_suigen-a+b.c@suigen.example".to_owned(),
            _ => format!("\"a\\{number}\u{7f}é水/</\"@suigen.example"),
        }),
        // A clock that went backwards.
        changed: Timestamp(1_700_000_000_000),
        ..finding(number)
    };
    texts.into_iter().enumerate().map(with).collect()
}

#[test]
fn programs_of_others_read_them() {
    if std::env::var_os("MIZUMORI_WITHOUT_CLIENTS").is_some() {
        return;
    }
    let mut exports = Vec::new();
    for accounts in [Accounts::Hidden, Accounts::Shown] {
        for tlp in Tlp::ALL {
            exports.push(export(accounts, tlp, (0..24).map(finding).collect()));
        }
        exports.push(export(accounts, Tlp::Red, Vec::new()));
        exports.push(export(accounts, Tlp::Red, hostile()));
    }
    let all = |write: fn(&Export) -> Value| exports.iter().map(write).collect::<Vec<_>>();
    let given = json!({ "stix": all(Export::stix), "misp": all(Export::misp) });
    let mut child = Command::new(PYTHON)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python is missing: `cargo xtask test` fetches it");
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "14 14\n");
}
