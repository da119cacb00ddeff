//! What stands beside an account: a password, a hash, a session token, or nothing.
//!
//! Hashes are recognised by their form alone: nothing here computes one, so a password of 32 hexadecimal digits
//! is taken for an MD5. The forms are those of crypt(5), the PHC string format
//! (<https://github.com/P-H-C/phc-string-format>) and hashcat's list of example hashes.

use std::borrow::Cow;
use std::fmt;

use mizumori_core::Secret;

/// What kind of secret stands beside an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// A password in clear.
    Clear,
    /// A hash of a password.
    Hash,
    /// A session or access token.
    Token,
    /// Nothing.
    None,
}

impl SecretKind {
    /// The word that stands in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Hash => "hash",
            Self::Token => "token",
            Self::None => "none",
        }
    }

    /// The kind of a word that [`as_str`](Self::as_str) gives.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Clear, Self::Hash, Self::Token, Self::None].into_iter().find(|kind| kind.as_str() == word)
    }
}

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
        let (kind, algorithm) = classify(value);
        if kind == SecretKind::None {
            return SecretField::NONE;
        }
        // Checking a whole text is many times faster than walking over its characters.
        let text = std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed);
        Self { kind, algorithm, value: Secret::new(text) }
    }

    /// Classifies the field `text`.
    pub(crate) fn of_text(text: &'a str) -> Self {
        match classify(text.as_bytes()) {
            (SecretKind::None, _) => SecretField::NONE,
            (kind, algorithm) => Self { kind, algorithm, value: Secret::new(text.into()) },
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

/// What exporters write where there is no password, to the letter: `none` and `unknown` are passwords that
/// people have.
const PLACEHOLDERS: [&[u8]; 5] = [b"NULL", b"\\N", b"None", b"[NOT_SAVED]", b"UNKNOWN"];

/// Hashes of the empty string: they stand where there was no password.
const EMPTY_HASHES: [&[u8]; 7] = [
    b"d41d8cd98f00b204e9800998ecf8427e",
    b"31d6cfe0d16ae931b73c59d7e0c089c0",
    b"aad3b435b51404eeaad3b435b51404ee",
    b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
    b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
    b"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
];

/// The prefixes of hashes that name their algorithm, each with its name; longer prefixes before shorter ones.
const PREFIXES: [(&[u8], &str); 44] = [
    (b"$argon2id$", "argon2id"),
    (b"$argon2i$", "argon2i"),
    (b"$argon2d$", "argon2d"),
    (b"$2a$", "bcrypt"),
    (b"$2b$", "bcrypt"),
    (b"$2x$", "bcrypt"),
    (b"$2y$", "bcrypt"),
    (b"$bcrypt-sha256$", "bcrypt-sha256"),
    (b"bcrypt$$2", "bcrypt"),
    (b"bcrypt_sha256$$2", "bcrypt-sha256"),
    (b"$1$", "md5crypt"),
    (b"$apr1$", "apr1"),
    (b"$5$", "sha256crypt"),
    (b"$6$", "sha512crypt"),
    (b"$7$", "scrypt"),
    (b"$y$", "yescrypt"),
    (b"$gy$", "gost-yescrypt"),
    (b"$s0$", "scrypt"),
    (b"$scrypt$", "scrypt"),
    (b"scrypt:", "scrypt"),
    (b"SCRYPT:", "scrypt"),
    (b"$sha1$", "sha1crypt"),
    (b"$md5$", "sunmd5"),
    (b"$md5,", "sunmd5"),
    (b"$P$", "phpass"),
    (b"$H$", "phpass"),
    (b"$S$", "drupal7"),
    (b"$wp$2y$", "wordpress-bcrypt"),
    (b"$pbkdf2-", "pbkdf2"),
    (b"$pbkdf2$", "pbkdf2"),
    (b"pbkdf2_sha256$", "pbkdf2-sha256"),
    (b"pbkdf2_sha1$", "pbkdf2-sha1"),
    (b"pbkdf2:sha256:", "pbkdf2-sha256"),
    (b"pbkdf2:sha512:", "pbkdf2-sha512"),
    (b"pbkdf2:sha1:", "pbkdf2-sha1"),
    (b"grub.pbkdf2.sha512.", "pbkdf2-sha512"),
    (b"sha1$", "sha1-salted"),
    (b"md5$", "md5-salted"),
    (b"sha256$", "sha256-salted"),
    (b"$NT$", "ntlm"),
    (b"$3$$", "ntlm"),
    (b"$episerver$", "episerver"),
    (b"$racf$", "racf"),
    (b"$mysql$A$", "mysql-sha256"),
];

/// Nothing shorter than this is a hash, whatever it begins with: most passwords are spared the tables.
const SHORTEST_HASH: usize = 18;

/// The schemes of RFC 2307 that LDAP puts in braces before a hash; lower case.
const SCHEMES: [(&[u8], &str); 16] = [
    (b"{ssha}", "ssha"),
    (b"{sha}", "sha1"),
    (b"{ssha256}", "ssha256"),
    (b"{sha256}", "sha256"),
    (b"{ssha384}", "ssha384"),
    (b"{ssha512}", "ssha512"),
    (b"{sha512}", "sha512"),
    (b"{smd5}", "smd5"),
    (b"{md5}", "md5"),
    (b"{crypt}", "crypt"),
    (b"{pbkdf2", "pbkdf2"),
    (b"{argon2}", "argon2"),
    (b"{bcrypt}", "bcrypt"),
    (b"{x-isso512}", "x-issha512"),
    (b"{x-issha", "x-issha"),
    (b"{nt}", "ntlm"),
];

fn classify(value: &[u8]) -> (SecretKind, Option<&'static str>) {
    let trimmed = value.trim_ascii();
    if is_absent(trimmed) {
        return (SecretKind::None, None);
    }
    if let Some(algorithm) = hash_algorithm(trimmed) {
        return (SecretKind::Hash, algorithm);
    }
    if is_token(trimmed) {
        return (SecretKind::Token, None);
    }
    (SecretKind::Clear, None)
}

/// Empty, blanks (the ideographic space among them), a placeholder, or a hash of the empty string.
fn is_absent(trimmed: &[u8]) -> bool {
    let Some(first) = trimmed.first() else { return true };
    if matches!(first, b'N' | b'\\' | b'[' | b'U') && PLACEHOLDERS.contains(&trimmed) {
        return true;
    }
    if !trimmed.is_ascii() {
        return std::str::from_utf8(trimmed).is_ok_and(|text| text.trim().is_empty());
    }
    if trimmed.len() < 32 {
        return false;
    }
    let trimmed = lm_and_ntlm(trimmed).unwrap_or(trimmed);
    let lengths = [32, 40, 56, 64, 65, 128];
    if !lengths.contains(&trimmed.len()) {
        return false;
    }
    let empty = |half: &[u8]| EMPTY_HASHES.iter().any(|hash| hash.eq_ignore_ascii_case(half));
    match trimmed.split_at_checked(32) {
        // LM and NTLM beside each other.
        Some((lm, [b':', ntlm @ ..])) if trimmed.len() == 65 => empty(lm) && empty(ntlm),
        _ => empty(trimmed),
    }
}

/// `Some` when the form is that of a hash; inside it the algorithm where the form tells.
fn hash_algorithm(value: &[u8]) -> Option<Option<&'static str>> {
    if value.len() < SHORTEST_HASH {
        return None;
    }
    // The first byte spares most values the table.
    if matches!(value.first(), Some(b'$' | b'S' | b'b' | b'g' | b'm' | b'p' | b's'))
        && let Some((_, name)) = PREFIXES.iter().find(|(prefix, _)| value.starts_with(prefix))
    {
        // A password may begin with `$1$` too; a hash is longer.
        return (value.len() >= 20 && !value.contains(&b' ')).then_some(Some(*name));
    }
    if value.first() == Some(&b'{')
        && let Some((_, name)) = SCHEMES.iter().find(|(scheme, _)| {
            value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })
    {
        return (value.len() >= 18).then_some(Some(*name));
    }
    if let [b'*', rest @ ..] = value
        && rest.len() == 40
        && is_hex(rest)
    {
        return Some(Some("mysql41"));
    }
    if let [b'0', b'x' | b'X', rest @ ..] = value
        && rest.len() >= 32
        && rest.len().is_multiple_of(2)
        && is_hex(rest)
    {
        let mssql = rest.starts_with(b"0100") || rest.starts_with(b"0200");
        return Some(if mssql { Some("mssql") } else { hex_algorithm(rest.len()).flatten() });
    }
    if lm_and_ntlm(value).is_some() {
        return Some(Some("ntlm"));
    }
    let digits = value.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let algorithm = hex_algorithm(digits)?;
    match value.get(digits..) {
        // Hexadecimal digits alone, of one case: mixed case is a password more likely than a hash.
        Some([]) => is_one_case(value).then_some(algorithm),
        // A salt behind the hash, as hashcat writes it; LM and NTLM beside each other.
        Some([b':' | b'$', salt @ ..])
            if (1..=64).contains(&salt.len()) && is_one_case(value.get(..digits)?) =>
        {
            if digits == 32 && salt.len() == 32 && is_hex(salt) {
                return Some(if value.get(..32)?.eq_ignore_ascii_case(EMPTY_HASHES[2]) {
                    Some("ntlm")
                } else {
                    None
                });
            }
            (!salt.contains(&b' ')).then_some(algorithm)
        }
        _ => None,
    }
}

/// The two hashes of a line of pwdump, from behind the user's name: `500:LM:NTLM:::`.
fn lm_and_ntlm(value: &[u8]) -> Option<&[u8]> {
    let fields = value.strip_suffix(b":::")?;
    let (number, hashes) = fields.split_at_checked(fields.len().checked_sub(66)?)?;
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let hashes = hashes.strip_prefix(b":")?;
    let (lm, ntlm) = hashes.split_at_checked(32)?;
    (is_number && is_hex(lm) && is_hex(ntlm.strip_prefix(b":")?)).then_some(hashes)
}

/// What hashes of so many hexadecimal digits there are. 32 digits are an MD5, an NTLM or an MD4: the form does
/// not tell, and MD5 is by far the most frequent.
fn hex_algorithm(digits: usize) -> Option<Option<&'static str>> {
    match digits {
        32 => Some(Some("md5")),
        40 => Some(Some("sha1")),
        56 => Some(Some("sha224")),
        64 => Some(Some("sha256")),
        96 => Some(Some("sha384")),
        128 => Some(Some("sha512")),
        _ => None,
    }
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

fn is_one_case(text: &[u8]) -> bool {
    !(text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase))
}

/// A JSON Web Token (RFC 7519) or one of the access tokens that name their kind.
fn is_token(value: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 8] =
        [b"ghp_", b"gho_", b"github_pat_", b"glpat-", b"xoxb-", b"xoxp-", b"ya29.", b"sk_live_"];
    // As with hashes, the first byte spares most values the table.
    if !matches!(value.first(), Some(b'e' | b'g' | b'x' | b'y' | b's')) {
        return false;
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=');
    let jwt = value.starts_with(b"eyJ") && value.iter().filter(|byte| **byte == b'.').count() == 2;
    let named = PREFIXES.iter().any(|prefix| value.starts_with(prefix)) && value.len() >= 24;
    (jwt || named) && value.iter().all(plain)
}

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
    fn no_prefix_is_missed() {
        for (prefix, name) in PREFIXES {
            let value = [prefix, b"aaaaaaaaaaaaaaaaaaaa"].concat();
            assert_eq!(hash_algorithm(&value), Some(Some(name)));
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
