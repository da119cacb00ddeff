//! From files to blocks of whole lines: opened, unpacked, decoded, told what they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use mizumori_read::{
    Body, Charset, Decoder, FileAt, Flow, Input, MemberName, ReadAt, ReadAtCursor, Reader, Unreadable,
    VisitError, Visitor,
};

use super::Observer;
use super::detect::{Format, detect};
use super::line::{Fault, Lines, Order, Parsed, parse};
use super::pool::Pools;
use crate::error::{GuardError, Result};

/// Bytes from which it is told what a member is.
const SAMPLE: usize = 1 << 20;
/// Bytes of a block, about.
const BLOCK: usize = 1 << 19;
/// Bytes of a line at most.
pub(super) const LONGEST: usize = 1 << 20;

/// A file to import, or standard input.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// What errors call it.
    pub name: MemberName,
    /// Where it is; `None` is standard input.
    pub path: Option<PathBuf>,
}

/// A block for a worker.
pub(super) struct Job {
    bytes: Vec<u8>,
    what: Lines,
    order: Order,
    reply: SyncSender<std::result::Result<Parsed, Fault>>,
}

impl Job {
    /// Does it. Who does not wait for it any more has failed elsewhere.
    pub(super) fn run(self, pools: &Pools) {
        let _ = self.reply.send(parse(&self.bytes, self.what, self.order, || pools.rows.take()));
        pools.bytes.give(self.bytes);
    }
}

/// What comes out, in the order of the input.
pub(super) enum Event {
    /// A file begins.
    File(Arc<str>),
    /// A block of it, when a worker has read it.
    Block(Receiver<std::result::Result<Parsed, Fault>>),
    /// A line was longer than any may be.
    TooLong(Lines),
}

/// Feeds workers and whoever gathers.
pub(super) struct Feed<'f> {
    pub(super) reader: &'f Reader,
    pub(super) format: Option<Format>,
    /// How words are hashed.
    pub(super) words: [bool; 2],
    pub(super) order: Order,
    pub(super) observer: &'f Arc<dyn Observer>,
    pub(super) jobs: SyncSender<Job>,
    pub(super) events: SyncSender<Event>,
    pub(super) pools: &'f Pools,
    /// The hash of all content.
    pub(super) id: blake3::Hasher,
    pub(super) unreadable: Option<(String, String)>,
}

/// The other side is gone, and says why itself.
#[derive(Debug, thiserror::Error)]
#[error("nobody gathers any more")]
struct Gone;

impl Feed<'_> {
    /// Feeds all of a file.
    pub(super) fn file(&mut self, file: &InputFile) -> Result<()> {
        let name = file.name.clone();
        let input = match &file.path {
            Some(path) => opened(path, self.observer)?,
            None => {
                Input::Stream(Box::new(Counted { read: io::stdin(), observer: Arc::clone(self.observer) }))
            }
        };
        let reader = self.reader;
        match reader.read(&name, input, self).map_err(VisitError::into_inner) {
            Ok(_) => {}
            Err(error) if error.is::<Gone>() => return Ok(()),
            Err(error) => {
                return Err(match error.downcast::<GuardError>() {
                    Ok(error) => *error,
                    Err(error) => GuardError::Input { file: name.to_string(), why: error.to_string() },
                });
            }
        }
        match self.unreadable.take() {
            Some((file, why)) => Err(GuardError::Input { file, why }),
            None => Ok(()),
        }
    }

    fn tell(&mut self, what: Lines, content: blake3::Hash) {
        let role = match what {
            Lines::Hashes(kind) => format!("hashes {}", kind.name()),
            Lines::Range(kind, prefix) => format!("range {} {prefix}", kind.name()),
            Lines::Words { sha1, ntlm, .. } => format!("words {sha1} {ntlm}"),
        };
        self.id.update(role.as_bytes()).update(b"\n").update(content.as_bytes());
    }

    /// Room for a block, and for what of a line is left of the one before.
    fn room(&self) -> Vec<u8> {
        let mut room = self.pools.bytes.take();
        room.reserve(BLOCK + (BLOCK >> 3));
        room
    }

    /// Cuts a member into blocks. A read error is the end; the walk reports it.
    fn blocks(&self, read: &mut dyn Read, charset: &Charset, what: Lines, hash: &mut blake3::Hasher) -> Walk {
        let mut decoder = (!charset.is_utf8()).then(|| Decoder::new(charset));
        let mut block = self.room();
        let mut raw = Vec::new();
        let mut skipping = false;
        loop {
            if self.observer.is_stopped() {
                return Err(GuardError::Interrupted.into());
            }
            let last = match &mut decoder {
                None => {
                    let from = block.len();
                    let read = read_some(read, &mut block);
                    hash.update(block.get(from..).unwrap_or_default());
                    read == 0
                }
                Some(decoder) => {
                    raw.clear();
                    let read = read_some(read, &mut raw);
                    hash.update(&raw);
                    decoder.decode(&raw, read == 0, &mut block);
                    read == 0
                }
            };
            let end = if last { Some(block.len()) } else { memchr::memrchr(b'\n', &block).map(|at| at + 1) };
            let Some(end) = end else {
                if block.len() > LONGEST {
                    skipping = true;
                    block.clear();
                }
                continue;
            };
            let mut rest = self.room();
            rest.extend_from_slice(block.get(end..).unwrap_or_default());
            block.truncate(end);
            if skipping {
                let line = memchr::memchr(b'\n', &block).map_or(block.len(), |at| at + 1);
                block.drain(..line);
                self.events.send(Event::TooLong(what)).map_err(|_| Gone)?;
                skipping = false;
            }
            if !block.is_empty() {
                let (reply, parsed) = sync_channel(1);
                let job = Job { bytes: block, what, order: self.order, reply };
                self.jobs.send(job).map_err(|_| Gone)?;
                self.events.send(Event::Block(parsed)).map_err(|_| Gone)?;
            }
            if last {
                return Ok(());
            }
            block = rest;
        }
    }
}

type Walk = std::result::Result<(), VisitError>;

impl Visitor for Feed<'_> {
    fn member(&mut self, name: &MemberName, body: Body<'_>) -> std::result::Result<Flow, VisitError> {
        if self.unreadable.is_some() {
            return Ok(Flow::Stop);
        }
        let mut at;
        let read: &mut dyn Read = match body {
            Body::At(bytes) => {
                at = ReadAtCursor::new(bytes);
                &mut at
            }
            Body::Stream(read) => read,
        };
        let mut sample = Vec::new();
        while sample.len() < SAMPLE && read_some(read, &mut sample) > 0 {}
        let found = Charset::detect(&sample, sample.len() < SAMPLE);
        let text = sample.get(found.bom_len..).unwrap_or_default();
        let mut decoded = Vec::new();
        if !found.charset.is_utf8() {
            Decoder::new(&found.charset).decode(text, false, &mut decoded);
        }
        let is_decoded = !found.charset.is_utf8();
        let shown = if is_decoded { decoded.as_slice() } else { text };
        let [sha1, ntlm] = self.words;
        let words = Lines::Words { sha1, ntlm, decoded: is_decoded };
        let what = detect(name.file_name(), shown, self.format, words)
            .map_err(|why| GuardError::Input { file: name.to_string(), why })?;
        self.events.send(Event::File(name.as_str().into())).map_err(|_| Gone)?;
        let mut hash = blake3::Hasher::new();
        self.blocks(&mut text.chain(read), &found.charset, what, &mut hash)?;
        if !sample.is_empty() {
            self.tell(what, hash.finalize());
        }
        Ok(Flow::Continue)
    }

    fn unreadable(&mut self, name: &MemberName, why: &Unreadable) {
        self.unreadable.get_or_insert_with(|| (name.to_string(), why.to_string()));
    }
}

/// Appends what comes next, a block at most; a read error is the end.
fn read_some(read: &mut dyn Read, to: &mut Vec<u8>) -> usize {
    let from = to.len();
    // What was read before an error stands there.
    let _ = read.take(BLOCK as u64).read_to_end(to);
    to.len() - from
}

/// Opens a file; pipes and devices are read as they come.
fn opened(path: &Path, observer: &Arc<dyn Observer>) -> Result<Input> {
    let io = |what| GuardError::io(what, path);
    let file = File::open(path).map_err(io("open"))?;
    let metadata = file.metadata().map_err(io("read"))?;
    let observer = Arc::clone(observer);
    if metadata.is_file() {
        let inner = FileAt::new(file).map_err(io("read"))?;
        return Ok(Input::At(Arc::new(CountedAt { inner, seen: AtomicU64::new(0), observer })));
    }
    Ok(Input::Stream(Box::new(Counted { read: file, observer })))
}

/// Tells how far a file was read.
struct CountedAt {
    inner: FileAt,
    seen: AtomicU64,
    observer: Arc<dyn Observer>,
}

impl ReadAt for CountedAt {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read_at(offset, buf)?;
        let end = offset.saturating_add(read as u64);
        let before = self.seen.fetch_max(end, Ordering::Relaxed);
        self.observer.read(end.saturating_sub(before));
        Ok(read)
    }
}

/// Tells how much of a stream was read.
struct Counted<R> {
    read: R,
    observer: Arc<dyn Observer>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf)?;
        self.observer.read(read as u64);
        Ok(read)
    }
}
