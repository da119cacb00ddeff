//! The layout of a member with columns, and a row's cells put into them.

use std::fmt;

use smallvec::SmallVec;

use super::split::{Cell, Cells, Dialect, Quoting};
use crate::address::next_at;
use crate::format::RecordLimits;
use crate::format::column::Role;
use crate::format::row::{Field, emit_row, whole_address};
use crate::format::window::matters;
use crate::record::{Emit, Reject};
use crate::url::Bare;

/// How the rows of a member are laid out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CsvLayout {
    /// What separates cells.
    pub(crate) separator: u8,
    /// What each column means; as many as rows have as a rule.
    pub(crate) roles: Vec<Role>,
    /// The first row as it stands there, if it names the columns.
    pub(crate) header: Option<Vec<u8>>,
    /// How a quote inside quotes is written.
    pub(crate) quoting: Quoting,
    /// Whether hosts without a scheme stand for URLs: a column's name says that URLs are in it.
    pub(crate) bare: Bare,
    /// The lines before the header: comments, and what tells a spreadsheet the separator.
    pub(crate) preamble: Vec<Vec<u8>>,
}

impl fmt::Debug for CsvLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The header and the lines before it are the dump's own text.
        f.debug_struct("CsvLayout")
            .field("separator", &char::from(self.separator))
            .field("roles", &self.roles)
            .field("has_header", &self.header.is_some())
            .field("quoting", &self.quoting)
            .field("bare", &self.bare)
            .finish_non_exhaustive()
    }
}

impl CsvLayout {
    pub(super) const fn dialect(&self) -> Dialect {
        Dialect { separator: self.separator, quoting: self.quoting }
    }

    /// Whether a line is no row: blank, the header (files that were put together have it again), or one of
    /// those before it.
    pub(super) fn is_skipped(&self, line: &[u8]) -> bool {
        self.header.as_deref() == Some(line)
            || matches!(line.first(), None | Some(b'#' | b's' | b'S'))
                && (line.is_empty() || self.preamble.iter().any(|before| before == line))
    }

    /// Hands a row on whose text is `text`, without its line end.
    pub(super) fn emit(
        &self,
        line: u64,
        text: &[u8],
        cells: &Cells<'_>,
        limits: &RecordLimits,
        out: &mut dyn Emit,
    ) {
        if cells.len() > limits.fields.min(MAX_CELLS) {
            return reject(line, text, Reject::TooLong, out);
        }
        let surplus = cells.len().saturating_sub(self.roles.len());
        let wide = if surplus > 0 { self.wide_column(cells, surplus) } else { None };
        let mut fields = SmallVec::<[Field<'_>; 16]>::new();
        let mut at_signs = AtSigns::of(text);
        let mut column = 0;
        let mut at = 0;
        while let Some(cell) = cells.get(at) {
            let (mut value, mut end) = (&*cell.value, cell.end);
            if wide == Some(column)
                && let Some(last) = cells.get(at + surplus)
            {
                (value, end) = (text.get(cell.start..last.end).unwrap_or_default(), last.end);
                at += surplus;
            }
            let role = self.roles.get(column).copied().unwrap_or(Role::Other);
            if value.len() > limits.field_bytes {
                if matches!(role, Role::Login | Role::Email | Role::Secret) {
                    return reject(line, text, Reject::TooLong, out);
                }
                value = value.get(..limits.field_bytes).unwrap_or_default();
            }
            if role != Role::Other || at_signs.stand_in(cell.start, end) {
                fields.push(Field { role, value });
            }
            column += 1;
            at += 1;
        }
        emit_row(line, &fields, self.bare, out);
    }

    /// The column to which the surplus of a row belongs that has more cells than columns: separators in it were
    /// not quoted. It is the secret's, unless the addresses tell that it is another on their left or right.
    fn wide_column(&self, cells: &Cells<'_>, surplus: usize) -> Option<usize> {
        let secret = self.roles.iter().position(|role| *role == Role::Secret);
        // Quotes say where a cell ends.
        let secret = secret.filter(|column| cells.get(*column).is_some_and(|cell| !cell.is_quoted));
        let Some(email) = self.roles.iter().position(|role| *role == Role::Email) else { return secret };
        let is_address = |at: usize| cells.get(at).is_some_and(is_address);
        let in_place = |wide: usize| if email > wide { email + surplus } else { email };
        if secret.is_some_and(|wide| is_address(in_place(wide)))
            || !is_address(email) && !is_address(email + surplus)
        {
            return secret;
        }
        if is_address(email) { None } else { email.checked_sub(1) }
    }
}

/// The at-signs of a row from left to right: most cells lack one, and one search tells it of all.
struct AtSigns<'a> {
    text: &'a [u8],
    next: Option<usize>,
}

impl<'a> AtSigns<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, next: next_at(text, 0).map(|(at, _)| at) }
    }

    /// Whether one stands between two offsets; these may only grow from call to call.
    fn stand_in(&mut self, start: usize, end: usize) -> bool {
        while let Some(at) = self.next
            && at < start
        {
            self.next = next_at(self.text, at + 1).map(|(at, _)| at);
        }
        self.next.is_some_and(|at| at < end)
    }
}

/// More cells than any table has columns.
const MAX_CELLS: usize = 1 << 16;

fn is_address(cell: &Cell<'_>) -> bool {
    whole_address(&cell.value).is_some()
}

/// Reports a row that could not be understood, if it matters.
pub(super) fn reject(line: u64, text: &[u8], why: Reject, out: &mut dyn Emit) {
    if matters(text) {
        out.rejected(line, why);
    }
}
