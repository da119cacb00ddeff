//! Letters: templates that organisations write, and facts that came out of leaks.
//!
//! No text makes a panic. A template is refused, or every letter that becomes of it is short, has no link in it, no element
//! of HTML but ours. The input is a number for kind and language, then texts with a
//! zero between them: the template, and what stands in the facts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mizumori_core::{Lang, LeakTime, Names, Secret, SecretKind, Severity};
use mizumori_respond::Tlp;
use mizumori_respond::letter::{Facts, Letter, LetterKind, Listed, Template};

/// What a letter may come to, as HTML: eight times what a template may write.
const LONGEST: usize = 2 << 20;
const LANGS: [Lang; 2] = [Lang::Ja, Lang::En];

fuzz_target!(|bytes: &[u8]| {
    let Some((number, bytes)) = bytes.split_first() else { return };
    let number = usize::from(*number);
    let (kind, lang) = (LetterKind::ALL[number / 2 % LetterKind::ALL.len()], LANGS[number % 2]);
    let text = String::from_utf8_lossy(bytes);
    let mut texts = text.split('\0');
    let source = texts.next().unwrap_or_default();
    let facts = facts(&texts.collect::<Vec<_>>());
    let built_in = Template::built_in(kind, lang).expect("ours are whole");
    check(&built_in, &facts);
    match Template::new(kind, lang, source) {
        Ok(template) => {
            check(&template, &facts);
            let letter = template.preview(Tlp::Red).expect("it was tried when it was read");
            check_letter(&letter);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn facts(texts: &[&str]) -> Facts {
    let text = |at: usize| texts.get(at % texts.len().max(1)).copied().unwrap_or_default().to_owned();
    let names = |at: usize| Names { ja: text(at), en: text(at + 1) };
    let severity = Severity::ALL[texts.len() % Severity::ALL.len()];
    let listed = |at: usize| Listed {
        reference: text(at),
        severity,
        time: LeakTime::Unknown,
        site: Some(text(at + 1)),
        label: Some(text(at + 2)),
    };
    Facts {
        organisation: names(0),
        portal: names(1),
        portal_address: Some(text(2)),
        contact: Some(names(3)),
        reference: text(4),
        account: Some(text(5)),
        time: LeakTime::Year(2026),
        source: Some(names(6)),
        place: Some(names(7)),
        site: Some(text(8)),
        kind: [SecretKind::Clear, SecretKind::Hash, SecretKind::Token, SecretKind::None][texts.len() % 4],
        severity,
        label: Some(text(9)),
        listed: (0..texts.len()).map(listed).collect(),
        count: u64::MAX,
        counts: Severity::ALL.map(|severity| (severity, u64::MAX)).to_vec(),
        domain: Some(text(10)),
        code: Some(Secret::new(text(11))),
        deadline: None,
        days: Some(u32::MAX),
    }
}

fn check(template: &Template, facts: &Facts) {
    match template.render(facts, Tlp::Amber) {
        Ok(letter) => check_letter(&letter),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_letter(letter: &Letter) {
    assert!(letter.html.len() <= LONGEST && letter.text.len() <= LONGEST);
    assert!(!letter.subject.contains(char::is_control));
    assert!(!letter.text.contains("://") && !letter.html.contains("://"));
    for element in letter.html.split('<').skip(1) {
        let name: String = element.chars().take_while(|sign| !matches!(sign, ' ' | '>')).collect();
        let name = name.trim_start_matches('/');
        let ours = [
            "!DOCTYPE", "html", "head", "meta", "title", "body", "div", "h2", "p", "ul", "ol", "li", "table",
            "tr", "th", "td", "hr",
        ];
        assert!(ours.contains(&name), "{name}");
        let tag = element.split('>').next().unwrap_or_default();
        assert!(!["href", "src", "onclick", "url("].iter().any(|attribute| tag.contains(attribute)));
    }
}
