//! Rows as comma-separated values (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, and no cell that a
//! spreadsheet would take for a formula.

use std::io::Write;

use mizumori_core::Source;
use mizumori_read::MemberName;

use super::Secrets;
use super::rows::{Digits, Row};

const COLUMNS: &str = "account,login,domain,host,watched,matched_by,organisation,source,leaked,file,line,\
    secret_kind,secret_algorithm,secret_hint,secret_length,url,non_rfc";

/// What stands above the first row.
pub(super) fn header(secrets: Secrets) -> String {
    match secrets {
        Secrets::Masked => format!("\u{feff}{COLUMNS}\r\n"),
        Secrets::Revealed => format!("\u{feff}{COLUMNS},secret_value\r\n"),
    }
}

/// Appends what all rows of a member share.
pub(super) fn push_origin(source: &Source, file: &MemberName, text: &mut Vec<u8>) {
    push_cell(source.id.as_str(), text);
    text.push(b',');
    if let Some(leaked) = source.leaked {
        // Writing into memory does not fail.
        drop(write!(text, "{leaked}"));
    }
    text.push(b',');
    push_cell(file.as_str(), text);
    text.push(b',');
}

/// Appends a row; gives the place of its line number.
pub(super) fn push(row: &Row<'_>, text: &mut Vec<u8>) -> usize {
    for value in [row.account, row.login] {
        push_cell(value.unwrap_or_default(), text);
        text.push(b',');
    }
    // Canonical hosts and our own words hold nothing that would have to be quoted.
    for value in [row.domain, row.host, row.watched, row.matched_by] {
        text.extend_from_slice(value.unwrap_or_default().as_bytes());
        text.push(b',');
    }
    push_cell(row.organisation.unwrap_or_default(), text);
    text.push(b',');
    text.extend_from_slice(row.origin);
    let number = text.len();
    let secret = row.secret;
    for value in [secret.kind().as_str(), secret.algorithm().unwrap_or_default()] {
        text.push(b',');
        text.extend_from_slice(value.as_bytes());
    }
    text.push(b',');
    if let Some(hint) = secret.hint() {
        push_parts(&hint.parts(), text);
    }
    text.push(b',');
    if let Some(length) = secret.length() {
        text.extend_from_slice(Digits::of(length as u64).as_bytes());
    }
    text.push(b',');
    push_cell(row.url.unwrap_or_default(), text);
    text.extend_from_slice(if row.non_rfc { b",true" } else { b"," });
    if row.secrets == Secrets::Revealed {
        text.push(b',');
        push_cell(secret.expose(), text);
    }
    text.extend_from_slice(b"\r\n");
    number
}

fn push_cell(value: &str, text: &mut Vec<u8>) {
    push_parts(&[value], text);
}

/// Appends one cell that is made of `parts`.
fn push_parts(parts: &[&str], text: &mut Vec<u8>) {
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
