//! Canonical accounts: an e-mail address in the one form in which it is compared, counted and tagged.
//!
//! Whether a mailbox exists is never asked. A string that is no account may still be a *login*; telling where
//! in a dump an address stands is the scan's work, not this module's.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::carriers::is_carrier;
use crate::domain::{known_bare_host, trimmed};

/// Longest local part in characters (RFC 5321, 4.5.3.1.1).
pub const MAX_LOCAL: usize = 64;
/// An address longer than this many bytes, in any encoding of its full-width forms, is none.
const MAX_TEXT: usize = 4 * (MAX_LOCAL + 1 + crate::domain::MAX_HOST);

/// Which characters a local part may have: it depends on where the address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalPart {
    /// In running text: `[A-Za-z0-9._+-]`.
    FreeText,
    /// As a column, or as the login of a list: the other atom characters of RFC 5322 too.
    Column,
}

impl LocalPart {
    /// Whether `byte` may stand in a local part.
    pub const fn allows(self, byte: u8) -> bool {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'+' | b'-' => true,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'/' | b'=' | b'?' | b'^' | b'`' | b'{'
            | b'|' | b'}' | b'~' => matches!(self, Self::Column),
            _ => false,
        }
    }
}

/// An e-mail address in canonical form: NFKC, lower case, its domain in A-labels, of a known top-level domain.
///
/// It borrows the dump's bytes where they have that form already.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Account<'a> {
    local: Cow<'a, str>,
    host: Cow<'a, str>,
    non_rfc: bool,
}

impl<'a> Account<'a> {
    /// Parses a whole field as an address: white space around it is dropped, nothing else.
    ///
    /// `None` when it is none; an address that is [`non_rfc`](Self::non_rfc) is one here, and the caller
    /// decides with [`is_regular`](Self::is_regular).
    pub fn parse(text: &'a str, allowed: LocalPart) -> Option<Self> {
        let text = trimmed(text);
        if text.len() > MAX_TEXT {
            return None;
        }
        if !text.is_ascii() {
            return Self::parse_composed(text, allowed);
        }
        let at = text.bytes().rposition(|byte| byte == b'@')?;
        Self::from_parts(text.get(..at)?, text.get(at + 1..)?, allowed)
    }

    /// Puts an address together from what stands on the two sides of its at-sign.
    pub fn from_parts(local: &'a str, host: &'a str, allowed: LocalPart) -> Option<Self> {
        let LocalFacts { has_upper_case, non_rfc } = LocalFacts::of(local, allowed)?;
        let host = known_bare_host(host)?;
        let local = if has_upper_case { local.to_ascii_lowercase().into() } else { local.into() };
        Some(Self { local, host, non_rfc })
    }

    /// The way for text that is not ASCII: compose first, then look again.
    fn parse_composed(text: &str, allowed: LocalPart) -> Option<Self> {
        let composed: String = text.nfkc().collect();
        let (local, host) = composed.trim().rsplit_once('@')?;
        Account::from_parts(local, host, allowed).map(Account::into_owned)
    }

    /// What stands on the left of the at-sign.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// What stands on its right: the full host, sub-domains included.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a dot stands at an end of the local part or beside another.
    pub const fn non_rfc(&self) -> bool {
        self.non_rfc
    }

    /// Whether the address is one wherever it stands. One that is not is an account only when its domain is
    /// watched.
    pub fn is_regular(&self) -> bool {
        !self.non_rfc || is_carrier(&self.host)
    }

    /// The same address, borrowing nothing.
    pub fn into_owned<'b>(self) -> Account<'b> {
        let (local, host) = (self.local.into_owned(), self.host.into_owned());
        Account { local: local.into(), host: host.into(), non_rfc: self.non_rfc }
    }

    /// The same address, borrowing from this one.
    pub fn reborrow(&self) -> Account<'_> {
        let (local, host) = (self.local.as_ref(), self.host.as_ref());
        Account { local: local.into(), host: host.into(), non_rfc: self.non_rfc }
    }

    /// Writes `local@host`. The one way to see the address: a line to look at in a review.
    pub fn expose_into(&self, out: &mut String) {
        out.push_str(&self.local);
        out.push('@');
        out.push_str(&self.host);
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[account]")
    }
}

/// What a local part is made of.
struct LocalFacts {
    has_upper_case: bool,
    /// See [`Account::non_rfc`].
    non_rfc: bool,
}

impl LocalFacts {
    /// `None` when `local` is no local part. It runs for every address of a dump and asks all bytes at once: at most 64,
    /// nearly always all of them allowed, so that an early end would cost more than it saves.
    fn of(local: &str, allowed: LocalPart) -> Option<Self> {
        if !(1..=MAX_LOCAL).contains(&local.len()) {
            return None;
        }
        // A dot where the text begins or ends is one beside another.
        let (mut all, mut any, mut dots, mut before) = (u8::MAX, 0, 0, DOT);
        for byte in local.bytes() {
            let facts = BYTES.get(usize::from(byte)).copied().unwrap_or_default();
            all &= facts;
            any |= facts;
            dots |= before & facts;
            before = facts;
        }
        let needed = match allowed {
            LocalPart::FreeText => FREE_TEXT,
            LocalPart::Column => COLUMN,
        };
        let non_rfc = (dots | before) & DOT != 0;
        (all & needed != 0).then_some(Self { has_upper_case: any & UPPER_CASE != 0, non_rfc })
    }
}

/// In free text it may stand in a local part.
const FREE_TEXT: u8 = 1;
/// In a column it may.
const COLUMN: u8 = 2;
const UPPER_CASE: u8 = 4;
const DOT: u8 = 8;

/// What is to be known of every byte.
static BYTES: [u8; 256] = {
    let mut facts = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        facts[at] = (LocalPart::FreeText.allows(byte) as u8 * FREE_TEXT)
            | (LocalPart::Column.allows(byte) as u8 * COLUMN)
            | (byte.is_ascii_uppercase() as u8 * UPPER_CASE)
            | ((byte == b'.') as u8 * DOT);
        at += 1;
    }
    facts
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let seen = Account::parse(text, LocalPart::Column).map(|account| {
            let mut out = String::new();
            account.expose_into(&mut out);
            out
        });
        assert_eq!(seen.as_deref(), expected, "{text}");
    }

    #[test]
    fn addresses_become_canonical() {
        check("Taro@MOF.go.jp", Some("taro@mof.go.jp"));
        check("  taro@mof.go.jp.\t", Some("taro@mof.go.jp"));
        check("ｔａｒｏ＠ｍｏｆ．ｇｏ．ｊｐ", Some("taro@mof.go.jp"));
        check("taro＠水源省.example", Some("taro@xn--1rw63ci5l.example"));
        check("taro+tag@a.example", Some("taro+tag@a.example"));
        check("o'brien/x=y@a.example", Some("o'brien/x=y@a.example"));
        check("a..b.@docomo.ne.jp", Some("a..b.@docomo.ne.jp"));
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "taro",
            "@a.example",
            "taro@",
            "taro@a",
            "taro@a.zzzz",
            "ta ro@a.example",
            "taro@ a.example",
            "taro@\u{3000}a.example",
            "a@b@c.example",
            "太郎@a.example",
            "taro@-a.example",
            "taro@a..example",
            "a:b@c.example",
            "taro@10.0.0.1",
            "<a@b.example>",
        ] {
            check(text, None);
        }
        check(&format!("{}@a.example", "x".repeat(64)), Some(&format!("{}@a.example", "x".repeat(64))));
        check(&format!("{}@a.example", "x".repeat(65)), None);
        check(&"＠".repeat(100_000), None);
    }

    #[test]
    fn atoms_only_in_columns() {
        assert!(Account::parse("a#b@c.example", LocalPart::Column).is_some());
        assert!(Account::parse("a#b@c.example", LocalPart::FreeText).is_none());
    }

    #[test]
    fn irregular_dots_are_kept_for_carriers() {
        let account = |text| Account::parse(text, LocalPart::FreeText).unwrap();
        for (text, non_rfc, regular) in [
            ("a.b@a.example", false, true),
            ("a..b@docomo.ne.jp", true, true),
            (".a@ezweb.ne.jp", true, true),
            ("a.@a.example", true, false),
        ] {
            assert_eq!((account(text).non_rfc(), account(text).is_regular()), (non_rfc, regular), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Account::parse("canary@a.example", LocalPart::Column)), "Some([account])");
    }
}
