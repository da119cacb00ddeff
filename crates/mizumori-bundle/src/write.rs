//! Writing a bundle, from its first byte to its last.

use std::io::{self, Read, Write};

use mizumori_core::Timestamp;

use crate::entry::{EntryHead, EntryWriter};
use crate::error::{BundleError, Result};
use crate::header::{Header, Recipient};
use crate::keys::{KEY, Keys, RecipientKey};
use crate::stream::{Sealing, payload_key};
use crate::{END, MAGIC, RECIPIENTS, signed};

/// A bundle that is being written.
pub struct BundleWriter<'k, W: Write> {
    keys: &'k Keys,
    entries: EntryWriter<Sealing<Hashing<W>>>,
}

/// Hashes what is written.
struct Hashing<W> {
    out: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<'k, W: Write> BundleWriter<'k, W> {
    /// Begins one. A `sequence` is never given twice.
    ///
    /// # Errors
    /// When there are no recipients or too many, or `out` cannot be written.
    pub fn begin(
        out: W,
        keys: &'k Keys,
        to: &[RecipientKey],
        sequence: u64,
        created: Timestamp,
    ) -> Result<Self> {
        let mut to = to.to_vec();
        to.sort_unstable();
        to.dedup();
        if to.is_empty() || to.len() > RECIPIENTS {
            return Err(BundleError::Request("a bundle has one recipient, or up to 64"));
        }
        let mut file_key = [0; KEY];
        getrandom::fill(&mut file_key).map_err(|_| BundleError::Cryptography)?;
        let mut recipients = Vec::new();
        for key in to {
            let (sealed, wrapped) = key.wrap(&file_key)?;
            recipients.push(Recipient { key: key.id(), sealed, wrapped });
        }
        let header = Header { sender: keys.sender().id(), sequence, created, recipients }.to_bytes()?;
        let mut out = Hashing { out, hasher: blake3::Hasher::new() };
        out.write_all(MAGIC).and_then(|()| out.write_all(&header)).map_err(BundleError::io("write"))?;
        let entries = EntryWriter::new(Sealing::new(out, payload_key(&file_key, &header)));
        Ok(Self { keys, entries })
    }

    /// Begins an entry; the one before it has to be ended.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_entry(&mut self, head: &EntryHead) -> Result<()> {
        self.entries.begin(head).map_err(BundleError::io("write"))
    }

    /// Writes more of its body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn body(&mut self, bytes: &[u8]) -> Result<()> {
        self.entries.body(bytes).map_err(BundleError::io("write"))
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_entry(&mut self) -> Result<()> {
        self.entries.end().map_err(BundleError::io("write"))
    }

    /// Writes a whole entry. Gives the bytes of its body.
    ///
    /// # Errors
    /// When `body` cannot be read, or the bundle not be written.
    pub fn entry(&mut self, head: &EntryHead, body: &mut dyn Read) -> Result<u64> {
        self.begin_entry(head)?;
        let (mut part, mut all) = (vec![0; 64 << 10], 0);
        loop {
            let length = body.read(&mut part).map_err(BundleError::io("read what goes into"))?;
            if length == 0 {
                break;
            }
            self.body(part.get(..length).unwrap_or_default())?;
            all += length as u64;
        }
        self.end_entry()?;
        Ok(all)
    }

    /// Ends the bundle, and signs it. A bundle of which this failed is none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<W> {
        let written = || {
            let (mut out, length) = self.entries.finish()?.finish()?;
            out.write_all(&length.to_le_bytes())?;
            let signature = self.keys.sign(&signed(&out.hasher.finalize()));
            out.write_all(&signature)?;
            out.write_all(END)?;
            out.flush()?;
            Ok(out.out)
        };
        written().map_err(BundleError::io("write"))
    }
}
