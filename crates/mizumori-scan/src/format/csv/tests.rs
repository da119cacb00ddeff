//! Tests of tables: damage, limits, and the csv crate as the slow twin.

use std::io::BufReader;

use proptest::prelude::*;

use super::split::Quoting;
use super::*;
use crate::format::column::Role;
use crate::format::row::{Field, emit_row};
use crate::testing::Collected;
use crate::url::Bare;

fn layout(separator: u8, roles: &[Role]) -> CsvLayout {
    CsvLayout {
        separator,
        roles: roles.to_vec(),
        header: None,
        quoting: Quoting::Doubled,
        bare: Bare::Accept,
        preamble: Vec::new(),
    }
}

fn scanned(layout: &CsvLayout, text: &[u8], capacity: usize, limits: &RecordLimits) -> Collected {
    let mut out = Collected::default();
    scan(layout, &mut BufReader::with_capacity(capacity, text), limits, &mut out);
    out
}

/// As the engine does it: by the kind that was detected.
fn detected(text: &str) -> Collected {
    let (layout, kind) = detect(text.as_bytes(), true).unwrap_or_else(|| panic!("{text}"));
    let limits = RecordLimits::default();
    if kind == CsvKind::Quoted {
        return scanned(&layout, text.as_bytes(), 8192, &limits);
    }
    let mut out = Collected::default();
    for (number, text) in (1..).zip(text.split('\n')) {
        line(&layout, number, text.as_bytes(), &limits, &mut out);
    }
    out
}

fn check(text: &str, expected: &[&str]) {
    let out = detected(text);
    assert_eq!(out.lines(), expected, "{text}");
    assert_eq!(out.rejected, [], "{text}");
}

#[test]
fn tables_as_they_come() {
    check(
        "id,E-mail,passwd,memo\n1,a@x.example,p,see b@x.example\n\n2,b@x.example,,\n",
        &["2 a@x.example p -", "2 b@x.example - -", "4 b@x.example - -"],
    );
    check(
        "メールアドレス;パスワード\r\na@x.example;  p w ;\"x \r\nb@x.example;\"d|e\r\n",
        &["2 a@x.example   p w ;\"x  -", "3 b@x.example \"d|e -"],
    );
    check(
        "sep=;\n# made up\nurl;login;password\nvpn.x.example/a;yamada;p\nhttps://y.example/?a=c@x.example;l;\"\n",
        &["4 ~yamada p vpn.x.example", "5 ~l \" y.example", "5 c@x.example - -"],
    );
    check(
        "\"id\",\"email\",\"note\",\"password\"\n\"1\",\"a@x.example\",\"two\nlines, b@x.example\",\"p\"\"q,\n\"\n\"2\",\"c@x.example\",,\"r\"\n\
         \"id\",\"email\",\"note\",\"password\"\n\"3\",\"d@x.example\",\"\",NULL\n",
        &["2 a@x.example p\"q,\n -", "2 b@x.example - -", "5 c@x.example r -", "7 d@x.example - -"],
    );
    check(
        "name,address,email,password\nT,Tokyo, Japan,a@x.example,p\nT,O,b@x.example,p,q\n",
        &["2 a@x.example p -", "3 b@x.example p,q -"],
    );
    check(
        "password,email,city\np,a@x.example,Tokyo, Japan\nq,r,b@x.example,O\n",
        &["2 a@x.example p -", "3 b@x.example q,r -"],
    );
    check(
        "1,a@x.example,hunter2!\n2,b@x.example,s3,cr\n3,c@x.example,\n",
        &["1 a@x.example hunter2! -", "2 b@x.example s3,cr -", "3 c@x.example - -"],
    );
    check(
        "\"1\";\"a@x.example\";\"a\\\"b\"\n\"2\";\"b@x.example\";\"c\\\\\"\n",
        &["1 a@x.example a\"b -", "2 b@x.example c\\ -"],
    );
}

#[test]
fn a_quote_that_does_not_close_loses_nothing() {
    let layout = layout(b',', &[Role::Email, Role::Secret]);
    let check = |text: &str, expected: &[&str], rejected: &[(u64, Reject)]| {
        let out = scanned(&layout, text.as_bytes(), 64, &RecordLimits::default());
        assert_eq!(
            (out.lines(), out.rejected.as_slice()),
            (&*expected.iter().map(ToString::to_string).collect::<Vec<_>>(), rejected),
            "{text}"
        );
    };
    check("a@x.example,\"d|e\nb@x.example,p\n", &["1 a@x.example \"d|e -", "2 b@x.example p -"], &[]);
    check("a@x.example,\"d\n\"b@x.example\",\"p\"\n", &["1 a@x.example \"d -", "2 b@x.example p -"], &[]);
    check("\"a@x.example,p\nb@x.example,p\n", &["1 a@x.example p -", "2 b@x.example p -"], &[]);
    check("\"a@x.example\nb@x.example,p\n", &["2 b@x.example p -"], &[(1, Reject::Unterminated)]);
    check("\"nobody\nb@x.example,p\n", &["2 b@x.example p -"], &[]);
}

#[test]
fn limits_are_kept() {
    let layout = layout(b',', &[Role::Other, Role::Email, Role::Secret]);
    let limits = RecordLimits { line_bytes: 100, field_bytes: 20, fields: 4, record_bytes: 100 };
    let long = "x".repeat(50);
    let huge = "y".repeat(1_000_000);
    let text = format!(
        "{long},a@x.example,p\n1,b@x.example,{long}\n1,c@x.example,p,,,\n{huge},d@x.example,p\n1,\"{huge}\n1,e@x.example,p\n\
         1,{huge}\n\"{huge}\",f@x.example,p\n1,g@x.example,p\n"
    );
    let out = scanned(&layout, text.as_bytes(), 8192, &limits);
    assert_eq!(out.lines(), ["1 a@x.example p -", "6 e@x.example p -", "9 g@x.example p -"]);
    let too_long: Vec<_> = [2, 3, 4, 8].map(|line| (line, Reject::TooLong)).into();
    assert_eq!(out.rejected, too_long);
}

/// What nasty people put into cells.
fn value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a@x.example"),
        Just("p@ss"),
        Just("\""),
        Just("\"\""),
        Just(","),
        Just(";"),
        Just("\t"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just(" "),
        Just("秘密"),
        Just("\\"),
        Just("NULL"),
        Just("https://y.example/"),
        Just("x"),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Email), Just(Role::Login), Just(Role::Secret), Just(Role::Url), Just(Role::Other)]
}

/// What the csv crate reads, with the line that each row begins in.
fn naive(text: &[u8], roles: &[Role], separator: u8) -> Collected {
    let mut out = Collected::default();
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .terminator(::csv::Terminator::Any(b'\n'))
        .from_reader(text);
    for row in reader.byte_records() {
        let row = row.unwrap();
        let start = row.position().unwrap().byte() as usize;
        let number = 1 + text[..start].iter().filter(|byte| **byte == b'\n').count() as u64;
        let fields: Vec<_> =
            row.iter().zip(roles).map(|(value, role)| Field { role: *role, value }).collect();
        emit_row(number, &fields, Bare::Accept, &mut out);
    }
    out
}

proptest! {
    #[test]
    fn it_reads_what_the_csv_crate_reads(
        roles in proptest::collection::vec(role(), 2..6),
        cells in proptest::collection::vec(proptest::collection::vec(value(), 5), 0..6),
        separator in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        always in any::<bool>(),
        capacity in 1_usize..64,
    ) {
        let style = if always { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary };
        let mut writer = ::csv::WriterBuilder::new().delimiter(separator).quote_style(style).from_writer(Vec::new());
        for row in &cells {
            writer.write_record(row.iter().take(roles.len())).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let expected = naive(&text, &roles, separator);
        let out = scanned(&layout(separator, &roles), &text, capacity, &RecordLimits::default());
        prop_assert_eq!(out.lines(), expected.lines());
        prop_assert_eq!(out.rejected, vec![]);
    }

    #[test]
    fn whatever_the_bytes_and_the_buffer(
        text in proptest::collection::vec(
            prop_oneof![4 => proptest::sample::select(&b"\"\",,\n\r\\@x:/. a"[..]), 1 => any::<u8>()], 0..200),
        capacity in 1_usize..64,
        backslash in any::<bool>(),
        tight in any::<bool>(),
    ) {
        let quoting = if backslash { Quoting::Backslash } else { Quoting::Doubled };
        let layout = CsvLayout { quoting, ..layout(b',', &[Role::Email, Role::Secret, Role::Other]) };
        let tight_limits = RecordLimits { line_bytes: 40, field_bytes: 10, fields: 3, record_bytes: 40 };
        let limits = if tight { tight_limits } else { RecordLimits::default() };
        let whole = scanned(&layout, &text, 1 << 16, &limits);
        let pieces = scanned(&layout, &text, capacity, &limits);
        prop_assert_eq!(whole.lines(), pieces.lines());
        prop_assert_eq!(whole.rejected, pieces.rejected);
        let _ = detect(&text, true);
        let _ = detect(&text, false);
        let mut out = Collected::default();
        for part in text.split(|byte| *byte == b'\n') {
            line(&layout, 1, part, &limits, &mut out);
        }
    }

    #[test]
    fn nothing_behind_the_damage_is_lost(
        cells in proptest::collection::vec(proptest::collection::vec(value(), 3), 1..6),
        at in any::<proptest::sample::Index>(),
        cut in 0_usize..20,
        insert in proptest::collection::vec(proptest::sample::select(&b"\",\n\\@"[..]), 0..4),
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        for row in &cells {
            writer.write_record(row).unwrap();
        }
        let mut text = writer.into_inner().unwrap();
        let at = at.index(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, insert);
        text.extend_from_slice(b"\nz1@z.example,one,1\nz2@z.example,two,2\n");
        let layout = layout(b',', &[Role::Email, Role::Secret, Role::Other]);
        let out = scanned(&layout, &text, 64, &RecordLimits::default());
        for expected in [" z1@z.example one -", " z2@z.example two -"] {
            prop_assert!(out.lines().iter().any(|line| line.ends_with(expected)), "{:?}", out.lines());
        }
    }

    #[test]
    fn separators_in_an_unquoted_password_stay_inside(
        passwords in proptest::collection::vec("[a-z,:;\" ]{0,10}", 1..6).prop_filter("quotes", |passwords| {
            passwords.iter().all(|password| !password.starts_with('"'))
        }),
    ) {
        let layout = layout(b',', &[Role::Other, Role::Email, Role::Secret, Role::Other]);
        for password in passwords {
            let mut out = Collected::default();
            let text = format!("1,a@x.example,{password},last");
            line(&layout, 7, text.as_bytes(), &RecordLimits::default(), &mut out);
            let shown = if password.trim().is_empty() { "-" } else { password.as_str() };
            prop_assert_eq!(out.lines(), [format!("7 a@x.example {shown} -")]);
        }
    }
}
