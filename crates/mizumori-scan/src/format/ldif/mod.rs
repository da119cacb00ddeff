//! LDIF, the text form of directory entries (RFC 2849), as `ldapsearch`, `slapcat` and `ldifde` write it.
//!
//! Change records are read as entries: `replace: userPassword` is followed by the password all the same. Values
//! behind `:<` are names of files elsewhere and tell nothing.

mod attribute;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::BufRead;

use attribute::{Value, name_of_dn, role_of, split, unquote_utf16, without_smtp};

use super::RecordLimits;
use super::bounded_fields::{BoundedFields, Form, Span};
use super::column::Role;
use super::physical_line::{Line, for_each_line, lines};
use super::transfer::base64;
use super::window::matters;
use crate::address::next_at;
use crate::record::{Emit, Login, Origin, Record, Reject};
use crate::secret::SecretField;
use crate::url::Bare;

/// Longest distinguished name that is kept.
const MAX_DN: usize = 1 << 10;

/// Whether the text is LDIF: behind comments and the version stands a distinguished name, then attributes.
pub(crate) fn looks_like(sample: &[u8], _whole: bool) -> bool {
    let lines = lines(sample);
    // Continuations too: neither a long comment nor a long name hides what follows.
    let mut lines = lines.filter(|line| !line.is_empty() && !matches!(line.first(), Some(b'#' | b' ')));
    let mut first = lines.next();
    if first.and_then(split).is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"version")) {
        first = lines.next();
    }
    let is_name = |value: &Value<'_>| match value {
        Value::Plain(name) => name.is_empty() || memchr::memchr(b'=', name).is_some(),
        Value::Base64(_) => true,
        Value::Elsewhere => false,
    };
    let named = first
        .and_then(split)
        .is_some_and(|(name, value)| name.eq_ignore_ascii_case(b"dn") && is_name(&value));
    // An attribute's value begins behind a blank or a second colon; in a list nothing stands there.
    let spaced = |line: &[u8]| {
        let behind = memchr::memchr(b':', line).and_then(|at| line.get(at + 1));
        matches!(behind, None | Some(b' ' | b':' | b'<'))
    };
    named && lines.next().is_none_or(|line| split(line).is_some() && spaced(line))
}

/// Reads entries to the text's end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    // Base64 takes four bytes for three.
    let longest = limits.field_bytes.saturating_mul(2).saturating_add(256);
    let mut entries = Entries {
        attribute: Vec::new(),
        cut: false,
        open: false,
        attribute_line: 0,
        longest,
        entry: None,
        dn: Vec::new(),
        decoded: Vec::new(),
        fields: BoundedFields::new(limits),
    };
    for_each_line(text, longest, &mut |line| entries.line(line, out));
    entries.end_attribute(out);
    entries.end_entry(out);
}

struct Entries {
    /// The attribute that is being read, unfolded.
    attribute: Vec<u8>,
    cut: bool,
    open: bool,
    attribute_line: u64,
    longest: usize,
    /// The line in which the entry that is being read begins.
    entry: Option<u64>,
    dn: Vec<u8>,
    decoded: Vec<u8>,
    fields: BoundedFields,
}

impl Entries {
    fn line(&mut self, line: Line<'_>, out: &mut dyn Emit) {
        match line.text {
            [] => {
                self.end_attribute(out);
                self.end_entry(out);
            }
            [b' ', folded @ ..] if self.open => self.append(folded, line.cut),
            text => {
                self.end_attribute(out);
                self.open = true;
                self.attribute_line = line.number;
                self.append(text, line.cut);
            }
        }
    }

    fn append(&mut self, text: &[u8], cut: bool) {
        let room = self.longest.saturating_sub(self.attribute.len());
        self.attribute.extend_from_slice(text.get(..room).unwrap_or(text));
        self.cut |= cut || text.len() > room;
    }

    fn end_attribute(&mut self, out: &mut dyn Emit) {
        if !self.open {
            return;
        }
        let attribute = std::mem::take(&mut self.attribute);
        match split(&attribute) {
            Some((name, value)) => self.attribute(name, &value, out),
            None if attribute.first() == Some(&b'#') => {}
            None if matters(&attribute) => out.rejected(self.attribute_line, Reject::Malformed),
            None => {}
        }
        self.attribute = attribute;
        self.attribute.clear();
        self.open = false;
        self.cut = false;
    }

    fn attribute(&mut self, name: &[u8], value: &Value<'_>, out: &mut dyn Emit) {
        let is_dn = name.eq_ignore_ascii_case(b"dn");
        if is_dn && !self.dn.is_empty() {
            // The blank line before this entry is missing.
            self.end_entry(out);
        }
        if self.entry.is_none() && !name.eq_ignore_ascii_case(b"version") {
            self.entry = Some(self.attribute_line);
        }
        let role = role_of(name);
        self.decoded.clear();
        let value = match value {
            Value::Plain(value) => *value,
            Value::Base64(value) => {
                base64(value, &mut self.decoded);
                if role == Some(Role::Secret) {
                    unquote_utf16(&mut self.decoded);
                } else if std::str::from_utf8(&self.decoded).is_err_and(|error| error.error_len().is_some()) {
                    // A picture or a certificate.
                    return;
                }
                &self.decoded
            }
            Value::Elsewhere => return,
        };
        if is_dn {
            self.dn.extend_from_slice(value.get(..MAX_DN).unwrap_or(value));
        }
        let (role, value) = match role {
            Some(role) => (role, value),
            None if next_at(value, 0).is_some() => without_smtp(value),
            None => return,
        };
        self.fields.begin();
        self.fields.push(value);
        if self.cut {
            self.fields.lose(b"");
        }
        self.fields.finish(role, Form::Text);
    }

    /// Hands the entry on: its record, then one for each further password.
    fn end_entry(&mut self, out: &mut dyn Emit) {
        if let Some(line) = self.entry.take() {
            let has = |fields: &BoundedFields, wanted: &[Role]| {
                fields.spans().iter().any(|span| wanted.contains(&span.role))
            };
            if has(&self.fields, &[Role::Secret]) && !has(&self.fields, &[Role::Login, Role::Email]) {
                self.decoded.clear();
                if name_of_dn(&self.dn, &mut self.decoded) {
                    self.fields.begin();
                    self.fields.push(&self.decoded);
                    self.fields.finish(Role::Login, Form::Text);
                }
            }
            self.emit(line, out);
        }
        self.fields.clear();
        self.dn.clear();
    }

    fn emit(&mut self, line: u64, out: &mut dyn Emit) {
        let is_secret = |span: &&Span, fields: &BoundedFields| {
            span.role == Role::Secret && SecretField::new(fields.value(**span)).is_present()
        };
        if self.fields.spans().iter().filter(|span| is_secret(span, &self.fields)).nth(1).is_none() {
            self.fields.emit(line, Bare::Refuse, out);
            return;
        }
        let mut first = FirstRecord { out, login: None, secret: String::new() };
        self.fields.emit(line, Bare::Refuse, &mut first);
        let FirstRecord { out, login: Some(login), secret } = first else { return };
        let mut pending = Some(secret);
        for span in self.fields.spans().iter().filter(|span| is_secret(span, &self.fields)) {
            let secret = SecretField::new(self.fields.value(*span));
            if pending.as_deref() == Some(secret.expose()) {
                // The one that the first record has.
                pending = None;
            } else {
                let origin = Origin::Field;
                out.record(Record { line, login: login.clone(), origin, secret, url: None });
            }
        }
    }
}

/// Passes everything on, and keeps whose the first record is and what secret it has.
struct FirstRecord<'o> {
    out: &'o mut dyn Emit,
    login: Option<Login<'static>>,
    secret: String,
}

impl Emit for FirstRecord<'_> {
    fn record(&mut self, record: Record<'_>) {
        if self.login.is_none() {
            self.login = Some(match &record.login {
                Login::Account(account) => Login::Account(account.clone().into_owned()),
                Login::Name(name) => Login::Name(Cow::Owned(name.clone().into_owned())),
                Login::None => Login::None,
            });
            record.secret.expose().clone_into(&mut self.secret);
        }
        self.out.record(record);
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.out.rejected(line, why);
    }
}
