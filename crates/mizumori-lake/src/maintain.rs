//! Keeping a lake in order: merging runs, taking away what nothing names.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deltalake_core::operations::vacuum::VacuumMode;
use futures::TryStreamExt;
use object_store::ObjectMeta;
use object_store::path::Path;

use crate::counts::COUNTS;
use crate::error::LakeError;
use crate::lake::{Known, Lake, TABLE};
use crate::log::{Change, ChangeKind, Live, Log};
use crate::manifest::{Manifest, SOURCES};

/// Runs of which the files of one key may be, before they are merged.
pub const MOST_RUNS: usize = 24;
/// Merging brings them below this.
const FEW_RUNS: usize = 12;
/// Files of a lake.
pub const MOST_FILES: usize = 2_000;
/// What a lake is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The version of its log.
    pub version: u64,
    /// The id of its key ring.
    pub keys: String,
    /// Sources.
    pub sources: usize,
    /// Rows.
    pub rows: u64,
    /// Rows of counts: hosts of sources.
    pub counts: u64,
    /// Bytes of live files.
    pub bytes: u64,
    /// Live files.
    pub files: usize,
    /// Runs that may hold one key, at most.
    pub runs: usize,
    /// Accounts that were forgotten and are kept out.
    pub suppressed: usize,
}

/// What merging did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Optimized {
    /// The version of the commit; `None` when there was nothing to merge.
    pub version: Option<u64>,
    /// Files that were merged.
    pub merged: usize,
    /// Files that hold their rows now.
    pub into: usize,
}

impl Lake {
    /// What the lake is made of.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn status(&self) -> Result<Status, LakeError> {
        let live = self.log.live()?;
        Ok(Status {
            version: self.version()?,
            keys: self.keys()?,
            sources: self.ingests()?.len(),
            rows: live.iter().map(|file| file.rows).sum(),
            counts: self.live_counts()?.iter().map(|file| file.rows).sum(),
            bytes: live.iter().map(|file| file.size).sum(),
            files: live.len(),
            runs: depth(&live),
            suppressed: self.suppressed()?.len(),
        })
    }

    /// Merges runs of like size, or, with `all`, everything into one run.
    ///
    /// # Errors
    /// When the lake cannot be read or written, or others write to the same sources all the time.
    pub fn optimize(&mut self, all: bool) -> Result<Optimized, LakeError> {
        self.optimize_with(&|live| if all { everything(live) } else { like_sized(live, 0) })
    }

    /// Merges the runs that are chosen.
    fn optimize_with(
        &mut self,
        choose: &dyn Fn(&[Live]) -> Option<BTreeSet<String>>,
    ) -> Result<Optimized, LakeError> {
        let mut done = Optimized::default();
        self.contend(|lake| {
            let live = lake.log.live()?;
            let Some(chosen) = choose(&live) else { return Ok(None) };
            let merged: Vec<_> = live.iter().filter(|file| chosen.contains(&file.run)).collect();
            let rewritten = lake.rewrite(&merged, &|_| true, &|_| true)?;
            done = Optimized { version: None, merged: merged.len(), into: rewritten.len() };
            let remove = merged.into_iter().cloned().collect();
            Ok(Some(Change { rewritten, remove, kind: ChangeKind::Layout, ..Change::default() }))
        })
        .map(|version| Optimized { version, ..done })
    }

    /// Merges until the bounds hold, also with so many runs and files more.
    pub(crate) fn keep_bounds(&mut self, runs: usize, files: usize) -> Result<(), LakeError> {
        loop {
            let live = self.log.live()?;
            if depth(&live) + runs <= MOST_RUNS && (live.len() + files <= MOST_FILES || live.len() < 2) {
                return Ok(());
            }
            if self.optimize_with(&|live| like_sized(live, runs))?.version.is_none() {
                self.optimize(true)?;
                return Ok(());
            }
        }
    }

    /// Deletes files that nothing names any more and that are older than `age`. Gives their number.
    ///
    /// # Errors
    /// When the store fails.
    pub fn vacuum(&mut self, age: Duration) -> Result<usize, LakeError> {
        let mut known = Known::default();
        if !self.objects(COUNTS)?.is_empty() {
            self.publish_counts_with(None, &mut known)?;
        }
        let mut deleted = self.vacuum_as(&self.log, TABLE, VacuumMode::Full, age)?;
        deleted += self.place.delete_unfinished(age)?;
        // Manifests and counts of ingests that were replaced, or never committed.
        let ingests = self.ingests()?;
        let named = self.named_counts(&ingests, &mut known)?;
        let current: BTreeSet<_> = ingests.iter().map(|(id, ingest)| Manifest::path(id, ingest)).collect();
        let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
        let counts = self.objects(COUNTS)?.into_iter();
        let counts = counts.filter(|object| object.location.as_ref().ends_with(".parquet"));
        for object in self.objects(SOURCES)?.into_iter().chain(counts) {
            let old = (now - object.last_modified).to_std().unwrap_or_default() >= age;
            let path = object.location.as_ref();
            if old && !current.contains(path) && !named.contains(path) {
                self.delete(path)?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Deletes files of a table: those that its log does not name, or (`Lite`) those that it names no more.
    pub(crate) fn vacuum_as(
        &self,
        log: &Log,
        name: &str,
        mode: VacuumMode,
        age: Duration,
    ) -> Result<usize, LakeError> {
        let age = chrono::Duration::from_std(age).unwrap_or(chrono::Duration::MAX);
        let table = log.table().clone();
        // It only tells: what it would commit of its own work would come in the way of others.
        let vacuum = table
            .vacuum()
            .with_mode(mode)
            .with_retention_period(age)
            .with_enforce_retention_duration(false)
            .with_dry_run(true);
        let (_, metrics) = self.wait(vacuum.into_future())?;
        // Among them are files that an earlier vacuum took.
        let objects = self.objects(name)?;
        let there: BTreeSet<_> = objects.iter().map(|object| object.location.as_ref()).collect();
        let mut deleted = 0;
        for file in metrics.files_deleted {
            let file = format!("{name}/{file}");
            if there.contains(&*file) {
                self.delete(&file)?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Deletes at once the files of the table of exposures that are named no more.
    pub(crate) fn delete_removed(&self) -> Result<usize, LakeError> {
        self.vacuum_as(&self.log, TABLE, VacuumMode::Lite, Duration::ZERO)
    }

    /// The objects of the lake below a path.
    pub(crate) fn objects(&self, below: &str) -> Result<Vec<ObjectMeta>, LakeError> {
        Ok(self.wait(self.place.store().list(Some(&Path::from(below))).try_collect())?)
    }
}

/// How many runs may hold one key, at most.
fn depth(live: &[Live]) -> usize {
    let mut borders: Vec<(i64, bool)> = Vec::new();
    for file in live.iter().filter(|file| file.rows > 0) {
        borders.push((file.hi.0, false));
        borders.push((file.hi.1, true));
    }
    // A beginning before an end of the same key: both files hold it.
    borders.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, is_end) in borders {
        now = if is_end { now.saturating_sub(1) } else { now + 1 };
        most = most.max(now);
    }
    most
}

/// Runs, each with its rows.
fn runs(live: &[Live]) -> Vec<(&str, u64)> {
    let mut runs: BTreeMap<&str, u64> = BTreeMap::new();
    for file in live {
        *runs.entry(&file.run).or_default() += file.rows;
    }
    let mut runs: Vec<_> = runs.into_iter().collect();
    runs.sort_by_key(|(run, rows)| (*rows, *run));
    runs
}

fn everything(live: &[Live]) -> Option<BTreeSet<String>> {
    let runs = runs(live);
    (runs.len() > 1).then(|| runs.into_iter().map(|(run, _)| run.to_owned()).collect())
}

/// The smallest runs, as long as the next one is not many times larger than all before it: so a row is written anew only so
/// often as the lake doubles. When there are too many runs, with those `more` that come, so many of the smallest that few are left.
fn like_sized(live: &[Live], more: usize) -> Option<BTreeSet<String>> {
    let runs = runs(live);
    let mut sum = 0;
    let mut like = 0;
    for (at, (_, rows)) in runs.iter().enumerate() {
        if at > 0 && *rows > sum * 2 {
            break;
        }
        sum += rows;
        like = at + 1;
    }
    let too_many = if depth(live) + more > MOST_RUNS { runs.len() + 1 - FEW_RUNS.min(runs.len()) } else { 0 };
    let chosen = like.max(too_many);
    (chosen > 1).then(|| runs.into_iter().take(chosen).map(|(run, _)| run.to_owned()).collect())
}
