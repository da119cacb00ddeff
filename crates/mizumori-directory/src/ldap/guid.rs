//! GUIDs as Active Directory stores them: the first three groups with the least byte first (MS-DTYP, 2.3.4.2).

/// Which byte of the stored form stands where in the written one.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// The written form, in lower case.
pub(super) fn write(bytes: &[u8]) -> Option<String> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let mut text = String::with_capacity(36);
    for (at, from) in ORDER.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", bytes.get(from)?));
    }
    Some(text)
}

/// The stored form.
pub(super) fn parse(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    if !groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) || !text.is_ascii() {
        return None;
    }
    let digits = groups.concat();
    let mut bytes = [0; 16];
    for (at, to) in ORDER.into_iter().enumerate() {
        let pair = digits.get(2 * at..2 * at + 2)?;
        // A sign would be taken for a number.
        if !pair.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        *bytes.get_mut(to)? = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let stored: Vec<u8> = (1..=16).collect();
        let written = write(&stored).unwrap();
        assert_eq!(written, "04030201-0605-0807-090a-0b0c0d0e0f10");
        assert_eq!(parse(&written).unwrap().as_slice(), stored);
        assert_eq!(parse(&written.to_uppercase()).unwrap().as_slice(), stored);
    }

    #[test]
    fn what_is_none() {
        assert_eq!(write(&[0; 15]), None);
        for text in [
            "",
            "0",
            "04030201-0605-0807-090a-0b0c0d0e0f1",
            "+4030201-0605-0807-090a-0b0c0d0e0f10",
            "水水水水水水水水水水水水",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
