//! Opening a RAR archive: passwords for encrypted headers, and the sound front of a damaged one.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mizumori_core::Secret;
use rars::{Archive, ArchiveReadOptions, ArchiveReader, Error, ErrorKind};

use super::blocks::{Sound, sound};
use crate::{Format, LimitKind, Limits, ReadAt, ReadAtCursor, Section, Unreadable};

/// Memory of the library for a byte of header, about.
const COST: u64 = 8;

/// An archive whose headers were read, and what is wrong with it nevertheless.
pub(super) struct Opened {
    pub(super) archive: Archive,
    pub(super) damage: Option<Unreadable>,
}

/// Reads the headers.
pub(super) fn open(
    at: &Arc<dyn ReadAt>,
    passwords: &[Secret<String>],
    limits: &Limits,
) -> Result<Opened, Unreadable> {
    let encrypted = match parse(at, None, limits) {
        Ok(archive) => {
            // The library forgives a header that is cut off at the end of the file.
            let cut = sound(&**at).is_some_and(|sound| sound.cut);
            return Ok(Opened { archive, damage: cut.then_some(Unreadable::Truncated(Format::Rar)) });
        }
        Err(why @ Unreadable::Encrypted { .. }) => why,
        Err(why) => return front(at, limits, why),
    };
    let opened = passwords.iter().find_map(|password| parse(at, Some(password), limits).ok());
    match opened {
        Some(archive) => Ok(Opened { archive, damage: None }),
        None if passwords.is_empty() => Err(encrypted),
        None => Err(Unreadable::Encrypted { passwords: passwords.len() }),
    }
}

/// What comes before the damage `why`.
fn front(at: &Arc<dyn ReadAt>, limits: &Limits, why: Unreadable) -> Result<Opened, Unreadable> {
    let Some(Sound { end, cut }) = sound(&**at) else { return Err(why) };
    let front: Arc<dyn ReadAt> = if end > at.len() {
        Arc::new(Missing { inner: Arc::clone(at), len: end })
    } else {
        Arc::new(Section::new(Arc::clone(at), 0, end))
    };
    let damage = if cut { Unreadable::Truncated(Format::Rar) } else { why.clone() };
    parse(&front, None, limits).map(|archive| Opened { archive, damage: Some(damage) }).map_err(|_| why)
}

/// A file as long as its headers say that it was; what is missing cannot be read.
struct Missing {
    inner: Arc<dyn ReadAt>,
    len: u64,
}

impl ReadAt for Missing {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read_at(offset, buf)? {
            0 if !buf.is_empty() && offset < self.len => Err(io::ErrorKind::UnexpectedEof.into()),
            n => Ok(n),
        }
    }
}

fn parse(
    at: &Arc<dyn ReadAt>,
    password: Option<&Secret<String>>,
    limits: &Limits,
) -> Result<Archive, Unreadable> {
    let options = options(password, limits);
    let source = ReadAtCursor::new(Arc::clone(at));
    let parsed = catch_unwind(AssertUnwindSafe(|| ArchiveReader::read_reader_with_options(source, options)));
    parsed.map_err(|_| Unreadable::Decoder(Format::Rar))?.map_err(|e| failure(&e, limits))
}

/// The library's limits, from ours.
pub(super) fn options<'a>(password: Option<&'a Secret<String>>, limits: &Limits) -> ArchiveReadOptions<'a> {
    ArchiveReadOptions::with_optional_password(password.map(|password| password.expose().as_bytes()))
        .with_max_header_count(limits.members)
        .with_max_header_bytes(limits.header_bytes / COST)
        .with_max_member_output_bytes(limits.member_bytes)
        .with_rar50_dictionary_size_limit(limits.dictionary_bytes)
        .with_rar50_buffered_decode_limit(limits.memory_bytes / 4)
        .with_max_reader_workspace_bytes(
            limits.dictionary_bytes.saturating_mul(2).saturating_add(limits.memory_bytes),
        )
}

/// What an error of the library means. Its texts may quote the archive and are not used.
pub(super) fn failure(error: &Error, limits: &Limits) -> Unreadable {
    let damaged = |what| Unreadable::Damaged { format: Format::Rar, what };
    match error.kind() {
        ErrorKind::PasswordRequired => Unreadable::Encrypted { passwords: 0 },
        ErrorKind::BadPassword => Unreadable::Encrypted { passwords: 1 },
        ErrorKind::ChecksumMismatch => Unreadable::Checksum(Format::Rar),
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => {
            Unreadable::Unsupported { format: Format::Rar, what: "a feature that it uses" }
        }
        ErrorKind::ResourceLimit => match error.root_cause() {
            Error::HeaderCountLimitExceeded { .. } => {
                Unreadable::Limit { limit: LimitKind::Members, value: limits.members }
            }
            Error::HeaderBytesLimitExceeded { .. } => {
                Unreadable::Limit { limit: LimitKind::HeaderBytes, value: limits.header_bytes }
            }
            Error::MemberOutputLimitExceeded { .. } => {
                Unreadable::Limit { limit: LimitKind::MemberBytes, value: limits.member_bytes }
            }
            _ => Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: limits.dictionary_bytes },
        },
        ErrorKind::Io => match error.root_cause() {
            Error::Io(e) if e.kind != io::ErrorKind::UnexpectedEof => Unreadable::Io(e.kind),
            _ => Unreadable::Truncated(Format::Rar),
        },
        _ if matches!(error.root_cause(), Error::TooShort) => Unreadable::Truncated(Format::Rar),
        _ => damaged("a broken header, or broken compressed data"),
    }
}
