//! Whether a text is JSON: a document, or a value a line.

use super::string::{StringEnd, string_end};
use crate::format::physical_line::lines;

/// Which way JSON is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    /// Objects over several lines, or nested in each other.
    Document,
    /// An object a line.
    Lines,
}

/// Lines of a sample that are looked at.
const LINES: usize = 500;

/// Tokens that have to be grammatical at the start of a document.
const TOKENS: usize = 64;

/// Tells whether a member that begins with `sample` is JSON. A list whose passwords look like it is none: a key
/// with its colon has to stand where the grammar wants it.
pub(crate) fn looks_like(sample: &[u8], whole: bool) -> Option<JsonKind> {
    let text = skip_comments(sample);
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return None;
    }
    if are_lines(sample, whole) {
        return Some(JsonKind::Lines);
    }
    begins_grammatically(text, whole).then_some(JsonKind::Document)
}

/// The text behind blanks and the comments that viewers put before objects.
fn skip_comments(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii_start();
    while let Some(inside) = text.strip_prefix(b"/*") {
        let Some(end) = memchr::memmem::find(inside, b"*/") else { return text };
        text = inside.get(end + 2..).unwrap_or_default().trim_ascii_start();
    }
    text
}

/// Whether most lines are complete objects, and there are several.
fn are_lines(sample: &[u8], whole: bool) -> bool {
    let sample = match memchr::memrchr(b'\n', sample) {
        Some(end) if !whole => sample.get(..end).unwrap_or_default(),
        _ => sample,
    };
    let lines = lines(sample).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (mut all, mut complete) = (0, 0);
    for line in lines.take(LINES) {
        all += 1;
        complete += usize::from(is_object(line));
    }
    complete >= 2 && 4 * complete >= 3 * all
}

/// Whether a line is one object, perhaps with the bracket or the comma of the array around it.
fn is_object(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"[").map_or(line, <[u8]>::trim_ascii_start);
    if line.first() != Some(&b'{') {
        return false;
    }
    let (mut depth, mut from, mut has_key) = (0_usize, 0, false);
    while let Some(at) = line.get(from..).and_then(|rest| rest.iter().position(|byte| is_structure(*byte))) {
        let at = from + at;
        from = at + 1;
        match line.get(at) {
            Some(quote @ (b'"' | b'\'')) => match string_end(line, *quote, at + 1, true) {
                StringEnd::Closed { at, .. } => {
                    from = at + 1;
                    has_key |= line.get(from..).and_then(after_colon).is_some();
                }
                StringEnd::Broken { .. } | StringEnd::Unknown { .. } => return false,
            },
            Some(b'{' | b'[') => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            break;
        }
    }
    let behind = line.get(from..).unwrap_or_default();
    let is_empty = line.starts_with(b"{}");
    depth == 0
        && (has_key || is_empty)
        && behind.iter().all(|byte| matches!(byte, b',' | b']' | b' ' | b'\t' | b';'))
}

const fn is_structure(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'{' | b'}' | b'[' | b']')
}

/// Whether the text begins as the grammar wants it, up to a number of tokens, with at least one key in an object
/// or one string in an array.
fn begins_grammatically(text: &[u8], whole: bool) -> bool {
    let mut open = Vec::new();
    let mut rest = text;
    let mut may_be_key = false;
    let mut is_telling = false;
    for _ in 0..TOKENS {
        rest = skip_comments(rest);
        let Some((first, behind)) = rest.split_first() else { return is_telling };
        let is_object = open.last() == Some(&b'{');
        rest = behind;
        match first {
            b'{' | b'[' if may_be_key => return false,
            b'{' | b'[' => {
                open.push(*first);
                may_be_key = *first == b'{';
            }
            b'}' | b']' => {
                let is_other = if *first == b'}' { b'[' } else { b'{' };
                if open.pop().is_none_or(|open| open == is_other) {
                    return false;
                }
                if open.is_empty() {
                    return is_telling;
                }
                may_be_key = false;
            }
            b',' => may_be_key = is_object,
            b')' => {}
            quote @ (b'"' | b'\'') => {
                let StringEnd::Closed { at, .. } = string_end(rest, *quote, 0, true) else {
                    return is_telling && !whole;
                };
                rest = rest.get(at + 1..).unwrap_or_default();
                if may_be_key {
                    let Some(value) = after_colon(rest) else { return false };
                    rest = value;
                    may_be_key = false;
                    is_telling = true;
                }
                is_telling |= !is_object;
            }
            _ => {
                let length = behind.iter().take_while(|byte| is_word_byte(**byte)).count();
                let word = text_of(first, behind, length);
                rest = behind.get(length..).unwrap_or_default();
                if may_be_key {
                    let Some(value) = after_colon(rest).filter(|_| is_word_byte(*first)) else {
                        return false;
                    };
                    rest = value;
                    may_be_key = false;
                    is_telling = true;
                } else if let Some(argument) = rest.strip_prefix(b"(").filter(|_| first.is_ascii_alphabetic())
                {
                    rest = argument;
                } else if !is_value(word) {
                    return false;
                }
            }
        }
    }
    is_telling
}

fn text_of<'a>(first: &u8, behind: &'a [u8], length: usize) -> (u8, &'a [u8]) {
    (*first, behind.get(..length).unwrap_or_default())
}

/// A number, or one of the words that stand for a value.
fn is_value((first, rest): (u8, &[u8])) -> bool {
    match first {
        b'0'..=b'9' | b'-' => {
            rest.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        }
        b't' | b'T' => rest == b"rue",
        b'f' | b'F' => rest == b"alse",
        b'n' => rest == b"ull",
        b'N' => matches!(rest, b"one" | b"aN"),
        // The prefix of a string in Python.
        b'u' => rest.is_empty() || rest == b"ndefined",
        _ => false,
    }
}

const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.' | b'-' | b'+')
}

/// What stands behind a colon, blanks aside.
fn after_colon(text: &[u8]) -> Option<&[u8]> {
    text.trim_ascii_start().strip_prefix(b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lines_and_neither() {
        use JsonKind::{Document, Lines};
        for (text, expected) in [
            ("{\"email\":\"a@x.example\"}", Some(Document)),
            ("[{\"email\":\"a@x.example\"},{\"email\":\"b@x.example\"}]", Some(Document)),
            ("[\n  {\n    \"email\": \"a@x.example\"\n  }\n]\n", Some(Document)),
            ("[\"a@x.example:pw\"]", Some(Document)),
            ("{\"a@x.example\":\"pw\"}", Some(Document)),
            ("/* 1 */\n{\n  \"_id\" : ObjectId(\"0\"),\n  \"email\" : \"a\"\n}\n", Some(Document)),
            ("{\"a\":1}\n{\"a\":2}\n", Some(Lines)),
            ("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", Some(Lines)),
            ("{'email': 'a@x.example', 'password': None}\n{'email': 'b'}\n", Some(Lines)),
            ("{\"a\":{\"b\":[1,2]}}\nbroken\n{\"a\":\"}\"}\n{}\n", Some(Lines)),
            ("{x}:pw\n{y}:pw\n", None),
            ("[NOT_SAVED]\n", None),
            ("[section]\nkey=value\n", None),
            ("{}", None),
            ("[1,2,3]", None),
            ("a@x.example:{\"a\":1}\n", None),
            ("{a@x.example:pw}\n{b@x.example:pw}\n", None),
            ("{\"unclosed", None),
            ("", None),
        ] {
            assert_eq!(looks_like(text.as_bytes(), true), expected, "{text}");
        }
    }
}
