//! The rows of PostgreSQL's `COPY … FROM stdin`: in its own text format, and as CSV.
//!
//! A row of the text format is one line: the line breaks inside its fields are written `\n`. (That a backslash may
//! stand before a real one, no pg_dump since version 7 makes use of.)

use super::super::bounded_fields::Form;
use super::super::column::Role;
use super::super::window::matters;
use super::lexer::Found;
use super::literal::extended_escape;
use super::scanner::{Affordable, Purpose, Scanner};
use super::statement::{Quoting, Rows, may_begin};
use crate::record::Reject;

impl Scanner<'_> {
    /// Reads rows up to the line `\.`, a statement, or the text's end.
    pub(super) fn rows(&mut self, rows: Rows) {
        let mut header = rows.header == Found::Yes;
        loop {
            self.hold(LONGEST_WORD);
            let rest = self.window.rest();
            if rest.is_empty() {
                return;
            }
            if rest.starts_with(b"\\.") && matches!(rest.get(2), None | Some(b'\r' | b'\n')) {
                self.window.advance(2);
                return;
            }
            let line = self.window.line();
            let read = match rows.quoting {
                Quoting::Escapes => self.text_row(rows.separator),
                Quoting::Csv => self.csv_row(rows.separator, line),
            };
            match read {
                Row::Read if header => header = false,
                Row::Read => self.emit(line),
                Row::Passed => {}
                Row::Statement => return,
            }
        }
    }

    /// Reads one line as a row.
    fn text_row(&mut self, separator: u8) -> Row {
        self.fields.clear();
        let (end, whole) = self.line_end();
        let rest = self.window.rest();
        let row = rest.get(..end).unwrap_or_default();
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        let mut from = 0;
        let mut single = true;
        for at in memchr::memchr_iter(separator, row).chain([row.len()]) {
            let field = row.get(from..at).unwrap_or_default();
            from = at + 1;
            self.fields.begin();
            if at == row.len() && !whole {
                // The rest of the line is lost, and with it other fields perhaps.
                self.fields.leave_out(field);
                break;
            }
            single &= at == row.len();
            if field == b"\\N" {
                self.fields.finish(Role::Other, Form::Bare);
                continue;
            }
            push_unescaped(field, &mut |text| self.fields.push(text));
            self.fields.finish(Role::Other, form_of(field));
        }
        // A row of one column could look like that too, but not like a whole statement.
        if single && may_begin(row) && row.ends_with(b";") {
            return Row::Statement;
        }
        self.pass_line(end, whole);
        Row::Read
    }

    /// Reads one row of CSV: in quoted fields line breaks may stand. A quote that does not end is its line's.
    fn csv_row(&mut self, separator: u8, line: u64) -> Row {
        loop {
            let rest = self.window.rest();
            match csv_fields(rest, self.window.has_ended(), separator, &mut |step| match step {
                Csv::Begin => self.fields.clear(),
                Csv::Piece(text) => self.fields.push(text),
                Csv::End(form) => {
                    self.fields.finish(Role::Other, form);
                    self.fields.begin();
                }
            }) {
                Some(used) => {
                    self.window.advance(used);
                    self.earn(used);
                    return Row::Read;
                }
                None if rest.len() <= self.limits.record_bytes && self.more() => {}
                None => break,
            }
        }
        let held = self.window.rest().len();
        let (end, whole) = self.line_end();
        // Looking for the quote again in every line would take its time.
        let end = match self.spend(held) {
            Affordable::Yes => end,
            Affordable::No => held,
        };
        let lost = self.window.rest().get(..end).unwrap_or_default();
        if matters(lost) && self.purpose == Purpose::Records {
            self.out.rejected(line, Reject::Unterminated);
        }
        self.census.failures += 1;
        self.pass_line(end, whole);
        Row::Passed
    }

    /// Where the line ends that begins at the cursor, and whether that is its real end.
    fn line_end(&mut self) -> (usize, bool) {
        loop {
            let rest = self.window.rest();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                return (end, true);
            }
            if rest.len() > self.limits.record_bytes {
                return (rest.len(), false);
            }
            if !self.more() {
                return (self.window.rest().len(), true);
            }
        }
    }

    /// Passes a line of which `end` bytes are held, and its line feed.
    fn pass_line(&mut self, end: usize, whole: bool) {
        self.window.advance(end);
        if whole {
            self.window.advance(1);
            return;
        }
        loop {
            let rest = self.window.rest();
            let end = memchr::memchr(b'\n', rest);
            self.fields.leave_out(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
            let used = end.map_or(rest.len(), |end| end + 1);
            self.window.advance(used);
            if end.is_some() || !self.more() {
                return;
            }
        }
    }
}

/// Bytes that tell the end of the rows.
const LONGEST_WORD: usize = 16;

/// What became of a row.
enum Row {
    /// It was read.
    Read,
    /// It was broken, and passed over.
    Passed,
    /// It is none: the rows have ended without saying so.
    Statement,
}

/// A number is no more than that, as in an `INSERT`.
fn form_of(field: &[u8]) -> Form {
    if field.iter().all(u8::is_ascii_digit) { Form::Bare } else { Form::Text }
}

fn push_unescaped(field: &[u8], push: &mut dyn FnMut(&[u8])) {
    let mut rest = field;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        push(rest.get(..at).unwrap_or_default());
        let escaped = rest.get(at + 1..).unwrap_or_default();
        let mut meant = [0; 4];
        let (used, length) = match escaped.first() {
            // COPY knows no code points.
            Some(byte @ (b'u' | b'U')) => {
                meant[0] = *byte;
                (1, 1)
            }
            _ => extended_escape(escaped, &mut meant),
        };
        push(meant.get(..length).unwrap_or_default());
        rest = escaped.get(used..).unwrap_or_default();
    }
    push(rest);
}

/// What is found in a row of CSV.
enum Csv<'a> {
    Begin,
    Piece(&'a [u8]),
    End(Form),
}

/// Takes a row apart; the bytes that it takes with its line end, `None` when the text ends inside quotes, or may
/// go on.
fn csv_fields(text: &[u8], ended: bool, separator: u8, found: &mut dyn FnMut(Csv<'_>)) -> Option<usize> {
    found(Csv::Begin);
    let mut at = 0;
    loop {
        let quoted = text.get(at) == Some(&b'"');
        if quoted {
            at += 1;
            loop {
                let rest = text.get(at..)?;
                let end = memchr::memchr(b'"', rest)?;
                found(Csv::Piece(rest.get(..end)?));
                at += end + 1;
                match text.get(at) {
                    Some(b'"') => {
                        found(Csv::Piece(b"\""));
                        at += 1;
                    }
                    None if !ended => return None,
                    _ => break,
                }
            }
        }
        // Without quotes, or behind them where nothing should stand.
        let rest = text.get(at..).unwrap_or_default();
        let end = memchr::memchr2(separator, b'\n', rest);
        if end.is_none() && !ended {
            return None;
        }
        let field = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        at += field.len();
        let last = text.get(at) != Some(&separator);
        let field = if last { field.strip_suffix(b"\r").unwrap_or(field) } else { field };
        found(Csv::Piece(field));
        found(Csv::End(if quoted { Form::Text } else { form_of(field) }));
        at += 1;
        if last {
            return Some(at.min(text.len()));
        }
    }
}
