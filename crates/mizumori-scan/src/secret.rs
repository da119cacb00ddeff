//! What stands beside an account: a password, a hash, a session token, or nothing.

mod forms;

use std::borrow::Cow;
use std::fmt;

use mizumori_core::{Secret, SecretKind};

/// A secret as it stands in a dump, with what its form tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretField<'a> {
    kind: SecretKind,
    algorithm: Option<&'static str>,
    value: Secret<Cow<'a, str>>,
}

impl<'a> SecretField<'a> {
    /// No secret.
    pub const NONE: SecretField<'static> =
        SecretField { kind: SecretKind::None, algorithm: None, value: Secret::new(Cow::Borrowed("")) };

    /// Classifies the field `value`. Broken bytes become U+FFFD.
    pub fn new(value: &'a [u8]) -> Self {
        // Checking a whole text is many times faster than walking over its characters.
        Self::classified(value, || {
            std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
        })
    }

    /// Classifies the field `text`.
    pub(crate) fn of_text(text: &'a str) -> Self {
        Self::classified(text.as_bytes(), || text.into())
    }

    fn classified(value: &[u8], text: impl FnOnce() -> Cow<'a, str>) -> Self {
        match forms::classify(value) {
            (SecretKind::None, _) => SecretField::NONE,
            (kind, algorithm) => Self { kind, algorithm, value: Secret::new(text()) },
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> SecretKind {
        self.kind
    }

    /// Whether there is one: a hash counts, a placeholder does not.
    pub const fn is_present(&self) -> bool {
        !matches!(self.kind, SecretKind::None)
    }

    /// The algorithm of a hash, where its form tells.
    pub const fn algorithm(&self) -> Option<&'static str> {
        self.algorithm
    }

    /// The value in clear. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    /// Its length in code points; `None` when that would tell too much (below 8), for a hash and for nothing.
    pub fn length(&self) -> Option<usize> {
        match self.kind {
            SecretKind::Hash | SecretKind::None => None,
            SecretKind::Clear | SecretKind::Token => {
                Some(characters(self.expose())).filter(|length| *length >= HINT_FROM)
            }
        }
    }

    /// A mask by which its owner recognises it: first and last character from eight characters up, eight stars
    /// below and for a hash; `None` without a secret.
    pub fn hint(&self) -> Option<Hint<'_>> {
        if !self.is_present() {
            return None;
        }
        let Some(length) = self.length() else { return Some(Hint::BLIND) };
        let text = self.expose();
        let mut each = text.char_indices();
        let behind_first = each.next().map_or(0, |(_, first)| first.len_utf8());
        let last = each.next_back().map_or(text.len(), |(at, _)| at);
        let (first, last) = (text.get(..behind_first)?, text.get(last..)?);
        // A long value is not told by its number of stars: at most as many as a long password has.
        let stars = STARS.get(..length - 2).unwrap_or(STARS);
        Some(Hint { parts: [first, stars, last] })
    }
}

/// A secret's mask. It borrows the characters that it shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hint<'a> {
    parts: [&'a str; 3],
}

impl Hint<'_> {
    /// The mask that shows no character.
    const BLIND: Hint<'static> = Hint { parts: ["", "********", ""] };

    /// The first character, stars, and the last one; where none is shown there are only stars.
    pub const fn parts(&self) -> [&str; 3] {
        self.parts
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| f.write_str(part))
    }
}

impl fmt::Debug for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hint]")
    }
}

/// Code points of a text.
fn characters(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The stars of the longest hint.
const STARS: &str = "**************************************************************";

/// Below this many characters a hint shows none of them.
const HINT_FROM: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, kind: SecretKind, algorithm: Option<&str>) {
        let secret = SecretField::new(value.as_bytes());
        assert_eq!((secret.kind(), secret.algorithm()), (kind, algorithm), "{value}");
    }

    #[test]
    fn no_secret() {
        for value in [
            "",
            " ",
            "\t ",
            "　",
            "NULL",
            "\\N",
            "None",
            "[NOT_SAVED]",
            "UNKNOWN",
            "d41d8cd98f00b204e9800998ecf8427e",
            "D41D8CD98F00B204E9800998ECF8427E",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "31d6cfe0d16ae931b73c59d7e0c089c0",
            "aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0",
            "500:aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::",
        ] {
            check(value, SecretKind::None, None);
        }
    }

    #[test]
    fn passwords_in_clear() {
        for value in [
            "hunter2",
            "unknown",
            "none",
            "null",
            "\\n",
            "a:b;c,\"d|e",
            "p@ss",
            " x ",
            "5f4dcc3b5aa765d61d8327deb882cf9",
            "$1$abc",
            "5F4dcc3b5aa765d61d8327deb882cf99",
            "{sha}x",
            "none!",
            "eyJhbGci",
            "nullnull",
        ] {
            check(value, SecretKind::Clear, None);
        }
    }

    #[test]
    fn hashes_by_their_form() {
        for (value, algorithm) in [
            ("5f4dcc3b5aa765d61d8327deb882cf99", "md5"),
            ("5F4DCC3B5AA765D61D8327DEB882CF99:s4lt", "md5"),
            ("1001:e52cac67419a9a224a3b108f3fa6cb6d:8846f7eaee8fb117ad06bdd830b7586c:::", "ntlm"),
            ("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "sha1"),
            ("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "mysql41"),
            ("5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", "sha256"),
            ("$2y$10$abcdefghijklmnopqrstuuWv0000000000000000000000000000a", "bcrypt"),
            ("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aaaaaaaaaaaa", "argon2id"),
            ("$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/", "phpass"),
            ("$6$rounds=5000$salt$abcdefgh", "sha512crypt"),
            ("{SSHA}aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ssha"),
            ("pbkdf2_sha256$260000$abc$defghijk", "pbkdf2-sha256"),
            ("aad3b435b51404eeaad3b435b51404ee:8846f7eaee8fb117ad06bdd830b7586c", "ntlm"),
            ("0x0100aabbccddaabbccddaabbccddaabbccddaabbccdd", "mssql"),
        ] {
            check(value, SecretKind::Hash, Some(algorithm));
        }
    }

    #[test]
    fn tokens() {
        check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", SecretKind::Token, None);
    }

    #[test]
    fn hints_and_lengths() {
        for (value, hint, length) in [
            ("password3", Some("p*******3"), Some(9)),
            ("passwor3", Some("p******3"), Some(8)),
            ("passwo3", Some("********"), None),
            ("秘密の合言葉です", Some("秘******す"), Some(8)),
            ("NULL", None, None),
            ("5f4dcc3b5aa765d61d8327deb882cf99", Some("********"), None),
        ] {
            let secret = SecretField::new(value.as_bytes());
            assert_eq!(
                (secret.hint().map(|hint| hint.to_string()).as_deref(), secret.length()),
                (hint, length),
                "{value}"
            );
        }
        assert!(!format!("{:?}", SecretField::new(b"canary")).contains("canary"));
    }
}
