//! Cells of a row: RFC 4180, and what dumps make of it.
//!
//! A quoted cell may go on over line ends. What is no proper quote (junk behind the closing one, none that
//! closes) is taken for what was written: a quote may begin a password.

use std::borrow::Cow;

use smallvec::SmallVec;

/// How a quote inside quotes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// Twice.
    Doubled,
    /// Twice, or behind a backslash.
    Backslash,
}

/// What separates cells and escapes quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) separator: u8,
    pub(crate) quoting: Quoting,
}

/// A cell: what it says, and where it stands in the text, quotes included.
#[derive(Clone, Debug)]
pub(super) struct Cell<'a> {
    pub(super) value: Cow<'a, [u8]>,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_quoted: bool,
}

/// The cells of a row.
pub(super) type Cells<'a> = SmallVec<[Cell<'a>; 16]>;

/// Where a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowEnd {
    /// Before its line end.
    At {
        /// One behind the last byte of its text.
        end: usize,
        /// One behind its line end.
        next: usize,
    },
    /// Not in what is held; inside the quotes that open at `quote`, if any.
    Beyond {
        /// Offset of the opening quote.
        quote: Option<usize>,
    },
    /// The quotes that open here do not close as they should.
    Broken {
        /// Offset of the opening quote.
        quote: usize,
    },
}

/// Splits the row at the start of `text`, at most `fields` cells of it. `whole` says that nothing follows the
/// text. Quotes from `literal_from` on close in their own line or are none.
pub(super) fn split<'a>(
    text: &'a [u8],
    dialect: Dialect,
    whole: bool,
    literal_from: usize,
    fields: usize,
    cells: &mut Cells<'a>,
) -> RowEnd {
    cells.clear();
    let mut start = 0;
    loop {
        let quoted = match text.get(start) {
            Some(b'"') => quoted_cell(text, dialect, whole, start, start >= literal_from),
            _ => Quoted::Literal,
        };
        let cell = match quoted {
            Quoted::Cell { value, end } => Cell { value, start, end, is_quoted: true },
            Quoted::Literal => {
                let rest = text.get(start..).unwrap_or_default();
                let length = match memchr::memchr2(dialect.separator, b'\n', rest) {
                    Some(length) => length,
                    None if whole => rest.len(),
                    None => return RowEnd::Beyond { quote: None },
                };
                let value = rest.get(..length).unwrap_or_default();
                // A carriage return is a part of the line end.
                let value = match (value, rest.get(length)) {
                    ([value @ .., b'\r'], Some(b'\n') | None) => value,
                    (value, _) => value,
                };
                Cell { value: Cow::Borrowed(value), start, end: start + value.len(), is_quoted: false }
            }
            Quoted::Beyond => return RowEnd::Beyond { quote: Some(start) },
            Quoted::Broken => return RowEnd::Broken { quote: start },
        };
        let end = cell.end;
        if cells.len() <= fields {
            cells.push(cell);
        }
        match text.get(end..).unwrap_or_default() {
            [] => return RowEnd::At { end, next: end },
            [b'\n', ..] => return RowEnd::At { end, next: end + 1 },
            [b'\r', b'\n', ..] => return RowEnd::At { end, next: end + 2 },
            [b'\r'] => return RowEnd::At { end, next: end + 1 },
            _ => start = end + 1,
        }
    }
}

enum Quoted<'a> {
    /// A proper one; `end` is behind its closing quote.
    Cell {
        value: Cow<'a, [u8]>,
        end: usize,
    },
    /// The quote is a part of what was written.
    Literal,
    Beyond,
    Broken,
}

/// Reads the cell whose opening quote stands at `start`.
fn quoted_cell<'a>(text: &'a [u8], dialect: Dialect, whole: bool, start: usize, in_line: bool) -> Quoted<'a> {
    let inside = start + 1;
    let (text, whole) = if in_line {
        match memchr::memchr(b'\n', text.get(inside..).unwrap_or_default()) {
            Some(length) => (text.get(..inside + length).unwrap_or(text), true),
            None => (text, whole),
        }
    } else {
        (text, whole)
    };
    let mut from = inside;
    let mut is_escaped = false;
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let found = match dialect.quoting {
            Quoting::Doubled => memchr::memchr(b'"', rest),
            Quoting::Backslash => memchr::memchr2(b'"', b'\\', rest),
        };
        let Some(length) = found else {
            return match (whole, in_line) {
                (false, _) => Quoted::Beyond,
                (true, true) => Quoted::Literal,
                (true, false) => Quoted::Broken,
            };
        };
        let at = from + length;
        if text.get(at) == Some(&b'\\') {
            if at + 1 >= text.len() && !whole {
                return Quoted::Beyond;
            }
            is_escaped = true;
            from = at + 2;
            continue;
        }
        match behind_quote(text, dialect.separator, whole, at) {
            Behind::End => {
                let value = text.get(inside..at).unwrap_or_default();
                let value = if is_escaped { unescaped(value, dialect.quoting) } else { Cow::Borrowed(value) };
                return Quoted::Cell { value, end: at + 1 };
            }
            Behind::Quote => {
                is_escaped = true;
                from = at + 2;
            }
            Behind::Unknown => return Quoted::Beyond,
            Behind::Junk => {
                let crossed = memchr::memchr(b'\n', text.get(inside..at).unwrap_or_default()).is_some();
                return if crossed {
                    Quoted::Broken
                } else {
                    sloppy_cell(text, dialect, whole, start, at + 1)
                };
            }
        }
    }
}

/// A cell with single quotes inside its quotes: it ends in its own line, at a quote that a separator follows,
/// before the next cell that begins with a quote.
fn sloppy_cell(text: &[u8], dialect: Dialect, whole: bool, start: usize, from: usize) -> Quoted<'_> {
    let rest = text.get(from..).unwrap_or_default();
    let length = match memchr::memchr(b'\n', rest) {
        Some(length) => length,
        None if whole => rest.len(),
        None => return Quoted::Beyond,
    };
    let line = text.get(..from + length).unwrap_or(text);
    for length in memchr::memchr_iter(b'"', rest.get(..length).unwrap_or_default()) {
        let at = from + length;
        let opens = at.checked_sub(1).and_then(|before| line.get(before)) == Some(&dialect.separator);
        match behind_quote(line, dialect.separator, true, at) {
            Behind::End => {
                let value = line.get(start + 1..at).unwrap_or_default();
                return Quoted::Cell { value: unescaped(value, dialect.quoting), end: at + 1 };
            }
            _ if opens => break,
            _ => {}
        }
    }
    Quoted::Literal
}

enum Behind {
    /// A separator or the row's end.
    End,
    Quote,
    Junk,
    Unknown,
}

/// What stands behind the quote at `at`.
fn behind_quote(text: &[u8], separator: u8, whole: bool, at: usize) -> Behind {
    match text.get(at + 1..).unwrap_or_default() {
        [] if whole => Behind::End,
        [] => Behind::Unknown,
        [b'"', ..] => Behind::Quote,
        [byte, ..] if *byte == separator || *byte == b'\n' => Behind::End,
        [b'\r', b'\n', ..] => Behind::End,
        [b'\r'] if whole => Behind::End,
        [b'\r'] => Behind::Unknown,
        _ => Behind::Junk,
    }
}

/// What the inside of quotes stands for.
fn unescaped(text: &[u8], quoting: Quoting) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = match quoting {
            Quoting::Doubled => memchr::memchr(b'"', rest),
            Quoting::Backslash => memchr::memchr2(b'"', b'\\', rest),
        };
        let Some(at) = found else { break };
        let (before, from) = rest.split_at_checked(at).unwrap_or_default();
        out.extend_from_slice(before);
        rest = match from {
            [b'\\', escaped @ (b'"' | b'\\'), rest @ ..] => {
                out.push(*escaped);
                rest
            }
            [b'"', b'"', rest @ ..] => {
                out.push(b'"');
                rest
            }
            [other, rest @ ..] => {
                out.push(*other);
                rest
            }
            [] => from,
        };
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect { separator: b',', quoting: Quoting::Doubled };

    fn cells(text: &str, dialect: Dialect, literal_from: usize) -> Result<Vec<String>, RowEnd> {
        let mut cells = Cells::new();
        match split(text.as_bytes(), dialect, true, literal_from, 100, &mut cells) {
            RowEnd::At { .. } => {
                Ok(cells.iter().map(|cell| String::from_utf8(cell.value.to_vec()).unwrap()).collect())
            }
            other => Err(other),
        }
    }

    #[test]
    fn rows() {
        for (text, expected) in [
            ("a,b\nc", vec!["a", "b"]),
            ("a,b\r\nc", vec!["a", "b"]),
            ("a,,\n", vec!["a", "", ""]),
            ("", vec![""]),
            ("\"a,\"\"b\nc\",d\n", vec!["a,\"b\nc", "d"]),
            ("\"a\"\r\n", vec!["a"]),
            ("\"\",\"\"\n", vec!["", ""]),
            ("a\"b,c\"\n", vec!["a\"b", "c\""]),
            ("\"he \"said\" so\",x\n", vec!["he \"said\" so", "x"]),
            ("\"ab\"c,x,\"y\"\n", vec!["\"ab\"c", "x", "y"]),
            ("\"d\"e,f\n", vec!["\"d\"e", "f"]),
        ] {
            assert_eq!(
                cells(text, COMMA, usize::MAX),
                Ok(expected.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn quotes_that_do_not_close() {
        assert_eq!(cells("a,\"d|e\nb,\"x\"", COMMA, usize::MAX), Err(RowEnd::Broken { quote: 2 }));
        assert_eq!(cells("a,\"d|e", COMMA, usize::MAX), Err(RowEnd::Broken { quote: 2 }));
        let literal = Ok(vec!["a".to_owned(), "\"d|e".to_owned()]);
        assert_eq!(cells("a,\"d|e\nb,\"x\"", COMMA, 2), literal);
        assert_eq!(cells("a,\"d|e\r\nb,\"x\"", COMMA, 0), literal);
        assert_eq!(cells("a,\"d|e", COMMA, 0), literal);
    }

    #[test]
    fn backslashes_where_they_escape() {
        let dialect = Dialect { quoting: Quoting::Backslash, ..COMMA };
        for (text, expected) in [
            (r#""a\"b","c\\""#, vec!["a\"b", "c\\"]),
            (r#""a\n","""","c""#, vec!["a\\n", "\"", "c"]),
            (r"a\,b", vec!["a\\", "b"]),
        ] {
            assert_eq!(
                cells(text, dialect, usize::MAX),
                Ok(expected.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }
}
