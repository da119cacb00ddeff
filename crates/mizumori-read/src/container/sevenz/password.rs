//! Which password opens a 7z archive, and what the library's errors mean.
//!
//! 7z has no check value: a wrong password shows only in what comes out. An encrypted header must parse and have
//! its checksum. A block is tried on its first file before anything of it is delivered.

use std::io::{self, Read};
use std::sync::Arc;

use mizumori_core::Secret;
use sevenz_rust2::{Archive, BlockDecoder, Error, Password};

use super::super::checked::{Checked, Claims};
use super::blocks::{Stepped, is_aes, is_stored};
use crate::{Format, LimitKind, ReadAt, ReadAtCursor, Unreadable};

/// Decompressed at most to try a password.
const TRIAL: u64 = 1 << 20;

/// Reads the header, with a password if it is encrypted.
pub(super) fn open(at: &Arc<dyn ReadAt>, passwords: &[Secret<String>]) -> Result<Archive, Unreadable> {
    let read = |password: &Password| Archive::read(&mut ReadAtCursor::new(Arc::clone(at)), password);
    match read(&Password::empty()) {
        Ok(archive) => Ok(archive),
        Err(Error::PasswordRequired) => passwords
            .iter()
            .find_map(|password| read(&Password::new(password.expose())).ok())
            .ok_or(Unreadable::Encrypted { passwords: passwords.len() }),
        Err(e) => Err(failure(&e)),
    }
}

/// Finds the password of a block; the empty one if it is not encrypted.
pub(super) fn unlock(
    at: &Arc<dyn ReadAt>,
    archive: &Archive,
    checksums: &[Option<u32>],
    index: usize,
    passwords: &[Secret<String>],
) -> Result<Password, Unreadable> {
    let encrypted = archive.blocks.get(index).is_some_and(|block| block.coders.iter().any(is_aes));
    if !encrypted {
        return Ok(Password::empty());
    }
    let candidates = passwords.iter().map(|password| Password::new(password.expose()));
    candidates
        .into_iter()
        .find(|password| !password.is_empty() && opens(at, archive, checksums, index, password))
        .ok_or(Unreadable::Encrypted { passwords: passwords.len() })
}

/// Whether the block's first file with content decodes: whole with the right checksum, or a MiB without an error.
fn opens(
    at: &Arc<dyn ReadAt>,
    archive: &Archive,
    checksums: &[Option<u32>],
    index: usize,
    password: &Password,
) -> bool {
    let stored = archive.blocks.get(index).is_none_or(is_stored);
    let mut source = ReadAtCursor::new(Arc::clone(at));
    let mut file = archive.stream_map.block_first_file_index.get(index).copied().unwrap_or(0);
    let mut sound = false;
    let result =
        BlockDecoder::new(1, index, archive, password, &mut source).for_each_entries(&mut |entry, read| {
            let crc = checksums.get(file).copied().flatten();
            file += 1;
            if entry.size == 0 || !entry.has_stream {
                return Ok(true);
            }
            let claims = Claims { crc, size: Some(entry.size), otherwise: None };
            let checked = Checked::new(Stepped::new(read, entry.size), Format::SevenZip, claims);
            let limit = if stored { u64::MAX } else { TRIAL };
            sound = io::copy(&mut checked.take(limit), &mut io::sink()).is_ok();
            Ok(false)
        });
    result.is_ok() && sound
}

/// What an error of the library means. Its texts may quote the archive and are not used.
pub(super) fn failure(error: &Error) -> Unreadable {
    let damaged = |what| Unreadable::Damaged { format: Format::SevenZip, what };
    let unsupported = |what| Unreadable::Unsupported { format: Format::SevenZip, what };
    match error {
        Error::Io(e, _) | Error::FileOpen(e, _) | Error::MaybeBadPassword(e) => read_failure(e),
        Error::UnsupportedVersion { .. } => unsupported("its version"),
        Error::UnsupportedCompressionMethod(_) => unsupported("its compression method"),
        Error::Unsupported(_) | Error::ExternalUnsupported => unsupported("a feature of its header"),
        Error::PasswordRequired => Unreadable::Encrypted { passwords: 0 },
        Error::MaxMemLimited { max_kb, .. } => Unreadable::Limit {
            limit: LimitKind::DictionaryBytes,
            value: (*max_kb as u64).saturating_mul(1024),
        },
        Error::ChecksumVerificationFailed | Error::NextHeaderCrcMismatch => {
            damaged("the checksum of its header does not match")
        }
        _ => damaged("its header is broken"),
    }
}

/// What a read error of the library means.
pub(super) fn read_failure(error: &io::Error) -> Unreadable {
    match (Unreadable::from_io(error), error.get_ref()) {
        (Unreadable::Io(io::ErrorKind::UnexpectedEof), _) => Unreadable::Truncated(Format::SevenZip),
        // What a decoder makes of broken data has no source of its own; a disk's error has a code.
        (Unreadable::Io(kind), _) if error.raw_os_error().is_some() => Unreadable::Io(kind),
        (Unreadable::Io(_), _) => {
            Unreadable::Damaged { format: Format::SevenZip, what: "broken compressed data" }
        }
        (why, _) => why,
    }
}
