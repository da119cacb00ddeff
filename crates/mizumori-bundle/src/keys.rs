//! Keys: a pair that signs and a pair that opens, of one party, in one file.
//!
//! Public keys are texts with their kind before them and a check behind them, so that nobody takes one for the other, or mistypes one.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use mizumori_core::Secret;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_CHACHA20_POLY1305 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};

use crate::error::{BundleError, Result};
use crate::hex;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;
/// Bytes of the check behind a key's text.
const CHECK: usize = 4;
/// Bytes of a wrapped key: itself and a tag.
pub(crate) const WRAPPED: usize = KEY + 16;
/// What wraps a file's key; nothing else is ever made with it.
const INFO: &[u8] = b"mizumori bundle 1 file key";
/// What stands before the secret in a file of keys.
const SECRET: &str = "mizumori-bundle-secret:";

/// Who can open a bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipientKey([u8; KEY]);

/// Who has signed a bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderKey([u8; KEY]);

/// What a key is known by: 16 hexadecimal digits of its hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

/// The keys of one party.
pub struct Keys {
    open: HpkePrivateKey,
    recipient: RecipientKey,
    seed: Secret<[u8; KEY]>,
    sign: Ed25519KeyPair,
    sender: SenderKey,
}

impl Keys {
    /// Keys drawn from the operating system's generator.
    ///
    /// # Errors
    /// When it has no random bytes to give.
    pub fn create() -> Result<Self> {
        let (public, open) = SUITE.generate_key_pair().map_err(|_| BundleError::Cryptography)?;
        let recipient = <[u8; KEY]>::try_from(public.0).map_err(|_| BundleError::Cryptography)?;
        let mut seed = [0; KEY];
        getrandom::fill(&mut seed).map_err(|_| BundleError::Cryptography)?;
        Self::of(open.secret_bytes(), recipient, seed)
    }

    fn of(open: &[u8], recipient: [u8; KEY], seed: [u8; KEY]) -> Result<Self> {
        let sign = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| BundleError::Cryptography)?;
        let public = <[u8; KEY]>::try_from(sign.public_key().as_ref());
        let sender = SenderKey(public.map_err(|_| BundleError::Cryptography)?);
        let open = HpkePrivateKey::from(open.to_vec());
        Ok(Self { open, recipient: RecipientKey(recipient), seed: Secret::new(seed), sign, sender })
    }

    /// What others encrypt to.
    pub const fn recipient(&self) -> RecipientKey {
        self.recipient
    }

    /// What others know its signatures by.
    pub const fn sender(&self) -> SenderKey {
        self.sender
    }

    /// The keys as the text of a file. Every call is a place to look at in a review.
    pub fn to_text(&self) -> Secret<String> {
        let all = [self.open.secret_bytes(), &self.recipient.0, self.seed.expose()].concat();
        Secret::new(format!(
            "# Keys of bundles. Whoever has this file can open bundles that are meant for you, and sign as you.\n\
             # to:   {}\n# from: {}\n{}\n",
            self.recipient,
            self.sender,
            with_check(SECRET, &all)
        ))
    }

    /// Reads such a text.
    ///
    /// # Errors
    /// When it is none. The error does not repeat it.
    pub fn parse(text: &str) -> Result<Self> {
        let no_keys = BundleError::Key("the file holds no keys of bundles");
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else { return Err(no_keys) };
        let Some(bytes) = without_check::<{ 3 * KEY }>(SECRET, line) else { return Err(no_keys) };
        let (Some((open, rest)), _) = (bytes.split_first_chunk::<KEY>(), ()) else { return Err(no_keys) };
        let (Some(recipient), Some(seed)) = (rest.first_chunk::<KEY>(), rest.last_chunk::<KEY>()) else {
            return Err(no_keys);
        };
        let keys = Self::of(open, *recipient, *seed)?;
        // Both halves of a pair stand in the file: they have to fit.
        let (sealed, wrapped) = keys.recipient.wrap(&[0; KEY])?;
        keys.unwrap(&sealed, &wrapped)
            .map_err(|_| BundleError::Key("the keys in the file do not fit each other"))?;
        Ok(keys)
    }

    pub(crate) fn sign(&self, what: &[u8]) -> Vec<u8> {
        self.sign.sign(what).as_ref().to_vec()
    }

    /// Opens a file's key that was wrapped for this party.
    pub(crate) fn unwrap(&self, sealed: &[u8], wrapped: &[u8]) -> Result<Secret<[u8; KEY]>> {
        let opened =
            SUITE.open(&EncapsulatedSecret(sealed.to_vec()), INFO, &self.recipient.0, wrapped, &self.open);
        let key = opened.ok().and_then(|key| <[u8; KEY]>::try_from(key).ok());
        key.map(Secret::new).ok_or(BundleError::Malformed("key"))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("recipient", &self.recipient)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl RecipientKey {
    /// What it is known by.
    pub fn id(&self) -> KeyId {
        id("mizumori 2026-11 bundle recipient", &self.0)
    }

    /// Wraps a file's key for whoever has the other half.
    pub(crate) fn wrap(&self, key: &[u8; KEY]) -> Result<(Vec<u8>, Vec<u8>)> {
        let (sealed, wrapped) = SUITE
            .seal(INFO, &self.0, key, &HpkePublicKey(self.0.to_vec()))
            .map_err(|_| BundleError::Key("nothing can be encrypted to this recipient's key"))?;
        Ok((sealed.0, wrapped))
    }
}

impl SenderKey {
    /// What it is known by.
    pub fn id(&self) -> KeyId {
        id("mizumori 2026-11 bundle sender", &self.0)
    }

    pub(crate) fn has_signed(&self, what: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(what, signature).is_ok()
    }
}

impl KeyId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_header(text: &str) -> Option<Self> {
        let fits = text.len() == 16
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        fits.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const TO: &str = "mizumori-to:";
const FROM: &str = "mizumori-from:";

impl fmt::Display for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_check(TO, &self.0))
    }
}

impl fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SenderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_check(FROM, &self.0))
    }
}

impl fmt::Debug for SenderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecipientKey {
    type Err = BundleError;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim().starts_with(FROM) {
            return Err(BundleError::Key(
                "this is the key that somebody signs with: the one that begins with `mizumori-to:` is meant",
            ));
        }
        let key = without_check(TO, text.trim());
        key.map(Self).ok_or(BundleError::Key(
            "this is no key to encrypt to: it begins with `mizumori-to:`, and none of it may be missing",
        ))
    }
}

impl FromStr for SenderKey {
    type Err = BundleError;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim().starts_with(TO) {
            return Err(BundleError::Key(
                "this is the key that is encrypted to: the one that begins with `mizumori-from:` is meant",
            ));
        }
        let key = without_check(FROM, text.trim());
        key.map(Self).ok_or(BundleError::Key(
            "this is no key of a sender: it begins with `mizumori-from:`, and none of it may be missing",
        ))
    }
}

fn id(context: &str, key: &[u8; KEY]) -> KeyId {
    let hash = blake3::derive_key(context, key);
    KeyId(hex::encode(hash.first_chunk::<8>().map_or(&[], <[u8; 8]>::as_slice)))
}

fn check(kind: &str, bytes: &[u8]) -> [u8; CHECK] {
    let hash = blake3::Hasher::new().update(kind.as_bytes()).update(bytes).finalize();
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn with_check(kind: &str, bytes: &[u8]) -> String {
    format!("{kind}{}{}", hex::encode(bytes), hex::encode(&check(kind, bytes)))
}

fn without_check<const N: usize>(kind: &str, text: &str) -> Option<[u8; N]> {
    let bytes = hex::decode(text.strip_prefix(kind)?)?;
    let (key, behind) = bytes.split_first_chunk::<N>()?;
    (behind == check(kind, key)).then_some(*key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        let keys = Keys::create().unwrap();
        let again = Keys::parse(keys.to_text().expose()).unwrap();
        assert_eq!((again.recipient(), again.sender()), (keys.recipient(), keys.sender()));
        assert_eq!(keys.recipient().to_string().parse::<RecipientKey>().unwrap(), keys.recipient());
        assert_eq!(keys.sender().to_string().parse::<SenderKey>().unwrap(), keys.sender());
        let other = Keys::create().unwrap();
        assert_ne!(other.sender().id(), keys.sender().id());
        assert!(KeyId::of_header(keys.recipient().id().as_str()).is_some());
        assert!(!format!("{keys:?}").contains(&hex::encode(keys.seed.expose())));
    }

    #[test]
    fn a_digit_that_is_wrong_is_noticed() {
        let keys = Keys::create().unwrap();
        let (to, from) = (keys.recipient().to_string(), keys.sender().to_string());
        assert!(to.parse::<SenderKey>().unwrap_err().to_string().contains("encrypted to"));
        assert!(from.parse::<RecipientKey>().unwrap_err().to_string().contains("signs with"));
        for at in TO.len()..to.len() {
            let mut wrong = to.clone().into_bytes();
            wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
            assert!(String::from_utf8(wrong).unwrap().parse::<RecipientKey>().is_err(), "{at}");
        }
        for wrong in ["", "mizumori-to:", &to[..to.len() - 2], "mizumori-to:水"] {
            assert!(wrong.parse::<RecipientKey>().is_err());
        }
    }

    #[test]
    fn files_that_hold_no_keys() {
        let text = Keys::create().unwrap().to_text().into_exposed();
        let line = text.lines().last().unwrap();
        for wrong in ["", "# nothing", &format!("{line}\n{line}\n"), &line[..40], "secret"] {
            let error = Keys::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("no keys of bundles"), "{error}");
        }
        // Halves of two pairs.
        let (one, other) = (Keys::create().unwrap(), Keys::create().unwrap());
        let mixed = [one.open.secret_bytes(), &other.recipient.0, one.seed.expose()].concat();
        assert!(Keys::parse(&with_check(SECRET, &mixed)).is_err());
    }
}
