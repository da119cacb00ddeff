//! Hands batches over one at a time, in the order of the input where that is wanted.
//!
//! Pieces are numbered within their dump when they are cut. A finished piece waits until everything before it
//! was handed over; whoever brings the piece that is due hands over all that is ready, while the others work on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Event, HandOver, MemberContext, Proceed};
use crate::sink::Sink;
use mizumori_read::MemberName;

/// One finished piece of a dump.
pub(super) enum Item<B> {
    Batch { member: Arc<MemberContext>, batch: B, lines: PieceLines, trouble: Option<String> },
    Unreadable { name: MemberName, why: String },
}

/// How the lines of a piece are counted.
#[derive(Clone, Copy)]
pub(super) enum PieceLines {
    /// The records' lines count from the piece's start; it has so many line feeds.
    Relative(u64),
    /// The records' lines count from the member's start.
    Absolute,
}

/// The pieces that wait, and the one who receives them.
pub(super) struct Order<B, R> {
    hand_over: HandOver,
    waiting: Mutex<Waiting<B>>,
    receiver: Mutex<R>,
    weight: AtomicUsize,
}

struct Waiting<B> {
    /// The dump whose pieces are due.
    dump: usize,
    /// Its piece that is due.
    piece: u64,
    dumps: BTreeMap<usize, DumpState<B>>,
    /// The member of the last piece handed over, with its lines so far.
    member: Option<(Arc<MemberContext>, u64)>,
    /// What went wrong with the last piece handed over.
    trouble: Option<Event<B>>,
}

struct DumpState<B> {
    items: BTreeMap<u64, Item<B>>,
    /// How many pieces it has, once that is known.
    pieces: Option<u64>,
}

impl<B> Default for DumpState<B> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), pieces: None }
    }
}

impl<B: Sink, R: FnMut(Event<B>) -> Proceed> Order<B, R> {
    pub(super) fn new(hand_over: HandOver, receiver: R) -> Self {
        let waiting = Waiting { dump: 0, piece: 0, dumps: BTreeMap::new(), member: None, trouble: None };
        Self {
            hand_over,
            waiting: Mutex::new(waiting),
            receiver: Mutex::new(receiver),
            weight: AtomicUsize::new(0),
        }
    }

    /// Takes piece `piece` of dump `dump`.
    pub(super) fn put(&self, dump: usize, piece: u64, item: Item<B>) -> Proceed {
        if self.hand_over == HandOver::AsItComes {
            let (event, trouble) = match item {
                Item::Batch { member, batch, trouble, .. } => {
                    let trouble = trouble.map(|why| Event::Unreadable { name: member.name.clone(), why });
                    (Event::Batch { member, batch, lines_before: 0 }, trouble)
                }
                Item::Unreadable { name, why } => (Event::Unreadable { name, why }, None),
            };
            let mut receive = lock(&self.receiver);
            return match (receive(event), trouble) {
                (Proceed::GoOn, Some(trouble)) => receive(trouble),
                (proceed, _) => proceed,
            };
        }
        self.weight.fetch_add(weight(&item), Ordering::Relaxed);
        lock(&self.waiting).dumps.entry(dump).or_default().items.insert(piece, item);
        self.hand_over_what_is_due()
    }

    /// Says that dump `dump` has `pieces` pieces and no more.
    pub(super) fn finish(&self, dump: usize, pieces: u64) -> Proceed {
        if self.hand_over == HandOver::AsItComes {
            return Proceed::GoOn;
        }
        lock(&self.waiting).dumps.entry(dump).or_default().pieces = Some(pieces);
        self.hand_over_what_is_due()
    }

    /// Roughly how many bytes wait.
    pub(super) fn weight(&self) -> usize {
        self.weight.load(Ordering::Relaxed)
    }

    /// The dump that is due: its pieces never have to wait for others.
    pub(super) fn due(&self) -> usize {
        lock(&self.waiting).dump
    }

    /// Hands over everything that is due, unless somebody else is doing so.
    pub(super) fn hand_over_what_is_due(&self) -> Proceed {
        let Ok(mut receiver) = self.receiver.try_lock() else { return Proceed::GoOn };
        loop {
            let Some(event) = lock(&self.waiting).next() else { return Proceed::GoOn };
            if let Event::Batch { batch, .. } = &event {
                self.weight.fetch_sub(batch.weight() + OVERHEAD, Ordering::Relaxed);
            }
            if receiver(event) == Proceed::Stop {
                return Proceed::Stop;
            }
        }
    }
}

/// What a waiting piece costs beside what it holds.
const OVERHEAD: usize = 256;

fn weight<B: Sink>(item: &Item<B>) -> usize {
    match item {
        Item::Batch { batch, .. } => batch.weight() + OVERHEAD,
        Item::Unreadable { .. } => 0,
    }
}

impl<B> Waiting<B> {
    fn next(&mut self) -> Option<Event<B>> {
        if let Some(trouble) = self.trouble.take() {
            return Some(trouble);
        }
        loop {
            let state = self.dumps.get_mut(&self.dump)?;
            if let Some(item) = state.items.remove(&self.piece) {
                self.piece += 1;
                return Some(self.event(item));
            }
            if state.pieces != Some(self.piece) {
                return None;
            }
            self.dumps.remove(&self.dump);
            self.dump += 1;
            self.piece = 0;
        }
    }

    fn event(&mut self, item: Item<B>) -> Event<B> {
        match item {
            Item::Unreadable { name, why } => Event::Unreadable { name, why },
            Item::Batch { member, batch, lines, trouble } => {
                self.trouble = trouble.map(|why| Event::Unreadable { name: member.name.clone(), why });
                let before = match &self.member {
                    Some((last, before)) if Arc::ptr_eq(last, &member) => *before,
                    _ => 0,
                };
                let (lines_before, after) = match lines {
                    PieceLines::Relative(lines) => (before, before + lines),
                    PieceLines::Absolute => (0, 0),
                };
                self.member = Some((Arc::clone(&member), after));
                Event::Batch { member, batch, lines_before }
            }
        }
    }
}

/// A lock whose holder panicked still holds whole items: they are put in and taken out in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
