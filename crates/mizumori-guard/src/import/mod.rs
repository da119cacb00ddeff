//! The way in: lists of hashes, range files, words, other indexes.
//!
//! One thread reads and cuts blocks, workers read the blocks' lines and put them in order, one gathers them in the order of the
//! input, one writes sorted runs. An import is in the index as a whole or not at all.

mod detect;
mod feed;
mod gather;
mod harvest;
mod line;
mod pool;
mod runs;

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

use mizumori_read::Reader;

pub use self::detect::Format;
pub use self::feed::InputFile;
use self::feed::{Event, Feed, Job};
use self::gather::{Gather, Spiller};
pub use self::harvest::{DumpSource, Harvest, Passwords};
pub use self::line::Order;
use self::line::{Fault, Lines};
use self::pool::Pools;
use self::runs::{Hashed, merged};
use crate::digest::HashKind;
use crate::error::{GuardError, LineFault, Result};
use crate::index::{Change, Index, IndexWriter, NewImport};
use crate::segment::{SegmentWriter, Written};

/// Who wants to know how far an import is, and may end it.
pub trait Observer: Send + Sync {
    /// So many bytes more were read of the files that were given.
    fn read(&self, bytes: u64);
    /// So many lines more were understood.
    fn lines(&self, lines: u64);
    /// Whether the work is to end.
    fn is_stopped(&self) -> bool;
}

/// What is imported.
pub enum What<'w> {
    /// Files, together.
    Files(&'w [InputFile]),
    /// All of another index.
    Index(&'w Path),
}

/// How it is imported.
pub struct Import<'i> {
    /// What opens files.
    pub reader: &'i Reader,
    /// What the files are; told from each where nobody says.
    pub format: Option<Format>,
    /// Whether hashes that are out of order are a mistake.
    pub order: Order,
    /// As what words are hashed: SHA-1, NTLM.
    pub words: [bool; 2],
    /// The source: what it brought before is replaced. Without one, counts are added to all that is there.
    pub source: Option<String>,
    /// Workers.
    pub threads: usize,
    /// Memory for rows that are not in order, in bytes.
    pub memory: u64,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What it did to the index.
    pub change: Change,
    /// Different hashes that it brought, SHA-1 and NTLM.
    pub rows: [u64; 2],
    /// Lines.
    pub lines: u64,
    /// Words of which a hash could not be made: their bytes are no text of the file's encoding, or too long.
    pub undecodable: u64,
}

/// What files gave.
#[derive(Default)]
struct Gathered {
    runs: Vec<Written>,
    lines: u64,
    undecodable: u64,
}

impl Import<'_> {
    /// Imports into the index of `writer`. When it fails, the index is as it was.
    ///
    /// # Errors
    /// The first line that is not what it should be; a file that cannot be read or told; an interruption; the system's.
    pub fn run(&self, writer: &mut IndexWriter, what: &What<'_>) -> Result<Imported> {
        let done = self.import(writer, what);
        if done.is_err() {
            // The failure is what is told; what cannot be deleted now is deleted by whoever writes next.
            let _ = writer.tidy();
        }
        done
    }

    fn import(&self, writer: &mut IndexWriter, what: &What<'_>) -> Result<Imported> {
        let (gathered, id) = match what {
            What::Files(files) => self.gather_files(writer, files)?,
            What::Index(folder) => self.gather_index(writer, folder)?,
        };
        let Gathered { runs, lines, undecodable } = gathered;
        let id = id.to_hex().to_string();
        if writer.knows(&id, self.source.as_deref()) {
            writer.tidy()?;
            return Ok(Imported { change: Change::AsBefore, rows: [0; 2], lines, undecodable });
        }
        let mut segments = Vec::new();
        let mut rows = [0; 2];
        for (kind, count) in HashKind::ALL.into_iter().zip(&mut rows) {
            let of_kind = runs.iter().filter(|run| run.kind == kind && run.rows > 0).cloned().collect();
            if let Some(written) = merged(writer, kind, of_kind, self.memory, &mut |_| self.go_on())? {
                *count = written.rows;
                segments.push(written);
            }
        }
        if segments.is_empty() {
            return Err(GuardError::Request("there is no hash and no word in what was given".to_owned()));
        }
        let changes = writer.commit(vec![NewImport { id, source: self.source.clone(), segments }])?;
        writer.merge(&mut |_| self.go_on())?;
        let change = changes.first().copied().unwrap_or(Change::Added);
        Ok(Imported { change, rows, lines, undecodable })
    }

    fn go_on(&self) -> Result<()> {
        if self.observer.is_stopped() { Err(GuardError::Interrupted) } else { Ok(()) }
    }

    fn gather_index(&self, writer: &IndexWriter, folder: &Path) -> Result<(Gathered, blake3::Hash)> {
        let same = |path: &Path| std::fs::canonicalize(path).ok();
        if same(folder) == same(writer.folder()) {
            return Err(GuardError::Request("an index cannot be imported into itself".to_owned()));
        }
        let index = Index::open(folder)?;
        let mut id = blake3::Hasher::new();
        id.update(b"mizumori guard import of an index\n");
        let mut gathered = Gathered::default();
        for kind in HashKind::ALL.into_iter().filter(|kind| index.has(*kind)) {
            let at_most = Some(index.rows_at_most(kind));
            let mut segment = SegmentWriter::create(&writer.new_path(kind), kind, at_most)?;
            id.update(kind.name().as_bytes());
            let mut rows = Hashed::new(index.rows(kind)?, &mut id);
            segment.push_all(&mut rows, &mut |lines| {
                self.observer.lines(lines);
                gathered.lines += lines;
                self.go_on()
            })?;
            gathered.runs.push(segment.finish()?);
        }
        Ok((gathered, id.finalize()))
    }

    fn gather_files(&self, writer: &IndexWriter, files: &[InputFile]) -> Result<(Gathered, blake3::Hash)> {
        let paths = |kind| writer.new_path(kind);
        let (jobs, queue) = sync_channel::<Job>(self.threads);
        let queue = Mutex::new(queue);
        let pools = Pools::default();
        thread::scope(|scope| {
            let (spill, spiller) = Spiller::new(&paths);
            let spiller = start(scope, move || spiller.run())?;
            for _ in 0..self.threads {
                start(scope, || work(&queue, &pools))?;
            }
            // What is on its way is bounded by what may wait here.
            let (events, come) = sync_channel(self.threads + 2);
            // A run that is gathered, one that is written, and what is on its way: together what was allowed.
            let most = usize::try_from(self.memory / 8 * 3).unwrap_or(usize::MAX) / 2;
            let gathers =
                HashKind::ALL.map(|kind| Gather::new(kind, most, &paths, spill.clone(), &pools.rows));
            drop(spill);
            let consumer = start(scope, move || self.consume(come, gathers))?;
            let fed = self.feed(files, jobs, events, &pools);
            let consumed = consumer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let spilled = spiller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // Whoever could not write says why; the others only saw that he was gone.
            let mut runs = spilled?;
            let (id, mut gathered) = match (fed, consumed) {
                (Err(GuardError::Interrupted), _) => return Err(GuardError::Interrupted),
                (_, Err(error)) | (Err(error), Ok(_)) => return Err(error),
                (Ok(id), Ok(gathered)) => (id, gathered),
            };
            gathered.runs.append(&mut runs);
            Ok((gathered, id))
        })
    }

    /// Reads the files; the workers and the consumer end when it does.
    fn feed(
        &self,
        files: &[InputFile],
        jobs: SyncSender<Job>,
        events: SyncSender<Event>,
        pools: &Pools,
    ) -> Result<blake3::Hash> {
        let mut id = blake3::Hasher::new();
        id.update(b"mizumori guard import of files\n");
        let mut feed = Feed {
            reader: self.reader,
            format: self.format,
            words: self.words,
            order: self.order,
            observer: &self.observer,
            jobs,
            events,
            pools,
            id,
            unreadable: None,
        };
        for file in files {
            self.go_on()?;
            feed.file(file)?;
        }
        Ok(feed.id.finalize())
    }

    /// Takes blocks in the order of the input.
    fn consume(&self, come: Receiver<Event>, gathers: [Gather<'_>; 2]) -> Result<Gathered> {
        let mut gathers = gathers;
        let mut gathered = Gathered::default();
        let mut file: Arc<str> = "".into();
        let (mut line, mut last) = (1_u64, None);
        for event in come {
            let faulty = |fault: Fault| GuardError::Line {
                file: file.to_string(),
                line: line + fault.line,
                why: fault.why,
            };
            match event {
                Event::File(name) => (file, line, last) = (name, 1, None),
                Event::TooLong(Lines::Words { .. }) => {
                    gathered.undecodable += 1;
                    line += 1;
                }
                Event::TooLong(_) => {
                    return Err(faulty(Fault { line: 0, why: LineFault::TooLong { bytes: feed::LONGEST } }));
                }
                Event::Block(parsed) => {
                    let Ok(parsed) = parsed.recv() else { return Err(GuardError::Interrupted) };
                    let parsed = parsed.map_err(faulty)?;
                    for (gather, rows) in gathers.iter_mut().zip(parsed.rows) {
                        let ends = rows.first().zip(rows.last()).map(|(first, last)| (first.key, last.key));
                        if let Some((first, end)) = ends {
                            if self.order == Order::Claimed && last.is_some_and(|last| last > first) {
                                return Err(faulty(Fault { line: 0, why: LineFault::Unsorted }));
                            }
                            last = Some(end);
                        }
                        gather.take(rows, parsed.in_order)?;
                    }
                    line += parsed.lines;
                    gathered.lines += parsed.lines;
                    gathered.undecodable += parsed.undecodable;
                    self.observer.lines(parsed.lines);
                }
            }
        }
        for gather in gathers {
            gathered.runs.append(&mut gather.finish()?);
        }
        Ok(gathered)
    }
}

/// Does what is in the queue.
fn work(queue: &Mutex<Receiver<Job>>, pools: &Pools) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        job.run(pools);
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>> {
    let started = thread::Builder::new().name("guard".to_owned()).spawn_scoped(scope, work);
    started.map_err(|cause| GuardError::System { what: "thread", cause })
}

#[cfg(test)]
mod tests;
