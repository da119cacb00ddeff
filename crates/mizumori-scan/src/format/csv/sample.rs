//! The rows of a sample, and what they have in common.

use super::detect::CsvKind;
use super::layout::CsvLayout;
use super::split::{Cells, Dialect, Quoting, RowEnd, split};
use crate::format::column::{Role, is_address};
use crate::secret::SecretField;
use mizumori_core::SecretKind;

/// Rows that are looked at to learn the columns.
const ROWS: usize = 200;

/// A row in quotes at the sample's end that is no longer than this is taken for cut, not for broken.
const CUT_ROW: usize = 64 << 10;

/// Cells of a row that are looked at.
pub(super) const CELLS: usize = 256;

/// A row of the sample, unquoted.
pub(super) struct Row {
    pub(super) cells: Vec<Vec<u8>>,
    pub(super) is_quoted: bool,
}

/// The first rows; those that a quote would make longer than a line are read with the quote as it stands.
pub(super) fn first_rows(text: &[u8], whole: bool, dialect: Dialect) -> Vec<Row> {
    let mut rows = Vec::new();
    each_row(text, whole, dialect, &mut |_, cells, _| {
        let is_quoted = cells.iter().any(|cell| cell.is_quoted);
        rows.push(Row { cells: cells.iter().map(|cell| cell.value.to_vec()).collect(), is_quoted });
        rows.len() <= ROWS
    });
    rows
}

/// Calls `each` with the text and cells of every row that is not blank, and whether quotes had to be taken
/// literally, until it answers `false`. A last row that the sample's end may have cut is left out.
fn each_row(
    text: &[u8],
    whole: bool,
    dialect: Dialect,
    each: &mut dyn FnMut(&[u8], &Cells<'_>, bool) -> bool,
) {
    let mut rest = text;
    let mut literal_from = usize::MAX;
    while !rest.is_empty() {
        let mut cells = Cells::new();
        match split(rest, dialect, whole, literal_from, CELLS, &mut cells) {
            RowEnd::At { end, next } => {
                let row = rest.get(..end).unwrap_or_default();
                if !row.trim_ascii().is_empty() && !each(row, &cells, literal_from != usize::MAX) {
                    return;
                }
                rest = rest.get(next.max(1)..).unwrap_or_default();
                literal_from = usize::MAX;
            }
            RowEnd::Beyond { quote } if quote.is_none() || rest.len() < CUT_ROW => return,
            RowEnd::Broken { quote } | RowEnd::Beyond { quote: Some(quote) } => literal_from = quote,
            RowEnd::Beyond { quote: None } => return,
        }
    }
}

pub(super) fn are_hashes(rows: &[Row], column: usize) -> bool {
    let mut filled = rows.iter().filter_map(|row| row.cells.get(column)).filter(|cell| !cell.is_empty());
    filled.clone().next().is_some() && filled.all(|cell| SecretField::new(cell).kind() != SecretKind::Clear)
}

/// The column in which at least half of the rows have an address, if there is one; the fullest.
pub(super) fn addresses_in_columns(rows: &[Row]) -> Option<usize> {
    let width = rows.iter().map(|row| row.cells.len()).max()?;
    let mut counts = vec![0_usize; width];
    for row in rows {
        for (count, cell) in counts.iter_mut().zip(&row.cells) {
            *count += usize::from(memchr::memchr(b'@', cell).is_some() && is_address(cell));
        }
    }
    let (column, count) = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
    (2 * count >= rows.len() && *count > 0).then_some(column)
}

/// The number of cells that more rows have than any other.
pub(super) fn usual_width(rows: &[Row]) -> Option<usize> {
    let mut widths: Vec<_> = rows.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    widths
        .chunk_by(|one, other| one == other)
        .max_by_key(|group| group.len())
        .and_then(|group| group.first().copied())
}

/// Whether quotes are escaped with a backslash: some stand behind one inside a cell, and hardly any are doubled.
pub(super) fn quoting(text: &[u8], separator: u8) -> Quoting {
    let (mut escaped, mut doubled) = (0, 0);
    for at in memchr::memchr_iter(b'"', text) {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let behind = text.get(at + 1);
        let ends = behind.is_none_or(|byte| *byte == separator || matches!(byte, b'\n' | b'\r'));
        escaped += usize::from(before == Some(&b'\\') && !ends);
        doubled += usize::from(before == Some(&b'"') && !ends && behind != Some(&b'"'));
    }
    if escaped > doubled { Quoting::Backslash } else { Quoting::Doubled }
}

/// Whether rows can be read line by line: no quoted line ends, and hardly any quotes at all.
pub(super) fn kind(text: &[u8], whole: bool, layout: &CsvLayout) -> CsvKind {
    if memchr::memchr(b'"', text).is_none() {
        return CsvKind::Lines;
    }
    let (mut rows, mut quoted, mut over_lines, mut literal) = (0_usize, 0_usize, 0_usize, 0_usize);
    each_row(text, whole, layout.dialect(), &mut |row, cells, is_literal| {
        rows += 1;
        let swallows = memchr::memchr(b'\n', row).is_some() && !goes_over_lines(row, layout);
        let has_literal = cells.iter().any(|cell| !cell.is_quoted && cell.value.starts_with(b"\""));
        literal += usize::from(is_literal || swallows || has_literal);
        quoted += usize::from(!swallows && cells.iter().any(|cell| cell.is_quoted));
        over_lines += usize::from(!swallows && memchr::memchr(b'\n', row).is_some());
        true
    });
    if over_lines > literal || 50 * quoted > rows && quoted > literal {
        CsvKind::Quoted
    } else {
        CsvKind::Lines
    }
}

/// Whether nothing behind the line ends of a row is a row itself. A quote that closes by accident many lines
/// later swallows rows.
fn goes_over_lines(row: &[u8], layout: &CsvLayout) -> bool {
    let email = layout.roles.iter().position(|role| *role == Role::Email);
    let is_row = |line: &[u8]| {
        let mut cells = Cells::new();
        split(line, layout.dialect(), true, 0, CELLS, &mut cells);
        cells.len() == layout.roles.len()
            && email.is_none_or(|email| cells.get(email).is_some_and(|cell| is_address(&cell.value)))
    };
    !row.split(|byte| *byte == b'\n').skip(1).any(is_row)
}
