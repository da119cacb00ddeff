//! A pair of account and password, and what becomes of it: a place, and the input of the pseudorandom function.
//!
//! Both sides compute this, so it is part of the protocol (`docs/private-check.md`).

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use mizumori_core::{Account, Secret};
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfkc};

use crate::error::{GuardError, Result};

/// Bytes of a salt.
pub(super) const SALT: usize = 16;
/// Bits of an account's place; buckets are made by the first of them.
pub(super) const PLACE_BITS: u32 = 24;
/// What the slow hash gives, in bytes.
const HASHED: usize = 32;

/// How slow the hash of a pair is: Argon2id (RFC 9106), version 0x13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowHash {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for SlowHash {
    /// What OWASP's "Password Storage Cheat Sheet" asks for at least: 19 MiB, two passes.
    fn default() -> Self {
        Self { memory_kib: 19 << 10, passes: 2, lanes: 1 }
    }
}

impl SlowHash {
    /// What is accepted: a server may not make its clients use up their memory or time.
    const MOST: Self = Self { memory_kib: 1 << 20, passes: 64, lanes: 16 };

    /// Whether it is one that this program computes.
    pub(super) fn check(self) -> Result<Params> {
        let within = self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASHED)).ok();
        params.filter(|_| within).ok_or_else(|| {
            let Self { memory_kib, passes, lanes } = Self::MOST;
            GuardError::Request(format!(
                "the slow hash takes 8 KiB a lane to {memory_kib} KiB, 1 to {passes} passes and 1 to {lanes} lanes"
            ))
        })
    }
}

/// Makes inputs of pairs. It keeps the memory of the slow hash, one for each thread that is in it at a time.
pub(super) struct PairHash {
    argon: Argon2<'static>,
    blocks: usize,
    salt: [u8; SALT],
    memory: Mutex<Vec<Vec<Block>>>,
}

impl PairHash {
    /// For the parameters of a generation.
    pub(super) fn new(slow: SlowHash, salt: [u8; SALT]) -> Result<Self> {
        let params = slow.check()?;
        let blocks = params.block_count();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self { argon, blocks, salt, memory: Mutex::new(Vec::new()) })
    }

    /// Where an account has its place: the first [`PLACE_BITS`] bits of a hash of it.
    pub(super) fn place(&self, account: &Account<'_>) -> u32 {
        let hash = self.of_account("mizumori 2026-11 private check place", account);
        let [first, second, third, ..] = *hash.as_bytes();
        u32::from_be_bytes([0, first, second, third])
    }

    /// The input: the slow hash of the password, salted with the account.
    pub(super) fn input(&self, account: &Account<'_>, password: &[u8]) -> Result<Secret<Vec<u8>>> {
        let salt = self.of_account("mizumori 2026-11 private check slow hash", account);
        let kept = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = kept().pop();
        let mut memory = memory.unwrap_or_else(|| vec![Block::new(); self.blocks]);
        let mut hashed = vec![0; HASHED];
        let password = canonical(password);
        let done = self.argon.hash_password_into_with_memory(
            &password,
            salt.as_bytes(),
            &mut hashed,
            memory.as_mut_slice(),
        );
        kept().push(memory);
        done.map_err(|_| GuardError::Request("the password is too long for the slow hash".to_owned()))?;
        Ok(Secret::new(hashed))
    }

    fn of_account(&self, context: &str, account: &Account<'_>) -> blake3::Hash {
        let mut hash = blake3::Hasher::new_derive_key(context);
        hash.update(&self.salt).update(account.local().as_bytes());
        hash.update(b"@").update(account.host().as_bytes());
        hash.finalize()
    }
}

/// A password as it is compared: text in NFKC, other bytes as they are. Whoever leaked it typed either; see
/// [`Policy::check`](crate::Policy::check), which looks up both forms where this one is enough.
fn canonical(password: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(password) {
        Ok(text) if !is_nfkc(text) => text.nfkc().collect::<String>().into_bytes().into(),
        _ => password.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::testing::{FAST, account};

    fn hash() -> PairHash {
        PairHash::new(FAST, [1; SALT]).unwrap()
    }

    #[test]
    fn what_makes_a_pair() {
        let hash = hash();
        let input =
            |of: &str, password: &str| hash.input(&account(of), password.as_bytes()).unwrap().into_exposed();
        let first = input("taro@suigen.example", "himitsu");
        assert_eq!(input("Taro@SUIGEN.example", "himitsu"), first, "accounts are canonical");
        assert_eq!(input("taro@suigen.example", "ｈｉｍｉｔｓｕ"), first, "passwords are in NFKC");
        assert_ne!(input("jiro@suigen.example", "himitsu"), first);
        assert_ne!(input("taro@suigen.example", "Himitsu"), first);
        let other = PairHash::new(FAST, [2; SALT]).unwrap();
        assert_ne!(other.input(&account("taro@suigen.example"), b"himitsu").unwrap().into_exposed(), first);
    }

    #[test]
    fn bytes_that_are_no_text() {
        let hash = hash();
        let input = |bytes: &[u8]| hash.input(&account("a@a.example"), bytes).unwrap().into_exposed();
        assert_ne!(input(b"\xff"), input(b"\xfe"));
    }

    #[test]
    fn places_are_of_accounts_and_salts() {
        let (hash, other) = (hash(), PairHash::new(FAST, [2; SALT]).unwrap());
        let place = hash.place(&account("taro@suigen.example"));
        assert!(place < 1 << PLACE_BITS);
        assert_eq!(hash.place(&account("TARO@suigen.example")), place);
        assert_ne!(hash.place(&account("jiro@suigen.example")), place);
        assert_ne!(other.place(&account("taro@suigen.example")), place);
    }

    #[test]
    fn nobody_is_made_to_use_up_his_memory() {
        for (memory_kib, passes, lanes) in
            [(1 << 21, 1, 1), (8, 65, 1), (8, 0, 1), (7, 1, 1), (8, 1, 2), (1 << 15, 1, 17), (u32::MAX, 1, 1)]
        {
            assert!(SlowHash { memory_kib, passes, lanes }.check().is_err());
        }
        assert!(SlowHash::default().check().is_ok());
    }
}
