//! Which password opens a member.
//!
//! Traditional encryption recognises a wrong password in 255 of 256 cases, AES in 65,535 of 65,536. The rest would
//! give garbage, so that a password that seems right is tried first: AES data is authenticated as a whole;
//! traditionally encrypted data is decompressed, up to a MiB, because compressed data under a wrong key breaks
//! within a few bytes. What comes to its end before, and stored data, which cannot break, must have the right
//! checksum.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;

use encoding_rs::SHIFT_JIS;
use mizumori_core::Secret;

use super::super::checked::Checked;
use super::content::{claims, open};
use super::crypt::{CODE, Cipher};
use super::record::Entry;
use crate::read_at::fill_at;
use crate::walk::fill_some;
use crate::{Format, Limits, ReadAt, ReadAtCursor, Section, Unreadable};

/// Decompressed at most to try a password.
const TRIAL: usize = 1 << 20;
/// So much decompressed data without an error is no accident.
const CONVINCING: u64 = 4096;

/// An encrypted member's data, ready to be decrypted.
pub(super) struct Unlocked {
    pub(super) data: Arc<dyn ReadAt>,
    pub(super) cipher: Cipher,
    /// What is wrong with it although the password is right.
    pub(super) damage: Option<Unreadable>,
}

/// Finds the password of the member whose header, data and code are `packed`.
pub(super) fn unlock(
    entry: &Entry,
    packed: &Arc<dyn ReadAt>,
    passwords: &[Secret<String>],
    limits: &Limits,
) -> Result<Unlocked, Unreadable> {
    if entry.is_strongly_encrypted() {
        return Err(super::content::unsupported("strong encryption"));
    }
    let (front, behind) = Cipher::overhead(entry);
    if packed.len() < front {
        return Err(Unreadable::Truncated(Format::Zip));
    }
    let whole = packed.len() >= entry.packed && packed.len() >= front + behind;
    let data_len = if whole { packed.len() - front - behind } else { packed.len() - front };
    let data: Arc<dyn ReadAt> = Arc::new(Section::new(Arc::clone(packed), front, data_len));
    let stored = entry.compression() == 0;
    // Why a password that the quick check likes was not believed.
    let mut doubt = None;
    for password in passwords {
        for bytes in spellings(password.expose()) {
            let cipher = || Cipher::open(entry, &bytes, &mut ReadAtCursor::new(Arc::clone(packed)));
            let Some(first) = cipher().map_err(|e| Unreadable::from_io(&e))? else { continue };
            let (opened, damage) = match &first {
                Cipher::Aes(aes) if whole => {
                    let mut code = [0; CODE];
                    let read = fill_at(&**packed, front + data_len, &mut code);
                    let authentic = read
                        .and_then(|_| aes.authentic(&mut ReadAtCursor::new(Arc::clone(&data)), code))
                        .map_err(|e| Unreadable::from_io(&e))?;
                    // Changed data under the right password decompresses up to the change.
                    (authentic || !stored && opens(entry, &data, first, limits), !authentic)
                }
                Cipher::Aes(_) if stored => (true, false),
                _ => (opens(entry, &data, first, limits), false),
            };
            let damage = damage.then_some(Unreadable::Checksum(Format::Zip));
            if opened {
                let Some(cipher) = cipher().map_err(|e| Unreadable::from_io(&e))? else { continue };
                return Ok(Unlocked { data, cipher, damage });
            }
            doubt = damage.or_else(|| (!whole).then_some(Unreadable::Truncated(Format::Zip)));
        }
    }
    Err(doubt.unwrap_or(Unreadable::Encrypted { passwords: passwords.len() }))
}

/// Whether the data under `cipher` decompresses, or has its checksum.
fn opens(entry: &Entry, data: &Arc<dyn ReadAt>, cipher: Cipher, limits: &Limits) -> bool {
    let Ok(plain) = open(entry, data, Some(cipher), limits) else { return true };
    let mut plain = Checked::new(plain, Format::Zip, claims(entry, None));
    let stored = entry.compression() == 0;
    let mut buf = vec![0; TRIAL.min(64 * 1024)];
    loop {
        let n = fill_some(&mut plain, &mut buf);
        let produced = plain.produced();
        if n < buf.len() {
            // The reader's verdict stays: an end without an error is an end with the right checksum.
            return match plain.read(&mut [0]) {
                Ok(_) => true,
                Err(e) => !stored && survived(&e) && produced >= CONVINCING,
            };
        }
        if !stored && produced >= TRIAL as u64 {
            return true;
        }
    }
}

/// Whether an error is none of the decompression: the data may be cut or changed under the right password.
fn survived(error: &io::Error) -> bool {
    !matches!(Unreadable::from_io(error), Unreadable::Decoder(_))
}

/// The bytes that a password may have been typed as: UTF-8, or what Japanese Windows makes of it.
fn spellings(password: &str) -> Vec<Cow<'_, [u8]>> {
    let mut spellings = vec![Cow::Borrowed(password.as_bytes())];
    if !password.is_ascii() {
        let (bytes, _, lossy) = SHIFT_JIS.encode(password);
        if !lossy {
            spellings.push(Cow::Owned(bytes.into_owned()));
        }
    }
    spellings
}
