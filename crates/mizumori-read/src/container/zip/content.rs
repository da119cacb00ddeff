//! A member's content: decrypted, decompressed, and compared with what its header says.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use crc32fast::Hasher;

use super::crypt::{Cipher, Decrypting};
use super::record::Entry;
use crate::codec::{Bzip2, Codec, Decoding, Inflate, Inflate64, Lzma, Ppmd, Step, Xz, Zstd};
use crate::{Format, Limits, ReadAt, ReadAtCursor, Unreadable};

/// Read at once by members, of which there may be many small ones.
pub(super) const BUFFER: usize = 32 * 1024;

/// A codec of which a zip member has only one stream.
struct Single<C>(C);

impl<C: Codec> Codec for Single<C> {
    fn format(&self) -> Format {
        Format::Zip
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut step = self.0.step(input, output);
        if let crate::codec::State::Failed(
            Unreadable::Damaged { format, .. } | Unreadable::Truncated(format),
        ) = &mut step.state
        {
            *format = Format::Zip;
        }
        step
    }
}

/// Whether a method's data says itself where it ends.
pub(super) fn ends_itself(entry: &Entry) -> bool {
    match entry.compression() {
        8 | 9 | 12 | 20 | 93 | 95 => true,
        14 => entry.has_end_marker(),
        _ => false,
    }
}

/// Decompresses `input` by the entry's method.
pub(super) fn decompress<'a, R: BufRead + 'a>(
    entry: &Entry,
    input: R,
    limits: &Limits,
) -> Result<Box<dyn Read + 'a>, Unreadable> {
    Ok(match entry.compression() {
        0 => Box::new(input),
        8 => Box::new(Decoding::new(input, Inflate::raw(Format::Zip))),
        9 => Box::new(Decoding::new(input, Inflate64::new())),
        12 => Box::new(Decoding::new(input, Single(Bzip2::new()))),
        14 => {
            let size = (!entry.has_end_marker()).then_some(entry.size);
            Box::new(Decoding::new(input, Lzma::new(size, limits)))
        }
        20 | 93 => Box::new(Decoding::new(input, Single(Zstd::within(Format::Zip, limits)))),
        95 => Box::new(Decoding::new(input, Single(Xz::new(limits)))),
        98 => Box::new(Ppmd::new(input, entry.size, limits)),
        1..=6 => return Err(unsupported("a compression method of 1989 to 1993")),
        _ => return Err(unsupported("its compression method")),
    })
}

pub(super) const fn unsupported(what: &'static str) -> Unreadable {
    Unreadable::Unsupported { format: Format::Zip, what }
}

/// A member's content, decrypted by `cipher` if there is one.
pub(super) fn open<'a>(
    entry: &Entry,
    packed: &Arc<dyn ReadAt>,
    cipher: Option<Cipher>,
    limits: &Limits,
) -> Result<Box<dyn Read + 'a>, Unreadable> {
    let packed = ReadAtCursor::new(Arc::clone(packed));
    match cipher {
        None => decompress(entry, BufReader::with_capacity(BUFFER, packed), limits),
        Some(cipher) => {
            let plain = Decrypting::new(packed, cipher);
            decompress(entry, BufReader::with_capacity(BUFFER, plain), limits)
        }
    }
}

/// Compares what comes out of `inner` with a header, at its end: everything was delivered by then.
pub(super) struct Checked<R> {
    inner: R,
    crc: Option<u32>,
    size: Option<u64>,
    hasher: Hasher,
    produced: u64,
    /// What is wrong although the data ends without an error.
    otherwise: Option<Unreadable>,
}

impl<R: Read> Checked<R> {
    /// `otherwise` is reported at the end if nothing else is.
    pub(super) fn new(inner: R, entry: &Entry, otherwise: Option<Unreadable>) -> Self {
        let no_crc = entry.method == 99 && entry.aes.is_some_and(|aes| !aes.has_crc);
        Self {
            inner,
            crc: (!no_crc).then_some(entry.crc),
            size: Some(entry.size),
            hasher: Hasher::new(),
            produced: 0,
            otherwise,
        }
    }

    /// Nothing is known about it.
    pub(super) fn unchecked(inner: R) -> Self {
        Self { inner, crc: None, size: None, hasher: Hasher::new(), produced: 0, otherwise: None }
    }

    /// Checksum and size of what came out.
    pub(super) fn sums(&self) -> (u32, u64) {
        (self.hasher.clone().finalize(), self.produced)
    }

    fn verdict(&mut self) -> Option<Unreadable> {
        let (crc, actual) = self.sums();
        match (self.size, self.crc) {
            (Some(declared), _) if declared != actual => {
                Some(Unreadable::Size { format: Format::Zip, declared, actual })
            }
            (_, Some(expected)) if expected != crc => Some(Unreadable::Checksum(Format::Zip)),
            _ => self.otherwise.take(),
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
        if self.crc.is_some() || self.size.is_none() {
            self.hasher.update(buf.get(..n).unwrap_or_default());
        }
        Ok(n)
    }
}
