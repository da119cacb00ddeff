//! The way in for pairs: from many threads, in no order, in bounded memory.
//!
//! A pair is hashed, slowly, on the thread that brings it; what is kept of it afterwards is its row. Rows that are too many for
//! memory become sorted, sealed runs in the folder of the index.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mizumori_core::{Account, Secret, TagKey};

use super::VALUE;
use super::manifest::{Generation, Made, rows_name};
use super::oprf::Server;
use super::pair::PairHash;
use super::rows::{MergedRows, Row, RowWriter};
use crate::error::{GuardError, Result};
use crate::hex;

/// Bytes of a row: a place and a value.
pub(super) const ROW: usize = 3 + VALUE;
/// Bytes of a row behind the number of its source.
const OF_SOURCE: usize = 4 + ROW;
/// Pairs whose rows are known without hashing them again: lists repeat themselves.
const KNOWN: usize = 1 << 18;
/// Files that are merged at once.
const AT_ONCE: usize = 128;

/// Takes pairs for a generation of an index; [`PrivateWriter::commit`](super::PrivateWriter::commit) makes them part of it.
pub struct PairGather {
    pub(super) generation: u32,
    server: Server,
    hash: PairHash,
    rows_key: Secret<[u8; 32]>,
    /// The key of what stands for a pair in `known`, for this run alone.
    known_by: TagKey,
    /// The key of what tells the pairs of a source from others, for all runs.
    told_by: TagKey,
    folder: PathBuf,
    change: u64,
    files: AtomicU64,
    /// Rows that are held at most.
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rows: Vec<Row<OF_SOURCE>>,
    runs: Vec<PathBuf>,
    known: HashMap<u128, Row<ROW>>,
    hashed: u64,
    /// Of each source, its pairs added up: in whatever order they come, the same pairs come to the same.
    sums: BTreeMap<u32, u128>,
}

/// What was gathered of a source.
#[derive(Default)]
pub(super) struct Reaped {
    /// Its rows, and how many; there is none of a source without pairs.
    pub(super) file: Option<(PathBuf, u64)>,
    /// What its pairs add up to.
    pub(super) sum: u128,
}

impl PairGather {
    /// For a generation; `memory` bytes may be held.
    pub(super) fn new(
        generation: &Generation,
        server: Server,
        rows_key: Secret<[u8; 32]>,
        (folder, change): (PathBuf, u64),
        memory: u64,
    ) -> Result<Self> {
        let known_by = TagKey::random()
            .map_err(|error| GuardError::System { what: "random bytes", cause: error.into() })?;
        // The key of the generation is in it: who has the index alone cannot try which pairs a source may have.
        let told_by = blake3::derive_key("mizumori 2026-11 private check source", rows_key.expose());
        Ok(Self {
            generation: generation.number,
            server,
            hash: PairHash::new(generation.slow_hash, generation.salt)?,
            rows_key,
            known_by,
            told_by: TagKey::from_bytes(told_by),
            folder,
            change,
            files: AtomicU64::new(0),
            most: usize::try_from(memory / 2 / OF_SOURCE as u64).unwrap_or(usize::MAX).max(1 << 10),
            state: Mutex::default(),
        })
    }

    /// Takes a pair of the source of that number. It takes as long as the slow hash does, unless the pair came lately.
    ///
    /// # Errors
    /// Those of the system.
    pub fn add(&self, source: u32, account: &Account<'_>, password: &[u8]) -> Result<()> {
        let fields = [account.local().as_bytes(), account.host().as_bytes(), password];
        let known_as = self.known_by.fields(fields).0;
        let known = self.state().known.get(&known_as).copied();
        let row = match known {
            Some(row) => row,
            None => self.row(account, password)?,
        };
        let mut state = self.state();
        if known.is_none() {
            state.hashed += 1;
            if state.known.len() >= KNOWN {
                state.known.clear();
            }
            state.known.insert(known_as, row);
        }
        let sum = state.sums.entry(source).or_default();
        *sum = sum.wrapping_add(self.told_by.fields(fields).0);
        let mut of_source = [0; OF_SOURCE];
        for (to, from) in of_source.iter_mut().zip(source.to_be_bytes().into_iter().chain(row)) {
            *to = from;
        }
        state.rows.push(of_source);
        if state.rows.len() >= self.most {
            self.spill(&mut state)?;
        }
        Ok(())
    }

    /// Pairs that were hashed.
    pub fn hashed(&self) -> u64 {
        self.state().hashed
    }

    /// How long a pair takes on one core, measured on invented ones.
    ///
    /// # Errors
    /// Those of the system.
    pub fn pace(&self) -> Result<Duration> {
        let account = Account::from_parts("nobody", "mizumori.example", mizumori_core::LocalPart::FreeText);
        let Some(account) = account else { return Ok(Duration::ZERO) };
        // The first one asks the system for the memory.
        self.row(&account, b"")?;
        let start = Instant::now();
        let mut rounds = 0;
        while rounds < 32 && (rounds == 0 || start.elapsed() < Duration::from_millis(300)) {
            self.row(&account, &[rounds])?;
            rounds += 1;
        }
        Ok(start.elapsed() / u32::from(rounds))
    }

    fn row(&self, account: &Account<'_>, password: &[u8]) -> Result<Row<ROW>> {
        let [_, place @ ..] = self.hash.place(account).to_be_bytes();
        let value = self.server.evaluate(self.hash.input(account, password)?.expose())?;
        let mut row = [0; ROW];
        for (to, from) in row.iter_mut().zip(place.into_iter().chain(value)) {
            *to = from;
        }
        Ok(row)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a source whose pairs add up to this.
    pub(super) fn id(&self, source: &str, sum: u128) -> String {
        hex::text(&self.told_by.fields([source.as_bytes(), &sum.to_be_bytes()]).0.to_be_bytes())
    }

    /// A path for a new file.
    fn new_path(&self) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder.join(rows_name(self.change, Made::ByImport, number))
    }

    fn spill(&self, state: &mut State) -> Result<()> {
        let mut rows = std::mem::take(&mut state.rows);
        rows.sort_unstable();
        rows.dedup();
        let path = self.new_path();
        let mut writer = RowWriter::create(&path, &self.rows_key)?;
        rows.iter().try_for_each(|row| writer.push(row))?;
        writer.finish()?;
        state.runs.push(path);
        rows.clear();
        state.rows = rows;
        Ok(())
    }

    /// Writes the rows of each source into a file of its own, and gives what was gathered by the numbers of the sources. What comes
    /// from now on is another import's.
    pub(super) fn by_source(&self, on: &mut dyn FnMut() -> Result<()>) -> Result<BTreeMap<u32, Reaped>> {
        let mut state = self.state();
        self.spill(&mut state)?;
        let runs = std::mem::take(&mut state.runs);
        let sums = std::mem::take(&mut state.sums);
        drop(state);
        let mut merged = few::<OF_SOURCE>(runs, &self.rows_key, &|| self.new_path(), on)?;
        let reaped = |(source, sum)| (source, Reaped { file: None, sum });
        let mut files: BTreeMap<u32, Reaped> = sums.into_iter().map(reaped).collect();
        let mut open: Option<(u32, PathBuf, RowWriter<ROW>)> = None;
        loop {
            let next = merged.next()?;
            let parts = next.as_ref().and_then(|row| row.split_first_chunk::<4>());
            let source = parts.map(|(source, _)| u32::from_be_bytes(*source));
            if let Some((of, path, writer)) = open.take_if(|(of, ..)| source != Some(*of)) {
                files.entry(of).or_default().file = Some((path, writer.finish()?));
                on()?;
            }
            let Some((source, row)) = source.zip(parts.and_then(|(_, row)| row.first_chunk::<ROW>())) else {
                break;
            };
            let (_, _, writer) = match &mut open {
                Some(open) => open,
                None => {
                    let path = self.new_path();
                    let writer = RowWriter::create(&path, &self.rows_key)?;
                    open.insert((source, path, writer))
                }
            };
            writer.push(row)?;
        }
        Ok(files)
    }
}

/// As many files as can be open at once: where there are more, they are merged before. What nobody names is deleted with the
/// next change.
pub(super) fn few<const W: usize>(
    mut paths: Vec<PathBuf>,
    key: &Secret<[u8; 32]>,
    new_path: &dyn Fn() -> PathBuf,
    on: &mut dyn FnMut() -> Result<()>,
) -> Result<MergedRows<W>> {
    while paths.len() > AT_ONCE {
        let part: Vec<_> = paths.drain(..AT_ONCE).collect();
        let path = new_path();
        let mut merged: MergedRows<W> = MergedRows::open(&part, key)?;
        let mut writer = RowWriter::create(&path, key)?;
        while let Some(row) = merged.next()? {
            writer.push(&row)?;
        }
        writer.finish()?;
        on()?;
        paths.push(path);
    }
    MergedRows::open(&paths, key)
}
