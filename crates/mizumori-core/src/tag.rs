//! Keyed tags: what stands for an account where the account itself must not.
//!
//! A tag is a BLAKE3 keyed hash (O'Connor et al., "BLAKE3: one function, fast everywhere", 2020), cut to 128
//! bits. Whoever holds tags without their key cannot test a guess; tags are pseudonymous personal data still.

use std::fmt;

use crate::{Account, Secret};

/// A 128-bit tag. Tags of one key and one purpose are equal when what they stand for is equal, up to a
/// collision, of which 2^40 tags have one with a probability of 2^-49.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u128);

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tag]")
    }
}

/// A key under which tags are made.
#[derive(Clone, Debug)]
pub struct TagKey(Secret<[u8; blake3::KEY_LEN]>);

impl TagKey {
    /// A key drawn from the operating system's generator, to be used for one run and forgotten.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; blake3::KEY_LEN];
        getrandom::fill(&mut key)?;
        Ok(Self(Secret::new(key)))
    }

    /// The key `bytes`.
    pub const fn from_bytes(bytes: [u8; blake3::KEY_LEN]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The tag of an account seen in a `context`: the same account has another tag in another context.
    pub fn account(&self, account: &Account<'_>, context: u64) -> Tag {
        let context = context.to_le_bytes();
        let parts = [&context, account.local().as_bytes(), b"@", account.host().as_bytes()];
        truncate(keyed(self.0.expose(), parts))
    }

    /// The tag of fields whose lengths matter: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn fields<'a>(&self, fields: impl IntoIterator<Item = &'a [u8]>) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(self.0.expose());
        for field in fields {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        truncate(hasher.finalize())
    }

    /// The tag of `bytes` as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Tag {
        truncate(blake3::keyed_hash(self.0.expose(), bytes))
    }
}

/// The keyed hash of `parts`, one after the other.
pub(crate) fn keyed<const N: usize>(key: &[u8; blake3::KEY_LEN], parts: [&[u8]; N]) -> blake3::Hash {
    // One block of 64 bytes is the usual case: put together first, it costs a third of three updates.
    let mut block = [0_u8; 96];
    let mut used = 0;
    for part in parts {
        match block.get_mut(used..used + part.len()) {
            Some(place) => place.copy_from_slice(part),
            None => return long(key, &parts),
        }
        used += part.len();
    }
    blake3::keyed_hash(key, block.get(..used).unwrap_or_default())
}

fn long(key: &[u8; blake3::KEY_LEN], parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

fn truncate(hash: blake3::Hash) -> Tag {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    Tag(u128::from_le_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalPart;

    #[test]
    fn tags_tell_accounts_contexts_and_keys_apart() {
        let account = |text| Account::parse(text, LocalPart::Column).unwrap();
        let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
        let key = TagKey::from_bytes([1; 32]);
        for text in ["taro@a.example", &long] {
            assert_eq!(key.account(&account(text), 1), key.account(&account(text), 1));
            assert_ne!(key.account(&account(text), 1), key.account(&account(text), 2));
            assert_ne!(
                key.account(&account(text), 1),
                TagKey::from_bytes([2; 32]).account(&account(text), 1)
            );
        }
        assert_ne!(key.fields([b"ab".as_slice(), b"c"]), key.fields([b"a".as_slice(), b"bc"]));
        assert_ne!(
            TagKey::random().unwrap().account(&account("a@a.example"), 0),
            key.account(&account("a@a.example"), 0)
        );
    }

    #[test]
    fn the_short_and_the_long_way_agree() {
        assert_eq!(keyed(&[7; 32], [b"ab", b"c"]), long(&[7; 32], &[b"a", b"bc"]));
    }
}
