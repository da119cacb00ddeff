//! The folder of an index: what may stand in it, who may write, and how one state replaces another.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::manifest::{self, Manifest};
use crate::error::{GuardError, Result};
use crate::segment::new_file;

/// The file that whoever writes holds.
const LOCK: &str = "lock";
/// What files end with that are being written.
const TEMPORARY: &str = ".tmp";

/// Reads the manifest of the index at a folder.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(manifest::NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(GuardError::Missing(folder.to_owned()));
        }
        Err(error) => return Err(GuardError::io("open", &path)(error)),
    };
    let mut text = Vec::new();
    file.take(manifest::MOST_BYTES).read_to_end(&mut text).map_err(GuardError::io("read", &path))?;
    Manifest::parse(&text, &path)
}

/// The right to write to an index; it ends with the value, and with the process however that ends.
pub(super) struct Locked {
    folder: PathBuf,
    _lock: File,
}

impl Locked {
    /// Takes it, for an index that is there or for one that is to be.
    pub(super) fn take(folder: &Path) -> Result<(Self, Manifest)> {
        // What an index holds is as good as passwords.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(GuardError::io("create", folder))?;
        let names = names(folder)?;
        if !names.contains(manifest::NAME) && names.iter().any(|name| !is_ours(name)) {
            return Err(GuardError::NotAnIndex(folder.to_owned()));
        }
        let path = folder.join(LOCK);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(GuardError::io("create", &path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(GuardError::Locked(folder.to_owned())),
            Err(error) => return Err(GuardError::io("lock", &path)(error.into())),
        }
        let locked = Self { folder: folder.to_owned(), _lock: lock };
        let manifest = match read_manifest(folder) {
            Err(GuardError::Missing(_)) => Manifest::empty(),
            read => read?,
        };
        locked.tidy(&manifest)?;
        Ok((locked, manifest))
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deletes what no manifest names: what an import left that was killed, and segments that were replaced. Who has them open
    /// goes on reading them.
    pub(super) fn tidy(&self, manifest: &Manifest) -> Result<()> {
        let named: BTreeSet<&str> = manifest.segments.iter().map(|entry| entry.file.as_str()).collect();
        for name in names(&self.folder)? {
            let stray = manifest::is_segment(&name) && !named.contains(name.as_str());
            if stray || name.ends_with(TEMPORARY) {
                let path = self.folder.join(&name);
                fs::remove_file(&path).map_err(GuardError::io("delete", &path))?;
            }
        }
        Ok(())
    }

    /// Makes a manifest the one that holds: on the disk first, then under its name, all at once.
    pub(super) fn commit(&self, manifest: &Manifest) -> Result<()> {
        let text = manifest.to_text()?;
        // The names of the new segments have to be on the disk before anything names them.
        self.sync()?;
        let written = self.folder.join(format!("{}{TEMPORARY}", manifest::NAME));
        let mut file = new_file(&written)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(GuardError::io("write", &written))?;
        let path = self.folder.join(manifest::NAME);
        fs::rename(&written, &path).map_err(GuardError::io("replace", &path))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(GuardError::io("write", &self.folder))
    }
}

/// By what a manifest is known that took the place of another: its file's number, and when it was written.
pub(super) type Stamp = Option<(u64, SystemTime)>;

/// That of the manifest which is there now, where the system tells.
pub(super) fn stamp(folder: &Path) -> Stamp {
    let file = fs::metadata(folder.join(manifest::NAME)).ok()?;
    Some((file.ino(), file.modified().ok()?))
}

/// Whether a file of this name may stand in a folder whose index was never finished.
fn is_ours(name: &str) -> bool {
    name == LOCK || name.ends_with(TEMPORARY) || manifest::is_segment(name)
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder).map_err(GuardError::io("list", folder))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(GuardError::io("list", folder))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
