//! The key that the machines of a cluster share: who has it may give work and take part in it.
//!
//! What goes between them is sealed under it, in both directions, bound to what it is: whoever stands between them (the
//! scheduler, the network) reads nothing of it and cannot put one thing in another's place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::master::{KEY, NONCE, drawn, from_hex, to_hex};
use super::{KeyError, TagLayers};
use crate::{Secret, TagKey};

/// The key of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterKey(Secret<[u8; KEY]>);

impl ClusterKey {
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
        bytes.map(|key| Self(Secret::new(key))).ok_or(KeyError::NoClusterKey)
    }

    /// The key as text. Every call is a place to look at in a review.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(to_hex(self.0.expose()))
    }

    /// Seals `bytes`, which are `what`.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give, or there are more than 256 GiB.
    pub fn seal(&self, what: &str, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce: [u8; NONCE] = drawn()?;
        let payload = Payload { msg: bytes, aad: what.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::TooLong)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed as `what`; `None` when it is something else, of another key, or was changed.
    pub fn open(&self, what: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: what.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
    }

    /// The key under which all machines tag accounts during one `run`, whose name nobody else uses.
    pub fn tags_of(&self, run: &str) -> TagKey {
        let key = blake3::derive_key("mizumori 2026-11 cluster tags of a run", self.0.expose());
        TagKey::from_bytes(*blake3::keyed_hash(&key, run.as_bytes()).as_bytes())
    }

    /// The tags that all machines make during one `run`, whose name nobody else uses: of accounts that nobody looks for in a lake.
    pub fn layers_of(&self, run: &str) -> TagLayers {
        let key = blake3::derive_key("mizumori 2026-11 cluster layers of a run", self.0.expose());
        TagLayers::new(blake3::keyed_hash(&key, run.as_bytes()).as_bytes(), [])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = blake3::derive_key("mizumori 2026-11 cluster messages", self.0.expose());
        XChaCha20Poly1305::new(&key.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_who_has_the_key() {
        let (one, other) = (ClusterKey::random().unwrap(), ClusterKey::random().unwrap());
        let sealed = one.seal("unit 1", b"taro").unwrap();
        assert_eq!(one.open("unit 1", &sealed).as_deref(), Some(&b"taro"[..]));
        assert_eq!(one.open("unit 2", &sealed), None);
        assert_eq!(other.open("unit 1", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(one.open("unit 1", &sealed[..cut]), None);
        }
        assert!(!sealed.windows(4).any(|window| window == b"taro"));
        let again = ClusterKey::parse(one.to_text().expose()).unwrap();
        assert_eq!(again.tags_of("r").bytes(b"x"), one.tags_of("r").bytes(b"x"));
        assert_ne!(again.tags_of("s").bytes(b"x"), one.tags_of("r").bytes(b"x"));
        assert!(matches!(ClusterKey::parse("0").unwrap_err(), KeyError::NoClusterKey));
        assert!(!format!("{one:?}").contains(one.to_text().expose()));
    }
}
