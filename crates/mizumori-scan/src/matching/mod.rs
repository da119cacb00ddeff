//! Which records concern the watch list: by their account, by the site of their login, or by both.

pub(crate) mod absence;
mod judge;
mod names;
mod run;

use mizumori_core::watch::{DomainIndex, Found, OrganisationIndex, StaffSiteIndex, WatchedDomain};
use mizumori_core::{DomainName, LeakTime, WatchList};

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
            Some(Found::OutsideValidity) | None => self.watch.find_staff_site(host).map(SiteMatch::Staff),
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

impl Match {
    /// By what it concerns the watch list. An account outside of the dates in which somebody held its domain is nobody's:
    /// `None` where there is nothing else.
    pub const fn by(&self) -> Option<MatchedBy> {
        match (self.account, self.site) {
            (Some(Found::Watched(_)), Some(_)) => Some(MatchedBy::Both),
            (Some(Found::Watched(_)), None) => Some(MatchedBy::Account),
            (Some(Found::OutsideValidity) | None, Some(_)) => Some(MatchedBy::Site),
            (Some(Found::OutsideValidity) | None, None) => None,
        }
    }

    /// The organisation of `watch`, the list that was looked for, that it concerns: whose the account is, else whose the site is.
    pub fn organisation(&self, watch: &WatchList) -> Option<OrganisationIndex> {
        match self.found_by()? {
            SiteMatch::Domain(domain) => Some(watch.domains.get(domain.0)?.organisation),
            SiteMatch::Staff(site) => Some(site.organisation),
        }
    }

    /// The domain or staff site of `watch` that it was found by: the account's, else the site's.
    pub fn watched<'w>(&self, watch: &'w WatchList) -> Option<&'w DomainName> {
        match self.found_by()? {
            SiteMatch::Domain(domain) => Some(&watch.domains.get(domain.0)?.name),
            SiteMatch::Staff(site) => watch.staff_site(site),
        }
    }

    /// The watched domain that it was found by, where it was no staff site.
    pub fn domain<'w>(&self, watch: &'w WatchList) -> Option<&'w WatchedDomain> {
        match self.found_by()? {
            SiteMatch::Domain(domain) => watch.domains.get(domain.0),
            SiteMatch::Staff(_) => None,
        }
    }

    const fn found_by(&self) -> Option<SiteMatch> {
        match self.account {
            Some(Found::Watched(domain)) => Some(SiteMatch::Domain(domain)),
            Some(Found::OutsideValidity) | None => self.site,
        }
    }
}

/// By what a record concerns the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// Its account.
    Account,
    /// The site of its login.
    Site,
    /// Both.
    Both,
}

impl MatchedBy {
    /// The word that stands in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Site => "site",
            Self::Both => "both",
        }
    }
}

/// A watched site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteMatch {
    /// Below a watched domain.
    Domain(DomainIndex),
    /// One of an organisation's staff sites.
    Staff(StaffSiteIndex),
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n\
        [[organisation]]\nid = 'one'\ncategory = 'c'\nname = 'One'\n\
        domains = ['a.example', { name = 'b.example', to = '2019-12' }]\n\
        [[organisation]]\nid = 'two'\ncategory = 'c'\nname = 'Two'\ndomains = ['c.example']\n\
        staff_sites = ['x.test', 'vpn.test']\n";

    #[test]
    fn whom_it_concerns() {
        let watch = WatchList::parse("w", LIST).unwrap();
        let matcher = Matcher::new(&watch, Look::AccountsAndSites);
        let time = LeakTime::Month(mizumori_core::Month::new(2020, 5).unwrap());
        let check = |host: Option<&str>, site: Option<&str>, expected: Option<[&str; 4]>| {
            let account = host.and_then(|host| watch.find(host, time));
            let site = site.and_then(|site| matcher.site(site, time));
            let matched = Match { account, site };
            let told = matched.by().map(|by| {
                [
                    by.as_str(),
                    &*watch.organisations[matched.organisation(&watch).unwrap().0].id,
                    matched.watched(&watch).unwrap().as_str(),
                    matched.domain(&watch).map_or("", |domain| domain.name.as_str()),
                ]
            });
            assert_eq!(told, expected);
            if expected.is_none() {
                assert_eq!((matched.organisation(&watch), matched.watched(&watch)), (None, None));
                assert_eq!(matched.domain(&watch), None);
            }
        };
        check(Some("m.a.example"), None, Some(["account", "one", "a.example", "a.example"]));
        check(Some("a.example"), Some("c.example"), Some(["both", "one", "a.example", "a.example"]));
        check(Some("a.example"), Some("vpn.test"), Some(["both", "one", "a.example", "a.example"]));
        check(None, Some("www.c.example"), Some(["site", "two", "c.example", "c.example"]));
        check(None, Some("a.vpn.test"), Some(["site", "two", "vpn.test", ""]));
        // Nobody held that domain then.
        check(Some("b.example"), None, None);
        check(Some("b.example"), Some("x.test"), Some(["site", "two", "x.test", ""]));
    }
}
