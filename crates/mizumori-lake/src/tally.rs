//! Counting at level `counts`: the distinct (canonical account, place, month) with a secret, by source and host.
//!
//! Accounts are held in memory only, as tags under a key that is drawn for the run and dies with it: 19 to 39 bytes each, beside
//! the memory that an ingest is given for rows. What comes out are hosts and numbers.

use std::collections::{BTreeMap, HashMap};

use mizumori_core::watch::Level;
use mizumori_core::{Account, LeakTime, Seen, Source, SourceIndex, Tag, TagKey, TagSet};

use crate::counts::CountRow;
use crate::error::LakeError;
use crate::words::Words;

/// Stands for an account that is kept as a row, and is counted there.
const KEPT: u32 = u32::MAX;

/// What makes two exposures of an account the same leak: the folded place and the time of their sources.
pub(crate) type Group = (String, LeakTime);

/// The group of a source.
pub(crate) fn group_of(source: &Source) -> Group {
    (mizumori_survey::folded_place(&source.place), source.time())
}

/// How the accounts of a source are told apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CountPlan {
    group: u32,
    /// Whether other sources of the run are in the group.
    shared: bool,
    /// Whether the description of some sources of the group allows counts only, and that of others more.
    mixed: bool,
}

/// The key of a run, and the plan of each of its sources.
pub(crate) struct CountKey {
    key: TagKey,
    plans: Vec<CountPlan>,
}

impl CountKey {
    /// Draws a key for `sources`.
    pub(crate) fn new(sources: &[Source]) -> Result<Self, LakeError> {
        let key = TagKey::random().map_err(|error| LakeError::Io(std::io::Error::other(error)))?;
        Ok(Self::keyed(sources, key))
    }

    /// A `key` that several machines have, for `sources`.
    pub(crate) fn keyed(sources: &[Source], key: TagKey) -> Self {
        let mut groups: HashMap<Group, (u32, Vec<usize>)> = HashMap::new();
        for (at, source) in sources.iter().enumerate() {
            let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            groups.entry(group_of(source)).or_insert((next, Vec::new())).1.push(at);
        }
        let mut plans = vec![CountPlan::default(); sources.len()];
        for (group, members) in groups.into_values() {
            let lowered = |at: &&usize| sources.get(**at).is_some_and(is_lowered);
            let lowered = members.iter().filter(lowered).count();
            let (shared, mixed) = (members.len() > 1, lowered > 0 && lowered < members.len());
            for at in members {
                if let Some(plan) = plans.get_mut(at) {
                    *plan = CountPlan { group, shared, mixed };
                }
            }
        }
        Self { key, plans }
    }

    /// How many sources there are.
    pub(crate) fn sources(&self) -> usize {
        self.plans.len()
    }

    /// The tags of a piece of a source.
    pub(crate) fn begin(&self, source: SourceIndex) -> CountTags {
        let plan = self.plans.get(source.0).copied().unwrap_or_default();
        CountTags {
            plan,
            source,
            hosts: Words::default(),
            units: Vec::new(),
            in_source: Vec::new(),
            kept: Vec::new(),
        }
    }
}

/// Whether a source's description allows nothing but counts.
pub(crate) fn is_lowered(source: &Source) -> bool {
    source.level == Some(Level::Counts)
}

/// What one worker has seen in a piece of a source.
pub(crate) struct CountTags {
    plan: CountPlan,
    pub(crate) source: SourceIndex,
    pub(crate) hosts: Words,
    /// Tags under place and time, each with the number of its host.
    pub(crate) units: Vec<(Tag, u32)>,
    /// Tags under the source, of the same accounts, where others share place and time.
    pub(crate) in_source: Vec<Tag>,
    /// Accounts that are kept as rows, where another source may have them for counts only.
    pub(crate) kept: Vec<Tag>,
}

impl CountTags {
    /// An account that is to be counted.
    pub(crate) fn count(&mut self, key: &CountKey, account: &Account<'_>) {
        let host = self.hosts.number(account.host());
        self.units.push((key.key.account(account, u64::from(self.plan.group)), host));
        if self.plan.shared {
            // Groups are numbered below 2^32, so that a source's own context is no group's.
            self.in_source.push(key.key.account(account, 1 << 32 | self.source.0 as u64));
        }
    }

    /// An account that is kept as a row, with its secret.
    pub(crate) fn keep(&mut self, key: &CountKey, account: &Account<'_>) {
        if self.plan.mixed {
            self.kept.push(key.key.account(account, u64::from(self.plan.group)));
        }
    }

    /// Whether tags of the same accounts under the source are there, too.
    pub(crate) const fn is_shared(&self) -> bool {
        self.plan.shared
    }

    /// Roughly the bytes that it takes.
    pub(crate) fn weight(&self) -> usize {
        (self.units.len() + self.in_source.len() + self.kept.len()) * 32 + self.hosts.weight()
    }
}

/// The count of a run.
#[derive(Default)]
pub(crate) struct Counter {
    seen: TagSet,
    seen_in_source: TagSet,
    /// By host and source.
    cells: HashMap<(Box<str>, SourceIndex), u32>,
    counts: Vec<Cell>,
    /// What waits until all accounts are known that are kept as rows.
    waiting: Vec<(Tag, u32)>,
    kept: Vec<Tag>,
}

/// What was counted of a source and host.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Distinct (account, place, time); where sources share these, any of them may have it.
    counted: u64,
    /// Distinct accounts of the source, where others share place and time; else zero.
    in_source: u64,
}

impl Counter {
    /// Takes what a worker has seen.
    pub(crate) fn merge(&mut self, tags: CountTags) {
        let CountTags { plan, source, hosts, units, in_source, kept } = tags;
        let ours: Vec<_> = hosts.iter().map(|host| self.cell(host, source)).collect();
        let our = |host: u32| ours.get(host as usize).copied().unwrap_or(KEPT);
        let counts = &mut self.counts;
        for (tag, (_, host)) in in_source.into_iter().zip(&units) {
            self.seen_in_source.add(tag, our(*host), &mut |cell, seen| {
                note(counts, cell, seen, |cell| &mut cell.in_source);
            });
        }
        self.kept.extend(kept);
        if plan.mixed {
            self.waiting.extend(units.into_iter().map(|(tag, host)| (tag, our(host))));
            return;
        }
        for (tag, host) in units {
            self.seen.add(tag, our(host), &mut |cell, seen| {
                note(counts, cell, seen, |cell| &mut cell.counted);
            });
        }
    }

    /// The rows of each source, sorted by host.
    pub(crate) fn finish(self) -> BTreeMap<SourceIndex, Vec<CountRow>> {
        let Self { mut seen, mut seen_in_source, cells, mut counts, waiting, kept } = self;
        let mut counted = |cell, first| note(&mut counts, cell, first, |cell| &mut cell.counted);
        // Of equal tags the one that was added first is the first one.
        for tag in kept {
            seen.add(tag, KEPT, &mut counted);
        }
        for (tag, cell) in waiting {
            seen.add(tag, cell, &mut counted);
        }
        seen.settle(&mut counted);
        seen_in_source.settle(&mut |cell, first| note(&mut counts, cell, first, |cell| &mut cell.in_source));
        let mut rows: BTreeMap<_, Vec<CountRow>> = BTreeMap::new();
        for ((host, source), cell) in cells {
            let Some(Cell { counted, in_source }) = counts.get(cell as usize).copied() else { continue };
            let again = in_source.saturating_sub(counted);
            if counted + again > 0 {
                rows.entry(source).or_default().push(CountRow { host: host.into(), n: counted, again });
            }
        }
        for rows in rows.values_mut() {
            rows.sort_by(|one, other| one.host.cmp(&other.host));
        }
        rows
    }

    fn cell(&mut self, host: &str, source: SourceIndex) -> u32 {
        let next = u32::try_from(self.counts.len()).unwrap_or(KEPT);
        let number = *self.cells.entry((host.into(), source)).or_insert(next);
        if number == next {
            self.counts.push(Cell::default());
        }
        number
    }
}

fn note(counts: &mut [Cell], cell: u32, seen: Seen, figure: impl Fn(&mut Cell) -> &mut u64) {
    if seen == Seen::First
        && let Some(cell) = counts.get_mut(cell as usize)
    {
        *figure(cell) += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_core::LocalPart;

    fn source(id: &str, more: &str) -> Source {
        Source::parse("s", &format!("id = '{id}'\n{more}")).unwrap()
    }

    /// Counts accounts of sources: the ones to count, and the ones that are kept. Gives (host, n, again) of each source.
    fn check(sources: &[Source], seen: &[(usize, &str, bool)], expected: &[(usize, &str, u64, u64)]) {
        let key = CountKey::new(sources).unwrap();
        for order in [false, true] {
            let mut counter = Counter::default();
            let mut each = |(at, account, kept): &(usize, &str, bool)| {
                let account = Account::parse(account, LocalPart::Column).unwrap();
                let mut tags = key.begin(SourceIndex(*at));
                if *kept {
                    tags.keep(&key, &account);
                } else {
                    tags.count(&key, &account);
                }
                counter.merge(tags);
            };
            if order {
                seen.iter().rev().for_each(&mut each);
            } else {
                seen.iter().for_each(&mut each);
            }
            let rows = counter.finish();
            let all: u64 = rows.values().flatten().map(|row| row.n).sum();
            assert_eq!(all, expected.iter().map(|(_, _, n, _)| n).sum::<u64>());
            let mut both = Vec::new();
            for (at, rows) in &rows {
                both.extend(rows.iter().map(|row| (at.0, row.host.as_str(), row.n + row.again)));
            }
            both.sort();
            let mut wanted: Vec<_> =
                expected.iter().map(|(at, host, n, again)| (*at, *host, n + again)).collect();
            wanted.sort();
            assert_eq!(both, wanted);
        }
    }

    #[test]
    fn an_account_counts_once_in_a_place_and_month() {
        let sources = [
            source("a", "place = 'Forum'\nleaked = '2019-01'"),
            source("b", "place = 'forum '\nleaked = '2019-01-09'"),
            source("c", "place = 'forum'\nleaked = '2019-02'"),
        ];
        check(
            &sources,
            &[
                (0, "x@a.example", false),
                (0, "X@a.example", false),
                (1, "x@a.example", false),
                (1, "y@b.a.example", false),
                (2, "x@a.example", false),
            ],
            // Which of the first two has it is open; in each it is one.
            &[
                (0, "a.example", 1, 0),
                (1, "a.example", 0, 1),
                (1, "b.a.example", 1, 0),
                (2, "a.example", 1, 0),
            ],
        );
    }

    #[test]
    fn what_is_kept_as_a_row_is_counted_there() {
        let sources = [
            source("a", "place = 'p'\nleaked = '2019-01'\nlevel = 'counts'"),
            source("b", "place = 'p'\nleaked = '2019-01'"),
        ];
        let seen = [(0, "x@a.example", false), (0, "y@a.example", false), (1, "x@a.example", true)];
        check(&sources, &seen, &[(0, "a.example", 1, 1)]);
    }
}
