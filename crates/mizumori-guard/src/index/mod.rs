//! An index: segments in a folder, and the manifest that names them.
//!
//! Readers take no lock. They read the manifest and open what it names; a writer adds files under new names, puts a new manifest
//! in the place of the old one by one rename, and only then deletes what that does not name. A reader sees the old index or the
//! new one. One that comes between the rename and the deletion finds a file gone and reads the manifest again.

mod carry;
mod folder;
mod forget;
mod found;
mod manifest;
mod writer;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use self::manifest::Manifest;
use crate::digest::{HashKind, PasswordHash};
use crate::error::{GuardError, Result};
use crate::held::Stamp;
use crate::row::{Merged, Rows};
use crate::segment::{STREAMS, Segment, SegmentRows};

pub use self::forget::Forgotten;
pub(crate) use self::found::Found;
pub use self::writer::{Change, IndexWriter};
pub(crate) use self::writer::{NewImport, merge_files, merged_rows};

/// Bytes that all streams of rows hold together, about: there may be a segment for each of thousands of sources.
const HELD: usize = 192 << 20;
/// How often the manifest is read again when a file that it named is gone.
const TRIES: usize = 100;

/// An index, open for reading. What is imported later is not in it: open it again.
pub struct Index {
    folder: PathBuf,
    manifest: Manifest,
    stamp: Stamp,
    segments: Vec<Segment>,
}

/// What an index is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Changes of the index so far.
    pub generation: u64,
    /// Of each kind that it has: rows (a hash that stands in several segments counts in each), bytes, segments.
    pub kinds: Vec<KindStatus>,
    /// Imports.
    pub imports: Vec<ImportStatus>,
}

/// What an index has of a kind of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindStatus {
    /// The kind.
    pub kind: HashKind,
    /// Rows of all segments.
    pub rows: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Segments.
    pub segments: usize,
}

/// An import that is in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportStatus {
    /// Its id: what makes it a known one.
    pub id: String,
    /// The source that it replaced, where it was one.
    pub source: Option<String>,
    /// Hashes that it brought, SHA-1 and NTLM.
    pub rows: [u64; 2],
}

/// Bytes of a file of an index that are not what was written.
#[derive(Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The bytes; `None` where the file cannot be opened as what it should be.
    pub bytes: Option<Range<u64>>,
    /// In words.
    pub why: String,
}

impl Index {
    /// Opens the index at a folder.
    ///
    /// # Errors
    /// When there is none, or one of another version, or a file of it is damaged; and those of the system.
    pub fn open(folder: &Path) -> Result<Self> {
        // Looked at first: a manifest that comes in between is seen by the next look.
        let mut stamp = folder::stamp(folder);
        let mut manifest = folder::read_manifest(folder)?;
        for _ in 0..TRIES {
            let opened: Result<Vec<_>> =
                manifest.segments.iter().map(|entry| open_entry(folder, entry)).collect();
            match opened {
                Ok(segments) => {
                    return Ok(Self { folder: folder.to_owned(), manifest, stamp, segments });
                }
                Err(GuardError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            stamp = folder::stamp(folder);
            let now = folder::read_manifest(folder)?;
            if now == manifest {
                break;
            }
            manifest = now;
        }
        Err(GuardError::damaged(folder, "a file that its manifest names is missing"))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many changes made it what it is.
    pub const fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// When the last of them was, where the system knows.
    pub fn changed_at(&self) -> Option<SystemTime> {
        self.stamp.map(|(_, changed)| changed)
    }

    /// The index as it is now, where it is another one than this; what is open stays what it is.
    ///
    /// # Errors
    /// As of [`Index::open`].
    pub fn reopened(&self) -> Result<Option<Self>> {
        let now = folder::stamp(&self.folder);
        if now.is_some() && now == self.stamp { Ok(None) } else { Self::open(&self.folder).map(Some) }
    }

    /// How often a hash was seen, in all sources together; `None` when in none.
    pub fn count(&self, hash: &PasswordHash) -> Option<u64> {
        self.segments.iter().filter_map(|segment| segment.count(hash)).reduce(u64::saturating_add)
    }

    /// Whether there is no hash at all: then nobody can be told that a password has not leaked.
    pub fn is_empty(&self) -> bool {
        !HashKind::ALL.into_iter().any(|kind| self.has(kind))
    }

    /// Whether there are hashes of a kind.
    pub fn has(&self, kind: HashKind) -> bool {
        self.of_kind(kind).any(|segment| !segment.is_empty())
    }

    /// All rows of a kind in order, each hash once.
    pub(crate) fn rows(&self, kind: HashKind) -> Result<impl Rows + use<>> {
        let segments = self.of_kind(kind).count();
        let held = HELD / (STREAMS * segments.max(1));
        let streams: Result<Vec<_>> =
            self.of_kind(kind).map(|segment| SegmentRows::holding(segment, held)).collect();
        Ok(Merged::new(streams?))
    }

    /// Rows of all segments of a kind: at least as many as there are different hashes.
    pub fn rows_at_most(&self, kind: HashKind) -> u64 {
        self.of_kind(kind).map(Segment::rows).sum()
    }

    /// What it is made of.
    pub fn status(&self) -> Status {
        let kinds = HashKind::ALL.into_iter().filter_map(|kind| {
            let segments: Vec<_> = self.of_kind(kind).collect();
            (!segments.is_empty()).then(|| KindStatus {
                kind,
                rows: segments.iter().map(|segment| segment.rows()).sum(),
                bytes: segments.iter().map(|segment| segment.len()).sum(),
                segments: segments.len(),
            })
        });
        let imports = self.manifest.imports.iter().map(|import| ImportStatus {
            id: import.id.clone(),
            source: import.source.clone(),
            rows: [import.sha1, import.ntlm],
        });
        Status { generation: self.manifest.generation, kinds: kinds.collect(), imports: imports.collect() }
    }

    fn of_kind(&self, kind: HashKind) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |segment| segment.kind() == kind)
    }
}

/// Reads every byte of the index at a folder, and returns what is not as it was written. `on` is told of bytes that were read,
/// and may end it.
///
/// # Errors
/// When there is no index, or its manifest cannot be read; of segments every damage is returned.
pub fn verify(folder: &Path, on: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<Damage>> {
    let manifest = folder::read_manifest(folder)?;
    let mut damage = Vec::new();
    for entry in &manifest.segments {
        let path = folder.join(&entry.file);
        let segment = match open_entry(folder, entry) {
            Ok(segment) => segment,
            Err(
                error @ (GuardError::Damaged { .. } | GuardError::Version { .. } | GuardError::Io { .. }),
            ) => {
                let why = match &error {
                    GuardError::Damaged { why, .. } => (*why).to_owned(),
                    GuardError::Io { cause, .. } => cause.to_string(),
                    other => other.to_string(),
                };
                let bytes = std::fs::metadata(&path).ok().map(|file| 0..file.len());
                damage.push(Damage { path, bytes, why });
                continue;
            }
            Err(error) => return Err(error),
        };
        let found = segment.verify(on)?;
        damage.extend(found.into_iter().map(|bytes| Damage {
            path: path.clone(),
            bytes: Some(bytes),
            why: "their check does not hold".to_owned(),
        }));
    }
    Ok(damage)
}

fn open_entry(folder: &Path, entry: &manifest::Entry) -> Result<Segment> {
    let path = folder.join(&entry.file);
    let segment = Segment::open(&path)?;
    let fits =
        segment.kind() == entry.kind.into() && segment.rows() == entry.rows && segment.len() == entry.bytes;
    if fits {
        Ok(segment)
    } else {
        Err(GuardError::damaged(&path, "it is not the file that the manifest names"))
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
