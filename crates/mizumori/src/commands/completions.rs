//! `mizumori completions`: the completion script of a shell.

use std::io::Write;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::{Failure, Outcome};
use crate::output::Output;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mizumori completions bash > ~/.local/share/bash-completion/completions/mizumori"
)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, cli: &mut Command) -> Result<Outcome, Failure> {
    // The generator panics where it cannot write: it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, cli, "mizumori", &mut script);
    let mut out = Output::open(None)?;
    out.write_all(&script)?;
    out.finish()?;
    Ok(Outcome::Done)
}
