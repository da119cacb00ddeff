//! Dumps in, batches of records out, on all cores.
//!
//! A worker takes a dump, opens its containers and cuts line formats into pieces, which any worker scans:
//! ranges of a plain file, blocks of everything else. What one core has to read from the start (archives, a
//! quoted CSV) it reads itself, while others help with the pieces or take the next dump. What was gathered is
//! handed over by [`Scan::run`], in the order of the input where the caller wants it so.

mod member;
mod order;
mod pool;
mod read_lines;
mod stream;
mod text;
#[cfg(test)]
mod twin;
#[cfg(test)]
mod whole;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mizumori_core::{ErrorClass, LeakTime, SourceIndex};
use mizumori_read::{Input, MemberName, ReadAt, Reader};

use crate::format::RecordLimits;
use crate::matching::{Matcher, Wanted};
use crate::sink::Sink;

/// One file, or standard input.
#[derive(Clone, Debug)]
pub struct Dump {
    /// Its name in outputs.
    pub name: MemberName,
    /// Where its bytes are.
    pub place: DumpPlace,
    /// The part of it that is scanned; all of it where there is none.
    pub part: Option<Part>,
    /// What its store calls this version of it (an entity tag), where it does.
    pub version: Option<Box<str>>,
}

/// A part of a dump, for machines that share one.
///
/// A long plain file of a line format is cut: a part holds the lines that begin in it. Everything else (a container, a stateful
/// format, a file that no machine would cut for its own cores) belongs to the part that begins at 0 as a whole, and other parts
/// of it hold nothing. So the parts of a dump hold together what the dump holds, whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first byte: an even number, for the sake of encodings with two bytes a character.
    pub start: u64,
    /// The byte behind its last: the beginning of the next part, or at least the dump's length.
    pub end: u64,
}

/// Where the bytes of a dump are.
#[derive(Clone)]
pub enum DumpPlace {
    /// In a file.
    File(PathBuf),
    /// Somewhere that can be read at any place: in memory, in an object store.
    Held(Arc<dyn ReadAt>),
    /// On standard input.
    StandardInput,
}

impl fmt::Debug for DumpPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file `{}`", path.display()),
            Self::Held(at) => write!(f, "{} bytes held", at.len()),
            Self::StandardInput => f.write_str("standard input"),
        }
    }
}

impl Dump {
    /// The whole of a dump.
    pub const fn new(name: MemberName, place: DumpPlace) -> Self {
        Self { name, place, part: None, version: None }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(&self) -> io::Result<Input> {
        self.open_until(&Arc::default())
    }

    /// Opens it; a pipe ends when `stop` is set, even while nobody writes to it.
    pub(crate) fn open_until(&self, stop: &Arc<AtomicBool>) -> io::Result<Input> {
        match &self.place {
            DumpPlace::File(path) => stream::open(path, stop),
            DumpPlace::Held(at) => Ok(Input::At(Arc::clone(at))),
            DumpPlace::StandardInput => stream::standard_input(stop),
        }
    }
}

/// The source that a member belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberSource {
    /// Its place in the run's list of sources.
    pub index: SourceIndex,
    /// When it leaked.
    pub time: LeakTime,
}

/// A member of a dump while it is scanned.
#[derive(Debug)]
pub struct MemberContext {
    /// Its name.
    pub name: MemberName,
    /// Its source.
    pub source: MemberSource,
}

/// Makes the sinks that workers fill.
pub trait Workshop: Sync {
    /// What one worker fills with the records of one piece.
    type Batch: Sink + Send;

    /// The source of a member; `None` when it is no dump, but the description of one.
    fn source(&self, member: &MemberName) -> Option<MemberSource>;

    /// An empty batch for a piece of `member`.
    fn batch(&self, member: &Arc<MemberContext>) -> Self::Batch;
}

/// What a run hands over.
#[derive(Debug)]
pub enum Event<B> {
    /// The records of a piece.
    Batch {
        /// The member that it is a piece of.
        member: Arc<MemberContext>,
        /// What was gathered.
        batch: B,
        /// Lines of the member before the piece: to be added to the records' lines. Zero where the order of the
        /// input was not asked for.
        lines_before: u64,
    },
    /// Something that could not be read, or not in full.
    Unreadable {
        /// The dump or member.
        name: MemberName,
        /// Why, for people.
        why: String,
    },
}

/// In which order a run hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// In the order of the input: dump, member, line.
    InOrder,
    /// As it comes.
    AsItComes,
}

/// Whether a run goes on after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proceed {
    /// It does.
    GoOn,
    /// It ends; what is under way is dropped.
    Stop,
}

/// How far a run is; any thread may look.
#[derive(Debug, Default)]
pub struct Progress {
    pub(crate) stop: Arc<AtomicBool>,
    /// Dumps that are done.
    pub dumps: AtomicU64,
    /// Bytes of dumps that were read; of each dump at most as many as it has.
    pub bytes: Arc<AtomicU64>,
    /// Physical lines of decoded members.
    pub lines: AtomicU64,
    /// At-signs whose domain was looked at.
    pub addresses: AtomicU64,
    /// Records that held something wanted and could not be understood.
    pub rejected: AtomicU64,
}

impl Progress {
    /// That of a part of a larger work: its bytes are counted there too, and it can be stopped alone.
    pub fn part_of(whole: &Self) -> Self {
        Self { bytes: Arc::clone(&whole.bytes), ..Self::default() }
    }

    /// Nothing done yet, and ended by whoever ends this one: for the next run of the same work.
    pub fn next_run(&self) -> Self {
        Self { stop: Arc::clone(&self.stop), ..Self::default() }
    }

    /// Asks the run to end as soon as it can.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked the run to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A run could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// No worker could be started.
    #[error("could not start a worker thread")]
    Worker(#[source] io::Error),
    /// A defect: a worker ended early.
    #[error("a worker ended before its work was done")]
    WorkerEnded,
}

impl ScanError {
    /// What the caller does next.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Worker(_) => ErrorClass::Environment,
            Self::WorkerEnded => ErrorClass::Internal,
        }
    }
}

/// How dumps are scanned.
pub struct Scan<'s> {
    /// Opens containers.
    pub reader: &'s Reader,
    /// What is looked for; `None` when nothing is watched.
    pub matcher: Option<&'s Matcher<'s>>,
    /// Which records are handed over.
    pub wanted: Wanted,
    /// Bounds on records.
    pub limits: RecordLimits,
    /// Workers, at least one.
    pub threads: usize,
    /// The order in which batches are handed over.
    pub hand_over: HandOver,
    /// How members are cut.
    pub pieces: PieceSizes,
}

/// How members of line formats are cut into pieces.
#[derive(Clone, Copy, Debug)]
pub struct PieceSizes {
    /// A plain file longer than this is split into ranges of about this size, in bytes.
    pub range: u64,
    /// Text of a container's member that one worker takes at once, in bytes.
    pub block: usize,
}

impl Default for PieceSizes {
    fn default() -> Self {
        Self { range: 8 << 20, block: 1 << 20 }
    }
}

impl Scan<'_> {
    /// Scans `dumps` and hands everything over to `receive`, one event at a time.
    ///
    /// What cannot be read is an event, not an error.
    ///
    /// # Errors
    /// When no worker can be started.
    pub fn run<W: Workshop>(
        &self,
        dumps: &[Dump],
        workshop: &W,
        progress: &Progress,
        receive: impl FnMut(Event<W::Batch>) -> Proceed + Send,
    ) -> Result<(), ScanError> {
        pool::run(self, dumps, workshop, progress, receive)
    }
}
