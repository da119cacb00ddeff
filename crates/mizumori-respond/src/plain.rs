//! Texts on one line, as they may stand where others read them: nothing in them becomes a link, or names somebody.

use crate::mail::one_line;

/// Longer than any name of a leak or an organisation is meant to be; what is behind it is cut off.
const LONGEST: usize = 160;

/// A text on one line, without what programs make links of.
pub(crate) fn clean(text: &str) -> String {
    let mut text = one_line(text, LONGEST);
    while let Some(at) = text.find("://") {
        let before = text.get(..at).unwrap_or_default();
        let scheme = before.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
        text.replace_range(at - scheme..at + 3, "");
    }
    text
}

/// The same without addresses: what came out of a leak may hold other people's.
pub(crate) fn without_addresses(text: &str) -> String {
    let words = clean(text);
    let words = words.split(' ').map(|word| if word.contains(['@', '＠']) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_becomes_a_link() {
        for (text, cleaned) in [
            ("https://portal.suigen.example/me", "portal.suigen.example/me"),
            ("see http://a.example and ftp://b.example", "see a.example and b.example"),
            ("https:https://://a.example", "https:a.example"),
            ("://", ""),
            ("水源://a", "水源a"),
            ("a\r\nb", "a  b"),
        ] {
            assert_eq!(clean(text), cleaned);
        }
    }

    #[test]
    fn other_peoples_addresses_do_not_pass() {
        assert_eq!(without_addresses("list of hanako@suigen.example 2024"), "list of … 2024");
        assert_eq!(without_addresses("a＠b"), "…");
    }
}
