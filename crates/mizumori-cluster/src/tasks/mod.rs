//! What units of mizumori are, and how an executor does them.
//!
//! A unit says where its dumps are, and its machine reads them there: a bucket, or a folder that all machines have. What it needs
//! beside that (a watch list, descriptions of sources) it carries. Lakes' keys it does not: an executor has its own.

mod dumps;
mod survey;

use mizumori_core::keys::ClusterKey;
use mizumori_lake::{Buckets, PathUrl};
use mizumori_read::Limits;
use mizumori_scan::{DumpPlace, RecordLimits};
use serde::{Deserialize, Serialize};

pub use dumps::{SharedDump, SharedDumps};
pub use survey::{ClusterSurvey, Surveyed};

use crate::unit::{UnitError, Work};

/// One unit of work.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Task {
    /// Counts what concerns a watch list in some dumps.
    Survey(survey::Task),
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
}

impl Hands {
    /// The object of a URL.
    fn object(&self, url: &str) -> Result<DumpPlace, UnitError> {
        let Some(Ok(PathUrl::Object { bucket, key })) = PathUrl::parse(url) else {
            return Err(UnitError::Permanent(format!("`{url}` is no object of a store")));
        };
        let object = self.buckets.object(&bucket, &key);
        object.map(DumpPlace::Held).map_err(|error| UnitError::Transient(error.to_string()))
    }
}

impl Work for Hands {
    fn run(&self, what: &[u8]) -> Result<Vec<u8>, UnitError> {
        let task = serde_json::from_slice(what);
        match task.map_err(|_| UnitError::Permanent("a unit of another version of mizumori".to_owned()))? {
            Task::Survey(task) => survey::run(self, &task),
        }
    }
}
