//! Writing a segment, in the order of its rows, in memory that does not grow with them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::footer::Layout;
use super::{BLOCK, CHECKED, LARGE, LARGEST};
use crate::digest::HashKind;
use crate::error::{GuardError, Result};
use crate::row::{Row, Rows};

/// Rows from which on a table of 65,536 buckets is worth its half MiB.
const MANY: u64 = 1 << 17;

/// Bytes of the longest hash.
const WIDEST: usize = HashKind::Sha1.width();

/// Writes a segment.
pub(crate) struct SegmentWriter {
    path: PathBuf,
    layout: Layout,
    out: Checked,
    /// Large counts, until the rows are written.
    large: File,
    large_path: PathBuf,
    large_bytes: Vec<u8>,
    large_len: u64,
    /// The rows of the block that is being filled, and room for the longest hash behind them.
    hashes: Vec<u8>,
    nibbles: [u8; BLOCK / 2],
    in_block: usize,
    /// Where the large counts of the block begin.
    block_large: u64,
    starts: Vec<u64>,
    /// The row that came last: another of the same hash may follow.
    pending: Option<Row>,
}

/// When a segment is on the disk, and not only written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durable {
    /// When it is finished.
    Now,
    /// Before something names it: of many small ones each for itself would take longer than all their bytes.
    Later,
}

/// A segment that is written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    pub(crate) kind: HashKind,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes of the file.
    pub(crate) bytes: u64,
}

impl SegmentWriter {
    /// Begins a segment at a path where nothing stands; `at_most` rows will come, as far as that is known.
    pub(crate) fn create(path: &Path, kind: HashKind, at_most: Option<u64>) -> Result<Self> {
        let bits = if at_most.is_some_and(|rows| rows < MANY) { 8 } else { 16 };
        let layout = Layout { kind, bits, rows: 0, large_at: 0, buckets_at: 0, checks_at: 0 };
        let mut large_path = path.as_os_str().to_owned();
        large_path.push(".counts.tmp");
        let large_path = PathBuf::from(large_path);
        let mut out = Checked::new(new_file(path)?);
        let large = new_file(&large_path)?;
        // Nobody needs its name, and without it nobody has to tidy it away.
        fs::remove_file(&large_path).map_err(GuardError::io("delete", &large_path))?;
        out.write(&layout.header()).map_err(GuardError::io("write", path))?;
        Ok(Self {
            path: path.to_owned(),
            layout,
            out,
            large,
            large_path,
            large_bytes: Vec::new(),
            large_len: 0,
            hashes: vec![0; BLOCK * layout.width() + WIDEST],
            nibbles: [0; BLOCK / 2],
            in_block: 0,
            block_large: 0,
            starts: vec![0],
            pending: None,
        })
    }

    /// The hash that came last.
    pub(crate) fn last(&self) -> Option<crate::digest::Key> {
        self.pending.map(|row| row.key)
    }

    /// Adds a row. Counts of the same hash in a row are added, up to 64 bits.
    ///
    /// # Errors
    /// A row that comes before the last one is refused: that is the caller's to see to.
    pub(crate) fn push(&mut self, row: Row) -> Result<()> {
        match &mut self.pending {
            Some(last) if last.key == row.key => last.count = last.count.saturating_add(row.count),
            Some(last) if last.key > row.key => {
                return Err(GuardError::damaged(&self.path, "rows came out of order"));
            }
            _ => {
                if let Some(last) = self.pending.replace(row) {
                    self.put(last)?;
                }
            }
        }
        Ok(())
    }

    /// Adds all rows.
    pub(crate) fn push_all(
        &mut self,
        rows: &mut impl Rows,
        on: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let mut since = 0;
        while let Some(row) = rows.next()? {
            self.push(row)?;
            since += 1;
            if since == 1 << 16 {
                on(since)?;
                since = 0;
            }
        }
        on(since)
    }

    fn put(&mut self, row: Row) -> Result<()> {
        let bucket = usize::try_from(row.key.high >> (64 - self.layout.bits)).unwrap_or_default();
        while self.starts.len() <= bucket {
            self.starts.push(self.layout.rows);
        }
        // As many bytes as the longest has: the next row stands over what is too much, and nothing behind the last.
        let at = self.in_block * self.layout.width();
        if let Some(place) = self.hashes.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<WIDEST>) {
            *place = row.key.behind(self.layout.bits).to_bytes();
        }
        let nibble = if row.count < LARGE {
            u8::try_from(row.count).unwrap_or_default()
        } else {
            self.large_bytes.extend(leb128(row.count - LARGE));
            0
        };
        if let Some(byte) = self.nibbles.get_mut(self.in_block / 2) {
            *byte |= nibble << (4 * (self.in_block % 2));
        }
        self.layout.rows += 1;
        self.in_block += 1;
        if self.in_block == BLOCK {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<()> {
        let hashes = self.hashes.get(..BLOCK * self.layout.width()).unwrap_or_default();
        let written = self.out.write(hashes).and_then(|()| self.out.write(&self.nibbles));
        let written = written.and_then(|()| self.out.write(&self.block_large.to_le_bytes()));
        written.map_err(GuardError::io("write", &self.path))?;
        self.hashes.fill(0);
        self.nibbles = [0; BLOCK / 2];
        self.in_block = 0;
        if self.large_bytes.len() >= 1 << 16 {
            self.spill_large()?;
        }
        self.block_large = self.large_len + self.large_bytes.len() as u64;
        Ok(())
    }

    fn spill_large(&mut self) -> Result<()> {
        self.large.write_all(&self.large_bytes).map_err(GuardError::io("write", &self.large_path))?;
        self.large_len += self.large_bytes.len() as u64;
        self.large_bytes.clear();
        Ok(())
    }

    /// Ends it, and puts it on the disk.
    pub(crate) fn finish(self) -> Result<Written> {
        self.finish_as(Durable::Now)
    }

    /// Ends it. Where it is not to be on the disk yet, somebody has to see to that before anything names it.
    pub(crate) fn finish_as(mut self, durable: Durable) -> Result<Written> {
        if let Some(last) = self.pending.take() {
            self.put(last)?;
        }
        if self.in_block > 0 {
            self.end_block()?;
        }
        self.spill_large()?;
        self.starts.resize(self.layout.buckets(), self.layout.rows);
        let path = self.path.clone();
        self.end(durable).map_err(GuardError::io("write", &path))
    }

    fn end(mut self, durable: Durable) -> io::Result<Written> {
        self.layout.large_at = self.out.len;
        self.large.seek(SeekFrom::Start(0))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = self.large.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            self.out.write(buffer.get(..read).unwrap_or_default())?;
        }
        self.layout.buckets_at = self.out.len;
        for start in &self.starts {
            self.out.write(&start.to_le_bytes())?;
        }
        self.layout.checks_at = self.out.len;
        let (mut file, checks) = self.out.finish()?;
        let footer = self.layout.footer(&checks);
        file.write_all(&checks)?;
        file.write_all(&footer)?;
        if durable == Durable::Now {
            file.sync_all()?;
        }
        let bytes = self.layout.checks_at + (checks.len() + footer.len()) as u64;
        Ok(Written { path: self.path, kind: self.layout.kind, rows: self.layout.rows, bytes })
    }
}

/// A file that only this user may read: a hash of a weak password is as good as the password.
pub(crate) fn new_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(GuardError::io("create", path))
}

/// Unsigned LEB128.
fn leb128(number: u64) -> impl Iterator<Item = u8> {
    let mut rest = Some(number);
    std::iter::from_fn(move || {
        let now = rest?;
        let low = u8::try_from(now & 0x7F).unwrap_or_default();
        rest = (now > 0x7F).then_some(now >> 7);
        Some(if rest.is_some() { low | 0x80 } else { low })
    })
}

/// Reads unsigned LEB128, and says how many bytes it took; `None` where it does not end in time.
pub(super) fn from_leb128(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number: u64 = 0;
    for (at, byte) in bytes.iter().take(LARGEST).enumerate() {
        number |= u64::from(byte & 0x7F).checked_shl(7 * u32::try_from(at).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

/// A file of which each MiB is hashed on its way.
struct Checked {
    file: File,
    buffer: Vec<u8>,
    checks: Vec<u8>,
    /// Bytes so far.
    len: u64,
}

impl Checked {
    fn new(file: File) -> Self {
        Self { file, buffer: Vec::with_capacity(CHECKED), checks: Vec::new(), len: 0 }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHECKED - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == CHECKED {
                self.end_part()?;
            }
        }
        Ok(())
    }

    fn end_part(&mut self) -> io::Result<()> {
        self.checks.extend(blake3::hash(&self.buffer).as_bytes());
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<(File, Vec<u8>)> {
        if !self.buffer.is_empty() {
            self.end_part()?;
        }
        Ok((self.file, self.checks))
    }
}
