//! Lists of invented hashes, and look-ups in them: in an index of the guard, in a filter, and the obvious way, by halves in
//! the text.
//!
//! The gaps between hashes in order are those that chance leaves, and counts are as uneven as real ones: one in sixteen is
//! above fifteen.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use mizumori_guard::{Filter, HashKind, Index, PasswordHash};

/// Hashes that are looked up.
const ASKED: usize = 1_000_000;
/// Digits of a hash.
const DIGITS: usize = 40;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    ByHash,
    None,
}

/// Where hashes are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Of {
    Index,
    Filter,
    Text,
}

/// Numbers by chance, the same each time (splitmix64).
pub(super) struct Chance(u64);

impl Chance {
    /// Other numbers for each seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Above 0, at most 1.
    pub(super) fn part(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

/// Writes a list of so many lines.
pub(super) fn write(order: Order, lines: u64, out: &mut dyn Write) -> Result<()> {
    let mut chance = Chance(1);
    let gap = u64::MAX as f64 / (lines as f64 * 1.001 + 1_000.0);
    let mut at = 0_u64;
    let mut line = Vec::new();
    for _ in 0..lines {
        at = match order {
            Order::ByHash => at.saturating_add((-chance.part().ln() * gap) as u64 + 1),
            Order::None => chance.next(),
        };
        let (middle, low) = (chance.next(), chance.next() >> 32);
        let count = (1.0 / chance.part()) as u64;
        line.clear();
        writeln!(line, "{at:016X}{middle:016X}{low:08X}:{count}")?;
        out.write_all(&line)?;
    }
    ensure!(at < u64::MAX || order == Order::None, "the hashes did not fit");
    Ok(())
}

/// Looks a million hashes up, and prints how many are there and how many seconds that took. Before, as many others were looked up,
/// so that pages are there that nobody had touched.
pub(super) fn look_up(of: Of, list: &Path, place: &Path) -> Result<()> {
    let (others, asked) = (asked(list, 2)?, asked(list, 3)?);
    let (found, seconds) = match of {
        Of::Index => {
            let index = Index::open(place)?;
            timed(&others, &asked, |hash| Ok(index.count(hash).is_some()))?
        }
        Of::Filter => {
            let filter = Filter::open(place)?;
            timed(&others, &asked, |hash| Ok(filter.contains(hash)))?
        }
        Of::Text => {
            let file = File::open(place)?;
            let length = file.metadata()?.len();
            timed(&others, &asked, |hash| stands_in(&file, length, hash))?
        }
    };
    Ok(writeln!(io::stdout(), "{found}\n{seconds:.6}\n{:.0} ns each", seconds * 1e9 / ASKED as f64)?)
}

fn timed(
    others: &[PasswordHash],
    asked: &[PasswordHash],
    find: impl Fn(&PasswordHash) -> Result<bool>,
) -> Result<(usize, f64)> {
    let count = |hashes: &[PasswordHash]| {
        hashes.iter().try_fold(0, |found, hash| Ok::<_, anyhow::Error>(found + usize::from(find(hash)?)))
    };
    count(others)?;
    let begin = Instant::now();
    let found = count(asked)?;
    Ok((found, begin.elapsed().as_secs_f64()))
}

/// Hashes of the list at random places, and as many that are in no list, in no order.
fn asked(list: &Path, seed: u64) -> Result<Vec<PasswordHash>> {
    let file = File::open(list)?;
    let length = file.metadata()?.len();
    let mut chance = Chance(seed);
    let mut asked = Vec::with_capacity(ASKED);
    for _ in 0..ASKED / 2 {
        let at = chance.next() % length.saturating_sub(200).max(1);
        asked.push(parsed(&line_behind(&file, at)?)?);
        let absent = format!("{:016X}{:016X}{:08X}", chance.next(), chance.next(), chance.next() >> 32);
        asked.push(parsed(absent.as_bytes())?);
    }
    Ok(asked)
}

fn parsed(digits: &[u8]) -> Result<PasswordHash> {
    digits
        .get(..DIGITS)
        .and_then(|digits| PasswordHash::parse(HashKind::Sha1, digits))
        .context("this is no hash")
}

/// The hash of the first line that begins behind a place.
fn line_behind(file: &File, at: u64) -> Result<Vec<u8>> {
    let mut bytes = [0; 160];
    let read = file.read_at(&mut bytes, at)?;
    let bytes = bytes.get(..read).unwrap_or_default();
    let begin =
        if at == 0 { 0 } else { bytes.iter().position(|byte| *byte == b'\n').context("no line")? + 1 };
    Ok(bytes.get(begin..).unwrap_or_default().iter().take(DIGITS).copied().collect())
}

/// Whether a hash stands in a list that is in order: by halves, as anybody would write it.
fn stands_in(file: &File, length: u64, hash: &PasswordHash) -> Result<bool> {
    let mut wanted = Vec::new();
    hash.write_hex(&mut wanted);
    // Bytes before which the line cannot begin, and behind which it cannot.
    let (mut low, mut high) = (0, length);
    while high - low > 100 {
        let middle = low.midpoint(high);
        let line = line_behind(file, middle)?;
        if line.len() < DIGITS || line > wanted {
            high = middle;
        } else if line == wanted {
            return Ok(true);
        } else {
            low = middle;
        }
    }
    let mut bytes = vec![0; 300];
    let read = file.read_at(&mut bytes, low)?;
    bytes.truncate(read);
    Ok(bytes.windows(DIGITS).any(|window| window == wanted))
}
