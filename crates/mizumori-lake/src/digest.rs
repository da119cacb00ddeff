//! The files of sources, with what they are known by again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mizumori_read::Input;
use mizumori_scan::{Dump, DumpPlace, Progress};
use serde::{Deserialize, Serialize};

use crate::cores::on_cores;

/// A file of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its name, from the PATH given.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// BLAKE3 of them; `None` of what can be read once only, and where a store tells versions.
    pub(crate) blake3: Option<String>,
    /// What its store calls this version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
}

impl FileFacts {
    /// What is known of a dump without reading it: when its store tells one version of it from another.
    pub fn known(dump: &Dump) -> Option<Self> {
        let DumpPlace::Held(at) = &dump.place else { return None };
        let version = dump.version.as_deref()?.to_owned();
        Some(Self { name: dump.name.to_string(), bytes: at.len(), blake3: None, version: Some(version) })
    }

    /// Size and digest of a dump, which is read for them; of what can be read once only, neither.
    pub fn of(dump: &Dump) -> Self {
        let unknown = |bytes| Self { name: dump.name.to_string(), bytes, blake3: None, version: None };
        let input = match &dump.place {
            DumpPlace::StandardInput => return unknown(0),
            _ => dump.open(),
        };
        let Ok(Input::At(at)) = input else { return unknown(0) };
        let mut hasher = blake3::Hasher::new();
        let (mut buffer, mut position) = (vec![0; 1 << 20], 0);
        loop {
            match at.read_at(position, &mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    hasher.update(buffer.get(..read).unwrap_or_default());
                    position += read as u64;
                }
                Err(_) => return unknown(at.len()),
            }
        }
        Self { blake3: Some(hasher.finalize().to_hex().to_string()), ..unknown(at.len()) }
    }

    /// The name of the dump.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it would be noticed that it is another file.
    pub(crate) const fn is_known(&self) -> bool {
        self.blake3.is_some() || self.version.is_some()
    }
}

/// Of each dump, in their order; all cores compute. After an interrupt, of some of them.
pub(crate) fn of_all(dumps: &[Dump], threads: usize, progress: &Progress) -> Vec<FileFacts> {
    let next = AtomicUsize::new(0);
    let facts = Mutex::new(Vec::new());
    let work = || {
        while !progress.is_stopped()
            && let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(dump) = dumps.get(at)
        {
            let file = FileFacts::known(dump).unwrap_or_else(|| FileFacts::of(dump));
            facts.lock().unwrap_or_else(PoisonError::into_inner).push((at, file));
        }
    };
    on_cores(threads, dumps.len(), work);
    let mut facts = facts.into_inner().unwrap_or_else(PoisonError::into_inner);
    facts.sort_by_key(|(at, _)| *at);
    facts.into_iter().map(|(_, file)| file).collect()
}
