//! Sorted rows that wait on disk until all are sorted.
//!
//! A spilled run is an encrypted temporary file of blocks, each of which can be read alone: the hosts, sites and leaks that its
//! rows name, then the rows, an account's upper half as the difference from the one before. It is read once, by the program
//! that wrote it; as a file of the lake it would cost ten times the time.

use std::io;
use std::path::Path;

use hashbrown::HashMap;
use mizumori_core::rest::Rest;
use mizumori_core::{SecretKind, SourceIndex};
use mizumori_read::{ReadAt, Spool, SpoolWriter, Unreadable};

use crate::error::{LakeError, damaged};
use crate::merge::{Loaded, Runs, SharedBy, Sink};
use crate::rows::{Key, Leak, Row, Rows, Shared};

/// Rows of a block. Ranges that are loaded have many blocks of every run: what is read twice at their ends is little.
const BLOCK: usize = 4096;

/// A run on disk.
pub(crate) struct SpilledRun {
    spool: Spool,
    blocks: Vec<Block>,
}

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
struct Block {
    first: Key,
    start: u64,
    length: usize,
    rows: u64,
}

impl SpilledRun {
    /// Bytes on disk.
    pub(crate) fn len(&self) -> u64 {
        self.spool.len()
    }

    /// Appends the rows from `from` on and before `to`.
    fn load(&self, from: Key, to: Option<Key>, into: &mut Rows) -> Result<(), LakeError> {
        let start = self.blocks.partition_point(|block| block.first <= from).saturating_sub(1);
        let end = to.map_or(self.blocks.len(), |to| self.blocks.partition_point(|block| block.first < to));
        let mut bytes = Vec::new();
        for block in self.blocks.get(start..end).unwrap_or_default() {
            bytes.resize(block.length, 0);
            self.spool.read_exact_at(block.start, &mut bytes)?;
            decode(&bytes, |key| from <= key && to.is_none_or(|to| key < to), into)
                .ok_or_else(|| damaged("a spilled run", "a block of it is broken"))?;
        }
        Ok(())
    }
}

impl Runs for [SpilledRun] {
    fn samples(&self) -> Vec<(Key, u64)> {
        self.iter().flat_map(|run| &run.blocks).map(|block| (block.first, block.rows)).collect()
    }

    fn load(&self, from: Key, to: Option<Key>) -> Result<Loaded<'_>, LakeError> {
        let mut loaded = Rows::default();
        for run in self {
            run.load(from, to, &mut loaded)?;
        }
        Ok(Loaded { rows: loaded.rows, shared: SharedBy::Range(Box::new(loaded.shared)) })
    }
}

/// Writes a [`SpilledRun`].
pub(crate) struct SpillWriter<'f> {
    spool: SpoolWriter<'f>,
    blocks: Vec<Block>,
    written: u64,
    bytes: Vec<u8>,
}

impl<'f> SpillWriter<'f> {
    /// Writes up to `limit` bytes into `folder`.
    pub(crate) fn new(folder: &'f Path, limit: u64) -> Self {
        let spool = SpoolWriter::new(folder, 0, limit);
        Self { spool, blocks: Vec::new(), written: 0, bytes: Vec::new() }
    }
}

impl Sink for SpillWriter<'_> {
    type Done = SpilledRun;

    fn take(&mut self, rows: &[Row], shared: &Shared) -> Result<(), LakeError> {
        for rows in rows.chunks(BLOCK) {
            let Some(first) = rows.first() else { continue };
            self.bytes.clear();
            encode(rows, shared, &mut self.bytes)
                .ok_or_else(|| damaged("a row", "it names what is not there"))?;
            self.spool.push(&self.bytes).map_err(from_spool)?;
            let (start, length) = (self.written, self.bytes.len());
            self.blocks.push(Block { first: first.key(), start, length, rows: rows.len() as u64 });
            self.written += length as u64;
        }
        Ok(())
    }

    fn finish(self) -> Result<SpilledRun, LakeError> {
        Ok(SpilledRun { spool: self.spool.finish().map_err(from_spool)?, blocks: self.blocks })
    }
}

fn from_spool(error: Unreadable) -> LakeError {
    LakeError::Io(io::Error::other(error.to_string()))
}

/// The numbers that a block gives to what its rows name.
#[derive(Default)]
struct Numbers {
    numbers: HashMap<u32, u64>,
    /// What has the numbers.
    named: Vec<u32>,
    last: Option<(u32, u64)>,
}

impl Numbers {
    fn number(&mut self, named: u32) -> u64 {
        if let Some((last, number)) = self.last
            && last == named
        {
            return number;
        }
        let number = *self.numbers.entry(named).or_insert_with(|| {
            self.named.push(named);
            self.named.len() as u64 - 1
        });
        self.last = Some((named, number));
        number
    }
}

/// Appends a block of `rows`; `None` when one of them names what is not there.
fn encode(rows: &[Row], shared: &Shared, bytes: &mut Vec<u8>) -> Option<()> {
    let (mut hosts, mut sites, mut leaks) = (Numbers::default(), Numbers::default(), Numbers::default());
    let numbered: Vec<_> = rows
        .iter()
        .map(|row| {
            let site = row.site.checked_sub(1).map_or(0, |site| sites.number(site) + 1);
            (hosts.number(row.host), site, leaks.number(row.leak))
        })
        .collect();
    push(bytes, hosts.named.len() as u64);
    hosts.named.iter().for_each(|host| push_text(bytes, shared.hosts.host(*host)));
    push(bytes, sites.named.len() as u64);
    sites.named.iter().for_each(|site| push_text(bytes, shared.sites.word(*site)));
    push(bytes, leaks.named.len() as u64);
    for number in leaks.named {
        let Leak { source, kind, log } = *shared.leak_at(number)?;
        push(bytes, source.0 as u64);
        push_text(bytes, kind.as_str());
        bytes.push(u8::from(log.is_some()));
        bytes.extend(log.unwrap_or_default().to_le_bytes());
    }
    push(bytes, rows.len() as u64);
    let mut before = 0_i64;
    for (row, (host, site, leak)) in rows.iter().zip(numbered) {
        push(bytes, row.hi.wrapping_sub(before).cast_unsigned());
        before = row.hi;
        bytes.extend(row.lo.to_le_bytes());
        bytes.extend(row.secret.to_le_bytes());
        push(bytes, host);
        push(bytes, site);
        push(bytes, leak);
        match shared.sealed_of(row) {
            None => push(bytes, 0),
            Some(sealed) => {
                push(bytes, sealed.len() as u64 + 1);
                bytes.extend(sealed);
            }
        }
    }
    Some(())
}

/// Appends the rows of a block whose keys are kept; `None` when it is no block.
fn decode(block: &[u8], is_kept: impl Fn(Key) -> bool, into: &mut Rows) -> Option<()> {
    let mut rest = Rest::new(block);
    let Rows { rows, shared } = into;
    let mut table = |number: &mut dyn FnMut(&mut Rest<'_>) -> Option<u32>| {
        let count = pull(&mut rest)?;
        (0..count).map(|_| number(&mut rest)).collect::<Option<Vec<_>>>()
    };
    let hosts = table(&mut |rest| Some(shared.hosts.number(text(rest)?)))?;
    let sites = table(&mut |rest| Some(shared.site(Some(text(rest)?))))?;
    let leaks = table(&mut |rest| {
        let source = SourceIndex(usize::try_from(pull(rest)?).ok()?);
        let kind = SecretKind::parse(text(rest)?)?;
        let ([has_log], log) = (rest.take::<1>()?, i64::from_le_bytes(rest.take()?));
        Some(shared.leak(Leak { source, kind, log: (has_log == 1).then_some(log) }))
    })?;
    let named = |table: &[u32], number: u64| table.get(usize::try_from(number).ok()?).copied();
    let mut hi = 0_i64;
    for _ in 0..pull(&mut rest)? {
        hi = hi.wrapping_add(pull(&mut rest)?.cast_signed());
        let (lo, secret) = (i64::from_le_bytes(rest.take()?), i64::from_le_bytes(rest.take()?));
        let host = named(&hosts, pull(&mut rest)?)?;
        let site = match pull(&mut rest)?.checked_sub(1) {
            Some(site) => named(&sites, site)?,
            None => 0,
        };
        let leak = named(&leaks, pull(&mut rest)?)?;
        let sealed = match pull(&mut rest)?.checked_sub(1) {
            Some(length) => Some(rest.bytes(usize::try_from(length).ok()?)?),
            None => None,
        };
        if is_kept(Key { hi, lo, secret }) {
            let sealed = sealed.map_or(0, |sealed| shared.seal(sealed));
            rows.push(Row { hi, lo, secret, leak, site, host, sealed });
        }
    }
    rest.is_empty().then_some(())
}

/// Appends a number: seven bits a byte, the lowest first (LEB128).
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends a text and how long it is.
fn push_text(bytes: &mut Vec<u8>, text: &str) {
    push(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

/// The next number.
fn pull(rest: &mut Rest<'_>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let [byte] = rest.take()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// The next text.
fn text<'b>(rest: &mut Rest<'b>) -> Option<&'b str> {
    let length = pull(rest)?;
    std::str::from_utf8(rest.bytes(usize::try_from(length).ok()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::NO_SECRET;
    use proptest::prelude::*;

    /// What a row says.
    type Said = (Key, String, Option<String>, Leak, Option<Vec<u8>>);

    fn said(rows: &[Row], shared: &Shared) -> Vec<Said> {
        let say = |row: &Row| {
            let (host, site) =
                (shared.hosts.host(row.host).to_owned(), shared.site_of(row).map(str::to_owned));
            let sealed = shared.sealed_of(row).map(<[u8]>::to_vec);
            (row.key(), host, site, *shared.leak_of(row).unwrap(), sealed)
        };
        rows.iter().map(say).collect()
    }

    fn rows() -> impl Strategy<Value = Rows> {
        let key = (-9_i64..9, any::<i64>(), prop_oneof![Just(NO_SECRET), any::<i64>()]);
        let row = (key, 0..600_u32, 0..4_u32, (0..3_usize, proptest::option::of(0..3_i64)), 0..3_usize);
        prop::collection::vec(row, 0..10_000).prop_map(|all| {
            let mut rows = Rows::default();
            for ((hi, lo, secret), host, site, (source, log), sealed) in all {
                let shared = &mut rows.shared;
                let leak = shared.leak(Leak { source: SourceIndex(source), kind: SecretKind::Hash, log });
                let host = shared.hosts.number(&format!("h{host}.suigen.example"));
                let site = shared.site((site > 0).then(|| format!("s{site}.example")).as_deref());
                let sealed = if sealed > 0 { shared.seal(vec![7; sealed - 1]) } else { 0 };
                // Seldom near each other.
                let hi = hi.wrapping_mul(0x0123_4567_89ab_cdef);
                rows.rows.push(Row { hi, lo, secret, leak, site, host, sealed });
            }
            rows.rows.sort_unstable();
            rows
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_range_comes_back(rows in rows(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 2)) {
            let folder = std::env::temp_dir();
            let mut writer = SpillWriter::new(&folder, u64::MAX);
            let (one, two) = rows.rows.split_at(rows.rows.len() / 3);
            writer.take(one, &rows.shared).unwrap();
            writer.take(two, &rows.shared).unwrap();
            let runs = [writer.finish().unwrap()];
            prop_assert_eq!(runs.samples().iter().map(|(_, rows)| rows).sum::<u64>(), rows.rows.len() as u64);
            let key = |cut: &prop::sample::Index| rows.rows.get(cut.index(rows.rows.len() + 1)).map(Row::key);
            let (from, to) = (key(&cuts[0]).unwrap_or(Key::FIRST), key(&cuts[1]));
            let loaded = runs.load(from, to).unwrap();
            let inside = |row: &&Row| from <= row.key() && to.is_none_or(|to| row.key() < to);
            let expected: Vec<_> = rows.rows.iter().filter(inside).copied().collect();
            prop_assert_eq!(said(&loaded.rows, &loaded.shared), said(&expected, &rows.shared));
        }

        #[test]
        fn a_broken_block_is_no_panic(rows in rows(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = Vec::new();
            encode(&rows.rows[..rows.rows.len().min(50)], &rows.shared, &mut bytes).unwrap();
            let at = at.index(bytes.len());
            prop_assert!(decode(&bytes[..at], |_| true, &mut Rows::default()).is_none());
            bytes[at] = byte;
            let _ = decode(&bytes, |_| true, &mut Rows::default());
        }
    }

    #[test]
    fn the_disks_limit_holds() {
        let mut rows = Rows::default();
        let leak = rows.shared.leak(Leak { source: SourceIndex(0), kind: SecretKind::Clear, log: None });
        let host = rows.shared.hosts.number("suigen.example");
        let row = |hi| Row { hi, lo: 0, secret: 0, leak, site: 0, host, sealed: 0 };
        let all: Vec<_> = (0..BLOCK as i64 * 3).map(row).collect();
        let folder = std::env::temp_dir();
        let mut writer = SpillWriter::new(&folder, 1 << 16);
        writer.take(&all, &rows.shared).unwrap_err();
    }
}
