//! Everything in a lake under the newest keys: tags under the layers that the ring has, sealed values under the newest data keys.
//!
//! Every key changes, and with it the order of all rows, so that the lake is read, sorted and written anew, and one commit takes it
//! over. A mark in the log stands before that: from then on nobody else writes, and whoever had begun loses. Done by half, the
//! lake answers nothing until it is done again; nothing in it is lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use mizumori_core::SourceIndex;
use mizumori_core::keys::{AccountTag, KeyRing, LogTag, SecretTag, TagLayers, key_number};
use mizumori_scan::Progress;

use crate::error::LakeError;
use crate::fill::ThisMachine;
use crate::forget::{KeptOut, SUPPRESSED, name_of};
use crate::ingest::FILE_ROWS;
use crate::lake::{Lake, property};
use crate::log::{Change, ChangeKind, NewFile};
use crate::manifest::origin;
use crate::merge::{self, Cutting, Loaded, RunFiles, Runs};
use crate::rows::{Leak, NO_SECRET, Row, Rows};
use crate::sorter::Sorter;
use crate::write::Origin;

/// What was brought under new keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Rows.
    pub rows: u64,
    /// Sealed values that were sealed anew.
    pub resealed: u64,
    /// Sealed values whose key is shredded: they are gone now.
    pub gone: u64,
}

/// How rows come under new keys.
struct Method<'r> {
    ring: &'r KeyRing,
    tags: TagLayers,
    /// How many layers the tags of the lake have.
    known: usize,
    origins: &'r [Origin],
    resealed: AtomicU64,
    gone: AtomicU64,
}

impl Lake {
    /// Says in the log that the lake is to come under new keys: whoever writes to it from now on is refused.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_renewal(&mut self) -> Result<(), LakeError> {
        self.contend_for(|lake| {
            lake.refresh()?;
            let mark = (property::RENEWING.to_owned(), Some("true".to_owned()));
            let change = Change { properties: vec![mark], ..Change::default() };
            Ok((!lake.is_renewing()?).then(|| (lake.log.clone(), change)))
        })?;
        self.refresh()
    }

    /// Brings a lake of which that was said under the keys of `ring`: the lake's own, with layers on top or without.
    ///
    /// # Errors
    /// When the ring is another one, or the lake cannot be read or written. It is as it was then, and to be done again.
    pub fn renew(
        &mut self,
        ring: &KeyRing,
        machine: &ThisMachine,
        progress: &Progress,
    ) -> Result<Renewed, LakeError> {
        let lake = self.keys()?;
        if lake != ring.id() {
            return Err(LakeError::OtherKeys { lake, given: ring.id().to_owned() });
        }
        let (known, layers) = (self.layers()?, ring.tags().layers());
        if known > layers {
            return Err(LakeError::Layers { lake: known, ring: layers });
        }
        // Whoever is kept out is kept out under the new tags before these hold.
        let (kept_out, tags) = (self.suppressed()?, ring.tags());
        for (hi, lo) in &kept_out {
            let tag = tags.relayer_account(AccountTag { hi: *hi, lo: *lo }, known);
            self.put(&format!("{SUPPRESSED}/{}", name_of(tag)), Vec::new())?;
        }
        let mut done = Renewed::default();
        self.contend_for(|lake| {
            lake.refresh()?;
            if !lake.is_renewing()? {
                return Ok(None);
            }
            let live = lake.log.live()?;
            let mut change = Change { kind: ChangeKind::Renewal, ..Change::default() };
            (change.rewritten, done) = lake.under_new_keys(ring, known, machine, progress)?;
            change.remove = live;
            change.properties = vec![
                (property::LAYERS.to_owned(), Some(layers.to_string())),
                (property::RENEWING.to_owned(), None),
            ];
            Ok(Some((lake.log.clone(), change)))
        })?;
        self.refresh()?;
        if layers > known {
            for (hi, lo) in kept_out {
                self.delete(&format!("{SUPPRESSED}/{}", name_of(AccountTag { hi, lo })))?;
            }
        }
        self.delete_removed()?;
        Ok(done)
    }

    /// Writes all rows anew.
    fn under_new_keys(
        &self,
        ring: &KeyRing,
        known: usize,
        machine: &ThisMachine,
        progress: &Progress,
    ) -> Result<(Vec<NewFile>, Renewed), LakeError> {
        let live = self.log.live()?;
        let ingests = self.ingests()?;
        let mut origins = Vec::new();
        for (id, ingest) in &ingests {
            origins.push(origin(&self.manifest(id, ingest)?.source()?, ingest));
        }
        let files = live.iter().map(|file| self.run_file(file)).collect::<Result<Vec<_>, _>>()?;
        let runs = RunFiles::new(&files, &origins, &|_| true);
        let method = Method {
            ring,
            tags: ring.tags(),
            known,
            origins: &origins,
            resealed: AtomicU64::new(0),
            gone: AtomicU64::new(0),
        };
        let nobody = KeptOut::default();
        let sorter = Sorter::new(machine.limits(), &nobody, progress);
        let sorter = method.all(&runs, machine, sorter, progress)?;
        let written = sorter.write(FILE_ROWS, &|| self.new_file(&origins))?;
        let mut written = self.finish_files(written)?;
        // A source without a row stays known.
        if let Some(first) = written.first_mut() {
            for (id, ingest) in &ingests {
                first.file.sources.entry(id.clone()).or_insert_with(|| ingest.clone());
            }
        }
        let files: Vec<_> = written.into_iter().map(|written| written.file).collect();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (resealed, gone) = (load(&method.resealed), load(&method.gone));
        let rows = files.iter().map(|file| file.rows).sum();
        Ok((files, Renewed { rows, resealed, gone }))
    }
}

impl Method<'_> {
    /// Gives all rows of `runs` to the sorter, a range of keys at a time; all cores work.
    fn all<'s>(
        &self,
        runs: &RunFiles<'_>,
        machine: &ThisMachine,
        sorter: Sorter<'s>,
        progress: &Progress,
    ) -> Result<Sorter<'s>, LakeError> {
        let cutting = Cutting::new(machine.threads, machine.limits().memory_bytes, FILE_ROWS);
        let ranges = merge::plan(runs.samples(), cutting).concat();
        let (next, sorter) = (AtomicUsize::new(0), Mutex::new(sorter));
        let work = || -> Result<(), LakeError> {
            while let Some((from, to)) = ranges.get(next.fetch_add(1, Ordering::Relaxed)) {
                if progress.is_stopped() {
                    return Err(LakeError::Interrupted);
                }
                let mut rows = self.renewed(&runs.load(*from, *to)?)?;
                rows.settle();
                sorter.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(rows)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..machine.threads.min(ranges.len())).map(|_| scope.spawn(work)).collect();
            let own = work();
            let join = |other: std::thread::ScopedJoinHandle<'_, Result<(), LakeError>>| {
                other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            others.into_iter().map(join).fold(own, Result::and)
        })?;
        Ok(sorter.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The rows of a range under the new keys.
    fn renewed(&self, loaded: &Loaded<'_>) -> Result<Rows, LakeError> {
        let (old, mut new) = (&loaded.shared, Rows::default());
        for row in &loaded.rows {
            let tag = AccountTag { hi: row.hi, lo: row.lo };
            let account = self.tags.relayer_account(tag, self.known);
            let secret = match row.secret {
                NO_SECRET => NO_SECRET,
                secret => self.tags.relayer_secret(SecretTag(secret), self.known).0.max(NO_SECRET + 1),
            };
            let Some(leak) = old.leak_of(row) else { continue };
            let log = leak.log.map(|log| self.tags.relayer_log(LogTag(log), self.known).0);
            let sealed = match old.sealed_of(row) {
                Some(sealed) => self.resealed(sealed, leak.source, tag, account)?,
                None => None,
            };
            let shared = &mut new.shared;
            let row = Row {
                hi: account.hi,
                lo: account.lo,
                secret,
                leak: shared.leak(Leak { log, ..*leak }),
                site: shared.site(old.site_of(row)),
                host: shared.hosts.number(old.hosts.host(row.host)),
                sealed: sealed.map_or(0, |sealed| shared.seal(sealed)),
            };
            new.rows.push(row);
        }
        Ok(new)
    }

    /// What was sealed for a row, for the same row under its new tag; `None` when nobody has its key any more.
    fn resealed(
        &self,
        sealed: &[u8],
        source: SourceIndex,
        before: AccountTag,
        account: AccountTag,
    ) -> Result<Option<Vec<u8>>, LakeError> {
        let key = key_number(sealed).ok().and_then(|number| self.ring.data_key_of(number));
        let source = self.origins.get(source.0).map_or("", |origin| &*origin.id);
        let Some((key, what)) = key.and_then(|key| Some((key, key.open(source, before, sealed).ok()?)))
        else {
            self.gone.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        };
        let newest = self.ring.data_key(key.domain()).unwrap_or(key);
        let sealed = newest.seal(source, account, &what)?;
        self.resealed.fetch_add(1, Ordering::Relaxed);
        Ok(Some(sealed))
    }
}
