//! What look-ups are measured on: a lake of eight ingests that share their accounts, and a directory of some of these.
//!
//! The program that is measured makes the lake; it is kept, as lists are.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::data;
use crate::command;

/// Ingests: so many runs have every account.
const RUNS: usize = 8;
/// Accounts that are looked up.
pub(super) const ACCOUNTS: usize = 1_000;

/// The folder of it all.
#[derive(Debug)]
pub(super) struct Lookups(PathBuf);

impl Lookups {
    /// That of a list of so many lines.
    pub(super) fn of(lines: u64) -> Self {
        Self(data::folder().join(format!("lookups-{lines}")))
    }

    /// The lake.
    pub(super) fn lake(&self) -> PathBuf {
        self.0.join("lake")
    }

    /// Where its keys are.
    pub(super) fn data_home(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The dumps that are in it, each in a folder of its own.
    pub(super) fn dumps(&self) -> PathBuf {
        self.0.join("dumps")
    }

    /// The accounts, one a line.
    pub(super) fn directory(&self) -> PathBuf {
        self.0.join("directory.txt")
    }

    /// The upper halves of their tags, one a line.
    pub(super) fn tags(&self) -> PathBuf {
        self.0.join("tags.txt")
    }

    /// Makes it of `list` unless it is there; the tags are written last.
    pub(super) fn make(&self, list: &Path, lines: u64) -> Result<()> {
        if self.tags().is_file() {
            return Ok(());
        }
        if self.0.exists() {
            fs::remove_dir_all(&self.0)?;
        }
        fs::create_dir_all(&self.0)?;
        let step = usize::try_from(lines)? / ACCOUNTS;
        ensure!(step > 0, "look-ups need a list of {ACCOUNTS} lines or more");
        fs::write(self.directory(), some_accounts(list, step)?.join("\n"))?;
        for run in 0..RUNS {
            let folder = self.dumps().join(run.to_string());
            fs::create_dir_all(&folder)?;
            fs::hard_link(list, folder.join("list.txt"))?;
            let description = format!("id = \"run-{run}\"\nkind = \"combo-list\"\nleaked = \"2019-01\"\n");
            fs::write(folder.join("source.toml"), description)?;
            command::run(self.program().args(["ingest", "--all", "--lake"]).arg(self.lake()).arg(&folder))?;
        }
        let mut lookup = self.program();
        lookup.args(["lookup", "--format", "jsonl", "--lake"]).arg(self.lake());
        let found = lookup.arg("--accounts").arg(self.directory()).output()?;
        ensure!(found.status.success(), "the look-up ended with {}", found.status);
        let mut tags = BTreeSet::new();
        for row in serde_json::Deserializer::from_slice(&found.stdout).into_iter::<Value>() {
            let tag = row?["tag"].as_str().and_then(|tag| u64::from_str_radix(tag.get(..16)?, 16).ok());
            tags.insert(tag.context("a row without a tag")?.cast_signed());
        }
        ensure!(tags.len() == ACCOUNTS, "{} of {ACCOUNTS} accounts are in the lake", tags.len());
        let tags: Vec<_> = tags.iter().map(i64::to_string).collect();
        Ok(fs::write(self.tags(), tags.join("\n"))?)
    }

    fn program(&self) -> Command {
        let mut program = command::program(data::built("mizumori"));
        program.env("XDG_DATA_HOME", self.data_home());
        program
    }
}

/// Different accounts of a list, about one from `step` lines to the next.
fn some_accounts(list: &Path, step: usize) -> Result<Vec<String>> {
    let mut accounts = BTreeSet::new();
    // Some lines are no account, and some the same one again: a few are left over to take their place.
    for line in BufReader::new(File::open(list)?).lines().step_by(step.div_ceil(2)) {
        let line = line?;
        let account = line.split(':').next().unwrap_or_default().to_lowercase();
        if account.contains('@') {
            accounts.insert(account);
        }
    }
    let all: Vec<_> = accounts.into_iter().take(ACCOUNTS).collect();
    ensure!(all.len() == ACCOUNTS, "the list has too few accounts");
    Ok(all)
}
