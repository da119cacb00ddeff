//! The footer: what a segment is made of, and whether it can be that.

use std::ops::Range;
use std::path::Path;

use super::{BLOCK, BLOCK_TAIL, CHECK, CHECKED, FOOTER, HEADER, MAGIC, VERSION};
use crate::digest::HashKind;
use crate::error::{GuardError, Result};
use crate::format::{kind_byte, kind_of, number};

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
        bytes.extend([kind_byte(self.kind), u8::try_from(self.bits).unwrap_or_default(), 0, 0]);
        bytes
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
        let version = number(header, 8, 4);
        if version != u64::from(VERSION) {
            return Err(GuardError::Version { path: path.to_owned(), version, known: VERSION.into() });
        }
        let cut = "it is cut short, or its end was changed";
        let end = file.len().checked_sub(FOOTER).ok_or_else(|| damaged(cut))?;
        let (body, footer) = file.split_at(end);
        let told = footer.get(..48).filter(|told| told.starts_with(header)).ok_or_else(|| damaged(cut))?;
        let checks_at = usize::try_from(number(told, 40, 8)).ok();
        let checks = checks_at.and_then(|at| body.get(at..)).ok_or_else(|| damaged(cut))?;
        if footer.get(48..) != Some(&seal(checks, told)) {
            return Err(damaged("the check of its end does not hold"));
        }
        let parts = "its parts do not fit together";
        let layout = Self {
            kind: told.get(12).and_then(|byte| kind_of(*byte)).ok_or_else(|| damaged(parts))?,
            bits: told.get(13).copied().unwrap_or_default().into(),
            rows: number(told, 16, 8),
            large_at: number(told, 24, 8),
            buckets_at: number(told, 32, 8),
            checks_at: number(told, 40, 8),
        };
        layout.check(file, checks.len()).ok_or_else(|| damaged(parts))?;
        Ok(layout)
    }

    /// Whether the parts stand where they must, and the buckets ascend.
    fn check(&self, file: &[u8], checks: usize) -> Option<()> {
        let holds = |is: bool| is.then_some(());
        holds(file.get(12..16)? == [kind_byte(self.kind), u8::try_from(self.bits).ok()?, 0, 0])?;
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
