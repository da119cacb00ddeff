//! `cargo xtask fuzz`: runs the fuzz targets one after the other, each for so long, and says what was found.
//!
//! It builds with the stable toolchain (`RUSTC_BOOTSTRAP`): only the sanitizer's flag is unstable. The libFuzzer output of
//! a target goes to a log below `target/fuzz/`; a finding is left where cargo-fuzz puts it, in `fuzz/artifacts/`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::{self, cargo, say};
use crate::repository;

/// What one execution may take: memory in MiB, time in seconds.
const MEMORY: u32 = 2048;
const TIME: u32 = 25;

/// What `cargo xtask fuzz` may be told.
#[derive(Args)]
pub(crate) struct FuzzArguments {
    /// Targets to run; every one when none is named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value = "600")]
    seconds: u32,
}

/// Runs the targets. A finding does not keep the next target from running.
pub(crate) fn run(arguments: &FuzzArguments) -> Result<()> {
    let known = targets(&repository::top().join("fuzz/fuzz_targets"))?;
    let targets = chosen(&arguments.targets, &known)?;
    if !command::succeeds(cargo().args(["fuzz", "--version"])) {
        bail!("cargo-fuzz is not installed: `cargo install cargo-fuzz --locked`");
    }
    let mut with_findings = 0;
    let mut report = Vec::new();
    for target in targets {
        say(&format!("== {target}: {} s", arguments.seconds));
        let ran = fuzz(&target, arguments.seconds).with_context(|| format!("could not fuzz `{target}`"))?;
        with_findings += usize::from(!ran.findings.is_empty());
        report.push(ran.told(&target));
        report.extend(ran.findings.iter().map(|path| format!("      {path}")));
    }
    say("== what was found");
    for line in report {
        say(&line);
    }
    if with_findings > 0 {
        bail!("{with_findings} of the targets found something: `cargo fuzz tmin TARGET FILE` makes it small");
    }
    Ok(())
}

/// The names of the targets: one file each.
fn targets(folder: &Path) -> Result<BTreeSet<String>> {
    let mut targets = BTreeSet::new();
    for entry in fs::read_dir(folder).context("there are no fuzz targets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            targets.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    Ok(targets)
}

/// Those asked for, in that order; all when none was.
fn chosen(asked: &[String], known: &BTreeSet<String>) -> Result<Vec<String>> {
    if let Some(stranger) = asked.iter().find(|name| !known.contains(*name)) {
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        bail!("there is no fuzz target `{stranger}`; there are {}", names.join(", "));
    }
    Ok(if asked.is_empty() { known.iter().cloned().collect() } else { asked.to_vec() })
}

/// What a target's run gave.
struct Ran {
    figures: Figures,
    /// Findings that were not there before, from the repository's top.
    findings: Vec<String>,
}

impl Ran {
    fn told(&self, target: &str) -> String {
        let Figures { executions, rate, edges } = &self.figures;
        let found = match self.findings.len() {
            0 => "nothing found".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        format!("   {target:<12} {executions:>10} executions, {rate:>6}/s, {edges:>6} edges: {found}")
    }
}

fn fuzz(target: &str, seconds: u32) -> Result<Ran> {
    let folder = repository::top().join("fuzz");
    let of_target = |kind: &str| folder.join(kind).join(target);
    let (corpus, seeds, artifacts) = (of_target("corpus"), of_target("seeds"), of_target("artifacts"));
    for place in [&corpus, &artifacts] {
        fs::create_dir_all(place).with_context(|| format!("could not make {}", place.display()))?;
    }
    let logs = repository::top().join("target/fuzz");
    fs::create_dir_all(&logs).with_context(|| format!("could not make {}", logs.display()))?;
    let log = logs.join(format!("{target}.log"));
    let before = names(&artifacts)?;

    let mut run = cargo();
    run.current_dir(&folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["fuzz", "run", target])
        .arg(&corpus)
        .arg(&seeds);
    run.arg("--").args([
        format!("-max_total_time={seconds}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-timeout={TIME}"),
        "-print_final_stats=1".to_owned(),
    ]);
    let dictionary = folder.join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        run.arg(format!("-dict={}", dictionary.display()));
    }
    let out = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let status = run
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .status()
        .context("could not start cargo-fuzz")?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let findings: Vec<String> = names(&artifacts)?
        .difference(&before)
        .map(|name| format!("fuzz/artifacts/{target}/{name}"))
        .collect();
    if !status.success() && findings.is_empty() {
        bail!("it ended with {status} before anything was found: see target/fuzz/{target}.log");
    }
    Ok(Ran { figures: Figures::of(&text), findings })
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The last figures that libFuzzer printed, as it printed them; `?` for what it did not.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    executions: String,
    rate: String,
    edges: String,
}

impl Figures {
    /// Reads lines such as `#4096 pulse  cov: 512 ft: 900 corp: 40/2Kb exec/s: 2048 rss: 80Mb`.
    fn of(log: &str) -> Self {
        let unknown = || "?".to_owned();
        let mut figures = Self { executions: unknown(), rate: unknown(), edges: unknown() };
        for line in log.lines() {
            let Some(status) = line.strip_prefix('#') else { continue };
            let words: Vec<&str> = status.split_whitespace().collect();
            let behind = |key: &str| {
                words
                    .windows(2)
                    .find_map(|pair| (pair.first() == Some(&key)).then(|| pair.last().copied())?)
            };
            let (Some(executions), Some(edges)) = (words.first(), behind("cov:")) else { continue };
            figures.executions = (*executions).to_owned();
            figures.edges = edges.to_owned();
            figures.rate = behind("exec/s:").map_or_else(unknown, str::to_owned);
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figures_count() {
        let log = "INFO: Seed: 1\n#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                   #4096\tpulse  cov: 512 ft: 900 corp: 40/2Kb exec/s: 2048 rss: 80Mb\nDone 4096 runs\n";
        let [executions, rate, edges] = ["4096", "2048", "512"].map(str::to_owned);
        assert_eq!(Figures::of(log), Figures { executions, rate, edges });
        assert_eq!(Figures::of("error: no\n").edges, "?");
    }

    #[test]
    fn all_targets_or_those_asked_for() {
        let known: BTreeSet<String> = ["b", "a"].map(str::to_owned).into();
        assert_eq!(chosen(&[], &known).unwrap(), ["a", "b"]);
        assert_eq!(chosen(&["b".to_owned()], &known).unwrap(), ["b"]);
        let error = chosen(&["c".to_owned()], &known).unwrap_err().to_string();
        assert_eq!(error, "there is no fuzz target `c`; there are a, b");
    }

    #[test]
    fn every_target_has_seeds() {
        let fuzz = repository::top().join("fuzz");
        for target in targets(&fuzz.join("fuzz_targets")).unwrap() {
            let seeds = names(&fuzz.join("seeds").join(&target)).unwrap();
            assert!(!seeds.is_empty(), "{target}");
        }
    }
}
