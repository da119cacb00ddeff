//! One entry as a search brings it: a name and attributes, nothing understood yet.
//!
//! It is taken apart here rather than by the library, which panics at an answer that is not as it should be.

use ldap3::asn1::{PL, StructureTag};

/// SearchResultEntry (RFC 4511, 4.5.2).
const ENTRY: u64 = 4;

/// An entry of an answer.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// Its distinguished name.
    pub(super) name: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Found {
    /// `None` when it is none.
    pub(super) fn read(tag: StructureTag) -> Option<Self> {
        let mut parts = tag.match_id(ENTRY)?.expect_constructed()?.into_iter();
        let name = String::from_utf8(parts.next()?.expect_primitive()?).ok()?;
        let mut attributes = Vec::new();
        for attribute in parts.next()?.expect_constructed()? {
            let mut parts = attribute.expect_constructed()?.into_iter();
            let key = String::from_utf8(parts.next()?.expect_primitive()?).ok()?;
            let values = parts.next()?.expect_constructed()?;
            attributes
                .push((key, values.into_iter().map(StructureTag::expect_primitive).collect::<Option<_>>()?));
        }
        Some(Self { name, attributes })
    }

    /// The first value as bytes.
    pub(super) fn bytes(&self, attribute: &str) -> Option<&[u8]> {
        self.of(attribute).next()
    }

    /// The first value that is text, and not blank.
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).next()
    }

    /// Those values that are text, and not blank.
    pub(super) fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.of(attribute)
            .filter_map(|value| std::str::from_utf8(value).ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The text in a language (RFC 3866): its first value with the option.
    pub(super) fn text_in(&self, attribute: &str, option: &str) -> Option<&str> {
        self.text(&format!("{attribute};{option}"))
    }

    fn of(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.attributes.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(attribute));
        named.flat_map(|(_, values)| values).map(Vec::as_slice)
    }

    /// For tests: an entry of these texts.
    #[cfg(test)]
    pub(super) fn of_texts(name: &str, attributes: &[(&str, &[&str])]) -> Self {
        let values = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let attributes = attributes.iter().map(|(key, texts)| ((*key).to_owned(), values(texts))).collect();
        Self { name: name.to_owned(), attributes }
    }
}

/// Whether people may be where a reference leads (RFC 4511, 4.5.3). Active Directory refers every reading of a domain to its
/// configuration and its zones of names, which have none.
pub(super) fn may_have_people(reference: &StructureTag) -> bool {
    const WITHOUT: [&str; 3] = ["cn=configuration,", "dc=domaindnszones,", "dc=forestdnszones,"];
    let PL::C(urls) = &reference.payload else { return true };
    !urls.iter().any(|url| match &url.payload {
        PL::P(bytes) => {
            let url = String::from_utf8_lossy(bytes).to_lowercase();
            url.rsplit('/').next().is_some_and(|name| WITHOUT.iter().any(|part| name.starts_with(part)))
        }
        PL::C(_) => false,
    })
}

/// A distinguished name as it is compared: in lower case, without blanks around `,`, `+` and `=`, and with what is escaped by its number
/// (`\2C`) escaped by itself (`\,`), where that has to be.
pub(super) fn normal(name: &str) -> String {
    let lower = unescaped(name).to_lowercase();
    let mut out = String::with_capacity(lower.len());
    for c in lower.trim().chars() {
        let separator = |c: Option<char>| matches!(c, Some(',' | '+' | '='));
        if c == ' ' && separator(out.chars().last()) {
            continue;
        }
        if separator(Some(c)) {
            out.truncate(out.trim_end_matches(' ').len());
        }
        out.push(c);
    }
    out
}

/// A name without characters that are escaped by the numbers of their bytes (RFC 4514, 2.4). What is no such character stays as it is.
fn unescaped(name: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(name.len()), name);
    while let Some((before, escaped)) = rest.split_once('\\') {
        out.push_str(before);
        let (mut bytes, mut behind) = (Vec::new(), escaped);
        while let Some(digits) =
            behind.get(..2).filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
        {
            bytes.extend(u8::from_str_radix(digits, 16));
            behind = behind.get(2..).unwrap_or_default();
            match behind.strip_prefix('\\') {
                Some(more)
                    if more.get(..2).is_some_and(|next| next.chars().all(|c| c.is_ascii_hexdigit())) =>
                {
                    behind = more;
                }
                _ => break,
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.is_empty() => {
                for c in text.chars() {
                    if matches!(c, ',' | '+' | '=' | '"' | '\\' | '<' | '>' | ';' | '#' | ' ') {
                        out.push('\\');
                    }
                    out.push(c);
                }
                rest = behind;
            }
            _ => {
                // The character that stands behind it, whatever it is, begins nothing.
                out.push('\\');
                let mut characters = escaped.chars();
                out.extend(characters.next());
                rest = characters.as_str();
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::TagClass;

    fn primitive(bytes: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.to_vec()) }
    }

    fn sequence(id: u64, parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id, payload: PL::C(parts) }
    }

    #[test]
    fn nonsense_is_no_entry() {
        let attribute = sequence(
            16,
            vec![primitive(b"mail"), sequence(17, vec![primitive(b"a@a.example"), primitive(b"\xff")])],
        );
        let good = sequence(4, vec![primitive(b"cn=a"), sequence(16, vec![attribute])]);
        let found = Found::read(good).unwrap();
        assert_eq!((found.name.as_str(), found.text("MAIL")), ("cn=a", Some("a@a.example")));
        assert_eq!(found.texts("mail").count(), 1);
        for bad in [
            primitive(b""),
            sequence(5, vec![]),
            sequence(4, vec![]),
            sequence(4, vec![primitive(b"\xff"), sequence(16, vec![])]),
            sequence(4, vec![primitive(b"cn=a")]),
            sequence(4, vec![primitive(b"cn=a"), primitive(b"")]),
            sequence(4, vec![primitive(b"cn=a"), sequence(16, vec![primitive(b"mail")])]),
            sequence(
                4,
                vec![
                    primitive(b"cn=a"),
                    sequence(16, vec![sequence(16, vec![primitive(b"mail"), primitive(b"x")])]),
                ],
            ),
        ] {
            assert!(Found::read(bad).is_none());
        }
    }

    #[test]
    fn references() {
        for (url, expected) in [
            ("ldap://ad.suigen.example/CN=Configuration,DC=ad,DC=suigen,DC=example", false),
            ("ldap://DomainDnsZones.ad.suigen.example/DC=DomainDnsZones,DC=ad,DC=suigen,DC=example", false),
            ("ldap://branch.ad.suigen.example/DC=branch,DC=ad,DC=suigen,DC=example", true),
            ("", true),
        ] {
            let reference = sequence(19, vec![primitive(url.as_bytes())]);
            assert_eq!(may_have_people(&reference), expected, "{url}");
        }
        assert!(may_have_people(&primitive(b"")));
    }

    #[test]
    fn escapes_are_compared() {
        for (one, other) in [
            (r"CN=Suigen\, Taro,DC=x", r"cn=suigen\2C taro,dc=x"),
            (r"CN=\E6\B0\B4,DC=x", "cn=水,dc=x"),
            (r"CN=a\5Cb,DC=x", r"cn=a\\b,dc=x"),
        ] {
            assert_eq!(normal(one), normal(other), "{one}");
        }
        for (one, other) in
            [(r"CN=a\2Cb,DC=x", "CN=a,b,DC=x"), (r"CN=\E6,DC=x", "CN=æ,DC=x"), (r"CN=\\2C", r"CN=\2C")]
        {
            assert_ne!(normal(one), normal(other), "{one}");
        }
        assert_eq!(normal("cn=x\\"), "cn=x\\");
    }

    #[test]
    fn names_are_compared() {
        assert_eq!(
            normal(" CN=Water Keepers , OU = A,DC=suigen,  DC=example "),
            "cn=water keepers,ou=a,dc=suigen,dc=example"
        );
    }
}
