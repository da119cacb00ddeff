//! The engine beside its obvious twin: one core, the whole text in memory, every line parsed, domains compared
//! label by label with every name of the list.

use std::sync::Arc;

use mizumori_core::{LeakTime, SourceIndex, WatchList};
use mizumori_read::{Limits, MemberName, Reader};
use proptest::prelude::*;

use super::*;
use crate::format::{Format, LineFormat, detect};
use crate::lines::count_ats;
use crate::matching::{Look, Match};
use crate::record::{Emit, Login, Origin, Record, Reject};

const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
    domains = ['mof.go.jp', 'a.example', 'x.a.example', '水源省.example']\nstaff_sites = ['vpn.test']\n";
/// The watched domains, and the staff site behind them.
const NAMES: [&str; 5] = ["mof.go.jp", "a.example", "x.a.example", "xn--1rw63ci5l.example", "vpn.test"];

/// A record as text, with its line in the member.
type Row = (String, u64, String);

fn row(record: &Record<'_>) -> String {
    let mut login = String::new();
    match &record.login {
        Login::Account(account) => account.expose_into(&mut login),
        Login::Name(name) => login = format!("~{name}"),
        Login::None => {}
    }
    format!("{login} {:?} {}", record.url.as_ref().map(crate::url::Url::expose), record.secret.expose())
}

/// Keeps the records of a piece as text.
#[derive(Default)]
struct Rows(Vec<(u64, String)>);

impl Sink for Rows {
    fn record(&mut self, record: &Record<'_>, _matched: Option<&Match>) {
        self.0.push((record.line, row(record)));
    }

    fn weight(&self) -> usize {
        self.0.len() * 64
    }
}

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

fn scanned(
    path: &std::path::Path,
    wanted: Wanted,
    watch: &WatchList,
    threads: usize,
    size: u64,
) -> (Vec<Row>, [u64; 2]) {
    let reader = Reader::new(Limits::default());
    let matcher = Matcher::new(watch, Look::AccountsAndSites);
    let scan = Scan {
        reader: &reader,
        matcher: Some(&matcher),
        wanted,
        limits: RecordLimits::default(),
        threads,
        hand_over: HandOver::InOrder,
        pieces: PieceSizes { range: size, block: size as usize },
    };
    let dump = Dump::new(MemberName::from_path(path), DumpPlace::File(path.to_owned()));
    let progress = Progress::default();
    let mut rows = Vec::new();
    scan.run(&[dump.clone(), dump], &Bench, &progress, |event| {
        match event {
            Event::Batch { member, batch, lines_before } => {
                rows.extend(
                    batch
                        .0
                        .into_iter()
                        .map(|(line, row)| (member.name.to_string(), line + lines_before, row)),
                );
            }
            Event::Unreadable { why, .. } => panic!("{why}"),
        }
        Proceed::GoOn
    })
    .unwrap();
    let half = rows.len() / 2;
    assert_eq!(rows[..half], rows[half..], "the same dump twice, in order");
    rows.truncate(half);
    (rows, [progress.lines.load(Ordering::Relaxed) / 2, progress.addresses.load(Ordering::Relaxed) / 2])
}

/// What the twin emits: every record, and whether it is watched.
struct Twin(Vec<(bool, u64, String)>);

impl Emit for Twin {
    fn record(&mut self, record: Record<'_>) {
        let below = |host: &str, names: &[&str]| {
            names.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
        };
        let account = record.login.account().is_some_and(|account| below(account.host(), &NAMES[..4]));
        let site = record.url.as_ref().and_then(|url| url.host()).is_some_and(|host| below(host, &NAMES));
        let irregular = record.login.account().is_some_and(|account| !account.is_regular());
        if irregular && !account && record.origin == Origin::Text {
            return;
        }
        let mut text = row(&record);
        if irregular && !account {
            text.insert(0, '~');
        }
        self.0.push((account || site, record.line, text));
    }

    fn rejected(&mut self, _line: u64, _why: Reject) {}
}

fn twin(text: &[u8]) -> (Vec<(bool, u64, String)>, [u64; 2]) {
    let Format::Lines(format) = detect(text, true) else { panic!("no line format") };
    let mut out = Twin(Vec::new());
    let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
    for (number, line) in lines.iter().enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        format.line(number as u64 + 1, line, &RecordLimits::default(), &mut out);
    }
    (out.0, [lines.len() as u64, count_ats(text)])
}

fn check(text: &[u8]) {
    let watch = WatchList::parse("w", LIST).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump");
    std::fs::write(&path, text).unwrap();
    let (expected, facts) = twin(text);
    let name = MemberName::from_path(&path).to_string();
    for (threads, size) in [(1, 1 << 20), (2, 64), (3, 7)] {
        let (all, counted) = scanned(&path, Wanted::All, &watch, threads, size);
        let every: Vec<_> =
            expected.iter().map(|(_, line, row)| (name.clone(), *line, row.clone())).collect();
        assert_eq!(all, every, "all, {threads} threads, {size} bytes");
        assert_eq!(counted, facts);
        let (watched, counted) = scanned(&path, Wanted::Watched, &watch, threads, size);
        let some: Vec<_> = expected
            .iter()
            .filter(|row| row.0)
            .map(|(_, line, row)| (name.clone(), *line, row.clone()))
            .collect();
        assert_eq!(watched, some, "watched, {threads} threads, {size} bytes");
        assert_eq!(counted, facts);
    }
}

/// Words of which lines are made: whatever may be confused with something else.
fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "taro@mof.go.jp",
        "Hanako@X.A.example",
        "x@evilmof.go.jp",
        "y@mof.go.jp.evil.test",
        "z@b.example",
        "Taro <taro@a.example>",
        "..d@docomo.ne.jp",
        "..q@a.example",
        "..q@b.example",
        "ｔａｒｏ＠ｍｏｆ．ｇｏ．ｊｐ",
        "t＠水源省.example",
        "u@a.exampleまで",
        "p@ss",
        "@",
        "v@ a.example",
        "w@　a.example",
        "yamada01",
        "pw",
        "https://vpn.mof.go.jp/login",
        "https://vpn.test",
        "http://u:p@a.example:8443",
        "vpn.test",
        "www.mof.go.jp/x",
        "android://aGFz==@com.a.example/",
        "://",
        "https://b.example/?m=taro@mof.go.jp",
        "\"",
        "'",
        "\u{fffd}",
        "水",
        "8443",
        "NULL",
    ]);
    let separator = prop::sample::select(vec![
        ":", ":", ":", ":", "----", "----", "---", ";", "|", "\t", ",", " ", "", "/", "\r",
    ]);
    prop::collection::vec((word, separator), 0..6)
        .prop_map(|parts| parts.into_iter().map(|(word, separator)| [word, separator].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn lists_and_text(head in prop::sample::select(vec!["", "a@b.example:p\n", "a@b.example----p\n", "p:a@b.example\n", "https://c.example/:l:p\n",
        "a@b.example:p:https://c.example/\n", "vpn.c.example:l:p\n", "a@b.example;p\n", "a@b.example p\n"]), repeat in 0..8_usize,
        lines in prop::collection::vec(line(), 0..12), end in prop::sample::select(vec!["", "\n"])) {
        // One line feed at least: without any, carriage returns end lines.
        let text = [head.repeat(repeat), "\n".to_owned(), lines.join("\n"), end.to_owned()].concat();
        if matches!(detect(text.as_bytes(), true), Format::Lines(LineFormat::List(_) | LineFormat::Text)) {
            check(text.as_bytes());
        }
    }

    #[test]
    fn broken_bytes(head in prop::sample::select(vec!["", "a@b.example:p\n"]), pieces in prop::collection::vec(
        prop_oneof![line().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..6)], 0..10)) {
        let text = [head.repeat(3).into_bytes(), pieces.concat()].concat();
        let whole = mizumori_read::Charset::detect(&text, true);
        let has_feeds = memchr::memchr(b'\n', &text).is_some();
        if whole.charset.is_utf8() && whole.bom_len == 0 && has_feeds
            && matches!(detect(&text, true), Format::Lines(LineFormat::List(_) | LineFormat::Text)) {
            check(&text);
        }
    }
}

#[test]
fn a_long_list_on_all_cores() {
    let text: String = (0..5_000)
        .map(|at| format!("user{at}@{}:pa:ss{at}\n", ["b.example", "mof.go.jp", "vpn.test"][at % 3]))
        .collect();
    check(text.as_bytes());
}
