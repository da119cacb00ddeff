//! What questions of a large lake are measured on: what came as 200 sources, and 20 more on top of it that are not merged, of which
//! each has accounts of one domain.
//!
//! The program that is measured makes the lake; it is kept, as lists are.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::data;
use crate::command;

/// Ingests on top.
const ON_TOP: usize = 20;
/// Exposures of the domain in each of them.
const EACH: usize = 500;
/// The domain.
pub(super) const DOMAIN: &str = "ten-thousand.example";

/// The folder of it all.
#[derive(Debug)]
pub(super) struct Large(PathBuf);

impl Large {
    /// That of dumps of so many lines.
    pub(super) fn of(lines: u64) -> Self {
        Self(data::folder().join(format!("large-lake-{lines}")))
    }

    /// The lake.
    pub(super) fn lake(&self) -> PathBuf {
        self.0.join("lake")
    }

    /// Where its keys are.
    pub(super) fn data_home(&self) -> PathBuf {
        self.0.join("data")
    }

    /// How many exposures of the domain there are.
    pub(super) const fn of_domain() -> u64 {
        (ON_TOP * EACH) as u64
    }

    /// The file with an account that is in it, which is written last.
    pub(super) fn account_file(&self) -> PathBuf {
        self.0.join("account.txt")
    }

    /// Makes it of the sources in `dumps` unless it is there.
    pub(super) fn make(&self, dumps: &Path) -> Result<()> {
        if self.account_file().is_file() {
            return Ok(());
        }
        if self.0.exists() {
            fs::remove_dir_all(&self.0)?;
        }
        self.ingest(dumps)?;
        for number in 0..ON_TOP {
            let folder = self.0.join("on-top").join(number.to_string());
            fs::create_dir_all(&folder)?;
            let lines = (0..EACH).map(|at| format!("user{}@{DOMAIN}:secret{at}\n", number * EACH + at));
            fs::write(folder.join("list.txt"), lines.collect::<String>())?;
            let description = format!("id = \"on-top-{number}\"\nleaked = \"2020-01\"\n");
            fs::write(folder.join("source.toml"), description)?;
            self.ingest(&folder)?;
        }
        let accounts = BufReader::new(File::open(dumps.join("100/list.txt"))?).lines();
        let account = accounts.map_while(Result::ok).find_map(|line| {
            let account = line.split(':').next()?.to_lowercase();
            account.contains('@').then_some(account)
        });
        Ok(fs::write(self.account_file(), account.context("no account in the dumps")?)?)
    }

    fn ingest(&self, dumps: &Path) -> Result<()> {
        let mut program = command::program(data::built("mizumori"));
        program.env("XDG_DATA_HOME", self.data_home());
        program.args(["ingest", "--all", "--memory", "2GiB", "--lake"]).arg(self.lake()).arg(dumps);
        command::run(&mut program)
    }
}
