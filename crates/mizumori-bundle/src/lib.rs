//! Bundles: what is carried from one network into another that nothing leads to, in a file, one way.
//!
//! A bundle is signed by its sender over everything (Ed25519), and encrypted to its recipients (HPKE, RFC 9180, wraps the file's key;
//! XChaCha20-Poly1305 in chunks holds the rest). Cryptography is aws-lc's and rustls's; what is ours is the order of the bytes, which
//! `docs/bundle.md` describes. A bundle is read only when its signature holds, in memory that does not depend on its length.
//!
//! What its entries mean is the caller's matter, and so is which numbers came before: nothing here knows a store or a network.

mod entry;
mod error;
mod header;
mod hex;
mod keys;
mod read;
mod stream;
mod write;

pub use entry::{EntryHead, EntryKind, EntryReader, EntryWriter};
pub use error::{BundleError, Result};
pub use header::{Header, Recipient};
pub use keys::{KeyId, Keys, RecipientKey, SenderKey};
pub use read::{BundleReader, open, show};
pub use write::BundleWriter;

/// The first bytes of a bundle.
const MAGIC: &[u8; 8] = b"MIZBUNDL";
/// The last bytes of a bundle.
const END: &[u8; 8] = b"MIZBEND\n";
/// The version that this program writes and reads.
const VERSION: u32 = 1;
/// Bytes of a signature.
const SIGNATURE: usize = 64;
/// Bytes behind the payload: its length, the signature, the last bytes.
const TRAILER: u64 = 8 + SIGNATURE as u64 + END.len() as u64;
/// The most recipients that a bundle has.
const RECIPIENTS: usize = 64;

/// What is signed of a bundle, of which everything before the signature has this hash.
fn signed(hash: &blake3::Hash) -> Vec<u8> {
    [b"mizumori bundle 1 signature\0".as_slice(), hash.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
