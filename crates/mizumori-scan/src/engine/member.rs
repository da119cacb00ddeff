//! One dump: its members one after the other, each by its encoding and format.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mizumori_read::{Body, Charset, Decoder, Flow, MemberName, ReadAt, Unreadable, VisitError, Visitor};

use super::order::{Item, PieceLines};
use super::pool::{LineWork, Piece, PieceData, Pool, overlong_line};
use super::read_lines::{Bytes, Cut, LineReader, OldMac, read_full};
use super::text::TextReader;
use super::{Event, MemberContext, Part, Proceed, Workshop};
use crate::format::{Format, StatefulFormat, detect};
use crate::lines::count_ats;
use crate::matching::{Judge, Match, Wanted, absence};
use crate::record::{Record, Reject};
use crate::sink::Sink;

/// Encoding and format are fixed from so many bytes.
const SAMPLE: usize = 1 << 20;
/// A batch of a stateful format is handed over when it has grown to this.
const FLUSH: usize = 4 << 20;

/// Cuts one dump into pieces, and scans those that others do not take.
pub(super) struct DumpVisitor<'v, 'p, W: Workshop, R> {
    pool: &'v Pool<'p, W, R>,
    dump: usize,
    /// The part of it that is scanned.
    part: Option<Part>,
    /// The number of the next piece.
    pieces: u64,
    /// The last member that could not be read and was reported.
    reported: Option<MemberName>,
}

impl<'v, 'p, W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> DumpVisitor<'v, 'p, W, R> {
    pub(super) fn new(pool: &'v Pool<'p, W, R>, dump: usize, part: Option<Part>) -> Self {
        Self { pool, dump, part, pieces: 0, reported: None }
    }

    /// Whether what cannot be cut is somebody else's.
    fn is_later_part(&self) -> bool {
        self.part.is_some_and(|part| part.start > 0)
    }

    /// How many pieces there were.
    pub(super) fn pieces(&self) -> u64 {
        self.pieces
    }

    /// Reports something that could not be read. Once the run is asked to stop nothing is: what looks cut off then
    /// was given up.
    pub(super) fn report(&mut self, name: &MemberName, why: String) {
        if self.pool.progress.is_stopped() || self.is_later_part() {
            return;
        }
        let piece = self.number();
        self.pool.put(self.dump, piece, Item::Unreadable { name: name.clone(), why });
    }

    fn number(&mut self) -> u64 {
        self.pieces += 1;
        self.pieces - 1
    }

    /// The next piece of a member.
    fn piece(&mut self, context: &Arc<MemberContext>, work: &Arc<LineWork>, data: PieceData) -> Piece {
        let number = self.number();
        Piece { dump: self.dump, number, context: Arc::clone(context), work: Arc::clone(work), data }
    }

    /// Splits a plain file into ranges and leaves them to whoever is free.
    fn ranges(
        &mut self,
        context: &Arc<MemberContext>,
        work: &Arc<LineWork>,
        at: &Arc<dyn ReadAt>,
        first: u64,
    ) {
        // Short ranges near the end would keep all cores busy a little longer; equal ones are simple.
        let size = self.pool.scan.pieces.range.max(at.len() / 65_536).next_multiple_of(2);
        let (mut start, end) = self.part.map_or((0, at.len()), |part| (part.start, part.end.min(at.len())));
        while start < end {
            // Lines that begin before the end of a part are of it, and no others.
            let until = if end < at.len() { end.min(start + size) } else { start + size };
            let data = PieceData::Range { at: Arc::clone(at), first, start, end: until };
            let piece = self.piece(context, work, data);
            self.pool.push(piece);
            start += size;
        }
    }

    /// Cuts a stream into blocks: others take them, or it scans them itself.
    fn blocks<B: Bytes>(&mut self, context: &Arc<MemberContext>, work: &Arc<LineWork>, bytes: B) {
        let longest = self.pool.scan.limits.line_bytes;
        let mut reader =
            LineReader::new(bytes, &work.charset, work.old_mac, self.pool.scan.pieces.block, longest);
        let mut open_line = Cut::AtLineEnd;
        let mut overlong = false;
        while !self.pool.progress.is_stopped()
            && let Some(block) = reader.next_block()
        {
            open_line = block.cut;
            overlong |= block.cut == Cut::InsideLine;
            let data = PieceData::Block { text: block.text.to_vec(), cut: block.cut };
            let piece = self.piece(context, work, data);
            if let Err(piece) = self.pool.offer(piece) {
                self.pool.scan_piece(piece);
            }
        }
        if open_line == Cut::InsideLine {
            self.pool.progress.lines.fetch_add(1, Ordering::Relaxed);
        }
        if overlong {
            self.report(&context.name, overlong_line(longest));
        }
        // A read error of a container's member is reported by the reader.
    }

    fn stateful<B: Bytes>(
        &mut self,
        context: &Arc<MemberContext>,
        format: &StatefulFormat,
        charset: &Charset,
        old_mac: OldMac,
        bytes: B,
    ) {
        let pool = self.pool;
        let mut text = TextReader::new(bytes, charset, old_mac, pool.progress);
        let batch = pool.workshop.batch(context);
        let sink = Flushing { pool, dump: self.dump, pieces: &mut self.pieces, context, batch };
        let mut judge = Judge {
            matcher: pool.scan.matcher,
            wanted: pool.scan.wanted,
            time: context.source.time,
            sink,
            rejected: 0,
        };
        format.scan(&mut text, &pool.scan.limits, &mut judge);
        pool.progress.rejected.fetch_add(judge.rejected, Ordering::Relaxed);
        judge.sink.finish();
    }
}

impl<W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> Visitor for DumpVisitor<'_, '_, W, R> {
    fn member(&mut self, name: &MemberName, body: Body<'_>) -> Result<Flow, VisitError> {
        if self.pool.progress.is_stopped() {
            return Ok(Flow::Stop);
        }
        let Some(source) = self.pool.workshop.source(name) else { return Ok(Flow::Continue) };
        let context = Arc::new(MemberContext { name: name.clone(), source });
        match body {
            Body::At(at) if self.is_later_part() => {
                if !self.is_inside(name) {
                    self.held(&context, &at);
                }
                return Ok(Flow::Stop);
            }
            Body::Stream(_) if self.is_later_part() => return Ok(Flow::Stop),
            Body::At(at) => self.held(&context, &at),
            Body::Stream(stream) => self.streamed(&context, stream),
        }
        Ok(if self.pool.progress.is_stopped() { Flow::Stop } else { Flow::Continue })
    }

    fn unreadable(&mut self, name: &MemberName, why: &Unreadable) {
        // The walk notes failures too: of what was reported it knows nothing more.
        if self.reported.take().is_none_or(|reported| reported != *name) {
            self.report(name, why.to_string());
        }
    }
}

impl<W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> DumpVisitor<'_, '_, W, R> {
    /// Whether a member lies inside the dump, and is not the dump itself.
    fn is_inside(&self, member: &MemberName) -> bool {
        self.pool.name_of(self.dump).is_none_or(|dump| dump != member)
    }

    /// A member that can be read at any place.
    fn held(&mut self, context: &Arc<MemberContext>, at: &Arc<dyn ReadAt>) {
        let mut sample = vec![0; usize::try_from(at.len()).unwrap_or(usize::MAX).min(SAMPLE)];
        let read = match read_full(&**at, 0, &mut sample) {
            Ok(read) => read,
            Err(error) => {
                self.reported = Some(context.name.clone());
                return self.report(&context.name, error.to_string());
            }
        };
        sample.truncate(read);
        let whole = at.len() == read as u64;
        if whole && self.part.is_none() && self.holds_nothing(context, &sample) {
            return;
        }
        let seen = Seen::of(&sample, whole);
        let may_split = seen.charset.restarts_at_line() && seen.old_mac == OldMac::No;
        match &seen.format {
            Format::Lines(format) if at.len() > self.pool.scan.pieces.range && may_split => {
                let work =
                    Arc::new(LineWork { format: format.clone(), charset: seen.charset, old_mac: OldMac::No });
                self.ranges(context, &work, at, seen.bom as u64);
            }
            _ if self.is_later_part() => {}
            _ => {
                let rest = AtReader { at: &**at, position: sample.len() as u64 };
                self.by_format(context, &seen, Chained { head: &sample, taken: seen.bom, rest });
            }
        }
    }

    /// A member that is read once, from its start.
    fn streamed(&mut self, context: &Arc<MemberContext>, stream: &mut dyn Read) {
        let mut sample = Vec::new();
        // An error ends the data; the reader, which wrapped the stream, reports it.
        let outcome = stream.take(SAMPLE as u64).read_to_end(&mut sample);
        let whole = outcome.is_err() || sample.len() < SAMPLE;
        if whole && self.holds_nothing(context, &sample) {
            return;
        }
        let seen = Seen::of(&sample, whole);
        if whole {
            self.by_format(context, &seen, Chained { head: &sample, taken: seen.bom, rest: Nothing });
        } else {
            self.by_format(context, &seen, Chained { head: &sample, taken: seen.bom, rest: stream });
        }
    }

    /// Whether a whole member certainly holds nothing watched; it is done with then.
    fn holds_nothing(&mut self, context: &Arc<MemberContext>, text: &[u8]) -> bool {
        let pool = self.pool;
        let Some(matcher) = pool.scan.matcher.filter(|_| pool.scan.wanted == Wanted::Watched) else {
            return false;
        };
        // An overlong line is reported, whatever stands in it.
        let may_be_overlong = text.len() > pool.scan.limits.line_bytes;
        if may_be_overlong || !absence::is_certain(matcher.names(), matcher.look(), text) {
            return false;
        }
        let unended = text.last().is_some_and(|last| *last != b'\n');
        let lines = memchr::memchr_iter(b'\n', text).count() as u64 + u64::from(unended);
        pool.progress.lines.fetch_add(lines, Ordering::Relaxed);
        pool.progress.addresses.fetch_add(count_ats(text), Ordering::Relaxed);
        let batch = pool.workshop.batch(context);
        let item =
            Item::Batch { member: Arc::clone(context), batch, lines: PieceLines::Absolute, trouble: None };
        pool.put(self.dump, self.number(), item);
        true
    }

    fn by_format<B: Bytes>(&mut self, context: &Arc<MemberContext>, seen: &Seen, bytes: B) {
        match &seen.format {
            Format::Lines(format) => {
                let work = LineWork { format: format.clone(), charset: seen.charset, old_mac: seen.old_mac };
                self.blocks(context, &Arc::new(work), bytes);
            }
            Format::Stateful(format) => self.stateful(context, format, &seen.charset, seen.old_mac, bytes),
        }
    }
}

/// What a sample tells of its member.
struct Seen {
    charset: Charset,
    bom: usize,
    old_mac: OldMac,
    format: Format,
}

impl Seen {
    fn of(sample: &[u8], whole: bool) -> Self {
        let detection = Charset::detect(sample, whole);
        let raw = sample.get(detection.bom_len..).unwrap_or_default();
        let decoded = (!detection.charset.is_utf8()).then(|| {
            let mut decoded = Vec::new();
            Decoder::new(&detection.charset).decode(raw, whole, &mut decoded);
            decoded
        });
        let text = decoded.as_deref().unwrap_or(raw);
        let is_old_mac = memchr::memchr(b'\n', text).is_none()
            && memchr::memchr(b'\r', text).is_some_and(|at| at + 1 < text.len());
        let (old_mac, format) = if is_old_mac {
            let text: Vec<u8> = text.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
            (OldMac::Yes, detect(&text, whole))
        } else {
            (OldMac::No, detect(text, whole))
        };
        Self { charset: detection.charset, bom: detection.bom_len, old_mac, format }
    }
}

/// The sample, then what follows it.
struct Chained<'c, B> {
    head: &'c [u8],
    taken: usize,
    rest: B,
}

impl<B: Bytes> Bytes for Chained<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.head.get(self.taken..) {
            Some(mut head) if !head.is_empty() => {
                let read = Read::read(&mut head, buffer)?;
                self.taken += read;
                Ok(read)
            }
            _ => self.rest.read(buffer),
        }
    }

    fn left(&self) -> usize {
        self.head.len().saturating_sub(self.taken).saturating_add(self.rest.left())
    }
}

struct Nothing;

impl Bytes for Nothing {
    fn read(&mut self, _buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }

    fn left(&self) -> usize {
        0
    }
}

struct AtReader<'a> {
    at: &'a dyn ReadAt,
    position: u64,
}

impl Bytes for AtReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = read_full(self.at, self.position, buffer)?;
        self.position += read as u64;
        Ok(read)
    }

    fn left(&self) -> usize {
        usize::try_from(self.at.len().saturating_sub(self.position)).unwrap_or(usize::MAX)
    }
}

/// Hands a batch over whenever it has grown large, so that a long member needs no more memory than a short one.
struct Flushing<'f, 'p, W: Workshop, R> {
    pool: &'f Pool<'p, W, R>,
    dump: usize,
    pieces: &'f mut u64,
    context: &'f Arc<MemberContext>,
    batch: W::Batch,
}

impl<W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> Flushing<'_, '_, W, R> {
    fn finish(self) {
        let item = Item::Batch {
            member: Arc::clone(self.context),
            batch: self.batch,
            lines: PieceLines::Absolute,
            trouble: None,
        };
        self.pool.put(self.dump, *self.pieces, item);
        *self.pieces += 1;
    }
}

impl<W: Workshop, R: FnMut(Event<W::Batch>) -> Proceed + Send> Sink for Flushing<'_, '_, W, R> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        self.batch.record(record, matched);
        if self.batch.weight() > FLUSH {
            let batch = std::mem::replace(&mut self.batch, self.pool.workshop.batch(self.context));
            let item = Item::Batch {
                member: Arc::clone(self.context),
                batch,
                lines: PieceLines::Absolute,
                trouble: None,
            };
            self.pool.put(self.dump, *self.pieces, item);
            *self.pieces += 1;
        }
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.batch.rejected(line, why);
    }
}
