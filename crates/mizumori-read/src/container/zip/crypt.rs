//! Encryption of zip members: the traditional one of PKWARE (APPNOTE 6.1) and WinZip's AES (AE-1, AE-2).
//!
//! Neither is here to protect anything: data is only read. The traditional one checks a password by one byte, so
//! that one wrong password in 256 seems right; see `password.rs` for what is done about it.

use std::io::{self, Read};

use aes::cipher::{KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use ctr::Ctr128LE;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::record::{AesHeader, Entry};
use crate::{Format, Unreadable};

/// Random bytes in front of traditionally encrypted data; the last one is known when the password is right.
const TRADITIONAL_HEADER: usize = 12;
/// WinZip's iterations of PBKDF2.
const ITERATIONS: u32 = 1000;
/// Bytes of the authentication code behind AES data.
pub(super) const CODE: usize = 10;

/// What decrypts a member.
pub(super) enum Cipher {
    Traditional(Box<Traditional>),
    Aes(Box<Aes>),
}

impl Cipher {
    /// Sets up for `password` from what stands in front of the data. None when the password is wrong; right
    /// may be wrong still.
    pub(super) fn open(entry: &Entry, password: &[u8], read: &mut dyn Read) -> io::Result<Option<Self>> {
        match entry.aes {
            Some(header) if entry.method == 99 => {
                Ok(Aes::open(header, password, read)?.map(|aes| Self::Aes(Box::new(aes))))
            }
            _ => Ok(Traditional::open(entry, password, read)?.map(|old| Self::Traditional(Box::new(old)))),
        }
    }

    /// Bytes in front of the data and behind it, which are none of it.
    pub(super) fn overhead(entry: &Entry) -> (u64, u64) {
        match entry.aes {
            Some(header) if entry.method == 99 => (salt_len(header) as u64 + 2, CODE as u64),
            _ => (TRADITIONAL_HEADER as u64, 0),
        }
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        match self {
            Self::Traditional(cipher) => cipher.apply(bytes),
            Self::Aes(cipher) => cipher.stream.apply_keystream(bytes),
        }
    }
}

/// A reader of what `inner` has under `cipher`.
pub(super) struct Decrypting<R> {
    inner: R,
    cipher: Cipher,
}

impl<R: Read> Decrypting<R> {
    pub(super) fn new(inner: R, cipher: Cipher) -> Self {
        Self { inner, cipher }
    }
}

impl<R: Read> Read for Decrypting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.cipher.apply(buf.get_mut(..n).unwrap_or_default());
        Ok(n)
    }
}

/// PKWARE's stream cipher.
pub(super) struct Traditional {
    keys: [u32; 3],
}

impl Traditional {
    fn open(entry: &Entry, password: &[u8], read: &mut dyn Read) -> io::Result<Option<Self>> {
        let mut cipher = Self { keys: [0x1234_5678, 0x2345_6789, 0x3456_7890] };
        for byte in password {
            cipher.update(*byte);
        }
        let mut header = [0; TRADITIONAL_HEADER];
        exactly(read, &mut header)?;
        cipher.apply(&mut header);
        let [.., last] = header;
        // With a descriptor the checksum was not known yet when this was written.
        let known = if entry.has_descriptor() { entry.time >> 8 } else { (entry.crc >> 24) as u16 };
        Ok((u16::from(last) == known).then_some(cipher))
    }

    fn update(&mut self, plain: u8) {
        let [a, b, c] = &mut self.keys;
        *a = crc_byte(*a, plain);
        *b = b.wrapping_add(*a & 0xFF).wrapping_mul(0x0808_8405).wrapping_add(1);
        *c = crc_byte(*c, (*b >> 24) as u8);
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            let [.., key] = self.keys;
            let key = key | 3;
            *byte ^= (key.wrapping_mul(key ^ 1) >> 8) as u8;
            self.update(*byte);
        }
    }
}

/// CRC-32 of one more byte, without the inversions at both ends.
fn crc_byte(crc: u32, byte: u8) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut crc = i as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
                bit += 1;
            }
            table[i] = crc;
            i += 1;
        }
        table
    };
    let [low, ..] = crc.to_le_bytes();
    TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0) ^ crc >> 8
}

/// AES in WinZip's counter mode, and what authenticates it.
pub(super) struct Aes {
    stream: AesStream,
    code: Hmac<Sha1>,
}

enum AesStream {
    Bits128(Box<Ctr128LE<Aes128>>),
    Bits192(Box<Ctr128LE<Aes192>>),
    Bits256(Box<Ctr128LE<Aes256>>),
}

impl AesStream {
    fn apply_keystream(&mut self, bytes: &mut [u8]) {
        match self {
            Self::Bits128(stream) => stream.apply_keystream(bytes),
            Self::Bits192(stream) => stream.apply_keystream(bytes),
            Self::Bits256(stream) => stream.apply_keystream(bytes),
        }
    }
}

fn salt_len(header: AesHeader) -> usize {
    match header.strength {
        1 => 8,
        2 => 12,
        _ => 16,
    }
}

impl Aes {
    fn open(header: AesHeader, password: &[u8], read: &mut dyn Read) -> io::Result<Option<Self>> {
        let unsupported =
            || Unreadable::Unsupported { format: Format::Zip, what: "this strength of AES" }.into_io();
        let key_len = match header.strength {
            1 => 16,
            2 => 24,
            3 => 32,
            _ => return Err(unsupported()),
        };
        let mut salt = [0; 16];
        let salt = salt.get_mut(..salt_len(header)).unwrap_or_default();
        exactly(read, salt)?;
        let mut check = [0; 2];
        exactly(read, &mut check)?;
        let mut derived = [0; 66];
        let derived = derived.get_mut(..2 * key_len + 2).unwrap_or_default();
        pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, ITERATIONS, derived);
        let (key, rest) = derived.split_at(key_len);
        let (code_key, expected) = rest.split_at(key_len);
        if expected != check {
            return Ok(None);
        }
        // The counter is little-endian and begins at one.
        let counter = 1_u128.to_le_bytes();
        let stream = match header.strength {
            1 => Ctr128LE::new_from_slices(key, &counter).map(|stream| AesStream::Bits128(Box::new(stream))),
            2 => Ctr128LE::new_from_slices(key, &counter).map(|stream| AesStream::Bits192(Box::new(stream))),
            _ => Ctr128LE::new_from_slices(key, &counter).map(|stream| AesStream::Bits256(Box::new(stream))),
        };
        let stream = stream.map_err(|_| unsupported())?;
        let code = Hmac::new_from_slice(code_key).map_err(|_| unsupported())?;
        Ok(Some(Self { stream, code }))
    }

    /// Whether the encrypted bytes of `read` are those that were written under this password.
    pub(super) fn authentic(&self, read: &mut dyn Read, code: [u8; CODE]) -> io::Result<bool> {
        let mut mac = self.code.clone();
        let mut buf = vec![0; 64 * 1024];
        loop {
            match read.read(&mut buf) {
                Ok(0) => break,
                Ok(n) => mac.update(buf.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(mac.verify_truncated_left(&code).is_ok())
    }
}

fn exactly(read: &mut dyn Read, buf: &mut [u8]) -> io::Result<()> {
    if crate::read_at::fill(read, buf)? < buf.len() {
        return Err(Unreadable::Truncated(Format::Zip).into_io());
    }
    Ok(())
}
