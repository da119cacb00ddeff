//! What units of mizumori are, and how an executor does them.
//!
//! A unit says where its dumps are, and its machine reads them there: a bucket, or a folder that all machines have. What it needs
//! beside that (a watch list, descriptions of sources) it carries. Lakes' keys it does not: an executor has its own.

mod dumps;
mod ingest;
mod query;
mod survey;

use std::path::PathBuf;

use mizumori_core::ErrorClass;
use mizumori_core::keys::{ClusterKey, KeyRing};
use mizumori_lake::{Buckets, Lake, LakeError, MergeOrder, PathUrl, ThisMachine};
use mizumori_read::{Limits, Reader};
use mizumori_scan::{DumpPlace, RecordLimits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use dumps::{SharedDump, SharedDumps};
pub use ingest::ClusterIngest;
pub use query::{ClusterQuery, UnitBytes};
pub use survey::{ClusterSurvey, Surveyed};

use crate::error::ClusterError;
use crate::unit::{UnitError, Work};

/// One unit of work.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Task {
    /// Counts what concerns a watch list in some dumps.
    Survey(survey::Task),
    /// Finds out what some dumps are known by.
    Digest(dumps::DumpsText),
    /// Writes the rows of some dumps into runs of a lake.
    Fill(ingest::Task),
    /// Merges runs of a lake.
    Merge(MergeOrder),
    /// Does a part of a plan with some dumps.
    Query(query::Task),
}

impl Task {
    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What an executor does units with.
pub struct Hands {
    /// The cluster's key.
    pub key: ClusterKey,
    /// Limits of containers.
    pub limits: Limits,
    /// Limits of records.
    pub records: RecordLimits,
    /// What reads dumps in buckets.
    pub buckets: Buckets,
    /// Opens lakes, with the keys that this machine has.
    pub lakes: Box<OpenLake>,
    /// Bytes of memory for a unit, roughly.
    pub memory_bytes: u64,
    /// Bytes on disk for what does not fit.
    pub disk_bytes: u64,
    /// The folder for that.
    pub folder: PathBuf,
}

/// Opens the lake of a URL, with its keys.
pub type OpenLake = dyn Fn(&str) -> Result<(Lake, KeyRing), UnitError> + Send + Sync;

impl Hands {
    /// The object of a URL.
    fn object(&self, url: &str) -> Result<DumpPlace, UnitError> {
        let Some(Ok(PathUrl::Object { bucket, key })) = PathUrl::parse(url) else {
            return Err(UnitError::Permanent(format!("`{url}` is no object of a store")));
        };
        let object = self.buckets.object(&bucket, &key);
        object.map(DumpPlace::Held).map_err(|error| UnitError::Transient(error.to_string()))
    }

    /// What a unit may use of this machine: one of its cores.
    fn machine(&self, reader: &Reader) -> ThisMachine {
        ThisMachine {
            reader: reader.clone(),
            records: self.records,
            threads: 1,
            memory_bytes: self.memory_bytes,
            disk_bytes: self.disk_bytes,
            folder: self.folder.clone(),
        }
    }
}

impl Work for Hands {
    fn run(&self, what: &[u8]) -> Result<Vec<u8>, UnitError> {
        let task = serde_json::from_slice(what);
        match task.map_err(|_| UnitError::Permanent("a unit of another version of mizumori".to_owned()))? {
            Task::Survey(task) => survey::run(self, &task),
            Task::Digest(dumps) => ingest::digest(self, &dumps),
            Task::Fill(task) => ingest::fill(self, &task),
            Task::Merge(order) => ingest::merge(self, &order),
            Task::Query(task) => query::run(self, &task),
        }
    }
}

/// What a lake could not do here: another attempt may help where a store or this machine is the reason.
impl From<LakeError> for UnitError {
    fn from(error: LakeError) -> Self {
        match error.class() {
            ErrorClass::Environment => Self::Transient(error.to_string()),
            _ => Self::Permanent(error.to_string()),
        }
    }
}

/// A result: four bytes say how long the first of its two parts is.
fn framed(first: &impl Serialize, second: &[u8]) -> Result<Vec<u8>, UnitError> {
    let permanent = |error: &dyn std::fmt::Display| UnitError::Permanent(error.to_string());
    let first = serde_json::to_vec(first).map_err(|error| permanent(&error))?;
    let length = u32::try_from(first.len()).map_err(|error| permanent(&error))?;
    Ok([&length.to_le_bytes(), first.as_slice(), second].concat())
}

/// The parts of a result.
fn parted<T: DeserializeOwned>(result: &[u8]) -> Option<(T, &[u8])> {
    let (length, rest) = result.split_first_chunk::<4>()?;
    let (first, second) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((serde_json::from_slice(first).ok()?, second))
}

/// The result of unit `number` cannot be read.
fn other_version(number: usize) -> ClusterError {
    ClusterError::Unit { unit: number, why: "its result is of another version".to_owned() }
}
