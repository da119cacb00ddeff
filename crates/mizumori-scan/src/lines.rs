//! The fast way through line formats: a block of whole lines, of which only the lines that matter are parsed.
//!
//! *Watched*: every at-sign is found with SIMD, the domain on its right is tested, and only where it is a
//! watched one is the line around it parsed. Where sites are watched too, hosts behind `://` are tested the same
//! way, and in lists of URLs the host at a line's start. *All*: every line is parsed. The test may pass a line
//! that holds nothing; it never fails one that does, so that both ways give the same records.

use memchr::memmem::Finder;

use crate::address::WIDE_ATS;
use crate::format::{LineFormat, RecordLimits};
use crate::matching::{DomainRun, Look, Matcher, Names, Wanted};
use crate::record::Emit;
use crate::url::after_scheme;

/// What a block held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockFacts {
    /// Line feeds.
    pub(crate) line_feeds: u64,
    /// At-signs, narrow and wide: candidates for addresses.
    pub(crate) addresses: u64,
}

/// Scans blocks of one member.
pub(crate) struct LineScan<'s> {
    format: &'s LineFormat,
    limits: &'s RecordLimits,
    /// `None` when every line is parsed.
    watched: Option<Watched<'s>>,
}

/// What is looked for before a line is parsed.
struct Watched<'s> {
    names: &'s Names,
    wide: [Finder<'static>; 2],
    sites: Sites,
    escapes: Option<Finder<'static>>,
}

/// Where sites may stand.
enum Sites {
    /// They are not looked for.
    Nowhere,
    /// Behind `://`.
    BehindScheme(Finder<'static>),
    /// There, and at the start of a line.
    AtLineStart(Finder<'static>),
    /// Anywhere: every line is parsed.
    Anywhere,
}

impl<'s> LineScan<'s> {
    /// A scan of lines of `format`.
    pub(crate) fn new(
        format: &'s LineFormat,
        limits: &'s RecordLimits,
        matcher: Option<&'s Matcher<'s>>,
        wanted: Wanted,
    ) -> Self {
        let watched = matcher.filter(|_| wanted == Wanted::Watched).map(|matcher| {
            let scheme = || Finder::new("://");
            let sites = match (matcher.look(), format.sites()) {
                (Look::Accounts, _) => Sites::Nowhere,
                (Look::AccountsAndSites, SitePlaces::None) => Sites::Nowhere,
                (Look::AccountsAndSites, SitePlaces::BehindScheme) => Sites::BehindScheme(scheme()),
                (Look::AccountsAndSites, SitePlaces::AtLineStart) => Sites::AtLineStart(scheme()),
                (Look::AccountsAndSites, SitePlaces::Anywhere) => Sites::Anywhere,
            };
            let escapes = format.has_escapes().then(|| Finder::new("\\"));
            let wide = WIDE_ATS.map(|at| Finder::new(at.as_slice()));
            Watched { names: matcher.names(), wide, sites, escapes }
        });
        Self { format, limits, watched }
    }

    /// Scans `text`, whole lines of which the first is line `first_line`; the last may lack its line feed.
    pub(crate) fn block(&self, text: &[u8], first_line: u64, out: &mut dyn Emit) -> BlockFacts {
        match &self.watched {
            Some(watched) if !matches!(watched.sites, Sites::Anywhere) => {
                self.watched(watched, text, first_line, out)
            }
            _ => self.every_line(text, first_line, out),
        }
    }

    fn every_line(&self, text: &[u8], first_line: u64, out: &mut dyn Emit) -> BlockFacts {
        let mut number = first_line;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            self.line(number, text.get(start..end).unwrap_or_default(), out);
            start = end + 1;
            number += 1;
        }
        if start < text.len() {
            self.line(number, text.get(start..).unwrap_or_default(), out);
        }
        BlockFacts { line_feeds: number - first_line, addresses: count_ats(text) }
    }

    fn line(&self, number: u64, line: &[u8], out: &mut dyn Emit) {
        self.format.line(number, line, self.limits, out);
    }

    /// Parses the lines that may hold something watched, each once, in their order.
    fn watched(&self, watched: &Watched<'_>, text: &[u8], first_line: u64, out: &mut dyn Emit) -> BlockFacts {
        let mut lines = WantedLines::default();
        let mut addresses = 0;
        for at in memchr::memchr_iter(b'@', text) {
            addresses += 1;
            if at >= lines.known && watched.names.may_hold_at(text, at + 1) {
                lines.add(text, at);
            }
        }
        if !text.is_ascii() {
            lines.known = 0;
            for finder in &watched.wide {
                for at in finder.find_iter(text) {
                    addresses += 1;
                    // Rare enough to be parsed without a test.
                    lines.add(text, at);
                }
            }
        }
        if let Some(escapes) = &watched.escapes {
            // An escape may hide an at-sign, a dot or a slash.
            lines.known = 0;
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| escapes.find(rest)) {
                lines.add(text, from + at);
                from = lines.known.max(from + at + 1);
            }
        }
        match &watched.sites {
            Sites::BehindScheme(scheme) => add_sites(watched.names, scheme, text, &mut lines),
            Sites::AtLineStart(scheme) => {
                add_sites(watched.names, scheme, text, &mut lines);
                add_bare_sites(watched.names, text, &mut lines);
            }
            Sites::Nowhere | Sites::Anywhere => {}
        }
        let line_feeds = self.parse(&lines.sorted(), text, first_line, out);
        BlockFacts { line_feeds, addresses }
    }

    /// Parses the lines at `spans` and counts the line feeds of the block on the way.
    fn parse(&self, spans: &[(usize, usize)], text: &[u8], first_line: u64, out: &mut dyn Emit) -> u64 {
        let mut feeds = 0;
        let mut counted = 0;
        let count = |from: usize, to: usize| {
            text.get(from..to).map_or(0, |gap| memchr::memchr_iter(b'\n', gap).count() as u64)
        };
        for (start, end) in spans {
            feeds += count(counted, *start);
            counted = *start;
            self.line(first_line + feeds, text.get(*start..*end).unwrap_or_default(), out);
        }
        feeds + count(counted, text.len())
    }
}

/// Where hosts of sites may stand in the lines of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SitePlaces {
    /// Nowhere.
    None,
    /// Behind `://` only.
    BehindScheme,
    /// Behind `://`, and without a scheme at a line's start.
    AtLineStart,
    /// Anywhere.
    Anywhere,
}

/// The lines of a block that are to be parsed.
#[derive(Default)]
struct WantedLines {
    spans: Vec<(usize, usize)>,
    /// What ends before this byte is known to the pass under way.
    known: usize,
    ordered: Ordered,
}

#[derive(Default, PartialEq, Eq)]
enum Ordered {
    #[default]
    Yes,
    No,
}

impl WantedLines {
    /// Adds the line around byte `at`.
    fn add(&mut self, text: &[u8], at: usize) {
        let start =
            text.get(..at).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |feed| feed + 1);
        let end =
            text.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(text.len(), |feed| at + feed);
        self.known = end;
        match self.spans.last() {
            Some(last) if *last == (start, end) => {}
            Some((last, _)) if *last > start => {
                self.ordered = Ordered::No;
                self.spans.push((start, end));
            }
            _ => self.spans.push((start, end)),
        }
    }

    fn sorted(mut self) -> Vec<(usize, usize)> {
        if self.ordered == Ordered::No {
            self.spans.sort_unstable();
            self.spans.dedup();
        }
        self.spans
    }
}

/// At-signs of a text, narrow and wide.
pub(crate) fn count_ats(text: &[u8]) -> u64 {
    let narrow = memchr::memchr_iter(b'@', text).count();
    let wide =
        || WIDE_ATS.iter().map(|at| memchr::memmem::find_iter(text, at.as_slice()).count()).sum::<usize>();
    (narrow + if text.is_ascii() { 0 } else { wide() }) as u64
}

/// Adds the lines that name a watched site behind `://`.
fn add_sites(names: &Names, scheme: &Finder<'_>, text: &[u8], lines: &mut WantedLines) {
    lines.known = 0;
    for at in scheme.find_iter(text) {
        if at >= lines.known && is_watched_authority(names, text, at + 3) {
            lines.add(text, at);
        }
    }
}

/// Adds the lines that begin with a watched host.
fn add_bare_sites(names: &Names, text: &[u8], lines: &mut WantedLines) {
    lines.known = 0;
    add_bare_site(names, text, 0, lines);
    for feed in memchr::memchr_iter(b'\n', text) {
        add_bare_site(names, text, feed + 1, lines);
    }
}

/// Adds the line that begins at `start` if a watched host does.
#[inline]
fn add_bare_site(names: &Names, text: &[u8], start: usize, lines: &mut WantedLines) {
    let line = text.get(start..).unwrap_or_default();
    // Nearly every line of such a list, told apart by one comparison.
    if line.starts_with(b"https://") || line.starts_with(b"http://") {
        return;
    }
    let blank = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if after_scheme(line.get(blank..).unwrap_or_default()).is_none()
        && is_watched_authority(names, text, start + blank)
    {
        lines.add(text, start + blank);
    }
}

/// Whether a host in the authority that begins at `start` may be a watched one: each part between at-signs and
/// colons is tested, so that user-info and a missing slash hide nothing.
fn is_watched_authority(names: &Names, text: &[u8], start: usize) -> bool {
    let mut begin = start;
    loop {
        let run = DomainRun::at(text, begin);
        if names.may_hold(text, begin, run) {
            return true;
        }
        // What may stand in front of a host inside the authority; the line's end, a slash or a blank ends it.
        let behind = begin + run.whole;
        let rest = text.get(behind..).unwrap_or_default();
        let more = rest.iter().take_while(|byte| !ends_part(**byte)).count();
        match rest.get(more) {
            Some(b'@' | b':') => begin = behind + more + 1,
            _ => return false,
        }
    }
}

const fn ends_part(byte: u8) -> bool {
    matches!(byte, b'@' | b':' | b'/' | b'\\' | b'?' | b'#' | b' ' | b'\t' | b'\r' | b'\n')
}
