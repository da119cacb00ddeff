//! The counting method: the distinct (canonical account, place, month), exactly.
//!
//! Workers fill a [`Tally`] each, one thread merges them into the [`Count`], in whatever order: the result does
//! not depend on it. Accounts are held as tags under a key that is drawn for the run and dies with it. Nothing
//! here reads a dump or decides what is an account, what belongs to a watch list, or what is a secret.

mod place;
mod rows;
mod tally;
mod travel;

use std::sync::Arc;

use hashbrown::HashMap;
use mizumori_core::watch::Found;
use mizumori_core::{Month, Period, Seen, Source, TagKey, TagSet, WatchList};

use crate::SurveyError;
use crate::model::{Report, Unreadable};
use place::Plan;
use tally::{Cell, Passed};

pub use mizumori_core::SourceIndex;
pub use place::folded_place;
pub use tally::Tally;
pub use travel::NoTally;

/// Whether a secret stands with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HasSecret {
    /// A password, a hash or a token.
    Yes,
    /// Nothing, or what stands for nothing.
    No,
}

/// The period as somebody asked for it; what is left out comes from the surveyed sources' months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedPeriod {
    /// The first month.
    pub from: Option<Month>,
    /// The last month, included.
    pub to: Option<Month>,
}

/// What a count cannot know by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFacts {
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Physical lines of the decoded members.
    pub lines: u64,
    /// Candidates whose domain was tested.
    pub addresses: u64,
    /// Hits whose record could not be understood.
    pub rejected: u64,
    /// What could not be read; the report sorts it by name.
    pub unreadable: Vec<Unreadable>,
    /// Whether all the input was read; false after an interrupt.
    pub complete: bool,
    /// Whether the data are made up.
    pub synthetic: bool,
}

/// What stays the same while a survey counts.
#[derive(Debug)]
struct Method {
    key: TagKey,
    watch: Arc<WatchList>,
    /// By source.
    plans: Vec<Plan>,
}

/// A survey while it counts.
#[derive(Debug)]
pub struct Count {
    method: Arc<Method>,
    sources: Vec<Source>,
    asked: AskedPeriod,
    period: Option<Period>,
    /// The distinct (account, place, time).
    seen: TagSet,
    /// The distinct (account, source) of sources that share place and time with others.
    seen_in_source: TagSet,
    passed: Passed,
    duplicates: u64,
    cells: HashMap<Cell, u32>,
    /// By the numbers in `cells`: what counted, and, of shared sources, what counted within the source.
    counts: Vec<CellCount>,
}

/// What was counted in a cell.
#[derive(Clone, Copy, Debug, Default)]
struct CellCount {
    /// Distinct (account, place, time). Where sources share place and time, any of them may have it.
    counted: u64,
    /// Distinct accounts within the source, where it shares place and time with others.
    within_source: u64,
}

/// Accounts that somebody has counted already, at one host and in one source, by this very method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Distinct accounts; over the sources of one place and time they add up to the distinct accounts there.
    pub accounts: u64,
    /// Distinct accounts of the source, beside these, that another source of its place and time has counted.
    pub again: u64,
}

impl Count {
    /// A count of nothing yet.
    ///
    /// # Errors
    /// When the period that was asked for ends before it begins, or the operating system has no random bytes
    /// for a key.
    pub fn new(watch: Arc<WatchList>, sources: Vec<Source>, asked: AskedPeriod) -> Result<Self, SurveyError> {
        Self::keyed(watch, sources, asked, TagKey::random().map_err(SurveyError::Key)?)
    }

    /// The same under a key that is given: several machines count for one survey, and forget it afterwards.
    ///
    /// # Errors
    /// When the period that was asked for ends before it begins.
    pub fn keyed(
        watch: Arc<WatchList>,
        sources: Vec<Source>,
        asked: AskedPeriod,
        key: TagKey,
    ) -> Result<Self, SurveyError> {
        let period = place::period(asked, &sources)?;
        let plans = place::plan(period, &sources);
        Ok(Self {
            method: Arc::new(Method { key, watch, plans }),
            sources,
            asked,
            period,
            seen: TagSet::new(),
            seen_in_source: TagSet::new(),
            passed: Passed::default(),
            duplicates: 0,
            cells: HashMap::new(),
            counts: Vec::new(),
        })
    }

    /// The months that are counted; `None` when nobody asked for any and no source has one.
    pub const fn period(&self) -> Option<Period> {
        self.period
    }

    /// The sources, in the order of [`SourceIndex`].
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// An empty tally for a worker.
    pub fn tally(&self) -> Tally {
        Tally::new(Arc::clone(&self.method))
    }

    /// Counts what a worker has seen.
    pub fn merge(&mut self, tally: Tally) {
        let passed = &mut self.passed;
        passed.matched += tally.passed.matched;
        passed.not_surveyed += tally.passed.not_surveyed;
        passed.outside_validity += tally.passed.outside_validity;
        passed.without_secret += tally.passed.without_secret;
        passed.outside_period += tally.passed.outside_period;

        // The tally's cell numbers, translated to ours.
        let mut ours = vec![0_u32; tally.cells.len()];
        for (cell, theirs) in tally.cells {
            let next = u32::try_from(self.counts.len()).unwrap_or(u32::MAX);
            let number = *self.cells.entry(cell).or_insert(next);
            if number == next {
                self.counts.push(CellCount::default());
            }
            if let Some(our) = ours.get_mut(theirs as usize) {
                *our = number;
            }
        }
        let our = |theirs: u32| ours.get(theirs as usize).copied().unwrap_or(u32::MAX);
        let (counts, duplicates) = (&mut self.counts, &mut self.duplicates);
        for (tag, cell) in tally.units.into_iter().zip(tally.unit_cells) {
            self.seen.add(tag, our(cell), &mut |cell, seen| count_unit(counts, duplicates, cell, seen));
        }
        for (tag, cell) in tally.shared {
            self.seen_in_source.add(tag, our(cell), &mut |cell, seen| count_within(counts, cell, seen));
        }
    }

    /// Adds what was counted already. `found` is what the watch list finds for the host at the source's time.
    ///
    /// None of these accounts may be observed in any source of the same place and time: nothing could tell.
    pub fn add(&mut self, source: SourceIndex, host: &str, found: Found, counted: Counted) {
        let mut tally = self.tally();
        let place = tally.place(source, host, found, HasSecret::Yes, counted.accounts + counted.again);
        self.merge(tally);
        let Some((domain, _)) = place else { return };
        let next = u32::try_from(self.counts.len()).unwrap_or(u32::MAX);
        let cell = Cell { host: host.into(), domain, source: source.0 as u32 };
        let number = *self.cells.entry(cell).or_insert(next);
        if number == next {
            self.counts.push(CellCount::default());
        }
        if let Some(count) = self.counts.get_mut(number as usize) {
            count.counted += counted.accounts;
            count.within_source += counted.accounts + counted.again;
        }
        self.duplicates += counted.again;
    }

    /// The report. `by` is the program that produced it, with its version: `mizumori 0.1.0`.
    pub fn finish(mut self, by: &str, input: InputFacts) -> Report {
        let (counts, duplicates) = (&mut self.counts, &mut self.duplicates);
        self.seen.settle(&mut |cell, seen| count_unit(counts, duplicates, cell, seen));
        self.seen_in_source.settle(&mut |cell, seen| count_within(counts, cell, seen));
        rows::report(self, by, input)
    }
}

/// Counts an account in its place and time, or as a duplicate there.
fn count_unit(counts: &mut [CellCount], duplicates: &mut u64, cell: u32, seen: Seen) {
    match (seen, counts.get_mut(cell as usize)) {
        (Seen::First, Some(count)) => count.counted += 1,
        (Seen::First, None) => {}
        (Seen::Again, _) => *duplicates += 1,
    }
}

/// Counts an account within its source.
fn count_within(counts: &mut [CellCount], cell: u32, seen: Seen) {
    if seen == Seen::First
        && let Some(count) = counts.get_mut(cell as usize)
    {
        count.within_source += 1;
    }
}
