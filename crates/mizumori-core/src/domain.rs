//! Canonical domain names: what stands on the right of an address, or as the host of a URL.
//!
//! Canonical means NFKC, lower case, A-labels (IDNA), no trailing dot. Nothing here asks the network whether a
//! name exists. The public suffix list is compiled in.

use std::borrow::Cow;
use std::fmt;

use mizumori_suffix::public_suffix;
use unicode_normalization::UnicodeNormalization;

use crate::seen_hosts::seen_or;

/// Longest host name in bytes, without the trailing dot (RFC 1035, 2.3.4).
pub const MAX_HOST: usize = 253;
/// Longest label in bytes (RFC 1035, 2.3.4).
const MAX_LABEL: usize = 63;

/// The version of the public suffix list that is compiled in, as the version of the crate that carries it.
pub const SUFFIX_LIST: &str = "psl 2.1.247";

/// A canonical domain name of at least one label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Box<str>);

impl DomainName {
    /// Parses a domain name as people write it; `None` when it is none.
    ///
    /// Its top-level domain need not be known: see [`is_known`].
    pub fn parse(text: &str) -> Option<Self> {
        canonical_host(text).map(|host| Self(host.into_owned().into_boxed_str()))
    }

    /// The name, canonical.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Brings a host name into its canonical form without copying it where it has that form; `None` when the text
/// is no host name (empty or over-long labels, characters that IDNA forbids, white space inside).
pub fn canonical_host(text: &str) -> Option<Cow<'_, str>> {
    canonical_bare_host(trimmed(text))
}

/// The same for a host around which white space is a mistake, as behind an at-sign, and whose top-level domain has to be
/// known.
pub(crate) fn known_bare_host(text: &str) -> Option<Cow<'_, str>> {
    if seen_or(text, |text| is_host(text) && !has_upper_case(text) && is_known(text)) {
        return Some(Cow::Borrowed(text));
    }
    canonical_bare_host(text).filter(|host| is_known(host))
}

fn canonical_bare_host(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        let host = text.strip_suffix('.').unwrap_or(text);
        if !is_host(host) {
            return None;
        }
        let host = if has_upper_case(host) { host.to_ascii_lowercase().into() } else { host.into() };
        return Some(host);
    }
    // An input of megabytes is no host name: IDNA expands at most to a few times the length.
    if text.len() > 4 * MAX_HOST {
        return None;
    }
    let composed: String = text.nfkc().collect();
    let ascii = idna::domain_to_ascii(&composed).ok()?;
    let host = ascii.strip_suffix('.').unwrap_or(&ascii);
    is_host(host).then(|| Cow::Owned(host.to_owned()))
}

fn has_upper_case(host: &str) -> bool {
    host.bytes().fold(false, |found, byte| found | byte.is_ascii_uppercase())
}

/// `text` without white space around it. Nearly no address has any, and looking for all of Unicode's costs more
/// than the rest.
pub(crate) fn trimmed(text: &str) -> &str {
    let is_bare = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    if is_bare(bytes.first()) && is_bare(bytes.last()) { text } else { text.trim() }
}

/// Whether the top-level domain of a canonical `host` is known: it stands in the public suffix list, or RFC
/// 2606 reserves it. A single label is no known host.
pub fn is_known(host: &str) -> bool {
    // Names are short: walking back beats the search for a character, which prepares itself for long texts.
    let Some(dot) = host.bytes().rposition(|byte| byte == b'.') else { return false };
    let top = host.get(dot + 1..).unwrap_or_default();
    matches!(top, "test" | "example" | "invalid" | "localhost")
        || public_suffix(host).is_some_and(|suffix| suffix.is_listed)
}

/// The registrable domain of a canonical `host`: one label more than its public suffix. A host that is a
/// public suffix itself stands for itself.
pub fn registrable(host: &str) -> &str {
    public_suffix(host)
        .and_then(|suffix| host.get(..host.len().checked_sub(suffix.length + 1)?))
        .and_then(|rest| host.get(rest.bytes().rposition(|byte| byte == b'.').map_or(0, |dot| dot + 1)..))
        .unwrap_or(host)
}

/// Whether a canonical `host` is a public suffix, so that people who have nothing to do with each other may
/// register below it.
pub fn is_public_suffix(host: &str) -> bool {
    public_suffix(host).is_some_and(|suffix| suffix.length == host.len())
}

/// A host, then the names above it, from the most specific: `a.b.jp`, `b.jp`, `jp`.
pub fn self_and_parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, rest)| rest))
}

/// Whether ASCII `host` is made of labels of letters, digits and inner hyphens. It runs for every address of a
/// dump, so it asks all bytes at once and decides at the end: a branch a byte cost twice as much.
fn is_host(host: &str) -> bool {
    let bytes = host.as_bytes();
    let is_letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
    let is_mark = |byte: u8| (byte == b'.') | (byte == b'-');
    let fine =
        bytes.iter().fold(true, |fine, byte| fine & (is_letter(*byte) | is_digit(*byte) | is_mark(*byte)));
    // Marks that touch each other: only hyphens may.
    let touch = |one: u8, other: u8| is_mark(one) & is_mark(other) & ((one == b'.') | (other == b'.'));
    let behind = bytes.get(1..).unwrap_or_default();
    let apart = bytes.iter().zip(behind).fold(true, |apart, (one, other)| apart & !touch(*one, *other));
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| !is_mark(*byte));
    let short_labels = || bytes.split(|byte| *byte == b'.').all(|label| label.len() <= MAX_LABEL);
    fine && apart
        && is_end(bytes.first())
        && is_end(bytes.last())
        && (bytes.len() <= MAX_LABEL || bytes.len() <= MAX_HOST && short_labels())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_list_is_the_one_that_is_named() {
        let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
        let (name, version) = SUFFIX_LIST.split_once(' ').unwrap();
        assert!(
            lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")),
            "{SUFFIX_LIST} is another"
        );
    }

    #[test]
    fn hosts_become_canonical() {
        for (text, host) in [
            ("MOF.go.jp", Some("mof.go.jp")),
            (" mof.go.jp. ", Some("mof.go.jp")),
            ("ｍｏｆ．ｇｏ．ｊｐ", Some("mof.go.jp")),
            ("mof。go。jp", Some("mof.go.jp")),
            ("水源省.example", Some("xn--1rw63ci5l.example")),
            ("XN--1RW63CI5L.example", Some("xn--1rw63ci5l.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("a..b", None),
            ("-a.jp", None),
            ("a-.jp", None),
            ("a b.jp", None),
            ("a_b.jp", None),
            ("", None),
            (".", None),
            (".jp", None),
        ] {
            assert_eq!(canonical_host(text).as_deref(), host, "{text}");
        }
        assert_eq!(canonical_host(&"a".repeat(64)), None);
        assert!(canonical_host(&["a"; 127].join(".")).is_some());
        assert_eq!(canonical_host(&["a"; 128].join(".")), None);
    }

    #[test]
    fn known_top_level_domains() {
        for (host, known) in [
            ("mof.go.jp", true),
            ("suigen.example", true),
            ("example.com", true),
            ("a.invalid", true),
            ("a.b.zzzz", false),
            ("jp", false),
            ("192.168.1.1", false),
            ("example", false),
        ] {
            assert_eq!(is_known(host), known, "{host}");
        }
    }

    #[test]
    fn registrable_domains() {
        for (host, domain) in [
            ("mail.mof.go.jp", "mof.go.jp"),
            ("mof.go.jp", "mof.go.jp"),
            ("go.jp", "go.jp"),
            ("x.city.suigen.example", "suigen.example"),
            ("a.b.example.com", "example.com"),
            ("a.lg.jp", "a.lg.jp"),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
        assert!(is_public_suffix("lg.jp") && is_public_suffix("jp") && !is_public_suffix("mof.go.jp"));
    }

    #[test]
    fn parents_go_from_the_most_specific() {
        assert_eq!(self_and_parents("a.b.jp").collect::<Vec<_>>(), ["a.b.jp", "b.jp", "jp"]);
    }
}
