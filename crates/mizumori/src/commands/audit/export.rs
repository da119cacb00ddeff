//! `mizumori audit export`: the whole audit log as a file.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{each, object};
use crate::counted::counted;
use crate::outcome::Failure;
use crate::output::Output;
use crate::store::Opened;
use crate::tidings;

/// Write the whole audit log to a file, an object a line, with the hashes
///
/// An entry's hash is BLAKE3 of the hash before it (32 zero bytes before the first), number and milliseconds as 8 bytes each, the
/// lowest first, a byte 1 where there is an organisation and 0 where there is none, and actor, organisation, action, subject and
/// detail, each behind its length in bytes as 8 bytes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file; `-` is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let mut out = Output::open(Some(&arguments.file))?;
    let mut entries = 0;
    opened.read(async |session| {
        each(session, 0, |entry| {
            entries += 1;
            Ok(writeln!(out, "{}", object(entry))?)
        })
        .await
    })?;
    out.finish()?;
    tidings::say(&format!("wrote {}", counted(entries, "entry")));
    Ok(())
}
