//! The forms by which a hash, a token and a placeholder are told from a password.
//!
//! Nothing here computes a hash, so a password of 32 hexadecimal digits is taken for an MD5. The forms are those of
//! crypt(5), the PHC string format (<https://github.com/P-H-C/phc-string-format>) and hashcat's list of example
//! hashes.

use mizumori_core::SecretKind;

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
const PREFIXES: [(&[u8], &str); 47] = [
    (b"$argon2id$", "argon2id"),
    (b"$argon2i$", "argon2i"),
    (b"$argon2d$", "argon2d"),
    (b"argon2$argon2", "argon2"),
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
    (b"scrypt$", "scrypt"),
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
    (b"sha512$", "sha512-salted"),
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

/// The kind of the secret `value`, and the algorithm where the form of a hash tells.
pub(super) fn classify(value: &[u8]) -> (SecretKind, Option<&'static str>) {
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
    if matches!(value.first(), Some(b'$' | b'S' | b'a' | b'b' | b'g' | b'm' | b'p' | b's'))
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

    #[test]
    fn no_prefix_is_missed() {
        for (prefix, name) in PREFIXES {
            let value = [prefix, b"aaaaaaaaaaaaaaaaaaaa"].concat();
            assert_eq!(hash_algorithm(&value), Some(Some(name)));
        }
    }
}
