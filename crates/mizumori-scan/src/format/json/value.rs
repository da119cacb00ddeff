//! Scalar values: whose field each is.

use super::key::Meaning;
use super::machine::{Ends, Machine};
use super::string::unescape;
use crate::address::next_at;
use crate::format::column::Role;
use crate::format::list::text_line;
use crate::format::row::{Field, emit_row, whole_address};
use crate::format::window::{Window, has_scheme, matters};
use crate::record::Reject;
use crate::url::{Bare, after_scheme, bare_host};

/// What kind of scalar a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    String,
    /// A number, or another bare word.
    Word,
    /// `true` or `false`.
    Truth,
    /// `null` and its likes.
    Null,
}

/// Where the raw text of a value stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// Behind the cursor; `is_cut` when there is more of it.
    Ahead { start: usize, length: usize, is_cut: bool, is_escaped: bool },
    /// In the buffer for strings longer than may be kept; it began in that line.
    Long { line: u64 },
}

impl Value {
    /// The raw text.
    pub(super) fn raw<'a>(self, window: &'a Window, long: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Ahead { start, length, .. } => window.rest().get(start..start + length).unwrap_or_default(),
            Self::Long { .. } => long,
        }
    }

    /// Whether there may be escapes in it.
    pub(super) const fn is_escaped(self) -> bool {
        match self {
            Self::Ahead { is_escaped, .. } => is_escaped,
            Self::Long { .. } => true,
        }
    }

    const fn is_cut(self) -> bool {
        match self {
            Self::Ahead { is_cut, .. } => is_cut,
            Self::Long { .. } => true,
        }
    }
}

/// Whether a text may hold an address or a site: an at-sign, also a wide one, or a colon. A loop without branches
/// is the fastest for the few bytes that values have.
fn may_matter(text: &[u8]) -> bool {
    text.iter().fold(false, |may, byte| may | (*byte == b'@') | (*byte == b':') | (*byte >= 0x80))
}

/// Whether a value of the role of a URL names a site, told cheaply for nearly all that do.
pub(super) fn is_site(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    after_scheme(text).is_some() || bare_host(text).is_some()
}

impl Machine {
    /// Takes a value in where it belongs: to the address that is its key, to the innermost object, or, in a list
    /// of strings, to itself.
    pub(super) fn scalar(&mut self, kind: Scalar, value: Value, ends: &mut Ends<'_>) {
        let (in_object, role, account) = match self.frames.last() {
            None if kind != Scalar::String => return,
            None => (false, Role::Other, None),
            Some(frame) if frame.is_object => match self.key.meaning {
                Meaning::Role(role) => (true, role, None),
                Meaning::OfParent => (true, frame.role, None),
                Meaning::Address => (true, Role::Secret, self.key.address.clone()),
            },
            Some(frame) => (false, frame.role, frame.account.clone()),
        };
        // Most values are nobody's and hold nothing: they are done with here.
        let is_plain = role == Role::Other && account.is_none() && !value.is_escaped();
        if is_plain && !value.is_cut() && !may_matter(value.raw(&self.window, &self.long)) {
            return;
        }
        let line = match value {
            _ if in_object => self.key.line,
            Value::Long { line } => line,
            Value::Ahead { .. } => self.window.line(),
        };
        let raw = value.raw(&self.window, &self.long);
        let text = if kind == Scalar::Null {
            b""
        } else if kind == Scalar::String && value.is_escaped() {
            self.scratch.clear();
            unescape(raw, &mut self.scratch);
            &self.scratch
        } else {
            raw
        };
        let is_cut = value.is_cut();
        if let Some(account) = account {
            let login = self.addresses.get(account).unwrap_or_default();
            let secret = if kind == Scalar::Truth { b"" } else { text };
            if is_cut {
                ends.out.rejected(line, Reject::TooLong);
            } else {
                let site = self.frames.iter().rev().find_map(|frame| frame.site);
                let site = site.map(|site| self.held.lend(site)).unwrap_or_default();
                let fields = [
                    Field { role: Role::Login, value: login },
                    Field { role: Role::Secret, value: secret },
                    Field { role: Role::Url, value: site },
                ];
                emit_row(line, &fields, Bare::Accept, ends.out);
            }
            return;
        }
        let has_at = role == Role::Other && next_at(text, 0).is_some();
        if let Some(frame) = self.frames.last_mut() {
            let is_mattering = || if role == Role::Other { has_scheme(text) } else { matters(text) };
            frame.matters = frame.matters || has_at || is_mattering();
            frame.is_cut |= is_cut && matches!(role, Role::Login | Role::Email | Role::Secret);
        }
        if role == Role::Other {
            if !has_at {
                return;
            }
            let is_listed = self.open_objects == 0 || whole_address(text).is_none();
            if !in_object && kind == Scalar::String && is_listed {
                text_line(line, text, ends.out);
                return;
            }
        } else if kind == Scalar::Null && role != Role::Secret {
            return;
        }
        let object = self.frames.last().map(|frame| frame.object).unwrap_or_default();
        let is_site = role == Role::Url && in_object && is_site(text);
        let number = self.held.push(role, text, object);
        if is_site && let Some(frame) = self.frames.last_mut() {
            frame.site = frame.site.or(Some(number));
        }
        self.relieve(ends);
    }
}
