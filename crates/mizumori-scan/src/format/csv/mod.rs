//! Separated values with columns: CSV, TSV and their kin (RFC 4180), with and without a header.
//!
//! Two columns without header and without quotes are no such table but a list, and so are lines that begin with
//! a URL; see [`list`](super::list). Columns are known by their names or by what stands in them.

mod detect;
mod layout;
mod sample;
mod split;

use std::io::BufRead;

pub(crate) use detect::{CsvKind, detect};
pub(crate) use layout::CsvLayout;

use self::layout::reject;
use self::split::{Cells, RowEnd, split};
use super::RecordLimits;
use super::window::{Skipped, Window};
use crate::record::{Emit, Reject};

/// Reads one line of a table whose rows are lines, without its line feed. A quote that does not close in the
/// line is a part of its cell.
pub(crate) fn line(
    layout: &CsvLayout,
    line_number: u64,
    line: &[u8],
    limits: &RecordLimits,
    out: &mut dyn Emit,
) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if layout.is_skipped(line) {
        return;
    }
    let mut cells = Cells::new();
    if let RowEnd::At { .. } = split(line, layout.dialect(), true, 0, limits.fields, &mut cells) {
        layout.emit(line_number, line, &cells, limits, out);
    }
}

/// Reads a table whose quoted cells may hold line ends to its end.
pub(crate) fn scan(layout: &CsvLayout, text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    let mut window = Window::new(1);
    skip_preamble(layout, &mut window, text);
    // Quotes from here on close in their line: those of a row that did not end otherwise.
    let mut literal_from = usize::MAX;
    loop {
        let line = window.line();
        match row(layout, line, &window, literal_from, limits, out) {
            Step::Row { length } => {
                window.advance(length);
                literal_from = usize::MAX;
            }
            Step::Again { quote } => literal_from = quote,
            Step::More => {
                window.more(text);
            }
            Step::TooLong => {
                skip_line(&mut window, text, line, out);
                literal_from = usize::MAX;
            }
            Step::End => return,
        }
    }
}

/// What is to be done next.
enum Step {
    /// A row is done, of so many bytes with its line end.
    Row { length: usize },
    /// The row is to be read again, with the quote that opens there as it stands.
    Again { quote: usize },
    /// The row does not end in what is held.
    More,
    /// The line is longer than a record may be.
    TooLong,
    /// There is no row any more.
    End,
}

/// Reads the row at the cursor.
fn row(
    layout: &CsvLayout,
    line: u64,
    window: &Window,
    literal_from: usize,
    limits: &RecordLimits,
    out: &mut dyn Emit,
) -> Step {
    let held = window.rest();
    // Longer than a record may be is told by the text alone, not by how much of it happens to be held.
    let rest = held.get(..=limits.record_bytes).unwrap_or(held);
    let whole = window.has_ended() && rest.len() == held.len();
    let mut cells = Cells::new();
    match split(rest, layout.dialect(), whole, literal_from, limits.fields, &mut cells) {
        RowEnd::At { next: 0, .. } => Step::End,
        RowEnd::At { end, next } => {
            let text = rest.get(..end).unwrap_or_default();
            if literal_from != usize::MAX && cells.len() != layout.roles.len() {
                reject(line, text, Reject::Unterminated, out);
            } else if !layout.is_skipped(text) {
                layout.emit(line, text, &cells, limits, out);
            }
            Step::Row { length: next }
        }
        RowEnd::Broken { quote } => Step::Again { quote },
        RowEnd::Beyond { .. } if rest.len() <= limits.record_bytes => Step::More,
        RowEnd::Beyond { quote: Some(quote) } if quote < literal_from => Step::Again { quote },
        RowEnd::Beyond { .. } => Step::TooLong,
    }
}

/// Moves behind the lines before the header.
fn skip_preamble(layout: &CsvLayout, window: &mut Window, text: &mut dyn BufRead) {
    window.more(text);
    for before in &layout.preamble {
        loop {
            let rest = window.rest();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line == before {
                window.advance(length + 1);
                break;
            }
            if !line.trim_ascii().is_empty() || length == rest.len() {
                return;
            }
            window.advance(length + 1);
        }
    }
}

/// Passes over a line that is longer than a record may be.
fn skip_line(window: &mut Window, text: &mut dyn BufRead, line: u64, out: &mut dyn Emit) {
    let mut skipped = Skipped::default();
    loop {
        let rest = window.rest();
        let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
        let passed = end.unwrap_or(rest.len());
        skipped.look(rest.get(..passed).unwrap_or_default());
        window.advance(passed);
        if end.is_some() || !window.more(text) {
            break;
        }
    }
    if skipped.matters() {
        out.rejected(line, Reject::TooLong);
    }
}

#[cfg(test)]
mod tests;
