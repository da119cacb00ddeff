//! A member's content: decrypted and decompressed.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::super::checked::Claims;
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

/// What a member's header says about its content; `otherwise` is reported if that agrees.
pub(super) fn claims(entry: &Entry, otherwise: Option<Unreadable>) -> Claims {
    let no_crc = entry.method == 99 && entry.aes.is_some_and(|aes| !aes.has_crc);
    Claims { crc: (!no_crc).then_some(entry.crc), size: Some(entry.size), otherwise }
}
