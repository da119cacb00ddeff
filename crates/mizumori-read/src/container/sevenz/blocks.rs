//! Blocks of a 7z archive: what their coders would take, and their checksums.

use std::io::{self, Read};

use sevenz_rust2::{Archive, Block, Coder, EncoderMethod};

use crate::{Format, LimitKind, Limits, Unreadable};

/// Iterations of the key derivation, as a power of two; 7-Zip has always written 19. The library takes up to
/// 24, which is seconds for a password.
const CYCLES: u8 = 21;

/// Whether the block may be decoded within `limits`.
pub(super) fn check(block: &Block, limits: &Limits) -> Result<(), Unreadable> {
    for coder in &block.coders {
        if dictionary(coder) > limits.dictionary_bytes {
            return Err(Unreadable::Limit {
                limit: LimitKind::DictionaryBytes,
                value: limits.dictionary_bytes,
            });
        }
        let cycles = coder.properties().first().map_or(0, |first| first & 0x3F);
        if is_aes(coder) && cycles > CYCLES && cycles != 0x3F {
            let what = "a key derivation of so many rounds";
            return Err(Unreadable::Unsupported { format: Format::SevenZip, what });
        }
    }
    Ok(())
}

pub(super) fn is_aes(coder: &Coder) -> bool {
    coder.encoder_method_id() == EncoderMethod::ID_AES256_SHA256
}

/// Whether the block's data is only encrypted, so that a wrong password shows in its checksum alone.
pub(super) fn is_stored(block: &Block) -> bool {
    block.coders.iter().all(|coder| is_aes(coder) || coder.encoder_method_id() == EncoderMethod::ID_COPY)
}

/// Bytes of the dictionary that a coder declares.
fn dictionary(coder: &Coder) -> u64 {
    let properties = coder.properties();
    let number = |bytes: Option<&[u8]>| match bytes {
        Some(&[a, b, c, d]) => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => 0,
    };
    match coder.encoder_method_id() {
        EncoderMethod::ID_LZMA | EncoderMethod::ID_PPMD => number(properties.get(1..5)),
        EncoderMethod::ID_LZMA2 => match properties.first() {
            Some(bits @ 0..40) => (2 | u64::from(bits & 1)) << (bits / 2 + 11),
            Some(_) => u64::from(u32::MAX),
            None => 0,
        },
        _ => 0,
    }
}

/// Takes the checksums out of the archive, so that the library does not compare them; by file.
pub(super) fn take_checksums(archive: &mut Archive) -> Vec<Option<u32>> {
    for block in &mut archive.blocks {
        block.has_crc = false;
    }
    let take = |entry: &mut sevenz_rust2::ArchiveEntry| {
        let crc = std::mem::take(&mut entry.has_crc).then_some(entry.crc);
        crc.and_then(|crc| u32::try_from(crc).ok())
    };
    archive.files.iter_mut().map(take).collect()
}

/// A reader of the library's, which returns bytes or an error: read in small steps, an error costs one step.
///
/// Where a block has only one file, the library compares its checksum whatever we say, and returns the error
/// instead of the last bytes. These stand in the buffer nevertheless, and are taken; [`Checked`] compares again.
///
/// [`Checked`]: crate::container::checked::Checked
pub(super) struct Stepped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Stepped<R> {
    /// `size` is the file's, as its header has it.
    pub(super) fn new(inner: R, size: u64) -> Self {
        Self { inner, left: size }
    }
}

impl<R: Read> Read for Stepped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(4096);
        if self.left == 0 || n == 0 {
            return Ok(0);
        }
        let step = buf.get_mut(..n).unwrap_or_default();
        let n = match self.inner.read(step) {
            Ok(n) => n,
            Err(e) if is_checksum(&e) && self.left <= n as u64 => usize::try_from(self.left).unwrap_or(n),
            Err(e) => return Err(super::password::read_failure(&e).into_io()),
        };
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

fn is_checksum(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(sevenz_rust2::Error::ChecksumVerificationFailed))
}
