//! The private check: whether a pair of account and password is in our sources, without telling us either.
//!
//! As in Thomas et al., "Protecting accounts from credential stuffing with password breach alerting" (USENIX Security 2019), and
//! Pal et al., "Might I Get Pwned" (USENIX Security 2022): an oblivious pseudorandom function over a slow hash of the pair, in
//! buckets by the first bits of a hash of the account. What each side learns is told in `docs/private-check.md`.
//!
//! A private index is a folder: `private.json` names its files. A *generation* is what was made with one key, with
//! sealed rows of each source (`rows`) and a file of buckets of all of them (`buckets`), which alone is read to answer. One
//! generation is filled; the one before it may still answer until its sources have been imported again. Writing is as in
//! the index of hashes: one at a time, by one rename.
//!
//! No socket and no thread is here: who asks and who is asked carries the bytes himself.

mod buckets;
mod client;
mod gather;
mod index;
mod key_file;
mod limit;
mod manifest;
mod message;
mod oprf;
mod pair;
mod rows;
mod writer;

pub use self::client::Query;
pub use self::gather::PairGather;
pub use self::index::{GenerationStatus, PrivateIndex, PrivateStatus};
pub use self::limit::RateLimit;
pub use self::message::{GenerationParameters, MOST_ANSWER, MOST_PARAMETERS, Parameters, QUESTION};
pub use self::oprf::PublicKey;
pub use self::pair::SlowHash;
pub use self::writer::{PairSource, PrivateWriter};

use crate::error::{GuardError, Result};

/// Bytes of a value.
const VALUE: usize = 10;

/// What stands for a pair: the beginning of what the pseudorandom function gives of it.
type Value = [u8; VALUE];

/// Random bytes.
fn drawn<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| GuardError::System { what: "random bytes", cause: error.into() })?;
    Ok(bytes)
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
