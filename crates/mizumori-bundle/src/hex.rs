//! Bytes as hexadecimal digits, in small letters.

/// The digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    // There is room for exactly so many.
    let _ = const_hex::encode_to_slice(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// What the digits stand for; nothing where they are none.
pub(crate) fn decode(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; digits.len() / 2];
    const_hex::decode_to_slice(digits, &mut bytes).ok()?;
    (encode(&bytes) == digits).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode(&[0, 0xab]), "00ab");
        assert_eq!(decode("00ab"), Some(vec![0, 0xab]));
        assert_eq!(decode(""), Some(Vec::new()));
        for wrong in ["0", "00AB", "0x00", "0g", "水0"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
