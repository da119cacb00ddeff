//! One part of an ingest: scan, tag, count, sort, write. Nothing names what is written here.

use std::collections::BTreeMap;

use mizumori_core::SourceIndex;
use mizumori_core::keys::KeyRing;
use mizumori_read::MemberName;
use mizumori_scan::{Dump, Event, HandOver, Look, Matcher, PieceSizes, Proceed, Progress, Scan, Wanted};
use object_store::path::Path;

use crate::counts::CountRow;
use crate::error::LakeError;
use crate::gather::{Gather, Method, Others, Part};
use crate::ingest::{FILE_ROWS, ingest_id};
use crate::lake::Lake;
use crate::log::NewFile;
use crate::maintain::KeptOut;
use crate::manifest::origin;
use crate::method::{Ingest, Ingested, Material};
use crate::sorter::{SortLimits, Sorter};
use crate::tally::{CountKey, Counter};
use crate::upload::Upload;
use crate::write::Facts;

/// A part of an ingest.
pub(crate) struct Work<'w> {
    pub(crate) ring: &'w KeyRing,
    pub(crate) material: &'w Material<'w>,
    pub(crate) how: &'w Ingest<'w>,
    pub(crate) part: Part,
    /// By source: the ingest that brings it; `None` of those that do not come.
    pub(crate) ingests: &'w [Option<String>],
    pub(crate) kept_out: &'w KeptOut,
    pub(crate) count_key: &'w CountKey,
    pub(crate) progress: &'w Progress,
}

/// What was written.
pub(crate) struct Filled {
    /// The files of rows.
    pub(crate) files: Vec<(NewFile, Facts)>,
    /// What was counted, by source.
    pub(crate) counts: BTreeMap<SourceIndex, Vec<CountRow>>,
}

impl Work<'_> {
    /// Whether a source comes.
    pub(crate) fn comes(&self, source: SourceIndex) -> bool {
        self.ingests.get(source.0).is_some_and(Option::is_some)
    }

    /// The dumps of the sources that come.
    pub(crate) fn dumps(&self) -> Vec<Dump> {
        let dumps = self.material.dumps.iter().zip(self.material.sources_of);
        let come = dumps.filter(|(_, sources)| sources.iter().any(|source| self.comes(*source)));
        come.map(|(dump, _)| dump.clone()).collect()
    }
}

impl Lake {
    /// Does it; `None` after an interrupt.
    pub(crate) fn fill(
        &self,
        work: &Work<'_>,
        dumps: &[Dump],
        done: &mut Ingested,
    ) -> Result<Option<Filled>, LakeError> {
        let (how, material) = (work.how, work.material);
        let source_of =
            |member: &MemberName| (material.source_of)(member).filter(|source| work.comes(source.index));
        let method = Method {
            tags: work.ring.tags(),
            ring: work.ring,
            watch: how.watch(),
            sources: material.sources,
            source_of: &source_of,
            level: how.level,
            part: work.part,
            others: how.others(),
            kept_out: work.kept_out,
            count_key: work.count_key,
        };
        let matcher = how.watch().map(|watch| Matcher::new(watch, Look::AccountsAndSites));
        let watched_only = work.part == Part::Watched || how.others() == Others::Left;
        let scan = Scan {
            reader: how.reader,
            matcher: matcher.as_ref(),
            wanted: if watched_only { Wanted::Watched } else { Wanted::All },
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
        let ingests = work.ingests.iter().map(|ingest| ingest.as_deref().unwrap_or_default());
        let origins: Vec<_> =
            material.sources.iter().zip(ingests).map(|(source, ingest)| origin(source, ingest)).collect();
        let mut sorter = Sorter::new(&origins, limits, work.kept_out, work.progress);
        let mut counter = Counter::default();
        let mut failed = None;
        let mut unreadable = Vec::new();
        scan.run(dumps, &Gather(&method), work.progress, |event| {
            match event {
                Event::Batch { batch, .. } => {
                    done.uncounted += batch.uncounted;
                    counter.merge(batch.counts);
                    let outcome = match batch.failed {
                        Some(error) => Err(error.into()),
                        None => sorter.push(batch.rows),
                    };
                    if let Err(error) = outcome {
                        failed.get_or_insert(error);
                        return Proceed::Stop;
                    }
                }
                Event::Unreadable { name, why } => unreadable.push((name.to_string(), why)),
            }
            Proceed::GoOn
        })?;
        match failed {
            None | Some(LakeError::Interrupted) => {}
            Some(error) => return Err(error),
        }
        // The second part reads again what the first could not.
        unreadable.retain(|what| !done.unreadable.contains(what));
        done.unreadable.append(&mut unreadable);
        done.interrupted = work.progress.is_stopped();
        if done.interrupted {
            return Ok(None);
        }
        done.spilled += sorter.spilled_bytes();
        let written = match sorter.write(FILE_ROWS, &|| self.new_file()) {
            Err(LakeError::Interrupted) => {
                done.interrupted = true;
                return Ok(None);
            }
            written => written?,
        };
        let files = self.finish_files(written, &ingest_id()?)?;
        Ok(Some(Filled { files, counts: counter.finish() }))
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
