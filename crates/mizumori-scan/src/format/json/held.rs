//! What the open objects of a document have said so far: the fields that matter, and how they become records.

use smallvec::SmallVec;

use crate::format::column::Role;
use crate::format::row::{Field, emit_row, whole_address};
use crate::record::Emit;
use crate::url::Bare;

/// At most so many objects with a login each are one record; more are a list of people.
const MAX_LOGINS: usize = 8;

/// A field that is held.
struct HeldField {
    role: Role,
    start: usize,
    end: usize,
    object: ObjectId,
    /// Whether it is a site that a login inside of its object has been handed on with.
    is_lent: bool,
}

/// An object: its number in the order of the opening brackets, and the line of that bracket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectId {
    pub(super) number: u64,
    pub(super) line: u64,
}

/// A point in what is held: everything behind it belongs to one object and what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    fields: usize,
    text: usize,
}

/// The fields of all open objects, those of the innermost last.
#[derive(Default)]
pub(super) struct Held {
    fields: Vec<HeldField>,
    text: Vec<u8>,
}

impl Held {
    /// The point behind everything that is held.
    pub(super) const fn mark(&self) -> Mark {
        Mark { fields: self.fields.len(), text: self.text.len() }
    }

    /// Fields behind `mark`.
    pub(super) const fn count_since(&self, mark: Mark) -> usize {
        self.fields.len().saturating_sub(mark.fields)
    }

    /// Bytes of all fields.
    pub(super) const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Bytes of memory for values.
    pub(super) const fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Forgets what is behind `mark`.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.fields.truncate(mark.fields);
        self.text.truncate(mark.text);
    }

    /// Takes a field in; gives back its number.
    pub(super) fn push(&mut self, role: Role, value: &[u8], object: ObjectId) -> usize {
        let start = self.text.len();
        self.text.extend_from_slice(value);
        self.fields.push(HeldField { role, start, end: self.text.len(), object, is_lent: false });
        self.fields.len() - 1
    }

    /// The value of the site with that number, for a login inside of its object.
    pub(super) fn lend(&mut self, site: usize) -> &[u8] {
        match self.fields.get_mut(site) {
            Some(field) => {
                field.is_lent = true;
                self.text.get(field.start..field.end).unwrap_or_default()
            }
            None => &[],
        }
    }

    fn since(&self, mark: Mark) -> &[HeldField] {
        self.fields.get(mark.fields..).unwrap_or_default()
    }

    fn value(&self, field: &HeldField) -> &[u8] {
        self.text.get(field.start..field.end).unwrap_or_default()
    }

    /// Whether what is behind `mark` is a record of its own: somebody, and a secret, be it an empty one.
    pub(super) fn is_complete(&self, mark: Mark) -> bool {
        let fields = self.since(mark);
        fields.iter().any(|field| field.role == Role::Secret)
            && fields.iter().any(|field| self.is_login(field))
    }

    fn is_login(&self, field: &HeldField) -> bool {
        match field.role {
            Role::Login | Role::Email => !self.value(field).trim_ascii().is_empty(),
            Role::Other => whole_address(self.value(field)).is_some(),
            Role::Secret | Role::Url => false,
        }
    }

    /// Hands on what is behind `mark`, and forgets it: as one record with what its objects say together, or, where
    /// it is a list of people, as one for each. A record of one object begins in that object's line, else in
    /// that of `around`, the object around them. Logins that name no site are for `site`, which stands before
    /// `mark`.
    pub(super) fn emit(&mut self, mark: Mark, around: ObjectId, site: Option<usize>, out: &mut dyn Emit) {
        if self.count_since(mark) > 0 {
            let site = site.filter(|_| !self.names_site(mark));
            if let Some(site) = site {
                self.lend(site);
            }
            if self.is_list(mark) {
                self.emit_apart(mark, site, out);
            } else {
                self.emit_together(mark, around, site, out);
            }
        }
        self.forget(mark);
    }

    fn names_site(&self, mark: Mark) -> bool {
        let fields = self.since(mark).iter();
        fields.filter(|field| field.role == Role::Url).any(|field| !self.value(field).trim_ascii().is_empty())
    }

    /// Hands on what is behind `mark`, one record for each object, and forgets it.
    pub(super) fn emit_each(&mut self, mark: Mark, out: &mut dyn Emit) {
        self.emit_apart(mark, None, out);
        self.forget(mark);
    }

    /// Hands on what closed objects have said behind `mark`, one record for each, and forgets it together with
    /// what `open` has said.
    pub(super) fn emit_closed(&mut self, mark: Mark, open: ObjectId, out: &mut dyn Emit) {
        if let Some(fields) = self.fields.get_mut(mark.fields..) {
            fields.sort_by_key(|field| field.object);
        }
        for fields in self.since(mark).chunk_by(|one, other| one.object == other.object) {
            if let Some(first) = fields.first()
                && first.object != open
            {
                self.emit_fields(first.object.line, fields, None, out);
            }
        }
        self.forget(mark);
    }

    fn is_list(&self, mark: Mark) -> bool {
        let mut logins = 0;
        let mut last = None;
        for field in self.since(mark).iter().filter(|field| self.is_login(field)) {
            if last != Some(field.object) {
                logins += 1;
                last = Some(field.object);
            }
        }
        let has_secret = self.since(mark).iter().any(|field| field.role == Role::Secret);
        logins > if has_secret { MAX_LOGINS } else { 1 }
    }

    fn emit_together(&self, mark: Mark, around: ObjectId, site: Option<usize>, out: &mut dyn Emit) {
        let fields = self.since(mark);
        let Some(first) = fields.first() else { return };
        let is_one = fields.iter().all(|field| field.object == first.object);
        let line = if is_one { first.object.line } else { around.line };
        self.emit_fields(line, fields, site, out);
    }

    fn emit_apart(&mut self, mark: Mark, site: Option<usize>, out: &mut dyn Emit) {
        if let Some(fields) = self.fields.get_mut(mark.fields..) {
            fields.sort_by_key(|field| field.object);
        }
        for fields in self.since(mark).chunk_by(|one, other| one.object == other.object) {
            let line = fields.first().map_or(0, |field| field.object.line);
            self.emit_fields(line, fields, site, out);
        }
    }

    fn emit_fields(&self, line: u64, fields: &[HeldField], site: Option<usize>, out: &mut dyn Emit) {
        let is_somebody = fields.iter().any(|field| field.role == Role::Secret || self.is_login(field));
        let site = site.filter(|_| is_somebody).and_then(|site| self.fields.get(site));
        // A site whose logins have been handed on is no record of its own.
        let kept = fields.iter().filter(|field| is_somebody || !field.is_lent);
        let fields: SmallVec<[Field<'_>; 16]> =
            kept.chain(site).map(|field| Field { role: field.role, value: self.value(field) }).collect();
        emit_row(line, &fields, Bare::Accept, out);
    }
}
