//! Tests of JSON: what is one record, damage, limits, and a recursive twin over generated documents.

use std::io::BufReader;

use proptest::prelude::*;

use super::*;
use crate::format::column::Role;
use crate::record::Reject;
use crate::testing::Collected;

mod twin;

fn scanned(text: &[u8], capacity: usize, limits: &RecordLimits) -> Collected {
    let mut out = Collected::default();
    scan(&mut BufReader::with_capacity(capacity, text), limits, &mut out);
    out
}

fn check_damaged(text: &str, expected: &[&str], rejected: &[(u64, Reject)]) {
    for capacity in [1, 7, 8192] {
        let out = scanned(text.as_bytes(), capacity, &RecordLimits::default());
        assert_eq!(out.lines(), expected, "{text}");
        assert_eq!(out.rejected, rejected, "{text}");
    }
}

fn check(text: &str, expected: &[&str]) {
    check_damaged(text, expected, &[]);
}

#[test]
fn objects() {
    check(r#"{"email":"a@x.example","password":"p"}"#, &["1 a@x.example p -"]);
    check(
        "[\n {\"E-mail\": \"a@x.example\", \"passwd\": \"p\\u0040\\\"\\/\\ud83d\\ude00\"},\n {\"login\": \"l\", \"url\": \"x.example\"}\n]\n",
        &["2 a@x.example p@\"/😀 -", "3 ~l - x.example"],
    );
    check(
        r#"{"id":1,"note":"see b@x.example","email":"a@x.example","password":null}"#,
        &["1 a@x.example - -", "1 b@x.example - -"],
    );
    check(r#"{"login":42,"password":true}{"password":"p"}"#, &["1 ~42 true -", "1 ~ p -"]);
    check(r#"{"id":1,"name":"x","deep":[[[{"a":{"b":[]}}]]]}"#, &[]);
    check(r#"{"\u0065mail":"a\u0040x.example","p\u0061ss":"p"}"#, &["1 a@x.example p -"]);
}

#[test]
fn what_objects_say_together() {
    check(r#"{"user":{"email":"a@x.example"},"credentials":{"password":"p"}}"#, &["1 a@x.example p -"]);
    check(
        "{\"users\":[\n{\"email\":\"a@x.example\",\"password\":\"p\"},\n{\"email\":\"b@x.example\",\"password\":\"q\"}]}",
        &["2 a@x.example p -", "3 b@x.example q -"],
    );
    check(
        "{\"data\":{\"users\":[\n{\"email\":\"a@x.example\"},\n{\"email\":\"b@x.example\"}]}}",
        &["2 a@x.example - -", "3 b@x.example - -"],
    );
    check(
        r#"{"email":["a@x.example","b@x.example"],"password":"p"}"#,
        &["1 b@x.example p -", "1 a@x.example - -"],
    );
    // Meteor, Bitwarden.
    check(
        "{\"_id\":\"1\",\n\"services\":{\"password\":{\"bcrypt\":\"h\"}},\n\"emails\":[{\"address\":\"a@x.example\",\"verified\":true}]}",
        &["1 a@x.example h -"],
    );
    check(
        "{\"items\":[\n{\"login\":{\"uris\":[{\"match\":null,\"uri\":\"https://y.example\"}],\"username\":\"l\",\"password\":\"p\"}}]}",
        &["2 ~l p y.example"],
    );
    check(
        r#"{"email":"a@x.example","password":{"$numberLong":"123"},"_id":{"$oid":"0"}}"#,
        &["1 a@x.example 123 -"],
    );
    check(
        "{\"1\":{\"email\":\"a@x.example\",\n\"password\":\"p\"},\"2\":{\"email\":\"b@x.example\",\"password\":\"\"}}",
        &["1 a@x.example p -", "2 b@x.example - -"],
    );
}

#[test]
fn the_site_of_an_outer_object() {
    check(
        r#"{"url":"https://vpn.x.example/","credentials":{"login":"l","password":"p"}}"#,
        &["1 ~l p vpn.x.example"],
    );
    check(
        "[\n{\"url\":\"https://x.example/\",\"credentials\":{\"login\":\"l\",\"password\":\"p\"}},\n\
         {\"credentials\":{\"login\":\"m\",\"password\":\"q\"}}]",
        &["2 ~l p x.example", "3 ~m q -"],
    );
    check(
        "{\"host\":\"x.example\",\"accounts\":[\n{\"login\":\"l\",\"password\":\"p\"},\n\
         {\"login\":\"m\",\"password\":\"q\",\"url\":\"https://y.example\"},\n{\"login\":\"n\",\"password\":\"\",\"url\":\"\"}]}",
        &["2 ~l p x.example", "3 ~m q y.example", "4 ~n - x.example"],
    );
    // The nearest one; what is no site names none.
    check(
        r#"{"url":"https://x.example","a":{"url":"https://y.example","b":[{"host":"PC-1","c":{"login":"l","password":"p"}}]}}"#,
        &["1 ~l p y.example", "1 ~ - x.example"],
    );
    // One that its login does not need is left alone.
    check(
        r#"{"url":"https://x.example","a":{"login":"l","password":"p","url":"https://y.example"}}"#,
        &["1 ~l p y.example", "1 ~ - x.example"],
    );
    // Somebody of its own.
    check(
        r#"{"url":"https://x.example","email":"a@x.example","old":{"login":"l","password":"p"}}"#,
        &["1 ~l p x.example", "1 a@x.example - x.example"],
    );
    check(
        "{\"site\":\"x.example\",\n\"a@x.example\":\"p\",\"b@x.example\":{\"password\":\"q\"},\"c@x.example\":[\"r\"]}",
        &["2 a@x.example p x.example", "2 b@x.example q x.example", "2 c@x.example r x.example"],
    );
    // Nobody's.
    check(r#"{"url":"https://x.example","b":{"id":1}}"#, &["1 ~ - x.example"]);
    check_damaged(
        r#"{"url":"https://x.example","b":{"login":"l","password":"p""#,
        &["1 ~l p x.example"],
        &[(1, Reject::Unterminated)],
    );
}

#[test]
fn addresses_as_keys() {
    check(
        "{\"a@x.example\":\"p\",\n\"b@x.example\":{\"password\":\"q\"},\n\"c@x.example\":[\"r\",\"s\"],\"d@x.example\":{\"name\":\"D\"},\"e@x.example\":null,\"f@x.example\":true}",
        &[
            "1 a@x.example p -",
            "2 b@x.example q -",
            "3 c@x.example r -",
            "3 c@x.example s -",
            "3 d@x.example - -",
            "3 e@x.example - -",
            "3 f@x.example - -",
        ],
    );
    check(
        r#"{"a@x.example":[{"email":"b@x.example","password":"p"}, {"login":"l","password":"q"}]}"#,
        &["1 b@x.example p -", "1 a@x.example - -", "1 a@x.example q -"],
    );
    check(
        r#"{"a@x.example":[{"password":"p"},{"password":"q"}]}"#,
        &["1 a@x.example p -", "1 a@x.example q -"],
    );
}

#[test]
fn lists_of_strings() {
    check(
        "[\"a@x.example:p:q\",\n\"b@x.example\", \"see c@x.example\", 7]",
        &["1 a@x.example p:q -", "2 b@x.example - -", "2 c@x.example - -"],
    );
    check(r#"{"combos":["a@x.example:p"],"password":"q"}"#, &["1 a@x.example p -", "1 ~ q -"]);
}

#[test]
fn relatives_of_json() {
    check("{'email': u'a@x.example', 'password': 'it\\'s', 'x': None, 'y': True}", &["1 a@x.example it's -"]);
    check(
        "/* 1 */\n{\n  \"_id\" : ObjectId(\"0\"),\n  \"email\" : \"a@x.example\", // b@x\n  \"password\" : NumberLong(7)\n}\n\n/* 2 */\n{ email: \"b@x.example\", password: \"q\", }",
        &["2 a@x.example 7 -", "9 b@x.example q -"],
    );
    check("var users = [{\"email\":\"a@x.example\",\"password\":\"p\"}];", &["1 a@x.example p -"]);
    check("{\"email\":\"a@x.example\",\"password\":\"two\nlines\"}", &["1 a@x.example two\nlines -"]);
}

#[test]
fn damage_loses_nothing_behind_it() {
    use Reject::{Malformed, Unterminated};
    let good = "{\"email\":\"z@x.example\",\"password\":\"z\"}";
    let check = |damaged: &str, expected: &[&str], rejected: &[(u64, Reject)]| {
        let line = 2 + damaged.matches('\n').count();
        let expected: Vec<_> =
            expected.iter().map(ToString::to_string).chain([format!("{line} z@x.example z -")]).collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        check_damaged(&format!("{damaged}\n{good}"), &expected, rejected);
    };
    check("{\"email\":\"a@x.example\",\"passw", &[], &[(1, Unterminated)]);
    check("{\"email\":\"a@x.example\",\"password\":\"p\",\"x\":\"y", &["1 a@x.example p -"], &[]);
    check("{\"email\":\"a@x.example\",\"password\":\"p\"", &["1 a@x.example p -"], &[]);
    check("{\"email\":\"a@x.example\" @ }", &[], &[(1, Malformed)]);
    check("{\"name\":\"a\" % }", &[], &[]);
    check(
        "[{\"email\":\"a@x.example\",\"password\":\"p\"},{\"email\"]},{\"email\":\"b@x.example\",\"password\":\"q\"},",
        &["1 a@x.example p -", "1 b@x.example q -"],
        &[],
    );
    check(
        "{\"users\":[{\"email\":\"a@x.example\"},{\"email\":\"b@x.example\"},{\"email\":\"c@x.example\"]",
        &["1 a@x.example - -", "1 b@x.example - -"],
        &[(1, Malformed)],
    );
    check("garbage with b@x.example", &[], &[(1, Malformed)]);
    check("{\"a\":\"b\nhttps://x.example/\n", &[], &[(1, Unterminated)]);
    check("]]}}", &[], &[]);
    check_damaged(
        "[{\"email\":\"a@x.example\",\"password\":\"p\"},{\"email\":\"b@x.example",
        &["1 a@x.example p -"],
        &[(1, Unterminated)],
    );
    check_damaged("[{\"email\":\"a@x.example\",\"password\":\"p\"},", &["1 a@x.example p -"], &[]);
}

#[test]
fn limits_are_kept() {
    let limits = RecordLimits { line_bytes: 100, field_bytes: 20, fields: 8, record_bytes: 200 };
    let huge = "x".repeat(1_000_000);
    let long = "y".repeat(30);
    let deep = "[".repeat(3_000_000);
    let text = format!(
        "{{\"email\":\"a@x.example\",\"password\":\"p\",\"bio\":\"{huge}\"}}\n{{\"email\":\"b@x.example\",\"password\":\"{long}\"}}\n\
         {{\"email\":\"{huge}@x.example\",\"password\":\"p\"}}\n{{\"{huge}\":1,\"email\":\"c@x.example\",\"password\":\"q\"}}\n{deep}\n\
         {{\"email\":\"d@x.example\",\"password\":\"r\"}}\n"
    );
    for capacity in [64, 1 << 20] {
        let out = scanned(text.as_bytes(), capacity, &limits);
        assert_eq!(out.lines(), ["1 a@x.example p -", "4 c@x.example q -", "6 d@x.example r -"]);
        assert_eq!(out.rejected, [(2, Reject::TooLong), (3, Reject::TooLong)]);
    }
    // A list longer than a record may be: everybody is seen, nothing is collected.
    let users: Vec<_> = (0..1_000).map(|number| format!("{{\"email\":\"u{number}@x.example\"}}")).collect();
    let strings: Vec<_> = (0..1_000).map(|number| format!("\"s{number}@x.example\"")).collect();
    let text = format!("{{\"users\":[{}],\"emails\":[{}]}}", users.join(","), strings.join(","));
    let out = scanned(text.as_bytes(), 64, &limits);
    assert_eq!(out.lines().len(), 2_000);
}

#[test]
fn lines_alone() {
    let mut out = Collected::default();
    let limits = RecordLimits::default();
    for (number, text) in (1..).zip([
        "[{\"email\":\"a@x.example\",\"password\":\"p\"},",
        "{\"email\":\"b@x.example\",\"password\":\"q\"},\r",
        "",
        "{\"email\":\"c@x.example\",\"pass",
        "{\"_id\":{\"$oid\":\"0\"},\"email\":\"d@x.example\",\"password\":\"s\"}]",
    ]) {
        line(number, text.as_bytes(), &limits, &mut out);
    }
    assert_eq!(out.lines(), ["1 a@x.example p -", "2 b@x.example q -", "5 d@x.example s -"]);
    assert_eq!(out.rejected, [(4, Reject::Unterminated)]);
}

proptest! {
    #[test]
    fn whatever_the_bytes_and_the_buffer(
        pieces in proptest::collection::vec(prop_oneof![
            6 => proptest::sample::select(&[
                "{", "}", "[", "]", ",", ":", "\"email\":", "\"password\":", "\"a@x.example\"", "\"", "'", "\\", "\n", "\n{", "null",
                "\"x\"", "\"a@x.example\":", "https://", "(", ")", "/*", "*/", "\"\\u0040\"", "12", "\\ud83d", " ", "\"deep\":{", "@",
            ][..]).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..4),
        ], 0..60),
        capacity in 1_usize..64,
        tight in any::<bool>(),
    ) {
        let text = pieces.concat();
        let tight_limits = RecordLimits { line_bytes: 40, field_bytes: 5, fields: 3, record_bytes: 20 };
        let limits = if tight { tight_limits } else { RecordLimits::default() };
        let whole = scanned(&text, 1 << 16, &limits);
        let parts = scanned(&text, capacity, &limits);
        prop_assert_eq!(whole.lines(), parts.lines());
        prop_assert_eq!(whole.rejected, parts.rejected);
        let _ = looks_like(&text, true);
        let _ = looks_like(&text, false);
        let mut out = Collected::default();
        text.split(|byte| *byte == b'\n').for_each(|part| line(1, part, &limits, &mut out));
    }

    #[test]
    fn it_reads_what_its_twin_reads(document in prop_oneof![twin::document(), twin::sites()], printing in twin::printing(), capacity in 1_usize..64) {
        let mut printed = twin::Printed::new(printing);
        let lines = printed.print(&document);
        let text = printed.text;
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        let mut expected = Collected::default();
        twin::records(&document, &lines, &mut expected);
        let out = scanned(text.as_bytes(), capacity, &RecordLimits::default());
        prop_assert_eq!(out.lines(), expected.lines(), "{}", text);
        prop_assert_eq!(out.rejected, vec![]);
    }

    #[test]
    fn flat_objects_are_what_serde_reads(
        people in proptest::collection::vec((twin::value(), twin::value(), twin::value()), 1..6),
        capacity in 1_usize..64,
    ) {
        let mut text = String::new();
        let mut expected = Collected::default();
        for (number, (email, password, note)) in (1..).zip(&people) {
            let object = serde_json::json!({"email": email, "note": note, "password": password});
            text += &format!("{object}\n");
            let object: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            twin::row(number, &[
                (Role::Email, object["email"].as_str().unwrap()),
                (Role::Other, object["note"].as_str().unwrap()),
                (Role::Secret, object["password"].as_str().unwrap()),
            ], &mut expected);
        }
        let out = scanned(text.as_bytes(), capacity, &RecordLimits::default());
        prop_assert_eq!(out.lines(), expected.lines());
        let mut by_line = Collected::default();
        for (number, text) in (1..).zip(text.lines()) {
            line(number, text.as_bytes(), &RecordLimits::default(), &mut by_line);
        }
        prop_assert_eq!(by_line.lines(), expected.lines());
    }

    #[test]
    fn nothing_behind_the_damage_is_lost(
        document in twin::document(),
        printing in twin::printing(),
        at in any::<proptest::sample::Index>(),
        cut in 0_usize..20,
        insert in proptest::collection::vec(proptest::sample::select(&b"\"{}[],:'\\@"[..]), 0..4),
    ) {
        let mut printed = twin::Printed::new(printing);
        printed.print(&document);
        let mut text = printed.text.into_bytes();
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, insert);
        text.extend_from_slice(b"\n{\"email\":\"z1@z.example\",\"password\":\"one\"}\n{\"email\":\"z2@z.example\",\"password\":\"two\"}\n");
        let out = scanned(&text, 64, &RecordLimits::default());
        for expected in [" z1@z.example one -", " z2@z.example two -"] {
            prop_assert!(out.lines().iter().any(|line| line.ends_with(expected)), "{} {:?}", String::from_utf8_lossy(&text), out.lines());
        }
    }
}
