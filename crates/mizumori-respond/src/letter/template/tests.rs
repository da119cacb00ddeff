//! What letters say, and what they never do.

use std::sync::LazyLock;

use mizumori_core::{LeakTime, Names, SecretKind, Severity};
use proptest::prelude::*;

use super::*;

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

/// Facts in which somebody wrote whatever they could.
fn hostile(text: &str) -> Facts {
    Facts {
        organisation: names(text),
        portal: names(text),
        portal_address: Some(text.to_owned()),
        contact: Some(names(text)),
        reference: text.to_owned(),
        account: Some(format!("a{text}")),
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
                Lang::En => "Never sign in from a link",
            };
            assert!(letter.text.contains(never) && letter.html.contains(never), "{shown}");
            assert!(
                !shown.contains("  \n") && !shown.contains("\n\n\n") && !shown.contains("none"),
                "{shown}"
            );
            assert!(!shown.contains(['{', '}', '|']), "{shown}");
            assert_eq!(letter.text.contains(&facts.reference), kind.is_of_one(), "{shown}");
            if !kind.is_to_user() {
                assert!(!letter.text.contains('@') && !letter.html.contains("@"), "{shown}");
            }
        }
    }
}

#[test]
fn users_are_told_what_to_do() {
    for kind in [LetterKind::UserFinding, LetterKind::UserStealer, LetterKind::UserReminder] {
        for (lang, words) in [
            (Lang::Ja, ["taro.suigen@suigen.example", "すべて", "多要素認証", "変更してください"]),
            (Lang::En, ["taro.suigen@suigen.example", "hange", "second factor", "SG-2026-0001"]),
        ] {
            let letter = Template::built_in(kind, lang).unwrap().preview(Tlp::Red).unwrap();
            for word in words {
                assert!(letter.text.contains(word), "{kind:?} {lang}: {word}\n{}", letter.text);
            }
            let addresses: Vec<_> =
                letter.text.split_whitespace().filter(|word| word.contains('@')).collect();
            assert!(addresses.iter().all(|word| *word == "taro.suigen@suigen.example"), "{addresses:?}");
        }
    }
    let stealer =
        |lang| Template::built_in(LetterKind::UserStealer, lang).unwrap().preview(Tlp::Red).unwrap().text;
    assert!(stealer(Lang::Ja).contains("切り離して") && stealer(Lang::Ja).contains("別の端末から"));
    assert!(stealer(Lang::En).contains("Isolate") && stealer(Lang::En).contains("From another machine"));
}

#[test]
fn a_letter_to_a_user_is_about_an_account() {
    let template = Template::built_in(LetterKind::UserFinding, Lang::En).unwrap();
    for account in [None, Some(" ".to_owned())] {
        let facts = Facts { account, ..sample::full() };
        assert!(matches!(template.render(&facts, Tlp::Red), Err(RespondError::Unwritable(_))));
    }
}

#[test]
fn what_came_out_of_a_leak_names_nobody() {
    let facts = Facts {
        source: Some(names("mails of hanako@suigen.example")),
        site: Some("jiro@suigen.example".to_owned()),
        label: Some("saburo@suigen.example".to_owned()),
        ..sample::full()
    };
    for template in built_in() {
        let letter = template.render(&facts, Tlp::Red).unwrap();
        for name in ["hanako", "jiro", "saburo"] {
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
fn an_organisation_writes_its_own() {
    let source =
        "Leak {{ reference }}\n\nDear {{ account }},\n{% if site and not place %}- {{ site }}{% endif %}\n";
    let template = Template::new(LetterKind::UserFinding, Lang::En, source).unwrap();
    assert_eq!(template.source(), source);
    let letter = template.preview(Tlp::Amber).unwrap();
    assert_eq!(letter.subject, "Leak SG-2026-0001");
    assert!(letter.text.starts_with("Dear taro.suigen@suigen.example,\n"), "{}", letter.text);
    assert!(letter.text.contains("Never sign in from a link"), "the closing cannot be left out");
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
