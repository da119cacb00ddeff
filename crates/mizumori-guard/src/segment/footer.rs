//! The footer: what a segment is made of, and whether it can be that.

use std::ops::Range;
use std::path::Path;

use super::{BLOCK, BLOCK_TAIL, CHECK, CHECKED, FOOTER, HEADER, MAGIC, VERSION};
use crate::digest::HashKind;
use crate::error::{GuardError, Result};

/// Where everything stands in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) kind: HashKind,
    /// Bits of a hash that its bucket stands for: 8 or 16.
    pub(super) bits: u32,
    /// Rows.
    pub(super) rows: u64,
    /// Where the large counts begin.
    pub(super) large_at: u64,
    /// Where the buckets begin.
    pub(super) buckets_at: u64,
    /// Where the checks begin.
    pub(super) checks_at: u64,
}

impl Layout {
    /// Bytes of a row.
    pub(super) const fn width(&self) -> usize {
        self.kind.width() - self.bits as usize / 8
    }

    /// Bytes of a block.
    pub(super) const fn block_bytes(&self) -> usize {
        BLOCK * self.width() + BLOCK_TAIL
    }

    /// Entries of the table of buckets.
    pub(super) const fn buckets(&self) -> usize {
        (1 << self.bits) + 1
    }

    /// Where block `number` stands.
    pub(super) fn block(&self, number: u64) -> Option<Range<usize>> {
        let bytes = self.block_bytes();
        let start =
            usize::try_from(HEADER).ok()?.checked_add(usize::try_from(number).ok()?.checked_mul(bytes)?)?;
        Some(start..start.checked_add(bytes)?)
    }

    /// The header.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend([self.kind_byte(), u8::try_from(self.bits).unwrap_or_default(), 0, 0]);
        bytes
    }

    const fn kind_byte(&self) -> u8 {
        match self.kind {
            HashKind::Sha1 => 0,
            HashKind::Ntlm => 1,
        }
    }

    /// The footer to these checks.
    pub(super) fn footer(&self, checks: &[u8]) -> Vec<u8> {
        let mut bytes = self.header();
        for number in [self.rows, self.large_at, self.buckets_at, self.checks_at] {
            bytes.extend(number.to_le_bytes());
        }
        let digest = seal(checks, &bytes);
        bytes.extend(digest);
        bytes
    }

    /// Reads the footer of a whole file, of which it believes nothing.
    pub(super) fn of(file: &[u8], path: &Path) -> Result<Self> {
        let damaged = |why| GuardError::damaged(path, why);
        let header: &[u8] = file.get(..16).ok_or_else(|| damaged("it is too short for a segment"))?;
        if !header.starts_with(MAGIC) {
            return Err(damaged("it is no segment of an index"));
        }
        let version = number::<4>(header, 8);
        if version != u64::from(VERSION) {
            return Err(GuardError::Version { path: path.to_owned(), version, known: VERSION.into() });
        }
        let cut = "it is cut short, or its end was changed";
        let end = file.len().checked_sub(FOOTER).ok_or_else(|| damaged(cut))?;
        let (body, footer) = file.split_at(end);
        let told = footer.get(..48).filter(|told| told.starts_with(header)).ok_or_else(|| damaged(cut))?;
        let checks_at = usize::try_from(number::<8>(told, 40)).ok();
        let checks = checks_at.and_then(|at| body.get(at..)).ok_or_else(|| damaged(cut))?;
        if footer.get(48..) != Some(&seal(checks, told)) {
            return Err(damaged("the check of its end does not hold"));
        }
        let layout = Self {
            kind: if told.get(12) == Some(&0) { HashKind::Sha1 } else { HashKind::Ntlm },
            bits: told.get(13).copied().unwrap_or_default().into(),
            rows: number::<8>(told, 16),
            large_at: number::<8>(told, 24),
            buckets_at: number::<8>(told, 32),
            checks_at: number::<8>(told, 40),
        };
        layout.check(file, checks.len()).ok_or_else(|| damaged("its parts do not fit together"))?;
        Ok(layout)
    }

    /// Whether the parts stand where they must, and the buckets ascend.
    fn check(&self, file: &[u8], checks: usize) -> Option<()> {
        let holds = |is: bool| is.then_some(());
        holds(file.get(12..16)? == [self.kind_byte(), u8::try_from(self.bits).ok()?, 0, 0])?;
        holds(matches!(self.bits, 8 | 16))?;
        let blocks = self.rows.div_ceil(BLOCK as u64).checked_mul(self.block_bytes() as u64)?;
        holds(HEADER.checked_add(blocks)? == self.large_at)?;
        holds(self.large_at <= self.buckets_at)?;
        holds(self.buckets_at.checked_add(self.buckets() as u64 * 8)? == self.checks_at)?;
        holds(usize::try_from(self.checks_at).ok()?.div_ceil(CHECKED) * CHECK == checks)?;
        let table =
            file.get(usize::try_from(self.buckets_at).ok()?..usize::try_from(self.checks_at).ok()?)?;
        let (table, _) = table.as_chunks::<8>();
        let starts = || table.iter().map(|bytes| u64::from_le_bytes(*bytes));
        holds(starts().next()? == 0 && starts().next_back()? == self.rows && starts().is_sorted())
    }
}

/// What holds the footer and the checks together.
fn seal(checks: &[u8], told: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(checks);
    hash.update(told);
    *hash.finalize().as_bytes()
}

/// The number of `N` bytes at a place.
fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let digits = bytes.get(at..at + N).unwrap_or_default();
    digits.iter().rev().fold(0, |number, digit| number << 8 | u64::from(*digit))
}
