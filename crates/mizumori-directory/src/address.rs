//! The addresses of an entry, canonical and in order, from the many places where directories keep them.
//!
//! Whether an address is delivered to anybody is not asked.

use mizumori_core::{Account, LocalPart};

/// More addresses than any mailbox has; what is beyond them is left out and reported.
const MOST: usize = 500;

/// Why a value was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// It is no address.
    NoAddress,
    /// There are too many already.
    TooMany,
}

/// Addresses in the order in which they were found, each once.
#[derive(Default)]
pub(crate) struct Addresses(Vec<Account<'static>>);

impl Addresses {
    /// Takes a value that should be an address. A blank one is no mistake.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), NotTaken> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let account = parse(text).ok_or(NotTaken::NoAddress)?;
        if self.0.contains(&account) {
            return Ok(());
        }
        if self.0.len() == MOST {
            return Err(NotTaken::TooMany);
        }
        self.0.push(account);
        Ok(())
    }

    /// The addresses, the primary one first.
    pub(crate) fn into_vec(self) -> Vec<Account<'static>> {
        self.0
    }
}

/// One address, by the rules for columns.
pub(crate) fn parse(text: &str) -> Option<Account<'static>> {
    Account::parse(text, LocalPart::Column).map(Account::into_owned)
}

/// An address as text, for a request to a directory.
pub(crate) fn exposed(account: &Account<'_>) -> String {
    let mut out = String::new();
    account.expose_into(&mut out);
    out
}

/// A value of Exchange's `proxyAddresses`: `SMTP:` in capitals is the primary address, `smtp:` another one; other kinds (`X500:`,
/// `sip:`) are no addresses of mail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Proxy<'a> {
    /// The primary address.
    Primary(&'a str),
    /// Another address.
    Other(&'a str),
    /// Something else than mail.
    Foreign,
}

/// Reads such a value. One without a kind is an address, as some directories have it.
pub(crate) fn proxy(value: &str) -> Proxy<'_> {
    match value.split_once(':') {
        Some(("SMTP", address)) => Proxy::Primary(address),
        Some((kind, address)) if kind.eq_ignore_ascii_case("smtp") => Proxy::Other(address),
        Some(_) => Proxy::Foreign,
        None => Proxy::Other(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_once_and_in_order() {
        let mut addresses = Addresses::default();
        for text in ["Taro@A.example", " ", "t.suigen@a.example", "taro@a.example"] {
            assert_eq!(addresses.add(text), Ok(()));
        }
        assert_eq!(addresses.add("nobody"), Err(NotTaken::NoAddress));
        let shown: Vec<String> = addresses.into_vec().iter().map(exposed).collect();
        assert_eq!(shown, ["taro@a.example", "t.suigen@a.example"]);
    }

    #[test]
    fn not_without_end() {
        let mut addresses = Addresses::default();
        for number in 0..MOST {
            assert_eq!(addresses.add(&format!("a{number}@a.example")), Ok(()));
        }
        assert_eq!(addresses.add("one-more@a.example"), Err(NotTaken::TooMany));
        assert_eq!(addresses.add("a0@a.example"), Ok(()), "one that is there already");
    }

    #[test]
    fn proxies() {
        for (value, expected) in [
            ("SMTP:a@a.example", Proxy::Primary("a@a.example")),
            ("smtp:b@a.example", Proxy::Other("b@a.example")),
            ("Smtp:b@a.example", Proxy::Other("b@a.example")),
            ("X500:/o=x", Proxy::Foreign),
            ("sip:a@a.example", Proxy::Foreign),
            ("c@a.example", Proxy::Other("c@a.example")),
        ] {
            assert_eq!(proxy(value), expected, "{value}");
        }
    }
}
