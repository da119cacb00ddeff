//! What stands in the place of a command that is not built in.

use clap::Args;

use crate::outcome::{Failure, Outcome};

/// Takes whatever the command would take.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _any: Vec<std::ffi::OsString>,
}

/// Says which feature has the command.
pub(crate) fn run(command: &str, feature: &str) -> Result<Outcome, Failure> {
    Err(Failure::say(format!("`{command}` is not built into this mizumori"))
        .hint(format!("build it with `--features {feature}`")))
}
