//! The encodings of the golden set: those that express every text, and those that a case names.

use encoding_rs::Encoding;
use mizumori_world::encode::{self, encode};

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// One that the worlds write.
    As(encode::Charset),
    /// UTF-16, big endian, without a mark.
    Utf16Be,
    /// Another one-byte encoding.
    OneByte(&'static Encoding),
}

/// Encodings that express every text.
pub(super) const ALWAYS: [Charset; 6] = [
    Charset::As(encode::Charset::Utf8),
    Charset::As(encode::Charset::Utf8Bom),
    Charset::As(encode::Charset::Utf16Le),
    Charset::As(encode::Charset::Utf16LeBom),
    Charset::Utf16Be,
    Charset::As(encode::Charset::Utf16BeBom),
];

/// The encoding that a case calls `name`.
pub(super) fn named(name: &str) -> Charset {
    let one_byte = Encoding::for_label(name.as_bytes());
    Charset::As(match name {
        "windows-1250" | "windows-1253" | "windows-1254" => return Charset::OneByte(one_byte.unwrap()),
        "shift_jis" => encode::Charset::ShiftJis,
        "euc-jp" => encode::Charset::EucJp,
        "iso-2022-jp" => encode::Charset::Iso2022Jp,
        "gb18030" => encode::Charset::Gb18030,
        "windows-1251" => encode::Charset::Windows1251,
        "windows-1252" => encode::Charset::Windows1252,
        other => panic!("no encoding is called `{other}`"),
    })
}

impl Charset {
    /// Encodes `text`.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::As(charset) => encode(text, charset).unwrap(),
            Self::Utf16Be => encode(text, encode::Charset::Utf16BeBom).unwrap().split_off(2),
            Self::OneByte(encoding) => {
                let (bytes, _, is_lossy) = encoding.encode(text);
                assert!(!is_lossy);
                bytes.into_owned()
            }
        }
    }
}
