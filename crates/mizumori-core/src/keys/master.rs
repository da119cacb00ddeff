//! The master key, and what is wrapped under it.
//!
//! It never encrypts data: only keys, each with a text that says which key it is, so that nobody can put one in
//! another's place. XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) has nonces long enough to be drawn.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::KeyError;
use crate::Secret;

/// Bytes of a key.
pub(super) const KEY: usize = 32;
/// Bytes of a nonce of XChaCha20.
pub(super) const NONCE: usize = 24;

/// The key under which a key ring's keys are wrapped. It comes from a file of its own, the environment or a key
/// management service; it is never stored beside what it protects.
#[derive(Clone, Debug)]
pub struct MasterKey(Secret<[u8; KEY]>);

impl MasterKey {
    /// A key drawn from the operating system's generator.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random() -> Result<Self, KeyError> {
        drawn().map(|key| Self(Secret::new(key)))
    }

    /// Reads 64 hexadecimal digits, white space around them dropped: what [`to_text`](Self::to_text) writes.
    ///
    /// # Errors
    /// When `text` is anything else. The error does not repeat it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = from_hex(text.trim()).and_then(|bytes| <[u8; KEY]>::try_from(bytes).ok());
        bytes.map(|key| Self(Secret::new(key))).ok_or(KeyError::NoMasterKey)
    }

    /// The key as text. Every call is a place to look at in a review.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(to_hex(self.0.expose()))
    }

    /// A value by which a ring knows its master key; it tells nothing about the key.
    pub(super) fn check_value(&self, ring: &str) -> String {
        let key = blake3::derive_key("mizumori 2026-11 key ring check value", self.0.expose());
        let mut value = to_hex(blake3::keyed_hash(&key, ring.as_bytes()).as_bytes());
        value.truncate(32);
        value
    }

    /// Wraps `key`, which is `what`.
    pub(super) fn wrap(&self, what: &str, key: &[u8; KEY]) -> Result<String, KeyError> {
        let nonce: [u8; NONCE] = drawn()?;
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: key, aad: what.as_bytes() });
        let sealed = sealed.map_err(|_| KeyError::TooLong)?;
        Ok(to_hex(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Takes out the key that was wrapped as `what`; `None` when it is another, or was changed.
    pub(super) fn unwrap(&self, what: &str, wrapped: &str) -> Option<[u8; KEY]> {
        let bytes = from_hex(wrapped)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: what.as_bytes() };
        let key = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        key.try_into().ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = blake3::derive_key("mizumori 2026-11 key ring wrapping", self.0.expose());
        XChaCha20Poly1305::new(&key.into())
    }
}

/// Random bytes.
pub(super) fn drawn<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyError::NoRandomness)?;
    Ok(bytes)
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_comes_out_for_who_wrapped_it() {
        let (one, other) = (MasterKey::random().unwrap(), MasterKey::random().unwrap());
        let wrapped = one.wrap("a", &[7; KEY]).unwrap();
        assert_eq!(one.unwrap("a", &wrapped), Some([7; KEY]));
        assert_eq!(one.unwrap("b", &wrapped), None);
        assert_eq!(other.unwrap("a", &wrapped), None);
        for at in [0, 60, wrapped.len() - 1] {
            let mut broken = wrapped.clone().into_bytes();
            broken[at] = if broken[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(one.unwrap("a", std::str::from_utf8(&broken).unwrap()), None);
        }
        assert_eq!(one.unwrap("a", "zz"), None);
        assert_eq!(one.unwrap("a", ""), None);
        assert_ne!(wrapped, one.wrap("a", &[7; KEY]).unwrap(), "a nonce is drawn each time");
    }

    #[test]
    fn texts_of_keys() {
        let key = MasterKey::random().unwrap();
        let text = format!("  {}\n", key.to_text().expose());
        assert_eq!(MasterKey::parse(&text).unwrap().check_value("r"), key.check_value("r"));
        assert_ne!(key.check_value("r"), key.check_value("s"));
        for text in ["", "abc", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            let error = MasterKey::parse(text).unwrap_err();
            assert!(matches!(error, KeyError::NoMasterKey));
        }
        assert!(!format!("{key:?}").contains(key.to_text().expose()));
        assert_eq!(from_hex("00fF10"), Some(vec![0, 255, 16]));
        assert_eq!(to_hex(&[0, 255, 16]), "00ff10");
    }
}
