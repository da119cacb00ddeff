//! What a member is, by its first bytes. Its name plays no part.
//!
//! A magic number alone is not believed when text follows it: a list may well begin with a line `Rar!` or
//! `BZh91...`. Such data is a container only when its structure bears the magic number out.

use std::io::Read;

use crate::{Format, Limits, Unreadable, codec, container};

/// Bytes that are looked at.
pub(crate) const HEAD: usize = 4096;

/// The container that begins with `head`, if it is one.
pub(crate) fn sniff(head: &[u8], limits: &Limits) -> Option<Format> {
    let (format, header) = magic(head)?;
    let rest = head.get(header..).unwrap_or_default();
    (!reads_as_text(rest) || bears_out(format, head, limits)).then_some(format)
}

/// The container that `head` claims to be, and how long its first header is, which is never text.
fn magic(head: &[u8]) -> Option<(Format, usize)> {
    let found = match *head {
        [0x1F, 0x8B, 8, ..] => (Format::Gzip, 10),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => (Format::Bzip2, 10),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => (Format::Xz, 12),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => (Format::Zstd, 6),
        // A skippable frame, which both have: the frame behind it tells.
        [0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..] => {
            let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            match head.get(8..).and_then(|rest| rest.get(len..)).and_then(magic) {
                Some((Format::Lz4, _)) => (Format::Lz4, 7),
                _ => (Format::Zstd, 6),
            }
        }
        [0x04, 0x22, 0x4D, 0x18, ..] | [0x02, 0x21, 0x4C, 0x18, ..] => (Format::Lz4, 7),
        // A member, an empty archive, the first part of a split one.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', ..] => {
            (Format::Zip, 30)
        }
        [b'P', b'K', b'0', b'0', b'P', b'K', 3, 4, ..] => (Format::Zip, 34),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => (Format::SevenZip, 32),
        [b'R', b'a', b'r', b'!', 0x1A, 7, 0, ..] => (Format::Rar, 20),
        [b'R', b'a', b'r', b'!', 0x1A, 7, 1, 0, ..] => (Format::Rar, 20),
        [b'R', b'E', 0x7E, 0x5E, ..] => (Format::Rar, 20),
        _ => return container::tar::is_header(head).then_some((Format::Tar, 512)),
    };
    Some(found)
}

/// Whether the bytes could be text: some, and hardly a control character among them. Few bytes are without one
/// by chance, so that those must be UTF-8, too.
fn reads_as_text(bytes: &[u8]) -> bool {
    let control = bytes.iter().filter(|b| matches!(**b, 0..=8 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)).count();
    let enough = bytes.len() >= 128 || std::str::from_utf8(bytes).is_ok();
    !bytes.is_empty() && enough && control * 50 <= bytes.len()
}

/// Whether there is more to a magic number than itself.
fn bears_out(format: Format, head: &[u8], limits: &Limits) -> bool {
    match format {
        Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd | Format::Lz4 => {
            let result = codec::open(format, head, limits).read(&mut [0; 64]);
            // More than the head may be needed for a first block, but not for a skippable frame.
            let skippable = head.get(1..4) == Some(b"*M\x18");
            match result.map_err(|e| Unreadable::from_io(&e)) {
                Ok(_) => true,
                Err(Unreadable::Truncated(_)) => head.len() >= HEAD && !skippable,
                Err(_) => false,
            }
        }
        Format::Tar => true,
        Format::Zip => container::zip::bears_out(head),
        Format::SevenZip => container::sevenz::bears_out(head),
        Format::Rar => container::rar::bears_out(head),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_like_a_container_is_text() {
        let list = "taro@suigen.example:himitsu\n".repeat(40);
        for magic in [
            &b"BZh9"[..],
            b"BZh91AY&SY",
            b"PK",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"PK\x07\x08PK",
            b"Rar!",
            b"Rar!\x1A\x07\x00",
            b"Rar!\x1A\x07\x01\x00",
            b"RE~^",
            b"7z\xBC\xAF\x27\x1C",
            b"\x1F\x8B",
            b"\x1F\x8B\x08",
            b"\xFD7zXZ\0",
            b"\x28\xB5\x2F\xFD",
            b"P*M\x18",
            b"\x04\x22\x4D\x18",
            b"",
        ] {
            let found = sniff(&[magic, list.as_bytes()].concat(), &Limits::default());
            assert_eq!(found, None, "{magic:?}");
        }
    }

    #[test]
    fn short_heads_are_no_trouble() {
        for magic in [&b""[..], b"\x1F", b"BZh9", b"PK\x03", b"Rar!\x1A", b"7z\xBC"] {
            assert_eq!(sniff(magic, &Limits::default()), None, "{magic:?}");
        }
    }
}
