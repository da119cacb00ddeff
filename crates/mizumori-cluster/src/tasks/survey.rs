//! The survey in units: each machine tallies its dumps under a key that all derive for the run, and sends keyed tags.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use mizumori_core::keys::ClusterKey;
use mizumori_core::{Month, WatchList};
use mizumori_scan::{Event, HandOver, Look, Matcher, PieceSizes, Proceed, Progress, Scan, Wanted};
use mizumori_survey::{AskedPeriod, Count, Observers};
use serde::{Deserialize, Serialize};

use super::dumps::{DumpsText, Here, Long, SharedDumps};
use super::{Hands, framed, other_version, parted};
use crate::driver::{Cluster, drawn_name};
use crate::error::ClusterError;
use crate::unit::UnitError;

/// A unit of a survey.
#[derive(Serialize, Deserialize)]
pub(super) struct Task {
    /// The run, for its key.
    run: String,
    /// The text of the watch list.
    watch: String,
    from: Option<String>,
    to: Option<String>,
    dumps: DumpsText,
}

/// What was read for a unit; its tally stands behind it.
#[derive(Serialize, Deserialize)]
struct Read {
    bytes: u64,
    lines: u64,
    addresses: u64,
    rejected: u64,
    unreadable: Vec<(String, String)>,
}

/// A survey that a cluster is to count.
pub struct ClusterSurvey<'s> {
    /// The watch list.
    pub watch: &'s Arc<WatchList>,
    /// The period.
    pub asked: AskedPeriod,
    /// The dumps.
    pub dumps: SharedDumps<'s>,
}

/// What a cluster has counted.
pub struct Surveyed {
    /// The count.
    pub count: Count,
    /// Physical lines of the decoded members.
    pub lines: u64,
    /// Candidates whose domain was tested.
    pub addresses: u64,
    /// Hits whose record could not be understood.
    pub rejected: u64,
    /// What could not be read, with the reason.
    pub unreadable: Vec<(String, String)>,
}

impl ClusterSurvey<'_> {
    /// Has it counted. `progress` tells how far it is, and stops it.
    ///
    /// # Errors
    /// When the cluster cannot do it, or is stopped.
    pub fn run(
        &self,
        cluster: &Cluster,
        key: &ClusterKey,
        progress: &Progress,
    ) -> Result<Surveyed, ClusterError> {
        let units = self.dumps.units(0..self.dumps.dumps.len(), Long::Cut)?;
        let run = drawn_name()?;
        let month = |month: Option<Month>| month.map(|month| month.to_string());
        let tasks = units.into_iter().map(|dumps| {
            let (from, to) = (month(self.asked.from), month(self.asked.to));
            let task = Task { run: run.clone(), watch: self.watch.text.to_string(), from, to, dumps };
            super::Task::Survey(task).to_bytes()
        });
        let tasks: Vec<_> = tasks.collect();
        let watch = Arc::clone(self.watch);
        let count = Count::keyed(watch, self.dumps.sources.to_vec(), self.asked, key.tags_of(&run))?;
        let mut surveyed = Surveyed { count, lines: 0, addresses: 0, rejected: 0, unreadable: Vec::new() };
        cluster.run(&tasks, &|| progress.is_stopped(), &mut |number, result| {
            let (read, tally) = parted::<Read>(&result).ok_or_else(|| other_version(number))?;
            let tally = surveyed.count.tally_of(tally).map_err(|_| other_version(number))?;
            surveyed.count.merge(tally);
            surveyed.lines += read.lines;
            surveyed.addresses += read.addresses;
            surveyed.rejected += read.rejected;
            surveyed.unreadable.extend(read.unreadable);
            progress.lines.fetch_add(read.lines, Ordering::Relaxed);
            progress.bytes.fetch_add(read.bytes, Ordering::Relaxed);
            Ok::<_, ClusterError>(())
        })?;
        Ok(surveyed)
    }
}

/// Does a unit.
pub(super) fn run(hands: &Hands, task: &Task) -> Result<Vec<u8>, UnitError> {
    let permanent = |error: &dyn std::fmt::Display| UnitError::Permanent(error.to_string());
    let watch = WatchList::parse("the watch list", &task.watch).map_err(|error| permanent(&error))?;
    let watch = Arc::new(watch);
    let month = |text: &Option<String>| text.as_deref().map(str::parse::<Month>).transpose();
    let asked = AskedPeriod {
        from: month(&task.from).map_err(|error| permanent(&error))?,
        to: month(&task.to).map_err(|error| permanent(&error))?,
    };
    let here = Here::of(&task.dumps, hands)?;
    let key = hands.key.tags_of(&task.run);
    let count = Count::keyed(Arc::clone(&watch), here.sources.clone(), asked, key);
    let count = count.map_err(|error| permanent(&error))?;
    let mut tally = count.tally();
    let matcher = Matcher::new(&watch, Look::Accounts);
    let scan = Scan {
        reader: &here.reader,
        matcher: Some(&matcher),
        wanted: Wanted::Watched,
        limits: hands.records,
        // A slot is a core.
        threads: 1,
        hand_over: HandOver::AsItComes,
        pieces: PieceSizes::default(),
    };
    let progress = Progress::default();
    let mut unreadable = Vec::new();
    let observers = Observers { source: |member: &_| here.source(member), empty: count.tally() };
    let scanned = scan.run(&here.dumps, &observers, &progress, |event| {
        match event {
            Event::Batch { batch, .. } => batch.into_tally().into_iter().for_each(|more| tally.append(more)),
            Event::Unreadable { name, why } => unreadable.push((name.to_string(), why)),
        }
        Proceed::GoOn
    });
    scanned.map_err(|error| UnitError::Transient(error.to_string()))?;
    let read = Read {
        bytes: progress.bytes.load(Ordering::Relaxed),
        lines: progress.lines.load(Ordering::Relaxed),
        addresses: progress.addresses.load(Ordering::Relaxed),
        rejected: progress.rejected.load(Ordering::Relaxed),
        unreadable,
    };
    framed(&read, &tally.to_bytes())
}
