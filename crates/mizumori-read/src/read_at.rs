//! Random access to immutable bytes, and a cursor over it.
//!
//! Positioned reads need no shared position, so that several threads may read one file at once. Nothing here
//! maps memory: a mapped dump that is truncated by somebody else would end the process.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Random access to immutable bytes.
pub trait ReadAt: Send + Sync {
    /// Length in bytes, fixed for the life of the value.
    fn len(&self) -> u64;

    /// Reads up to `buf.len()` bytes at `offset`; 0 at and after the end, or when `buf` is empty.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when there are not so many bytes, and those of [`read_at`](Self::read_at).
    fn read_exact_at(&self, offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        let mut at = offset;
        while !buf.is_empty() {
            let read = self.read_at(at, buf)?;
            buf = buf.get_mut(read..).filter(|_| read > 0).ok_or(io::ErrorKind::UnexpectedEof)?;
            at += read as u64;
        }
        Ok(())
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buf)
    }
}

/// A file, read with `pread`.
#[derive(Debug)]
pub struct FileAt {
    file: File,
    len: u64,
}

impl FileAt {
    /// Opens the regular file at `path` for reading.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Takes an open regular file. Its length is fixed here: what is appended later is not read.
    pub fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self::of_len(file, metadata.len()))
    }

    /// Takes an open regular file of which it is known that it has `len` bytes.
    pub fn of_len(file: File, len: u64) -> Self {
        Self { file, len }
    }
}

impl ReadAt for FileAt {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let Some(buf) = clamp(buf, offset, self.len) else { return Ok(0) };
        loop {
            match self.file.read_at(buf, offset) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// Bytes in memory.
#[derive(Clone)]
pub struct Bytes(Arc<[u8]>);

impl Bytes {
    /// Takes `bytes`.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }
}

impl ReadAt for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(rest) = self.0.get(from..) else { return Ok(0) };
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }
}

/// A byte range of something else.
pub struct Section {
    inner: Arc<dyn ReadAt>,
    start: u64,
    len: u64,
}

impl Section {
    /// The range of `len` bytes from `start`, cut to what `inner` has.
    pub fn new(inner: Arc<dyn ReadAt>, start: u64, len: u64) -> Self {
        let start = start.min(inner.len());
        let len = len.min(inner.len().saturating_sub(start));
        Self { inner, start, len }
    }
}

impl ReadAt for Section {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let Some(buf) = clamp(buf, offset, self.len) else { return Ok(0) };
        self.inner.read_at(self.start.saturating_add(offset), buf)
    }
}

/// The part of `buf` that lies before `len` when read at `offset`; none when nothing does.
pub(crate) fn clamp(buf: &mut [u8], offset: u64, len: u64) -> Option<&mut [u8]> {
    let left = len.checked_sub(offset)?;
    let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
    if n == 0 { None } else { buf.get_mut(..n) }
}

/// A position over a [`ReadAt`], for what wants [`Read`] and [`Seek`]. It does not buffer.
#[derive(Clone)]
pub struct ReadAtCursor {
    inner: Arc<dyn ReadAt>,
    position: u64,
}

impl ReadAtCursor {
    /// Starts at the first byte.
    pub fn new(inner: Arc<dyn ReadAt>) -> Self {
        Self { inner, position: 0 }
    }

    /// Where the next byte is read.
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl Read for ReadAtCursor {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read_at(self.position, buf)?;
        self.position = self.position.saturating_add(n as u64);
        Ok(n)
    }
}

impl Seek for ReadAtCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.inner.len().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        match position {
            Some(position) => {
                self.position = position;
                Ok(position)
            }
            None => Err(io::Error::new(io::ErrorKind::InvalidInput, "seek to a negative position")),
        }
    }
}

/// Fills `buf` from `offset` as far as there are bytes; returns how many.
pub(crate) fn fill_at(inner: &dyn ReadAt, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..)
        && !rest.is_empty()
    {
        match inner.read_at(offset.saturating_add(done as u64), rest)? {
            0 => break,
            n => done += n,
        }
    }
    Ok(done)
}

/// Fills `buf` from a reader as far as there are bytes; returns how many.
pub(crate) fn fill(reader: &mut dyn Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..)
        && !rest.is_empty()
    {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(at: &dyn ReadAt, expected: &[u8]) {
        assert_eq!(at.len(), expected.len() as u64);
        for offset in 0..=expected.len() + 1 {
            for len in 0..4 {
                let mut buf = vec![0; len];
                let n = at.read_at(offset as u64, &mut buf).unwrap();
                let rest = expected.get(offset..).unwrap_or_default();
                assert_eq!(&buf[..n], &rest[..len.min(rest.len())]);
            }
        }
        assert_eq!(at.read_at(u64::MAX, &mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn implementations_agree() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        check(&FileAt::new(file).unwrap(), b"0123456789");
        let bytes: Arc<dyn ReadAt> = Arc::new(Bytes::new(*b"0123456789"));
        check(&*bytes, b"0123456789");
        check(&Section::new(Arc::clone(&bytes), 2, 5), b"23456");
        check(&Section::new(Arc::clone(&bytes), 8, 500), b"89");
        check(&Section::new(bytes, u64::MAX, u64::MAX), b"");
    }

    #[test]
    fn a_file_that_shrinks_reads_as_empty_behind_its_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let at = FileAt::new(file.try_clone().unwrap()).unwrap();
        file.set_len(4).unwrap();
        assert_eq!(at.len(), 10);
        assert_eq!(at.read_at(6, &mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn cursor_seeks() {
        let mut cursor = ReadAtCursor::new(Arc::new(Bytes::new(*b"0123456789")));
        cursor.seek(SeekFrom::End(-3)).unwrap();
        let mut text = String::new();
        cursor.read_to_string(&mut text).unwrap();
        assert_eq!(text, "789");
        assert!(cursor.seek(SeekFrom::Current(-11)).is_err());
        assert_eq!(cursor.seek(SeekFrom::Start(99)).unwrap(), 99);
        assert_eq!(cursor.read(&mut [0; 4]).unwrap(), 0);
    }
}
