//! What one worker has seen in its piece of a dump.
//!
//! A tally classifies exposures and tags what may count; whether an account has been counted already is only
//! told when tallies are merged. It keeps no account and no secret.

use std::sync::Arc;

use hashbrown::{Equivalent, HashMap};
use mizumori_core::keys::AccountTag;
use mizumori_core::watch::{DomainIndex, Found};
use mizumori_core::{Account, LeakTime, Tag, TagKey};

use super::place::{Place, Plan};
use super::{HasSecret, Method, SourceIndex};

/// After so many taggings a tally is worth handing over: 1.25 MiB of them.
const FULL: usize = 1 << 16;

/// Where every matched exposure went, as far as a tally can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) matched: u64,
    pub(super) not_surveyed: u64,
    pub(super) outside_validity: u64,
    pub(super) without_secret: u64,
    pub(super) outside_period: u64,
}

/// A figure that exposures are added up in: one host below one watched domain, in one source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) host: Box<str>,
    pub(super) domain: u32,
    pub(super) source: u32,
}

/// A [`Cell`] that is looked for.
#[derive(Hash)]
struct CellOf<'a> {
    host: &'a str,
    domain: u32,
    source: u32,
}

impl Equivalent<Cell> for CellOf<'_> {
    fn equivalent(&self, cell: &Cell) -> bool {
        self.domain == cell.domain && self.source == cell.source && *self.host == *cell.host
    }
}

/// What a worker fills for a piece of a dump, from [`Count::tally`](super::Count::tally).
#[derive(Debug)]
pub struct Tally {
    method: Arc<Method>,
    pub(super) passed: Passed,
    /// The cells seen, each with its number.
    pub(super) cells: HashMap<Cell, u32>,
    /// Tags under place and time, and the cell that each would count in.
    pub(super) units: Vec<Tag>,
    pub(super) unit_cells: Vec<u32>,
    /// Tags under the source, of sources that share place and time with others.
    pub(super) shared: Vec<(Tag, u32)>,
}

impl Tally {
    pub(super) fn new(method: Arc<Method>) -> Self {
        Self {
            method,
            passed: Passed::default(),
            cells: HashMap::new(),
            units: Vec::new(),
            unit_cells: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// Takes one exposure: an `account` of a watched domain, seen in a source that was given to
    /// [`Count::new`](super::Count::new).
    ///
    /// `found` is what the watch list finds for the account's host at the source's time. Of a source or a
    /// domain that the count does not know, the exposure is not counted: it goes to `not_surveyed` or
    /// `outside_validity`.
    pub fn observe(&mut self, source: SourceIndex, account: &Account<'_>, found: Found, secret: HasSecret) {
        let tag = |key: &TagKey, context| key.account(account, context);
        self.unit(source, account.host(), &tag, found, secret);
    }

    /// The same for an account of which only a tag is known: equal tags stand for equal accounts. `host` is the account's.
    pub fn observe_tagged(
        &mut self,
        source: SourceIndex,
        host: &str,
        account: AccountTag,
        found: Found,
        secret: HasSecret,
    ) {
        let (hi, lo) = (account.hi.to_be_bytes(), account.lo.to_be_bytes());
        let tag = |key: &TagKey, context: u64| key.fields([&hi[..], &lo[..], &context.to_le_bytes()[..]]);
        self.unit(source, host, &tag, found, secret);
    }

    fn unit(
        &mut self,
        source: SourceIndex,
        host: &str,
        tag: &dyn Fn(&TagKey, u64) -> Tag,
        found: Found,
        secret: HasSecret,
    ) {
        let Some((domain, place)) = self.place(source, host, found, secret, 1) else { return };
        let cell = self.cell(host, domain, source.0 as u32);
        let method = &*self.method;
        self.units.push(tag(&method.key, u64::from(place.group)));
        self.unit_cells.push(cell);
        if place.shared {
            // Groups are numbered below 2^32, so that a source's own context is no group's.
            let context = 1 << 32 | source.0 as u64;
            self.shared.push((tag(&method.key, context), cell));
        }
    }

    /// Where `exposures` of one host count: the watched domain and the place; `None` when they do not.
    pub(super) fn place(
        &mut self,
        source: SourceIndex,
        host: &str,
        found: Found,
        secret: HasSecret,
        exposures: u64,
    ) -> Option<(u32, Place)> {
        let method = &*self.method;
        self.passed.matched += exposures;
        let plan = method.plans.get(source.0).copied().unwrap_or(Plan::NotSurveyed);
        let found = match plan {
            Plan::NotSurveyed => {
                self.passed.not_surveyed += exposures;
                return None;
            }
            // The year was asked about, but the exposure counts as one of unknown month. Asked again, all that
            // stand for one account in one place are of one holder, in whatever order they come.
            Plan::Counted(place) if place.demoted => {
                method.watch.find(host, LeakTime::Unknown).unwrap_or(found)
            }
            Plan::Counted(_) | Plan::OutsidePeriod => found,
        };
        let domain = match found {
            Found::Watched(DomainIndex(domain)) if domain < method.watch.domains.len() => domain,
            Found::Watched(_) | Found::OutsideValidity => {
                self.passed.outside_validity += exposures;
                return None;
            }
        };
        if secret == HasSecret::No {
            self.passed.without_secret += exposures;
            return None;
        }
        let Plan::Counted(place) = plan else {
            self.passed.outside_period += exposures;
            return None;
        };
        Some((domain as u32, place))
    }

    /// Adds what another tally of the same count has.
    pub fn append(&mut self, other: Self) {
        let passed = &mut self.passed;
        passed.matched += other.passed.matched;
        passed.not_surveyed += other.passed.not_surveyed;
        passed.outside_validity += other.passed.outside_validity;
        passed.without_secret += other.passed.without_secret;
        passed.outside_period += other.passed.outside_period;
        let mut ours = vec![0_u32; other.cells.len()];
        for (cell, theirs) in &other.cells {
            let number = self.cell(&cell.host, cell.domain, cell.source);
            if let Some(our) = ours.get_mut(*theirs as usize) {
                *our = number;
            }
        }
        let our = |theirs: u32| ours.get(theirs as usize).copied().unwrap_or(u32::MAX);
        self.units.extend(other.units);
        self.unit_cells.extend(other.unit_cells.into_iter().map(our));
        self.shared.extend(other.shared.into_iter().map(|(tag, cell)| (tag, our(cell))));
    }

    /// An empty tally of the same count.
    pub fn begin(&self) -> Self {
        Self::new(Arc::clone(&self.method))
    }

    /// Hands over what has been observed, and begins anew: a worker needs the count itself only once.
    pub fn take(&mut self) -> Self {
        let empty = self.begin();
        std::mem::replace(self, empty)
    }

    /// Whether it has grown so large that it should be [taken](Self::take) and merged. A tally may go on growing:
    /// it takes 20 bytes an exposure, 56 where sources share place and time.
    pub fn is_full(&self) -> bool {
        self.units.len() >= FULL
    }

    /// Whether nothing has been observed.
    pub const fn is_empty(&self) -> bool {
        self.passed.matched == 0
    }

    fn cell(&mut self, host: &str, domain: u32, source: u32) -> u32 {
        if let Some(cell) = self.cells.get(&CellOf { host, domain, source }) {
            return *cell;
        }
        let cell = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.cells.insert(Cell { host: host.into(), domain, source }, cell);
        cell
    }
}
