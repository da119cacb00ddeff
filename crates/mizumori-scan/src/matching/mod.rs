//! Which records concern the watch list: by their account, by the site of their login, or by both.

pub(crate) mod absence;
mod judge;
mod names;
mod run;

use mizumori_core::watch::{DomainIndex, Found, OrganisationIndex};
use mizumori_core::{LeakTime, WatchList};

use crate::record::{Login, Record};

pub(crate) use judge::Judge;
pub use judge::Wanted;
pub(crate) use names::Names;
pub(crate) use run::DomainRun;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Accounts of watched domains, as a survey counts them.
    Accounts,
    /// Accounts of watched domains, and whoever's login for a watched site.
    AccountsAndSites,
}

/// A watch list, ready to be looked for in dumps.
pub struct Matcher<'w> {
    watch: &'w WatchList,
    look: Look,
    names: Names,
}

impl<'w> Matcher<'w> {
    /// Prepares `watch`.
    pub fn new(watch: &'w WatchList, look: Look) -> Self {
        Self { watch, look, names: Names::new(watch.names()) }
    }

    /// The watch list.
    pub const fn watch(&self) -> &'w WatchList {
        self.watch
    }

    /// How `record`, leaked at `time`, concerns the watch list; `None` when it does not.
    pub fn find(&self, record: &Record<'_>, time: LeakTime) -> Option<Match> {
        let account = match &record.login {
            Login::Account(account) => self.watch.find(account.host(), time),
            Login::Name(_) | Login::None => None,
        };
        let site = match self.look {
            Look::Accounts => None,
            Look::AccountsAndSites => {
                record.url.as_ref().and_then(|url| url.host()).and_then(|host| self.site(host, time))
            }
        };
        (account.is_some() || site.is_some()).then_some(Match { account, site })
    }

    fn site(&self, host: &str, time: LeakTime) -> Option<SiteMatch> {
        match self.watch.find(host, time) {
            Some(Found::Watched(domain)) => Some(SiteMatch::Domain(domain)),
            Some(Found::OutsideValidity) | None => {
                self.watch.staff_site(host).map(|(_, organisation)| SiteMatch::Staff(organisation))
            }
        }
    }

    pub(crate) const fn look(&self) -> Look {
        self.look
    }

    pub(crate) const fn names(&self) -> &Names {
        &self.names
    }
}

/// How a record concerns the watch list. One of the two at least is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// By its account.
    pub account: Option<Found>,
    /// By the site of its login.
    pub site: Option<SiteMatch>,
}

/// A watched site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteMatch {
    /// Below a watched domain.
    Domain(DomainIndex),
    /// One of an organisation's staff sites.
    Staff(OrganisationIndex),
}
