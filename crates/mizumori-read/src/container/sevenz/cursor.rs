//! Fields of a 7z header, read one after another; an error behind its end.

use crate::{Format, Unreadable};

pub(super) const BROKEN: Unreadable =
    Unreadable::Damaged { format: Format::SevenZip, what: "its header is broken" };

/// Bytes of a header that are not read yet.
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, n: u64) -> Result<&'a [u8], Unreadable> {
        let n = usize::try_from(n).map_err(|_| BROKEN)?;
        let (now, later) = self.0.split_at_checked(n).ok_or(BROKEN)?;
        self.0 = later;
        Ok(now)
    }

    pub(super) fn skip(&mut self, n: u64) -> Result<(), Unreadable> {
        self.take(n).map(|_| ())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Unreadable> {
        self.take(1)?.first().copied().ok_or(BROKEN)
    }

    pub(super) fn fixed(&mut self, n: u64) -> Result<u64, Unreadable> {
        Ok(self.take(n)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    /// A number: the leading ones of its first byte say how many bytes follow.
    pub(super) fn number(&mut self) -> Result<u64, Unreadable> {
        let first = self.byte()?;
        let extra = first.leading_ones();
        let low = self.fixed(extra.into())?;
        let high = if extra >= 7 { 0 } else { u64::from(first) & (0x7F >> extra) };
        Ok(low | high.checked_shl(8 * extra).unwrap_or(0))
    }

    /// A number of things, each of which takes a byte of the header at least.
    pub(super) fn count(&mut self) -> Result<u64, Unreadable> {
        let count = self.number()?;
        if count > self.0.len() as u64 { Err(BROKEN) } else { Ok(count) }
    }

    /// Checksums of `n` things; which of them have one.
    pub(super) fn digests(&mut self, n: u64) -> Result<Vec<bool>, Unreadable> {
        let n_bits = usize::try_from(n).map_err(|_| BROKEN)?;
        let defined = if self.byte()? != 0 {
            if n > self.0.len() as u64 {
                return Err(BROKEN);
            }
            vec![true; n_bits]
        } else {
            let bits = self.take(n.div_ceil(8))?;
            bits.iter().flat_map(|byte| (0..8).map(move |bit| byte & 0x80 >> bit != 0)).take(n_bits).collect()
        };
        self.skip(defined.iter().filter(|defined| **defined).count() as u64 * 4)?;
        Ok(defined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |bytes: &[u8], n: u64| assert_eq!(Cursor(bytes).number().unwrap(), n, "{bytes:02X?}");
        check(&[0x7F], 0x7F);
        check(&[0x80, 0x80], 0x80);
        check(&[0xBF, 0xFF], 0x3FFF);
        check(&[0xC1, 0x34, 0x12], 0x1_1234);
        check(&[0xFE, 1, 2, 3, 4, 5, 6, 7], 0x07_0605_0403_0201);
        check(&[0xFF, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201);
        assert!(Cursor(&[0x80]).number().is_err());
    }
}
