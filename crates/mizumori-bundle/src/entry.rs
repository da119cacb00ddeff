//! The entries of a bundle, as they stand in the opened payload: each a head, its body in parts, and a hash of the body.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::error::{BundleError, Result};

/// The longest head of an entry.
const HEAD: usize = 4 << 10;
/// The longest part of a body.
const PART: usize = 64 << 10;
/// The longest name.
const NAME: usize = 128;
/// Bytes of a hash.
const HASH: usize = 32;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Organisations and their findings.
    Findings,
    /// A file of an index of leaked passwords.
    Guard,
}

/// What stands before an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryHead {
    /// What it is.
    pub kind: EntryKind,
    /// What it belongs to: of a file its index.
    pub of: String,
    /// Its name there: letters, digits, dots and dashes, no path.
    pub name: String,
}

impl EntryHead {
    /// The head of an entry.
    ///
    /// # Errors
    /// When a name is none that a file may have anywhere.
    pub fn new(kind: EntryKind, of: &str, name: &str) -> Result<Self> {
        let head = Self { kind, of: of.to_owned(), name: name.to_owned() };
        if head.is_sound() {
            Ok(head)
        } else {
            Err(BundleError::Request("a name in a bundle is one of letters, digits, `.`, `-` and `_`"))
        }
    }

    /// Nothing that leads out of a folder, or hides in it.
    fn is_sound(&self) -> bool {
        [&self.of, &self.name].into_iter().all(|name| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            !name.is_empty() && name.len() <= NAME && !name.starts_with('.') && name.bytes().all(fits)
        })
    }
}

/// Writes entries, one after the other.
pub struct EntryWriter<W> {
    out: W,
    /// Of the entry under way.
    hasher: blake3::Hasher,
}

impl<W: Write> EntryWriter<W> {
    /// Writes to `out`, where nothing stands yet.
    pub fn new(out: W) -> Self {
        Self { out, hasher: blake3::Hasher::new() }
    }

    /// Begins an entry. The one before it has to be ended.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self, head: &EntryHead) -> io::Result<()> {
        let text = serde_json::to_vec(head)?;
        self.number(text.len())?;
        self.out.write_all(&text)?;
        self.hasher = blake3::Hasher::new();
        Ok(())
    }

    /// Writes more of its body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        for part in bytes.chunks(PART) {
            self.number(part.len())?;
            self.out.write_all(part)?;
        }
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&mut self) -> io::Result<()> {
        self.number(0)?;
        self.out.write_all(self.hasher.finalize().as_bytes())
    }

    /// Ends them all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.number(0)?;
        Ok(self.out)
    }

    fn number(&mut self, number: usize) -> io::Result<()> {
        let number = u32::try_from(number).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.out.write_all(&number.to_le_bytes())
    }
}

/// Reads entries out of an opened payload.
pub struct EntryReader<R> {
    from: R,
    hasher: blake3::Hasher,
    place: Place,
    /// Bytes of the part under way that were not read.
    left: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    Body,
    End,
}

impl<R: Read> EntryReader<R> {
    /// Reads `from` its beginning.
    pub fn new(from: R) -> Self {
        Self { from, hasher: blake3::Hasher::new(), place: Place::Between, left: 0 }
    }

    /// The next entry. What was not read of the one before it is passed over, and checked.
    ///
    /// # Errors
    /// When the payload is not what it should be, or cannot be read.
    pub fn entry(&mut self) -> Result<Option<EntryHead>> {
        let read = BundleError::io("read");
        if self.place == Place::Body {
            io::copy(self, &mut io::sink()).map_err(&read)?;
        }
        if self.place == Place::End {
            return Ok(None);
        }
        let length = self.number().map_err(&read)?;
        if length == 0 {
            self.place = Place::End;
            // Nothing may hide behind the end.
            return match self.from.read(&mut [0]).map_err(&read)? {
                0 => Ok(None),
                _ => Err(BundleError::Malformed("end")),
            };
        }
        if length > HEAD {
            return Err(BundleError::Malformed("entry"));
        }
        let mut text = vec![0; length];
        self.exact(&mut text).map_err(&read)?;
        let head: EntryHead = serde_json::from_slice(&text).map_err(|_| BundleError::Malformed("entry"))?;
        if !head.is_sound() {
            return Err(BundleError::Malformed("entry"));
        }
        (self.place, self.left, self.hasher) = (Place::Body, 0, blake3::Hasher::new());
        Ok(Some(head))
    }

    /// What it is read from.
    pub fn into_inner(self) -> R {
        self.from
    }

    fn number(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 4];
        self.exact(&mut bytes)?;
        Ok(usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX))
    }

    fn exact(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BundleError::Malformed("end").into(),
            _ => error,
        })
    }
}

/// The body of the entry under way, to its end; there its hash was compared.
impl<R: Read> Read for EntryReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.place != Place::Body || bytes.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            self.left = self.number()?;
            if self.left > PART {
                return Err(BundleError::Malformed("entry").into());
            }
        }
        if self.left == 0 {
            let mut hash = [0; HASH];
            self.exact(&mut hash)?;
            if self.hasher.finalize() != blake3::Hash::from_bytes(hash) {
                return Err(BundleError::Malformed("hash of an entry").into());
            }
            self.place = Place::Between;
            return Ok(0);
        }
        let most = bytes.len().min(self.left);
        let bytes = bytes.get_mut(..most).unwrap_or_default();
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BundleError::Malformed("end").into(),
            _ => error,
        })?;
        self.hasher.update(bytes);
        self.left -= most;
        Ok(most)
    }
}
