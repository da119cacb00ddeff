//! `mizumori guard verify`: whether an index or a filter is what was written.

use std::sync::Arc;

use clap::Args;
use mizumori_guard::{Filter, Observer, is_filter, verify};
use mizumori_scan::Progress;

use super::{IndexOption, Shown, unless_interrupted};
use crate::config::Config;
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::progress::{Bar, grouped};
use crate::tidings;

/// Read all of an index, or of a filter, and say what is damaged
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let place = arguments.index.folder(config)?;
    if is_filter(&place) {
        let filter = Filter::open(&place)?;
        filter.verify()?;
        tidings::say(&format!("all {} bytes are as they were written", grouped(filter.len())));
        return Ok(Outcome::Done);
    }
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let shown = Shown(Arc::clone(&progress));
    let bar = Bar::follow(&progress, None);
    let mut bytes = 0;
    let damage = verify(&place, &mut |read| {
        bytes += read;
        shown.read(read);
        shown.rows(0, 0)
    });
    drop(bar);
    let Some(damage) = unless_interrupted(damage, "not all was read")? else {
        return Ok(Outcome::Interrupted);
    };
    if damage.is_empty() {
        tidings::say(&format!("all {} bytes are as they were written", grouped(bytes)));
        return Ok(Outcome::Done);
    }
    for found in &damage {
        let place = found.bytes.as_ref().map_or_else(String::new, |bytes| {
            format!(", bytes {} to {}", bytes.start, bytes.end.saturating_sub(1))
        });
        tidings::error(&format!("`{}`{place}: {}", found.path.display(), found.why));
    }
    tidings::hint("import again into a new folder, or put a copy in its place");
    Ok(Outcome::Failed)
}
