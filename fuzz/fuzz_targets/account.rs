//! Addresses and hosts: canonical text is its own canonical form, and no text makes a panic.
//!
//! Whether a canonical form is the right one is told by the unit tests of `mizumori-core`, not here.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mizumori_core::domain::{self, DomainName, canonical_host};
use mizumori_core::{Account, LocalPart, MAX_LOCAL};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for allowed in [LocalPart::FreeText, LocalPart::Column] {
        check_account(&text, allowed);
    }
    check_host(&text);
    if let Some((_, host)) = text.rsplit_once('@') {
        check_host(host);
    }
});

fn check_account(text: &str, allowed: LocalPart) {
    let Some(account) = Account::parse(text, allowed) else { return };
    let canonical = exposed(&account);
    let Some(again) = Account::parse(&canonical, allowed) else { panic!("canonical, and no account") };
    assert_eq!(exposed(&again), canonical);
    assert!((1..=MAX_LOCAL).contains(&account.local().len()));
    assert!(account.local().bytes().all(|byte| allowed.allows(byte) && !byte.is_ascii_uppercase()));
    assert!(domain::is_known(account.host()));
    assert!(!account.non_rfc() || account.is_regular() == mizumori_core::is_carrier(account.host()));
    check_host(account.host());
    let parts = Account::from_parts(account.local(), account.host(), allowed);
    assert_eq!(parts.as_ref().map(exposed).as_deref(), Some(&*canonical));
    assert!(
        Account::parse(&canonical, LocalPart::Column).is_some(),
        "a column takes whatever free text takes"
    );
}

fn check_host(text: &str) {
    let Some(host) = canonical_host(text) else {
        assert!(DomainName::parse(text).is_none());
        return;
    };
    assert_eq!(canonical_host(&host).as_deref(), Some(&*host));
    assert!(
        host.is_ascii()
            && host.len() <= domain::MAX_HOST
            && !host.bytes().any(|byte| byte.is_ascii_uppercase())
    );
    assert!(domain::self_and_parents(&host).any(|name| name == domain::registrable(&host)));
    assert!(!domain::is_public_suffix(&host) || domain::registrable(&host) == &*host);
    assert_eq!(DomainName::parse(text).as_ref().map(DomainName::as_str), Some(&*host));
}

fn exposed(account: &Account<'_>) -> String {
    let mut text = String::new();
    account.expose_into(&mut text);
    text
}
