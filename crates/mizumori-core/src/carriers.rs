//! Japanese mobile carriers whose old mail addresses break RFC 5321: dots doubled, or at the start or the end
//! of the local part. They were given out until about 2009 and are still in use.
//!
//! The names are those of the carriers' own mail services; a sub-domain (`d.vodafone.ne.jp`) counts with its
//! carrier.

use crate::domain::self_and_parents;

/// Mail domains of Japanese carriers, sorted.
const CARRIERS: [&str; 13] = [
    "biz.ezweb.ne.jp",
    "disney.ne.jp",
    "docomo.ne.jp",
    "emnet.ne.jp",
    "emobile.ne.jp",
    "ezweb.ne.jp",
    "i.softbank.jp",
    "jp-c.ne.jp",
    "pdx.ne.jp",
    "sky.tu-ka.ne.jp",
    "softbank.ne.jp",
    "vodafone.ne.jp",
    "willcom.com",
];

/// Whether a canonical `host` belongs to a carrier that gave out addresses with dots where RFC 5321 has none.
pub fn is_carrier(host: &str) -> bool {
    self_and_parents(host).any(|name| CARRIERS.binary_search(&name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_and_their_sub_domains() {
        assert!(CARRIERS.is_sorted());
        for (host, carrier) in [
            ("docomo.ne.jp", true),
            ("ezweb.ne.jp", true),
            ("d.vodafone.ne.jp", true),
            ("notdocomo.ne.jp", false),
            ("docomo.ne.jp.evil.com", false),
            ("gmail.com", false),
        ] {
            assert_eq!(is_carrier(host), carrier, "{host}");
        }
    }
}
