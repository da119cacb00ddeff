//! What segments and filters write in the same way.

use crate::digest::HashKind;

/// The byte that stands for a kind of hashes.
pub(crate) const fn kind_byte(kind: HashKind) -> u8 {
    match kind {
        HashKind::Sha1 => 0,
        HashKind::Ntlm => 1,
    }
}

/// The kind that a byte stands for.
pub(crate) fn kind_of(byte: u8) -> Option<HashKind> {
    HashKind::ALL.into_iter().find(|kind| kind_byte(*kind) == byte)
}

/// The number of so many bytes at a place, the lowest first; of what is not there, nothing.
pub(crate) fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    let digits = bytes.get(at..at + width).unwrap_or_default();
    digits.iter().rev().fold(0, |number, digit| number << 8 | u64::from(*digit))
}
