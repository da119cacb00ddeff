//! The workers: each scans pieces where there are some, else takes the next dump.

use std::collections::{HashSet, VecDeque};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mizumori_read::{Charset, Input, MemberName, ReadAt};

use super::member::DumpVisitor;
use super::order::{Item, Order, PieceLines};
use super::read_lines::{BLOCK, Cut, LineReader, OldMac, Range};
use super::{Dump, Event, MemberContext, Proceed, Progress, Scan, ScanError, Workshop};
use crate::format::LineFormat;
use crate::lines::{BlockFacts, LineScan};
use crate::matching::Judge;
use crate::sink::Sink;

/// Finished pieces that wait for their turn may hold so many bytes; then only what is due is worked on.
const WAITING: usize = 128 << 20;
/// How long an idle worker sleeps at most before it looks again.
const NAP: Duration = Duration::from_millis(5);

/// How the lines of a member are read.
pub(super) struct LineWork {
    pub(super) format: LineFormat,
    pub(super) charset: Charset,
    pub(super) old_mac: OldMac,
}

/// A piece of a member of a line format.
pub(super) struct Piece {
    pub(super) dump: usize,
    pub(super) number: u64,
    pub(super) context: Arc<MemberContext>,
    pub(super) work: Arc<LineWork>,
    pub(super) data: PieceData,
}

/// The bytes of a piece.
pub(super) enum PieceData {
    /// A range of a plain file; its text begins at `first`.
    Range { at: Arc<dyn ReadAt>, first: u64, start: u64, end: u64 },
    /// Decoded text.
    Block { text: Vec<u8>, cut: Cut },
}

/// What the workers share.
pub(super) struct Pool<'p, W: Workshop, R> {
    pub(super) scan: &'p Scan<'p>,
    pub(super) workshop: &'p W,
    pub(super) progress: &'p Progress,
    dumps: &'p [Dump],
    order: Order<W::Batch, R>,
    queue: Mutex<Queue>,
    bell: Condvar,
}

#[derive(Default)]
struct Queue {
    next_dump: usize,
    pieces: VecDeque<Piece>,
    /// Workers that are at work, and may put pieces in.
    busy: usize,
}

/// What a worker does next.
enum Task {
    Piece(Piece),
    Dump(usize),
}

pub(super) fn run<'s, W: Workshop>(
    scan: &'s Scan<'s>,
    dumps: &'s [Dump],
    workshop: &'s W,
    progress: &'s Progress,
    mut receive: impl FnMut(Event<W::Batch>) -> Proceed + Send,
) -> Result<(), ScanError> {
    let mut told = HashSet::new();
    let receive = move |event: Event<W::Batch>| match &event {
        // Every piece of a file that cannot be read any more says so.
        Event::Unreadable { name, why } if !told.insert((name.clone(), why.clone())) => Proceed::GoOn,
        Event::Unreadable { .. } | Event::Batch { .. } => receive(event),
    };
    let pool = Pool {
        scan,
        workshop,
        progress,
        dumps,
        order: Order::new(scan.hand_over, receive),
        queue: Mutex::new(Queue::default()),
        bell: Condvar::new(),
    };
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for number in 1..scan.threads.max(1) {
            let worker = std::thread::Builder::new()
                .name(format!("scan-{number}"))
                .spawn_scoped(scope, || pool.work());
            match worker {
                Ok(worker) => workers.push(worker),
                // One worker less is no reason to stop, as long as there is this one.
                Err(_) => break,
            }
        }
        pool.work();
        let ended_early =
            workers.into_iter().map(std::thread::ScopedJoinHandle::join).any(|outcome| outcome.is_err());
        if ended_early { Err(ScanError::WorkerEnded) } else { Ok(()) }
    })?;
    pool.after(pool.order.hand_over_what_is_due());
    Ok(())
}

impl<W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> Pool<'_, W, R> {
    fn work(&self) {
        while let Some(task) = self.next_task() {
            match task {
                Task::Piece(piece) => self.scan_piece(piece),
                Task::Dump(dump) => self.scan_dump(dump),
            }
            self.queue().busy -= 1;
            self.bell.notify_all();
        }
    }

    /// The next task; `None` when there is none and nobody is left who could make one.
    fn next_task(&self) -> Option<Task> {
        let mut queue = self.queue();
        loop {
            if self.progress.is_stopped() {
                return None;
            }
            let is_full = self.order.weight() > WAITING;
            if let Some(task) = self.take(&mut queue, is_full) {
                queue.busy += 1;
                return Some(task);
            }
            if queue.busy == 0 && queue.pieces.is_empty() && queue.next_dump >= self.dumps.len() {
                self.bell.notify_all();
                return None;
            }
            if is_full {
                drop(queue);
                self.after(self.order.hand_over_what_is_due());
                queue = self.queue();
            }
            queue = self.bell.wait_timeout(queue, NAP).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn take(&self, queue: &mut Queue, is_full: bool) -> Option<Task> {
        if is_full {
            // What is due never waits for what comes after it.
            let due = self.order.due();
            let at = queue.pieces.iter().position(|piece| piece.dump == due);
            if let Some(piece) = at.and_then(|at| queue.pieces.remove(at)) {
                return Some(Task::Piece(piece));
            }
            if queue.next_dump != due {
                return None;
            }
        }
        if let Some(piece) = queue.pieces.pop_front() {
            return Some(Task::Piece(piece));
        }
        let dump = queue.next_dump;
        (dump < self.dumps.len()).then(|| {
            queue.next_dump += 1;
            Task::Dump(dump)
        })
    }

    /// The name of a dump.
    pub(super) fn name_of(&self, dump: usize) -> Option<&MemberName> {
        self.dumps.get(dump).map(|dump| &dump.name)
    }

    /// Leaves a piece to whoever is free.
    pub(super) fn push(&self, piece: Piece) {
        self.queue().pieces.push_back(piece);
        self.bell.notify_one();
    }

    /// The same as long as not many wait; else the piece comes back.
    pub(super) fn offer(&self, piece: Piece) -> Result<(), Piece> {
        let mut queue = self.queue();
        if self.scan.threads < 2 || queue.pieces.len() >= 2 * self.scan.threads {
            return Err(piece);
        }
        queue.pieces.push_back(piece);
        drop(queue);
        self.bell.notify_one();
        Ok(())
    }

    /// Hands a finished piece on.
    pub(super) fn put(&self, dump: usize, number: u64, mut item: Item<W::Batch>) {
        if let Item::Batch { batch, .. } = &mut item {
            batch.settle();
        }
        self.after(self.order.put(dump, number, item));
    }

    fn after(&self, proceed: Proceed) {
        if proceed == Proceed::Stop {
            self.progress.stop();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scan_dump(&self, number: usize) {
        let dump = self.dumps.get(number);
        let mut visitor = DumpVisitor::new(self, number, dump.and_then(|dump| dump.part));
        if let Some(dump) = dump {
            match dump.open_until(&self.progress.stop) {
                Ok(input) => {
                    let input = counted(input, self.progress);
                    // The visitor raises no errors of its own: what it meets, it reports.
                    if let Err(error) = self.scan.reader.read(&dump.name, input, &mut visitor) {
                        visitor.report(&dump.name, error.to_string());
                    }
                }
                Err(error) => visitor.report(&dump.name, error.to_string()),
            }
        }
        self.after(self.order.finish(number, visitor.pieces()));
        // What was given up is not done.
        if !self.progress.is_stopped() {
            self.progress.dumps.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn scan_piece(&self, piece: Piece) {
        let Piece { dump, number, context, work, data } = piece;
        let lines = LineScan::new(&work.format, &self.scan.limits, self.scan.matcher, self.scan.wanted);
        let mut judge = Judge {
            matcher: self.scan.matcher,
            wanted: self.scan.wanted,
            time: context.source.time,
            sink: self.workshop.batch(&context),
            rejected: 0,
        };
        let mut facts = BlockFacts::default();
        let mut unended = 0;
        let mut trouble = None;
        match data {
            PieceData::Block { text, cut } => {
                facts = lines.block(&text, 1, &mut judge);
                unended = u64::from(cut == Cut::AtLineEnd && text.last().is_some_and(|last| *last != b'\n'));
            }
            PieceData::Range { at, first, start, end } => {
                let range = Range::new(&*at, work.charset, first, start, end);
                let mut reader =
                    LineReader::new(range, &work.charset, work.old_mac, BLOCK, self.scan.limits.line_bytes);
                let mut overlong = false;
                while !self.progress.is_stopped()
                    && let Some(block) = reader.next_block()
                {
                    let more = lines.block(block.text, facts.line_feeds + 1, &mut judge);
                    overlong |= block.cut == Cut::InsideLine;
                    let is_open =
                        block.cut == Cut::InsideLine || block.text.last().is_some_and(|last| *last != b'\n');
                    unended = u64::from(is_open);
                    facts.line_feeds += more.line_feeds;
                    facts.addresses += more.addresses;
                }
                trouble = reader.error().map(|error| error.to_string());
                if overlong {
                    trouble = trouble.or_else(|| Some(overlong_line(self.scan.limits.line_bytes)));
                }
            }
        }
        self.progress.lines.fetch_add(facts.line_feeds + unended, Ordering::Relaxed);
        self.progress.addresses.fetch_add(facts.addresses, Ordering::Relaxed);
        self.progress.rejected.fetch_add(judge.rejected, Ordering::Relaxed);
        let lines = PieceLines::Relative(facts.line_feeds);
        self.put(dump, number, Item::Batch { member: context, batch: judge.sink, lines, trouble });
    }
}

/// What is reported of a line that is longer than the limit.
pub(super) fn overlong_line(limit: usize) -> String {
    format!("a line is longer than {limit} bytes and was read in parts")
}

/// The same input; what is read of it counts as progress.
fn counted(input: Input, progress: &Progress) -> Input {
    let bytes = Arc::clone(&progress.bytes);
    match input {
        Input::At(at) => {
            let uncounted = AtomicU64::new(at.len());
            Input::At(Arc::new(CountedAt { at, bytes, uncounted }))
        }
        Input::Stream(stream) => Input::Stream(Box::new(CountedStream { stream, bytes })),
    }
}

struct CountedAt {
    at: Arc<dyn ReadAt>,
    bytes: Arc<AtomicU64>,
    /// What is left to count: the beginning of a file is read more than once, and so are parts of archives.
    uncounted: AtomicU64,
}

impl ReadAt for CountedAt {
    fn len(&self) -> u64 {
        self.at.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.at.read_at(offset, buffer)?;
        let left = self.uncounted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(read as u64))
        });
        self.bytes.fetch_add(left.unwrap_or_default().min(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

struct CountedStream {
    stream: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for CountedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
