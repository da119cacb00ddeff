//! Reading a bundle: nothing of it is opened before its signature holds, and what is opened is what was signed.

use std::io::{self, Read, Seek, SeekFrom};

use crate::entry::{EntryHead, EntryReader};
use crate::error::{BundleError, Result};
use crate::header::{Header, LONGEST};
use crate::keys::{Keys, SenderKey};
use crate::stream::{Opening, TAG, payload_key};
use crate::{END, MAGIC, SIGNATURE, TRAILER, VERSION, signed};

/// What a bundle says without a key. Nobody vouches for it.
///
/// # Errors
/// When it is no bundle, or cannot be read.
pub fn show(from: &mut dyn Read) -> Result<Header> {
    header(from).map(|(header, _)| header)
}

/// A bundle whose signature holds, and that is being read.
pub struct BundleReader<R: Read> {
    header: Header,
    digest: String,
    entries: EntryReader<Opening<Hashing<R>>>,
}

/// Hashes what is read.
struct Hashing<R> {
    from: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(bytes)?;
        self.hasher.update(bytes.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Opens a bundle: reads all of it for its signature, and goes back to its beginning.
///
/// # Errors
/// When it is no bundle, not whole, not from `sender`, not for `keys`, or not what was signed.
pub fn open<R: Read + Seek>(mut from: R, keys: &Keys, sender: &SenderKey) -> Result<BundleReader<R>> {
    let read = BundleError::io("read");
    let length = from.seek(SeekFrom::End(0)).map_err(&read)?;
    from.rewind().map_err(&read)?;
    let (header, bytes) = header(&mut from)?;
    if header.sender != sender.id() {
        return Err(BundleError::Sender(header.sender));
    }
    let before = MAGIC.len() as u64 + bytes.len() as u64;
    let payload = length.checked_sub(before + TRAILER).filter(|payload| *payload >= TAG as u64);
    let payload = payload.ok_or(BundleError::NotWhole)?;
    from.rewind().map_err(&read)?;
    let mut hashing = Hashing { from, hasher: blake3::Hasher::new() };
    let body = before + payload + 8;
    let hashed = io::copy(&mut (&mut hashing).take(body), &mut io::sink()).map_err(&read)?;
    let Hashing { mut from, hasher } = hashing;
    let mut behind = [0; SIGNATURE + END.len()];
    let whole = from.read_exact(&mut behind);
    from.seek(SeekFrom::Start(before + payload)).map_err(&read)?;
    let mut said = [0; 8];
    let told = from.read_exact(&mut said);
    if hashed != body
        || whole.is_err()
        || told.is_err()
        || !behind.ends_with(END)
        || u64::from_le_bytes(said) != payload
    {
        return Err(BundleError::NotWhole);
    }
    let hash = hasher.finalize();
    let signature = behind.get(..SIGNATURE).unwrap_or_default();
    if !sender.has_signed(&signed(&hash), signature) {
        return Err(BundleError::Changed);
    }
    let mine = keys.recipient().id();
    let recipient = header.recipients.iter().find(|recipient| recipient.key == mine);
    let recipient = recipient.ok_or(BundleError::Recipient)?;
    let file_key = keys.unwrap(&recipient.sealed, &recipient.wrapped)?;
    let key = payload_key(file_key.expose(), &bytes);
    from.rewind().map_err(&read)?;
    let mut hashing = Hashing { from, hasher: blake3::Hasher::new() };
    io::copy(&mut (&mut hashing).take(before), &mut io::sink()).map_err(&read)?;
    let entries = EntryReader::new(Opening::new(hashing, key, payload));
    Ok(BundleReader { header, digest: hash.to_hex().to_string(), entries })
}

impl<R: Read> BundleReader<R> {
    /// What stands before its payload.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What it is known by: a hash of all that was signed.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The next entry; its body is what is read then.
    ///
    /// # Errors
    /// When the payload is not what it should be, or cannot be read.
    pub fn entry(&mut self) -> Result<Option<EntryHead>> {
        self.entries.entry()
    }

    /// Reads it to its end, and makes sure that all that was read is what the signature was for. What was taken of it is not to be
    /// kept before.
    ///
    /// # Errors
    /// When it is not.
    pub fn finish(mut self) -> Result<()> {
        while self.entries.entry()?.is_some() {}
        let mut hashing = self.entries.into_inner().into_inner();
        let mut length = [0; 8];
        hashing.read_exact(&mut length).map_err(BundleError::io("read"))?;
        let is_same = hashing.hasher.finalize().to_hex().as_str() == self.digest;
        if is_same { Ok(()) } else { Err(BundleError::Moved) }
    }
}

/// The body of the entry under way.
impl<R: Read> Read for BundleReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.entries.read(bytes)
    }
}

/// The header, and the bytes that it is in, from its version on.
fn header(from: &mut (impl Read + ?Sized)) -> Result<(Header, Vec<u8>)> {
    let cut = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BundleError::NotWhole,
        _ => BundleError::Io { what: "read", cause: error },
    };
    let mut magic = [0; 8];
    let length = read_up_to(from, &mut magic).map_err(cut)?;
    if !MAGIC.starts_with(magic.get(..length).unwrap_or_default()) || length == 0 {
        return Err(BundleError::NoBundle);
    }
    let mut numbers = [0; 8];
    from.read_exact(&mut numbers).map_err(cut)?;
    let number = |bytes: Option<&[u8; 4]>| bytes.copied().map_or(0, u32::from_le_bytes);
    let (version, length) = (number(numbers.first_chunk()), number(numbers.last_chunk()));
    if version != VERSION {
        return Err(BundleError::Version { found: version, known: VERSION });
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(BundleError::Malformed("header"));
    }
    let mut text = vec![0; length];
    from.read_exact(&mut text).map_err(cut)?;
    let header = Header::parse(&text)?;
    Ok((header, [numbers.as_slice(), &text].concat()))
}

fn read_up_to(from: &mut (impl Read + ?Sized), bytes: &mut [u8]) -> io::Result<usize> {
    let mut all = 0;
    while let Some(rest) = bytes.get_mut(all..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => all += read,
        }
    }
    Ok(all)
}
