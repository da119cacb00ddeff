//! The transfer encodings that directories and address books write values in: Base64 and quoted-printable
//! (RFC 2045, 6.7 and 6.8).
//!
//! Both are read leniently: what the encoding does not allow is passed over or left as it stands, because half
//! a value still tells whose it is.

/// Appends what the Base64 `text` stands for to `out`. Bytes outside the alphabet are passed over, the padding
/// ends it; the URL-safe letters of RFC 4648 are taken too.
pub(crate) fn base64(text: &[u8], out: &mut Vec<u8>) {
    let (mut group, mut bits) = (0_u32, 0_u32);
    for byte in text {
        let Some(value) = SEXTETS.get(usize::from(*byte)).copied().filter(|value| *value < 64) else {
            if *byte == b'=' {
                break;
            }
            continue;
        };
        group = (group << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(((group >> bits) & 0xff) as u8);
        }
    }
}

/// What each byte stands for in Base64; 64 where it stands for nothing.
const SEXTETS: [u8; 256] = {
    let mut table = [64; 256];
    let mut at = 0;
    while at < 64 {
        let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[at];
        table[letter as usize] = at as u8;
        at += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Appends what the quoted-printable `text`, one logical line, stands for to `out`. An equals sign without two
/// hexadecimal digits behind it stands for itself.
pub(crate) fn quoted_printable(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        rest = match after {
            [high, low, behind @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    behind
                }
                _ => {
                    out.push(b'=');
                    after
                }
            },
            _ => {
                out.push(b'=');
                after
            }
        };
    }
    out.extend_from_slice(rest);
}

/// The value of a hexadecimal digit.
pub(crate) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_rfc_and_what_breaks_it() {
        for (text, plain) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
            ("Zm9v YmFy", "foobar"),
            ("Zm9vYg", "foob"),
            ("Pz8_Pj4-", "???>>>"),
            ("Pz8/Pj4+", "???>>>"),
            ("Zg==Zg==", "f"),
            ("Z", ""),
        ] {
            let mut out = Vec::new();
            base64(text.as_bytes(), &mut out);
            assert_eq!(out, plain.as_bytes(), "{text}");
        }
    }

    #[test]
    fn quoted_printable_and_what_breaks_it() {
        for (text, plain) in [
            ("a=40b", "a@b"),
            ("=E6=B0=B4", "水"),
            ("a=4", "a=4"),
            ("a==40", "a=@"),
            ("=zz=", "=zz="),
            ("", ""),
        ] {
            let mut out = Vec::new();
            quoted_printable(text.as_bytes(), &mut out);
            assert_eq!(out, plain.as_bytes(), "{text}");
        }
    }
}
