//! `mizumori new`: what came into a lake since a version.

use std::io::Write;
use std::ops::ControlFlow;

use clap::Args;
use mizumori_lake::Untold;

use super::lookup::as_json;
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::tidings;

/// Tell which exposures came into a lake after a version of it
///
/// One object a line, in the order of the commits. Of a source that was replaced only what it did not have before is new. When a
/// vacuum has taken what it had before, that cannot be told: the source is named on standard error, and nothing of it is new.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    lake: LakeOptions,

    /// The last version that is known already; `mizumori lake status` shows the newest
    #[arg(long, value_name = "VERSION")]
    since: u64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let (lake, _) = arguments.lake.open_with_keys(&Config::load()?)?;
    let mut out = Output::open(None)?;
    let mut failed = None;
    let untold = lake.since(arguments.since, &mut |new| {
        for exposure in &new.exposures {
            let mut object = as_json(exposure, None);
            if let Some(object) = object.as_object_mut() {
                object.insert("version".to_owned(), new.version.into());
            }
            if let Err(error) = writeln!(out, "{object}") {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    match failed {
        Some(error) => return Err(error.into()),
        None => out.finish()?,
    }
    for Untold { version, source } in &untold {
        tidings::warning(&format!(
            "what version {version} brought of `{source}` cannot be told any more: what it had before was deleted by a vacuum"
        ));
    }
    if untold.is_empty() {
        return Ok(Outcome::Done);
    }
    tidings::hint("`mizumori lookup` and `mizumori sql` show all that the lake has of it");
    Ok(Outcome::Partly)
}
