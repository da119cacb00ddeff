//! Names of members: `a.zip!inner/b.txt`, and how names in archives are decoded.
//!
//! A name is only a name: nothing is ever written to disk under it, so that absolute and `..` names need no
//! taming. They are shown as they are.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use crate::charset::guess_names;

/// Longest name of a member inside an archive, in bytes of UTF-8; what is longer is cut. Only hostile archives
/// have one: file systems end at 255 bytes a component.
const MAX_MEMBER: usize = 16 * 1024;

/// Name of a member: the path of the file, then `!inner` for every container with named members.
///
/// A single-file compressor adds nothing: the content of `dump.txt.gz` is still called `dump.txt.gz`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberName(Arc<str>);

impl MemberName {
    /// A top-level name that is text already, such as `stdin`. Control characters are percent-encoded.
    pub fn new(name: &str) -> Self {
        let mut clean = String::with_capacity(name.len());
        push_text(&mut clean, name);
        Self(clean.into())
    }

    /// A file's path. What is no UTF-8 is decoded as a legacy encoding, or percent-encoded.
    pub fn from_path(path: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt;
        let raw = path.as_os_str().as_bytes();
        Self(decode(raw, guess_names(raw)).into())
    }

    /// The member `inner` of the container that has this name.
    pub(crate) fn member(&self, inner: &str) -> Self {
        Self(format!("{}!{inner}", self.0).into())
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component: what stands behind the last `/` or `!`.
    pub fn file_name(&self) -> &str {
        file_name(&self.0)
    }
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last component of a member's name inside its archive.
pub(crate) fn file_name(name: &str) -> &str {
    name.rsplit(['/', '!']).next().unwrap_or(name)
}

/// A member's name from the bytes that an archive has for it: separators become `/`.
///
/// `legacy` is the encoding for names that are no valid UTF-8; see [`guess_names`].
pub(crate) fn decode_member(raw: &[u8], legacy: &'static Encoding) -> String {
    let mut name = decode(raw, legacy);
    if name.contains('\\') {
        name = name.replace('\\', "/");
    }
    clip(name)
}

/// A member's name that the archive has as text already.
pub(crate) fn clean_member(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    push_text(&mut clean, text);
    if clean.contains('\\') {
        clean = clean.replace('\\', "/");
    }
    clip(clean)
}

fn clip(mut name: String) -> String {
    if name.len() > MAX_MEMBER {
        let end = (0..=MAX_MEMBER).rev().find(|&i| name.is_char_boundary(i)).unwrap_or(0);
        name.truncate(end);
    }
    name
}

/// Valid UTF-8 as it is, else by `legacy`; undecodable bytes and control characters percent-encoded.
fn decode(raw: &[u8], legacy: &'static Encoding) -> String {
    let mut out = String::with_capacity(raw.len() + raw.len() / 2);
    if let Ok(text) = std::str::from_utf8(raw) {
        push_text(&mut out, text);
        return out;
    }
    let mut decoder = legacy.new_decoder_without_bom_handling();
    let mut text = String::new();
    let mut at = 0;
    while let Some(rest) = raw.get(at..) {
        text.reserve(
            decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(rest.len() * 3),
        );
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        push_text(&mut out, &text);
        text.clear();
        at += read;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(len, after) => {
                let end = at.saturating_sub(usize::from(after));
                for byte in raw.get(end.saturating_sub(usize::from(len))..end).unwrap_or_default() {
                    push_percent(&mut out, *byte);
                }
            }
        }
    }
    out
}

fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_control() {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                push_percent(out, byte);
            }
        } else {
            out.push(c);
        }
    }
}

fn push_percent(out: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(out, "%{byte:02X}");
}

/// What to decode names with when they are no UTF-8, from the names of a whole archive (or as many as fit into
/// a sample): one encoding a container, because one program wrote it.
#[derive(Default)]
pub(crate) struct NameSample(Vec<u8>);

impl NameSample {
    const MAX: usize = 64 * 1024;

    /// Adds a name's bytes if they are no UTF-8.
    pub(crate) fn add(&mut self, raw: &[u8]) {
        if self.0.len() < Self::MAX && std::str::from_utf8(raw).is_err() {
            self.0.extend_from_slice(raw.get(..raw.len().min(Self::MAX)).unwrap_or_default());
            self.0.push(b'\n');
        }
    }

    /// The encoding that fits the names best.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        if self.0.is_empty() { UTF_8 } else { guess_names(&self.0) }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn decodes_names_of_archives() {
        let check = |raw: &[u8], expected: &str| {
            let mut sample = NameSample::default();
            sample.add(raw);
            assert_eq!(decode_member(raw, sample.encoding()), expected);
        };
        check(b"inner/b.txt", "inner/b.txt");
        check("パスワード.txt".as_bytes(), "パスワード.txt");
        // CP932, whose 0x5C trail bytes are no separators.
        check(b"\x95\x5C\x8E\xA6\\\x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68.txt", "表示/パスワード.txt");
        check(b"\xA5\xD1\xA5\xB9\xA5\xEF\xA1\xBC\xA5\xC9\xB0\xEC\xCD\xF7.txt", "パスワード一覧.txt");
        check(b"\xCF\xE0\xF0\xEE\xEB\xE8/\xCF\xE0\xF0\xEE\xEB\xE8.txt", "Пароли/Пароли.txt");
        check(b"C:\\Users\\a.txt", "C:/Users/a.txt");
        check(b"../../etc/passwd", "../../etc/passwd");
        check(b"/etc/passwd", "/etc/passwd");
        check(b"a\nb\x1B[31m\x7F", "a%0Ab%1B[31m%7F");
    }

    #[test]
    fn undecodable_bytes_are_percent_encoded() {
        assert_eq!(decode(b"a\xFFb\xC0\x80c", UTF_8), "a%FFb%C0%80c");
        assert_eq!(decode(b"tail\xE3\x81", UTF_8), "tail%E3%81");
        assert_eq!(decode(b"\x81", encoding_rs::SHIFT_JIS), "%81");
        assert_eq!(decode(b"\x81/x\x95\x5C", encoding_rs::SHIFT_JIS), "%81/x表");
    }

    #[test]
    fn names_nest() {
        let name = MemberName::new("dumps/a.zip").member("inner/b.zip").member("c.txt");
        assert_eq!(name.to_string(), "dumps/a.zip!inner/b.zip!c.txt");
        assert_eq!(name.file_name(), "c.txt");
        assert_eq!(
            MemberName::from_path(Path::new(OsStr::from_bytes(b"d/\xFF\xFE.txt"))).file_name().len(),
            8
        );
    }

    #[test]
    fn long_names_are_cut_on_a_character() {
        let name = clean_member(&"あ".repeat(MAX_MEMBER));
        assert!(name.len() <= MAX_MEMBER && name.ends_with('あ'));
    }
}
