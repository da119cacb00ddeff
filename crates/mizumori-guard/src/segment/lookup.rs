//! Answers out of a mapped segment.

use std::hint::black_box;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::footer::Layout;
use super::write::from_leb128;
use super::{BLOCK, CHECK, CHECKED, LARGE};
use crate::digest::{HashKind, Key, PasswordHash, Prefix};
use crate::error::Result;
use crate::map::Mapped;

/// Bytes of a line of memory, as most machines have them.
const LINE: usize = 64;

/// An open segment: shared by threads, and its pages by processes.
pub struct Segment {
    path: PathBuf,
    bytes: Mapped,
    layout: Layout,
    seal: [u8; 32],
}

impl Segment {
    /// Opens a segment and checks that nothing in it leads out of it.
    ///
    /// # Errors
    /// A file that is no segment, of another version, or cut short; and those of the system.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = Mapped::open(path)?;
        let layout = Layout::of(&bytes, path)?;
        // The layout was read from a whole footer.
        let seal = bytes.last_chunk().copied().unwrap_or_default();
        Ok(Self { path: path.to_owned(), bytes, layout, seal })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of its hashes.
    pub const fn kind(&self) -> HashKind {
        self.layout.kind
    }

    /// How many hashes it has.
    pub const fn rows(&self) -> u64 {
        self.layout.rows
    }

    /// Bytes of its file.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether it has no hash.
    pub const fn is_empty(&self) -> bool {
        self.layout.rows == 0
    }

    /// What holds its footer and the checks of all its bytes together: no two segments that are not the same have the same one.
    pub(crate) const fn seal(&self) -> &[u8; 32] {
        &self.seal
    }

    pub(super) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How often a hash was seen; `None` when it is not there, or of the other kind.
    ///
    /// Where the file is damaged and a count cannot be read, the hash counts as seen sixteen times, which is the least that
    /// it can be.
    pub fn count(&self, hash: &PasswordHash) -> Option<u64> {
        if hash.kind() != self.layout.kind {
            return None;
        }
        let key = hash.key();
        let bucket = self.bucket(key);
        let row = self.search(&bucket, key);
        (row < bucket.end && self.compare(row, key).is_eq()).then(|| self.count_of(row))
    }

    /// The hashes that begin with a prefix, in order, with their counts.
    pub fn range(&self, prefix: Prefix) -> impl Iterator<Item = (PasswordHash, u64)> {
        self.hashes_of(prefix, self.rows_of(prefix))
    }

    /// The hashes of [rows of a prefix](Self::rows_of), with their counts.
    pub(crate) fn hashes_of(
        &self,
        prefix: Prefix,
        rows: Range<u64>,
    ) -> impl Iterator<Item = (PasswordHash, u64)> {
        // Twenty bits: the bucket, and what of the prefix is behind it.
        let bucket = prefix.number() >> (20 - self.layout.bits);
        rows.map(move |row| {
            let hash = PasswordHash::of_key(self.layout.kind, self.key_of(row, bucket));
            (hash, self.count_of(row))
        })
    }

    /// The rows that begin with a prefix.
    pub(crate) fn rows_of(&self, prefix: Prefix) -> Range<u64> {
        let first = self.lower_bound(Key::first_of(prefix.number()));
        let end = match Prefix::of_number(prefix.number() + 1) {
            Some(next) => self.lower_bound(Key::first_of(next.number())),
            None => self.layout.rows,
        };
        first..end.max(first)
    }

    /// The first row that is not before a key; the number of rows when there is none.
    fn lower_bound(&self, key: Key) -> u64 {
        self.search(&self.bucket(key), key)
    }

    /// The rows of a key's bucket.
    fn bucket(&self, key: Key) -> Range<u64> {
        let number = usize::try_from(key.high >> (64 - self.layout.bits)).unwrap_or_default();
        let start = usize::try_from(self.layout.buckets_at).unwrap_or(usize::MAX);
        let at = |number: usize| {
            let from = start.saturating_add(number * 8);
            let bytes = self.bytes.get(from..).and_then(|rest| rest.first_chunk::<8>());
            bytes.map_or(self.layout.rows, |bytes| u64::from_le_bytes(*bytes))
        };
        at(number)..at(number + 1)
    }

    /// The first row of a bucket that is not before `key`; the bucket's end when there is none.
    ///
    /// Good hashes are spread evenly, so the guess is a few rows off; from there steps double until the place is between two
    /// of them, and halving ends it. Hashes that somebody made up take twice the steps of halving at worst.
    fn search(&self, bucket: &Range<u64>, key: Key) -> u64 {
        let rows = bucket.end - bucket.start;
        let wanted = key.high << self.layout.bits | key.middle >> (64 - self.layout.bits);
        let guess = |distance: u64| {
            u64::try_from((u128::from(distance) * u128::from(rows)) >> 64).unwrap_or_default()
        };
        let mut at = bucket.start + guess(wanted);
        self.touch(at, rows);
        // One look, and a better guess from how far off it was.
        if at < bucket.end {
            let head = self.head(at);
            at = if head < wanted {
                (at + guess(wanted - head)).min(bucket.end)
            } else {
                at.saturating_sub(guess(head - wanted)).max(bucket.start)
            };
        }
        let (mut low, mut high) = (bucket.start, bucket.end);
        let mut step = 2;
        if at < bucket.end && self.compare(at, key).is_lt() {
            low = at + 1;
            while low + step < bucket.end {
                if self.compare(low + step, key).is_ge() {
                    high = low + step;
                    break;
                }
                low += step + 1;
                step *= 2;
            }
        } else {
            high = at;
            while high >= bucket.start + step {
                if self.compare(high - step, key).is_lt() {
                    low = high - step + 1;
                    break;
                }
                high -= step;
                step *= 2;
            }
        }
        while low < high {
            let middle = low.midpoint(high);
            if self.compare(middle, key).is_lt() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Reads a byte of each line of memory that a search from here on is likely to need, among so many rows.
    ///
    /// What is not near the core takes longer than all the rest of a search. Reads that do not wait for each other are under way
    /// together; the search's own would be one after the other.
    fn touch(&self, row: u64, rows: u64) {
        let width = self.layout.width();
        let Some(block) = self.layout.block(row / BLOCK as u64) else { return };
        let in_block = usize::try_from(row % BLOCK as u64).unwrap_or_default();
        let at = block.start + in_block * width;
        // About as far as a guess is off, of hashes that are spread evenly: once the standard deviation in the middle.
        let around = (width << (rows.checked_ilog2().unwrap_or_default() / 2)) / 2;
        let lines = (at.saturating_sub(around)..at + around + LINE).step_by(LINE);
        let nibbles = block.start + BLOCK * width + in_block / 2;
        let byte = |at: usize| self.bytes.get(at).copied().unwrap_or_default();
        black_box(lines.fold(byte(nibbles), |all, line| all ^ byte(line)));
    }

    /// What is stored of a row's hash; nothing behind the last row.
    fn stored(&self, row: u64) -> &[u8] {
        let width = self.layout.width();
        let at = usize::try_from(row % BLOCK as u64).unwrap_or_default() * width;
        self.block(row).get(at..at + width).unwrap_or_default()
    }

    /// The bytes of a row's block; nothing behind the last one.
    pub(super) fn block(&self, row: u64) -> &[u8] {
        self.layout.block(row / BLOCK as u64).and_then(|block| self.bytes.get(block)).unwrap_or_default()
    }

    /// The first eight bytes of it as a number.
    fn head(&self, row: u64) -> u64 {
        self.stored(row).first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// A row of a key's bucket beside the key.
    fn compare(&self, row: u64, key: Key) -> std::cmp::Ordering {
        let wanted = key.high << self.layout.bits | key.middle >> (64 - self.layout.bits);
        self.head(row).cmp(&wanted).then_with(|| {
            let bytes = key.to_bytes();
            let skipped = self.layout.bits as usize / 8 + 8;
            let rest = bytes.get(skipped..self.layout.kind.width()).unwrap_or_default();
            self.stored(row).get(8..).unwrap_or_default().cmp(rest)
        })
    }

    /// A row's hash; `bucket` are the bits that are not stored.
    fn key_of(&self, row: u64, bucket: u32) -> Key {
        let mut bytes = [0; 20];
        let skipped = self.layout.bits as usize / 8;
        if let Some((first, rest)) = bytes.split_at_mut_checked(skipped) {
            for (to, from) in first.iter_mut().rev().zip(bucket.to_le_bytes()) {
                *to = from;
            }
            for (to, from) in rest.iter_mut().zip(self.stored(row)) {
                *to = *from;
            }
        }
        Key::from_bytes(&bytes)
    }

    fn count_of(&self, row: u64) -> u64 {
        let block = self.block(row);
        let nibbles = block.get(BLOCK * self.layout.width()..).unwrap_or_default();
        let at = usize::try_from(row % BLOCK as u64).unwrap_or_default();
        match nibble(nibbles, at) {
            0 => self.large(nibbles, at),
            count => count.into(),
        }
    }

    /// The large count of row `at` of the block with these nibbles, or the least one where it cannot be read.
    fn large(&self, nibbles: &[u8], at: usize) -> u64 {
        self.larges(nibbles, at).next().unwrap_or(LARGE)
    }

    /// The large counts of a block from row `at` on; they end where one cannot be read.
    pub(super) fn larges(&self, nibbles: &[u8], at: usize) -> impl Iterator<Item = u64> {
        let before = (0..at).filter(|row| nibble(nibbles, *row) == 0).count();
        let mut rest = self.larges_of(nibbles).unwrap_or_default();
        let counts = std::iter::from_fn(move || {
            let (count, length) = from_leb128(rest)?;
            rest = rest.get(length..)?;
            count.checked_add(LARGE)
        });
        counts.skip(before)
    }

    /// The bytes from where the large counts of the block with these nibbles begin.
    fn larges_of(&self, nibbles: &[u8]) -> Option<&[u8]> {
        let begins = nibbles.get(BLOCK / 2..)?.first_chunk::<8>()?;
        let start = self.layout.large_at.checked_add(u64::from_le_bytes(*begins))?;
        self.bytes.get(usize::try_from(start).ok()?..usize::try_from(self.layout.buckets_at).ok()?)
    }

    /// Reads all of it, and returns the parts of a MiB that are not what was written, by their bytes. With them goes whatever
    /// the footer's check, which opening it has looked at, does not cover.
    pub fn verify(&self, on: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<Range<u64>>> {
        let mut damaged = Vec::new();
        let checked = usize::try_from(self.layout.checks_at).unwrap_or(usize::MAX);
        let (body, checks) = self.bytes.split_at_checked(checked).unwrap_or_default();
        let mut at = 0;
        for (part, check) in body.chunks(CHECKED).zip(checks.chunks(CHECK)) {
            let end = at + part.len() as u64;
            if blake3::hash(part).as_bytes() != check {
                damaged.push(at..end);
            }
            at = end;
            on(part.len() as u64)?;
        }
        Ok(damaged)
    }
}

/// What stands for the count of row `at` of a block.
pub(super) fn nibble(nibbles: &[u8], at: usize) -> u8 {
    nibbles.get(at / 2).map_or(0, |byte| byte >> (4 * (at % 2)) & 0x0F)
}
