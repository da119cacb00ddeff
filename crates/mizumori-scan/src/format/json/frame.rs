//! What the machine knows of an open object or array, and of a key whose value is awaited.

use std::ops::Range;

use super::held::{Mark, ObjectId};
use super::key::Meaning;
use crate::format::column::Role;

/// What the grammar expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// A key, or the object's end.
    Key,
    /// The colon behind a key.
    Colon,
    /// A value, or the array's end.
    Value,
}

/// An open object or array.
pub(super) struct Frame {
    pub(super) is_object: bool,
    /// What its key said: the elements of an array and the `$` keys of an object stand for it.
    pub(super) role: Role,
    /// The object itself, or the one around the array.
    pub(super) object: ObjectId,
    /// What is held behind it belongs here.
    pub(super) mark: Mark,
    /// Where the address stands that is the key of this object or array.
    pub(super) account: Option<Range<usize>>,
    /// The first site among its own values, as its number in what is held: logins in the objects inside are for
    /// it unless they name another.
    pub(super) site: Option<usize>,
    /// Whether something in it matters, should it turn out to be damaged.
    pub(super) matters: bool,
    /// Whether a login or a secret in it was longer than may be kept.
    pub(super) is_cut: bool,
}

/// A key whose value is awaited.
pub(super) struct PendingKey {
    pub(super) meaning: Meaning,
    /// Where the address stands that the key is, and its line.
    pub(super) address: Option<Range<usize>>,
    pub(super) line: u64,
}

impl Default for PendingKey {
    fn default() -> Self {
        Self { meaning: Meaning::Role(Role::Other), address: None, line: 0 }
    }
}
