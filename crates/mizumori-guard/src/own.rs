//! The texts by which a password may stand beside an account in a leak: itself, and what programs keep of it without a salt.
//!
//! Of these a tag can be made as of the password itself. What has a salt is compared in [`crate::salted`].

use md5::Md5;
use mizumori_core::Secret;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};
use unicode_normalization::UnicodeNormalization;

use crate::digest::PasswordHash;
use crate::hex;

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
}
