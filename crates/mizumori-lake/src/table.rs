//! The table of exposures for readers that bring their own way of reading Parquet.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use object_store::ObjectStore;

use crate::error::LakeError;
use crate::lake::Lake;
use crate::schema::EXPOSURES;

/// The table `exposures` at one version. Rows are sorted by (`account_hi`, `account_lo`, `secret_tag`) within a file.
#[derive(Debug)]
pub struct Table {
    /// The store whose root is the table's.
    pub store: Arc<dyn ObjectStore>,
    /// Its columns.
    pub schema: SchemaRef,
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
    /// The first and the last `account_hi`.
    pub account_hi: (i64, i64),
}

impl Lake {
    /// The table of exposures at this version.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn table(&self) -> Result<Table, LakeError> {
        let live = self.log.live()?.into_iter();
        let files = live.map(|file| TableFile {
            path: file.path,
            bytes: file.size,
            rows: file.rows,
            account_hi: file.hi,
        });
        Ok(Table { store: self.log.store(), schema: Arc::clone(&EXPOSURES), files: files.collect() })
    }
}
