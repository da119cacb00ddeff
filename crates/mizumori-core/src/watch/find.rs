//! Which watched domain a host belongs to: whole labels from the right, the most specific first.

use hashbrown::HashMap;

use super::{DomainIndex, Organisation, OrganisationIndex, StaffSiteIndex, WatchList, WatchedDomain};
use crate::domain::self_and_parents;
use crate::{LeakTime, Month};

/// A host below a watched domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// An organisation held the domain at that time.
    Watched(DomainIndex),
    /// Organisations held the domain, but none at that time.
    OutsideValidity,
}

/// The list's names, each with what holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    names: HashMap<Box<str>, Vec<DomainIndex>>,
    sites: HashMap<Box<str>, StaffSiteIndex>,
}

impl Index {
    pub(super) fn new(domains: &[WatchedDomain], organisations: &[Organisation]) -> Self {
        let mut index = Self::default();
        for (place, domain) in domains.iter().enumerate() {
            index.names.entry(domain.name.as_str().into()).or_default().push(DomainIndex(place));
        }
        for (place, organisation) in organisations.iter().enumerate() {
            for (site, name) in organisation.staff_sites.iter().enumerate() {
                let organisation = OrganisationIndex(place);
                index.sites.entry(name.as_str().into()).or_insert(StaffSiteIndex { organisation, site });
            }
        }
        index
    }
}

impl WatchList {
    /// The watched domain to which an account of the canonical `host` belongs when it leaked at `time`.
    ///
    /// Where an organisation did not hold the domain at that time, the next less specific domain is asked. An
    /// unknown time, and a year in which the holder changed, go to the latest holder.
    pub fn find(&self, host: &str, time: LeakTime) -> Option<Found> {
        let mut outside = None;
        for name in self_and_parents(host) {
            let Some(holders) = self.index.names.get(name) else { continue };
            if let Some(holder) = self.holder(holders, time) {
                return Some(Found::Watched(holder));
            }
            outside = Some(Found::OutsideValidity);
        }
        outside
    }

    /// The staff site that the canonical `host` is, or below which it stands.
    pub fn find_staff_site(&self, host: &str) -> Option<StaffSiteIndex> {
        self_and_parents(host).find_map(|name| self.index.sites.get(name)).copied()
    }

    /// Every name that an account or a site is matched by, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let sites = self.index.sites.keys().filter(|site| !self.index.names.contains_key(*site));
        self.index.names.keys().chain(sites).map(|name| &**name)
    }

    fn holder(&self, holders: &[DomainIndex], time: LeakTime) -> Option<DomainIndex> {
        let dates = |index: &DomainIndex| self.domains.get(index.0);
        let at = |first: Month, last: Month| {
            holders.iter().copied().find(|index| {
                dates(index).is_some_and(|domain| {
                    domain.from.is_none_or(|from| from <= first) && domain.to.is_none_or(|to| last <= to)
                })
            })
        };
        match time.span() {
            Some((first, last)) if first == last => at(first, last),
            // A bare year: who held it all year long, else the latest who held it in that year at all.
            Some((first, last)) => at(first, last).or_else(|| {
                self.latest(holders.iter().copied().filter(|index| {
                    dates(index).is_some_and(|domain| {
                        domain.from.is_none_or(|from| from <= last) && domain.to.is_none_or(|to| first <= to)
                    })
                }))
            }),
            None => self.latest(holders.iter().copied()),
        }
    }

    /// The holder whose time ended last; no end is the latest end of all.
    fn latest(&self, holders: impl Iterator<Item = DomainIndex>) -> Option<DomainIndex> {
        let latest = const { Month::new(9999, 12).unwrap() };
        holders.max_by_key(|index| self.domains.get(index.0).map(|domain| domain.to.unwrap_or(latest)))
    }
}
