//! Answers to questions for a range: what the Pwned Passwords API answers, as text.
//!
//! <https://haveibeenpwned.com/API/v3#PwnedPasswords>. Rows `SUFFIX:COUNT` in order, between them CRLF and behind the last one
//! nothing: clients that split by lines break on anything else.

use crate::digest::{HashKind, Key, PasswordHash, Prefix};
use crate::error::{GuardError, Result};
use crate::index::Index;

/// Whether an answer hides by its length how many hashes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// It has the hashes.
    None,
    /// It has rows with a count of 0 among them, by chance how many.
    Random,
}

/// Rows that a padded answer has at least: by chance so many, or more.
const LEAST: std::ops::RangeInclusive<u64> = 800..=1000;
/// Padding rows that one with more hashes than that gets.
const ADDED: std::ops::RangeInclusive<u64> = 10..=209;

/// The answer for a prefix.
///
/// A prefix without hashes has one padding row: there are clients that take an empty answer, or none, for a failure. It is the
/// same row each time, so that the same index gives the same answer.
///
/// # Errors
/// Only with padding, when the system gives no random bytes.
pub fn range_answer(index: &Index, kind: HashKind, prefix: Prefix, padding: Padding) -> Result<Vec<u8>> {
    if padding == Padding::Random {
        let mut rows = index.range(kind, prefix);
        pad(&mut rows, kind, prefix, |bytes: &mut [u8]| {
            getrandom::fill(bytes)
                .map_err(|error| GuardError::System { what: "random bytes", cause: error.into() })
        })?;
        return Ok(written(&rows));
    }
    let text = index.range_text(kind, prefix);
    if !text.is_empty() {
        return Ok(text);
    }
    let mut rows = Vec::new();
    pad_with(&mut rows, 1, kind, prefix, |bytes| {
        let mut seed = blake3::Hasher::new();
        seed.update(b"mizumori guard padding\n").update(&prefix.number().to_le_bytes());
        seed.finalize_xof().fill(bytes);
        Ok(())
    })?;
    Ok(written(&rows))
}

/// Adds padding rows by chance.
fn pad(
    rows: &mut Vec<(PasswordHash, u64)>,
    kind: HashKind,
    prefix: Prefix,
    mut random: impl FnMut(&mut [u8]) -> Result<()>,
) -> Result<()> {
    let mut within = |range: std::ops::RangeInclusive<u64>| {
        let mut bytes = [0; 8];
        random(&mut bytes)?;
        Ok::<_, GuardError>(range.start() + u64::from_le_bytes(bytes) % (range.end() - range.start() + 1))
    };
    let missing = within(LEAST)?.saturating_sub(rows.len() as u64);
    let added = within(ADDED)?;
    pad_with(rows, missing.max(added), kind, prefix, random)
}

fn pad_with(
    rows: &mut Vec<(PasswordHash, u64)>,
    how_many: u64,
    kind: HashKind,
    prefix: Prefix,
    mut random: impl FnMut(&mut [u8]) -> Result<()>,
) -> Result<()> {
    let first = Key::first_of(prefix.number()).high;
    for _ in 0..how_many {
        let mut bytes = [0; 20];
        random(bytes.get_mut(..kind.width()).unwrap_or_default())?;
        let key = Key::from_bytes(&bytes);
        let key = Key { high: first | key.high & ((1 << 44) - 1), ..key };
        rows.push((PasswordHash::of_key(kind, key), 0));
    }
    // One that is there already stays, with its count.
    rows.sort_by_key(|(hash, count)| (hash.key(), std::cmp::Reverse(*count)));
    rows.dedup_by_key(|(hash, _)| *hash);
    Ok(())
}

/// Rows as text, what follows the prefix.
pub(crate) fn written(rows: &[(PasswordHash, u64)]) -> Vec<u8> {
    let mut text = Vec::with_capacity(rows.len() * 42);
    for (hash, count) in rows {
        if !text.is_empty() {
            text.extend(b"\r\n");
        }
        hash.write_suffix(&mut text);
        text.push(b':');
        text.extend(itoa::Buffer::new().format(*count).bytes());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn padded(hashes: usize, seed: u8) -> Vec<(PasswordHash, u64)> {
        let prefix = Prefix::parse(b"21BD1").unwrap();
        let key = |at: usize| Key { high: 0x21BD_1000_0000_0000 | at as u64, ..Key::default() };
        let mut rows: Vec<_> =
            (0..hashes).map(|at| (PasswordHash::of_key(HashKind::Sha1, key(at)), 3)).collect();
        let mut stream = blake3::Hasher::new().update(&[seed]).finalize_xof();
        pad(&mut rows, HashKind::Sha1, prefix, |bytes| {
            stream.fill(bytes);
            Ok(())
        })
        .unwrap();
        rows
    }

    proptest! {
        #[test]
        fn padding_hides_how_many_there_are(hashes in 0..2_000_usize, seed: u8) {
            let rows = padded(hashes, seed);
            prop_assert!(rows.is_sorted_by_key(|(hash, _)| hash.key()));
            prop_assert!(rows.iter().all(|(hash, _)| hash.prefix().to_string() == "21BD1"));
            prop_assert_eq!(rows.iter().filter(|(_, count)| *count > 0).count(), hashes);
            let padding = rows.len() - hashes;
            prop_assert!(rows.len() >= 800 && padding >= 10 && (rows.len() <= 1000 || padding <= 209));
        }
    }

    #[test]
    fn as_clients_read_it() {
        let text = String::from_utf8(written(&padded(5, 1))).unwrap();
        assert!(!text.ends_with('\n'));
        let mut seen = BTreeMap::new();
        for line in text.split("\r\n") {
            let (suffix, count) = line.split_once(':').unwrap();
            assert!(
                suffix.len() == 35 && suffix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
            );
            seen.insert(suffix.to_owned(), count.parse::<u64>().unwrap());
        }
        assert_eq!(seen.values().sum::<u64>(), 15);
    }
}
