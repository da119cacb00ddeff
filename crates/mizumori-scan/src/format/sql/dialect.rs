//! What a dump's beginning tells: that it is one, and what a backslash means in its strings.

use std::cmp::{Ordering, Reverse};

use super::super::RecordLimits;
use super::literal::Escapes;
use super::scanner::{Census, Scanner};
use super::statement::may_begin;
use crate::format::physical_line::lines;
use crate::record::{Emit, Record, Reject};

/// How the strings of a dump are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SqlDialect {
    /// What a backslash means in a string without prefix.
    pub(super) escapes: Escapes,
    /// How sure that is.
    pub(super) certainty: Certainty,
}

/// How sure something is that the text itself does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    /// The program that wrote the dump is known, or the strings fit one way only.
    Known,
    /// Nothing speaks against it yet.
    Guessed,
}

/// What programs write into their dumps whose strings have backslashes.
const BACKSLASHES: [&[u8]; 7] =
    [b"MySQL dump", b"MariaDB dump", b"phpMyAdmin", b"INTO `", b"TABLE `", b"ENGINE=", b"SQLyog"];
/// The same of those whose strings have none.
const NO_BACKSLASHES: [&[u8]; 11] = [
    b"PostgreSQL database dump",
    b"standard_conforming_strings = on",
    b"PRAGMA foreign_keys",
    b"BEGIN TRANSACTION",
    b"INTO \"",
    b"TABLE \"",
    b"INTO [",
    b"INSERT [",
    b"SET IDENTITY_INSERT",
    b"NO_BACKSLASH_ESCAPES",
    b"REM INSERTING",
];

/// How the dump is written that begins with `sample`; `None` when it is no dump.
pub(super) fn tell(sample: &[u8], whole: bool) -> Option<SqlDialect> {
    let mut lines = lines(sample).map(<[u8]>::trim_ascii_start);
    if !lines.any(|line| may_begin(line) || line.starts_with(b"/*")) {
        return None;
    }
    let markers =
        |markers: &[&[u8]]| markers.iter().any(|marker| memchr::memmem::find(sample, marker).is_some());
    let (with, without) = (markers(&BACKSLASHES), markers(&NO_BACKSLASHES));
    let marked = match (with, without) {
        (true, false) => Some(Escapes::Backslash),
        (false, true) => Some(Escapes::Doubled),
        _ => None,
    };
    let census = |escapes| {
        let dialect = SqlDialect { escapes, certainty: Certainty::Known };
        let mut text = sample;
        Scanner::new(dialect, &mut text, &RecordLimits::default(), &mut Nobody).take_census()
    };
    let guessed = marked.unwrap_or(Escapes::Backslash);
    let other = if guessed == Escapes::Backslash { Escapes::Doubled } else { Escapes::Backslash };
    let counted = census(guessed);
    let (escapes, counted, certainty) = if memchr::memchr(b'\\', sample).is_none() {
        (guessed, counted, if marked.is_some() { Certainty::Known } else { Certainty::Guessed })
    } else {
        let countered = census(other);
        // What breaks fewer rows is right. A text without marks may be so short that nothing breaks: then what
        // finds more rows.
        let rows = |census: &Census| if marked.is_some() { 0 } else { census.rows };
        let merit = |census: &Census| (Reverse(census.failures), rows(census));
        match merit(&counted).cmp(&merit(&countered)) {
            Ordering::Less => (other, countered, Certainty::Known),
            Ordering::Greater => (guessed, counted, Certainty::Known),
            Ordering::Equal if marked.is_some() => (guessed, counted, Certainty::Known),
            Ordering::Equal => (guessed, counted, Certainty::Guessed),
        }
    };
    let is_marked = with || without;
    is_dump(&counted, is_marked, whole).then_some(SqlDialect { escapes, certainty })
}

/// Rows, and hardly an address outside them. A dump may begin with a schema so large that no row is in the
/// sample.
fn is_dump(census: &Census, is_marked: bool, whole: bool) -> bool {
    let Census { rows, telling, tables, strays, .. } = *census;
    let schema_first = is_marked && !whole && tables > 0;
    (strays == 0 && (rows > 0 || schema_first)) || (strays > 0 && telling >= strays)
}

/// Receives nothing: a census hands nothing on.
struct Nobody;

impl Emit for Nobody {
    fn record(&mut self, _: Record<'_>) {}

    fn rejected(&mut self, _: u64, _: Reject) {}
}
