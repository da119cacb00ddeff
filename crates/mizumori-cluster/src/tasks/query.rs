//! Questions in SQL in units: each machine does the part of a plan that stands between the scan and the first exchange, with its dumps.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mizumori_core::{Secret, WatchList};
use mizumori_scan::Progress;
use mizumori_sql::{Elsewhere, FindDumps, FoundDumps, GoOn, ReadDumps, Room, Troubles, UnitRows, do_part};
use serde::{Deserialize, Serialize};

use super::dumps::{DumpsText, Here, Long, SharedDump, SharedDumps};
use super::{Hands, framed, other_version, parted};
use crate::driver::{Cluster, drawn_name};
use crate::error::ClusterError;
use crate::unit::UnitError;

/// Dumps, for a part of a plan.
#[derive(Serialize, Deserialize)]
pub(super) struct Task {
    tags: Tags,
    watch: Option<String>,
    part: Vec<u8>,
    dumps: DumpsText,
}

/// Whose tags stand in the rows.
#[derive(Clone, Serialize, Deserialize)]
enum Tags {
    /// Those of a lake, by its URL.
    Lake(String),
    /// Those of a run, by its name.
    Run(String),
}

/// What was read for a unit; its rows stand behind it.
#[derive(Serialize, Deserialize)]
struct Read {
    bytes: u64,
    lines: u64,
    unreadable: Vec<(String, String)>,
}

/// Has a cluster do parts of plans.
pub struct ClusterQuery {
    cluster: Arc<Cluster>,
    /// Bytes of a unit of dumps.
    unit_bytes: Box<UnitBytes>,
    tags: Tags,
    watch: Option<String>,
    passwords: Vec<Secret<String>>,
}

/// How many bytes a machine takes at once of some dumps.
pub type UnitBytes = dyn Fn(&[SharedDump]) -> u64 + Send + Sync;

impl ClusterQuery {
    /// Questions whose tags are those of the lake at the URL `lake`, or of the session.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn new(
        cluster: Arc<Cluster>,
        lake: Option<String>,
        watch: Option<&WatchList>,
        passwords: Vec<Secret<String>>,
        unit_bytes: Box<UnitBytes>,
    ) -> Result<Self, ClusterError> {
        let tags = match lake {
            Some(url) => Tags::Lake(url),
            None => Tags::Run(drawn_name()?),
        };
        Ok(Self { cluster, unit_bytes, tags, watch: watch.map(|watch| watch.text.to_string()), passwords })
    }
}

/// Why units are given no more.
enum Ended {
    /// Nobody wants what is left.
    Enough,
    Failed(ClusterError),
}

impl From<ClusterError> for Ended {
    fn from(error: ClusterError) -> Self {
        Self::Failed(error)
    }
}

impl Elsewhere for ClusterQuery {
    fn run(
        &self,
        part: &[u8],
        found: &FoundDumps,
        dumps: &[usize],
        progress: &Progress,
        take: &mut dyn FnMut(UnitRows) -> GoOn,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let each = found.dumps.iter().zip(&found.sizes);
        let all: Vec<_> =
            each.map(|(dump, size)| SharedDump { dump: dump.clone(), bytes: size.unwrap_or(0) }).collect();
        let shared = SharedDumps {
            dumps: &all,
            sources: &found.sources,
            map: &found.map,
            passwords: &self.passwords,
            unit_bytes: (self.unit_bytes)(&all),
        };
        let task = |dumps| {
            let (tags, watch, part) = (self.tags.clone(), self.watch.clone(), part.to_vec());
            super::Task::Query(Task { tags, watch, part, dumps }).to_bytes()
        };
        let units: Vec<_> = shared.units(dumps.iter().copied(), Long::Cut)?.into_iter().map(task).collect();
        let ended = self.cluster.run(&units, &|| progress.is_stopped(), &mut |number, result| {
            let (read, rows) = parted::<Read>(&result).ok_or_else(|| other_version(number))?;
            progress.bytes.fetch_add(read.bytes, Ordering::Relaxed);
            let unit = UnitRows { rows: rows.to_vec(), unreadable: read.unreadable, lines: read.lines };
            match take(unit) {
                GoOn::Yes => Ok(()),
                GoOn::No => Err(Ended::Enough),
            }
        });
        match ended {
            Ok(()) | Err(Ended::Enough | Ended::Failed(ClusterError::Interrupted)) => Ok(()),
            Err(Ended::Failed(error)) => Err(Box::new(error)),
        }
    }
}

/// Finds nothing: what a part reads is given.
struct Nowhere;

impl FindDumps for Nowhere {
    fn find(&self, _: &[String]) -> Result<FoundDumps, Box<dyn Error + Send + Sync>> {
        Err("a part of a plan finds no dumps".into())
    }
}

/// Does a unit.
pub(super) fn run(hands: &Hands, task: &Task) -> Result<Vec<u8>, UnitError> {
    let permanent = |error: &dyn std::fmt::Display| UnitError::Permanent(error.to_string());
    let watch = task.watch.as_deref().map(|text| WatchList::parse("the watch list", text));
    let watch = watch.transpose().map_err(|error| permanent(&error))?;
    let tags = match &task.tags {
        Tags::Lake(url) => (hands.lakes)(url)?.1.tags(),
        Tags::Run(run) => hands.key.layers_of(run),
    };
    let here = Here::of(&task.dumps, hands)?;
    let sources_of = here.dumps.iter().map(|dump| here.map.of_dump(&dump.name)).collect();
    let sizes = vec![None; here.dumps.len()];
    let found = FoundDumps { dumps: here.dumps, sizes, sources: here.sources, sources_of, map: here.map };
    let (progress, troubles) = (Arc::new(Progress::default()), Troubles::default());
    let read = ReadDumps {
        find: Box::new(Nowhere),
        reader: here.reader,
        records: hands.records,
        tags,
        watch,
        // A slot is a core.
        threads: 1,
        progress: Arc::clone(&progress),
        troubles: troubles.clone(),
    };
    let room = Room {
        threads: 1,
        memory_bytes: hands.memory_bytes,
        disk_bytes: hands.disk_bytes,
        folder: hands.folder.clone(),
    };
    // What cannot be done here cannot be done anywhere, but for want of memory or disk, which another machine may have.
    let rows =
        do_part(&task.part, found, read, &room).map_err(|error| UnitError::Transient(error.to_string()))?;
    let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let read =
        Read { bytes: load(&progress.bytes), lines: load(&progress.lines), unreadable: troubles.take() };
    framed(&read, &rows)
}
