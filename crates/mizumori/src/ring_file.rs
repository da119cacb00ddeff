//! The file of a key ring: read by many, and changed by one at a time.
//!
//! It is replaced as a whole, so that nobody reads half of one. Whoever changes it holds a lock on it from before he reads it: of two
//! changes at once one would be lost, and what was sealed with its key meanwhile.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mizumori_core::keys::{KeyRing, MasterKey};

use crate::outcome::Failure;

/// The file of a ring that is to be changed. Others that want to change it wait until this is dropped.
pub(crate) struct RingFile {
    path: PathBuf,
    _lock: File,
}

impl RingFile {
    /// Waits until nobody else changes the ring in the file `path`.
    pub(crate) fn lock(path: &Path) -> Result<Self, Failure> {
        let lock = locked(path).map_err(|error| cannot("lock", path, error))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The ring.
    pub(crate) fn read(&self, master: &MasterKey) -> Result<KeyRing, Failure> {
        read_ring(&self.path, master)
    }

    /// Puts another in its place, wrapped under `master`: the file is whole at every moment, and its owner's alone.
    pub(crate) fn replace(self, ring: &KeyRing, master: &MasterKey) -> Result<(), Failure> {
        let text = ring.to_text(master).map_err(Failure::new)?;
        let replace = || {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            new.write_all(text.as_bytes())?;
            new.as_file().sync_all()?;
            new.persist(&self.path).map_err(|error| error.error)
        };
        let written = replace().map(drop);
        written.with_context(|| format!("could not write `{}`", self.path.display())).map_err(Failure::new)
    }
}

/// Reads the ring in `file`.
pub(crate) fn read_ring(file: &Path, master: &MasterKey) -> Result<KeyRing, Failure> {
    let text = fs::read_to_string(file).map_err(|error| cannot("read", file, error))?;
    KeyRing::parse(&file.display().to_string(), &text, master).map_err(Failure::new)
}

fn cannot(what: &str, file: &Path, error: io::Error) -> Failure {
    let error =
        anyhow::Error::new(error).context(format!("could not {what} the key ring `{}`", file.display()));
    Failure::new(error).hint("give --keys FILE: a lake without its keys answers nothing")
}

/// The file `path` under a lock. Who waited may hold one on what was replaced meanwhile: then it is the file's turn that is there.
fn locked(path: &Path) -> io::Result<File> {
    loop {
        // Some file systems of other machines lock only what may be written.
        let file = File::options().read(true).write(true).open(path)?;
        file.lock()?;
        let (held, there) = (file.metadata()?, fs::metadata(path)?);
        if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}
