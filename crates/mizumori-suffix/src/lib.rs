//! The public suffix list (<https://publicsuffix.org>), compiled once.
//!
//! The list is a hundred thousand lines of generated generic code, which is compiled wherever it is called from.
//! It is called from here alone, through one function without type parameters, so that no other crate pays for
//! it: inside `mizumori-core` it cost two thirds of every build of that crate. What a suffix means for an account
//! is not this crate's matter.

use psl::Psl;

/// The public suffix at the end of a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicSuffix {
    /// Its bytes; the whole host when that is a suffix itself.
    pub length: usize,
    /// Whether the list names it. What it does not name has its last label for a suffix, by the list's own rule.
    pub is_listed: bool,
}

/// The public suffix of `host`, which is canonical: lower case, A-labels, no trailing dot. `None` when it is
/// empty.
#[inline(never)]
pub fn public_suffix(host: &str) -> Option<PublicSuffix> {
    let suffix = psl::List.suffix(host.as_bytes())?;
    Some(PublicSuffix { length: suffix.as_bytes().len(), is_listed: suffix.is_known() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_hosts() {
        for (host, length, is_listed) in [
            ("mof.go.jp", 5, true),
            ("go.jp", 5, true),
            ("suigen.example", 7, false),
            ("a.lg.jp", 5, true),
            ("jp", 2, true),
        ] {
            assert_eq!(public_suffix(host), Some(PublicSuffix { length, is_listed }), "{host}");
        }
        assert_eq!(public_suffix(""), None);
    }
}
