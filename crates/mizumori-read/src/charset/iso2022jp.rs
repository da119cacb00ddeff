//! ISO-2022-JP: telling it from other 7-bit text, and keeping its lines apart while decoding.

/// Escape sequences of RFC 1468 and of what mail programs add (JIS X 0201 katakana, JIS X 0212).
const ESCAPES: [&[u8]; 7] = [b"\x1B$B", b"\x1B$@", b"\x1B(B", b"\x1B(J", b"\x1B(I", b"\x1B$(D", b"\x1B(H"];

/// The escape sequence that `bytes` begin with.
pub(super) fn escape(bytes: &[u8]) -> Option<&'static [u8]> {
    ESCAPES.into_iter().find(|escape| bytes.starts_with(escape))
}

/// Whether an escape sequence switches to a set of two-byte characters.
fn is_double(escape: &[u8]) -> bool {
    escape.get(1) == Some(&b'$')
}

/// Whether `sample` is ISO-2022-JP: it switches to two-byte characters, and what follows is mostly pairs of them.
/// A terminal's colour codes or an `ESC $` in binary data are not enough.
pub(super) fn detect(sample: &[u8]) -> bool {
    let high = sample.iter().filter(|byte| **byte >= 0x80).count();
    if high * 1000 > sample.len() {
        return false;
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for at in memchr::memchr_iter(0x1B, sample) {
        let Some(rest) = sample.get(at..) else { break };
        match escape(rest) {
            Some(escape) if is_double(escape) => {
                let text = rest.get(escape.len()..).unwrap_or_default();
                let run = text.iter().take_while(|byte| (0x21..=0x7E).contains(*byte)).count();
                let ends_well = matches!(text.get(run), None | Some(0x1B | b'\n' | b'\r'));
                if run >= 2 && run % 2 == 0 && ends_well || run > 2 && text.get(run).is_none() {
                    good += 1;
                } else {
                    bad += 1;
                }
            }
            Some(_) => {}
            // Cut off at the end of the sample, or some other escape sequence.
            None => bad += usize::from(rest.len() >= 4),
        }
    }
    good > 0 && good >= bad * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects() {
        let check = |bytes: &[u8], expected| assert_eq!(detect(bytes), expected, "{bytes:?}");
        check(b"\x1B$B%Q%9%o!<%I\x1B(B: himitsu\n", true);
        check(b"taro@suigen.example:\x1B$@F|K\\\x1B(J\r\n", true);
        check(b"\x1B$B%Q%9%o!<%I\n", true);
        check(b"\x1B[31mred\x1B[0m\n", false);
        check(b"\x1B$Bx y\n", false);
        check(b"\x1B$B", false);
        check(b"plain\n", false);
        check(b"\x1B$B%Q%9\x1B(B \x1B[1m \x1B[2m \x1B[3m\n", false);
        check(&[b"\x1B$B%Q%9\x1B(B".as_slice(), &[0x95; 40]].concat(), false);
    }
}
