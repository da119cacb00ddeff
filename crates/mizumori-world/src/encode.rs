//! Text to bytes, in the encodings that leaks come in.
//!
//! What an encoding cannot express is an error, never a replacement: a world's truth would no longer be what its
//! files hold. Bytes that are valid in no reading are written on purpose only, where the text holds [`BROKEN`].

use encoding_rs::{EncoderResult, Encoding};

use crate::WorldError;

/// Stands in a text for a byte (in UTF-16: a code unit) that is broken in the encoding. A private-use character that
/// no writer produces.
pub const BROKEN: char = '\u{e0ff}';

/// An encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// UTF-16, little endian, without a mark.
    Utf16Le,
    /// UTF-16, little endian, behind a mark.
    Utf16LeBom,
    /// UTF-16, big endian, behind a mark.
    Utf16BeBom,
    /// Windows' Shift_JIS (code page 932).
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// ISO-2022-JP; each line returns to ASCII before its end.
    Iso2022Jp,
    /// GB 18030.
    Gb18030,
    /// windows-1251, Cyrillic.
    Windows1251,
    /// windows-1252, Western European.
    Windows1252,
}

impl Charset {
    /// Every encoding.
    pub const ALL: [Self; 11] = [
        Self::Utf8,
        Self::Utf8Bom,
        Self::Utf16Le,
        Self::Utf16LeBom,
        Self::Utf16BeBom,
        Self::ShiftJis,
        Self::EucJp,
        Self::Iso2022Jp,
        Self::Gb18030,
        Self::Windows1251,
        Self::Windows1252,
    ];

    fn legacy(self) -> Option<&'static Encoding> {
        match self {
            Self::ShiftJis => Some(encoding_rs::SHIFT_JIS),
            Self::EucJp => Some(encoding_rs::EUC_JP),
            Self::Iso2022Jp => Some(encoding_rs::ISO_2022_JP),
            Self::Gb18030 => Some(encoding_rs::GB18030),
            Self::Windows1251 => Some(encoding_rs::WINDOWS_1251),
            Self::Windows1252 => Some(encoding_rs::WINDOWS_1252),
            Self::Utf8 | Self::Utf8Bom | Self::Utf16Le | Self::Utf16LeBom | Self::Utf16BeBom => None,
        }
    }
}

/// Encodes `text`, its marks for broken bytes included.
///
/// # Errors
/// [`WorldError::Unencodable`] where a character does not exist in the encoding.
pub fn encode(text: &str, charset: Charset) -> Result<Vec<u8>, WorldError> {
    let mut out = Vec::with_capacity(text.len() + 16);
    match charset {
        Charset::Utf8Bom => out.extend_from_slice(&[0xef, 0xbb, 0xbf]),
        Charset::Utf16LeBom => out.extend_from_slice(&[0xff, 0xfe]),
        Charset::Utf16BeBom => out.extend_from_slice(&[0xfe, 0xff]),
        _ => {}
    }
    for (index, part) in text.split(BROKEN).enumerate() {
        match charset {
            Charset::Utf8 | Charset::Utf8Bom => {
                if index > 0 {
                    out.push(0xff);
                }
                out.extend_from_slice(part.as_bytes());
            }
            Charset::Utf16Le | Charset::Utf16LeBom => {
                let broken = (index > 0).then_some(0xd800_u16);
                for unit in broken.into_iter().chain(part.encode_utf16()) {
                    out.extend_from_slice(&unit.to_le_bytes());
                }
            }
            Charset::Utf16BeBom => {
                let broken = (index > 0).then_some(0xd800_u16);
                for unit in broken.into_iter().chain(part.encode_utf16()) {
                    out.extend_from_slice(&unit.to_be_bytes());
                }
            }
            _ => {
                if index > 0 {
                    out.push(0xff);
                }
                if let Some(encoding) = charset.legacy() {
                    encode_legacy(part, encoding, &mut out)?;
                }
            }
        }
    }
    Ok(out)
}

fn encode_legacy(text: &str, encoding: &'static Encoding, out: &mut Vec<u8>) -> Result<(), WorldError> {
    let mut encoder = encoding.new_encoder();
    let mut rest = text;
    out.reserve(text.len() + 16);
    loop {
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return Ok(()),
            EncoderResult::OutputFull => out.reserve(rest.len() * 2 + 64),
            EncoderResult::Unmappable(character) => {
                return Err(WorldError::Unencodable { character, encoding: encoding.name() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_gives_the_text_back() {
        let japanese = "田中\u{3000}大学病院 tanaka@suigen.example\nかな カナ\n";
        for charset in Charset::ALL {
            let text = match charset {
                Charset::Windows1251 => "Иванов user@post.test\n",
                Charset::Windows1252 => "José Müller user@post.test\n",
                _ => japanese,
            };
            let bytes = encode(text, charset).unwrap();
            let decoded = match charset {
                Charset::Utf16Le | Charset::Utf16LeBom => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
                Charset::Utf16BeBom => encoding_rs::UTF_16BE.decode(&bytes).0.into_owned(),
                Charset::Utf8 | Charset::Utf8Bom => encoding_rs::UTF_8.decode(&bytes).0.into_owned(),
                other => other.legacy().unwrap().decode(&bytes).0.into_owned(),
            };
            assert_eq!(decoded, text, "{charset:?}");
        }
    }

    #[test]
    fn japanese_text_has_an_at_sign_that_is_none() {
        let bytes = encode("院", Charset::ShiftJis).unwrap();
        assert_eq!(bytes, [0x89, 0x40]);
    }

    #[test]
    fn broken_marks_become_broken_bytes() {
        let text = format!("a{BROKEN}b");
        assert_eq!(encode(&text, Charset::Utf8).unwrap(), b"a\xffb");
        assert_eq!(encode(&text, Charset::ShiftJis).unwrap(), b"a\xffb");
        assert_eq!(encode(&text, Charset::Utf16Le).unwrap(), b"a\0\0\xd8b\0");
        assert_eq!(encode(&text, Charset::Utf16BeBom).unwrap(), b"\xfe\xff\0a\xd8\0\0b");
    }

    #[test]
    fn what_cannot_be_said_is_an_error() {
        let error = encode("田", Charset::Windows1252).unwrap_err();
        assert_eq!(error.to_string(), "could not write U+7530 in windows-1252");
    }
}
