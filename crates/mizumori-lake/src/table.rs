//! The tables of a lake for readers that bring their own way of reading Parquet.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use mizumori_core::Source;
use object_store::ObjectStore;

use crate::counts::COUNTS;
use crate::error::LakeError;
use crate::lake::{Lake, TABLE, manifests};
use crate::log::Log;
use crate::manifest::Ingests;
use crate::place::Place;
use crate::schema;

/// A table at one version.
#[derive(Clone, Debug)]
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

/// The tables of a lake at one version. Nothing blocks: they are for asynchronous readers.
pub struct Tables {
    place: Place,
    ingests: Ingests,
    exposures: Table,
}

impl Tables {
    /// The name of the table of exposures.
    pub const EXPOSURES: &'static str = TABLE;
    /// The name of the table of counts.
    pub const COUNTS: &'static str = COUNTS;

    /// The table `exposures`.
    pub const fn exposures(&self) -> &Table {
        &self.exposures
    }

    /// The table `counts`, read now; `None` where nothing was ever counted.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub async fn counts(&self) -> Result<Option<Table>, LakeError> {
        let log = Log::open(&self.place, COUNTS).await?;
        log.map(|log| table(COUNTS, &log, Arc::clone(&schema::COUNTS), &[], false)).transpose()
    }

    /// The sources, read now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sources(&self) -> Result<Vec<Source>, LakeError> {
        let manifests = manifests(&self.place, self.ingests.clone()).await?;
        manifests.iter().map(|(_, _, manifest)| manifest.source()).collect()
    }
}

impl Lake {
    /// The tables at this version. Of `counts` and of the sources nothing is read yet.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn tables(&self) -> Result<Tables, LakeError> {
        let sorted_by = &["account_hi", "account_lo", "secret_tag"];
        let exposures = table(TABLE, &self.log, Arc::clone(&schema::EXPOSURES), sorted_by, true)?;
        Ok(Tables { place: self.place.clone(), ingests: self.ingests()?, exposures })
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
