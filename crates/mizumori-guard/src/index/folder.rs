//! The folder of an index, as what such folders have in common sees it.

use std::path::Path;

use super::manifest::{self, Manifest};
use crate::error::{GuardError, Result};
use crate::held::{self, FolderKind, Held, Stamp};

/// An index.
static KIND: FolderKind =
    FolderKind { manifest: manifest::NAME, is_part: manifest::is_segment, missing: GuardError::Missing };

/// Reads the manifest of the index at a folder.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest> {
    let text = held::read_manifest(folder, &KIND)?;
    Manifest::parse(&text, &folder.join(manifest::NAME))
}

/// By what its manifest is known from those before and after it.
pub(super) fn stamp(folder: &Path) -> Stamp {
    held::stamp(folder, &KIND)
}

/// The right to write to an index.
pub(super) struct Locked(Held);

impl Locked {
    /// Takes it, for an index that is there or for one that is to be.
    pub(super) fn take(folder: &Path) -> Result<(Self, Manifest)> {
        let locked = Self(Held::take(folder, &KIND)?);
        let manifest = match read_manifest(folder) {
            Err(GuardError::Missing(_)) => Manifest::empty(),
            read => read?,
        };
        locked.tidy(&manifest)?;
        Ok((locked, manifest))
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        self.0.folder()
    }

    /// Deletes what no manifest names.
    pub(super) fn tidy(&self, manifest: &Manifest) -> Result<()> {
        self.0.tidy(&manifest.segments.iter().map(|entry| entry.file.as_str()).collect())
    }

    /// Makes a manifest the one that holds.
    pub(super) fn commit(&self, manifest: &Manifest) -> Result<()> {
        self.0.commit(&manifest.to_text()?)
    }
}
