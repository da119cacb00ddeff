//! Every letter in both languages, against the files in `tests/golden/`.
//!
//! With `MIZUMORI_BLESS` in the environment they are written anew; read them as whoever gets them before you keep them.

use std::path::{Path, PathBuf};

use mizumori_core::{Lang, LeakTime, Names, SecretKind, Severity};
use mizumori_respond::Tlp;
use mizumori_respond::letter::{Facts, Letter, LetterKind, Listed, Template};

const LANGS: [Lang; 2] = [Lang::Ja, Lang::En];

fn check(name: &str, seen: &str) {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect();
    if std::env::var_os("MIZUMORI_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, seen).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let shown = Path::new("tests/golden").join(name);
    assert!(
        seen == expected,
        "{} differs (set MIZUMORI_BLESS to write it anew); seen:\n{seen}",
        shown.display()
    );
}

fn whole(letter: &Letter) -> String {
    format!("{}\n\n{}", letter.subject, letter.text)
}

/// The least that is known of a leak.
fn facts(severity: Severity, kind: SecretKind) -> Facts {
    let names = |ja: &str, en: &str| Names { ja: ja.to_owned(), en: en.to_owned() };
    Facts {
        organisation: names("水源省", "Ministry of Water Sources"),
        portal: names("水守ポータル", "the Mizumori portal"),
        portal_address: None,
        contact: None,
        reference: "SG-2026-0001".to_owned(),
        account: Some("taro.suigen@suigen.example".to_owned()),
        time: LeakTime::Unknown,
        source: None,
        place: None,
        site: None,
        kind,
        severity,
        label: None,
        listed: Vec::<Listed>::new(),
        count: 1,
        counts: vec![(severity, 1)],
        domain: None,
        code: None,
        deadline: None,
        days: None,
    }
}

#[test]
fn every_letter() {
    for kind in LetterKind::ALL {
        for lang in LANGS {
            let template = Template::built_in(kind, lang).unwrap();
            let letter = template.preview(Tlp::AmberStrict).unwrap();
            check(&format!("letters/{lang}/{}.txt", kind.as_str()), &whole(&letter));
            if kind == LetterKind::UserStealer {
                check(&format!("letters/{lang}/{}.html", kind.as_str()), &letter.html);
            }
        }
    }
}

#[test]
fn other_advice_for_other_leaks() {
    let of = |severity, kind| facts(severity, kind);
    let last_day = Facts {
        deadline: "2026-11-24".parse().ok(),
        days: Some(1),
        ..of(Severity::Password, SecretKind::Clear)
    };
    for (name, kind, facts) in [
        ("user-finding.address", LetterKind::UserFinding, of(Severity::Address, SecretKind::None)),
        ("user-finding.hash", LetterKind::UserFinding, of(Severity::Hash, SecretKind::Hash)),
        ("user-finding.session", LetterKind::UserFinding, of(Severity::Session, SecretKind::Token)),
        ("user-stealer.least", LetterKind::UserStealer, of(Severity::StealerLog, SecretKind::Clear)),
        ("user-reminder.address", LetterKind::UserReminder, of(Severity::Address, SecretKind::None)),
        ("user-reminder.malware", LetterKind::UserReminder, of(Severity::StealerLog, SecretKind::Clear)),
        ("user-beside.malware", LetterKind::UserBeside, of(Severity::StealerLog, SecretKind::Clear)),
        ("admin-finding.malware", LetterKind::AdminFinding, of(Severity::StealerLog, SecretKind::Clear)),
        ("admin-digest.one", LetterKind::AdminDigest, of(Severity::Password, SecretKind::Clear)),
        ("admin-overdue.one-day", LetterKind::AdminOverdue, last_day.clone()),
        ("evaluation-ending.one-day", LetterKind::EvaluationEnding, last_day.clone()),
        ("evaluation-erasing.one-day", LetterKind::EvaluationErasing, last_day),
    ] {
        for lang in LANGS {
            let letter = Template::built_in(kind, lang).unwrap().render(&facts, Tlp::AmberStrict).unwrap();
            check(&format!("letters/{lang}/{name}.txt"), &whole(&letter));
        }
    }
}
