//! Work that all cores share.

/// Does `work` on so many threads, this one among them, but on no more than there are `pieces` of it: each takes the next piece
/// until there is none.
pub(crate) fn on_cores(threads: usize, pieces: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 1..threads.min(pieces) {
            scope.spawn(&work);
        }
        work();
    });
}
