//! Dumps that a query names, and how they are read.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use mizumori_core::keys::TagLayers;
use mizumori_core::{Source, SourceIndex, WatchList};
use mizumori_read::{MemberName, Reader};
use mizumori_scan::{
    Dump, Event, HandOver, Matcher, MemberSource, PieceSizes, Progress, RecordLimits, Scan, Wanted,
};

/// Tells the source of a member of a dump; `None` for the description of one.
pub type SourceOf = dyn Fn(&MemberName) -> Option<MemberSource> + Send + Sync;

/// What the paths in a query lead to.
pub struct FoundDumps {
    /// The dumps.
    pub dumps: Vec<Dump>,
    /// The sources.
    pub sources: Vec<Source>,
    /// The sources that each dump holds, in the order of the dumps.
    pub sources_of: Vec<Vec<SourceIndex>>,
    /// The source of each member.
    pub source_of: Box<SourceOf>,
    /// How many bytes there are; `None` when nobody knows.
    pub bytes: Option<u64>,
}

impl fmt::Debug for FoundDumps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dumps", self.dumps.len())
    }
}

/// Finds dumps.
pub trait FindDumps: Send + Sync {
    /// The dumps below `paths`.
    ///
    /// # Errors
    /// When a path leads nowhere, or a description of sources has a mistake.
    fn find(&self, paths: &[String]) -> Result<FoundDumps, Box<dyn std::error::Error + Send + Sync>>;
}

/// How dumps are read.
pub struct ReadDumps {
    /// Finds them.
    pub find: Box<dyn FindDumps>,
    /// Opens containers.
    pub reader: Reader,
    /// Bounds on records.
    pub records: RecordLimits,
    /// Makes the tags: of a lake, or of keys that are drawn for the run.
    pub tags: TagLayers,
    /// Whose accounts are told from the others.
    pub watch: Option<WatchList>,
    /// Cores.
    pub threads: usize,
    /// How far it is. Whoever stops it ends the query.
    pub progress: Arc<Progress>,
    /// What could not be read.
    pub troubles: Troubles,
}

impl fmt::Debug for ReadDumps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadDumps")
    }
}

impl ReadDumps {
    /// A scan of all cores for what is `wanted`.
    pub(crate) fn scan<'s>(&'s self, matcher: Option<&'s Matcher<'s>>, wanted: Wanted) -> Scan<'s> {
        Scan {
            reader: &self.reader,
            matcher,
            wanted,
            limits: self.records,
            threads: self.threads,
            hand_over: HandOver::AsItComes,
            pieces: PieceSizes::default(),
        }
    }

    /// The progress of a scan for one query, which ends without what comes with it; bytes are counted for everybody.
    pub(crate) fn begin(&self) -> (Arc<Progress>, Interest) {
        let progress = Arc::new(Progress::part_of(&self.progress));
        (Arc::clone(&progress), Interest(progress))
    }
}

/// That somebody wants what a scan gives: without it, the scan ends.
#[derive(Debug)]
pub(crate) struct Interest(Arc<Progress>);

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Takes the events of a scan for one query.
pub(crate) struct Events<'e> {
    read: &'e ReadDumps,
    progress: &'e Progress,
    /// Those that were counted for everybody.
    lines: u64,
}

impl<'e> Events<'e> {
    /// Those of a scan that has `progress`.
    pub(crate) const fn new(read: &'e ReadDumps, progress: &'e Progress) -> Self {
        Self { read, progress, lines: 0 }
    }

    /// What was gathered; `None` of what could not be read, which is noted.
    pub(crate) fn batch<B>(&mut self, event: Event<B>) -> Option<B> {
        let lines = self.progress.lines.load(Ordering::Relaxed);
        self.read.progress.lines.fetch_add(lines - self.lines, Ordering::Relaxed);
        self.lines = lines;
        match event {
            Event::Batch { batch, .. } => Some(batch),
            Event::Unreadable { name, why } => {
                self.read.troubles.add(name.to_string(), why);
                None
            }
        }
    }
}

/// What could not be read, with the reason.
#[derive(Clone, Debug, Default)]
pub struct Troubles(Arc<Mutex<Vec<(String, String)>>>);

impl Troubles {
    /// Adds one.
    pub fn add(&self, name: String, why: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, why));
    }

    /// Takes all that there are.
    pub fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
