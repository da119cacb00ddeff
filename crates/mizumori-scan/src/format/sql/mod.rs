//! SQL dumps: `INSERT` statements and `COPY … FROM stdin`, as mysqldump, phpMyAdmin, pg_dump, SQLite, SQL Server
//! and Oracle's tools write them.
//!
//! This is no SQL parser. Between the statements that matter everything is passed over line by line, so that
//! nothing that is not understood can swallow what follows; inside a tuple everything is tokenised, and where it
//! breaks, reading goes on at the next tuple or statement behind the break.

mod copy;
mod dialect;
mod lexer;
mod literal;
mod names;
mod scanner;
mod statement;
#[cfg(test)]
mod tests;
mod tuple;
#[cfg(test)]
mod twin;
mod value;

use std::io::BufRead;

pub(crate) use dialect::SqlDialect;

use super::RecordLimits;
use crate::record::Emit;

/// How the text is written, if it is a dump of a database: statements that hold rows stand in it, and they make
/// up most of what could matter.
pub(crate) fn looks_like(sample: &[u8], whole: bool) -> Option<SqlDialect> {
    dialect::tell(sample, whole)
}

/// Reads a dump to its end.
pub(crate) fn scan(dialect: &SqlDialect, text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    scanner::Scanner::new(*dialect, text, limits, out).run();
}
