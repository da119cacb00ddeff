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

/// A list that is being written to standard output: objects at once, a table when all of its rows are known.
pub(crate) struct List<const N: usize> {
    form: Form,
    out: Output,
    /// The titles, and the rows of a table below them.
    table: Vec<[String; N]>,
}

impl<const N: usize> List<N> {
    /// Begins a list with these titles.
    pub(crate) fn new(form: Form, titles: [&str; N]) -> Result<Self, Failure> {
        Ok(Self { form, out: Output::open(None)?, table: vec![titles.map(str::to_owned)] })
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; N], object: &Value) -> Result<(), Failure> {
        match self.form {
            Form::Table => self.table.push(cells),
            Form::Jsonl => writeln!(self.out, "{object}")?,
        }
        Ok(())
    }

    /// Ends it. A table without rows has no titles either.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.table.len() > 1 {
            columns::write(&mut self.out, &self.table)?;
        }
        self.out.finish()
    }
}

/// Writes a list to standard output: each row as its cells below `titles`, and as an object.
pub(crate) fn show<const N: usize>(
    form: Form,
    titles: [&str; N],
    rows: impl Iterator<Item = ([String; N], Value)>,
) -> Result<(), Failure> {
    let mut list = List::new(form, titles)?;
    for (cells, object) in rows {
        list.row(cells, &object)?;
    }
    list.finish()
}
