//! `cargo xtask test`: everything that continuous integration checks, step by step, stopping at the first failure.
//!
//! Lint and compilation are one pass: cargo compiles the workspace's own crates with `clippy-driver` in rustc's place
//! (`RUSTC_WORKSPACE_WRAPPER`), so that dependencies are compiled once and by rustc alone. Warnings are denied through
//! `CLIPPY_ARGS`, the variable in which cargo-clippy itself hands its flags to the driver: unlike `RUSTFLAGS` it does not
//! reach dependencies, so their artifacts stay those of any other build.
//!
//! No step needs the network beyond what cargo and missing components fetch; the tests themselves use loopback only.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use crate::command::{self, cargo, say};
use crate::components::{self, COMPONENTS, Chore, LEFT_OUT};
use crate::{repository, tidy, watchlist};

/// What `cargo xtask test` may be told.
#[derive(Args)]
pub(crate) struct TestArguments {
    /// Leave a step or a component out; can be given several times
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(names()))]
    without: Vec<String>,
}

/// One step: its name (for `--without`), what it shows, what it does.
struct Step {
    name: &'static str,
    shows: &'static str,
    run: fn(&TestArguments) -> Result<Outcome>,
}

/// How a step that did not fail ended.
enum Outcome {
    Passed,
    /// Nothing to do here, and why.
    Skipped(&'static str),
}

const STEPS: &[Step] = &[
    Step { name: "components", shows: "what the tests need is installed", run: components },
    Step { name: "fmt", shows: "the sources are formatted", run: fmt },
    Step { name: "tidy", shows: "layers, module docs, names, documents", run: tidy },
    Step { name: "generated", shows: "generated files are what their generators make", run: generated },
    Step { name: "test", shows: "lints (warnings denied) and all tests", run: test },
    Step { name: "canary", shows: "the survey alone, built and held to its promise", run: canary },
    Step { name: "doc", shows: "the documentation builds without warnings", run: doc },
    Step { name: "features", shows: "the other feature sets and the benches compile", run: features },
    Step { name: "fuzz", shows: "the fuzz targets compile", run: fuzz },
    Step { name: "deny", shows: "licences, banned crates, sources of crates", run: deny },
];

/// The fuzz targets' own workspace, from the repository's top.
const FUZZ_MANIFEST: &str = "fuzz/Cargo.toml";

/// Runs the steps in order; the first that fails ends it.
pub(crate) fn run(arguments: &TestArguments) -> Result<()> {
    let start = Instant::now();
    let mut report = Vec::new();
    let is_step = |name: &String| STEPS.iter().any(|step| step.name == name);
    for name in arguments.without.iter().filter(|name| !is_step(name)) {
        report.push(format!("   {name:<10} left out"));
    }
    for step in STEPS {
        if arguments.without.iter().any(|name| name == step.name) {
            report.push(format!("   {:<10} left out", step.name));
            continue;
        }
        say(&format!("== {}: {}", step.name, step.shows));
        let began = Instant::now();
        let outcome = (step.run)(arguments).with_context(|| format!("step `{}` failed", step.name))?;
        let line = match outcome {
            Outcome::Passed => format!("   {:<10} passed in {}", step.name, seconds(began.elapsed())),
            Outcome::Skipped(why) => format!("   {:<10} skipped: {why}", step.name),
        };
        say(&line);
        report.push(line);
    }
    say(&format!("== all passed in {}", seconds(start.elapsed())));
    for line in report {
        say(&line);
    }
    Ok(())
}

/// What may be left out: every step, and every component of the tests.
fn names() -> Vec<&'static str> {
    let components = COMPONENTS.iter().filter(|component| component.chore == Chore::Test);
    STEPS.iter().map(|step| step.name).chain(components.map(|component| component.name)).collect()
}

fn components(arguments: &TestArguments) -> Result<Outcome> {
    components::fetch_missing(Chore::Test, &arguments.without)?;
    Ok(Outcome::Passed)
}

fn fmt(_: &TestArguments) -> Result<Outcome> {
    command::run(cargo().args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")?;
    if has_fuzz_workspace() {
        command::run(cargo().args(["fmt", "--manifest-path", FUZZ_MANIFEST, "--check"]))
            .context("run `cargo fmt` in fuzz/")?;
    }
    Ok(Outcome::Passed)
}

fn tidy(_: &TestArguments) -> Result<Outcome> {
    tidy::run()?;
    Ok(Outcome::Passed)
}

fn generated(_: &TestArguments) -> Result<Outcome> {
    watchlist::check()?;
    Ok(Outcome::Passed)
}

fn test(arguments: &TestArguments) -> Result<Outcome> {
    let mut cargo = cargo();
    for (variable, names) in LEFT_OUT {
        if names.iter().any(|component| arguments.without.iter().any(|name| name == component)) {
            cargo.env(variable, "1");
        }
    }
    command::run(linting(&mut cargo).args(["test", "--workspace", "--all-features"]))?;
    Ok(Outcome::Passed)
}

/// The program that has the survey alone, with the tests that are left for it: the canary's.
fn canary(_: &TestArguments) -> Result<Outcome> {
    let survey_alone = ["--package", "mizumori", "--no-default-features", "--features", "survey"];
    command::run(linting(&mut cargo()).arg("test").args(survey_alone).args(["--test", "all"]))?;
    Ok(Outcome::Passed)
}

fn doc(_: &TestArguments) -> Result<Outcome> {
    command::run(cargo().env("RUSTDOCFLAGS", "-Dwarnings").args([
        "doc",
        "--workspace",
        "--all-features",
        "--no-deps",
    ]))?;
    Ok(Outcome::Passed)
}

fn features(_: &TestArguments) -> Result<Outcome> {
    command::run(linting(&mut cargo()).args(["check", "--workspace", "--all-features", "--benches"]))?;
    command::run(linting(&mut cargo()).args(["check", "--package", "mizumori"]))?;
    // What a machine beside the lake needs.
    let without_lake = ["--package", "mizumori", "--no-default-features", "--features", "survey,monitor"];
    command::run(linting(&mut cargo()).arg("check").args(without_lake))?;
    Ok(Outcome::Passed)
}

/// The fuzz targets are a workspace of their own. They are checked, not linked: so libFuzzer's C++ need not be built
/// (a library's name in `CUSTOM_LIBFUZZER_PATH` keeps libfuzzer-sys from doing so), and stable Rust does.
fn fuzz(_: &TestArguments) -> Result<Outcome> {
    if !has_fuzz_workspace() {
        return Ok(Outcome::Skipped("there is no fuzz workspace"));
    }
    command::run(linting(&mut cargo()).env("CUSTOM_LIBFUZZER_PATH", "./libfuzzer.a").args([
        "check",
        "--manifest-path",
        FUZZ_MANIFEST,
        "--target-dir",
        "target/fuzz",
        "--bins",
        "--examples",
    ]))?;
    Ok(Outcome::Passed)
}

fn has_fuzz_workspace() -> bool {
    repository::top().join(FUZZ_MANIFEST).is_file()
}

fn deny(_: &TestArguments) -> Result<Outcome> {
    if !command::succeeds(cargo().args(["deny", "--version"])) {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    command::run(cargo().args(["deny", "--all-features", "check", "licenses", "bans", "sources"]))?;
    Ok(Outcome::Passed)
}

/// Makes a cargo command lint the workspace's own crates while it compiles them, with every warning denied.
fn linting(cargo: &mut Command) -> &mut Command {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names = names();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
