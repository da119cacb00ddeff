//! Telling UTF-16 without a byte order mark from everything else.
//!
//! Leak lists are mostly ASCII, so that in UTF-16 every other byte is zero nearly always. Text without a single
//! character below U+0100 has no zero byte and is not found; it has no `@` either.

use super::Charset;

/// Looked at, in bytes; more does not make the answer better.
const LOOK: usize = 64 * 1024;

/// UTF-16 when `sample`, from its first byte, reads as plausible text in exactly one byte order.
pub(super) fn detect(sample: &[u8]) -> Option<Charset> {
    let look = sample.get(..sample.len().min(LOOK) & !1)?;
    if look.len() < 4 || memchr::memchr(0, look).is_none() {
        return None;
    }
    let (even_zero, odd_zero) =
        look.chunks_exact(2).fold((0_usize, 0_usize), |(even, odd), unit| match unit {
            [0, 0] => (even + 1, odd + 1),
            [0, _] => (even + 1, odd),
            [_, 0] => (even, odd + 1),
            _ => (even, odd),
        });
    let units = look.len() / 2;
    // Bytes that are no ASCII text: every character of the scripts above U+0100 has one, nearly.
    let foreign =
        look.iter().filter(|byte| !matches!(**byte, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7E)).count();
    // Either nearly every other byte is zero, or the text is of another script and at least its line ends (one
    // unit in fifty) have a zero byte. A few on the other side are characters like U+4E00.
    let clear = |zeros: usize, others: usize| {
        others * 4 <= zeros && (zeros * 4 >= units * 3 || zeros * 50 >= units && foreign * 10 >= units)
    };
    if clear(odd_zero, even_zero) && plausible(look, u16::from_le_bytes) {
        Some(Charset::Utf16Le)
    } else if clear(even_zero, odd_zero) && plausible(look, u16::from_be_bytes) {
        Some(Charset::Utf16Be)
    } else {
        None
    }
}

/// Whether the code units are text: surrogates mostly in pairs (a broken list has a few alone), hardly a control
/// character, and mostly characters that some language is written in.
fn plausible(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let mut units = 0_usize;
    let mut odd = 0_usize;
    let mut alone = 0_usize;
    let mut high = false;
    for pair in bytes.chunks_exact(2) {
        let &[a, b] = pair else { break };
        let u = unit([a, b]);
        units += 1;
        let low = (0xDC00..0xE000).contains(&u);
        if high != low {
            alone += 1;
        }
        high = (0xD800..0xDC00).contains(&u);
        if !low && !high && !written(u) {
            odd += 1;
        }
    }
    odd * 200 <= units && alone * 40 <= units
}

/// Whether somebody writes this character: tab, line ends, letters of the common scripts, punctuation.
fn written(u: u16) -> bool {
    matches!(u,
        0x09 | 0x0A | 0x0D | 0x20..=0x7E | 0xA0..=0x1FFF | 0x2010..=0x206F | 0x20A0..=0x27BF | 0x3000..=0x4DBF
        | 0x4E00..=0x9FFF | 0xA000..=0xD7A3 | 0xF900..=0xFAFF | 0xFB00..=0xFE0F | 0xFE20..=0xFFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn finds_both_orders() {
        for text in [
            "taro@suigen.example:himitsu\r\n",
            "ab",
            "これは日本語の文章です。改行のほかに英数字はありません\n",
            "Ünïcödé ключ пароль\n",
            "emoji 😀 in a password 🔑\n",
        ] {
            assert_eq!(detect(&wide(text, u16::to_le_bytes)), Some(Charset::Utf16Le), "{text}");
            assert_eq!(detect(&wide(text, u16::to_be_bytes)), Some(Charset::Utf16Be), "{text}");
        }
    }

    #[test]
    fn a_few_broken_characters_do_not_matter() {
        let mut units: Vec<u16> = "taro@suigen.example:himitsu\n".repeat(4).encode_utf16().collect();
        units.splice(30..30, [0xD800]);
        units.splice(60..60, [0xDC00]);
        let bytes: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect(&bytes), Some(Charset::Utf16Le));
    }

    #[test]
    fn an_odd_byte_at_the_end_does_not_matter() {
        let mut bytes = wide("taro@suigen.example:himitsu\n", u16::to_le_bytes);
        bytes.push(b'x');
        assert_eq!(detect(&bytes), Some(Charset::Utf16Le));
    }

    #[test]
    fn leaves_the_rest_alone() {
        let counters: Vec<u8> = (0..2000_u32).flat_map(u32::to_le_bytes).collect();
        let small: Vec<u8> = (0..2000_u16).map(|i| i % 30).flat_map(u16::to_le_bytes).collect();
        let mut elf = b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0\x01\0\0\0".to_vec();
        elf.resize(4096, 0);
        for bytes in [
            &b"taro@suigen.example:himitsu\n"[..],
            b"taro@suigen.example:pass\0word\njiro@suigen.example:x\n",
            b"",
            b"a\0",
            b"\0\0\0\0\0\0\0\0",
            &counters,
            &small,
            &elf,
            b"key\0value\0key\0value\0a\0b\0",
        ] {
            assert_eq!(detect(bytes), None, "{:?}", &bytes[..bytes.len().min(24)]);
        }
    }
}
