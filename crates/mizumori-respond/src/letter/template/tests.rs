//! What letters say, and what they never do.

use std::sync::LazyLock;

use mizumori_core::{LeakTime, Names, Secret, SecretKind, Severity};
use proptest::prelude::*;

use super::*;
use crate::letter::Listed;

const LANGS: [Lang; 2] = [Lang::Ja, Lang::En];

fn built_in() -> &'static [Template] {
    static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
        let both = |kind| LANGS.map(|lang| Template::built_in(kind, lang).unwrap());
        LetterKind::ALL.into_iter().flat_map(both).collect()
    });
    &ALL
}

fn names(text: &str) -> Names {
    Names { ja: text.to_owned(), en: text.to_owned() }
}

/// A finding in a list, with the same.
fn listed(text: &str) -> Listed {
    Listed {
        reference: text.to_owned(),
        severity: Severity::Session,
        time: LeakTime::Unknown,
        site: Some(text.to_owned()),
        label: Some(text.to_owned()),
    }
}

/// Facts in which somebody wrote whatever they could.
fn hostile(text: &str) -> Facts {
    Facts {
        organisation: names(text),
        portal: names(text),
        portal_address: Some(text.to_owned()),
        contact: Some(names(text)),
        reference: text.to_owned(),
        account: Some(format!("a {text}")),
        listed: vec![listed(text); 2],
        domain: Some(format!("a {text}")),
        code: Some(Secret::new(format!("a {text}"))),
        time: LeakTime::Unknown,
        source: Some(names(text)),
        place: Some(names(text)),
        site: Some(text.to_owned()),
        kind: SecretKind::Token,
        severity: Severity::Session,
        label: Some(text.to_owned()),
        count: u64::MAX,
        counts: Severity::ALL.map(|severity| (severity, u64::MAX / 8)).to_vec(),
        deadline: None,
        days: Some(u32::MAX),
    }
}

/// What no letter has, whatever the facts are.
fn check_harmless(letter: &Letter) {
    let html = letter.html.to_lowercase();
    for tag in
        ["<a ", "<a>", "<img", "<script", "<form", "<input", "<link", "<iframe", "<svg", "<object", "<base"]
    {
        assert!(!html.contains(tag), "{tag}");
    }
    // Every `<` is ours, so an attribute can only stand in one of our elements.
    for element in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        for attribute in ["href", "src", "action", "onclick", "onload", "url(", "background"] {
            assert!(!element.contains(attribute), "{element}");
        }
    }
    assert!(!letter.text.contains("://") && !letter.html.contains("://"));
    assert!(!letter.subject.contains(['\r', '\n']));
}

#[test]
fn every_letter_is_whole() {
    for template in built_in() {
        let (kind, lang) = (template.kind(), template.lang());
        for facts in sample::all() {
            let letter = template.render(&facts, Tlp::AmberStrict).unwrap();
            check_harmless(&letter);
            let shown = format!("{template:?}: {}\n\n{}", letter.subject, letter.text);
            assert!(
                letter.text.contains("TLP:AMBER+STRICT") && letter.html.contains("TLP:&#8288;AMBER+STRICT"),
                "{shown}"
            );
            assert!(letter.text.contains(facts.organisation.of(lang)), "{shown}");
            assert!(letter.text.contains(facts.portal.of(lang)), "{shown}");
            let never = match lang {
                Lang::Ja => "決してログインしないでください",
                Lang::En => "Never sign in from a link in a mail",
            };
            assert!(letter.text.contains(never) && letter.html.contains(never), "{shown}");
            assert!(
                !shown.contains("  \n") && !shown.contains("\n\n\n") && !shown.contains("none"),
                "{shown}"
            );
            assert!(!shown.contains(['{', '}', '|']), "{shown}");
            assert_eq!(letter.text.contains(&facts.reference), kind.is_of_one(), "{shown}");
            if !kind.names_account() {
                assert!(!letter.text.contains('@') && !letter.html.contains("@"), "{shown}");
            }
        }
    }
}

fn text(kind: LetterKind, lang: Lang, facts: &Facts) -> String {
    Template::built_in(kind, lang).unwrap().render(facts, Tlp::Red).unwrap().text
}

#[test]
fn users_are_told_what_to_do() {
    let users = LetterKind::ALL.into_iter().filter(|kind| kind.names_account());
    for kind in users {
        for facts in sample::all() {
            for (lang, words) in [
                (Lang::Ja, ["taro.suigen@suigen.example", "水守ポータル", "多要素認証", "してください"]),
                (
                    Lang::En,
                    ["taro.suigen@suigen.example", "the Mizumori portal", "second factor", "SG-2026-0001"],
                ),
            ] {
                let text = text(kind, lang, &facts);
                for word in words {
                    assert!(text.contains(word), "{kind:?} {lang}: {word}\n{text}");
                }
                assert!(!text.replace("taro.suigen@suigen.example", "").contains('@'), "{text}");
                let change = match lang {
                    Lang::Ja => "変更",
                    Lang::En => "change",
                };
                let is_told = text.to_lowercase().contains(change);
                assert!(is_told || facts.kind == SecretKind::None, "{kind:?} {lang}\n{text}");
            }
        }
    }
}

#[test]
fn where_malware_was_the_machine_comes_first() {
    let facts = Facts { severity: Severity::StealerLog, ..sample::full() };
    for kind in [LetterKind::UserStealer, LetterKind::UserReminder, LetterKind::UserBeside] {
        for (lang, machine, change) in [
            (Lang::Ja, "ネットワークから切り離し", "別の端末から"),
            (Lang::En, "off the network", "rom another device"),
        ] {
            let text = text(kind, lang, &facts);
            let [machine, change] = [machine, change].map(|words| text.find(words));
            assert!(machine.is_some() && machine < change, "{kind:?} {lang}\n{text}");
        }
    }
    for kind in [LetterKind::AdminFinding, LetterKind::AdminMachine, LetterKind::AdminOverdue] {
        assert!(text(kind, Lang::Ja, &facts).contains("切り離"), "{kind:?}");
        assert!(text(kind, Lang::En, &facts).contains("off the network"), "{kind:?}");
    }
    let session = Facts { severity: Severity::Session, kind: SecretKind::Token, ..sample::full() };
    for kind in [LetterKind::UserFinding, LetterKind::UserReminder] {
        assert!(text(kind, Lang::Ja, &session).contains("すべての端末からログアウト"), "{kind:?}");
        assert!(text(kind, Lang::En, &session).contains("ign out of all devices"), "{kind:?}");
    }
}

#[test]
fn what_a_letter_cannot_do_without() {
    for (kind, is_missing) in [
        (LetterKind::UserFinding, Facts { account: None, ..sample::full() }),
        (LetterKind::UserBeside, Facts { account: Some(" ".to_owned()), ..sample::full() }),
        (LetterKind::DomainCode, Facts { domain: None, ..sample::full() }),
        (LetterKind::DomainCode, Facts { code: None, ..sample::full() }),
        (LetterKind::DomainLapsing, Facts { domain: Some("\r\n".to_owned()), ..sample::full() }),
    ] {
        let template = Template::built_in(kind, Lang::En).unwrap();
        assert!(matches!(template.render(&is_missing, Tlp::Red), Err(RespondError::Unwritable(_))));
    }
}

#[test]
fn a_code_stands_in_its_letter_alone() {
    for template in built_in() {
        let letter = template.preview(Tlp::Red).unwrap();
        assert_eq!(
            letter.text.contains("K7QF-2M9D"),
            template.kind() == LetterKind::DomainCode,
            "{template:?}"
        );
        assert!(!letter.subject.contains("K7QF"), "a subject is seen on a locked screen");
    }
    assert_eq!(format!("{:?}", sample::full()), "Facts(SG-2026-0001)");
}

#[test]
fn what_came_out_of_a_leak_names_nobody() {
    let facts = Facts {
        source: Some(names("mails of hanako@suigen.example")),
        site: Some("jiro@suigen.example".to_owned()),
        label: Some("saburo@suigen.example".to_owned()),
        listed: vec![listed("shiro@suigen.example")],
        ..sample::full()
    };
    for template in built_in() {
        let letter = template.render(&facts, Tlp::Red).unwrap();
        for name in ["hanako", "jiro", "saburo", "shiro"] {
            assert!(!letter.text.contains(name) && !letter.html.contains(name), "{template:?}");
        }
    }
}

#[test]
fn counts_begin_with_the_worst() {
    let text =
        Template::built_in(LetterKind::AdminDigest, Lang::En).unwrap().preview(Tlp::Amber).unwrap().text;
    let at = |severity: Severity| text.find(&format!("{}: ", severity.name(Lang::En))).unwrap();
    assert!(
        at(Severity::StealerLog) < at(Severity::Password) && at(Severity::Password) < at(Severity::Address)
    );
    assert!(!text.contains(Severity::Session.name(Lang::En)), "what there is none of is left out");
}

#[test]
fn a_letter_is_no_register() {
    let facts = Facts { listed: vec![listed("SG-2026-0099"); 100_000], ..sample::full() };
    for kind in LetterKind::ALL.into_iter().filter(|kind| kind.lists() && kind.is_of_many()) {
        assert_eq!(text(kind, Lang::Ja, &facts).matches("SG-2026-0099：").count(), 50, "{kind:?}");
    }
}

#[test]
fn an_organisation_writes_its_own() {
    let source =
        "Leak {{ reference }}\n\nDear {{ account }},\n{% if site and not place %}- {{ site }}{% endif %}\n";
    let template = Template::new(LetterKind::UserFinding, Lang::En, source).unwrap();
    assert_eq!(template.source(), source);
    let letter = template.preview(Tlp::Amber).unwrap();
    assert_eq!(letter.subject, "Leak SG-2026-0001");
    assert!(letter.text.starts_with("Dear taro.suigen@suigen.example,\n"), "{}", letter.text);
    assert!(letter.text.contains("Never sign in from a link in a mail"), "the closing cannot be left out");
    check_harmless(&letter);
}

#[test]
fn templates_that_are_refused() {
    let refused = |kind, source: &str, part: &str| {
        let error = Template::new(kind, Lang::En, source).unwrap_err().to_string();
        assert!(error.contains(part), "{source:?}: {error}");
    };
    for (source, part) in [
        ("", "subject"),
        ("\n\nbody", "subject"),
        ("a", "nothing below"),
        ("a\n\n", "nothing below"),
        ("a\n\nhttps://portal.suigen.example/", "link"),
        ("a\n\nWWW.suigen.example", "link"),
        ("a\n\n{{ secret }}", "`secret`"),
        ("a\n\n{% if false %}{{ password }}{% endif %}", "`password`"),
        ("a\n\n{{ count }}", "`count`"),
        ("a\n\n{{ code }}", "`code`"),
        ("a\n\n{{ account", "line 3"),
        ("a\n\n{{ }}", ""),
        ("a\n\n{% if site %}b", ""),
        ("a\n\nb\n{# c #}", "line 4"),
        ("a\n\n{{ account.b }}", "not known"),
        ("a\n\n{{ \"x\" * 1000000000 }}", "only names"),
        ("a\n\n{{ account ~ account }}", "only names"),
        ("a\n\n{{ account|upper }}", "only names"),
        ("a\n\n{{ range(10) }}", "only names"),
        ("a\n\n{% set b = account %}{{ b }}", "only names"),
        ("a\n\n{% include account %}", "only names"),
        ("a\n\n{% macro b %}{% endmacro %}", "only names"),
        ("a\n\n{% raw %}{{ }}{% endraw %}", "only names"),
    ] {
        refused(LetterKind::UserFinding, source, part);
    }
    refused(LetterKind::AdminFinding, "a\n\n{{ account }}", "`account`");
    refused(LetterKind::AdminDigest, "a\n\n{{ reference }}", "`reference`");
    refused(LetterKind::UserFinding, &format!("a\n\n{}", "b".repeat(LONGEST)), "longer");
    let nested = format!("a\n\nb{}c{}", "{% for d in counts %}".repeat(12), "{% endfor %}".repeat(12));
    refused(LetterKind::AdminDigest, &nested, "too long");
    let long = format!(
        "a\n\n{{% for c in counts %}}{{% for d in counts %}}{}{{% endfor %}}{{% endfor %}}",
        "b".repeat(30_000)
    );
    refused(LetterKind::AdminDigest, &long, "becomes too long");
}

#[test]
fn nothing_of_a_letter_is_shown() {
    let letter = Template::built_in(LetterKind::UserFinding, Lang::Ja).unwrap().preview(Tlp::Red).unwrap();
    assert_eq!(format!("{letter:?}"), "Letter(ja TLP:RED)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_facts_are(text in "(?s).{0,200}") {
        let facts = hostile(&text);
        for template in built_in() {
            if let Ok(letter) = template.render(&facts, Tlp::Amber) {
                check_harmless(&letter);
            }
        }
    }

    #[test]
    fn marks_and_markup_in_facts(text in "([<>\"'&|#!{}%:/@\n\r .-]|http|://|<a href=|script|1\\. ){0,30}") {
        let facts = hostile(&text);
        for template in built_in() {
            check_harmless(&template.render(&facts, Tlp::Amber).unwrap());
        }
    }

    #[test]
    fn whatever_somebody_writes(source in "(?s).{0,200}") {
        drop(Template::new(LetterKind::AdminDigest, Lang::Ja, &source));
    }

    #[test]
    fn tags_of_all_sorts(
        source in "a\n\n([{}%# \n|!~*()\"'-]|if|for|in|else|endif|endfor|account|counts|row|set|do|b){0,40}",
    ) {
        drop(Template::new(LetterKind::AdminDigest, Lang::Ja, &source));
    }
}
