//! Answers to questions for a range: what the Pwned Passwords API answers, as text.
//!
//! <https://haveibeenpwned.com/API/v3#PwnedPasswords>. Rows `SUFFIX:COUNT` in order, between them CRLF and behind the last one
//! nothing: clients that split by lines break on anything else.

use crate::digest::{HashKind, Key, PasswordHash, Prefix};
use crate::error::{GuardError, Result};
use crate::format::kind_byte;
use crate::index::{Found, Index};

/// Rows that a padded answer has at least: by chance so many, or more.
const LEAST: std::ops::RangeInclusive<u64> = 800..=1000;
/// Padding rows that one with more hashes than that gets.
const ADDED: std::ops::RangeInclusive<u64> = 10..=209;

/// What the versions of answers are made of, beside what is found: another one where this program writes them differently.
const WRITTEN_AS: &[u8] = b"mizumori guard range 1\n";
/// Digits of a prefix.
const DIGITS_ASKED: usize = 5;
/// Bytes that a row takes at least beside its digits: a colon, a count, a line end.
const BESIDE: u64 = 4;

/// The answer for a prefix: its rows are found, and it is not written yet.
///
/// Whoever has it already does not need the text of it, which costs more than all the rest.
pub struct RangeAnswer<'i> {
    kind: HashKind,
    prefix: Prefix,
    found: Found<'i>,
}

impl<'i> RangeAnswer<'i> {
    /// That of an index.
    pub fn of(index: &'i Index, kind: HashKind, prefix: Prefix) -> Self {
        Self { kind, prefix, found: index.find(kind, prefix) }
    }

    /// What tells its [text](Self::text) from others of the same prefix and kind: equal for the same segments wherever they are, another
    /// one whenever an import or a merge brought, or took away, a segment with rows of the prefix.
    pub fn version(&self) -> u64 {
        let mut hash = blake3::Hasher::new();
        hash.update(WRITTEN_AS).update(&[kind_byte(self.kind)]).update(&self.prefix.number().to_le_bytes());
        for seal in self.found.seals() {
            hash.update(seal);
        }
        let mut version = [0; 8];
        hash.finalize_xof().fill(&mut version);
        u64::from_le_bytes(version)
    }

    /// About how long its text is, in bytes: large counts take more, what stands in several segments takes less.
    pub fn about_bytes(&self) -> u64 {
        let digits = (self.kind.width() * 2).saturating_sub(DIGITS_ASKED) as u64;
        self.found.rows_at_most().max(1) * (digits + BESIDE)
    }

    /// Writes it.
    ///
    /// A prefix without hashes has one padding row: there are clients that take an empty answer, or none, for a failure. It is the
    /// same row each time, so that the same index gives the same answer.
    pub fn text(&self) -> Vec<u8> {
        let text = self.found.text(self.prefix);
        if !text.is_empty() {
            return text;
        }
        let mut seed = blake3::Hasher::new();
        seed.update(b"mizumori guard padding\n").update(&self.prefix.number().to_le_bytes());
        let mut bytes = [0; 20];
        seed.finalize_xof().fill(&mut bytes);
        written(&[(padding_row(self.kind, self.prefix, &bytes), 0)])
    }

    /// Writes it with rows among its own that count nothing, by chance how many: its length does not tell how many hashes there are.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn padded(&self) -> Result<Vec<u8>> {
        let mut rows = self.found.hashes(self.prefix);
        pad(&mut rows, self.kind, self.prefix, |bytes: &mut [u8]| {
            getrandom::fill(bytes)
                .map_err(|error| GuardError::System { what: "random bytes", cause: error.into() })
        })?;
        Ok(written(&rows))
    }
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
    for _ in 0..missing.max(added) {
        let mut bytes = [0; 20];
        random(&mut bytes)?;
        rows.push((padding_row(kind, prefix, &bytes), 0));
    }
    // One that is there already stays, with its count.
    rows.sort_by_key(|(hash, count)| (hash.key(), std::cmp::Reverse(*count)));
    rows.dedup_by_key(|(hash, _)| *hash);
    Ok(())
}

/// A hash with a prefix, and behind it these bytes, as many as it has.
fn padding_row(kind: HashKind, prefix: Prefix, bytes: &[u8; 20]) -> PasswordHash {
    let mut cut = [0; 20];
    for (to, from) in cut.iter_mut().zip(bytes).take(kind.width()) {
        *to = *from;
    }
    let key = Key::from_bytes(&cut);
    let first = Key::first_of(prefix.number()).high;
    PasswordHash::of_key(kind, Key { high: first | key.high & ((1 << 44) - 1), ..key })
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
    use crate::index::testing::{add_words, index_of};

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
    fn version(index: &Index, kind: HashKind, digits: &[u8]) -> u64 {
        RangeAnswer::of(index, kind, Prefix::parse(digits).unwrap()).version()
    }

    #[test]
    fn a_version_is_another_one_with_other_rows() {
        let words: Vec<_> = (0..20).map(|at| format!("invented {at}")).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let (folder, index) = index_of(&words);
        let prefix = PasswordHash::sha1(b"invented 7").prefix().to_string();
        let first = version(&index, HashKind::Sha1, prefix.as_bytes());
        assert_ne!(first, version(&index, HashKind::Sha1, b"00000"));
        assert_ne!(first, version(&index, HashKind::Ntlm, prefix.as_bytes()));
        // The same rows elsewhere, and opened again.
        let (_elsewhere, same) = index_of(&words);
        assert_eq!(first, version(&same, HashKind::Sha1, prefix.as_bytes()));
        let now = |word: &str| {
            add_words(folder.path(), None, &[word]);
            version(&Index::open(folder.path()).unwrap(), HashKind::Sha1, prefix.as_bytes())
        };
        assert_eq!(now("elsewhere"), first);
        let more = now("invented 7");
        assert_ne!(more, first);
        // The same segments with other rows: as many of them, under the same names.
        let (_other, other) = index_of(&[&["else"], &words[1..]].concat());
        assert_eq!(other.status().kinds, same.status().kinds);
        assert_ne!(first, version(&other, HashKind::Sha1, prefix.as_bytes()));
    }

    #[test]
    fn without_hashes_there_is_one_row_that_counts_nothing() {
        let (_folder, index) = index_of(&["himitsu"]);
        let none = RangeAnswer::of(&index, HashKind::Ntlm, Prefix::parse(b"00000").unwrap());
        let text = String::from_utf8(none.text()).unwrap();
        assert!(text.len() == 29 && text.ends_with(":0"), "{text}");
        assert!(none.about_bytes().abs_diff(text.len() as u64) <= 2);
        assert_eq!(none.text(), text.as_bytes());
    }
}
