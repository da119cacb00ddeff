//! Answers as tables, JSON lines and comma-separated values.

use std::io::{self, Write};

use mizumori_sql::arrow::array::{Array, RecordBatch};
use mizumori_sql::arrow::datatypes::{DataType, SchemaRef};
use mizumori_sql::arrow::error::ArrowError;
use mizumori_sql::arrow::json::writer::{LineDelimited, WriterBuilder};
use mizumori_sql::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Format;
use crate::columns::{Layout, Side, shown};
use crate::csv_cell::push_cell;

/// Writes the rows of an answer as they come.
pub(super) enum Renderer {
    Table(Layout),
    Jsonl,
    Csv,
}

impl Renderer {
    /// Begins with what stands above the rows.
    pub(super) fn begin(format: Format, columns: &SchemaRef, out: &mut dyn Write) -> io::Result<Self> {
        Ok(match format {
            Format::Table => {
                let title = |name: &str, kind: &DataType| {
                    (shown(name), if kind.is_numeric() { Side::Right } else { Side::Left })
                };
                let titles = columns.fields().iter().map(|field| title(field.name(), field.data_type()));
                Self::Table(Layout::new(titles.collect()))
            }
            Format::Jsonl => Self::Jsonl,
            Format::Csv => {
                let mut line = "\u{feff}".as_bytes().to_vec();
                push_row(columns.fields().iter().map(|field| (field.name().as_str(), true)), &mut line);
                out.write_all(&line)?;
                Self::Csv
            }
        })
    }

    /// Writes some rows.
    pub(super) fn rows(&mut self, rows: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        if matches!(self, Self::Jsonl) {
            let mut writer =
                WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut *out);
            return writer.write(rows).and_then(|()| writer.finish()).map_err(written);
        }
        let options = FormatOptions::default().with_display_error(false);
        let columns = rows.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(written)?;
        // A number is no formula, however it begins.
        let is_text: Vec<_> = rows.columns().iter().map(|column| !column.data_type().is_numeric()).collect();
        let mut line = Vec::new();
        for row in 0..rows.num_rows() {
            let cells = columns.iter().map(|column| column.value(row).try_to_string());
            let cells = cells.collect::<Result<Vec<_>, _>>().map_err(written)?;
            match self {
                Self::Table(layout) => layout.row(cells.iter().map(|cell| shown(cell)).collect(), out)?,
                Self::Csv | Self::Jsonl => {
                    line.clear();
                    push_row(cells.iter().map(String::as_str).zip(is_text.iter().copied()), &mut line);
                    out.write_all(&line)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Table(layout) => layout.finish(out),
            Self::Jsonl | Self::Csv => Ok(()),
        }
    }
}

fn push_row<'c>(cells: impl Iterator<Item = (&'c str, bool)>, line: &mut Vec<u8>) {
    for (at, (cell, is_text)) in cells.enumerate() {
        if at > 0 {
            line.push(b',');
        }
        if is_text {
            push_cell(cell, line);
        } else {
            line.extend_from_slice(cell.as_bytes());
        }
    }
    line.extend_from_slice(b"\r\n");
}

/// The error of whoever was written to, where it is one.
fn written(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}
