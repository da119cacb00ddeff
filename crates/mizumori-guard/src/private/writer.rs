//! Changing a private index: one at a time, a whole change or none.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use mizumori_core::Secret;

use super::buckets::{BucketWriter, bits_for};
use super::gather::{PairGather, ROW, Reaped, few};
use super::key_file::{KeyFile, Seed, outside};
use super::manifest::{
    Generation, KIND, MOST_GENERATIONS, Made, Manifest, SourceEntry, buckets_name, rows_name,
};
use super::pair::SlowHash;
use super::rows::{MergedRows, Row};
use super::{VALUE, drawn};
use crate::error::{GuardError, Result};
use crate::held::Held;
use crate::hex;
use crate::index::Change;

/// The right to change a private index, for as long as it lives.
pub struct PrivateWriter {
    held: Held,
    manifest: Manifest,
    keys: KeyFile,
    /// Files that were written for merges.
    files: AtomicU64,
}

/// A source whose pairs come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairSource {
    /// The number under which its pairs are gathered.
    pub number: u32,
    /// Its id: what it brought before is replaced.
    pub source: String,
    /// What makes it known: of what it is made; told from the pairs themselves where nobody says.
    pub id: Option<String>,
}

impl PrivateWriter {
    /// Makes an index with one generation, and the file of its keys.
    ///
    /// # Errors
    /// When there is one, the folder holds other things, or the file of keys is there already.
    pub fn create(folder: &Path, keys: &Path, slow_hash: SlowHash) -> Result<Self> {
        slow_hash.check()?;
        outside(keys, folder)?;
        match Manifest::read(folder) {
            Err(GuardError::MissingPrivate(_)) => {}
            Err(error) => return Err(error),
            Ok(_) => {
                let told = format!("there is a private index at `{}` already", folder.display());
                return Err(GuardError::Request(told));
            }
        }
        let held = Held::take(folder, &KIND)?;
        // Once more: the folder is there now.
        outside(keys, folder)?;
        let id = hex::text(&drawn::<8>()?);
        let keys = KeyFile::new(keys, id.clone())?;
        let mut writer = Self { held, manifest: Manifest::new(id), keys, files: AtomicU64::new(0) };
        writer.add_generation(slow_hash)?;
        Ok(writer)
    }

    /// Opens the index at a folder for writing.
    ///
    /// # Errors
    /// When there is none, somebody else writes to it, or the keys are not its own.
    pub fn open(folder: &Path, keys: &Path) -> Result<Self> {
        // Nothing is made where none is.
        Manifest::read(folder)?;
        let held = Held::take(folder, &KIND)?;
        let manifest = Manifest::read(folder)?;
        let keys = KeyFile::read(keys)?;
        keys.check(folder, &manifest.id)?;
        let writer = Self { held, manifest, keys, files: AtomicU64::new(0) };
        writer.tidy()?;
        Ok(writer)
    }

    /// Adds a generation with a key of its own: from now on it is the one that is filled.
    ///
    /// # Errors
    /// When two generations answer already: the older one has to be retired before.
    pub fn rotate(&mut self, slow_hash: Option<SlowHash>) -> Result<u32> {
        if self.manifest.generations.len() >= MOST_GENERATIONS {
            let told = format!("{MOST_GENERATIONS} generations answer already: retire the older one before");
            return Err(GuardError::Request(told));
        }
        let before = self.manifest.generations.last().map(|generation| generation.slow_hash);
        self.add_generation(slow_hash.or(before).unwrap_or_default())
    }

    fn add_generation(&mut self, slow_hash: SlowHash) -> Result<u32> {
        slow_hash.check()?;
        let number = self.manifest.generations.last().map_or(1, |last| last.number.saturating_add(1));
        // The key is on the disk before anything is made with it.
        let seed = self.keys.draw(number)?;
        let mut next = self.manifest.clone();
        let mut generation = Generation {
            number,
            public_key: seed.server()?.public_key().to_string(),
            salt: drawn()?,
            slow_hash,
            bucket_bits: 0,
            pairs: 0,
            file: String::new(),
            sources: Vec::new(),
        };
        self.write_buckets(&mut generation, &seed, &mut || Ok(()))?;
        next.generations.push(generation);
        self.install(next)?;
        Ok(number)
    }

    /// Takes a generation away, and its key: copies of it answer nothing any more.
    ///
    /// # Errors
    /// When there is none of that number, or no other one.
    pub fn retire(&mut self, number: u32) -> Result<()> {
        let mut next = self.manifest.clone();
        next.generations.retain(|generation| generation.number != number);
        if next.generations.len() == self.manifest.generations.len() {
            return Err(GuardError::Request(format!("there is no generation {number}")));
        }
        if next.generations.is_empty() {
            let told = "it is the only generation: add another one before, or delete the index".to_owned();
            return Err(GuardError::Request(told));
        }
        self.install(next)?;
        self.keys.forget(number)
    }

    /// Takes what a source brought out of all generations; `false` when nothing was there.
    ///
    /// # Errors
    /// Those of the system.
    pub fn forget(&mut self, source: &str) -> Result<bool> {
        let mut next = self.manifest.clone();
        let mut found = false;
        for generation in &mut next.generations {
            let before = generation.sources.len();
            generation.sources.retain(|entry| entry.source != source);
            if generation.sources.len() < before {
                found = true;
                let seed = self.keys.seed(generation.number)?.clone();
                self.write_buckets(generation, &seed, &mut || Ok(()))?;
            }
        }
        if found {
            self.install(next)?;
        }
        Ok(found)
    }

    /// Whether the newest generation has this of a source already.
    pub fn knows(&self, source: &str, id: &str) -> bool {
        let newest = self.manifest.generations.last();
        newest
            .is_some_and(|newest| newest.sources.iter().any(|entry| entry.source == source && entry.id == id))
    }

    /// Takes pairs for the newest generation, in `memory` bytes.
    ///
    /// # Errors
    /// When its key is missing, or the machine gives no random bytes.
    pub fn gather(&self, memory: u64) -> Result<PairGather> {
        let newest = self.manifest.generations.last();
        let newest = newest.ok_or_else(|| GuardError::Request("there is no generation".to_owned()))?;
        let seed = self.keys.seed(newest.number)?;
        let place = (self.held.folder().to_owned(), self.manifest.change + 1);
        PairGather::new(newest, seed.server()?, seed.of_rows(), place, memory)
    }

    /// Makes what was gathered since the last time part of the index: it replaces what the sources brought before. `on` may end
    /// it. When it fails, the index is as it was; so it is where it knows all of it. Gives what became of each source, and how many pairs
    /// it brought.
    ///
    /// # Errors
    /// Those of the system, and of `on`.
    pub fn commit(
        &mut self,
        gather: &PairGather,
        sources: &[PairSource],
        on: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<(Change, u64)>> {
        let done = self.try_commit(gather, sources, on);
        if done.is_err() {
            // The failure is what is told; what cannot be deleted now is deleted by whoever writes next.
            let _ = self.tidy();
        }
        done
    }

    fn try_commit(
        &mut self,
        gather: &PairGather,
        sources: &[PairSource],
        on: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<(Change, u64)>> {
        let mut files = gather.by_source(on)?;
        let mut next = self.manifest.clone();
        let newest = next.generations.last_mut().filter(|newest| newest.number == gather.generation);
        let newest = newest.ok_or_else(|| {
            GuardError::Request("the pairs are of another generation than the newest".to_owned())
        })?;
        let mut done = Vec::new();
        for PairSource { number, source, id } in sources {
            let Reaped { file, sum } = files.remove(number).unwrap_or_default();
            let id = id.clone().unwrap_or_else(|| gather.id(source, sum));
            if self.knows(source, &id) {
                done.push((Change::AsBefore, 0));
                continue;
            }
            let before = newest.sources.len();
            newest.sources.retain(|entry| entry.source != *source);
            let change = if newest.sources.len() < before { Change::Replaced } else { Change::Added };
            let (file, pairs) = match file {
                Some((path, pairs)) => (Some(name_of(&path)?), pairs),
                None => (None, 0),
            };
            newest.sources.push(SourceEntry { source: source.clone(), id, pairs, file });
            done.push((change, pairs));
        }
        if done.iter().all(|(change, _)| *change == Change::AsBefore) {
            self.tidy()?;
            return Ok(done);
        }
        let seed = self.keys.seed(newest.number)?.clone();
        self.write_buckets(newest, &seed, on)?;
        self.install(next)?;
        Ok(done)
    }

    /// Writes the buckets of all sources of a generation.
    fn write_buckets(
        &self,
        generation: &mut Generation,
        seed: &Seed,
        on: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let folder = self.held.folder();
        let change = self.manifest.change + 1;
        let key = seed.of_rows();
        // Counted before, since the number of buckets depends on it: the same pair may be in many sources.
        let mut pairs = 0;
        self.rows(generation, &key, on, &mut |_| {
            pairs += 1;
            Ok(())
        })?;
        let bits = bits_for(pairs);
        let file = buckets_name(change, generation.number);
        let filling = seed.of_filling();
        let public = seed.server()?.public_key();
        let mut writer =
            BucketWriter::create(&folder.join(&file), generation.number, bits, &public, &filling)?;
        self.rows(generation, &key, on, &mut |row: &Row<ROW>| {
            let (place, value) = parts(row);
            writer.push(place, value)
        })?;
        writer.finish()?;
        (generation.bucket_bits, generation.pairs, generation.file) = (bits, pairs, file);
        Ok(())
    }

    /// All rows of a generation in order, each once.
    fn rows(
        &self,
        generation: &Generation,
        key: &Secret<[u8; 32]>,
        on: &mut dyn FnMut() -> Result<()>,
        take: &mut dyn FnMut(&Row<ROW>) -> Result<()>,
    ) -> Result<()> {
        let folder = self.held.folder();
        let files = generation.sources.iter().filter_map(|source| source.file.as_ref());
        let files: Vec<PathBuf> = files.map(|file| folder.join(file)).collect();
        let new_path = || {
            let number = self.files.fetch_add(1, Ordering::Relaxed) + 1;
            folder.join(rows_name(self.manifest.change + 1, Made::ByMerging, number))
        };
        let mut rows: MergedRows<ROW> = few(files, key, &new_path, on)?;
        let mut since = 0;
        while let Some(row) = rows.next()? {
            take(&row)?;
            since += 1;
            if since == 1 << 16 {
                on()?;
                since = 0;
            }
        }
        on()
    }

    fn install(&mut self, mut next: Manifest) -> Result<()> {
        next.change += 1;
        self.held.commit(&next.to_text()?)?;
        self.manifest = next;
        self.tidy()
    }

    /// Deletes files that were written for what does not come about.
    ///
    /// # Errors
    /// Those of the system.
    pub fn tidy(&self) -> Result<()> {
        self.held.tidy(&self.manifest.files().collect())
    }
}

fn name_of(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| GuardError::damaged(path, "its name is no text"))
}

/// The place and the value of a row.
fn parts(row: &Row<ROW>) -> (u32, [u8; VALUE]) {
    let [first, second, third, value @ ..] = *row;
    (u32::from_be_bytes([0, first, second, third]), value)
}
