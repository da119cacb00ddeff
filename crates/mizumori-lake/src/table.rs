//! The tables of a lake for readers that bring their own way of reading Parquet.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use object_store::ObjectStore;

use crate::counts::COUNTS;
use crate::error::LakeError;
use crate::lake::{Lake, TABLE};
use crate::log::Log;
use crate::schema;

/// A table at one version.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The store whose root is the table's.
    pub store: Arc<dyn ObjectStore>,
    /// Its columns.
    pub schema: SchemaRef,
    /// The columns by which the rows of a file are sorted.
    pub sorted_by: &'static [&'static str],
    /// Its live files.
    pub files: Vec<TableFile>,
}

/// A live file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// Its path in the table.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// The first and the last `account_hi`, where there is such a column.
    pub account_hi: Option<(i64, i64)>,
}

impl Lake {
    /// The tables at this version: `exposures`, and `counts` where something was counted.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn tables(&self) -> Result<Vec<Table>, LakeError> {
        let sorted_by = &["account_hi", "account_lo", "secret_tag"];
        let exposures = table(TABLE, &self.log, Arc::clone(&schema::EXPOSURES), sorted_by, true)?;
        let counts =
            self.counts_log()?.map(|log| table(COUNTS, &log, Arc::clone(&schema::COUNTS), &[], false));
        Ok([Some(exposures), counts.transpose()?].into_iter().flatten().collect())
    }
}

fn table(
    name: &'static str,
    log: &Log,
    schema: SchemaRef,
    sorted_by: &'static [&'static str],
    of_accounts: bool,
) -> Result<Table, LakeError> {
    let files = log.live()?.into_iter().map(|file| TableFile {
        path: file.path,
        bytes: file.size,
        rows: file.rows,
        account_hi: of_accounts.then_some(file.hi),
    });
    Ok(Table { name, store: log.store(), schema, sorted_by, files: files.collect() })
}
