//! How hashes are written: hexadecimal digits, and the sorts of Base64 that there are.

/// The digits of crypt(3), the lowest first.
const CRYPT: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of the hashes without a salt whose spellings are looked up: MD5 and NTLM, SHA-1, SHA-256, SHA-512.
const UNSALTED: [usize; 4] = [32, 40, 64, 128];

/// Whether it is a hash without a salt that is looked up by its tag.
pub(super) fn is_unsalted(hash: &str) -> bool {
    UNSALTED.contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Bytes of hexadecimal digits.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 2];
    const_hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Bytes of Base64 (RFC 4648), padded or not, also with `.` for `+` as passlib has it.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'.' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

/// Bytes as crypt(3) writes them: three of them are four digits, the lowest first.
pub(super) fn crypt_digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number = group.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        let digits = (0..=group.len()).map(|at| CRYPT.get(number >> (6 * at) & 0x3F));
        text.extend(digits.flatten().map(|digit| char::from(*digit)));
    }
    text
}

/// The number that a digit of crypt(3) stands for.
pub(super) fn crypt_digit(digit: u8) -> Option<u32> {
    u32::try_from(CRYPT.iter().position(|one| *one == digit)?).ok()
}
