//! Where records go.

use crate::matching::Match;
use crate::record::{Record, Reject};

/// Receives the records of a piece of a dump, in their order.
///
/// A sink belongs to one worker while a piece is scanned. What it gathered is handed over in the order of the
/// input afterwards: see [`Scan::run`](crate::Scan::run).
pub trait Sink {
    /// One record, with how it concerns the watch list. Nothing of it may be kept in clear beyond what the
    /// caller asked for.
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>);

    /// A record that could not be understood.
    fn rejected(&mut self, _line: u64, _why: Reject) {}

    /// The piece is over. Called by its worker before the batch is handed over: whatever takes time is done here, on
    /// every core, and not where batches are received one after the other.
    fn settle(&mut self) {}

    /// Roughly how many bytes it holds, so that pieces that wait for their turn stay bounded.
    fn weight(&self) -> usize {
        0
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        (**self).record(record, matched);
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        (**self).rejected(line, why);
    }

    fn settle(&mut self) {
        (**self).settle();
    }

    fn weight(&self) -> usize {
        (**self).weight()
    }
}
