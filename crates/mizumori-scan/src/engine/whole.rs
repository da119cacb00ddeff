//! The parts of a dump hold together what the dump holds, wherever it is cut.

use std::io::Write as _;
use std::sync::Arc;

use mizumori_core::{LeakTime, SourceIndex};
use mizumori_read::{Bytes, Limits, MemberName, Reader};
use proptest::prelude::*;

use super::*;
use crate::matching::Match;
use crate::record::{Login, Record};

/// Lines from which plain files are cut, in bytes.
const SIZE: u64 = 64;

/// Keeps the accounts of a piece.
#[derive(Default)]
struct Accounts(Vec<String>);

impl Sink for Accounts {
    fn record(&mut self, record: &Record<'_>, _: Option<&Match>) {
        if let Login::Account(account) = &record.login {
            let mut text = String::new();
            account.expose_into(&mut text);
            self.0.push(format!("{text} {}", record.secret.expose()));
        }
    }
}

struct Bench;

impl Workshop for Bench {
    type Batch = Accounts;

    fn source(&self, _: &MemberName) -> Option<MemberSource> {
        Some(MemberSource { index: SourceIndex(0), time: LeakTime::Unknown })
    }

    fn batch(&self, _: &Arc<MemberContext>) -> Accounts {
        Accounts::default()
    }
}

/// Accounts in order, physical lines, and what could not be read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found(Vec<String>, u64, usize);

fn found(bytes: &[u8], parts: &[Option<Part>]) -> Found {
    let reader = Reader::new(Limits::default());
    let scan = Scan {
        reader: &reader,
        matcher: None,
        wanted: Wanted::All,
        limits: RecordLimits::default(),
        threads: 2,
        hand_over: HandOver::AsItComes,
        pieces: PieceSizes { range: SIZE, block: SIZE as usize },
    };
    let mut found = Found::default();
    for part in parts {
        let place = DumpPlace::Held(Arc::new(Bytes::new(bytes)));
        let dump = Dump { part: *part, ..Dump::new(MemberName::new("dump"), place) };
        let progress = Progress::default();
        let ran = scan.run(&[dump], &Bench, &progress, |event| {
            match event {
                Event::Batch { batch, .. } => found.0.extend(batch.0),
                Event::Unreadable { .. } => found.2 += 1,
            }
            Proceed::GoOn
        });
        ran.unwrap();
        found.1 += progress.lines.load(Ordering::Relaxed);
    }
    found.0.sort();
    found
}

/// The parts between some cuts.
fn parts(len: u64, cuts: &[u64]) -> Vec<Option<Part>> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut * 2).filter(|cut| *cut < len && *cut > 0).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.push(len);
    let mut start = 0;
    let part = |end| {
        let part = Part { start, end };
        start = end;
        Some(part)
    };
    ends.into_iter().map(part).collect()
}

fn list(accounts: usize) -> String {
    (0..accounts).map(|at| format!("user{at}@a.example:p{at}\n")).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Of every sort that is cut, and every sort that is not.
fn dumps() -> Vec<(&'static str, Vec<u8>, usize)> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(list(40).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut cut_off = gzip.clone();
    cut_off.truncate(gzip.len() / 2);
    let sql: String = (0..40)
        .map(|at| format!("INSERT INTO users (email, password) VALUES ('user{at}@a.example', 'p{at}');\n"))
        .collect();
    vec![
        ("a list", list(40).into_bytes(), 40),
        ("a list without an end", list(40).trim_end().as_bytes().to_vec(), 40),
        ("a list of two bytes a character", utf16(&list(40)), 40),
        ("a list of the last century", list(40).replace('\n', "\r").into_bytes(), 40),
        ("a short list", list(2).into_bytes(), 2),
        ("nothing", Vec::new(), 0),
        ("a stream", gzip, 40),
        ("statements", sql.into_bytes(), 40),
        ("a stream that is cut off", cut_off, usize::MAX),
    ]
}

#[test]
fn whatever_it_is() {
    for (what, bytes, accounts) in dumps() {
        let whole = found(&bytes, &[None]);
        if accounts != usize::MAX {
            assert_eq!(whole.0.len(), accounts, "{what}");
        }
        let len = bytes.len() as u64;
        for cuts in [&[][..], &[1], &[100, 101, 300], &[u64::MAX / 2]] {
            assert_eq!(found(&bytes, &parts(len, cuts)), whole, "{what}, cut at {cuts:?}");
        }
        let thirds: Vec<_> = (1..40).map(|at| at * len / 80).collect();
        assert_eq!(found(&bytes, &parts(len, &thirds)), whole, "{what}, in many parts");
    }
}

proptest! {
    #[test]
    fn wherever_it_is_cut(lines in 3..60_usize, two_bytes in any::<bool>(), cuts in prop::collection::vec(0..1200_u64, 0..6)) {
        let bytes = if two_bytes { utf16(&list(lines)) } else { list(lines).into_bytes() };
        let whole = found(&bytes, &[None]);
        prop_assert_eq!(whole.0.len(), lines);
        prop_assert_eq!(found(&bytes, &parts(bytes.len() as u64, &cuts)), whole);
    }
}
