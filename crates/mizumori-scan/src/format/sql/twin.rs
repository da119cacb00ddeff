//! The slow, obvious way to read a dump, and the proof that the fast one reads the same.
//!
//! The twin holds the whole text and knows no damage: it walks over characters and ends at the first surprise.

use std::io::BufReader;

use proptest::prelude::*;

use super::super::bounded_fields::BoundedFields;
use super::super::column::Role;
use super::super::column_name::role_of_name;
use super::super::row::{Field, emit_row};
use super::dialect::{Certainty, SqlDialect};
use super::lexer::{Lexer, Stop};
use super::literal::Escapes;
use super::*;
use crate::testing::Collected;
use crate::url::Bare;

/// One value: `None` for what is neither string nor number.
type Value = Option<String>;

/// Reads statements `INSERT INTO name (columns) VALUES (…),(…);` and `COPY name (columns) FROM stdin;`.
fn twin(text: &str, escapes: Escapes) -> Vec<String> {
    let mut out = Collected::default();
    let mut rest = text;
    let line_of = |rest: &str| {
        memchr::memchr_iter(b'\n', &text.as_bytes()[..text.len() - rest.len()]).count() as u64 + 1
    };
    while !rest.is_empty() {
        let statement = rest.trim_start();
        if let Some(copy) = statement.strip_prefix("COPY ") {
            let (head, mut rows) = copy.split_once('\n').unwrap();
            let columns = columns(head);
            let separator = if head.contains("CSV") { ',' } else { '\t' };
            while !rows.starts_with("\\.") && !rows.is_empty() {
                let line = line_of(rows);
                let (row, behind) = if separator == ',' { csv_row(rows) } else { copied_row(rows) };
                emit(line, &columns, &row, &mut out);
                rows = behind;
            }
            rest = rows.strip_prefix("\\.").unwrap_or(rows);
        } else if let Some(insert) = statement.strip_prefix("INSERT INTO ") {
            let (head, mut tuples) = insert.split_once("VALUES").unwrap();
            let columns = columns(head);
            loop {
                tuples = tuples.trim_start();
                let line = line_of(tuples);
                let Some(tuple) = tuples.strip_prefix('(') else { break };
                let (row, behind) = tuple_of(tuple, escapes);
                emit(line, &columns, &row, &mut out);
                tuples = behind.trim_start();
                tuples = tuples.strip_prefix(',').unwrap_or(tuples);
            }
            rest = tuples.strip_prefix(';').unwrap();
        } else {
            rest = statement.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }
    out.lines().to_vec()
}

fn columns(head: &str) -> Vec<Role> {
    let (_, list) = head.split_once('(').unwrap();
    let (list, _) = list.split_once(')').unwrap();
    list.split(',').map(|name| role_of_name(name).unwrap_or(Role::Other)).collect()
}

fn tuple_of(text: &str, escapes: Escapes) -> (Vec<Value>, &str) {
    let mut row = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut value: Value = None;
    while let Some((at, character)) = characters.next() {
        match character {
            ',' => row.push(value.take()),
            ')' => {
                row.push(value);
                return (row, &text[at + 1..]);
            }
            '\'' => {
                let mut string = String::new();
                while let Some((_, character)) = characters.next() {
                    match character {
                        '\\' if escapes == Escapes::Backslash => match characters.next().unwrap().1 {
                            'n' => string.push('\n'),
                            't' => string.push('\t'),
                            '0' => string.push('\0'),
                            escaped => string.push(escaped),
                        },
                        '\'' if characters.next_if(|(_, next)| *next == '\'').is_some() => string.push('\''),
                        '\'' => break,
                        character => string.push(character),
                    }
                }
                value = Some(string);
            }
            digit if digit.is_ascii_digit() => value.get_or_insert_default().push(digit),
            _ => {}
        }
    }
    panic!("the tuple does not end")
}

fn copied_row(text: &str) -> (Vec<Value>, &str) {
    let (row, behind) = text.split_once('\n').unwrap_or((text, ""));
    let field = |field: &str| {
        if field == "\\N" {
            return None;
        }
        let mut characters = field.chars();
        let mut value = String::new();
        while let Some(character) = characters.next() {
            value.push(match character {
                '\\' => match characters.next().unwrap() {
                    'n' => '\n',
                    't' => '\t',
                    escaped => escaped,
                },
                character => character,
            });
        }
        Some(value)
    };
    (row.split('\t').map(field).collect(), behind)
}

fn csv_row(text: &str) -> (Vec<Value>, &str) {
    let mut row = vec![Some(String::new())];
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let field = row.last_mut().unwrap().get_or_insert_default();
        match character {
            '"' if quoted && characters.next_if(|(_, next)| *next == '"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(Some(String::new())),
            '\n' if !quoted => return (row, &text[at + 1..]),
            character => field.push(character),
        }
    }
    (row, "")
}

fn emit(line: u64, columns: &[Role], row: &[Value], out: &mut Collected) {
    let value = |value: &'_ Value| value.clone().unwrap_or_default();
    let values: Vec<_> = row.iter().map(value).collect();
    let fields: Vec<_> = columns
        .iter()
        .zip(&values)
        .map(|(role, value)| Field { role: *role, value: value.as_bytes() })
        .collect();
    assert_eq!(fields.len(), row.len());
    emit_row(line, &fields, Bare::Refuse, out);
}

/// Values with everything in them that means something to SQL.
fn nasty() -> impl Strategy<Value = Value> {
    let piece = prop_oneof![
        Just("'"),
        Just("\""),
        Just("\\"),
        Just("\\'"),
        Just("\n"),
        Just("\t"),
        Just("),("),
        Just(";"),
        Just(","),
        Just("-- "),
        Just("/*"),
        Just("#"),
        Just("$$"),
        Just("@"),
        Just(" "),
        Just("水"),
        Just("a"),
        Just("b@c"),
        Just("\nINSERT INTO "),
        Just("NULL"),
        Just("x'"),
        Just("\\N"),
        Just("\\."),
        Just("c@d.example"),
        Just("%"),
    ];
    prop_oneof![
        1 => Just(None),
        9 => prop::collection::vec(piece, 0..6).prop_map(|pieces| Some(pieces.concat())),
    ]
}

fn login() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => "[a-z]{1,6}(\\.[a-z]{1,3})?@[a-z]{1,5}\\.example".prop_map(Some),
        1 => Just(Some("o'brien@x.example".to_owned())),
        1 => Just(Some("ｔａｒｏ＠水源省.example".to_owned())),
        1 => nasty(),
    ]
}

/// How a dump is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Insert(Escapes),
    Copy,
    CopyCsv,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Insert(Escapes::Backslash)),
        Just(Style::Insert(Escapes::Doubled)),
        Just(Style::Copy),
        Just(Style::CopyCsv),
    ]
}

const COLUMNS: &str = "id, name, email, passwd, note";

fn write(style: Style, rows: &[[Value; 4]], tuples: usize, gap: &str) -> String {
    let mut text = match style {
        Style::Insert(Escapes::Backslash) => "-- MySQL dump\n".to_owned(),
        _ => "SET standard_conforming_strings = on;\n".to_owned(),
    };
    let field = |value: &Value| match (style, value) {
        (Style::Insert(_), None) => "NULL".to_owned(),
        (Style::Insert(Escapes::Backslash), Some(value)) => {
            format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
        }
        (Style::Insert(_), Some(value)) => format!("'{}'", value.replace('\'', "''")),
        (Style::Copy, None) => "\\N".to_owned(),
        (Style::Copy, Some(value)) => value.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t"),
        (Style::CopyCsv, None) => String::new(),
        (Style::CopyCsv, Some(value)) => format!("\"{}\"", value.replace('"', "\"\"")),
    };
    match style {
        Style::Copy => text += &format!("COPY public.m ({COLUMNS}) FROM stdin;\n"),
        Style::CopyCsv => text += &format!("COPY public.m ({COLUMNS}) FROM stdin WITH CSV;\n"),
        Style::Insert(_) => {}
    }
    for (at, row) in rows.iter().enumerate() {
        let fields: Vec<_> = row.iter().map(field).collect();
        match style {
            Style::Insert(_) => {
                text += &match at % tuples {
                    0 => format!("INSERT INTO m ({COLUMNS}){gap}VALUES{gap}"),
                    _ => format!("{gap},{gap}"),
                };
                text += &format!("({},{})", at + 1, fields.join(gap.get(..1).map_or(",", |_| " , ")));
                if (at + 1) % tuples == 0 || at + 1 == rows.len() {
                    text += ";\n";
                }
            }
            Style::Copy => text += &format!("{}\t{}\n", at + 1, fields.join("\t")),
            Style::CopyCsv => text += &format!("{},{}\n", at + 1, fields.join(",")),
        }
    }
    if !matches!(style, Style::Insert(_)) {
        text += "\\.\n";
    }
    text
}

prop_compose! {
    fn row()(name in nasty(), email in login(), passwd in nasty(), note in nasty()) -> [Value; 4] {
        [name, email, passwd, note]
    }
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just(" "), Just("\n"), Just(" \r\n\t")]
}

const fn escapes(style: Style) -> Escapes {
    match style {
        Style::Insert(escapes) => escapes,
        Style::Copy | Style::CopyCsv => Escapes::Doubled,
    }
}

fn read(dialect: SqlDialect, text: &[u8], capacity: usize) -> Collected {
    let mut out = Collected::default();
    let limits = RecordLimits { field_bytes: 1 << 12, record_bytes: 1 << 14, ..RecordLimits::default() };
    scan(&dialect, &mut BufReader::with_capacity(capacity, text), &limits, &mut out);
    out
}

fn dialects() -> impl Strategy<Value = SqlDialect> {
    let escapes = prop_oneof![Just(Escapes::Backslash), Just(Escapes::Doubled)];
    let certainty = prop_oneof![Just(Certainty::Known), Just(Certainty::Guessed)];
    (escapes, certainty).prop_map(|(escapes, certainty)| SqlDialect { escapes, certainty })
}

/// Text of the pieces that statements are made of, in any order.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("INSERT INTO t "),
        Just("(email, password)"),
        Just(" VALUES "),
        Just("('a@x.example',"),
        Just("'pw')"),
        Just(","),
        Just(";\n"),
        Just("COPY t (email, pw) FROM stdin;\n"),
        Just("a\tb@x.example\n"),
        Just("\\.\n"),
        Just("CREATE TABLE t (email text, pw text);"),
        Just("'"),
        Just("\""),
        Just("`"),
        Just("["),
        Just("\\"),
        Just("--"),
        Just("/*"),
        Just("*/"),
        Just("/*!40000 "),
        Just("$a$"),
        Just("0x61"),
        Just("x'4"),
        Just("("),
        Just(")"),
        Just("f("),
        Just("N'"),
        Just("_utf8 "),
        Just("||"),
        Just("::text"),
        Just("\n"),
        Just("水\u{fffd}"),
        Just("1.5e"),
        Just("COPY t FROM stdin WITH CSV HEADER;\n"),
        Just("replace("),
        Just("unhex('zz4')"),
    ];
    prop::collection::vec(scrap, 0..40).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn reads_what_the_twin_reads(
        style in style(),
        rows in prop::collection::vec(row(), 1..12),
        tuples in 1..5_usize,
        gap in gap(),
        capacity in 1..64_usize,
    ) {
        let text = write(style, &rows, tuples, gap);
        let dialect = looks_like(text.as_bytes(), true);
        prop_assert!(dialect.is_some(), "{}", text);
        let seen = read(dialect.unwrap(), text.as_bytes(), capacity);
        prop_assert_eq!(seen.lines(), twin(&text, escapes(style)), "{}", text);
        prop_assert!(seen.rejected.is_empty());
    }

    #[test]
    fn any_text_is_read_alike_however_it_comes(
        text in prop_oneof![scraps().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..200)],
        dialect in dialects(),
        capacity in 1..64_usize,
    ) {
        let (one, other) = (read(dialect, &text, 8192), read(dialect, &text, capacity));
        prop_assert_eq!(one.lines(), other.lines());
        prop_assert_eq!(one.rejected, other.rejected);
        looks_like(&text, false);
    }

    /// What is read of a value never depends on how much of the text is held.
    #[test]
    fn a_part_of_a_value_is_not_misread(value in scraps(), dialect in dialects()) {
        let mut fields = BoundedFields::new(&RecordLimits::default());
        let mut read = |text: &str, ended: bool| {
            fields.clear();
            let mut lexer = Lexer::new(text.as_bytes(), ended, dialect.escapes);
            let form = lexer.value(&mut fields);
            (form, lexer.at, fields.open_value().to_vec())
        };
        let whole = read(&value, true);
        for end in (0..value.len()).filter(|end| value.is_char_boundary(*end)) {
            let part = read(&value[..end], false);
            match part.0 {
                Err(Stop::More) => {}
                Err(bad) => prop_assert_eq!(Err(bad), whole.0),
                Ok(_) => prop_assert_eq!(&part, &whole),
            }
        }
    }

    /// Whatever befalls a statement, the statements behind it are read.
    #[test]
    fn damage_is_local(
        rows in prop::collection::vec(row(), 1..5),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..5),
        style in style(),
    ) {
        let mut text = write(style, &rows, 2, "").into_bytes();
        for (at, byte, drop) in cuts {
            let at = at.index(text.len());
            if drop { text.truncate(at.max(1)) } else { text[at] = byte }
        }
        text.push(b'\n');
        let mut expected = Vec::new();
        for number in 0..20 {
            expected.push(format!("good{number}@x.example"));
            text.extend(format!("INSERT INTO m ({COLUMNS}) VALUES (1,'n','good{number}@x.example','pw','x');\n").bytes());
        }
        let dialect = SqlDialect { escapes: escapes(style), certainty: Certainty::Known };
        let seen = read(dialect, &text, 8192);
        let good = seen.lines().iter().filter_map(|line| line.split(' ').find(|part| part.starts_with("good")));
        prop_assert_eq!(good.collect::<Vec<_>>(), expected, "{}", String::from_utf8_lossy(&text));
    }
}

/// A statement longer than what is held at once.
#[test]
fn one_long_line() {
    let value = |seed: usize| match seed % 7 {
        0 => None,
        seed => Some("'a\\,b),(\n".repeat(20 * seed)),
    };
    let row = |at: usize| [value(at), Some(format!("u{at}@x.example")), value(at / 7), value(at / 3)];
    let rows: Vec<_> = (0..600).map(row).collect();
    for style in
        [Style::Insert(Escapes::Backslash), Style::Insert(Escapes::Doubled), Style::Copy, Style::CopyCsv]
    {
        let text = write(style, &rows, rows.len(), "");
        assert!(text.len() > 512 << 10);
        let dialect = looks_like(&text.as_bytes()[..256 << 10], false).unwrap();
        let seen = read(dialect, text.as_bytes(), 1000);
        assert!(seen.lines() == twin(&text, escapes(style)), "{style:?}");
    }
}
