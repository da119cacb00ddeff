//! Encodings: however a text is cut into blocks, its decoded form is the same, it is UTF-8, and every line feed of
//! the input is one of the output.
//!
//! The first byte chooses how the text is cut and which encoding it is decoded from beside the one that is
//! detected. Whether the encoding was guessed right is told by the tests of `mizumori-read`.

#![no_main]

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, GB18030, GBK, IBM866, KOI8_R, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252,
};
use libfuzzer_sys::fuzz_target;
use mizumori_read::{Charset, Decoder};

const ALL: [Charset; 14] = [
    Charset::Utf8,
    Charset::Utf16Le,
    Charset::Utf16Be,
    Charset::Iso2022Jp,
    Charset::Other(SHIFT_JIS),
    Charset::Other(EUC_JP),
    Charset::Other(GBK),
    Charset::Other(GB18030),
    Charset::Other(BIG5),
    Charset::Other(EUC_KR),
    Charset::Other(WINDOWS_1251),
    Charset::Other(WINDOWS_1252),
    Charset::Other(KOI8_R),
    Charset::Other(IBM866),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let detected = Charset::detect(text, true);
    assert!(detected.bom_len <= text.len());
    assert!(Charset::detect(text, false).bom_len <= text.len());
    check(&detected.charset, &text[detected.bom_len..], *choice);
    check(&ALL[usize::from(*choice) % ALL.len()], text, *choice);
});

fn check(charset: &Charset, bytes: &[u8], choice: u8) {
    let whole = decode(charset, bytes);
    assert!(std::str::from_utf8(&whole).is_ok(), "{}: no UTF-8", charset.name());

    let mut decoder = Decoder::new(charset);
    let mut out = Vec::new();
    let mut rest = bytes;
    let mut seed = u32::from(choice) + 1;
    while !rest.is_empty() {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let (now, later) = rest.split_at((seed >> 16) as usize % 9 % (rest.len() + 1));
        decoder.decode(now, false, &mut out);
        rest = later;
    }
    decoder.decode(rest, true, &mut out);
    assert_eq!(out, whole, "{}: blocks matter", charset.name());

    // A code unit that is cut off is no line feed.
    let aligned = &bytes[..bytes.len() / charset.unit() * charset.unit()];
    let feeds = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(
        charset.count_line_ends(aligned),
        feeds(&decode(charset, aligned)),
        "{}: lines",
        charset.name()
    );

    if charset.restarts_at_line() {
        let mut lines = Vec::new();
        let mut rest = aligned;
        while let Some(end) = charset.first_line_end(rest) {
            lines.extend(decode(charset, &rest[..end]));
            rest = &rest[end..];
        }
        assert_eq!(charset.last_line_end(aligned).unwrap_or(0), aligned.len() - rest.len());
        lines.extend(decode(charset, rest));
        assert_eq!(lines, decode(charset, aligned), "{}: does not start afresh at lines", charset.name());
    }
}

fn decode(charset: &Charset, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Decoder::new(charset).decode(bytes, true, &mut out);
    out
}
