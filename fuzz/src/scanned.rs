//! Bytes in memory, scanned the way the product scans a file, with every record kept as text.
//!
//! Nothing is judged here but that a run ends well and hands over what belongs together; what runs have to have in
//! common is [`check_ways`]'s and the targets' matter.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use mizumori_core::{LeakTime, SourceIndex, WatchList};
use mizumori_read::{Bytes, Limits, MemberName, ReadAt, Reader};
use mizumori_scan::{
    Dump, DumpPlace, Event, HandOver, Login, Look, Match, Matcher, MemberContext, MemberSource, PieceSizes,
    Proceed, Progress, Record, RecordLimits, Scan, Sink, Wanted, Workshop,
};

/// What is watched: domains below each other, one in another script, a public suffix's child, a staff site.
const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
    domains = ['mof.go.jp', 'a.example', 'x.a.example', '水源省.example']\nstaff_sites = ['vpn.test']\n";

static WATCHED: LazyLock<WatchList> = LazyLock::new(|| match WatchList::parse("list", LIST) {
    Ok(list) => list,
    Err(mistakes) => panic!("{mistakes}"),
});

static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&WATCHED, Look::AccountsAndSites));

/// Containers may expand to about a megabyte, so that an execution stays short.
pub const SMALL: Limits = Limits {
    depth: 4,
    ratio: 100,
    ratio_floor: 128 << 10,
    member_bytes: 512 << 10,
    total_bytes: 1 << 20,
    members: 64,
    dictionary_bytes: 8 << 20,
    header_bytes: 1 << 20,
    memory_bytes: 64 << 10,
    spool_bytes: 2 << 20,
    found_bytes: 4 << 10,
};

/// Limits on records that ordinary dumps hit.
pub const TIGHT: RecordLimits = RecordLimits { line_bytes: 64, field_bytes: 24, fields: 8, record_bytes: 96 };

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The member's name.
    pub member: String,
    /// The physical line.
    pub line: u64,
    /// Login, secret and URL, as text.
    pub text: String,
    /// How it is watched.
    pub matched: Option<Match>,
}

/// What a run gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The records, in order.
    pub rows: Vec<Row>,
    /// What could not be read: the member, and why.
    pub unreadable: Vec<(String, String)>,
    /// Physical lines.
    pub lines: u64,
    /// At-signs that were looked at.
    pub addresses: u64,
}

impl Outcome {
    /// The watched records only.
    pub fn watched(&self) -> Vec<Row> {
        self.rows.iter().filter(|row| row.matched.is_some()).cloned().collect()
    }
}

/// How a dump is scanned.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Which records are wanted.
    pub wanted: Wanted,
    /// How many workers.
    pub threads: usize,
    /// How lines are cut into pieces, in bytes.
    pub piece: usize,
    /// The limits on records.
    pub limits: RecordLimits,
}

impl Way {
    /// One worker, one piece, the usual limits.
    pub fn plain(wanted: Wanted) -> Self {
        Self { wanted, threads: 1, piece: 128 << 10, limits: RecordLimits::default() }
    }

    /// Two workers over pieces of `piece` bytes.
    pub fn in_pieces(wanted: Wanted, piece: usize) -> Self {
        Self { threads: 2, piece, ..Self::plain(wanted) }
    }

    /// The same with other limits on records.
    #[must_use]
    pub fn within(self, limits: RecordLimits) -> Self {
        Self { limits, ..self }
    }
}

/// Scans `bytes`.
pub fn scan(bytes: &[u8], way: Way) -> Outcome {
    let reader = Reader::new(SMALL);
    let scan = Scan {
        reader: &reader,
        matcher: Some(&MATCHER),
        wanted: way.wanted,
        limits: way.limits,
        threads: way.threads,
        hand_over: HandOver::InOrder,
        pieces: PieceSizes { range: way.piece as u64, block: way.piece },
    };
    let held: Arc<dyn ReadAt> = Arc::new(Bytes::new(bytes));
    let dump = Dump::new(MemberName::new("dump"), DumpPlace::Held(held));
    let progress = Progress::default();
    let mut outcome = Outcome::default();
    let end = scan.run(&[dump], &Bench, &progress, |event| {
        match event {
            Event::Batch { member, batch, lines_before } => {
                outcome.rows.extend(batch.0.into_iter().map(|row| Row {
                    member: member.name.to_string(),
                    line: row.line + lines_before,
                    ..row
                }));
            }
            Event::Unreadable { name, why } => outcome.unreadable.push((name.to_string(), why)),
        }
        Proceed::GoOn
    });
    assert!(end.is_ok(), "the run ended early");
    outcome.lines = progress.lines.load(Ordering::Relaxed);
    outcome.addresses = progress.addresses.load(Ordering::Relaxed);
    outcome
}

/// What all ways through the engine have in common: *watched* gives what *all* gives and is watched, and neither
/// workers nor pieces change a record, its line or its place.
pub fn check_ways(bytes: &[u8]) {
    let all = scan(bytes, Way::plain(Wanted::All));
    let watched = scan(bytes, Way::plain(Wanted::Watched));
    assert_eq!(watched.rows, all.watched(), "watched, and all that is watched");
    assert_eq!((watched.lines, watched.addresses), (all.lines, all.addresses), "lines and addresses");
    assert_eq!(watched.unreadable, all.unreadable, "what could not be read");
    // One of the two an execution: it may as well be short.
    let choice = choice(bytes);
    let piece = 1 + choice % 97;
    let (wanted, whole) =
        if choice.is_multiple_of(2) { (Wanted::All, &all) } else { (Wanted::Watched, &watched) };
    let pieces = scan(bytes, Way::in_pieces(wanted, piece));
    assert_eq!(&pieces, whole, "{wanted:?}, in pieces of {piece} bytes");
}

/// A number that follows from the bytes and from nothing else.
fn choice(bytes: &[u8]) -> usize {
    bytes.iter().fold(bytes.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)))
}

/// Tight limits on records: nothing that is handed over is longer than they say.
pub fn check_limits(bytes: &[u8]) {
    let longest = TIGHT.line_bytes.max(TIGHT.record_bytes).max(TIGHT.field_bytes);
    let wanted = if choice(bytes).is_multiple_of(3) { Wanted::Watched } else { Wanted::All };
    for row in scan(bytes, Way { threads: 1, ..Way::in_pieces(wanted, 32) }.within(TIGHT)).rows {
        // Login, secret and URL, each with U+FFFD (three bytes) for every broken one.
        assert!(row.text.len() <= 3 * 3 * longest + 8, "a record of {} bytes", row.text.len());
    }
}

/// Keeps the records of a piece.
#[derive(Default)]
struct Rows(Vec<Row>);

impl Sink for Rows {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        let mut text = String::new();
        match &record.login {
            Login::Account(account) => account.expose_into(&mut text),
            Login::Name(name) => text = format!("~{name}"),
            Login::None => {}
        }
        text.push('\n');
        text.push_str(record.secret.expose());
        text.push('\n');
        text.push_str(record.url.as_ref().map_or("-", |url| url.expose()));
        // Whatever may be shown of a record has to be showable.
        let _shown = (
            record.secret.hint(),
            record.secret.length(),
            record.url.as_ref().map(mizumori_scan::Url::shown),
        );
        self.0.push(Row { member: String::new(), line: record.line, text, matched: matched.copied() });
    }

    fn weight(&self) -> usize {
        self.0.len() * 64
    }
}

/// One source for everything.
struct Bench;

impl Workshop for Bench {
    type Batch = Rows;

    fn source(&self, _member: &MemberName) -> Option<MemberSource> {
        Some(MemberSource { index: SourceIndex(0), time: LeakTime::Unknown })
    }

    fn batch(&self, _member: &Arc<MemberContext>) -> Rows {
        Rows::default()
    }
}
