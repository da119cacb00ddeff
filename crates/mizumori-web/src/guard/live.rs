//! What is served and replaced meanwhile: whoever asks has what was there when he asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use mizumori_guard::GuardError;

use crate::server::Observer;

/// Something that may be opened again.
pub(super) struct Live<T> {
    now: RwLock<Arc<T>>,
    /// Whether the last look at it failed: that is told once.
    is_failing: AtomicBool,
}

impl<T> Live<T> {
    /// What is served first.
    pub(super) fn new(first: T) -> Self {
        Self { now: RwLock::new(Arc::new(first)), is_failing: AtomicBool::new(false) }
    }

    /// It as it is now. Whoever has it answers from it to the end.
    pub(super) fn now(&self) -> Arc<T> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks whether it is another one by now; `told` says of the new one what it is.
    pub(super) fn renew(
        &self,
        reopened: impl FnOnce(&T) -> Result<Option<T>, GuardError>,
        told: impl FnOnce(&T) -> String,
        observer: &dyn Observer,
    ) {
        let reopened = reopened(&self.now());
        let was_failing = self.is_failing.swap(reopened.is_err(), Ordering::Relaxed);
        match reopened {
            Ok(None) => {}
            Ok(Some(new)) => {
                let told = told(&new);
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                observer.renewed(&told);
            }
            Err(error) if !was_failing => observer.failed(error.into()),
            Err(_) => {}
        }
    }
}
