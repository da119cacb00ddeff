//! The payload: chunks, each sealed with its number and whether it is the last (the construction STREAM of Hoang, Reyhanitabar,
//! Rogaway and Vizár), so that none can be left out, put elsewhere, or be the end when it is not.

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::error::BundleError;
use crate::keys::KEY;

/// Bytes of a chunk; the last one may be shorter.
pub(crate) const CHUNK: usize = 64 << 10;
/// Bytes that sealing adds to a chunk.
pub(crate) const TAG: usize = 16;

/// The key of the payload. The file's key is drawn for it alone, so that nonces may be numbers; the header is in it, so that a payload
/// opens behind no other.
pub(crate) fn payload_key(file_key: &[u8; KEY], header: &[u8]) -> [u8; KEY] {
    let mut hasher = blake3::Hasher::new_derive_key("mizumori 2026-11 bundle payload");
    *hasher.update(file_key).update(header).finalize().as_bytes()
}

struct Sealer {
    cipher: XChaCha20Poly1305,
    number: u64,
}

impl Sealer {
    fn new(key: [u8; KEY]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.into()), number: 0 }
    }

    fn nonce(&mut self, is_last: bool) -> XNonce {
        let mut nonce = [0; 24];
        if let Some((number, last)) = nonce.split_first_chunk_mut::<8>() {
            *number = self.number.to_be_bytes();
            if let Some(last) = last.last_mut() {
                *last = u8::from(is_last);
            }
        }
        self.number += 1;
        XNonce::from(nonce)
    }
}

/// Seals what is written.
pub(crate) struct Sealing<W> {
    out: W,
    sealer: Sealer,
    held: Vec<u8>,
    /// Bytes that were written out.
    pub(crate) length: u64,
}

impl<W: Write> Sealing<W> {
    pub(crate) fn new(out: W, key: [u8; KEY]) -> Self {
        Self { out, sealer: Sealer::new(key), held: Vec::with_capacity(CHUNK), length: 0 }
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.sealer.nonce(is_last);
        let sealed =
            self.sealer.cipher.encrypt(&nonce, &*self.held).map_err(|_| BundleError::Cryptography)?;
        self.out.write_all(&sealed)?;
        self.length += sealed.len() as u64;
        self.held.clear();
        Ok(())
    }

    /// Seals the last chunk.
    pub(crate) fn finish(mut self) -> io::Result<(W, u64)> {
        self.seal(true)?;
        Ok((self.out, self.length))
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until something follows it: it could be the last.
        if self.held.len() == CHUNK {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.held.len());
        self.held.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what is read: a payload of a length that is known.
pub(crate) struct Opening<R> {
    from: R,
    sealer: Sealer,
    left: u64,
    open: Vec<u8>,
    at: usize,
}

impl<R: Read> Opening<R> {
    pub(crate) fn new(from: R, key: [u8; KEY], length: u64) -> Self {
        Self { from, sealer: Sealer::new(key), left: length, open: Vec::new(), at: 0 }
    }

    /// What the payload was read from, once it is at its end.
    pub(crate) fn into_inner(self) -> R {
        self.from
    }

    fn next(&mut self) -> io::Result<()> {
        let length = self.left.min((CHUNK + TAG) as u64);
        let mut sealed = vec![0; usize::try_from(length).unwrap_or(CHUNK + TAG)];
        self.from.read_exact(&mut sealed)?;
        self.left -= length;
        let nonce = self.sealer.nonce(self.left == 0);
        self.open =
            self.sealer.cipher.decrypt(&nonce, &*sealed).map_err(|_| BundleError::Malformed("payload"))?;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.at == self.open.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.next()?;
        }
        let rest = self.open.get(self.at..).unwrap_or_default();
        let given = rest.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..given), rest.get(..given)) {
            to.copy_from_slice(from);
        }
        self.at += given;
        Ok(given)
    }
}
