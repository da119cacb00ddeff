//! Room that was used and is used again: blocks come and go in thousands, and each new one would be pages that the system has to
//! clear first.

use std::sync::{Mutex, PoisonError};

use crate::row::Row;

/// Emptied room for values of one type.
pub(super) struct Pool<T>(Mutex<Vec<Vec<T>>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pool<T> {
    /// Some that was given back, or none.
    pub(super) fn take(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Gives it back. There is never more of it than was in use at once.
    pub(super) fn give(&self, mut used: Vec<T>) {
        used.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used);
    }
}

/// What an import's blocks need.
#[derive(Default)]
pub(super) struct Pools {
    /// Lines.
    pub(super) bytes: Pool<u8>,
    /// Their rows.
    pub(super) rows: Pool<Row>,
}
