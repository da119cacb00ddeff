//! Rows as comma-separated values (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, and no cell that a
//! spreadsheet would take for a formula.

use std::io::Write;

use mizumori_core::Source;
use mizumori_read::MemberName;

use super::Secrets;
use super::rows::{Digits, Row};
use crate::csv_cell::{push_cell, push_parts};

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
