//! What is measured on: generated lists below `target/bench/`, kept from one bench to the next. Delete the folder to have
//! them made anew.
//!
//! The generator runs as a process of its own, at the highest optimisation; here it is only started.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Case;
use super::large::Large;
use super::lookups::Lookups;
use crate::command;
use crate::repository;

/// The input of a case, and what is in it.
#[derive(Debug)]
pub(super) struct Input {
    /// A file, or a folder of small ones.
    pub(super) path: PathBuf,
    pub(super) watch_list: PathBuf,
    /// The watched domains, one a line.
    pub(super) domains: PathBuf,
    /// An anchored regular expression for each of them, one a line.
    pub(super) expressions: PathBuf,
    pub(super) totals: Totals,
}

/// What the generator says it wrote.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    pub(super) lines: u64,
    /// Of the file or files as they are on the disk.
    pub(super) bytes: u64,
    /// Lines whose login is an account of a watched domain.
    pub(super) watched_by_account: u64,
    /// Those, and lines whose URL is on a watched site.
    pub(super) watched: u64,
}

/// Lines of all the small files together: 50 in each of the 10,000.
const SMALL_FILES_LINES: u64 = 500_000;
/// Lines of a list that is not looked at.
const BACKLOG_LINES: u64 = 1_000;

/// Of the lists' lines, so many times fewer are in each ingest of the lake in which accounts are looked up.
pub(super) const LOOKUPS_PART: u64 = 16;

/// Into the large lake go so many times as many lines as there are in the lists.
pub(super) const LARGE: u64 = 15;

/// The profile of the programs.
static PROFILE: OnceLock<String> = OnceLock::new();

/// Says how the programs were built.
pub(super) fn built_as(profile: &str) {
    PROFILE.get_or_init(|| profile.to_owned());
}

/// The programs that were built for this bench.
pub(super) fn built(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository::top().join("target"), PathBuf::from);
    target.join(PROFILE.get().map_or("dist", String::as_str)).join(name)
}

/// Where everything of the benches is kept.
pub(super) fn folder() -> PathBuf {
    repository::top().join("target/bench")
}

/// What the programs of a bench write goes here. It is thrown away before each of them runs.
pub(super) fn scratch(name: &str) -> PathBuf {
    scratch_folder().join(name)
}

/// The lake that an ingest of a bench makes.
pub(super) fn lake() -> PathBuf {
    scratch("lake")
}

/// The folder of all that.
pub(super) fn scratch_folder() -> PathBuf {
    folder().join("scratch")
}

impl Input {
    /// Makes the input unless it is there.
    pub(super) fn make(case: Case, lines: u64) -> Result<Self> {
        let (kind, lines) = match case {
            Case::Survey | Case::Unique | Case::Lake | Case::Domains | Case::Cluster => ("list", lines),
            Case::Lookups => ("list", lines / LOOKUPS_PART),
            Case::Large | Case::Account | Case::Domain => ("large", lines * LARGE),
            Case::NoHit => ("no-hit", lines),
            Case::Guard | Case::GuardCheck => ("hashes", lines),
            Case::GuardShuffled => ("shuffled-hashes", lines),
            // As many prefixes as 16 bits have, at the length of the bars.
            Case::GuardRange => {
                ("ranges", (lines * (1 << 16) / super::bars::LINES).clamp(1, 1 << 16) * 1_000)
            }
            // A gigabyte, at the length of the bars.
            Case::Loop => ("list", lines / 5 * 7),
            // It makes its own.
            Case::Backlog | Case::GuardPrivate => ("list", BACKLOG_LINES),
            Case::Urls => ("urls", lines),
            Case::Gzip => ("gzip", lines),
            Case::SmallFiles => ("small-files", SMALL_FILES_LINES),
        };
        let folder = folder();
        let stem = format!("{kind}-{lines}");
        let totals = generated(kind, lines)?;
        let path = folder.join(match case {
            Case::SmallFiles | Case::Large | Case::Account | Case::Domain => stem,
            Case::Gzip => format!("{stem}.txt.gz"),
            _ => format!("{stem}.txt"),
        });
        if case == Case::GuardCheck {
            make_index(&path, &indexed(lines)).context("could not make the index")?;
        }
        if case == Case::GuardRange && !indexed_ranges(lines).exists() {
            let mut import = command::program(built("mizumori"));
            command::run(import.args(["guard", "import"]).arg(indexed_ranges(lines)).arg(&path))?;
        }
        if case == Case::Lookups {
            Lookups::of(lines).make(&path, lines).context("could not make the lake")?;
        }
        if case == Case::Large {
            generated("list", half_list(lines))?;
        }
        if matches!(case, Case::Account | Case::Domain) {
            Large::of(lines).make(&path).context("could not make the lake")?;
        }
        Ok(Self {
            path,
            watch_list: folder.join("watch.toml"),
            domains: folder.join("domains.txt"),
            expressions: folder.join("expressions.txt"),
            totals: Totals::read(&totals)?,
        })
    }

    /// Reads everything once.
    pub(super) fn read_into_page_cache(&self) -> Result<()> {
        let lines = self.totals.lines;
        for of_guard in [
            indexed(lines),
            indexed(lines).with_added_extension("filter"),
            indexed_ranges(lines),
            answers(lines),
        ] {
            if of_guard.exists() {
                read_through(&of_guard)?;
            }
        }
        read_through(&self.path).with_context(|| format!("could not read {}", self.path.display()))
    }
}

/// Of a list so many times as long as the lists the lines of half a list.
pub(super) const fn half_list(large: u64) -> u64 {
    large / LARGE / 2
}

/// Where a generated list lies.
pub(super) fn list(lines: u64) -> PathBuf {
    folder().join(format!("list-{lines}.txt"))
}

/// Generates an input unless it is there; gives the file of its totals.
fn generated(kind: &str, lines: u64) -> Result<PathBuf> {
    let totals = folder().join(format!("{kind}-{lines}.totals.json"));
    if !totals.is_file() {
        let mut generator = command::program(built("xtask"));
        generator.args(["workload", "make", "--kind", kind, "--lines", &lines.to_string()]).arg(folder());
        command::run(&mut generator).context("could not make the bench's input")?;
    }
    Ok(totals)
}

impl Totals {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        let totals: Value = serde_json::from_str(&text)?;
        let number =
            |name: &str| totals[name].as_u64().with_context(|| format!("no `{name}` in {}", path.display()));
        Ok(Self {
            lines: number("lines")?,
            bytes: number("bytes")?,
            watched_by_account: number("watched_by_account")?,
            watched: number("watched")?,
        })
    }
}

/// The index of a list of hashes; its filter has the same name and `.filter`.
pub(super) fn indexed(lines: u64) -> PathBuf {
    folder().join(format!("hashes-{lines}.index"))
}

/// The index of hashes whose ranges are asked for.
pub(super) fn indexed_ranges(lines: u64) -> PathBuf {
    folder().join(format!("ranges-{lines}.index"))
}

/// The answers of the same as files.
pub(super) fn answers(lines: u64) -> PathBuf {
    folder().join(format!("ranges-{lines}.answers"))
}

/// Makes it, and the filter last, unless they are there.
fn make_index(list: &Path, index: &Path) -> Result<()> {
    let filter = index.with_added_extension("filter");
    if filter.is_file() {
        return Ok(());
    }
    let mizumori = || command::program(built("mizumori"));
    command::run(mizumori().args(["guard", "import"]).arg(index).arg(list))?;
    command::run(mizumori().args(["guard", "filter"]).arg(index).arg("-o").arg(filter))
}

fn read_through(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            read_through(&entry?.path())?;
        }
        return Ok(());
    }
    std::io::copy(&mut File::open(path)?, &mut std::io::sink()).map(drop)
}
