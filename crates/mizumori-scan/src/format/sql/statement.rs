//! The heads of the statements that matter: `INSERT` up to its first tuple, `COPY … FROM stdin` up to its first
//! row, `CREATE TABLE` for the names of its columns.

use super::lexer::{Found, Lexer, Step, is_word_byte};
use super::names::Names;

/// What stands at the place where a statement may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// An `INSERT`; a tuple's parenthesis is next.
    Insert,
    /// A `COPY`; its first row is next.
    Copy(Rows),
    /// A `CREATE TABLE`, read up to the end of its columns.
    Create,
    /// Anything else.
    Other,
}

/// How the rows of a `COPY` are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Quoted as CSV, or with PostgreSQL's own escapes.
    pub(super) quoting: Quoting,
    /// What stands between the fields.
    pub(super) separator: u8,
    /// Whether the first row names the columns.
    pub(super) header: Found,
}

/// How fields are kept apart from separators inside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// `\t`, `\n`, `\\`, `\N`.
    Escapes,
    /// Quotes, doubled inside.
    Csv,
}

/// Longest head of a statement; what is longer is none.
pub(super) const MAX_HEAD: usize = 1 << 20;

/// Words between `INSERT` and the table.
const MODIFIERS: [&str; 12] = [
    "low_priority",
    "high_priority",
    "delayed",
    "ignore",
    "overwrite",
    "or",
    "replace",
    "abort",
    "fail",
    "rollback",
    "all",
    "first",
];
/// Words between `CREATE` and `TABLE`.
const KINDS: [&str; 11] = [
    "global",
    "local",
    "temp",
    "temporary",
    "unlogged",
    "or",
    "replace",
    "external",
    "foreign",
    "cached",
    "memory",
];
/// Words that begin a part of `CREATE TABLE` that is no column.
const CONSTRAINTS: [&str; 13] = [
    "primary",
    "key",
    "unique",
    "constraint",
    "foreign",
    "index",
    "fulltext",
    "spatial",
    "check",
    "exclude",
    "like",
    "period",
    "partition",
];

/// Whether a statement that matters may begin with `text`.
pub(super) fn may_begin(text: &[u8]) -> bool {
    let begins = |word: &&str| {
        let (start, behind) = (text.get(..word.len()), text.get(word.len()));
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && behind.is_none_or(|byte| !is_word_byte(*byte))
    };
    // The first letter is enough to tell most lines.
    matches!(text.first(), Some(b'i' | b'I' | b'r' | b'R' | b'c' | b'C'))
        && ["insert", "into", "replace", "copy", "create"].iter().any(begins)
}

/// Reads the head of a statement; its table and its columns are left in `names`.
pub(super) fn statement(lexer: &mut Lexer<'_>, names: &mut Names) -> Step<Statement> {
    names.clear();
    let word = lexer.word()?;
    if is(word, &["insert", "replace", "into"]) {
        insert(lexer, word, names)
    } else if is(word, &["create"]) {
        create(lexer, names)
    } else if is(word, &["copy"]) {
        copy(lexer, names)
    } else {
        Ok(Statement::Other)
    }
}

fn is(word: &[u8], among: &[&str]) -> bool {
    among.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// `INSERT ALL` of Oracle is a list of `INTO … VALUES (…)`: each of them is read as a statement.
fn insert(lexer: &mut Lexer<'_>, first: &[u8], names: &mut Names) -> Step<Statement> {
    if !is(first, &["into"]) {
        loop {
            lexer.blanks()?;
            let before = lexer.at;
            let word = lexer.word()?;
            if is(word, &["into"]) {
                break;
            }
            if !is(word, &MODIFIERS) {
                // SQL Server needs no INTO.
                lexer.at = before;
                break;
            }
        }
    }
    lexer.blanks()?;
    let before = lexer.at;
    if !is(lexer.word()?, &["only", "table"]) {
        lexer.at = before;
    }
    lexer.blanks()?;
    if lexer.name(names.table())? == Found::No {
        return Ok(Statement::Other);
    }
    loop {
        lexer.blanks()?;
        if lexer.take(b'(')? {
            if !names.is_empty() || column_list(lexer, names)? == Found::No {
                return Ok(Statement::Other);
            }
            continue;
        }
        let word = lexer.word()?;
        if is(word, &["values", "value"]) {
            lexer.blanks()?;
            let before = lexer.at;
            if !is(lexer.word()?, &["row"]) {
                lexer.at = before;
            }
            lexer.blanks()?;
            return Ok(if lexer.peek()? == Some(b'(') { Statement::Insert } else { Statement::Other });
        } else if is(word, &["overriding"]) {
            // OVERRIDING SYSTEM VALUE
            for _ in 0..2 {
                lexer.blanks()?;
                lexer.word()?;
            }
        } else if is(word, &["as"]) {
            lexer.blanks()?;
            lexer.name(&mut Vec::new())?;
        } else {
            return Ok(Statement::Other);
        }
    }
}

/// The names between parentheses, from behind the first.
fn column_list(lexer: &mut Lexer<'_>, names: &mut Names) -> Step<Found> {
    loop {
        lexer.blanks()?;
        if lexer.name(names.column())? == Found::No {
            return Ok(Found::No);
        }
        if names.end_column() == Found::No {
            return Ok(Found::No);
        }
        lexer.blanks()?;
        if lexer.take(b')')? {
            return Ok(Found::Yes);
        }
        if !lexer.take(b',')? {
            return Ok(Found::No);
        }
    }
}

fn create(lexer: &mut Lexer<'_>, names: &mut Names) -> Step<Statement> {
    loop {
        lexer.blanks()?;
        let word = lexer.word()?;
        if is(word, &["table"]) {
            break;
        }
        if !is(word, &KINDS) {
            return Ok(Statement::Other);
        }
    }
    lexer.blanks()?;
    let before = lexer.at;
    if is(lexer.word()?, &["if"]) {
        for _ in ["not", "exists"] {
            lexer.blanks()?;
            lexer.word()?;
        }
        lexer.blanks()?;
    } else {
        lexer.at = before;
    }
    if lexer.name(names.table())? == Found::No {
        return Ok(Statement::Other);
    }
    lexer.blanks()?;
    if !lexer.take(b'(')? {
        return Ok(Statement::Other);
    }
    loop {
        lexer.blanks()?;
        let before = lexer.at;
        let is_constraint = is(lexer.word()?, &CONSTRAINTS);
        if !is_constraint {
            lexer.at = before;
            if lexer.name(names.column())? == Found::No || names.end_column() == Found::No {
                return Ok(Statement::Other);
            }
        }
        lexer.rest_of_definition()?;
        if lexer.take(b')')? {
            return Ok(Statement::Create);
        }
        if !lexer.take(b',')? {
            return Ok(Statement::Other);
        }
    }
}

fn copy(lexer: &mut Lexer<'_>, names: &mut Names) -> Step<Statement> {
    lexer.blanks()?;
    if lexer.name(names.table())? == Found::No {
        return Ok(Statement::Other);
    }
    lexer.blanks()?;
    if lexer.take(b'(')? && column_list(lexer, names)? == Found::No {
        return Ok(Statement::Other);
    }
    for wanted in ["from", "stdin"] {
        lexer.blanks()?;
        if !is(lexer.word()?, &[wanted]) {
            return Ok(Statement::Other);
        }
    }
    let rest = lexer.rest();
    let (options, used) = match memchr::memchr(b'\n', rest) {
        Some(end) => (rest.get(..end).unwrap_or_default(), end + 1),
        None if lexer.ended => (rest, rest.len()),
        None => return Err(lexer.cut_off()),
    };
    if !options.trim_ascii_end().ends_with(b";") {
        return Ok(Statement::Other);
    }
    lexer.at += used;
    Ok(Statement::Copy(rows(options)))
}

/// The options of a `COPY`, in today's form (`WITH (FORMAT csv, HEADER)`) and the old (`WITH CSV HEADER`,
/// `USING DELIMITERS '|'`).
fn rows(options: &[u8]) -> Rows {
    let mut words = options.split(|byte| !is_word_byte(*byte)).filter(|word| !word.is_empty()).peekable();
    let (mut quoting, mut header) = (Quoting::Escapes, Found::No);
    while let Some(word) = words.next() {
        if is(word, &["csv"]) {
            quoting = Quoting::Csv;
        } else if is(word, &["header"]) {
            let off = words.peek().is_some_and(|word| is(word, &["false", "off", "0"]));
            header = if off { Found::No } else { Found::Yes };
        }
    }
    let default = if quoting == Quoting::Csv { b',' } else { b'\t' };
    let separator = delimiter(options).unwrap_or(default);
    Rows { quoting, separator, header }
}

/// The byte between the quotes behind `DELIMITER`.
fn delimiter(options: &[u8]) -> Option<u8> {
    let lower = options.to_ascii_lowercase();
    let word = memchr::memmem::find(&lower, b"delimiter")?;
    let quoted = options.get(word..)?;
    let inner = quoted.get(memchr::memchr(b'\'', quoted)? + 1..)?;
    match inner {
        [b'\\', b't', ..] => Some(b'\t'),
        [byte, b'\'', ..] if !matches!(byte, b'\n' | b'\r' | b'\\' | b'"') => Some(*byte),
        _ => None,
    }
}
