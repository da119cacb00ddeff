//! A member's content, compared with what its header says.

use std::io::{self, Read};

use crc32fast::Hasher;

use crate::{Format, Unreadable};

/// Compares what comes out of `inner` with a header, at its end: everything was delivered by then.
pub(super) struct Checked<R> {
    inner: R,
    format: Format,
    claims: Claims,
    hasher: Hasher,
    produced: u64,
}

/// What a header says about a member's content.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) crc: Option<u32>,
    pub(super) size: Option<u64>,
    /// What is wrong although the content may agree with the rest.
    pub(super) otherwise: Option<Unreadable>,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(inner: R, format: Format, claims: Claims) -> Self {
        Self { inner, format, claims, hasher: Hasher::new(), produced: 0 }
    }

    /// Bytes that came out.
    pub(super) fn produced(&self) -> u64 {
        self.produced
    }

    fn verdict(&mut self) -> Option<Unreadable> {
        let actual = self.produced;
        match (self.claims.size, self.claims.crc) {
            (Some(declared), _) if declared != actual => {
                Some(Unreadable::Size { format: self.format, declared, actual })
            }
            (_, Some(expected)) if expected != self.hasher.clone().finalize() => {
                Some(Unreadable::Checksum(self.format))
            }
            _ => self.claims.otherwise.take(),
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        if n == 0 && !buf.is_empty() {
            return self.verdict().map_or(Ok(0), |why| Err(why.into_io()));
        }
        self.produced = self.produced.saturating_add(n as u64);
        if self.claims.crc.is_some() {
            self.hasher.update(buf.get(..n).unwrap_or_default());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_delivered_before_the_verdict() {
        let check = |crc, size, verdict: Option<Unreadable>| {
            let mut checked = Checked::new(&b"abc"[..], Format::Zip, Claims { crc, size, otherwise: None });
            let mut out = Vec::new();
            let result = checked.read_to_end(&mut out);
            assert_eq!(out, b"abc");
            assert_eq!(result.err().map(|e| Unreadable::from_io(&e)), verdict);
        };
        check(None, None, None);
        check(Some(0x3524_41C2), Some(3), None);
        check(Some(1), Some(3), Some(Unreadable::Checksum(Format::Zip)));
        check(None, Some(9), Some(Unreadable::Size { format: Format::Zip, declared: 9, actual: 3 }));
    }
}
