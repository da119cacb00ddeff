//! The demo world: invented ministries and bodies whose *true* counts, by the published method, are the published
//! figures.
//!
//! It is written, never read: what counts it shares no code with this crate.

mod bodies;
mod catalogue;
mod crowd;
mod folder;
mod people;
mod plan;
mod published;
mod render;
mod secrets;
mod source;
mod truth;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use bodies::{Body, Domain, YearMonth, bodies, watch_list};
pub use catalogue::catalogue;
pub use plan::{Exposure, Fate, Plan, PlannedSource, Slot, plan};
pub use published::{Category, PERIOD_FROM, PERIOD_TO, PUBLISHED, Published, target};
pub use source::{
    Archive, Described, FileSpec, Layout, Leaked, MemberSpec, Outer, Quota, SecretStyle, SourceSpec, When,
};
pub use truth::{SourceTruth, Truth};

use crate::WorldError;
use crowd::Crowd;
use folder::Folder;
use render::{Rendered, render};

/// Incidents of invented bodies, in the schema of the repository's incident files.
pub const INCIDENTS: &str = include_str!("demo/incidents.toml");
/// A discussion that says that it is an example.
pub const DISCUSSION: &str = include_str!("demo/discussion.md");

/// A world on disk.
#[derive(Debug, Clone)]
pub struct World {
    /// Its folder.
    pub root: PathBuf,
    /// The watch list.
    pub watch_list: PathBuf,
    /// The folder of the dumps.
    pub dumps: PathBuf,
    /// The incidents.
    pub incidents: PathBuf,
    /// The discussion.
    pub discussion: PathBuf,
    /// First month of the period that the truth is for, as (year, month).
    pub period_from: YearMonth,
    /// Last month of that period.
    pub period_to: YearMonth,
    /// What a correct count shows.
    pub truth: Truth,
    /// Number of dump files, descriptions not among them.
    pub files: u64,
    /// Bytes of all members, unpacked.
    pub bytes: u64,
    /// Bytes of the dump files as they lie on disk.
    pub disk_bytes: u64,
    /// Physical lines of all members, decoded.
    pub lines: u64,
    /// Records of all members, watched or not.
    pub records: u64,
}

/// Writes the demo world below `root`, the same bytes every time, on up to two threads.
///
/// The folder is created. One that holds an earlier demo world is replaced; one that holds anything else is refused.
///
/// # Errors
/// [`WorldError::NotOurs`] and [`WorldError::Foreign`] before anything is written, [`WorldError::Write`] when the file
/// system refuses.
pub fn write_demo(root: &Path) -> Result<World, WorldError> {
    let mut folder = Folder::open(root)?;
    let plan = plan();
    folder.begin(
        descriptions(&plan)
            .iter()
            .map(|(path, _)| path.as_str())
            .chain(FIXED)
            .chain(dump_paths(&plan).iter().map(|(path, _, _)| path.as_str())),
    )?;
    folder.write(WATCH_LIST, watch_list(&plan.bodies).as_bytes())?;
    folder.write(INCIDENTS_FILE, INCIDENTS.as_bytes())?;
    folder.write(DISCUSSION_FILE, DISCUSSION.as_bytes())?;
    for (path, text) in descriptions(&plan) {
        folder.write(&path, text.as_bytes())?;
    }
    let mut world = World {
        root: root.to_path_buf(),
        watch_list: root.join(WATCH_LIST),
        dumps: root.join(DUMPS),
        incidents: root.join(INCIDENTS_FILE),
        discussion: root.join(DISCUSSION_FILE),
        period_from: PERIOD_FROM,
        period_to: PERIOD_TO,
        truth: Truth::of(&plan),
        files: 0,
        bytes: 0,
        disk_bytes: 0,
        lines: 0,
        records: 0,
    };
    for sizes in write_dumps(&plan, &folder)? {
        world.files += 1;
        world.bytes += sizes.unpacked;
        world.disk_bytes += sizes.bytes.len() as u64;
        world.lines += sizes.lines;
        world.records += sizes.records;
    }
    Ok(world)
}

const DUMPS: &str = "dumps";
const WATCH_LIST: &str = "watchlist.toml";
const INCIDENTS_FILE: &str = "incidents.toml";
const DISCUSSION_FILE: &str = "discussion.md";
const FIXED: [&str; 3] = [WATCH_LIST, INCIDENTS_FILE, DISCUSSION_FILE];

/// The description files: path below the root, and text.
fn descriptions(plan: &Plan) -> Vec<(String, String)> {
    let describe = |source: &PlannedSource| {
        let spec = &source.spec;
        let path = match (spec.described, spec.files.first()) {
            (Described::Sidecar, Some(file)) => format!("{DUMPS}/{}.source.toml", file.path),
            _ => format!("{DUMPS}/{}/source.toml", spec.id),
        };
        (path, spec.description())
    };
    plan.sources.iter().map(describe).collect()
}

/// The dump files: path below the root, index of the source, index of the file in it.
fn dump_paths(plan: &Plan) -> Vec<(String, usize, usize)> {
    let mut paths = Vec::new();
    for (source_index, source) in plan.sources.iter().enumerate() {
        for (file_index, file) in source.spec.files.iter().enumerate() {
            let path = match source.spec.described {
                Described::Sidecar => format!("{DUMPS}/{}", file.path),
                Described::Folder => format!("{DUMPS}/{}/{}", source.spec.id, file.path),
            };
            paths.push((path, source_index, file_index));
        }
    }
    paths
}

/// Writes every dump file; the heaviest first, so that two threads end at about the same time.
fn write_dumps(plan: &Plan, folder: &Folder) -> Result<Vec<Rendered>, WorldError> {
    let crowd = Crowd::new(&plan.bodies);
    let mut jobs: Vec<(String, &PlannedSource, usize, &FileSpec)> = dump_paths(plan)
        .into_iter()
        .filter_map(|(path, source, file)| {
            let source = plan.sources.get(source)?;
            Some((path, source, file, source.spec.files.get(file)?))
        })
        .collect();
    jobs.sort_by_key(|(_, _, _, file)| std::cmp::Reverse(effort(file)));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Result<Rendered, WorldError>>> = Mutex::new(Vec::new());
    let work = || {
        while let Some((path, source, index, file)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let written = render(&crowd, &plan.bodies, source, *index, file).and_then(|rendered| {
                folder.write(path, &rendered.bytes)?;
                Ok(rendered)
            });
            let failed = written.is_err();
            if let Ok(mut done) = done.lock() {
                done.push(written);
            }
            if failed {
                next.store(jobs.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    done.into_inner().unwrap_or_default().into_iter().collect()
}

/// How long a file takes, roughly: its records, more where a slow compressor packs them.
fn effort(file: &FileSpec) -> usize {
    let records: usize = file.members.iter().map(|member| member.noise).sum();
    let slow = file.archive == Some(Archive::SevenZip)
        || file.outer.iter().any(|outer| {
            use crate::pack::Compressor::{Bzip2, Xz};
            matches!(outer, Outer::Compressed(Bzip2 | Xz))
        });
    if slow { records * 8 } else { records }
}
