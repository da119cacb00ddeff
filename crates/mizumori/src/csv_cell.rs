//! Cells of comma-separated values (RFC 4180) that no spreadsheet takes for a formula.

/// Appends a cell, quoted where it must be.
pub(crate) fn push_cell(value: &str, text: &mut Vec<u8>) {
    push_parts(&[value], text);
}

/// Appends one cell that is made of `parts`.
pub(crate) fn push_parts(parts: &[&str], text: &mut Vec<u8>) {
    let first = parts.iter().find_map(|part| part.as_bytes().first());
    let is_formula = matches!(first, Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    let is_special = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    // The whole part without an early end: sixteen bytes at a time.
    let has_special = |part: &&str| part.bytes().fold(false, |found, byte| found | is_special(byte));
    if !is_formula && !parts.iter().any(has_special) {
        parts.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
        return;
    }
    text.push(b'"');
    if is_formula {
        text.push(b'\'');
    }
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        for (value, cell) in [
            ("", ""),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "\"'=1+1\""),
            ("@x", "\"'@x\""),
            ("-1", "\"'-1\""),
            ("\tx", "\"'\tx\""),
            ("x=1", "x=1"),
        ] {
            let mut text = Vec::new();
            push_cell(value, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), cell);
        }
    }
}
