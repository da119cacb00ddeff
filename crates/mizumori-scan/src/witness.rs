//! Who sees records beside the sink that they are for.

use mizumori_core::SourceIndex;

use crate::sink::Sink;

/// Takes something else out of the records of a scan, on the worker that parses them. Whoever makes the batches of a scan shows
/// their records to it: what it may see, it sees as the batch does, and before anything of it is handed over.
///
/// The receiver of the scan gets nothing of it: what it gathers in a piece, it takes to itself in [`Sink::settle`].
pub trait Witness: Sync {
    /// What sees the records of a piece of a source; `None` where it is not to see them.
    fn batch(&self, source: SourceIndex) -> Option<Box<dyn Sink + Send + '_>>;

    /// Something of a source could not be read.
    fn unreadable(&self, _source: SourceIndex) {}

    /// Whether it can go on; where it cannot, the scan need not.
    fn is_well(&self) -> bool {
        true
    }
}
