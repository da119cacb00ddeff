//! A folder of files that are never changed, and one that names them: who may write, and how one state replaces another.
//!
//! What the files hold is not known here. Readers take no lock; see [`crate::index`].

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use crate::error::{GuardError, Result};
use crate::segment::new_file;

/// The file that whoever writes holds.
const LOCK: &str = "lock";
/// What files end with that are being written.
const TEMPORARY: &str = ".tmp";
/// Longest manifest that is read, in bytes: what is larger is none of ours.
const MOST_BYTES: u64 = 256 << 20;

/// What such a folder is.
pub(crate) struct FolderKind {
    /// The file that names the others.
    pub(crate) manifest: &'static str,
    /// Whether it is the name of a file that the manifest may name.
    pub(crate) is_part: fn(&str) -> bool,
    /// What is told of a place where there is none.
    pub(crate) missing: fn(PathBuf) -> GuardError,
}

/// Reads the manifest of a folder; nobody has to hold it for that.
pub(crate) fn read_manifest(folder: &Path, kind: &FolderKind) -> Result<Vec<u8>> {
    let path = folder.join(kind.manifest);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err((kind.missing)(folder.to_owned()));
        }
        Err(error) => return Err(GuardError::io("open", &path)(error)),
    };
    let mut text = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut text).map_err(GuardError::io("read", &path))?;
    Ok(text)
}

/// By what a manifest is known that took the place of another: its file's number, and when it was written.
pub(crate) type Stamp = Option<(u64, SystemTime)>;

/// That of the manifest which is there now, where the system tells.
pub(crate) fn stamp(folder: &Path, kind: &FolderKind) -> Stamp {
    let file = fs::metadata(folder.join(kind.manifest)).ok()?;
    Some((file.ino(), file.modified().ok()?))
}

/// The right to write to a folder; it ends with the value, and with the process however that ends.
pub(crate) struct Held {
    folder: PathBuf,
    kind: &'static FolderKind,
    _lock: File,
}

impl Held {
    /// Takes it, for what is there or is to be.
    pub(crate) fn take(folder: &Path, kind: &'static FolderKind) -> Result<Self> {
        // What an index holds is as good as passwords.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(GuardError::io("create", folder))?;
        let names = names(folder)?;
        let is_ours = |name: &str| name == LOCK || name.ends_with(TEMPORARY) || (kind.is_part)(name);
        if !names.contains(kind.manifest) && names.iter().any(|name| !is_ours(name)) {
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
        Ok(Self { folder: folder.to_owned(), kind, _lock: lock })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deletes what the manifest does not name: what somebody left who was killed, and files that were replaced. Who has them
    /// open goes on reading them.
    pub(crate) fn tidy(&self, named: &BTreeSet<&str>) -> Result<()> {
        for name in names(&self.folder)? {
            let stray = (self.kind.is_part)(&name) && !named.contains(name.as_str());
            if stray || name.ends_with(TEMPORARY) {
                let path = self.folder.join(&name);
                fs::remove_file(&path).map_err(GuardError::io("delete", &path))?;
            }
        }
        Ok(())
    }

    /// Makes a manifest the one that holds: on the disk first, then under its name, all at once.
    pub(crate) fn commit(&self, text: &[u8]) -> Result<()> {
        // The names of the new files have to be on the disk before anything names them.
        self.sync()?;
        let written = self.folder.join(format!("{}{TEMPORARY}", self.kind.manifest));
        let mut file = new_file(&written)?;
        file.write_all(text).and_then(|()| file.sync_all()).map_err(GuardError::io("write", &written))?;
        let path = self.folder.join(self.kind.manifest);
        fs::rename(&written, &path).map_err(GuardError::io("replace", &path))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(GuardError::io("write", &self.folder))
    }
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
