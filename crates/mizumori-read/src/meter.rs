//! How far a top-level input may expand: bytes in, bytes out at each level, members.
//!
//! What came out is counted, never what a header declares.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::{LimitKind, Limits, Unreadable};

/// Counts what a top-level input expands to.
pub(crate) struct Meter {
    limits: Limits,
    /// Bytes of the top-level input: its length, or what a stream gave so far.
    input: Cell<u64>,
    /// Bytes that came out of each level.
    levels: RefCell<Vec<u64>>,
    members: Cell<u64>,
    exhausted: Cell<bool>,
}

impl Meter {
    pub(crate) fn new(limits: Limits, input: u64) -> Rc<Self> {
        Rc::new(Self {
            limits,
            input: Cell::new(input),
            levels: RefCell::default(),
            members: Cell::new(0),
            exhausted: Cell::new(false),
        })
    }

    /// Whether a limit of the whole input was hit, so that the walk ends.
    pub(crate) fn exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// One more member; an error when it is one too many.
    pub(crate) fn member(&self) -> Result<(), Unreadable> {
        let members = self.members.get().saturating_add(1);
        self.members.set(members);
        if members > self.limits.members {
            return Err(self.exhaust(LimitKind::Members, self.limits.members));
        }
        Ok(())
    }

    /// `n` more bytes of a top-level stream.
    pub(crate) fn consume(&self, n: u64) {
        self.input.set(self.input.get().saturating_add(n));
    }

    /// `n` more bytes out of `level`.
    pub(crate) fn produce(&self, level: u32, n: u64) -> Result<(), Unreadable> {
        let mut levels = self.levels.borrow_mut();
        let index = level as usize;
        if levels.len() <= index {
            levels.resize(index + 1, 0);
        }
        let Some(total) = levels.get_mut(index) else { return Ok(()) };
        *total = total.saturating_add(n);
        if *total > self.limits.total_bytes {
            return Err(self.exhaust(LimitKind::TotalBytes, self.limits.total_bytes));
        }
        if *total > self.limits.ratio_floor && *total / self.limits.ratio.max(1) > self.input.get() {
            return Err(self.exhaust(LimitKind::Ratio, self.limits.ratio));
        }
        Ok(())
    }

    /// Whether a member may be of `size`.
    pub(crate) fn member_size(&self, size: u64) -> Result<(), Unreadable> {
        let value = self.limits.member_bytes;
        if size > value { Err(Unreadable::Limit { limit: LimitKind::MemberBytes, value }) } else { Ok(()) }
    }

    fn exhaust(&self, limit: LimitKind, value: u64) -> Unreadable {
        self.exhausted.set(true);
        Unreadable::Limit { limit, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limits: Limits) -> Rc<Meter> {
        Meter::new(limits, 10)
    }

    #[test]
    fn members_are_counted() {
        let meter = meter(Limits { members: 2, ..Limits::default() });
        assert!(meter.member().is_ok() && meter.member().is_ok());
        assert_eq!(meter.member(), Err(Unreadable::Limit { limit: LimitKind::Members, value: 2 }));
        assert!(meter.exhausted());
    }
}
