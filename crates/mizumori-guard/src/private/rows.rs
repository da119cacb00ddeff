//! Rows of pairs on the disk: sorted, of fixed width, and sealed under a key that is derived from the generation's.
//!
//! A row is the place of its account (24 bits, most significant first) and the value of its pair; in the runs of an import the
//! number of its source stands before them. They are needed for building alone. Whoever has the folder and not the keys
//! learns from them what any client could ask for, and no account's place.
//!
//! A file is `MIZPRIVR`, version (u32, little-endian), bytes of a row (u8), three zeros, 16 random bytes; then pieces of
//! 1,024 rows, the last one as long as it is, each sealed by XChaCha20-Poly1305: nonce are the random bytes and the number of the
//! piece (u64, little-endian), associated data the first 32 bytes and whether it is the last (0 or 1).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use mizumori_core::Secret;

use super::drawn;
use crate::error::{GuardError, Result};
use crate::segment::new_file;

const MAGIC: &[u8; 8] = b"MIZPRIVR";
const VERSION: u32 = 1;
/// Bytes of the header.
const HEADER: usize = 32;
/// Rows of a piece.
const PIECE: usize = 1024;
/// Bytes that sealing adds to a piece.
const SEAL: usize = 16;

/// A row of `W` bytes.
pub(super) type Row<const W: usize> = [u8; W];

/// What seals the pieces of one file.
struct Cipher {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER],
    number: u64,
}

impl Cipher {
    fn new(key: &Secret<[u8; 32]>, header: [u8; HEADER]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&(*key.expose()).into()), header, number: 0 }
    }

    /// The nonce and the associated data of the next piece.
    fn next(&mut self, is_last: bool) -> (XNonce, Vec<u8>) {
        let mut nonce = [0; 24];
        let random = self.header.iter().skip(HEADER - 16).copied();
        for (to, from) in nonce.iter_mut().zip(random.chain(self.number.to_le_bytes())) {
            *to = from;
        }
        self.number += 1;
        (nonce.into(), [self.header.as_slice(), &[is_last.into()]].concat())
    }
}

/// Writes a file of rows.
pub(super) struct RowWriter<const W: usize> {
    path: PathBuf,
    file: BufWriter<File>,
    cipher: Cipher,
    piece: Vec<u8>,
    rows: u64,
}

impl<const W: usize> RowWriter<W> {
    /// Begins a file where none is.
    pub(super) fn create(path: &Path, key: &Secret<[u8; 32]>) -> Result<Self> {
        let mut header = [0; HEADER];
        let random: [u8; 16] = drawn()?;
        let told = MAGIC.iter().copied().chain(VERSION.to_le_bytes()).chain([width::<W>(), 0, 0, 0]);
        for (to, from) in header.iter_mut().zip(told.chain(random)) {
            *to = from;
        }
        let mut file = BufWriter::new(new_file(path)?);
        file.write_all(&header).map_err(GuardError::io("write", path))?;
        let cipher = Cipher::new(key, header);
        Ok(Self { path: path.to_owned(), file, cipher, piece: Vec::with_capacity(PIECE * W), rows: 0 })
    }

    /// Adds a row; order is the caller's matter.
    pub(super) fn push(&mut self, row: &Row<W>) -> Result<()> {
        if self.piece.len() == PIECE * W {
            self.end_piece(false)?;
        }
        self.piece.extend_from_slice(row);
        self.rows += 1;
        Ok(())
    }

    fn end_piece(&mut self, is_last: bool) -> Result<()> {
        let (nonce, told) = self.cipher.next(is_last);
        let sealed = self.cipher.cipher.encrypt(&nonce, Payload { msg: &self.piece, aad: &told });
        let sealed =
            sealed.map_err(|_| GuardError::damaged(&self.path, "a piece is too long to be sealed"))?;
        self.piece.clear();
        self.file.write_all(&sealed).map_err(GuardError::io("write", &self.path))
    }

    /// Ends the file, puts it on the disk, and says how many rows it has.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.end_piece(true)?;
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        done.map_err(GuardError::io("write", &self.path))?;
        Ok(self.rows)
    }
}

/// Reads a file of rows.
pub(super) struct RowReader<const W: usize> {
    path: PathBuf,
    file: BufReader<File>,
    cipher: Cipher,
    /// The rows of a piece, and how many of them were given.
    piece: Vec<Row<W>>,
    given: usize,
    is_over: bool,
}

impl<const W: usize> RowReader<W> {
    /// Opens a file.
    pub(super) fn open(path: &Path, key: &Secret<[u8; 32]>) -> Result<Self> {
        let mut file = BufReader::new(File::open(path).map_err(GuardError::io("open", path))?);
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(|_| GuardError::damaged(path, "it is too short"))?;
        let told = MAGIC.iter().copied().chain(VERSION.to_le_bytes()).chain([width::<W>(), 0, 0, 0]);
        if !header.iter().copied().zip(told).all(|(is, must)| is == must) {
            return Err(GuardError::damaged(path, "these are no rows of a private index"));
        }
        let (path, cipher) = (path.to_owned(), Cipher::new(key, header));
        Ok(Self { path, file, cipher, piece: Vec::new(), given: 0, is_over: false })
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<Row<W>>> {
        loop {
            if let Some(row) = self.piece.get(self.given) {
                self.given += 1;
                return Ok(Some(*row));
            }
            if self.is_over {
                return Ok(None);
            }
            self.read_piece()?;
        }
    }

    fn read_piece(&mut self) -> Result<()> {
        let mut sealed = Vec::with_capacity(PIECE * W + SEAL);
        let mut part = self.file.by_ref().take((PIECE * W + SEAL) as u64);
        part.read_to_end(&mut sealed).map_err(GuardError::io("read", &self.path))?;
        self.is_over = self.file.fill_buf().map_err(GuardError::io("read", &self.path))?.is_empty();
        let (nonce, told) = self.cipher.next(self.is_over);
        let plain = self.cipher.cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &told });
        let plain = plain.map_err(|_| {
            GuardError::damaged(&self.path, "a piece of it was changed, or was sealed with another key")
        })?;
        let (rows, rest) = plain.as_chunks::<W>();
        if !rest.is_empty() {
            return Err(GuardError::damaged(&self.path, "it ends within a row"));
        }
        self.piece.clear();
        self.piece.extend_from_slice(rows);
        self.given = 0;
        Ok(())
    }
}

/// Sorted rows of several files as one, each once.
pub(super) struct MergedRows<const W: usize> {
    files: Vec<RowReader<W>>,
    next: BinaryHeap<Reverse<(Row<W>, usize)>>,
    last: Option<Row<W>>,
}

impl<const W: usize> MergedRows<W> {
    /// Of all these files; they are open together.
    pub(super) fn open(paths: &[PathBuf], key: &Secret<[u8; 32]>) -> Result<Self> {
        let files: Result<Vec<_>> = paths.iter().map(|path| RowReader::open(path, key)).collect();
        let mut merged = Self { files: files?, next: BinaryHeap::new(), last: None };
        for number in 0..merged.files.len() {
            merged.pull(number)?;
        }
        Ok(merged)
    }

    fn pull(&mut self, number: usize) -> Result<()> {
        if let Some(file) = self.files.get_mut(number)
            && let Some(row) = file.next()?
        {
            self.next.push(Reverse((row, number)));
        }
        Ok(())
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<Row<W>>> {
        while let Some(Reverse((row, number))) = self.next.pop() {
            self.pull(number)?;
            if self.last.replace(row) != Some(row) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

/// The bytes of a row, as the header tells them.
const fn width<const W: usize>() -> u8 {
    W as u8
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const KEY: Secret<[u8; 32]> = Secret::new([7; 32]);

    fn written(path: &Path, rows: &[Row<3>]) {
        let mut writer = RowWriter::create(path, &KEY).unwrap();
        rows.iter().for_each(|row| writer.push(row).unwrap());
        assert_eq!(writer.finish().unwrap(), rows.len() as u64);
    }

    fn read(path: &Path) -> Result<Vec<Row<3>>> {
        let mut reader = RowReader::open(path, &KEY)?;
        std::iter::from_fn(|| reader.next().transpose()).collect()
    }

    fn numbered(count: u32) -> Vec<Row<3>> {
        (0..count).map(u32::to_be_bytes).map(|[_, a, b, c]| [a, b, c]).collect()
    }

    #[test]
    fn rows_come_back_whatever_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        for count in [0, 1, 1023, 1024, 1025, 2048, 5000] {
            written(&path, &numbered(count));
            assert_eq!(read(&path).unwrap(), numbered(count));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn every_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        written(&path, &numbered(1500));
        let sound = fs::read(&path).unwrap();
        let check = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            assert!(read(&path).is_err(), "{} bytes", bytes.len());
        };
        let piece = PIECE * 3 + SEAL;
        for at in (0..sound.len()).step_by(97).chain([8, 12, 13, 20, 31]) {
            let mut changed = sound.clone();
            changed[at] ^= 1;
            check(&changed);
        }
        for cut in (0..sound.len()).step_by(131).chain([HEADER, HEADER + piece]) {
            check(&sound[..cut]);
        }
        check(&[&sound[..HEADER], &sound[HEADER + piece..], &sound[HEADER..HEADER + piece]].concat());
        check(&[sound.as_slice(), &sound[HEADER..]].concat());
    }

    proptest! {
        #[test]
        fn merged_as_a_set(parts in prop::collection::vec(prop::collection::btree_set(any::<[u8; 3]>(), 0..50), 0..5)) {
            let folder = tempfile::tempdir().unwrap();
            let mut paths = Vec::new();
            for (number, part) in parts.iter().enumerate() {
                paths.push(folder.path().join(number.to_string()));
                written(&paths[number], &part.iter().copied().collect::<Vec<_>>());
            }
            let mut merged = MergedRows::open(&paths, &KEY).unwrap();
            let rows: Vec<Row<3>> = std::iter::from_fn(|| merged.next().unwrap()).collect();
            let all: BTreeSet<_> = parts.into_iter().flatten().collect();
            prop_assert_eq!(rows, all.into_iter().collect::<Vec<_>>());
        }
    }
}
