//! Codes in mails to role addresses: section 3.2.2.4.4 of the CA/Browser Forum's Baseline Requirements.
//!
//! The forum lets authorities use this method until March 2028 and recommends others already: whoever reads one of these
//! mailboxes proves the domain. Nothing is sent here, and nothing is kept: whoever keeps a [`SentCode`] keeps no code, but its hash.

use std::fmt;
use std::time::Duration;

use mizumori_core::proof::Method;
use mizumori_core::{Secret, Timestamp};

use crate::challenge::Challenge;
use crate::error::{ProofError, Result};
use crate::found::Proof;

/// How long a code is taken: no longer than 30 days, by the same section.
pub const CODE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// So often somebody may type a code that is none. Nobody guesses one in so few tries, nor in any number; who tries more often is
/// not who got the mail.
pub const CODE_TRIES: u32 = 5;

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

/// The code in one mail. Only the mailbox may know it; `Debug` shows nothing.
#[derive(Clone)]
pub struct MailCode(Secret<[u8; CODE]>);

/// What is kept of a code: it tells nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeHash(pub [u8; 32]);

/// What is known of a code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentCode {
    /// To whom.
    pub role: Role,
    /// When.
    pub sent: Timestamp,
    /// Its hash.
    pub hash: CodeHash,
    /// How often a wrong one was typed since.
    pub tries: u32,
}

impl MailCode {
    /// A new one, drawn from the operating system's generator.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; CODE];
        getrandom::fill(&mut bytes).map_err(ProofError::NoRandomness)?;
        Ok(Self(Secret::new(bytes)))
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

    /// What is to be kept of it when it is sent to a role at a moment.
    pub fn sent_to(&self, challenge: &Challenge, role: Role, sent: Timestamp) -> SentCode {
        SentCode { role, sent, hash: hash(challenge, role, sent, self.0.expose()).into(), tries: 0 }
    }
}

impl From<blake3::Hash> for CodeHash {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode([secret])")
    }
}

/// Judges what somebody typed who says that it stood in the mail. Upper and lower case are the same, and so are I, L and 1, O and 0;
/// hyphens and blanks do not count. How long it takes tells nothing about where it differs.
///
/// # Errors
/// When it is not the code of that mail, or too old, or too many were wrong before.
pub fn confirm(
    challenge: &Challenge,
    kept: &SentCode,
    typed: &Secret<String>,
    now: Timestamp,
) -> Result<Proof> {
    if kept.sent.until(now) > CODE_LIFE {
        return Err(ProofError::CodeExpired);
    }
    if kept.tries >= CODE_TRIES {
        return Err(ProofError::CodeSpent);
    }
    let typed = read(typed.expose()).ok_or(ProofError::Code)?;
    // The library compares its hashes in constant time.
    if hash(challenge, kept.role, kept.sent, &typed) != blake3::Hash::from_bytes(kept.hash.0) {
        return Err(ProofError::Code);
    }
    let place = challenge.mail_address(kept.role);
    Ok(Proof { domain: challenge.domain().clone(), method: Method::Mail, place })
}

/// Of one mail: for one domain, token, role and moment. What is hashed has 120 random bits, so that nobody tries them all.
fn hash(challenge: &Challenge, role: Role, sent: Timestamp, code: &[u8; CODE]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key("mizumori 2026-11 codes that prove a domain by mail");
    // Names end with a zero, which stands in none of them; the rest has fixed lengths.
    for name in [challenge.domain().as_str(), role.as_str()] {
        hasher.update(name.as_bytes()).update(&[0]);
    }
    hasher.update(challenge.token().as_bytes()).update(&sent.0.to_le_bytes()).update(code);
    hasher.finalize()
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

    fn challenge(domain: &str, token: &str) -> Challenge {
        Challenge::new(DomainName::parse(domain).unwrap(), token.repeat(32).parse().unwrap()).unwrap()
    }

    fn typed(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// A code to a role of a domain, as its mail has it, and what is kept of it.
    fn sent(challenge: &Challenge, role: Role) -> (String, SentCode) {
        let code = MailCode::random().unwrap();
        (code.to_text().into_exposed(), code.sent_to(challenge, role, SENT))
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        let challenge = challenge("suigen.example", "a");
        let (text, kept) = sent(&challenge, Role::Postmaster);
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
            let proof = confirm(&challenge, &kept, &typed(&text), SENT).unwrap();
            let expected = ("suigen.example", Method::Mail, "postmaster@suigen.example");
            assert_eq!((proof.domain.as_str(), proof.method, &*proof.place), expected, "{text}");
        }
        assert_eq!(format!("{:?}", MailCode::random().unwrap()), "MailCode([secret])");
    }

    #[test]
    fn a_code_is_for_one_mail() {
        let one = challenge("suigen.example", "a");
        let (code, kept) = sent(&one, Role::Admin);
        let (other, later) = (sent(&one, Role::Admin).1, Timestamp(SENT.0 + 1));
        assert!(confirm(&one, &kept, &typed(&code), later).is_ok());
        for (challenge, kept) in [
            (challenge("suigen.example", "b"), kept),
            (challenge("b.suigen.example", "a"), kept),
            (one.clone(), SentCode { role: Role::Administrator, ..kept }),
            (one.clone(), SentCode { sent: later, ..kept }),
            (one.clone(), other),
        ] {
            let refused = confirm(&challenge, &kept, &typed(&code), later);
            assert!(matches!(refused, Err(ProofError::Code)), "{refused:?}");
        }
    }

    #[test]
    fn what_is_kept_and_the_token_that_everybody_reads_are_no_codes() {
        let token = Token::random().unwrap();
        let challenge = Challenge::new(DomainName::parse("suigen.example").unwrap(), token).unwrap();
        let kept = sent(&challenge, Role::Admin).1;
        let hash: String = kept.hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in
            [token.to_string(), token.to_string()[..24].to_owned(), challenge.line(), hash[..24].to_owned()]
        {
            assert!(confirm(&challenge, &kept, &typed(&text), SENT).is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let challenge = challenge("suigen.example", "a");
        let (code, kept) = sent(&challenge, Role::Admin);
        let long = "0".repeat(1 << 20);
        for text in ["", "-", "水源", &code[1..], &format!("{code}0"), &code.replace('-', "_"), &long, "\0"]
        {
            let error = confirm(&challenge, &kept, &typed(text), SENT).unwrap_err();
            assert!(matches!(error, ProofError::Code), "{error:?}");
        }
    }

    #[test]
    fn codes_grow_old_and_are_spent() {
        let challenge = challenge("suigen.example", "a");
        let (code, kept) = sent(&challenge, Role::Admin);
        let (code, last) = (typed(&code), SENT.after(CODE_LIFE));
        assert!(confirm(&challenge, &kept, &code, last).is_ok());
        let error = confirm(&challenge, &kept, &code, Timestamp(last.0 + 1)).unwrap_err();
        assert!(matches!(error, ProofError::CodeExpired));
        let tried = |tries| confirm(&challenge, &SentCode { tries, ..kept }, &code, SENT);
        assert!(tried(CODE_TRIES - 1).is_ok());
        assert!(matches!(tried(CODE_TRIES), Err(ProofError::CodeSpent)));
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
