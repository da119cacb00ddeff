//! Character encodings: which one a member is in, where its lines end, and its text as UTF-8.
//!
//! An encoding is fixed from a member's first MiB. This is no validation: text in the wrong encoding is still
//! decoded, with U+FFFD where it does not fit.

mod decoder;
mod detect;
mod iso2022jp;
mod utf16;

use encoding_rs::Encoding;

pub use decoder::Decoder;
pub(crate) use detect::guess_names;

/// A character encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 and ASCII, broken sequences included; also what is no text at all.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// ISO-2022-JP (RFC 1468), 7 bits with escape sequences.
    Iso2022Jp,
    /// A legacy encoding whose bytes below 0x80 outside of a two-byte character are ASCII.
    Other(&'static Encoding),
}

/// What [`Charset::detect`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detection {
    /// The encoding.
    pub charset: Charset,
    /// Bytes of the byte order mark at the front, which is no text: 0, 2, 3 or 4.
    pub bom_len: usize,
}

impl Charset {
    /// True when the raw bytes can be scanned as they are (UTF-8, broken sequences included).
    pub fn is_utf8(&self) -> bool {
        matches!(self, Self::Utf8)
    }

    /// The encoding's name in the Encoding Standard.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Iso2022Jp => "ISO-2022-JP",
            Self::Other(encoding) => encoding.name(),
        }
    }

    /// Bytes of a code unit: 2 for UTF-16, else 1. A range may be split only at multiples of it.
    pub fn unit(&self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf8 | Self::Iso2022Jp | Self::Other(_) => 1,
        }
    }

    /// Whether a decoder may be started afresh at any line start. Not in ISO-2022-JP: in text that breaks
    /// RFC 1468 its state crosses lines.
    pub fn restarts_at_line(&self) -> bool {
        !matches!(self, Self::Iso2022Jp)
    }

    /// Offset just behind the first line feed in `bytes`, which begin on a code unit.
    pub fn first_line_end(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Utf8 | Self::Iso2022Jp | Self::Other(_) => memchr::memchr(b'\n', bytes).map(|i| i + 1),
            Self::Utf16Le | Self::Utf16Be => {
                memchr::memchr_iter(b'\n', bytes).find_map(|i| self.wide_line_end(bytes, i))
            }
        }
    }

    /// Offset just behind the last line feed in `bytes`, which begin on a code unit.
    pub fn last_line_end(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Utf8 | Self::Iso2022Jp | Self::Other(_) => memchr::memrchr(b'\n', bytes).map(|i| i + 1),
            Self::Utf16Le | Self::Utf16Be => {
                memchr::memrchr_iter(b'\n', bytes).find_map(|i| self.wide_line_end(bytes, i))
            }
        }
    }

    /// Line feeds in `bytes`, which begin on a code unit.
    pub fn count_line_ends(&self, bytes: &[u8]) -> u64 {
        let ends = memchr::memchr_iter(b'\n', bytes);
        match self {
            Self::Utf8 | Self::Iso2022Jp | Self::Other(_) => ends.count() as u64,
            Self::Utf16Le | Self::Utf16Be => ends.filter_map(|i| self.wide_line_end(bytes, i)).count() as u64,
        }
    }

    /// The end of the code unit whose byte `at` is 0x0A, when that unit is a line feed.
    fn wide_line_end(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let (other, end, aligned) = match self {
            Self::Utf16Be => (at.checked_sub(1)?, at + 1, at % 2 == 1),
            _ => (at + 1, at + 2, at.is_multiple_of(2)),
        };
        (aligned && bytes.get(other) == Some(&0)).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_line_ends() {
        let check = |charset: Charset, bytes: &[u8], first, last, count| {
            assert_eq!(charset.first_line_end(bytes), first, "{bytes:?}");
            assert_eq!(charset.last_line_end(bytes), last, "{bytes:?}");
            assert_eq!(charset.count_line_ends(bytes), count, "{bytes:?}");
        };
        check(Charset::Utf8, b"ab\ncd\ne", Some(3), Some(6), 2);
        check(Charset::Utf8, b"ab", None, None, 0);
        check(Charset::Other(encoding_rs::SHIFT_JIS), b"\x81\n\n", Some(2), Some(3), 2);
        // U+0A0A, U+000A, U+0A00: only the second is a line feed.
        check(Charset::Utf16Le, b"\x0A\x0A\x0A\x00\x00\x0A", Some(4), Some(4), 1);
        check(Charset::Utf16Be, b"\x0A\x0A\x00\x0A\x0A\x00", Some(4), Some(4), 1);
        check(Charset::Utf16Le, b"a\0\n", None, None, 0);
        check(Charset::Utf16Be, b"\n", None, None, 0);
    }
}
