//! Scans of bytes in memory through the library, thousands of dumps in one run.

use std::collections::BTreeMap;
use std::sync::Arc;

use mizumori_core::watch::Found;
use mizumori_core::{Account, LeakTime, SourceIndex, WatchList};
use mizumori_read::{Bytes, MemberName, Reader};
use mizumori_scan::{
    Dump, DumpPlace, Event, HandOver, Login, Look, Match, Matcher, MemberContext, MemberSource, PieceSizes,
    Proceed, Progress, Record, RecordLimits, Scan, Sink, SiteMatch, Url, Wanted, Workshop,
};

use super::shown::Shown;

/// How dumps are scanned.
pub(super) struct How<'h> {
    pub(super) watch: &'h WatchList,
    pub(super) wanted: Wanted,
    pub(super) pieces: PieceSizes,
    pub(super) reader: Reader,
}

impl<'h> How<'h> {
    pub(super) fn new(watch: &'h WatchList, wanted: Wanted) -> Self {
        Self { watch, wanted, pieces: PieceSizes::default(), reader: Reader::default() }
    }
}

/// What came out: records by the members' names, in their order, and what could not be read.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) members: BTreeMap<String, Vec<String>>,
    pub(super) unreadable: Vec<(String, String)>,
}

/// A dump in memory.
pub(super) fn held(name: &str, bytes: &[u8]) -> Dump {
    Dump::new(MemberName::new(name), DumpPlace::Held(Arc::new(Bytes::new(bytes))))
}

/// Scans `dumps`.
pub(super) fn scan(how: &How<'_>, dumps: &[Dump]) -> Outcome {
    let matcher = Matcher::new(how.watch, Look::AccountsAndSites);
    let scan = Scan {
        reader: &how.reader,
        matcher: Some(&matcher),
        wanted: how.wanted,
        limits: RecordLimits::default(),
        threads: 2,
        hand_over: HandOver::InOrder,
        pieces: how.pieces,
    };
    let mut outcome = Outcome::default();
    let progress = Progress::default();
    let done = scan.run(dumps, &Notebook { watch: how.watch }, &progress, |event| {
        match event {
            Event::Batch { member, batch, lines_before } => {
                let records = outcome.members.entry(member.name.to_string()).or_default();
                let numbered = |note: &Note| format!("{}{}", note.line + lines_before, note.rest);
                records.extend(batch.notes.iter().map(numbered));
            }
            Event::Unreadable { name, why } => outcome.unreadable.push((name.to_string(), why)),
        }
        Proceed::GoOn
    });
    done.unwrap();
    outcome
}

struct Notebook<'w> {
    watch: &'w WatchList,
}

struct Page<'w> {
    watch: &'w WatchList,
    notes: Vec<Note>,
}

/// A record whose line number is known only when the pieces before it are.
struct Note {
    line: u64,
    rest: String,
}

impl<'w> Workshop for Notebook<'w> {
    type Batch = Page<'w>;

    fn source(&self, _: &MemberName) -> Option<MemberSource> {
        Some(MemberSource { index: SourceIndex(0), time: LeakTime::Unknown })
    }

    fn batch(&self, _: &Arc<MemberContext>) -> Page<'w> {
        Page { watch: self.watch, notes: Vec::new() }
    }
}

impl Sink for Page<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        let mut address = String::new();
        if let Some(account) = record.login.account() {
            account.expose_into(&mut address);
        }
        let (matched_by, watched) = self.watched(matched);
        let shown = Shown {
            line: 0,
            account: record.login.account().map(|_| address.as_str()),
            login: match &record.login {
                Login::Name(name) => Some(name),
                Login::Account(_) | Login::None => None,
            },
            kind: record.secret.kind().as_str(),
            algorithm: record.secret.algorithm(),
            value: record.secret.is_present().then(|| record.secret.expose()),
            url: record.url.as_ref().map(Url::expose),
            matched_by,
            watched,
            non_rfc: record.login.account().is_some_and(Account::non_rfc),
        };
        let rest = shown.line().split_off(1);
        self.notes.push(Note { line: record.line, rest });
    }
}

impl<'w> Page<'w> {
    fn watched(&self, matched: Option<&Match>) -> (Option<&'static str>, Option<&'w str>) {
        let Some(Match { account, site }) = matched else { return (None, None) };
        let domain = |index: mizumori_core::watch::DomainIndex| self.watch.domains[index.0].name.as_str();
        let by_account = account.and_then(|found| match found {
            Found::Watched(index) => Some(domain(index)),
            Found::OutsideValidity => None,
        });
        let by_site = site.map(|site| match site {
            SiteMatch::Domain(index) => domain(index),
            SiteMatch::Staff(site) => self.watch.staff_site(site).unwrap().as_str(),
        });
        match (by_account, by_site) {
            (Some(name), Some(_)) => (Some("both"), Some(name)),
            (Some(name), None) => (Some("account"), Some(name)),
            (None, name) => (name.map(|_| "site"), name),
        }
    }
}
