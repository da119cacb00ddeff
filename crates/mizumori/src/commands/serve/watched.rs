//! The domains that are served, as a watch list: what concerns them is ingested first.

use std::collections::BTreeMap;
use std::sync::Arc;

use mizumori_core::WatchList;
use mizumori_store::Domain;

use crate::outcome::Failure;
use crate::store::Opened;

/// The list of now.
pub(super) fn list(opened: &Opened) -> Result<Arc<WatchList>, Failure> {
    let domains = opened.read(async |session| Ok(session.all_domains().await?))?;
    WatchList::parse("the domains that are served", &text(&domains)).map(Arc::new).map_err(Failure::new)
}

/// A watch list has no name without what is below it: of a domain whose proof speaks for the one name, more is ingested first than is
/// found. Organisations are numbered, and all of one category: nobody counts by this list.
fn text(domains: &[Domain]) -> String {
    let mut served = BTreeMap::<_, Vec<_>>::new();
    for domain in domains.iter().filter(|domain| domain.state.is_served()) {
        served.entry(domain.organisation.as_str()).or_default().push(format!("\"{}\"", domain.name));
    }
    let mut text = "[[category]]\nid = \"served\"\nname = \"served\"\n".to_owned();
    for (number, domains) in served.into_values().enumerate() {
        text.push_str(&format!(
            "[[organisation]]\nid = \"o{number}\"\ncategory = \"served\"\nname = \"o{number}\"\ndomains = [{}]\n",
            domains.join(", ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use mizumori_core::{DomainName, Timestamp};
    use mizumori_store::DomainState;

    use super::*;

    #[test]
    fn those_that_are_served() {
        let domain = |organisation: &str, name, state| Domain {
            organisation: organisation.parse().unwrap(),
            name: DomainName::parse(name).unwrap(),
            state,
            method: None,
            token: String::new(),
            added: Timestamp(0),
            proved: None,
            checked: None,
            found: None,
            failing_since: None,
            missing_since: None,
            vouched_by: None,
            backlog_seen: None,
        };
        let list = |domains: &[Domain]| WatchList::parse("list", &text(domains)).unwrap();
        assert!(list(&[]).domains.is_empty());
        let list = list(&[
            domain("a_1", "lab.suigen.example", DomainState::Proved),
            domain("b", "mori.example", DomainState::Pending),
            domain("b", "suigen.example", DomainState::Vouched),
            domain("a_1", "xn--1rw63c.jp", DomainState::Proved),
        ]);
        let names: Vec<_> = list.domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, ["lab.suigen.example", "xn--1rw63c.jp", "suigen.example"]);
        assert_eq!(list.organisations.len(), 2);
    }
}
