//! Dumps into a lake: scan, tag, sort, write, and one commit for all of it; or two, the watched rows first.
//!
//! Nothing is named before the commit. Whatever ends the work before that (an error, an interrupt, a crash) leaves the lake
//! as it was, and at most files that nobody refers to, which go with a vacuum. A source that is there already is replaced
//! in the same commit. Between the two commits of a new one the log says that it is there by half, and the next ingest completes
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use mizumori_core::SourceIndex;
use mizumori_core::keys::{AccountTag, KeyRing};
use mizumori_scan::Progress;

use crate::beside::Beside;
use crate::counts::CountRow;
use crate::decide::{Asked, Decided, Fate, groups_counted};
use crate::digest::FileFacts;
use crate::error::LakeError;
use crate::fill::{Filled, Work};
use crate::forget::Forget;
use crate::gather::Part;
use crate::lake::Lake;
use crate::log::{Change, ChangeKind, Live, NewFile};
use crate::manifest::{Manifest, RunFacts, half_of};
use crate::method::{Ingest, Ingested, Material, SourceIngested, WhatHappened};
use crate::tally::CountKey;

/// Rows of a file, roughly: some 100 MB.
pub(crate) const FILE_ROWS: u64 = 6 << 20;

impl Lake {
    /// Ingests `material`.
    ///
    /// # Errors
    /// When the keys are not the lake's, a source cannot be ingested as it is and is not to be held back, or the store fails. The
    /// lake is as it was then, or as after the first of two commits.
    pub fn ingest(
        &mut self,
        ring: &KeyRing,
        material: &Material<'_>,
        how: &Ingest<'_>,
        progress: &Progress,
    ) -> Result<Ingested, LakeError> {
        self.refresh()?;
        self.check_keys(ring)?;
        let run = ingest_id()?;
        let digests = match how.runner.digests(material.dumps, progress) {
            Err(LakeError::Interrupted) => Vec::new(),
            digests => digests?,
        };
        let files = files_of(material, digests);
        if progress.is_stopped() {
            let unreadable = material.unreadable.to_vec();
            return Ok(Ingested { unreadable, interrupted: true, ..Ingested::default() });
        }
        let (parts, scope) = (how.parts(), how.scope(ring, Part::Whole));
        let described = material.sources.iter().zip(files);
        let mut manifests: Vec<_> =
            described.map(|(source, files)| Manifest::new(source, &run, &scope, files)).collect();
        let first_scope = (parts.len() > 1).then(|| how.scope(ring, Part::Watched));
        self.refresh()?;
        let Decided { fates, held_back, mut counted, unreadable, there } = self.current(|lake| {
            let (sources, first_scope) = (material.sources, first_scope.as_deref());
            lake.decide(&Asked { sources, manifests: &manifests, first_scope, how })
        })?;
        let not_opened = material.unreadable.to_vec();
        let mut done = Ingested { held_back, unreadable: not_opened, ..Ingested::default() };
        let count_key = CountKey::new(material.sources)?;
        let ingests = how.wanted_beside(&fates, &manifests);
        if ingests.iter().any(Option::is_some) {
            let (part, kept_out) = (Part::Whole, &self.suppressed()?);
            let (ingests, there, count_key) = (&ingests, &there, &count_key);
            // What a manifest says of its run is what came into the lake.
            let stays = |fate: &Fate| matches!(fate, Fate::Stays { .. } | Fate::HeldBack);
            let progress = if fates.iter().all(stays) { progress } else { &progress.next_run() };
            let work = Work { ring, material, how, part, ingests, there, kept_out, count_key, progress };
            match how.runner.show(&work) {
                Err(LakeError::Interrupted) => done.interrupted = true,
                unreadable => done.unreadable.append(&mut unreadable?),
            }
        }
        for (number, part) in parts.iter().enumerate() {
            let ingests: Vec<_> = fates.iter().map(|fate| ingest_of(fate, *part, &run)).collect();
            if done.interrupted || ingests.iter().all(Option::is_none) {
                continue;
            }
            // What was read in an earlier part may be read again.
            let progress = if number == 0 { progress } else { &progress.next_run() };
            let kept_out = &self.suppressed()?;
            let work = Work {
                ring,
                material,
                how,
                part: *part,
                ingests: &ingests,
                there: &there,
                kept_out,
                count_key: &count_key,
                progress,
            };
            work.announce(&manifests);
            match self.ingest_part(&work, &run, &mut manifests, &mut done) {
                Err(LakeError::Interrupted) => {
                    done.interrupted = true;
                    break;
                }
                part => part?,
            }
        }
        // What stays in the lake may have come alone.
        match how.beside.filter(|_| !done.interrupted).map(Beside::keep) {
            Some(Err(LakeError::Interrupted)) => done.interrupted = true,
            kept => kept.transpose().map(drop)?,
        }
        let has_counts = manifests.iter().filter(|manifest| manifest.counts.is_some());
        counted.extend(has_counts.map(|manifest| manifest.id().to_owned()));
        // An earlier run may have ended before this.
        if !counted.is_empty() {
            self.publish_counts(Some(&counted))?;
        }
        let before =
            unreadable.into_iter().filter(|what| !done.unreadable.contains(what)).collect::<Vec<_>>();
        done.unreadable.extend(before);
        if !done.interrupted || !done.versions.is_empty() {
            done.sources = outcome(&manifests, &fates);
        }
        Ok(done)
    }

    /// Does one part.
    fn ingest_part(
        &mut self,
        work: &Work<'_>,
        run: &str,
        manifests: &mut [Manifest],
        done: &mut Ingested,
    ) -> Result<(), LakeError> {
        let Filled { files, mut counts, mut unreadable, uncounted, unsealed, spilled } =
            work.how.runner.fill(self, work)?;
        // The second part reads again what the first could not.
        unreadable.retain(|what| !done.unreadable.contains(what));
        done.unreadable.append(&mut unreadable);
        done.uncounted += uncounted;
        done.unsealed += unsealed;
        done.spilled += spilled;
        let mut rows_of = BTreeMap::new();
        for written in &files {
            for (id, rows) in &written.rows_of {
                *rows_of.entry(id.clone()).or_insert(0) += rows;
            }
        }
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let facts = RunFacts {
            id: run.to_owned(),
            files: work.dumps().count() as u64,
            bytes: read(&work.progress.bytes),
            lines: read(&work.progress.lines),
            addresses: read(&work.progress.addresses),
            rejected: read(&work.progress.rejected),
            unreadable: done.unreadable.clone(),
        };
        let scope = work.how.scope(work.ring, work.part);
        let mut come = Vec::new();
        for (at, manifest) in manifests.iter_mut().enumerate() {
            let Some((ingest, source)) =
                work.ingests.get(at).cloned().flatten().zip(work.material.sources.get(at))
            else {
                continue;
            };
            manifest.rows = rows_of.get(manifest.id()).copied().unwrap_or(0);
            let mut counted = counts.remove(&SourceIndex(at)).unwrap_or_default();
            if work.part == Part::Rest {
                let first = self.manifest(manifest.id(), &half_of(&ingest))?;
                manifest.rows += first.rows;
                add_counts(&mut counted, self.counts_of(&first, &self.live_counts()?)?);
            }
            manifest.counts =
                if counted.is_empty() { None } else { Some(self.write_counts(source, &counted)?) };
            manifest.ingest.clone_from(&ingest);
            manifest.scope.clone_from(&scope);
            manifest.run.clone_from(&facts);
            come.push(&*manifest);
        }
        let files: Vec<_> = files.into_iter().map(|written| written.file).collect();
        let (rows, bytes) = files.iter().fold((0, 0), |sum, file| (sum.0 + file.rows, sum.1 + file.size));
        // There is room for one run more before it comes.
        let room = self.keep_bounds(1, files.len());
        if let Err(error) = room.and_then(|()| work.how.beside.map_or(Ok(()), Beside::keep)) {
            self.wait(self.log.discard(&files));
            return Err(error);
        }
        done.versions.push(self.commit_sources(files, &come, work)?);
        done.rows += rows;
        done.bytes += bytes;
        self.forget_meanwhile(work)?;
        // Others may have come at the same time. What came is in the lake, whatever becomes of this.
        done.unmerged = match self.keep_bounds(0, 0) {
            Ok(()) | Err(LakeError::Interrupted) => None,
            Err(error) => Some(error),
        };
        Ok(())
    }

    /// Forgets whoever was forgotten while this ran, and is not in the list that it began with. Nobody can stop that.
    fn forget_meanwhile(&mut self, work: &Work<'_>) -> Result<(), LakeError> {
        let progress = std::mem::take(&mut self.merging.progress);
        let forgotten = self.suppressed().and_then(|kept_out| {
            kept_out.difference(work.kept_out).try_for_each(|&(hi, lo)| {
                self.forget(work.ring, &Forget::Account(AccountTag { hi, lo })).map(drop)
            })
        });
        self.merging.progress = progress;
        forgotten
    }

    /// Commits `files`, the rows of the sources that come, in the place of what the lake has of these sources. Halves come where
    /// nothing is, and beside the first half; else somebody else was quicker.
    fn commit_sources(
        &mut self,
        mut files: Vec<NewFile>,
        come: &[&Manifest],
        work: &Work<'_>,
    ) -> Result<u64, LakeError> {
        // A source without a row is in the lake too: the first file says so.
        if let Some(first) = files.first_mut() {
            for manifest in come {
                let (id, ingest) = (manifest.id().to_owned(), || manifest.ingest.clone());
                first.sources.entry(id).or_insert_with(ingest);
            }
        }
        self.put_manifests(come)?;
        let before = self.version()?;
        let sources: BTreeSet<_> = come.iter().map(|manifest| manifest.id().to_owned()).collect();
        let groups = groups_counted(come)?.into_keys().map(|(place, time)| format!("{time}/{place}"));
        let groups: BTreeSet<_> = groups.collect();
        let committed = self.contend(|lake| {
            lake.still_holds(come, work.there, work.how.missing)?;
            let mut change = Change {
                fresh: files.clone(),
                sources: sources.clone(),
                groups: groups.clone(),
                kind: ChangeKind::Rows,
                ..Change::default()
            };
            if work.part != Part::Whole {
                let there = lake.ingests()?;
                let before = |ingest: &str| (work.part == Part::Rest).then(|| half_of(ingest));
                let raced =
                    |manifest: &&&Manifest| there.get(manifest.id()) != before(&manifest.ingest).as_ref();
                return match come.iter().find(raced) {
                    Some(manifest) => Err(LakeError::Raced(manifest.id().to_owned())),
                    None => Ok(Some(change)),
                };
            }
            let concerned = |file: &Live| file.sources.keys().any(|id| sources.contains(id));
            change.remove = lake.log.live()?.into_iter().filter(concerned).collect();
            let mixed = |file: &&Live| file.sources.keys().any(|id| !sources.contains(id));
            let mixed: Vec<_> = change.remove.iter().filter(mixed).collect();
            if !mixed.is_empty() {
                change.rewritten = lake.rewrite(&mixed, &|id| !sources.contains(id), &|_| true)?;
            }
            Ok(Some(change))
        });
        // Elsewhere a commit that failed may be done all the same, and then names these files.
        if committed.is_err() && self.place.is_local() {
            self.wait(self.log.discard(&files));
        }
        let version = committed?.unwrap_or_default();
        // Whoever forgot a source in between has deleted what was said of it.
        if version != before + 1 {
            self.put_manifests(come)?;
        }
        Ok(version)
    }

    fn put_manifests(&self, come: &[&Manifest]) -> Result<(), LakeError> {
        come.iter().try_for_each(|manifest| {
            self.put(&Manifest::path(manifest.id(), &manifest.ingest), manifest.to_bytes())
        })
    }
}

/// The ingest that brings a source in a part; `None` when it does not come.
fn ingest_of(fate: &Fate, part: Part, run: &str) -> Option<String> {
    match (fate, part) {
        (Fate::ComesInHalves, Part::Watched) => Some(half_of(run)),
        (Fate::Comes(_), Part::Whole) | (Fate::ComesInHalves, Part::Rest) => Some(run.to_owned()),
        (Fate::Completes(ingest), Part::Rest) => Some(ingest.clone()),
        _ => None,
    }
}

/// Adds the counts of another part: of other hosts, as a rule.
fn add_counts(counts: &mut Vec<CountRow>, others: Vec<CountRow>) {
    for other in others {
        match counts.iter_mut().find(|row| row.host == other.host) {
            Some(row) => {
                row.n += other.n;
                row.again += other.again;
            }
            None => counts.push(other),
        }
    }
    counts.sort_by(|one, other| one.host.cmp(&other.host));
}

/// The files of each source, in the order of the dumps.
fn files_of(material: &Material<'_>, facts: Vec<FileFacts>) -> Vec<Vec<FileFacts>> {
    let mut files: Vec<Vec<FileFacts>> = vec![Vec::new(); material.sources.len()];
    for (file, sources) in facts.into_iter().zip(material.sources_of) {
        for source in sources {
            if let Some(files) = files.get_mut(source.0) {
                files.push(file.clone());
            }
        }
    }
    files
}

fn outcome(manifests: &[Manifest], fates: &[Fate]) -> Vec<SourceIngested> {
    let each = manifests.iter().zip(fates).filter_map(|(manifest, fate)| {
        let counted = manifest.counts.as_ref().map_or(0, |counts| counts.accounts);
        let (what, rows, counted) = match fate {
            Fate::Comes(what) => (*what, manifest.rows, counted),
            Fate::ComesInHalves => (WhatHappened::Added, manifest.rows, counted),
            Fate::Completes(_) => (WhatHappened::Completed, manifest.rows, counted),
            Fate::Stays { rows, counted, .. } => (WhatHappened::AsBefore, *rows, *counted),
            Fate::HeldBack => return None,
        };
        Some(SourceIngested { id: manifest.id().to_owned(), what, rows, counted })
    });
    each.collect()
}

/// An id that no other ingest has: the time in milliseconds, so that ids sort, and random bytes.
pub(crate) fn ingest_id() -> Result<String, LakeError> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let random = getrandom::u64().map_err(|error| LakeError::Io(std::io::Error::other(error)))?;
    Ok(format!("{:012x}-{random:016x}", since.as_millis()))
}
