//! Whether a password is one that leaked with an account, where what leaked is known by its tag, or, for whoever can open it, by its
//! text: perhaps a hash.
//!
//! A leak may hold the password, or what a program kept of it. Of hashes without salt, which have one spelling, a tag can be made as of the
//! password itself. One with a salt has to be opened and computed again, and that takes as long as whoever made it wanted: so there is a
//! bound.

use md5::Md5;
use mizumori_core::Secret;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};
use unicode_normalization::UnicodeNormalization;

use crate::digest::PasswordHash;
use crate::hex;

/// Work that comparisons with salted hashes may take together, in rounds of bcrypt: eight of cost 12, about two seconds.
const ROUNDS: u64 = 8 << 12;

/// The texts by which a password may stand beside an account: itself, its NFKC form, and of both what programs keep without a salt (MD5, SHA-1,
/// SHA-256, SHA-512, NTLM), in lower and upper case. What is no text has the hashes alone.
pub fn spellings(password: &Secret<Vec<u8>>) -> Vec<Secret<String>> {
    let bytes = password.expose();
    let text = std::str::from_utf8(bytes).ok().map(str::to_owned);
    let normal = text
        .as_deref()
        .map(|text| text.nfkc().collect::<String>())
        .filter(|normal| Some(normal) != text.as_ref());
    let mut all: Vec<String> = Vec::new();
    for form in [Some(bytes.as_slice()), normal.as_deref().map(str::as_bytes)].into_iter().flatten() {
        let hashes = [
            hex::text(&Md5::digest(form)),
            hex::text(&Sha1::digest(form)),
            hex::text(&Sha256::digest(form)),
            hex::text(&Sha512::digest(form)),
            std::str::from_utf8(form).map(ntlm).unwrap_or_default(),
        ];
        for hash in hashes {
            all.push(hash.to_uppercase());
            all.push(hash);
        }
    }
    all.extend(text);
    all.extend(normal);
    all.retain(|text| !text.is_empty());
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(Secret::new).collect()
}

fn ntlm(text: &str) -> String {
    let mut digits = Vec::new();
    PasswordHash::ntlm(text).write_hex(&mut digits);
    String::from_utf8_lossy(&digits).to_lowercase()
}

/// Compares a password with hashes that have a salt, for as long as that may take.
#[derive(Debug)]
pub struct Salted {
    rounds: u64,
    skipped: u64,
}

impl Default for Salted {
    fn default() -> Self {
        Self { rounds: ROUNDS, skipped: 0 }
    }
}

impl Salted {
    /// Whether a hash is that of the password. What is no bcrypt hash is not; one that there is no time for counts as
    /// [skipped](Self::skipped).
    pub fn is_of(&mut self, hash: &str, password: &Secret<Vec<u8>>) -> bool {
        let Some(rounds) = rounds_of(hash) else { return false };
        let Some(left) = self.rounds.checked_sub(rounds) else {
            self.skipped += 1;
            return false;
        };
        self.rounds = left;
        bcrypt::verify(password.expose(), hash).unwrap_or(false)
    }

    /// Hashes that were not compared.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// The rounds of a bcrypt hash: `$2b$12$…` has two to the power of 12.
fn rounds_of(hash: &str) -> Option<u64> {
    let (version, rest) = hash.strip_prefix("$2")?.split_once('$')?;
    let cost: u32 = rest.split_once('$')?.0.parse().ok()?;
    (matches!(version, "a" | "b" | "x" | "y") && cost <= 31).then(|| 1 << cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<Vec<u8>> {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn as_programs_keep_it() {
        let all = spellings(&secret("password"));
        for known in [
            "password",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
            "8846f7eaee8fb117ad06bdd830b7586c",
        ] {
            assert!(all.iter().any(|one| one.expose() == known), "{known}");
        }
        assert_eq!(all.len(), 11);
        // Full-width letters: both forms.
        assert!(spellings(&secret("ｐａｓｓｗｏｒｄ")).iter().any(|one| one.expose() == "password"));
        // No text: no NTLM hash either.
        assert_eq!(spellings(&Secret::new(vec![0xFF])).len(), 8);
    }

    #[test]
    fn salted_hashes_within_a_bound() {
        let hash = bcrypt::hash_with_salt("himitsu", 4, [7; 16]).unwrap().to_string();
        let mut salted = Salted::default();
        assert!(salted.is_of(&hash, &secret("himitsu")) && !salted.is_of(&hash, &secret("other")));
        for none in ["", "$2b$", "$2b$04$short", "$2c$04$x", "$2b$99$x", "$1$salt$hash", "himitsu"] {
            assert!(!salted.is_of(none, &secret("himitsu")), "{none}");
        }
        assert_eq!(salted.skipped(), 0);
        let endless = hash.replacen("$04$", "$31$", 1);
        assert!(!salted.is_of(&endless, &secret("himitsu")));
        assert_eq!(salted.skipped(), 1);
        assert!(salted.is_of(&hash, &secret("himitsu")));
    }
}
