//! The files that people write: watch lists, descriptions of sources, lists of incidents.
//!
//! No text makes a panic, mistakes can be shown, and whatever a list that parses watches can be looked up, its
//! sub-domains too, at any time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mizumori_core::domain::{canonical_host, self_and_parents};
use mizumori_core::watch::Found;
use mizumori_core::{LeakTime, Source, WatchList};
use mizumori_survey::incidents;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    match WatchList::parse("list.toml", &text) {
        Ok(list) => check(&list),
        Err(mistakes) => assert!(!mistakes.to_string().is_empty()),
    }
    match Source::parse("source.toml", &text) {
        Ok(source) => {
            let _facts = (source.time().span(), source.is_surveyed());
            assert!(!source.id.as_str().chars().any(char::is_control));
        }
        Err(mistakes) => assert!(!mistakes.to_string().is_empty()),
    }
    match incidents::parse("incidents.toml", &text) {
        Ok(incidents) => assert!(incidents.is_sorted_by_key(|incident| incident.date)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn check(list: &WatchList) {
    assert!(list.unverified() <= list.domains.len());
    for domain in &list.domains {
        let name = domain.name.as_str();
        assert_eq!(canonical_host(name).as_deref(), Some(name), "a watched name is canonical");
        assert!(list.names().any(|known| known == name));
        for host in [name.to_owned(), format!("mail.{name}")] {
            // Of unknown time: the latest holder of the most specific name.
            let found = list.find(&host, LeakTime::Unknown);
            let Some(Found::Watched(index)) = found else { panic!("a watched name is not found: {found:?}") };
            let holder = list.domains[index.0].name.as_str();
            assert!(self_and_parents(&host).any(|parent| parent == holder) && holder.len() >= name.len());
            assert!(list.organisation_of(index).is_some());
        }
        for month in [domain.from, domain.to].into_iter().flatten() {
            assert!(matches!(list.find(name, LeakTime::Month(month)), Some(Found::Watched(_))));
        }
    }
    for organisation in &list.organisations {
        assert!(list.categories.get(organisation.category.0).is_some());
        assert!(organisation.parent.is_none_or(|parent| list.organisations.get(parent.0).is_some()));
        for site in &organisation.staff_sites {
            assert!(list.find_staff_site(&format!("www.{site}")).is_some());
        }
    }
}
