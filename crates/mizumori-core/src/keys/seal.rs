//! What is readable again by who has the key: the local part, the secret, and what a stealer log says of a computer.
//!
//! XChaCha20-Poly1305 under the data key of a domain. The source and the account's tag are authenticated with it, so that
//! what was sealed for one row opens in no other.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::layers::AccountTag;
use super::master::{KEY, NONCE, drawn};
use super::{KeyError, SealError};
use crate::Secret;

/// The layout of what is sealed.
const VERSION: u8 = 1;

/// What a row holds sealed. All of it may be empty but the local part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// The local part of the account, or the login.
    pub local: Secret<String>,
    /// The password or hash.
    pub secret: Secret<String>,
    /// A stealer log's computer.
    pub computer: Secret<String>,
    /// A stealer log's user.
    pub user: Secret<String>,
    /// When a stealer log was taken, as it stands there.
    pub taken: Secret<String>,
}

impl Sealed {
    const fn fields(&self) -> [&Secret<String>; 5] {
        [&self.local, &self.secret, &self.computer, &self.user, &self.taken]
    }
}

/// The key of one domain's sealed data.
#[derive(Clone)]
pub struct DataKey {
    pub(super) number: u32,
    pub(super) domain: String,
    pub(super) key: Secret<[u8; KEY]>,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("number", &self.number)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

impl DataKey {
    /// Its number in the key ring; what it sealed begins with it.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Whose data it is for: a watched domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Seals `what` for the row of `source` and `account`.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give, or a field is longer than 4 GiB.
    pub fn seal(&self, source: &str, account: AccountTag, what: &Sealed) -> Result<Vec<u8>, KeyError> {
        let mut plain = Vec::new();
        for field in what.fields() {
            let length = u32::try_from(field.expose().len()).map_err(|_| KeyError::TooLong)?;
            plain.extend_from_slice(&length.to_le_bytes());
            plain.extend_from_slice(field.expose().as_bytes());
        }
        let nonce: [u8; NONCE] = drawn()?;
        let bound = bound_to(source, account);
        let payload = Payload { msg: &plain, aad: &bound };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::TooLong)?;
        Ok([&[VERSION], self.number.to_le_bytes().as_slice(), &nonce, &sealed].concat())
    }

    /// Opens what was sealed for the row of `source` and `account`.
    ///
    /// # Errors
    /// When it was sealed with another key or for another row, or was changed.
    pub fn open(&self, source: &str, account: AccountTag, sealed: &[u8]) -> Result<Sealed, SealError> {
        if key_number(sealed)? != self.number {
            return Err(SealError::OtherKey);
        }
        let body = sealed.get(5..).unwrap_or_default();
        let (nonce, body) = body.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        let bound = bound_to(source, account);
        let payload = Payload { msg: body, aad: &bound };
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Damaged)?;
        let mut rest = plain.as_slice();
        let mut next = || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (field, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = behind;
            String::from_utf8(field.to_vec()).ok().map(Secret::new)
        };
        let mut field = || next().ok_or(SealError::Damaged);
        Ok(Sealed { local: field()?, secret: field()?, computer: field()?, user: field()?, taken: field()? })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.key.expose()).into())
    }
}

/// The number of the data key that `sealed` was sealed with.
///
/// # Errors
/// When it is no sealed value, or one of a later version.
pub fn key_number(sealed: &[u8]) -> Result<u32, SealError> {
    match sealed.split_first() {
        Some((&VERSION, rest)) => {
            rest.first_chunk::<4>().map(|number| u32::from_le_bytes(*number)).ok_or(SealError::Damaged)
        }
        Some((version, _)) => Err(SealError::Version(*version)),
        None => Err(SealError::Damaged),
    }
}

fn bound_to(source: &str, account: AccountTag) -> Vec<u8> {
    [account.hi.to_be_bytes().as_slice(), &account.lo.to_be_bytes(), source.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(number: u32, byte: u8) -> DataKey {
        DataKey { number, domain: "suigen.example".to_owned(), key: Secret::new([byte; KEY]) }
    }

    const ROW: AccountTag = AccountTag { hi: -7, lo: 9 };

    proptest! {
        #[test]
        fn what_was_sealed_opens_for_its_row(fields in prop::array::uniform5(".{0,40}")) {
            let [local, secret, computer, user, taken] = fields.map(Secret::new);
            let what = Sealed { local, secret, computer, user, taken };
            let sealed = key(3, 1).seal("a", ROW, &what).unwrap();
            prop_assert_eq!(key_number(&sealed), Ok(3));
            prop_assert_eq!(key(3, 1).open("a", ROW, &sealed), Ok(what));
        }

        #[test]
        fn nothing_else_opens(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(key(3, 1).open("a", ROW, &bytes).is_err());
        }
    }

    #[test]
    fn other_rows_keys_and_versions() {
        let what = Sealed { local: Secret::new("taro".to_owned()), ..Sealed::default() };
        let sealed = key(3, 1).seal("a", ROW, &what).unwrap();
        assert!(!sealed.windows(4).any(|window| window == b"taro"));
        assert_eq!(key(3, 1).open("b", ROW, &sealed), Err(SealError::Damaged));
        assert_eq!(key(3, 1).open("a", AccountTag { hi: -7, lo: 8 }, &sealed), Err(SealError::Damaged));
        assert_eq!(key(3, 2).open("a", ROW, &sealed), Err(SealError::Damaged));
        assert_eq!(key(4, 1).open("a", ROW, &sealed), Err(SealError::OtherKey));
        let mut later = sealed.clone();
        later[0] = 2;
        assert_eq!(key(3, 1).open("a", ROW, &later), Err(SealError::Version(2)));
        for cut in 0..sealed.len() {
            assert!(key(3, 1).open("a", ROW, &sealed[..cut]).is_err());
        }
        assert!(!format!("{what:?} {:?}", key(3, 1)).contains("taro"));
    }
}
