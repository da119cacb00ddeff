//! Passwords out of dumps: from many threads, in no order, each of some source. Each source becomes an import of its own, and all
//! of them come into the index at once, or none.
//!
//! What is held are hashes; a password is gone when it was added. Memory is bounded as in other imports: what does not fit
//! becomes sorted runs in the folder of the index, some for each source, which are merged in the end.

mod crop;

use std::collections::BTreeMap;
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use self::crop::{Crop, Reaped, SMALL, in_order};
use super::runs::{Hashed, delete, fewer};
use super::{Imported, Observer};
use crate::digest::{HashKind, PasswordHash};
use crate::error::{GuardError, Result};
use crate::index::{Change, IndexWriter, NewImport, merged_rows};
use crate::row::{Row, Rows};
use crate::segment::{Durable, SegmentWriter, Written};

/// Rows of a block: of so many, sorting is quick and merging worth its while.
const BLOCK: usize = 1 << 16;

/// Gathers passwords for an index, which nobody else changes meanwhile.
pub struct Harvest {
    writer: RwLock<IndexWriter>,
    memory: u64,
    /// Bytes of rows that may be held before they are written; as many are being written meanwhile.
    most: usize,
    observer: Arc<dyn Observer>,
    state: Mutex<State>,
    /// Who holds it writes runs; who waits for it gathers nothing.
    spilling: Mutex<()>,
}

/// What was gathered.
#[derive(Default)]
struct State {
    /// By the numbers of their sources.
    crops: BTreeMap<usize, Crop>,
    bytes: usize,
    trouble: Option<GuardError>,
    is_lost: bool,
}

/// A source of which passwords were gathered.
#[derive(Clone, Copy, Debug)]
pub struct DumpSource<'s> {
    /// The number under which they were.
    pub number: usize,
    /// Its name: what it brought before is replaced. Without one, counts are added to all that is there.
    pub name: Option<&'s str>,
    /// What tells this material of it from other; told from the hashes themselves where nobody says.
    pub id: Option<&'s str>,
}

/// The passwords of a piece of a source, while a worker reads it.
pub struct Passwords<'h> {
    harvest: &'h Harvest,
    source: usize,
    rows: [Vec<Row>; 2],
    passwords: u64,
    undecodable: u64,
}

impl Passwords<'_> {
    /// Adds a password, as it was seen once. The empty one is none. One with U+FFFD was broken on its way and is nobody's: it is
    /// counted, and not taken.
    pub fn add(&mut self, password: &str) {
        if password.is_empty() {
            return;
        }
        if password.contains('\u{fffd}') {
            self.undecodable += 1;
            return;
        }
        let hashes = [PasswordHash::sha1(password.as_bytes()), PasswordHash::ntlm(password)];
        for (rows, hash) in self.rows.iter_mut().zip(hashes) {
            rows.push(Row { key: hash.key(), count: 1 });
        }
        self.passwords += 1;
        if self.rows.first().is_some_and(|rows| rows.len() >= BLOCK) {
            self.hand_over();
        }
    }

    /// Bytes that are held here.
    pub fn weight(&self) -> usize {
        self.rows.iter().map(|rows| rows.len() * size_of::<Row>()).sum()
    }

    /// Hands everything over: what is not handed over is lost.
    pub fn hand_over(&mut self) {
        let rows = mem::take(&mut self.rows);
        let (passwords, undecodable) = (mem::take(&mut self.passwords), mem::take(&mut self.undecodable));
        self.harvest.take(self.source, rows, passwords, undecodable);
    }
}

impl Harvest {
    /// Opens the index at a folder for it; makes one where nothing is. `memory` is what rows may take, in bytes.
    ///
    /// # Errors
    /// When somebody else writes to it, or the folder holds other things.
    pub fn open(folder: &Path, memory: u64, observer: Arc<dyn Observer>) -> Result<Self> {
        Ok(Self {
            writer: RwLock::new(IndexWriter::open(folder)?),
            memory,
            most: usize::try_from(memory / 8 * 3).unwrap_or(usize::MAX),
            observer,
            state: Mutex::default(),
            spilling: Mutex::new(()),
        })
    }

    /// Whether an import is in the index: of this source, as what it brought last.
    pub fn knows(&self, source: Option<&str>, id: &str) -> bool {
        self.writer.read().unwrap_or_else(PoisonError::into_inner).knows(id, source)
    }

    /// What a worker fills with passwords of the source of this number.
    pub const fn passwords(&self, source: usize) -> Passwords<'_> {
        Passwords { harvest: self, source, rows: [Vec::new(), Vec::new()], passwords: 0, undecodable: 0 }
    }

    /// Whether nothing has gone wrong. When it has, nothing is gathered any more, and [`commit`](Self::commit) says what it was.
    pub fn is_well(&self) -> bool {
        !self.state().is_lost
    }

    /// What has gone wrong; it is told once.
    fn check(&self) -> Result<()> {
        let mut state = self.state();
        match state.trouble.take() {
            Some(error) => Err(error),
            None if state.is_lost => Err(GuardError::Interrupted),
            None => Ok(()),
        }
    }

    /// Takes what was gathered into the index, each source as an import, all of them at once. A source that brings what is there
    /// already changes nothing; of those that are not named here everything is dropped.
    ///
    /// All [`Passwords`] have been handed over before.
    ///
    /// # Errors
    /// What has gone wrong, now or before: the index is as it was, or has more segments than it should.
    pub fn commit(&self, sources: &[DumpSource<'_>]) -> Result<Vec<Imported>> {
        self.check()?;
        let State { crops, .. } = mem::take(&mut *self.state());
        let mut writer = self.writer.write().unwrap_or_else(PoisonError::into_inner);
        let done = self.bring(&mut writer, sources, crops);
        if done.is_err() {
            // The failure is what is told; what cannot be deleted now is deleted by whoever writes next.
            let _ = writer.tidy();
        }
        done
    }

    fn bring(
        &self,
        writer: &mut IndexWriter,
        sources: &[DumpSource<'_>],
        mut crops: BTreeMap<usize, Crop>,
    ) -> Result<Vec<Imported>> {
        let (mut all, mut new, mut come) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            let Crop { kinds, passwords: lines, undecodable } =
                crops.remove(&source.number).unwrap_or_default();
            let mut imported = Imported { change: Change::AsBefore, rows: [0; 2], lines, undecodable };
            // Of a source without a password it is known that it has none; without a name there is nothing to know.
            let is_known = source.id.is_some_and(|id| writer.knows(id, source.name));
            if !is_known && (source.name.is_some() || lines > 0) {
                let mut content = blake3::Hasher::new();
                content.update(b"mizumori guard import of a dump\n");
                let mut segments = Vec::new();
                for ((kind, reaped), rows) in HashKind::ALL.into_iter().zip(kinds).zip(&mut imported.rows) {
                    let id = source.id.is_none().then_some(&mut content);
                    if let Some(written) = self.segment(writer, kind, reaped, id)? {
                        *rows = written.rows;
                        segments.push(written);
                    }
                }
                let id = source.id.map_or_else(|| content.finalize().to_hex().to_string(), str::to_owned);
                if writer.knows(&id, source.name) {
                    imported.rows = [0; 2];
                    delete(&segments)?;
                } else {
                    new.push(NewImport { id, source: source.name.map(str::to_owned), segments });
                    come.push(all.len());
                }
            }
            all.push(imported);
        }
        if new.is_empty() {
            writer.tidy()?;
            return Ok(all);
        }
        writer.make_durable(&new.iter().flat_map(|import| &import.segments).collect::<Vec<_>>())?;
        self.go_on()?;
        for (at, change) in come.into_iter().zip(writer.commit(new)?) {
            if let Some(imported) = all.get_mut(at) {
                imported.change = change;
            }
        }
        match writer.merge(&mut |_| self.go_on()) {
            // What came is in the index; the next import merges.
            Ok(()) | Err(GuardError::Interrupted) => Ok(all),
            Err(error) => Err(error),
        }
    }

    /// The segment of all that was gathered of a source; its content goes into `id`, where that is asked for.
    fn segment(
        &self,
        writer: &IndexWriter,
        kind: HashKind,
        reaped: Reaped,
        id: Option<&mut blake3::Hasher>,
    ) -> Result<Option<Written>> {
        let mut reaped = reaped;
        let held = reaped.take();
        let mut runs = reaped.runs;
        if !held.is_empty() {
            let (rows, at_most) = held.into_rows();
            if runs.is_empty() {
                return self.write(writer, kind, rows, at_most, id).map(Some);
            }
            runs.push_back(self.write(writer, kind, rows, at_most, None)?);
        }
        if runs.is_empty() {
            return Ok(None);
        }
        let runs = fewer(writer, kind, runs, self.memory, &mut |_| self.go_on())?;
        let paths: Vec<_> = runs.iter().map(|run| run.path.clone()).collect();
        let (rows, at_most) = merged_rows(&paths)?;
        if let [run] = runs.as_slice() {
            if let Some(id) = id {
                let mut rows = Hashed::new(rows, begun(id, kind));
                while rows.next()?.is_some() {}
            }
            return Ok(Some(run.clone()));
        }
        let written = self.write(writer, kind, rows, at_most, id)?;
        delete(&runs)?;
        Ok(Some(written))
    }

    fn write(
        &self,
        writer: &IndexWriter,
        kind: HashKind,
        mut rows: impl Rows,
        at_most: u64,
        id: Option<&mut blake3::Hasher>,
    ) -> Result<Written> {
        let mut segment = SegmentWriter::create(&writer.new_path(kind), kind, Some(at_most))?;
        let on = &mut |_: u64| self.go_on();
        match id {
            Some(id) => segment.push_all(&mut Hashed::new(rows, begun(id, kind)), on)?,
            None => segment.push_all(&mut rows, on)?,
        }
        segment.finish_as(Durable::Later)
    }

    /// Takes what a worker has gathered; it waits while too much is held.
    fn take(&self, source: usize, rows: [Vec<Row>; 2], passwords: u64, undecodable: u64) {
        let rows = rows.map(|rows| if rows.len() < SMALL { rows } else { in_order(rows) });
        let mut state = self.state();
        if state.is_lost {
            return;
        }
        let crop = state.crops.entry(source).or_default();
        crop.passwords += passwords;
        crop.undecodable += undecodable;
        let bytes: usize = crop.kinds.iter_mut().zip(rows).map(|(reaped, rows)| reaped.put(rows)).sum();
        state.bytes += bytes;
        let is_full = state.bytes >= self.most;
        drop(state);
        if is_full && let Err(error) = self.spill() {
            let mut state = self.state();
            state.is_lost = true;
            state.trouble.get_or_insert(error);
        }
    }

    /// Writes what is held into runs, unless somebody else has just done so.
    fn spill(&self) -> Result<()> {
        let _alone = self.spilling.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        let mut state = self.state();
        if state.bytes < self.most || state.is_lost {
            return Ok(());
        }
        state.bytes = 0;
        for (source, crop) in &mut state.crops {
            for (number, reaped) in crop.kinds.iter_mut().enumerate() {
                all.push((*source, number, reaped.take()));
            }
        }
        drop(state);
        let writer = self.writer.read().unwrap_or_else(PoisonError::into_inner);
        for (source, number, held) in all.into_iter().filter(|(.., held)| !held.is_empty()) {
            let Some(kind) = HashKind::ALL.get(number).copied() else { continue };
            let (rows, at_most) = held.into_rows();
            let run = self.write(&writer, kind, rows, at_most, None)?;
            let mut state = self.state();
            if let Some(reaped) = state.crops.entry(source).or_default().kinds.get_mut(number) {
                reaped.runs.push_back(run);
            }
        }
        Ok(())
    }

    fn go_on(&self) -> Result<()> {
        if self.observer.is_stopped() { Err(GuardError::Interrupted) } else { Ok(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Rows are put in and taken out in one step each: a lock whose holder panicked still holds whole ones.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Harvest {
    fn drop(&mut self) {
        // What was not committed goes; what cannot be deleted now is deleted by whoever writes next.
        let _ = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).tidy();
    }
}

/// The content of a kind of hashes begins.
fn begun(id: &mut blake3::Hasher, kind: HashKind) -> &mut blake3::Hasher {
    id.update(kind.name().as_bytes())
}

#[cfg(test)]
mod tests;
