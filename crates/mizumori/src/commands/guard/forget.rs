//! `mizumori guard forget`: what a source brought is taken out.

use clap::Args;
use mizumori_guard::{Forgotten, IndexWriter};

use super::IndexOption;
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::tidings;

/// Take what a source brought out of an index
///
/// Who asks the index meanwhile is answered out of the old one or out of the new one. A hash that another source brought too stays, with
/// the count of that one. What was imported without --source goes by its id, as long as it was not merged with other imports: then it
/// cannot be told from these any more, and the command says so.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// The source; of an import without one, the id that `guard status --json` shows
    #[arg(value_name = "SOURCE", required = true)]
    source: String,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let index = arguments.index.open(config)?;
    let Arguments { source, .. } = arguments;
    let Some(forgotten) = IndexWriter::open(index.folder())?.forget(source)? else {
        return Err(Failure::say(format!("no source `{source}` is in this index"))
            .hint("`mizumori guard status` names the sources, and with --json the ids of all imports"));
    };
    let Forgotten { rows, merged, unnamed } = forgotten;
    if merged == [0; 2] {
        tidings::say(&format!("nothing of `{source}` is in the index any more: {} went", hashes(rows)));
    } else {
        tidings::error(&format!(
            "`{source}` stays: it was imported without a source, and {} of it are merged with those of {}",
            hashes(merged),
            imports(unnamed, "other"),
        ));
        tidings::hint(
            "import the others again into a new folder, each with --source NAME, and use that index",
        );
        return Ok(Outcome::Failed);
    }
    if arguments.index.open(config)?.is_empty() {
        tidings::warning("the index has no hashes any more: nothing can be checked with it");
    }
    tidings::say("out of reach: filters, exports, bundles and copies that were made of the index");
    if unnamed > 0 {
        tidings::say(&format!(
            "{} came without a source: the same hashes may be in them, and stay",
            imports(unnamed, "")
        ));
    }
    Ok(Outcome::Done)
}

fn hashes([sha1, ntlm]: [u64; 2]) -> String {
    format!("{} SHA-1, {} NTLM", grouped(sha1), grouped(ntlm))
}

fn imports(number: usize, which: &str) -> String {
    let which = if which.is_empty() { String::new() } else { format!("{which} ") };
    let noun = if number == 1 { "import" } else { "imports" };
    format!("{} {which}{noun}", grouped(number as u64))
}
