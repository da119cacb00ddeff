//! What is read of vCards, case by case and against a slow twin.

use std::io::BufReader;

use proptest::prelude::*;

use super::super::row::{Field, emit_row};
use super::*;
use crate::record::Reject;
use crate::testing::Collected;

fn read(text: &[u8], limits: &RecordLimits, capacity: usize) -> Collected {
    let mut out = Collected::default();
    scan(&mut BufReader::with_capacity(capacity, text), limits, &mut out);
    out
}

fn check(text: &str, expected: &[&str]) {
    assert!(looks_like(text.as_bytes(), true), "{text}");
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let out = read(text.as_bytes(), &RecordLimits::default(), 8192);
        assert_eq!(out.lines(), expected, "{text}");
        assert_eq!(out.rejected, [], "{text}");
    }
}

fn check_card(properties: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|address| format!("2 {address} - -")).collect();
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    check(&format!("\nBEGIN:VCARD\n{properties}\nEND:VCARD\n"), &expected);
}

#[test]
fn properties_of_every_version() {
    for (properties, expected) in [
        ("EMAIL:a@x.example", &["a@x.example"][..]),
        ("EMAIL;TYPE=INTERNET,WORK:A@X.example", &["a@x.example"]),
        ("item1.EMAIL;type=\"a:b\":a@x.example", &["a@x.example"]),
        ("EMAIL:a@x.e\n xample", &["a@x.example"]),
        ("EMAIL:mailto:a@x.example", &["a@x.example"]),
        (
            "NOTE:b@x.example\\, c@x.example\\nd@x.example\nEMAIL:a@x.example",
            &["a@x.example", "b@x.example", "c@x.example", "d@x.example"],
        ),
        (
            "EMAIL:a@x.example\nEMAIL;TYPE=HOME:A@x.example\nX-MAIL:b@x.example",
            &["a@x.example", "b@x.example"],
        ),
        ("EMAIL;ENCODING=QUOTED-PRINTABLE:a=40x.example", &["a@x.example"]),
        ("NOTE;QUOTED-PRINTABLE;CHARSET=UTF-8:=E6=B0=B4=\n=0Aa=40x=\n.example", &["a@x.example"]),
        ("EMAIL;ENCODING=b:YUB4LmV4YW1wbGU=", &["a@x.example"]),
        ("EMAIL;BASE64:\n YUB4LmV4\n YW1wbGU=\n", &["a@x.example"]),
        ("UID:a@x.example\nKEY:b@x.example\nPHOTO;ENCODING=b:QUB4\n QUB4", &[]),
        (
            "AGENT:\nBEGIN:VCARD\nEMAIL:b@x.example\nEND:VCARD\nEMAIL:a@x.example",
            &["a@x.example", "b@x.example"],
        ),
        ("AGENT:BEGIN:VCARD\\nEMAIL\\;TYPE=WORK:b@x.example\\nEND:VCARD\\n", &["b@x.example"]),
        ("FN:Taro\nTEL:03-0000-0000", &[]),
    ] {
        check_card(properties, expected);
    }
}

#[test]
fn several_cards_some_without_end() {
    check(
        "BEGIN:VCARD\nEMAIL:a@x.example\nBEGIN:VCARD\nEMAIL:b@x.example\nEND:VCARD\nEMAIL:no@x.example\n\
         begin:vcard \nEMAIL:c@x.example",
        &["1 a@x.example - -", "3 b@x.example - -", "7 c@x.example - -"],
    );
}

#[test]
fn what_is_too_long() {
    let limits = RecordLimits { field_bytes: 64, fields: 2, ..RecordLimits::default() };
    let text = format!(
        "BEGIN:VCARD\nNOTE:b@x.example {0}\nPHOTO:{0}\nEMAIL:a@x.example\nEND:VCARD\nBEGIN:VCARD\nX:a@x.example\n\
         X:b@x.example\nX:c@x.example\nEND:VCARD\n",
        "p".repeat(10_000)
    );
    let out = read(text.as_bytes(), &limits, 64);
    let expected = ["1 a@x.example - -", "1 b@x.example - -", "6 b@x.example - -", "6 a@x.example - -"];
    assert_eq!(out.lines(), expected);
    assert_eq!(out.rejected, [(6, Reject::TooLong)]);
}

#[test]
fn what_is_no_vcard() {
    for text in [
        "",
        "a@x.example:pw\nBEGIN:VCARD\nEMAIL:a@x.example\n",
        "BEGIN:VCARD:pw\n",
        "BEGIN:VCARD\na@x.example pw\n",
    ] {
        assert!(!looks_like(text.as_bytes(), true), "{text}");
    }
}

/// The slow, obvious way: unfold the whole text, then look at every line.
fn twin(text: &str) -> Vec<String> {
    let mut out = Collected::default();
    let unfolded = text.replace("=\n", "\u{1}").replace("\n ", "\u{2}");
    let (mut line, mut begin) = (1, 0);
    let mut values: Vec<(Role, String)> = Vec::new();
    for property in unfolded.split('\n') {
        let physical = property.matches(['\u{1}', '\u{2}']).count() as u64;
        let property = property.replace(['\u{1}', '\u{2}'], "");
        let (head, value) = property.split_once(':').unwrap_or_default();
        match head.split(';').next().unwrap() {
            "BEGIN" => begin = line,
            "END" => {
                let fields: Vec<_> = values
                    .iter()
                    .map(|(role, value)| Field { role: *role, value: value.as_bytes() })
                    .collect();
                emit_row(begin, &fields, Bare::Refuse, &mut out);
                values.clear();
            }
            "PHOTO" => {}
            name => {
                let value = if head.contains("PRINTABLE") { unquoted(value) } else { value.to_owned() };
                let value = value.replace("\\n", "\n").replace("\\,", ",").replace("\\\\", "\\");
                let has_owner = values.iter().any(|(role, _)| *role == Role::Login);
                let owns = name == "EMAIL" && !has_owner && addresses(value.as_bytes()).next().is_some();
                values.push((if owns { Role::Login } else { Role::Other }, value));
            }
        }
        line += physical + 1;
    }
    out.lines().to_vec()
}

fn unquoted(value: &str) -> String {
    let mut parts = value.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}

prop_compose! {
    fn property()(
        name in prop_oneof![Just("EMAIL"), Just("EMAIL;TYPE=WORK"), Just("NOTE"), Just("PHOTO"), Just("FN")],
        value in prop_oneof![
            2 => "[a-z]{1,9}@[a-z]{1,5}\\.example",
            1 => "[a-z水@,:; \\n]{0,12}",
            1 => Just("b@x.example, or\nc@x.example".to_owned()),
        ],
        quoted in any::<bool>(),
        fold in 5..30_usize,
    ) -> String {
        let line = if quoted {
            let value: String = value.bytes().map(|byte| match byte {
                b'a'..=b'z' | b'.' => char::from(byte).to_string(),
                byte => format!("={byte:02X}"),
            }).collect();
            format!("{name};ENCODING=QUOTED-PRINTABLE:{value}")
        } else {
            format!("{name}:{}", value.replace('\n', "\\n").replace(',', "\\,"))
        };
        let characters: Vec<_> = line.chars().collect();
        let lines: Vec<String> = characters.chunks(fold).map(|part| part.iter().collect()).collect();
        if quoted { line } else { lines.join("\n ") }
    }
}

fn cards() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::collection::vec(property(), 0..6), 1..5).prop_map(|cards| {
        let cards =
            cards.iter().map(|card| format!("BEGIN:VCARD\nVERSION:3.0\n{}\nEND:VCARD\n", card.join("\n")));
        cards.collect()
    })
}

proptest! {
    #[test]
    fn reads_what_the_twin_reads(text in cards(), soft in 3..30_usize, capacity in 1..64_usize) {
        let text = softly_broken(&text, soft);
        prop_assert!(looks_like(text.as_bytes(), true));
        let seen = read(text.as_bytes(), &RecordLimits::default(), capacity);
        prop_assert_eq!(seen.lines(), twin(&text), "{}", text);
        let seen = read(text.replace('\n', "\r\n").as_bytes(), &RecordLimits::default(), capacity);
        prop_assert_eq!(seen.lines(), twin(&text));
    }

    #[test]
    fn any_text_is_read_alike_however_it_comes(
        mut text in prop_oneof![
            cards().prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 1..200),
        ],
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        capacity in 1..64_usize,
    ) {
        for (at, byte) in cuts {
            let at = at.index(text.len());
            text[at] = byte;
        }
        looks_like(&text, true);
        for field_bytes in [8, 1 << 20] {
            let limits = RecordLimits { field_bytes, fields: 3, ..RecordLimits::default() };
            let (one, other) = (read(&text, &limits, 8192), read(&text, &limits, capacity));
            prop_assert_eq!(one.lines(), other.lines());
            prop_assert_eq!(one.rejected, other.rejected);
        }
    }
}

/// Breaks the values in quoted-printable softly, after at least so many characters.
fn softly_broken(text: &str, soft: usize) -> String {
    let broken = text.split('\n').map(|line| match line.split_once("PRINTABLE:") {
        Some((head, value)) if value.len() > soft => {
            // Not inside an escape.
            let at = (soft..value.len()).find(|at| !value[at - 2..*at].contains('='));
            let (one, other) = value.split_at(at.unwrap_or(0));
            format!("{head}PRINTABLE:{one}=\n{other}")
        }
        _ => line.to_owned(),
    });
    broken.collect::<Vec<_>>().join("\n")
}
