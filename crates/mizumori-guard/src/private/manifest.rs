//! What a private index is made of: `private.json`, which is replaced as a whole.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::buckets::MOST_BITS;
use super::pair::{SALT, SlowHash};
use crate::error::{GuardError, Result};
use crate::held::{self, FolderKind};
use crate::hex;

/// The name of the file.
const NAME: &str = "private.json";
/// What the file says that it is.
const FORMAT: &str = "mizumori private index";
/// The version that this program writes and reads.
const VERSION: u64 = 1;
/// Generations that may answer at a time: the one that is filled, and the one before it.
pub(super) const MOST_GENERATIONS: usize = 2;

/// Such a folder.
pub(super) static KIND: FolderKind =
    FolderKind { manifest: NAME, is_part, missing: GuardError::MissingPrivate };

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: String,
    version: u64,
    /// By what its keys know it.
    pub(super) id: String,
    /// Counts the changes; files are named after it.
    pub(super) change: u64,
    /// The oldest first.
    pub(super) generations: Vec<Generation>,
}

/// What was made with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generation {
    pub(super) number: u32,
    pub(super) public_key: String,
    #[serde(with = "hex::field")]
    pub(super) salt: [u8; SALT],
    pub(super) slow_hash: SlowHash,
    pub(super) bucket_bits: u32,
    /// Different pairs.
    pub(super) pairs: u64,
    /// The file of buckets.
    pub(super) file: String,
    pub(super) sources: Vec<SourceEntry>,
}

/// What a source brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceEntry {
    pub(super) source: String,
    /// What makes it known: of what it was made.
    pub(super) id: String,
    pub(super) pairs: u64,
    /// Its rows; there is none of a source without pairs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) file: Option<String>,
}

/// Only what is needed to tell a version.
#[derive(Deserialize)]
struct Told {
    format: String,
    version: u64,
}

impl Manifest {
    /// That of an index without any generation.
    pub(super) fn new(id: String) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, id, change: 0, generations: Vec::new() }
    }

    /// Reads that of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        Self::parse(&held::read_manifest(folder, &KIND)?, &folder.join(NAME))
    }

    /// Reads a manifest; `path` is for errors.
    fn parse(text: &[u8], path: &Path) -> Result<Self> {
        let damaged = |why| GuardError::damaged(path, why);
        let none = "it is no manifest of a private index";
        let told: Told = serde_json::from_slice(text).map_err(|_| damaged(none))?;
        if told.format != FORMAT {
            return Err(damaged(none));
        }
        if told.version != VERSION {
            return Err(GuardError::Version { path: path.to_owned(), version: told.version, known: VERSION });
        }
        let manifest: Self =
            serde_json::from_slice(text).map_err(|_| damaged("it does not say what a manifest says"))?;
        let mut seen = BTreeSet::new();
        if !manifest.files().all(|name| is_part(name) && seen.insert(name)) {
            return Err(damaged("it names files that no private index has"));
        }
        let mut before = 0;
        let generations = manifest.generations.iter().all(|generation| {
            let ascends = generation.number > before;
            before = generation.number;
            ascends && generation.bucket_bits <= MOST_BITS && generation.slow_hash.check().is_ok()
        });
        if !generations || manifest.generations.len() > MOST_GENERATIONS {
            return Err(damaged("its generations are none"));
        }
        Ok(manifest)
    }

    /// As text.
    pub(super) fn to_text(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| GuardError::System { what: "text of a manifest", cause: error.into() })?;
        text.push(b'\n');
        Ok(text)
    }

    /// The names of all files.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.generations.iter().flat_map(|generation| {
            let sources = generation.sources.iter().filter_map(|source| source.file.as_deref());
            std::iter::once(generation.file.as_str()).chain(sources)
        })
    }
}

/// The name of the file of buckets that a change brings for a generation.
pub(super) fn buckets_name(change: u64, generation: u32) -> String {
    format!("{change:08}-{generation:04}.buckets")
}

/// How a file of rows comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// By an import.
    ByImport = 1,
    /// Of files that are too many to be open at once.
    ByMerging = 2,
}

/// The name of the `number`th file of rows that a change brings.
pub(super) fn rows_name(change: u64, made: Made, number: u64) -> String {
    format!("{change:08}-{}-{number:06}.rows", made as u8)
}

/// Whether it is the name of a file of such an index: nothing that leads out of the folder.
fn is_part(name: &str) -> bool {
    let stem = name.strip_suffix(".buckets").or_else(|| name.strip_suffix(".rows"));
    stem.is_some_and(|stem| {
        !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text.as_bytes(), Path::new(NAME))
    }

    fn sound() -> Manifest {
        let mut manifest = Manifest::new("id".to_owned());
        let source = SourceEntry {
            source: "s".to_owned(),
            id: "i".to_owned(),
            pairs: 1,
            file: Some(rows_name(1, Made::ByImport, 1)),
        };
        manifest.generations.push(Generation {
            number: 1,
            public_key: "00".repeat(32),
            salt: [5; SALT],
            slow_hash: SlowHash::default(),
            bucket_bits: 0,
            pairs: 1,
            file: buckets_name(1, 1),
            sources: vec![source],
        });
        manifest
    }

    #[test]
    fn there_and_back() {
        let text = String::from_utf8(sound().to_text().unwrap()).unwrap();
        assert_eq!(parse(&text).unwrap(), sound());
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        let text = String::from_utf8(sound().to_text().unwrap()).unwrap();
        for (from, to, words) in [
            (FORMAT, "x", "no manifest"),
            (r#""version": 1"#, r#""version": 9"#, "version 9; this program knows 1"),
            (r#""change""#, r#""chance""#, "does not say"),
            ("0505", "05", "does not say"),
            ("00000001-0001.buckets", "../x.buckets", "names files"),
            ("00000001-0001.buckets", "00000001-1-000001.rows", "names files"),
            (r#""bucket_bits": 0"#, r#""bucket_bits": 21"#, "generations are none"),
            (r#""passes": 2"#, r#""passes": 65"#, "generations are none"),
            (r#""number": 1"#, r#""number": 0"#, "generations are none"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let error = parse(&changed).unwrap_err().to_string();
            assert!(error.contains(words), "{from}: {error}");
        }
    }
}
