//! Dumps into a lake: scan, tag, sort, write, and one commit for all of it.
//!
//! Nothing is named before the commit. Whatever ends the work before that (an error, an interrupt, a crash) leaves the lake
//! as it was, and at most files that nobody refers to, which go with a vacuum. A source that is there already is replaced
//! in the same commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mizumori_core::keys::{AccountTag, KeyRing};
use mizumori_core::watch::Level;
use mizumori_core::{Source, SourceIndex, WatchList};
use mizumori_read::{Input, MemberName, Reader};
use mizumori_scan::{
    Dump, Event, HandOver, Look, Matcher, PieceSizes, Proceed, Progress, RecordLimits, Scan, Wanted,
};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use crate::error::LakeError;
use crate::gather::{Gather, MemberSources, Method};
use crate::lake::Lake;
use crate::log::{Change, ChangeKind, Live, NewFile};
use crate::maintain::{Forget, KeptOut};
use crate::manifest::{FileFacts, Manifest, RunFacts, origin};
use crate::sorter::{SortLimits, Sorter};
use crate::upload::Upload;
use crate::write::{Facts, Origin};

/// The scope of an ingest that keeps every account.
pub(crate) const EVERYTHING: &str = "all";
/// Rows of a file, roughly: some 100 MB.
pub(crate) const FILE_ROWS: u64 = 6 << 20;

/// What an ingest reads.
pub struct Material<'m> {
    /// The sources.
    pub sources: &'m [Source],
    /// The dumps.
    pub dumps: &'m [Dump],
    /// The sources that each dump holds, in the order of the dumps.
    pub sources_of: &'m [Vec<SourceIndex>],
    /// The source of each member.
    pub source_of: &'m MemberSources<'m>,
}

/// How an ingest works.
pub struct Ingest<'i> {
    /// Opens containers.
    pub reader: &'i Reader,
    /// Bounds on records.
    pub records: RecordLimits,
    /// The accounts that are kept; `None` keeps every one.
    pub watch: Option<&'i WatchList>,
    /// The level where the watch list names none.
    pub level: Level,
    /// Whether a source may lose files.
    pub replace: bool,
    /// Cores.
    pub threads: usize,
    /// Bytes that it may use, roughly.
    pub memory_bytes: u64,
    /// Bytes on disk for what does not fit.
    pub disk_bytes: u64,
    /// The folder for that.
    pub folder: PathBuf,
}

/// What an ingest did.
#[derive(Clone, Debug, Default)]
pub struct Ingested {
    /// The version of the log; `None` when nothing was committed.
    pub version: Option<u64>,
    /// The sources, in their order.
    pub sources: Vec<SourceIngested>,
    /// Rows in the lake that came of it.
    pub rows: u64,
    /// Bytes of the files that hold them.
    pub bytes: u64,
    /// Exposures of which the lake keeps nothing, because their level is `counts`.
    pub below_tags: u64,
    /// Bytes that went through encrypted files on the way.
    pub spilled: u64,
    /// What could not be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// Whether it was interrupted; nothing was committed then.
    pub interrupted: bool,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIngested {
    /// Its id.
    pub id: String,
    /// What happened.
    pub what: WhatHappened,
    /// Its rows in the lake.
    pub rows: u64,
}

/// What became of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatHappened {
    /// It is new.
    Added,
    /// It was there, and is replaced.
    Replaced,
    /// It was there, from the same files.
    AsBefore,
}

impl Lake {
    /// Ingests `material`.
    ///
    /// # Errors
    /// When the keys are not the lake's, files of a source are missing, or the store fails. The lake is as it was then.
    pub fn ingest(
        &mut self,
        ring: &KeyRing,
        material: &Material<'_>,
        how: &Ingest<'_>,
        progress: &Progress,
    ) -> Result<Ingested, LakeError> {
        self.check_keys(ring)?;
        let id = ingest_id()?;
        let scope = how.scope(ring);
        let mut done = Ingested::default();
        let mut manifests = describe(material, how, &id, &scope, progress);
        if progress.is_stopped() {
            done.interrupted = true;
            return Ok(done);
        }
        self.refresh()?;
        let skipped = self.current(|lake| lake.compare(&manifests, how.replace))?;
        let is_new = |source: SourceIndex| !skipped.contains_key(&source);
        let dumps: Vec<_> = material.dumps.iter().zip(material.sources_of).collect();
        let dumps: Vec<Dump> = dumps
            .iter()
            .filter(|(_, sources)| sources.iter().any(|source| is_new(*source)))
            .map(|(dump, _)| (*dump).clone())
            .collect();
        if dumps.is_empty() {
            done.sources = self.outcome(&manifests, &skipped, &BTreeSet::new());
            return Ok(done);
        }
        let kept_out = self.suppressed()?;
        let origins: Vec<_> = material.sources.iter().map(|source| origin(source, &id)).collect();
        let source_of =
            |member: &MemberName| (material.source_of)(member).filter(|source| is_new(source.index));
        let written = self
            .scan(ring, material, &dumps, &source_of, how, &origins, &id, &kept_out, progress, &mut done)?;
        let Some(written) = written else { return Ok(done) };
        let mut rows_of = BTreeMap::new();
        for (_, facts) in &written {
            for (id, rows) in &facts.rows_of {
                *rows_of.entry(id.clone()).or_insert(0) += rows;
            }
        }
        let run = RunFacts {
            files: dumps.len() as u64,
            bytes: progress.bytes.load(Ordering::Relaxed),
            lines: progress.lines.load(Ordering::Relaxed),
            addresses: progress.addresses.load(Ordering::Relaxed),
            rejected: progress.rejected.load(Ordering::Relaxed),
            unreadable: done.unreadable.clone(),
        };
        let mut fresh = BTreeSet::new();
        for (at, manifest) in manifests.iter_mut().enumerate() {
            if is_new(SourceIndex(at)) {
                manifest.rows = rows_of.get(manifest.id()).copied().unwrap_or(0);
                manifest.run.clone_from(&run);
                self.put(&Manifest::path(manifest.id(), &id), manifest.to_bytes())?;
                fresh.insert(manifest.id().to_owned());
            }
        }
        done.rows = written.iter().map(|(_, facts)| facts.rows).sum();
        done.bytes = written.iter().map(|(file, _)| file.size).sum();
        let files = written.into_iter().map(|(file, _)| file).collect();
        let before = self.ingests()?;
        done.version = Some(self.commit_sources(files, &fresh, &id)?);
        // Whoever was forgotten while this ran is not in the list that it began with.
        for (hi, lo) in self.suppressed()?.difference(&kept_out).copied().collect::<Vec<_>>() {
            self.forget(ring, &Forget::Account(AccountTag { hi, lo }))?;
        }
        self.keep_bounds()?;
        let replaced = before.into_keys().filter(|id| fresh.contains(id)).collect();
        done.sources = self.outcome(&manifests, &skipped, &replaced);
        Ok(done)
    }

    /// The sources that are in the lake already as these manifests say, each with its rows.
    fn compare(
        &self,
        manifests: &[Manifest],
        replace: bool,
    ) -> Result<BTreeMap<SourceIndex, u64>, LakeError> {
        let there = self.ingests()?;
        let mut same = BTreeMap::new();
        for (at, manifest) in manifests.iter().enumerate() {
            let Some(ingest) = there.get(manifest.id()) else { continue };
            let before = self.manifest(manifest.id(), ingest)?;
            let missing = before.missing_in(manifest);
            if before.brings_as(manifest) {
                same.insert(SourceIndex(at), before.rows);
            } else if !missing.is_empty() && !replace {
                let source_id = manifest.id().to_owned();
                return Err(LakeError::FilesMissing { source_id, files: missing });
            }
        }
        Ok(same)
    }

    fn outcome(
        &self,
        manifests: &[Manifest],
        skipped: &BTreeMap<SourceIndex, u64>,
        replaced: &BTreeSet<String>,
    ) -> Vec<SourceIngested> {
        let each = manifests.iter().enumerate().map(|(at, manifest)| {
            let id = manifest.id().to_owned();
            let (what, rows) = match skipped.get(&SourceIndex(at)) {
                Some(rows) => (WhatHappened::AsBefore, *rows),
                None if replaced.contains(&id) => (WhatHappened::Replaced, manifest.rows),
                None => (WhatHappened::Added, manifest.rows),
            };
            SourceIngested { id, what, rows }
        });
        each.collect()
    }

    /// Scans, sorts and writes; `None` after an interrupt.
    #[expect(clippy::too_many_arguments, reason = "one step of one function, apart because it is long")]
    fn scan(
        &self,
        ring: &KeyRing,
        material: &Material<'_>,
        dumps: &[Dump],
        source_of: &MemberSources<'_>,
        how: &Ingest<'_>,
        origins: &[Origin],
        ingest: &str,
        kept_out: &KeptOut,
        progress: &Progress,
        done: &mut Ingested,
    ) -> Result<Option<Vec<(NewFile, Facts)>>, LakeError> {
        let method = Method {
            tags: ring.tags(),
            ring,
            watch: how.watch,
            sources: material.sources,
            source_of,
            level: how.level,
        };
        let matcher = how.watch.map(|watch| Matcher::new(watch, Look::AccountsAndSites));
        let scan = Scan {
            reader: how.reader,
            matcher: matcher.as_ref(),
            wanted: if how.watch.is_some() { Wanted::Watched } else { Wanted::All },
            limits: how.records,
            threads: how.threads,
            hand_over: HandOver::AsItComes,
            pieces: PieceSizes::default(),
        };
        let limits = SortLimits {
            // Merging takes as much again: a range a core, and the files that are being written.
            memory_bytes: how.memory_bytes / 2,
            disk_bytes: how.disk_bytes,
            folder: how.folder.clone(),
            threads: how.threads,
        };
        let mut sorter = Sorter::new(origins, limits, kept_out, progress);
        let mut failed = None;
        scan.run(dumps, &Gather(&method), progress, |event| {
            match event {
                Event::Batch { batch, .. } => {
                    done.below_tags += batch.below_tags;
                    let outcome = match batch.failed {
                        Some(error) => Err(error.into()),
                        None => sorter.push(batch.rows),
                    };
                    if let Err(error) = outcome {
                        failed.get_or_insert(error);
                        return Proceed::Stop;
                    }
                }
                Event::Unreadable { name, why } => done.unreadable.push((name.to_string(), why)),
            }
            Proceed::GoOn
        })?;
        match failed {
            None | Some(LakeError::Interrupted) => {}
            Some(error) => return Err(error),
        }
        done.interrupted = progress.is_stopped();
        if done.interrupted {
            return Ok(None);
        }
        done.spilled = sorter.spilled_bytes();
        let written = match sorter.write(FILE_ROWS, &|| self.new_file()) {
            Err(LakeError::Interrupted) => {
                done.interrupted = true;
                return Ok(None);
            }
            written => written?,
        };
        self.finish_files(written, ingest).map(Some)
    }

    /// Begins a file of the table, under a name that nothing else has.
    pub(crate) fn new_file(&self) -> Result<NamedUpload, LakeError> {
        let name = format!("part-{}.parquet", ingest_id()?);
        let upload = Upload::new(self.runtime.handle().clone(), self.log.store(), Path::from(name.as_str()));
        Ok(NamedUpload { name, upload })
    }

    /// Ends files; what the log needs to name them.
    pub(crate) fn finish_files(
        &self,
        written: Vec<(NamedUpload, Facts)>,
        run: &str,
    ) -> Result<Vec<(NewFile, Facts)>, LakeError> {
        let finish = |(file, facts): (NamedUpload, Facts)| {
            let size = file.upload.finish()?;
            let (stats, sources) = (facts.stats(), facts.sources.clone());
            let (path, rows, run) = (file.name, facts.rows, run.to_owned());
            Ok((NewFile { path, size, rows, stats, run, sources }, facts))
        };
        written.into_iter().map(finish).collect()
    }

    /// Commits `files`, the rows of `sources`, in the place of what the lake has of these sources.
    fn commit_sources(
        &mut self,
        mut files: Vec<NewFile>,
        sources: &BTreeSet<String>,
        ingest: &str,
    ) -> Result<u64, LakeError> {
        // A source without a row is in the lake too: the first file says so.
        if let Some(first) = files.first_mut() {
            let named: BTreeSet<_> = first.sources.keys().cloned().collect();
            let missing = sources.difference(&named).map(|id| (id.clone(), ingest.to_owned()));
            first.sources.extend(missing.collect::<Vec<_>>());
        }
        let committed = self.contend(|lake| {
            let concerned = |file: &Live| file.sources.keys().any(|id| sources.contains(id));
            let remove: Vec<_> = lake.log.live()?.into_iter().filter(concerned).collect();
            let mixed = |file: &&Live| file.sources.keys().any(|id| !sources.contains(id));
            let mixed: Vec<_> = remove.iter().filter(mixed).collect();
            let rewritten = if mixed.is_empty() {
                Vec::new()
            } else {
                lake.rewrite(&mixed, &|id| !sources.contains(id), &|_| true)?
            };
            let (fresh, sources) = (files.clone(), sources.clone());
            Ok(Some(Change { fresh, rewritten, remove, sources, kind: ChangeKind::Rows }))
        });
        // Elsewhere a commit that failed may be done all the same, and then names these files.
        if committed.is_err() && self.place.is_local() {
            self.forget_files(&files);
        }
        Ok(committed?.unwrap_or_default())
    }

    /// Deletes files that were written and never named. What cannot be deleted goes with a vacuum.
    pub(crate) fn forget_files(&self, files: &[NewFile]) {
        let store = self.log.store();
        for file in files {
            if let Err(error) = self.wait(store.delete(&Path::from(file.path.as_str()))) {
                tracing::debug!(%error, file = %file.path, "could not delete a file that nothing names");
            }
        }
    }
}

/// A file of the table while it is written.
pub(crate) struct NamedUpload {
    name: String,
    upload: Upload,
}

impl std::io::Write for NamedUpload {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.upload.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.upload.flush()
    }
}

impl Ingest<'_> {
    /// What is looked for: two ingests of one scope and the same files bring the same rows.
    fn scope(&self, ring: &KeyRing) -> String {
        let list = self.watch.map_or(EVERYTHING, |watch| &watch.digest);
        // With a key that was not there before, more is sealed.
        let keys: Vec<_> = ring.data_keys().map(|key| key.number().to_string()).collect();
        format!("{list} {} {}", self.level.as_str(), keys.join(","))
    }
}

/// The manifests of the sources, with the digests of their files, which all cores compute.
fn describe(
    material: &Material<'_>,
    how: &Ingest<'_>,
    ingest: &str,
    scope: &str,
    progress: &Progress,
) -> Vec<Manifest> {
    let next = AtomicUsize::new(0);
    let facts = Mutex::new(Vec::new());
    let work = || {
        while !progress.is_stopped()
            && let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(dump) = material.dumps.get(at)
        {
            let file = digest(dump);
            facts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, file));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..how.threads.min(material.dumps.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut facts = facts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    facts.sort_by_key(|(at, _)| *at);
    let mut files: Vec<Vec<FileFacts>> = vec![Vec::new(); material.sources.len()];
    for (at, file) in facts {
        for source in material.sources_of.get(at).into_iter().flatten() {
            if let Some(files) = files.get_mut(source.0) {
                files.push(file.clone());
            }
        }
    }
    let sources = material.sources.iter().zip(files);
    sources.map(|(source, files)| Manifest::new(source, ingest, scope, files)).collect()
}

/// Size and digest of a dump; of what can be read once only, neither.
fn digest(dump: &Dump) -> FileFacts {
    let name = dump.name.to_string();
    let unknown = |name| FileFacts { name, bytes: 0, blake3: None };
    let input = match &dump.place {
        mizumori_scan::DumpPlace::StandardInput => return unknown(name),
        _ => dump.open(),
    };
    let Ok(Input::At(at)) = input else { return unknown(name) };
    let bytes = at.len();
    let mut hasher = blake3::Hasher::new();
    let (mut buffer, mut position) = (vec![0; 1 << 20], 0);
    loop {
        match at.read_at(position, &mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                position += read as u64;
            }
            Err(_) => return FileFacts { name, bytes, blake3: None },
        }
    }
    FileFacts { name, bytes, blake3: Some(hasher.finalize().to_hex().to_string()) }
}

/// An id that no other ingest has: the time in milliseconds, so that ids sort, and random bytes.
pub(crate) fn ingest_id() -> Result<String, LakeError> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let random = getrandom::u64().map_err(|error| LakeError::Io(std::io::Error::other(error)))?;
    Ok(format!("{:012x}-{random:016x}", since.as_millis()))
}
