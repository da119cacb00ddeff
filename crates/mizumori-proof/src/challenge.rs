//! What a holder is asked to publish, word for word.

use mizumori_core::DomainName;
use mizumori_core::domain::is_public_suffix;

use crate::error::{ProofError, Result};
use crate::mail::Role;
use crate::token::Token;

/// The label below which the record stands; it begins with an underscore, as the Baseline Requirements want it (3.2.2.4.7).
const LABEL: &str = "_mizumori-challenge";
/// What stands before the token, and the name of the element.
const KEY: &str = "mizumori-domain-verification";

/// A domain, and the token by which its holder proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    domain: DomainName,
    token: Token,
}

impl Challenge {
    /// A challenge for a domain.
    ///
    /// # Errors
    /// When nobody can prove the domain for himself alone: it is a public suffix (3.2.2.6 of the Baseline Requirements), or an
    /// address.
    pub fn new(domain: DomainName, token: Token) -> Result<Self> {
        if is_public_suffix(domain.as_str()) {
            let why = "people who have nothing to do with each other register below it";
            return Err(ProofError::Unprovable { domain, why });
        }
        if ends_in_a_number(domain.as_str()) {
            return Err(ProofError::Unprovable { domain, why: "it is an address and no name" });
        }
        Ok(Self { domain, token })
    }

    /// The domain.
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The token.
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// The value of the TXT record, and the whole content of the file.
    pub fn line(&self) -> String {
        format!("{KEY}={}", self.token)
    }

    /// The name of the TXT record.
    pub fn record_name(&self) -> String {
        format!("{LABEL}.{}", self.domain)
    }

    /// Where the file is.
    pub fn file_url(&self) -> String {
        format!("https://{}/.well-known/{KEY}.txt", self.domain)
    }

    /// The element that stands in the head of the page.
    pub fn meta_element(&self) -> String {
        format!("<meta name=\"{KEY}\" content=\"{}\">", self.token)
    }

    /// Where the page is.
    pub fn page_url(&self) -> String {
        format!("https://{}/", self.domain)
    }

    /// The address that a role of the domain has.
    pub fn mail_address(&self, role: Role) -> String {
        format!("{}@{}", role.as_str(), self.domain)
    }

    /// The name that the element has.
    pub(crate) const fn element_name() -> &'static str {
        KEY
    }
}

/// Whether URLs have it for an IPv4 address, as they have `127.1` and `0x7f.1` (URL Standard, 3.5, "ends in a number").
fn ends_in_a_number(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_decimal = last.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal
        || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(domain: &str) -> Result<Challenge> {
        let token = "0123456789abcdef0123456789abcdef".parse().unwrap();
        Challenge::new(DomainName::parse(domain).unwrap(), token)
    }

    #[test]
    fn word_for_word() {
        let challenge = challenge("Suigen.example").unwrap();
        assert_eq!(challenge.record_name(), "_mizumori-challenge.suigen.example");
        assert_eq!(challenge.line(), "mizumori-domain-verification=0123456789abcdef0123456789abcdef");
        let url = "https://suigen.example/.well-known/mizumori-domain-verification.txt";
        assert_eq!(challenge.file_url(), url);
        assert_eq!(challenge.page_url(), "https://suigen.example/");
        let element =
            r#"<meta name="mizumori-domain-verification" content="0123456789abcdef0123456789abcdef">"#;
        assert_eq!(challenge.meta_element(), element);
        assert_eq!(challenge.mail_address(Role::Hostmaster), "hostmaster@suigen.example");
    }

    #[test]
    fn japanese_names_are_asked_as_the_network_knows_them() {
        let challenge = challenge("水源.example").unwrap();
        assert_eq!(challenge.record_name(), "_mizumori-challenge.xn--1rw63c.example");
        assert_eq!(challenge.page_url(), "https://xn--1rw63c.example/");
    }

    #[test]
    fn what_nobody_can_prove() {
        for domain in
            ["jp", "go.jp", "lg.jp", "example", "192.168.1.1", "8.8.8.8", "127.1", "1.0x7f", "a.0x", "a.7"]
        {
            let error = challenge(domain).unwrap_err();
            assert!(matches!(error, ProofError::Unprovable { .. }), "{domain}: {error:?}");
        }
        for domain in [
            "mof.go.jp",
            "suigen.example",
            "a.b.suigen.example",
            "1.example",
            "corp.intra",
            "0x7f.suigen.example",
            "a.x0",
        ] {
            assert!(challenge(domain).is_ok(), "{domain}");
        }
    }
}
