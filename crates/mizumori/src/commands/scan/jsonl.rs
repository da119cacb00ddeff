//! Rows as JSON, one object a line.

use std::io::Write;

use mizumori_core::Source;
use mizumori_read::MemberName;
use mizumori_scan::SecretField;

use super::Secrets;
use super::rows::Row;

/// Appends what all rows of a member share.
pub(super) fn push_origin(source: &Source, file: &MemberName, text: &mut Vec<u8>) {
    let leaked = source.leaked.map(|leaked| leaked.to_string());
    text.extend_from_slice(b",\"source\":");
    push_string(Some(source.id.as_str()), text);
    text.extend_from_slice(b",\"leaked\":");
    push_string(leaked.as_deref(), text);
    text.extend_from_slice(b",\"file\":");
    push_string(Some(file.as_str()), text);
    text.extend_from_slice(b",\"line\":");
}

/// Appends a row; gives the place of its line number.
pub(super) fn push(row: &Row<'_>, text: &mut Vec<u8>) -> usize {
    for (name, value) in [
        ("{\"account\":", row.account),
        (",\"login\":", row.login),
        (",\"domain\":", row.domain),
        (",\"host\":", row.host),
        (",\"watched\":", row.watched),
        (",\"matched_by\":", row.matched_by),
        (",\"organisation\":", row.organisation),
    ] {
        text.extend_from_slice(name.as_bytes());
        push_string(value, text);
    }
    text.extend_from_slice(row.origin);
    let number = text.len();
    push_secret(row.secret, row.secrets, text);
    text.extend_from_slice(b",\"url\":");
    push_string(row.url, text);
    text.extend_from_slice(if row.non_rfc { b",\"non_rfc\":true}\n" } else { b"}\n" });
    number
}

fn push_secret(secret: &SecretField<'_>, secrets: Secrets, text: &mut Vec<u8>) {
    text.extend_from_slice(b",\"secret\":{\"kind\":");
    push_string(Some(secret.kind().as_str()), text);
    text.extend_from_slice(b",\"algorithm\":");
    push_string(secret.algorithm(), text);
    text.extend_from_slice(b",\"hint\":");
    push_string(secret.hint().map(|hint| hint.to_string()).as_deref(), text);
    text.extend_from_slice(b",\"length\":");
    match secret.length() {
        // Writing into memory does not fail.
        Some(length) => drop(write!(text, "{length}")),
        None => text.extend_from_slice(b"null"),
    }
    if secrets == Secrets::Revealed {
        text.extend_from_slice(b",\"value\":");
        push_string(secret.is_present().then(|| secret.expose()), text);
    }
    text.push(b'}');
}

fn push_string(value: Option<&str>, text: &mut Vec<u8>) {
    match value {
        // Nothing about a string, or about memory, can fail here.
        Some(value) => drop(serde_json::to_writer(text, value)),
        None => text.extend_from_slice(b"null"),
    }
}
