//! Lists of what is kept: a table for people, and an object a line for programs.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::Value;

use crate::columns;
use crate::outcome::Failure;
use crate::output::Output;

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Aligned columns
    Table,
    /// An object a line
    Jsonl,
}

/// Writes a list to standard output: each row as its cells below `titles`, and as an object.
pub(crate) fn show<const N: usize>(
    form: Form,
    titles: [&str; N],
    rows: impl Iterator<Item = ([String; N], Value)>,
) -> Result<(), Failure> {
    let mut out = Output::open(None)?;
    match form {
        Form::Table => {
            let mut all = vec![titles.map(str::to_owned)];
            all.extend(rows.map(|(cells, _)| cells));
            if all.len() > 1 {
                columns::write(&mut out, &all)?;
            }
        }
        Form::Jsonl => {
            for (_, object) in rows {
                writeln!(out, "{object}")?;
            }
        }
    }
    out.finish()?;
    Ok(())
}
