//! Where a container goes that needs random access and has none: memory first, then an encrypted temporary file.
//!
//! The file has no name (it is unlinked before the first byte) and holds only ciphertext: ChaCha20 under a key and
//! nonce that are drawn for it and never leave memory. This is no authenticated storage: who can write to the
//! file of another process has won anyway.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use chacha20::{ChaCha20Legacy, Key, LegacyNonce};

use crate::read_at::clamp;
use crate::{Bytes, LimitKind, ReadAt, Unreadable};

/// Written and encrypted at once.
const BLOCK: usize = 64 * 1024;

/// Bytes that were written once and can now be read at any place.
pub struct Spool(Kind);

enum Kind {
    Memory(Bytes),
    File { file: EncryptedFile, len: u64 },
}

/// A temporary file without a name that holds ciphertext only. Every byte may be written once.
pub struct EncryptedFile {
    file: File,
    cipher: Cipher,
}

impl EncryptedFile {
    /// Makes an empty one in `directory`.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn create(directory: &Path) -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile_in(directory)?, cipher: Cipher::draw()? })
    }

    /// Writes `bytes` at `offset`; they are ciphertext afterwards. Two texts at one place would tell of each other: nothing is
    /// written twice.
    ///
    /// # Errors
    /// When the disk is full, or fails.
    pub fn write_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.cipher.apply(offset, bytes)?;
        self.file.write_all_at(bytes, offset)
    }

    /// Reads what was written at `offset`; how many bytes there were.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, offset)?;
        if let Some(read) = buffer.get_mut(..read) {
            self.cipher.apply(offset, read)?;
        }
        Ok(read)
    }
}

/// Key and nonce of one temporary file. The 64-bit block counter of the original ChaCha20 has room for any file.
struct Cipher {
    key: Key,
    nonce: LegacyNonce,
}

impl Cipher {
    fn draw() -> io::Result<Self> {
        let mut cipher = Self { key: Key::default(), nonce: LegacyNonce::default() };
        fill_random(&mut cipher.key)?;
        fill_random(&mut cipher.nonce)?;
        Ok(cipher)
    }

    /// Encrypts or decrypts what stands at `offset`.
    fn apply(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut stream = ChaCha20Legacy::new(&self.key, &self.nonce);
        stream.try_seek(offset).map_err(io::Error::other)?;
        stream.try_apply_keystream(bytes).map_err(io::Error::other)
    }
}

fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(|e| io::Error::other(e.to_string()))
}

impl ReadAt for Spool {
    fn len(&self) -> u64 {
        match &self.0 {
            Kind::Memory(bytes) => bytes.len(),
            Kind::File { len, .. } => *len,
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Kind::Memory(bytes) => bytes.read_at(offset, buf),
            Kind::File { file, len } => {
                clamp(buf, offset, *len).map_or(Ok(0), |buf| file.read_at(offset, buf))
            }
        }
    }
}

/// Takes the bytes of a [`Spool`].
pub struct SpoolWriter<'a> {
    directory: &'a Path,
    memory_bytes: u64,
    file_bytes: u64,
    /// In memory, all of it; behind a file, what is not written yet.
    buffer: Vec<u8>,
    file: Option<EncryptedFile>,
    written: u64,
}

impl<'a> SpoolWriter<'a> {
    /// Keeps up to `memory_bytes` in memory, then up to `file_bytes` in an unlinked file in `directory`.
    pub fn new(directory: &'a Path, memory_bytes: u64, file_bytes: u64) -> Self {
        Self { directory, memory_bytes, file_bytes, buffer: Vec::new(), file: None, written: 0 }
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    ///
    /// [`Unreadable::Limit`] when there are more than allowed, [`Unreadable::Io`] when the disk is full or no
    /// temporary file can be made. What was taken before can still be [finished](Self::finish).
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let len = (self.written + self.buffer.len() as u64).saturating_add(bytes.len() as u64);
        if len > self.memory_bytes {
            if len > self.file_bytes.max(self.memory_bytes) {
                return Err(Unreadable::Limit { limit: LimitKind::SpoolBytes, value: self.file_bytes });
            }
            if self.file.is_none() {
                let file = EncryptedFile::create(self.directory);
                self.file = Some(file.map_err(|e| Unreadable::from_io(&e))?);
            }
        }
        self.buffer.extend_from_slice(bytes);
        if self.file.is_some() && self.buffer.len() >= BLOCK {
            self.flush().map_err(|e| Unreadable::from_io(&e))?;
        }
        Ok(())
    }

    /// The bytes so far, to be read.
    pub fn finish(mut self) -> Result<Spool, Unreadable> {
        self.flush().map_err(|e| Unreadable::from_io(&e))?;
        Ok(Spool(match self.file {
            Some(file) => Kind::File { file, len: self.written },
            None => Kind::Memory(Bytes::new(self.buffer)),
        }))
    }

    /// Bytes that are held in memory.
    pub(crate) fn in_memory(&self) -> u64 {
        if self.file.is_some() { 0 } else { self.buffer.len() as u64 }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.write_at(self.written, &mut self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer = Vec::with_capacity(BLOCK * 2);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::read_at::fill_at;

    fn spool(bytes: &[u8], memory: u64, block: usize) -> Spool {
        let directory = std::env::temp_dir();
        let mut writer = SpoolWriter::new(&directory, memory, u64::MAX);
        for block in bytes.chunks(block.max(1)) {
            writer.push(block).unwrap();
        }
        writer.finish().unwrap()
    }

    fn text(len: usize) -> Vec<u8> {
        b"taro@suigen.example:himitsu\n".iter().copied().cycle().take(len).collect()
    }

    #[test]
    fn the_file_holds_nothing_clear() {
        let bytes = text(300_000);
        let spool = spool(&bytes, 1000, 777);
        let Kind::File { file, .. } = &spool.0 else { panic!("not in a file") };
        let mut on_disk = Vec::new();
        let mut file = file.file.try_clone().unwrap();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut on_disk).unwrap();
        assert_eq!(on_disk.len(), bytes.len());
        for word in [&b"taro"[..], b"suigen", b"himitsu", b"\n"] {
            let hits = memchr::memmem::find_iter(&on_disk, word).count();
            let by_chance = on_disk.len() >> (8 * word.len()).min(32);
            assert!(hits <= 2 * by_chance + 1, "{word:?} stands {hits} times on the disk");
        }
        // The same text is never encrypted the same way twice.
        assert_ne!(on_disk[..28 * 1000], on_disk[28 * 1000..28 * 2000]);
        let mut back = vec![0; bytes.len()];
        assert_eq!(fill_at(&spool, 0, &mut back).unwrap(), bytes.len());
        assert_eq!(back, bytes);
    }

    #[test]
    fn limits() {
        let directory = std::env::temp_dir();
        let mut writer = SpoolWriter::new(&directory, 10, 20);
        writer.push(&[1; 20]).unwrap();
        let why = writer.push(&[2]).unwrap_err();
        assert_eq!(why, Unreadable::Limit { limit: LimitKind::SpoolBytes, value: 20 });
        assert_eq!(writer.finish().unwrap().len(), 20);

        let mut writer = SpoolWriter::new(Path::new("/nonexistent"), 10, 20);
        writer.push(&[1; 10]).unwrap();
        assert_eq!(writer.push(&[2]).unwrap_err(), Unreadable::Io(io::ErrorKind::NotFound));
        assert_eq!(writer.finish().unwrap().len(), 10);
    }

    #[test]
    fn debug_builds_have_no_leftover_state() {
        assert_eq!(spool(b"", 0, 1).len(), 0);
        assert!(Arc::new(spool(b"", 0, 1)).is_empty());
    }

    proptest! {
        #[test]
        fn reads_back_anywhere(
            len in 0..200_000_usize,
            memory in prop_oneof![Just(0_u64), Just(1000), Just(u64::MAX)],
            block in 1..100_000_usize,
            reads in proptest::collection::vec((any::<proptest::sample::Index>(), 0..5000_usize), 1..20),
        ) {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 31 + i / 251) as u8).collect();
            let spool = spool(&bytes, memory, block);
            prop_assert_eq!(spool.len(), len as u64);
            for (at, n) in reads {
                let at = at.index(len + 1);
                let mut buf = vec![0; n];
                let got = fill_at(&spool, at as u64, &mut buf).unwrap();
                prop_assert_eq!(&buf[..got], &bytes[at..(at + n).min(len)]);
            }
        }
    }
}
