//! Whose a host is: the domains that are proved or vouched for.

use std::collections::HashMap;

use mizumori_core::domain::self_and_parents;
use mizumori_store::{Domain, OrganisationId};

/// The domains that are served. What is below one belongs to it, unless it belongs to another organisation, or the proof speaks for
/// the one name alone.
#[derive(Clone, Debug, Default)]
pub struct Served(HashMap<String, Holding>);

/// Whose a name is.
#[derive(Clone, Debug)]
struct Holding {
    organisation: OrganisationId,
    covers_subdomains: bool,
}

impl Served {
    /// Those of the store's domains that are served.
    pub fn of_domains(domains: &[Domain]) -> Self {
        let served = domains.iter().filter(|domain| domain.state.is_served());
        let holding = |domain: &Domain| Holding {
            organisation: domain.organisation.clone(),
            covers_subdomains: domain.covers_subdomains(),
        };
        Self(served.map(|domain| (domain.name.as_str().to_owned(), holding(domain))).collect())
    }

    /// Whose a host is: the most specific domain decides.
    pub fn organisation(&self, host: &str) -> Option<&OrganisationId> {
        self_and_parents(host).find_map(|name| {
            let holding = self.0.get(name).filter(|holding| name == host || holding.covers_subdomains);
            holding.map(|holding| &holding.organisation)
        })
    }

    /// The domains' names, with whose they are.
    pub fn domains(&self) -> impl Iterator<Item = (&str, &OrganisationId)> {
        self.0.iter().map(|(name, holding)| (name.as_str(), &holding.organisation))
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::proof::Method;
    use mizumori_core::{DomainName, Timestamp};
    use mizumori_store::DomainState;

    use super::*;

    fn domain(organisation: &str, name: &str, state: DomainState) -> Domain {
        Domain {
            organisation: organisation.parse().unwrap(),
            name: DomainName::parse(name).unwrap(),
            state,
            method: (state == DomainState::Proved).then_some(Method::Dns),
            token: String::new(),
            added: Timestamp(0),
            proved: None,
            checked: None,
            found: None,
            failing_since: None,
            missing_since: None,
            vouched_by: None,
            backlog_seen: None,
        }
    }

    #[test]
    fn a_change_of_a_site_speaks_for_one_name() {
        for (method, covers) in
            [(Method::Dns, true), (Method::Mail, true), (Method::File, false), (Method::Meta, false)]
        {
            let proved = |organisation, name| Domain {
                method: Some(method),
                ..domain(organisation, name, DomainState::Proved)
            };
            let served = Served::of_domains(&[
                domain("one", "suigen.example", DomainState::Vouched),
                proved("two", "lab.suigen.example"),
                proved("three", "mori.example"),
            ]);
            let whose = |host: &str| served.organisation(host).map(OrganisationId::as_str);
            assert_eq!([whose("lab.suigen.example"), whose("mori.example")], [Some("two"), Some("three")]);
            // It stays with whoever has shown that he holds what is above it.
            assert_eq!(whose("x.lab.suigen.example"), Some(if covers { "two" } else { "one" }));
            assert_eq!(whose("mail.mori.example"), covers.then_some("three"));
        }
    }

    #[test]
    fn the_most_specific_one_decides() {
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
