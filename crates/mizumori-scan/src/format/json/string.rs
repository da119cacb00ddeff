//! Strings of JSON (RFC 8259, section 7), and what dumps make of them: single quotes, raw line breaks, the
//! escapes of Python and JavaScript.

/// Where a string ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StringEnd {
    /// At its closing quote.
    Closed {
        /// Offset of that quote.
        at: usize,
        /// Whether a backslash stands before it, from where the search began.
        is_escaped: bool,
    },
    /// Nowhere: what follows the line break at this offset, or the text's end, is no part of it.
    Broken {
        /// Offset of the break.
        at: usize,
    },
    /// Not in what is held.
    Unknown {
        /// From here on one has to look again.
        from: usize,
    },
}

/// Looks for the end of a string, from `from` on; `text` need not begin with it. `whole` says that nothing
/// follows the text.
///
/// A raw line break is no JSON, but dumps have them. A string goes on behind one unless the next line looks like
/// the structure of a document: a bracket, or a quote with something else behind it than what may follow a
/// string.
#[inline]
pub(super) fn string_end(text: &[u8], quote: u8, from: usize, whole: bool) -> StringEnd {
    let mut from = from;
    let mut is_escaped = false;
    loop {
        let Some(at) = text.get(from..).and_then(|rest| memchr::memchr3(quote, b'\\', b'\n', rest)) else {
            return if whole {
                StringEnd::Broken { at: text.len() }
            } else {
                StringEnd::Unknown { from: text.len() }
            };
        };
        let at = from + at;
        match text.get(at) {
            Some(b'\\') if at + 1 < text.len() => {
                is_escaped = true;
                // A line break is looked at even so: no escape of JSON begins with one.
                from = if text.get(at + 1) == Some(&b'\n') { at + 1 } else { at + 2 };
            }
            Some(b'\n') => match resumes(text.get(at + 1..).unwrap_or_default(), quote) {
                Some(true) => from = at + 1,
                Some(false) => return StringEnd::Broken { at },
                None if whole => return StringEnd::Broken { at },
                None => return StringEnd::Unknown { from: at },
            },
            Some(byte) if *byte == quote => return StringEnd::Closed { at, is_escaped },
            _ if whole => return StringEnd::Broken { at: text.len() },
            _ => return StringEnd::Unknown { from: at },
        }
    }
}

/// Blanks behind a line break that are looked through for what goes on behind it.
const MAX_BLANKS: usize = 4 << 10;

/// Whether a string goes on in the line that `next` begins with; `None` when that is not to be seen yet.
fn resumes(next: &[u8], quote: u8) -> Option<bool> {
    let (first, behind) = match first_visible(next) {
        Visible::Byte(first, behind) => (first, behind),
        Visible::Nothing => return Some(false),
        Visible::Unknown => return None,
    };
    if first != quote {
        return Some(!matches!(first, b'{' | b'}' | b'[' | b']'));
    }
    match first_visible(behind) {
        Visible::Byte(behind, _) => Some(matches!(behind, b',' | b'}' | b']')),
        Visible::Nothing => Some(false),
        Visible::Unknown => None,
    }
}

enum Visible<'a> {
    /// The first byte that is no blank, and what is behind it.
    Byte(u8, &'a [u8]),
    /// Blanks, too many of them.
    Nothing,
    Unknown,
}

fn first_visible(text: &[u8]) -> Visible<'_> {
    let window = text.get(..MAX_BLANKS).unwrap_or(text);
    match window.iter().position(|byte| !byte.is_ascii_whitespace()) {
        Some(at) => match text.get(at..) {
            Some([byte, behind @ ..]) => Visible::Byte(*byte, behind),
            _ => Visible::Nothing,
        },
        None if text.len() >= MAX_BLANKS => Visible::Nothing,
        None => Visible::Unknown,
    }
}

/// Appends what the inside of a string stands for. A surrogate without its other half becomes U+FFFD; an escape
/// that is none stands for the character behind the backslash.
pub(super) fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let Some(([escape], behind)) = rest.get(at + 1..).and_then(|rest| rest.split_at_checked(1)) else {
            return;
        };
        rest = behind;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => rest = push_unit(behind, out),
            b'x' => match hex(behind, 2) {
                Some(unit) => {
                    push_char(unit, out);
                    rest = behind.get(2..).unwrap_or_default();
                }
                None => out.push(b'x'),
            },
            other => out.push(*other),
        }
    }
    out.extend_from_slice(rest);
}

/// Appends the character whose `\u` escape `text` goes on with, and gives back what is behind it.
fn push_unit<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some(unit) = hex(text, 4) else {
        out.push(b'u');
        return text;
    };
    let rest = text.get(4..).unwrap_or_default();
    if (0xd800..0xdc00).contains(&unit)
        && let Some(low) = rest.strip_prefix(b"\\u").and_then(|rest| hex(rest, 4))
        && (0xdc00..0xe000).contains(&low)
    {
        push_char(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
        return rest.get(6..).unwrap_or_default();
    }
    push_char(unit, out);
    rest
}

fn push_char(unit: u32, out: &mut Vec<u8>) {
    let character = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The number that the first `digits` bytes are in hexadecimal digits.
fn hex(text: &[u8], digits: usize) -> Option<u32> {
    let text = text.get(..digits)?;
    text.iter().try_fold(0, |number, digit| Some((number << 4) | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (text, expected) in [
            ("plain", "plain"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0040\u6c34\ud83d\ude00", "@水😀"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83dx\ude00", "\u{fffd}x\u{fffd}"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\u12", "u12"),
            (r"it\'s \x41\xzz", "it's Axzz"),
            ("cut\\", "cut"),
        ] {
            let mut out = Vec::new();
            unescape(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn ends() {
        use StringEnd::{Broken, Closed, Unknown};
        for (text, expected) in [
            (r#"abc","#, Closed { at: 3, is_escaped: false }),
            (r#"a\"c","#, Closed { at: 4, is_escaped: true }),
            ("a\nb\",", Closed { at: 3, is_escaped: false }),
            ("a\n\",", Closed { at: 2, is_escaped: false }),
            ("a\\\n{\"", Broken { at: 2 }),
            ("a\n{\"", Broken { at: 1 }),
            ("a\n  \"password\": 1", Broken { at: 1 }),
            ("abc", Broken { at: 3 }),
            ("abc\\", Broken { at: 4 }),
        ] {
            assert_eq!(string_end(text.as_bytes(), b'"', 0, true), expected, "{text}");
        }
        assert_eq!(string_end(b"abc", b'"', 0, false), Unknown { from: 3 });
        assert_eq!(string_end(b"abc\\", b'"', 0, false), Unknown { from: 3 });
        assert_eq!(string_end(b"abc\n ", b'"', 0, false), Unknown { from: 3 });
    }
}
