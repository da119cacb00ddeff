//! Runs programs in alternation and takes wall time and peak memory of each run from the kernel (`wait4`).
//!
//! A child's peak is at least what its parent had resident when it was started, so this process stays small:
//! nothing of a bench's input is ever held here.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use super::data;
use crate::command::say;

/// What a program printed that is looked at.
const OUT: &str = "out.txt";

/// A program in the race.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) output: Output,
    /// Exit codes that mean that it did its work.
    pub(super) accepts: &'static [i32],
}

/// What a program is measured as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ours,
    /// The obvious way to do the same, or the least that the same work must cost.
    Naive,
    /// Ours, with fewer lines.
    Fewer,
    /// A program that finds the lines and no more.
    LineFinder,
    Database,
    /// What unpacks and no more.
    Unpacker,
    /// What answers the same, and is sometimes wrong.
    Filter,
    /// A server of files.
    Server,
    /// A server that is asked for what is known.
    Known,
}

/// Where a program's standard output goes, and what must be in it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// Into `/dev/null`.
    Discarded,
    /// The survey's JSON: `input.lines` and `input.matched` must be these.
    Survey { lines: u64, matched: u64 },
    /// A number on the first line, and it must be this one.
    Number(u64),
    /// So many lines.
    Lines(u64),
    /// A number on the first line, which must be this one where one is known; on the second the seconds that count, which the program
    /// took itself; on the third what else is to be told.
    Told(Option<u64>),
    /// Into `/dev/null`; it makes the lake [`lake`](data::lake), whose size is told.
    Lake,
}

/// The runs of one contender.
#[derive(Debug)]
pub(super) struct Runs {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Sorted, never empty.
    times: Vec<Duration>,
    /// The greatest of all runs, in bytes.
    pub(super) peak_memory: u64,
    /// Of the lake that it made, if it made one: bytes of a row, after `optimize`.
    pub(super) row_bytes: Option<f64>,
    /// What the last run told beside its time.
    pub(super) told: Option<String>,
}

impl Runs {
    /// The middle of the times; of an even number the upper of the two.
    pub(super) fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }

    pub(super) fn fastest(&self) -> Duration {
        self.times.first().copied().unwrap_or_default()
    }

    pub(super) fn slowest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }

    /// How often it ran.
    pub(super) fn count(&self) -> usize {
        self.times.len()
    }
}

#[cfg(test)]
impl Runs {
    /// Results for tests; `times` are sorted.
    pub(super) fn of(name: &'static str, role: Role, times: &[Duration], peak_memory: u64) -> Self {
        Self { name, role, times: times.to_vec(), peak_memory, row_bytes: None, told: None }
    }
}

/// Runs every contender once a round.
pub(super) fn alternate(contenders: &[Contender], rounds: NonZeroUsize) -> Result<Vec<Runs>> {
    let start = |contender: &Contender| Runs {
        name: contender.name,
        role: contender.role,
        times: Vec::new(),
        peak_memory: 0,
        row_bytes: None,
        told: None,
    };
    let mut results: Vec<Runs> = contenders.iter().map(start).collect();
    for round in 1..=rounds.get() {
        say(&format!("   round {round} of {rounds}"));
        for (contender, runs) in contenders.iter().zip(&mut results) {
            let (time, memory) = run(contender).with_context(|| format!("{} failed", contender.name))?;
            let (time, told) = match contender.output {
                Output::Told(_) => told().with_context(|| format!("{} told no time", contender.name))?,
                _ => (time, None),
            };
            runs.times.push(time);
            runs.told = told;
            runs.peak_memory = runs.peak_memory.max(memory);
            if matches!(contender.output, Output::Lake) {
                runs.row_bytes = Some(row_bytes()?);
            }
        }
    }
    for runs in &mut results {
        runs.times.sort_unstable();
    }
    Ok(results)
}

fn run(contender: &Contender) -> Result<(Duration, u64)> {
    let folder = data::folder();
    let (out, errors) = (folder.join(OUT), folder.join("errors.txt"));
    let stdout = match contender.output {
        Output::Discarded | Output::Lake => Stdio::null(),
        Output::Survey { .. } | Output::Number(_) | Output::Told(_) | Output::Lines(_) => {
            Stdio::from(File::create(&out)?)
        }
    };
    let scratch = data::scratch_folder();
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let mut command = Command::new(&contender.program);
    // The keys of a lake are made anew with it.
    command.env("XDG_DATA_HOME", scratch.join("data"));
    command.args(&contender.arguments).stdin(Stdio::null()).stdout(stdout).stderr(File::create(&errors)?);
    let began = Instant::now();
    let child =
        command.spawn().with_context(|| format!("could not start {}", contender.program.display()))?;
    let used = child.wait4()?;
    let time = began.elapsed();
    if !used.status.code().is_some_and(|code| contender.accepts.contains(&code)) {
        bail!("ended with {}: {}", used.status, fs::read_to_string(&errors)?.trim());
    }
    check(contender.output, &out)?;
    Ok((time, used.rusage.maxrss))
}

/// What a program that takes its own time told.
fn told() -> Result<(Duration, Option<String>)> {
    let text = fs::read_to_string(data::folder().join(OUT))?;
    let mut lines = text.lines().skip(1);
    let seconds: f64 = lines.next().context("there is no second line")?.trim().parse()?;
    Ok((Duration::try_from_secs_f64(seconds)?, lines.next().map(str::to_owned)))
}

/// Bytes of a row of the lake that was made, once what can be merged is.
fn row_bytes() -> Result<f64> {
    let lake = |arguments: &[&str]| -> Result<Vec<u8>> {
        let mut command = Command::new(data::built("mizumori"));
        command.env("XDG_DATA_HOME", data::scratch_folder().join("data"));
        let output = command.arg("lake").args(arguments).arg("--lake").arg(data::lake()).output()?;
        let errors = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { bail!("{}", errors().trim()) }
    };
    lake(&["optimize"]).context("the lake could not be merged")?;
    let status: serde_json::Value = serde_json::from_slice(&lake(&["status", "--json"])?)?;
    let number = |name: &str| status[name].as_f64().with_context(|| format!("no `{name}` of the lake"));
    Ok(number("bytes")? / number("rows")?.max(1.0))
}

/// What a program found must be what is there: a fast wrong answer is none.
fn check(expected: Output, out: &PathBuf) -> Result<()> {
    match expected {
        Output::Discarded | Output::Lake | Output::Told(None) => {}
        Output::Survey { lines, matched } => {
            let survey: serde_json::Value =
                serde_json::from_reader(File::open(out)?).context("no survey's JSON")?;
            let found = (survey["input"]["lines"].as_u64(), survey["input"]["matched"].as_u64());
            if found != (Some(lines), Some(matched)) {
                bail!("read {:?} lines and matched {:?}; there are {lines} and {matched}", found.0, found.1);
            }
        }
        Output::Number(expected) | Output::Told(Some(expected)) => {
            let text = fs::read_to_string(out)?;
            let found = text.lines().next().and_then(|line| line.trim().parse::<u64>().ok());
            if found != Some(expected) {
                bail!("found {found:?}; there are {expected}");
            }
        }
        Output::Lines(expected) => {
            let lines = BufReader::new(File::open(out)?).lines().count() as u64;
            if lines != expected {
                bail!("printed {lines} records; there are {expected}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_middle() {
        let runs = |times: &[u64]| {
            Runs::of(
                "a",
                Role::Ours,
                &times.iter().copied().map(Duration::from_millis).collect::<Vec<_>>(),
                0,
            )
        };
        assert_eq!(runs(&[1, 2, 30]).median(), Duration::from_millis(2));
        assert_eq!(runs(&[1, 2]).median(), Duration::from_millis(2));
        assert_eq!(
            (runs(&[1, 2]).fastest(), runs(&[1, 2]).slowest()),
            (Duration::from_millis(1), Duration::from_millis(2))
        );
    }
}
