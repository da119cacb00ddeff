//! The web site that a login is for: what a dump writes as a URL, taken apart as far as a record needs it.
//!
//! This is no URL parser in the sense of the WHATWG: dumps hold `android://…@com.app/`, hosts without a scheme
//! and authorities without a slash, and all of them name a site.

use std::borrow::Cow;
use std::fmt;

use mizumori_core::domain::{canonical_host, is_known};

/// Longest scheme that is taken for one (`chrome-extension`, with room).
const MAX_SCHEME: usize = 24;

/// A URL as it stands in a dump.
#[derive(Clone, PartialEq, Eq)]
pub struct Url<'a> {
    text: Cow<'a, str>,
    host: Option<Cow<'a, str>>,
}

impl<'a> Url<'a> {
    /// Reads `text` as a URL; `None` when it is none. Without a scheme it has to begin with a host of a known
    /// top-level domain, and is one only where `bare` says that such stand there.
    pub fn parse(text: &'a [u8], bare: Bare) -> Option<Self> {
        let text = text.trim_ascii();
        let host = match after_scheme(text) {
            Some(start) => host_of(text.get(start..)?),
            None if bare == Bare::Accept => bare_host(text)?,
            None => return None,
        };
        let host = std::str::from_utf8(host).ok().and_then(canonical_host);
        Some(Self { text: String::from_utf8_lossy(text), host })
    }

    /// The host, canonical; `None` when the URL has none that could be a domain.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The whole URL as it stands in the dump, user-info, query and fragment included.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The URL without user-info, query and fragment: what may be shown.
    pub fn shown(&self) -> String {
        let (scheme, rest) =
            match after_scheme(self.text.as_bytes()).and_then(|start| self.text.split_at_checked(start)) {
                Some(parts) => parts,
                None => ("", &*self.text),
            };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let end = rest.find(['/', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        [scheme, host, path].concat()
    }

    /// The path and the query, in which an address may occur.
    pub(crate) fn tail(&self) -> &str {
        let start = after_scheme(self.text.as_bytes()).unwrap_or(0);
        let rest = self.text.get(start..).unwrap_or_default();
        rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default()
    }
}

impl fmt::Debug for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[url]")
    }
}

/// Whether a host without a scheme may stand for a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// It may: the member's layout says that this field is a URL.
    Accept,
    /// Only `scheme://` begins a URL.
    Refuse,
}

/// Where the authority begins, if `text` begins with `scheme://`.
pub(crate) fn after_scheme(text: &[u8]) -> Option<usize> {
    let length = text.iter().take(MAX_SCHEME + 1).take_while(|byte| is_scheme_byte(**byte)).count();
    let begins = text.first().is_some_and(u8::is_ascii_alphabetic) && length <= MAX_SCHEME;
    (begins && text.get(length..length + 3) == Some(b"://")).then_some(length + 3)
}

pub(crate) const fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The host of the authority at the start of `text`, which ends at a slash, a question mark, a hash sign or
/// white space: without port, and without the user-info before an at-sign.
fn host_of(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| !ends_authority(**byte)).count();
    let whole = text.get(..length).unwrap_or_default();
    without_port(memchr::memrchr(b'@', whole).and_then(|at| whole.get(at + 1..)).unwrap_or(whole))
}

/// The host at the start of `text` that has no scheme, if it is one of a known top-level domain, `localhost`,
/// or an IPv4 address.
pub(crate) fn bare_host(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| !ends_authority(**byte)).count();
    Some(without_port(text.get(..length)?)).filter(|host| is_bare_host(host))
}

/// Whether `host` is one that may stand alone.
pub(crate) fn is_bare_host(host: &[u8]) -> bool {
    // A password in a host's place is told by its lack of a dot, or by the at-sign behind a local part.
    if memchr::memchr(b'.', host).is_none() || memchr::memchr(b'@', host).is_some() {
        return host == b"localhost";
    }
    let Ok(text) = std::str::from_utf8(host) else { return false };
    text.parse::<std::net::Ipv4Addr>().is_ok() || canonical_host(text).is_some_and(|host| is_known(&host))
}

fn without_port(host: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', host) {
        Some(at) if host.get(at + 1..).is_some_and(|port| port.iter().all(u8::is_ascii_digit)) => {
            host.get(..at).unwrap_or_default()
        }
        _ => host,
    }
}

const fn ends_authority(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\' | b'?' | b'#' | b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_what_is_shown() {
        for (text, host, shown) in [
            ("https://VPN.mof.go.jp/login?u=a@b.jp#x", Some("vpn.mof.go.jp"), "https://VPN.mof.go.jp/login"),
            ("https://user:pw@vpn.mof.go.jp:8443/x", Some("vpn.mof.go.jp"), "https://vpn.mof.go.jp:8443/x"),
            ("android://aGFzaA==@com.example.app/", Some("com.example.app"), "android://com.example.app/"),
            ("vpn.mof.go.jp/login", Some("vpn.mof.go.jp"), "vpn.mof.go.jp/login"),
            ("vpn.mof.go.jp:8443", Some("vpn.mof.go.jp"), "vpn.mof.go.jp:8443"),
            ("https://水源省.example/", Some("xn--1rw63ci5l.example"), "https://水源省.example/"),
            ("https://192.168.0.1/", Some("192.168.0.1"), "https://192.168.0.1/"),
            ("file:///c:/x", None, "file:///c:/x"),
        ] {
            let url = Url::parse(text.as_bytes(), Bare::Accept).unwrap();
            assert_eq!((url.host(), url.shown().as_str()), (host, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_url() {
        for text in ["", "password", "http:/x", "://x", "taro@mof.go.jp", "a.zzzz", "1.2", "9://x"] {
            assert!(Url::parse(text.as_bytes(), Bare::Accept).is_none(), "{text}");
        }
        assert!(Url::parse(b"vpn.mof.go.jp", Bare::Refuse).is_none());
        assert_eq!(Url::parse(b"https://a.jp/p?e=x@y.jp", Bare::Refuse).unwrap().tail(), "/p?e=x@y.jp");
    }
}
