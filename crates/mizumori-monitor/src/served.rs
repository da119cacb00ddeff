//! Whose a host is: the domains that are proved or vouched for.

use std::collections::HashMap;

use mizumori_core::domain::self_and_parents;
use mizumori_store::{Domain, OrganisationId};

/// The domains that are served. What is below one belongs to it, unless it belongs to another organisation.
#[derive(Clone, Debug, Default)]
pub struct Served(HashMap<String, OrganisationId>);

impl Served {
    /// Those of the store's domains that are served.
    pub fn of_domains(domains: &[Domain]) -> Self {
        let served = domains.iter().filter(|domain| domain.state.is_served());
        Self(served.map(|domain| (domain.name.as_str().to_owned(), domain.organisation.clone())).collect())
    }

    /// Whose a host is: the most specific domain decides.
    pub fn organisation(&self, host: &str) -> Option<&OrganisationId> {
        self_and_parents(host).find_map(|name| self.0.get(name))
    }

    /// The domains' names, with whose they are.
    pub fn domains(&self) -> impl Iterator<Item = (&str, &OrganisationId)> {
        self.0.iter().map(|(name, organisation)| (name.as_str(), organisation))
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::{DomainName, Timestamp};
    use mizumori_store::DomainState;

    use super::*;

    #[test]
    fn the_most_specific_one_decides() {
        let domain = |organisation: &str, name, state| Domain {
            organisation: organisation.parse().unwrap(),
            name: DomainName::parse(name).unwrap(),
            state,
            method: None,
            token: String::new(),
            added: Timestamp(0),
            proved: None,
            checked: None,
            failing_since: None,
            vouched_by: None,
            backlog_seen: None,
        };
        let served = Served::of_domains(&[
            domain("one", "suigen.example", DomainState::Proved),
            domain("two", "lab.suigen.example", DomainState::Vouched),
            domain("three", "mail.suigen.example", DomainState::Pending),
            domain("four", "old.example", DomainState::Lapsed),
        ]);
        let whose = |host: &str| served.organisation(host).map(OrganisationId::as_str);
        assert_eq!(whose("suigen.example"), Some("one"));
        assert_eq!(whose("mail.suigen.example"), Some("one"));
        assert_eq!(whose("x.lab.suigen.example"), Some("two"));
        for nobody in ["evilsuigen.example", "old.example", "example", "suigen.example.evil.example"] {
            assert_eq!(whose(nobody), None, "{nobody}");
        }
    }
}
