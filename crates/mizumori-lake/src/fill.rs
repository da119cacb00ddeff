//! One part of an ingest on this machine: scan, tag, count, sort, write. Nothing names what is written here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mizumori_core::keys::KeyRing;
use mizumori_core::watch::Level;
use mizumori_core::{SourceIndex, SourceKind};
use mizumori_read::{MemberName, Reader};
use mizumori_scan::{Dump, Event, HandOver, PieceSizes, Proceed, Progress, RecordLimits, Scan, Witness};
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::beside::ended;
use crate::counts::CountRow;
use crate::digest::{self, FileFacts};
use crate::error::LakeError;
use crate::forget::KeptOut;
use crate::gather::{Gather, MemberSources, Method, Part};
use crate::ingest::{FILE_ROWS, ingest_id};
use crate::lake::Lake;
use crate::log::NewFile;
use crate::logs::Logs;
use crate::manifest::{Ingests, origin};
use crate::method::{Ingest, Material};
use crate::rows::Key;
use crate::sorter::{SortLimits, Sorter};
use crate::tally::{CountKey, CountTags, Counter};
use crate::upload::Upload;
use crate::write::{Facts, FileWriter, Marks, Origin};

/// Who reads, sorts and writes for an ingest: this machine, or a cluster. The ingest itself decides what comes, and commits.
pub trait Runner: Sync {
    /// What each dump is known by again, in their order. After an interrupt, of as many as there are.
    ///
    /// # Errors
    /// When it cannot be found out.
    fn digests(&self, dumps: &[Dump], progress: &Progress) -> Result<Vec<FileFacts>, LakeError>;

    /// Writes the rows of a part into files that nothing names.
    ///
    /// # Errors
    /// When it cannot be done, or was [interrupted](LakeError::Interrupted).
    fn fill(&self, lake: &Lake, work: &Work<'_>) -> Result<Filled, LakeError>;

    /// Shows the records of the sources that come to who stands [beside](crate::Beside) the lake, and writes nothing. Gives what could not
    /// be read, with the reason.
    ///
    /// # Errors
    /// When it cannot be done, or was [interrupted](LakeError::Interrupted).
    fn show(&self, work: &Work<'_>) -> Result<Vec<(String, String)>, LakeError>;
}

/// This machine, and how much of it may be used.
#[derive(Clone, Debug)]
pub struct ThisMachine {
    /// Opens containers.
    pub reader: Reader,
    /// Bounds on records.
    pub records: RecordLimits,
    /// Cores.
    pub threads: usize,
    /// Bytes of memory, roughly.
    pub memory_bytes: u64,
    /// Bytes on disk for what does not fit.
    pub disk_bytes: u64,
    /// The folder for that.
    pub folder: PathBuf,
}

/// A part of an ingest.
pub struct Work<'w> {
    pub(crate) ring: &'w KeyRing,
    pub(crate) material: &'w Material<'w>,
    pub(crate) how: &'w Ingest<'w>,
    pub(crate) part: Part,
    /// By source: the ingest that brings it; `None` of those that do not come.
    pub(crate) ingests: &'w [Option<String>],
    /// What was in the lake when that was decided.
    pub(crate) there: &'w Ingests,
    pub(crate) kept_out: &'w KeptOut,
    pub(crate) count_key: &'w CountKey,
    pub(crate) progress: &'w Progress,
}

/// What was written of a part.
#[derive(Default)]
pub struct Filled {
    /// The files of rows.
    pub(crate) files: Vec<Written>,
    /// What was counted, by source.
    pub(crate) counts: BTreeMap<SourceIndex, Vec<CountRow>>,
    /// What could not be read, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Records at level `counts` that do not count.
    pub(crate) uncounted: u64,
    /// Rows at level `sealed` for which there was no key.
    pub(crate) unsealed: u64,
    /// Bytes that went through encrypted files.
    pub(crate) spilled: u64,
}

/// A file that is written and that nothing names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    /// The file.
    pub(crate) file: NewFile,
    /// How many rows each source has in it.
    pub(crate) rows_of: BTreeMap<String, u64>,
    /// The keys of the first and the last row.
    pub(crate) keys: Option<(Key, Key)>,
    /// Where the rows lie.
    pub(crate) marks: Marks,
}

impl Work<'_> {
    /// Whether a source comes.
    pub(crate) fn comes(&self, source: SourceIndex) -> bool {
        self.ingests.get(source.0).is_some_and(Option::is_some)
    }

    /// The numbers of the dumps that hold sources that come.
    pub fn dumps(&self) -> impl Iterator<Item = usize> {
        self.dumps_of(|_| true)
    }

    /// The numbers of those that hold `wanted` sources among them.
    fn dumps_of(&self, wanted: impl Fn(SourceIndex) -> bool) -> impl Iterator<Item = usize> {
        let of = self.material.sources_of.iter().enumerate();
        let comes = move |source: &SourceIndex| self.comes(*source) && wanted(*source);
        of.filter(move |(_, sources)| sources.iter().any(&comes)).map(|(at, _)| at)
    }

    /// The dumps of numbers.
    pub(crate) fn dumps_at(&self, numbers: impl Iterator<Item = usize>) -> Vec<Dump> {
        numbers.filter_map(|at| self.material.dumps.get(at).cloned()).collect()
    }

    /// Whether anything of it may be sealed.
    fn may_seal(&self) -> bool {
        let sealed = Some(Level::Sealed);
        self.part != Part::Rest
            && self.ring.data_keys().next().is_some()
            && self.how.keep.watch().is_some_and(|watch| {
                self.how.level.is_none_or(|level| level == Level::Sealed)
                    || watch.categories.iter().any(|category| category.level == sealed)
                    || watch.organisations.iter().any(|organisation| organisation.level == sealed)
            })
    }

    /// Whether somebody sees the records beside the lake.
    pub const fn is_seen_beside(&self) -> bool {
        self.how.beside.is_some()
    }

    /// What is read.
    pub const fn material(&self) -> &Material<'_> {
        self.material
    }

    /// How far it is, and whether to stop.
    pub const fn progress(&self) -> &Progress {
        self.progress
    }

    /// What the rows of each source say of it.
    pub(crate) fn origins(&self) -> Vec<Origin> {
        let ingests = self.ingests.iter().map(|ingest| ingest.as_deref().unwrap_or_default());
        self.material.sources.iter().zip(ingests).map(|(source, ingest)| origin(source, ingest)).collect()
    }
}

impl Runner for ThisMachine {
    fn digests(&self, dumps: &[Dump], progress: &Progress) -> Result<Vec<FileFacts>, LakeError> {
        Ok(digest::of_all(dumps, self.threads, progress))
    }

    fn fill(&self, lake: &Lake, work: &Work<'_>) -> Result<Filled, LakeError> {
        let mut counter = Counter::default();
        let filled = self.sort(lake, work, &mut |counts| counter.merge(counts))?;
        Ok(Filled { counts: counter.finish(), ..filled })
    }

    fn show(&self, work: &Work<'_>) -> Result<Vec<(String, String)>, LakeError> {
        self.show_beside(work)
    }
}

impl ThisMachine {
    /// What a sort may use of it.
    pub(crate) fn limits(&self) -> SortLimits {
        SortLimits {
            // Merging takes as much again: a range a core, and the files that are being written.
            memory_bytes: self.memory_bytes / 2,
            disk_bytes: self.disk_bytes,
            folder: self.folder.clone(),
            threads: self.threads,
        }
    }

    /// What those logs say of their computers of which something is sealed.
    fn logs(&self, work: &Work<'_>, source_of: &MemberSources<'_>) -> Logs {
        if !work.may_seal() {
            return Logs::default();
        }
        let is_sealed = |source: SourceIndex| {
            work.material.sources.get(source.0).is_some_and(|source| {
                source.kind == SourceKind::StealerLog
                    && source.level.is_none_or(|level| level == Level::Sealed)
            })
        };
        let wanted = |member: &MemberName| source_of(member).is_some_and(|source| is_sealed(source.index));
        let dumps = work.dumps_at(work.dumps_of(is_sealed));
        Logs::find(&dumps, &wanted, &self.reader, self.threads, work.progress)
    }

    /// Writes the rows of a part into sorted files; gives what is to be counted to `count`.
    pub(crate) fn sort(
        &self,
        lake: &Lake,
        work: &Work<'_>,
        count: &mut (dyn FnMut(CountTags) + Send),
    ) -> Result<Filled, LakeError> {
        let material = work.material;
        let dumps = work.dumps_at(work.dumps());
        let source_of =
            |member: &MemberName| (material.source_of)(member).filter(|source| work.comes(source.index));
        let watch = work.how.keep.watch();
        let logs = self.logs(work, &source_of);
        let method = Method {
            tags: work.ring.tags(),
            ring: work.ring,
            watch,
            sources: material.sources,
            source_of: &source_of,
            level: work.how.level,
            part: work.part,
            others: work.how.keep.others(),
            kept_out: work.kept_out,
            count_key: work.count_key,
            logs: &logs,
            beside: work.how.beside,
        };
        let matcher = work.how.matcher();
        let scan = Scan {
            reader: &self.reader,
            matcher: matcher.as_ref(),
            wanted: work.how.wanted(work.part),
            limits: self.records,
            threads: self.threads,
            hand_over: HandOver::AsItComes,
            pieces: PieceSizes::default(),
        };
        let origins = work.origins();
        let mut sorter = Sorter::new(self.limits(), work.kept_out, work.progress);
        let mut filled = Filled::default();
        let mut failed = None;
        scan.run(&dumps, &Gather(&method), work.progress, |event| {
            match event {
                Event::Batch { batch, .. } => {
                    filled.uncounted += batch.uncounted;
                    filled.unsealed += batch.unsealed;
                    count(batch.counts);
                    let outcome = match batch.failed {
                        Some(error) => Err(error.into()),
                        None => sorter.push(batch.rows),
                    };
                    if let Err(error) = outcome {
                        failed.get_or_insert(error);
                        return Proceed::Stop;
                    }
                }
                Event::Unreadable { name, why } => {
                    work.tell_unreadable(&name);
                    filled.unreadable.push((name.to_string(), why));
                }
            }
            if work.how.beside.is_none_or(Witness::is_well) { Proceed::GoOn } else { Proceed::Stop }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some(beside) = work.how.beside {
            ended(beside, work)?;
        }
        if work.progress.is_stopped() {
            return Err(LakeError::Interrupted);
        }
        filled.spilled = sorter.spilled_bytes();
        let written = sorter.write(FILE_ROWS, &|| lake.new_file(&origins))?;
        filled.files = lake.finish_files(written)?;
        Ok(filled)
    }
}

impl Lake {
    /// Begins a file of the table for rows of the sources `origins`, under a name that nothing else has.
    pub(crate) fn new_file<'o>(
        &self,
        origins: &'o [Origin],
    ) -> Result<FileWriter<'o, NamedUpload>, LakeError> {
        let name = format!("part-{}.parquet", ingest_id()?);
        let upload = Upload::new(self.runtime.clone(), self.log.store(), Path::from(name.as_str()));
        FileWriter::new(NamedUpload { name, upload }, origins)
    }

    /// Ends files that belong together.
    pub(crate) fn finish_files(&self, written: Vec<(NamedUpload, Facts)>) -> Result<Vec<Written>, LakeError> {
        let run = ingest_id()?;
        let finish = |(file, facts): (NamedUpload, Facts)| {
            let size = file.upload.finish()?;
            let (path, rows, stats) = (file.name, facts.rows, facts.stats());
            let file = NewFile { path, size, rows, stats, run: run.clone(), sources: facts.sources };
            Ok(Written { file, rows_of: facts.rows_of, keys: facts.keys, marks: facts.marks })
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
