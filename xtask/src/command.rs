//! Running other programs and saying what is being done. Talk goes to standard error, so that what a program
//! prints itself is passed on as it is.
//!
//! Not a shell: every program is named with its arguments, nothing is expanded.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::repository;

/// Prints a line of talk to standard error. A closed standard error is no reason to stop a chore.
pub(crate) fn say(line: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// The cargo that runs us, else the one on the path, started at the repository's top.
///
/// It is not told what that one told us of this package: build scripts that look at it (ring's does) would begin again, and everything
/// that is built on them, whenever somebody calls cargo by hand in between.
pub(crate) fn cargo() -> Command {
    let mut cargo = program(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of_us| name.to_string_lossy().starts_with(of_us)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// A program, started at the repository's top.
pub(crate) fn program(name: impl Into<OsString>) -> Command {
    let mut command = Command::new(name.into());
    command.current_dir(repository::top());
    command
}

/// Runs a command to its end with our standard streams; an exit code other than 0 is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = describe(command);
    say(&format!("   $ {shown}"));
    let status = command.status().with_context(|| format!("could not start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a command to its end and gives its standard output; its standard error is ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = describe(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` did not print UTF-8"))
}

/// Whether a command can be started and ends with 0; what it prints is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it, with the environment that it sets; the program without its folder.
fn describe(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), value?.to_string_lossy())))
        .collect();
    let name = std::path::Path::new(command.get_program());
    words.push(name.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned());
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_what_one_would_type() {
        let mut command = Command::new("/some/where/cargo");
        command.args(["test", "--workspace"]).env("LEVEL", "1");
        assert_eq!(describe(&command), "LEVEL=1 cargo test --workspace");
    }

    #[test]
    fn a_missing_program_is_an_error_that_names_it() {
        let error = run(&mut program("no-such-program-here")).unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
        assert!(!succeeds(&mut program("no-such-program-here")));
    }

    #[test]
    fn a_failing_program_is_an_error() {
        assert!(run(cargo().args(["--no-such-flag"]).stderr(Stdio::null())).is_err());
        assert!(succeeds(cargo().arg("--version")));
        assert!(output(cargo().arg("--version")).unwrap().starts_with("cargo "));
    }
}
