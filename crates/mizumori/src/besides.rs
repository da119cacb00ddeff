//! Several who stand beside a lake at once.

use mizumori_core::SourceIndex;
use mizumori_lake::{Beside, LakeError};
use mizumori_scan::{Match, Record, Sink, Witness};

/// All of them, in the order in which they keep what they have seen. When one cannot, the lake and those behind it are left as they
/// are; what those before it have kept is what they know again when the same comes once more.
pub(crate) struct Besides<'b>(Vec<&'b dyn Beside>);

impl<'b> Besides<'b> {
    /// Those that there are.
    pub(crate) fn of(all: impl IntoIterator<Item = Option<&'b dyn Beside>>) -> Self {
        Self(all.into_iter().flatten().collect())
    }

    /// All of them as one; nobody where there is none.
    pub(crate) fn as_one(&self) -> Option<&dyn Beside> {
        (!self.0.is_empty()).then_some(self as &dyn Beside)
    }
}

impl Witness for Besides<'_> {
    fn batch(&self, source: SourceIndex) -> Option<Box<dyn Sink + Send + '_>> {
        let all: Vec<_> = self.0.iter().filter_map(|one| one.batch(source)).collect();
        if all.is_empty() { None } else { Some(Box::new(Batches(all))) }
    }

    fn unreadable(&self, source: SourceIndex) {
        self.0.iter().for_each(|one| one.unreadable(source));
    }

    fn is_well(&self) -> bool {
        self.0.iter().all(|one| one.is_well())
    }
}

impl Beside for Besides<'_> {
    fn wants(&self, source: SourceIndex, identity: Option<&str>) -> bool {
        let mut is_wanted = false;
        for one in &self.0 {
            // Each of them has to hear of it.
            is_wanted |= one.wants(source, identity);
        }
        is_wanted
    }

    fn keep(&self) -> Result<(), LakeError> {
        self.0.iter().try_for_each(|one| one.keep())
    }
}

/// What each of them sees of a piece.
struct Batches<'b>(Vec<Box<dyn Sink + Send + 'b>>);

impl Sink for Batches<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        self.0.iter_mut().for_each(|one| one.record(record, matched));
    }

    fn settle(&mut self) {
        self.0.iter_mut().for_each(|one| one.settle());
    }

    fn weight(&self) -> usize {
        self.0.iter().map(|one| one.weight()).sum()
    }
}
