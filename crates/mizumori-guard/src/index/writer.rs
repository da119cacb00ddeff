//! Changing an index: one at a time, a whole change or none.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::folder::Locked;
use super::manifest::{Entry, Imported, Manifest, segment_name};
use crate::digest::HashKind;
use crate::error::{GuardError, Result};
use crate::row::Merged;
use crate::segment::{Segment, SegmentRows, SegmentWriter, Written};

/// Segments of a kind that are merged with each other, at most; those of sources, which are replaced, stay apart.
const MOST_SEGMENTS: usize = 8;

/// Whether an import changed the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is in the index now.
    Added,
    /// It took the place of what the same source had brought before.
    Replaced,
    /// It was in the index already.
    AsBefore,
}

/// The right to change an index, for as long as it lives.
pub struct IndexWriter {
    locked: Locked,
    pub(super) manifest: Manifest,
    /// Files of the generation that is written.
    files: AtomicU64,
}

/// What becomes part of an index.
pub(crate) struct NewImport {
    pub(crate) id: String,
    /// The source: what it brought before goes, and its segments stay apart.
    pub(crate) source: Option<String>,
    pub(crate) segments: Vec<Written>,
}

/// New segments from which on all of the file system is put on the disk at once, not file by file.
const MANY: usize = 16;

impl IndexWriter {
    /// Opens the index at a folder for writing; makes one where nothing is.
    ///
    /// # Errors
    /// When somebody else writes to it, or the folder holds other things.
    pub fn open(folder: &Path) -> Result<Self> {
        let (locked, manifest) = Locked::take(folder)?;
        Ok(Self { locked, manifest, files: AtomicU64::new(0) })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.locked.folder()
    }

    /// Whether an import of this id is in the index; with a source, as what that brought last.
    pub(crate) fn knows(&self, id: &str, source: Option<&str>) -> bool {
        self.manifest.imports.iter().any(|import| import.id == id && import.source.as_deref() == source)
    }

    /// Forgets files that were written for an import which does not come about.
    pub(crate) fn tidy(&self) -> Result<()> {
        self.locked.tidy(&self.manifest)
    }

    /// A path for a new segment.
    pub(crate) fn new_path(&self, kind: HashKind) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder().join(segment_name(self.manifest.generation + 1, kind, number))
    }

    /// Makes imports part of the index: all of them, or none. Of each, whether its source was there before.
    pub(crate) fn commit(&mut self, new: Vec<NewImport>) -> Result<Vec<Change>> {
        let come: BTreeSet<_> = new.iter().filter_map(|import| import.source.clone()).collect();
        let goes = |source: &Option<String>| source.as_ref().is_some_and(|source| come.contains(source));
        let mut next = self.manifest.clone();
        let (gone, kept): (Vec<_>, Vec<_>) =
            next.imports.into_iter().partition(|import| goes(&import.source));
        let gone: BTreeSet<_> = gone.into_iter().filter_map(|import| import.source).collect();
        next.imports = kept;
        next.segments.retain(|segment| !goes(&segment.source));
        let mut changes = Vec::new();
        for NewImport { id, source, segments } in new {
            let is_there = source.as_ref().is_some_and(|source| gone.contains(source));
            changes.push(if is_there { Change::Replaced } else { Change::Added });
            let of_kind = |kind: HashKind| segments.iter().filter(move |segment| segment.kind == kind);
            let rows = |kind| of_kind(kind).map(|segment| segment.rows).sum();
            let (sha1, ntlm) = (rows(HashKind::Sha1), rows(HashKind::Ntlm));
            for segment in &segments {
                let imports = if source.is_none() { vec![id.clone()] } else { Vec::new() };
                next.segments.push(entry(segment, source.clone(), imports)?);
            }
            next.imports.push(Imported { id, source, sha1, ntlm });
        }
        self.install(next)?;
        Ok(changes)
    }

    /// Puts segments on the disk that were written and not put there.
    pub(crate) fn make_durable(&self, segments: &[&Written]) -> Result<()> {
        if segments.len() > MANY {
            let folder = self.folder();
            let all = File::open(folder).and_then(|open| rustix::fs::syncfs(open).map_err(Into::into));
            return all.map_err(GuardError::io("write", folder));
        }
        segments.iter().try_for_each(|segment| {
            let synced = File::open(&segment.path).and_then(|file| file.sync_all());
            synced.map_err(GuardError::io("write", &segment.path))
        })
    }

    /// Has another manifest hold, and deletes what that does not name.
    pub(super) fn install(&mut self, mut next: Manifest) -> Result<()> {
        next.generation += 1;
        self.locked.commit(&next)?;
        self.manifest = next;
        self.files = AtomicU64::new(0);
        self.tidy()
    }

    /// Merges segments of like size until there are few. Each merge is a change of its own: what an interruption leaves is the
    /// index with more segments.
    pub(crate) fn merge(&mut self, on: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        for kind in HashKind::ALL {
            while let Some(chosen) = self.choose(kind) {
                let paths: Vec<_> = chosen.iter().map(|entry| self.folder().join(&entry.file)).collect();
                let path = self.new_path(kind);
                let written = merge_files(&paths, &path, kind, on)?;
                let mut next = self.manifest.clone();
                next.segments.retain(|entry| !chosen.contains(entry));
                next.segments.push(entry(&written, None, all_of(&chosen))?);
                self.install(next)?;
            }
        }
        Ok(())
    }

    /// The segments to merge next. The smallest ones, and each larger one that is at most twice as large as all before it
    /// together: what is merged grows by half at least, so that a row is written again about once each time the index doubles.
    fn choose(&self, kind: HashKind) -> Option<Vec<Entry>> {
        let of_kind = |entry: &&Entry| HashKind::from(entry.kind) == kind && entry.source.is_none();
        let mut entries: Vec<_> = self.manifest.segments.iter().filter(of_kind).cloned().collect();
        entries.sort_by_key(|entry| entry.rows);
        let mut sum = 0_u64;
        let mut alike = 0;
        for (at, entry) in entries.iter().enumerate() {
            if at == alike && (at == 0 || entry.rows <= sum.saturating_mul(2)) {
                alike = at + 1;
            }
            sum += entry.rows;
        }
        let excess = (entries.len() + 1).saturating_sub(MOST_SEGMENTS);
        let merged = if alike >= 2 {
            alike
        } else if excess >= 2 {
            excess
        } else {
            return None;
        };
        entries.truncate(merged);
        Some(entries)
    }
}

/// One segment of several. Each of them is read once, in order, and checked on the way.
pub(crate) fn merge_files(
    paths: &[PathBuf],
    to: &Path,
    kind: HashKind,
    on: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Written> {
    let (merged, rows) = merged_rows(paths)?;
    let mut writer = SegmentWriter::create(to, kind, Some(rows))?;
    merged.ahead(|rows| writer.push_all(rows, on))?;
    writer.finish()
}

/// The rows of several segments as one stream, and how many there are at most.
pub(crate) fn merged_rows(paths: &[PathBuf]) -> Result<(Merged<SegmentRows>, u64)> {
    let mut streams = Vec::new();
    let mut rows = 0;
    for path in paths {
        let segment = Segment::open(path)?;
        rows += segment.rows();
        streams.push(SegmentRows::of(&segment)?);
    }
    Ok((Merged::new(streams), rows))
}

/// The imports of all of these; none where they are not known of one of them.
fn all_of(entries: &[Entry]) -> Vec<String> {
    if entries.iter().any(|entry| entry.imports.is_empty()) {
        return Vec::new();
    }
    let all: BTreeSet<_> = entries.iter().flat_map(|entry| entry.imports.iter().cloned()).collect();
    all.into_iter().collect()
}

fn entry(written: &Written, source: Option<String>, imports: Vec<String>) -> Result<Entry> {
    let name = written.path.file_name().and_then(|name| name.to_str());
    let file = name.ok_or_else(|| GuardError::damaged(&written.path, "its name is no text"))?.to_owned();
    // What is named has to be there.
    fs::metadata(&written.path).map_err(GuardError::io("find", &written.path))?;
    Ok(Entry { file, kind: written.kind.into(), rows: written.rows, bytes: written.bytes, source, imports })
}
