//! Codes in mails to role addresses: section 3.2.2.4.4 of the CA/Browser Forum's Baseline Requirements.
//!
//! The forum lets authorities use this method until March 2028 and recommends others already: whoever reads one of these
//! mailboxes proves the domain. Nothing is sent here and nothing is kept: a code is worked out again when it is typed.

use std::fmt;
use std::time::Duration;

use mizumori_core::{Secret, Timestamp};

use crate::challenge::Challenge;
use crate::error::{ProofError, Result};
use crate::method::{Method, Proof};

/// How long a code is taken: no longer than 30 days, by the same section.
pub const CODE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Bytes of a code: 120 bits, 24 characters.
const CODE: usize = 15;
/// Characters between two hyphens.
const GROUP: usize = 4;
/// Crockford's: no letters that look like digits, and no U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What is longer was not copied from a mail of ours.
const LONGEST_TYPED: usize = 100;

/// Whose mailbox: one of the fixed names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `admin@`
    Admin,
    /// `administrator@`
    Administrator,
    /// `webmaster@`
    Webmaster,
    /// `hostmaster@`
    Hostmaster,
    /// `postmaster@`, which RFC 5321 wants of every domain that takes mail.
    Postmaster,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::Administrator, Self::Webmaster, Self::Hostmaster, Self::Postmaster];

    /// What stands before the at-sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Administrator => "administrator",
            Self::Webmaster => "webmaster",
            Self::Hostmaster => "hostmaster",
            Self::Postmaster => "postmaster",
        }
    }

    /// The role of a word that [`as_str`](Self::as_str) gives.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// The operator's key for codes. Whoever has it can prove every domain.
#[derive(Clone, Debug)]
pub struct MailKey(Secret<[u8; 32]>);

impl MailKey {
    /// Derives it from a key that the operator keeps for other uses as well.
    pub fn derive(key: &Secret<[u8; 32]>) -> Self {
        Self(Secret::new(blake3::derive_key(
            "mizumori 2026-11 codes that prove a domain by mail",
            key.expose(),
        )))
    }
}

/// The code for one mail: for one domain, token, role and moment. Only the mailbox may know it; `Debug` shows nothing.
#[derive(Clone)]
pub struct MailCode(Secret<[u8; CODE]>);

impl MailCode {
    /// Works out the code of the mail that is sent at `sent` to `role`. It is the same each time, so that a mail that is sent again
    /// is the same mail.
    pub fn new(key: &MailKey, challenge: &Challenge, role: Role, sent: Timestamp) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(key.0.expose());
        // Names end with a zero, which stands in none of them; the rest has fixed lengths.
        for name in [challenge.domain().as_str(), role.as_str()] {
            hasher.update(name.as_bytes()).update(&[0]);
        }
        hasher.update(challenge.token().as_bytes()).update(&sent.0.to_le_bytes());
        let mut code = [0; CODE];
        hasher.finalize_xof().fill(&mut code);
        Self(Secret::new(code))
    }

    /// The code as it stands in the mail: groups of four characters.
    pub fn to_text(&self) -> Secret<String> {
        let mut text = String::new();
        for (at, letter) in letters(self.0.expose()).enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        Secret::new(text)
    }

    /// Whether `typed` is this code; how long that takes tells nothing about where they differ.
    fn is(&self, typed: &[u8; CODE]) -> bool {
        // The library compares its hashes in constant time.
        blake3::hash(self.0.expose()) == blake3::hash(typed)
    }
}

impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode([secret])")
    }
}

/// Judges what somebody typed who says that it stood in the mail that was sent at `sent` to one of the roles. Upper and lower case
/// are the same, and so are I, L and 1, O and 0; hyphens and blanks do not count.
///
/// # Errors
/// When it is no code of such a mail, or too old.
pub fn confirm(
    key: &MailKey,
    challenge: &Challenge,
    typed: &Secret<String>,
    sent: Timestamp,
    now: Timestamp,
) -> Result<Proof> {
    if sent.until(now) > CODE_LIFE {
        return Err(ProofError::CodeExpired);
    }
    let typed = read(typed.expose()).ok_or(ProofError::Code)?;
    let mut role = None;
    // To the end, whichever it is.
    for candidate in Role::ALL {
        if MailCode::new(key, challenge, candidate, sent).is(&typed) {
            role = Some(candidate);
        }
    }
    let place = challenge.mail_address(role.ok_or(ProofError::Code)?);
    Ok(Proof { domain: challenge.domain().clone(), method: Method::Mail, place })
}

/// Five bits a letter, the highest first.
fn letters(bytes: &[u8; CODE]) -> impl Iterator<Item = char> {
    let all = bytes.iter().fold(0u128, |all, byte| all << 8 | u128::from(*byte));
    (0..CODE * 8 / 5).rev().map(move |at| {
        let value = usize::try_from(all >> (5 * at) & 31).unwrap_or_default();
        char::from(ALPHABET.get(value).copied().unwrap_or_default())
    })
}

fn read(text: &str) -> Option<[u8; CODE]> {
    if text.len() > LONGEST_TYPED {
        return None;
    }
    let (mut all, mut count) = (0u128, 0);
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        let value = ALPHABET.iter().position(|known| char::from(*known) == letter)?;
        all = all << 5 | u128::try_from(value).ok()?;
        count += 1;
        if count > CODE * 8 / 5 {
            return None;
        }
    }
    if count < CODE * 8 / 5 {
        return None;
    }
    all.to_be_bytes().get(1..)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use mizumori_core::DomainName;

    use super::*;
    use crate::token::Token;

    const SENT: Timestamp = Timestamp(1_800_000_000_000);

    fn key(byte: u8) -> MailKey {
        MailKey::derive(&Secret::new([byte; 32]))
    }

    fn challenge(domain: &str, token: &str) -> Challenge {
        Challenge::new(DomainName::parse(domain).unwrap(), token.repeat(32).parse().unwrap()).unwrap()
    }

    fn typed(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        let challenge = challenge("suigen.example", "a");
        let code = MailCode::new(&key(1), &challenge, Role::Postmaster, SENT);
        let text = code.to_text().into_exposed();
        assert_eq!((text.len(), text.matches('-').count()), (29, 5));
        let looking_alike = text.replace('1', "l").replace('0', "o");
        for text in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            format!("\u{3000}{text}\n"),
            looking_alike,
        ] {
            let proof = confirm(&key(1), &challenge, &typed(&text), SENT, SENT).unwrap();
            let expected = ("suigen.example", Method::Mail, "postmaster@suigen.example");
            assert_eq!((proof.domain.as_str(), proof.method, &*proof.place), expected, "{text}");
        }
        assert_eq!(format!("{code:?} {:?}", key(1)), "MailCode([secret]) MailKey([secret])");
    }

    #[test]
    fn a_code_is_for_one_mail() {
        let one = challenge("suigen.example", "a");
        let code = MailCode::new(&key(1), &one, Role::Admin, SENT).to_text();
        let later = Timestamp(SENT.0 + 1);
        assert!(confirm(&key(1), &one, &code, SENT, later).is_ok());
        for (key, challenge, sent) in [
            (key(2), one.clone(), SENT),
            (key(1), challenge("suigen.example", "b"), SENT),
            (key(1), challenge("b.suigen.example", "a"), SENT),
            (key(1), one.clone(), later),
        ] {
            assert!(matches!(confirm(&key, &challenge, &code, sent, later), Err(ProofError::Code)));
        }
        let codes: std::collections::BTreeSet<String> = Role::ALL
            .into_iter()
            .map(|role| MailCode::new(&key(1), &one, role, SENT).to_text().into_exposed())
            .collect();
        assert_eq!(codes.len(), Role::ALL.len());
    }

    #[test]
    fn the_token_that_everybody_reads_is_no_code() {
        let token = Token::random().unwrap();
        let challenge = Challenge::new(DomainName::parse("suigen.example").unwrap(), token).unwrap();
        for text in [token.to_string(), token.to_string()[..24].to_owned(), challenge.line()] {
            assert!(confirm(&key(1), &challenge, &typed(&text), SENT, SENT).is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let challenge = challenge("suigen.example", "a");
        let code = MailCode::new(&key(1), &challenge, Role::Admin, SENT).to_text().into_exposed();
        let long = "0".repeat(1 << 20);
        for text in ["", "-", "水源", &code[1..], &format!("{code}0"), &code.replace('-', "_"), &long, "\0"]
        {
            let error = confirm(&key(1), &challenge, &typed(text), SENT, SENT).unwrap_err();
            assert!(matches!(error, ProofError::Code), "{error:?}");
        }
    }

    #[test]
    fn codes_grow_old() {
        let challenge = challenge("suigen.example", "a");
        let code = MailCode::new(&key(1), &challenge, Role::Admin, SENT).to_text();
        let last = SENT.after(CODE_LIFE);
        assert!(confirm(&key(1), &challenge, &code, SENT, last).is_ok());
        let error = confirm(&key(1), &challenge, &code, SENT, Timestamp(last.0 + 1)).unwrap_err();
        assert!(matches!(error, ProofError::CodeExpired));
    }

    #[test]
    fn letters_are_read_as_they_are_written() {
        for bytes in [[0; CODE], [255; CODE], *b"0123456789abcde"] {
            let text: String = letters(&bytes).collect();
            assert_eq!(read(&text), Some(bytes));
        }
        let digits: String = letters(&[0x08; CODE]).take(3).collect();
        assert_eq!(digits, "104", "00001 00000 00100: the highest bits first");
    }

    #[test]
    fn words() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("info"), None);
    }
}
