//! One block of a stealer log while its lines come in.

use std::ops::Range;

use super::key::Key;
use crate::format::RecordLimits;
use crate::format::column::Role;
use crate::format::row::{Field, emit_row};
use crate::format::window::matters;
use crate::record::{Emit, Reject};
use crate::url::Bare;

/// What a block holds so far. Its memory is used again for the next one.
pub(super) struct Block {
    /// The line of its first key.
    line: u64,
    text: Vec<u8>,
    url: Option<Range<usize>>,
    login: Option<Range<usize>>,
    email: Option<Range<usize>>,
    secret: Option<Range<usize>>,
    others: Vec<Range<usize>>,
    is_cut: bool,
}

impl Block {
    pub(super) const fn new() -> Self {
        Self {
            line: 0,
            text: Vec::new(),
            url: None,
            login: None,
            email: None,
            secret: None,
            others: Vec::new(),
            is_cut: false,
        }
    }

    /// Whether the block has that key already.
    pub(super) const fn has(&self, key: Key) -> bool {
        match key {
            Key::Url => self.url.is_some(),
            Key::Login => self.login.is_some(),
            Key::Email => self.email.is_some(),
            Key::Secret => self.secret.is_some(),
            Key::Other => false,
        }
    }

    /// Takes a value in; the first one begins the block. `is_cut` says that it is longer than may be kept.
    pub(super) fn set(&mut self, line: u64, key: Key, value: &[u8], is_cut: bool) {
        if self.is_empty() {
            self.line = line;
        }
        self.is_cut |= is_cut;
        let range = self.keep(value);
        match key {
            Key::Url => self.url = Some(range),
            Key::Login => self.login = Some(range),
            Key::Email => self.email = Some(range),
            Key::Secret => self.secret = Some(range),
            Key::Other => self.others.push(range),
        }
    }

    /// Takes in what else stands in the block and holds an at-sign; `false` when no block has begun, or when it
    /// is full.
    pub(super) fn add(&mut self, value: &[u8], limits: &RecordLimits) -> bool {
        let has_room = self.others.len() < limits.fields
            && self.text.len().saturating_add(value.len()) <= limits.record_bytes;
        let takes = !self.is_empty() && has_room;
        if takes {
            let range = self.keep(value);
            self.others.push(range);
        }
        takes
    }

    fn keep(&mut self, value: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(value);
        start..self.text.len()
    }

    const fn is_empty(&self) -> bool {
        self.url.is_none() && self.login.is_none() && self.email.is_none() && self.secret.is_none()
    }

    /// Hands the record on, if there is one, and empties the block. A URL alone is nobody's login.
    pub(super) fn end(&mut self, limits: &RecordLimits, out: &mut dyn Emit) {
        if self.is_empty() {
            return;
        }
        if self.is_cut {
            if matters(&self.text) {
                out.rejected(self.line, Reject::TooLong);
            }
        } else {
            self.emit(limits, out);
        }
        self.text.clear();
        self.others.clear();
        (self.url, self.login, self.email, self.secret, self.is_cut) = (None, None, None, None, false);
    }

    fn emit(&self, limits: &RecordLimits, out: &mut dyn Emit) {
        let is_login = self.login.is_some() || self.email.is_some() || self.secret.is_some();
        let url_role = if is_login { Role::Url } else { Role::Other };
        let own = [
            (url_role, &self.url),
            (Role::Login, &self.login),
            (Role::Email, &self.email),
            (Role::Secret, &self.secret),
        ];
        let field = |role, range: &Range<usize>| Field {
            role,
            value: self.text.get(range.clone()).unwrap_or_default(),
        };
        let mut fields = smallvec::SmallVec::<[Field<'_>; 8]>::new();
        fields.extend(own.into_iter().filter_map(|(role, range)| Some(field(role, range.as_ref()?))));
        fields.extend(self.others.iter().take(limits.fields).map(|range| field(Role::Other, range)));
        emit_row(self.line, &fields, Bare::Accept, out);
    }
}
