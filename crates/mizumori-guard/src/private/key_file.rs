//! The file of the secret keys of a private index: a line an index, a line a generation.
//!
//! Whoever has it and the index can guess passwords without asking anybody, at the price of the slow hash a guess. So it
//! stands in neither the index's folder nor its backups, and only its owner may read it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mizumori_core::Secret;

use super::drawn;
use super::oprf::{SEED, Server};
use crate::error::{GuardError, Result};
use crate::hex;
use crate::segment::new_file;

/// Longest file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 16;
/// What the protocol's key is derived for (RFC 9497, 3.2.1: `info`).
const INFO: &[u8] = b"mizumori private check 1";

/// What a generation's keys are derived from.
#[derive(Clone, Debug)]
pub(super) struct Seed(Secret<[u8; SEED]>);

impl Seed {
    fn draw() -> Result<Self> {
        drawn().map(|seed| Self(Secret::new(seed)))
    }

    /// The key of the pseudorandom function.
    pub(super) fn server(&self) -> Result<Server> {
        Server::derive(&self.0, INFO)
    }

    /// The key under which rows of sources are sealed.
    pub(super) fn of_rows(&self) -> Secret<[u8; 32]> {
        Secret::new(blake3::derive_key("mizumori 2026-11 private check rows", self.0.expose()))
    }

    /// The key of what buckets are filled up with.
    pub(super) fn of_filling(&self) -> Secret<[u8; 32]> {
        Secret::new(blake3::derive_key("mizumori 2026-11 private check filling", self.0.expose()))
    }
}

/// The secret keys of a private index, as they stand in a file.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    /// The index whose keys these are.
    index: String,
    seeds: BTreeMap<u32, Seed>,
}

impl KeyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is none, or somebody else than its owner may read it.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(GuardError::io("open", path))?;
        let mode = file.metadata().map_err(GuardError::io("read", path))?.permissions().mode();
        let wrong = |why| GuardError::KeyFile { path: path.to_owned(), why };
        if mode & 0o077 != 0 {
            return Err(wrong("others than its owner may read or write it"));
        }
        let mut text = String::new();
        let read = file.take(MOST_BYTES).read_to_string(&mut text);
        let text = Secret::new(text);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => wrong("it is no file of keys"),
            _ => GuardError::io("read", path)(error),
        })?;
        Self::parse(path, text.expose()).ok_or_else(|| wrong("it is no file of keys"))
    }

    /// The keys of an index that has none yet; the file is written with the first of them.
    ///
    /// # Errors
    /// When there is a file already: it may be the keys of another index, and without them that answers nothing.
    pub(super) fn new(path: &Path, index: String) -> Result<Self> {
        if path.symlink_metadata().is_ok() {
            let why = "it is there already; the keys of an index are written into a file of their own";
            return Err(GuardError::KeyFile { path: path.to_owned(), why });
        }
        Ok(Self { path: path.to_owned(), index, seeds: BTreeMap::new() })
    }

    fn parse(path: &Path, text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let index = lines.next()?.strip_prefix("index ")?.trim().to_owned();
        let mut seeds = BTreeMap::new();
        for line in lines {
            let (generation, seed) = line.split_once(' ')?;
            let seed = Seed(Secret::new(hex::read(seed.trim())?));
            if seeds.insert(generation.parse().ok()?, seed).is_some() {
                return None;
            }
        }
        Some(Self { path: path.to_owned(), index, seeds })
    }

    /// Whether these are the keys of the index of that id, and stand where they may.
    pub(super) fn check(&self, folder: &Path, index: &str) -> Result<()> {
        let wrong = |why| GuardError::KeyFile { path: self.path.clone(), why };
        if self.index != index {
            return Err(wrong("it holds the keys of another index"));
        }
        outside(&self.path, folder)
    }

    /// What the keys of a generation are derived from.
    pub(super) fn seed(&self, generation: u32) -> Result<&Seed> {
        let why = "it has no key of a generation of the index";
        self.seeds.get(&generation).ok_or_else(|| GuardError::KeyFile { path: self.path.clone(), why })
    }

    /// That of a new generation; what was drawn for one that never came to be is used.
    pub(super) fn draw(&mut self, generation: u32) -> Result<Seed> {
        let drawn = match self.seeds.get(&generation) {
            Some(seed) => seed.clone(),
            None => Seed::draw()?,
        };
        self.seeds.insert(generation, drawn.clone());
        self.write()?;
        Ok(drawn)
    }

    /// Forgets the keys of a generation: what is left of it somewhere answers nothing any more.
    pub(super) fn forget(&mut self, generation: u32) -> Result<()> {
        self.seeds.remove(&generation);
        self.write()
    }

    /// Puts the file in the place of what was there: whole at every moment, and its owner's alone.
    fn write(&self) -> Result<()> {
        let mut text = format!(
            "# Secret keys of a private index. Keep them where neither the index nor its backups are.\nindex {}\n",
            self.index
        );
        for (generation, seed) in &self.seeds {
            text.push_str(&format!("{generation} {}\n", hex::text(seed.0.expose())));
        }
        let text = Secret::new(text);
        let mut written = self.path.clone().into_os_string();
        written.push(".tmp");
        let written = PathBuf::from(written);
        let _ = fs::remove_file(&written);
        let mut file = new_file(&written)?;
        let done = file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all());
        done.map_err(GuardError::io("write", &written))?;
        fs::rename(&written, &self.path).map_err(GuardError::io("replace", &self.path))?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(GuardError::io("write", folder))
    }
}

/// Whether a file of keys may stand there.
pub(super) fn outside(path: &Path, folder: &Path) -> Result<()> {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(beside), fs::canonicalize(folder)) {
        (Ok(beside), Ok(folder)) if beside.starts_with(&folder) => {
            let why = "it stands in the folder of the index: whoever copies the one would have the other";
            Err(GuardError::KeyFile { path: path.to_owned(), why })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let mut keys = KeyFile::new(&path, "id".to_owned()).unwrap();
        let (first, second) = (keys.draw(1).unwrap(), keys.draw(2).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut read = KeyFile::read(&path).unwrap();
        let key = |seed: &Seed| seed.server().unwrap().public_key();
        assert_ne!(key(&first), key(&second));
        assert_eq!(key(read.seed(2).unwrap()), key(&second));
        assert_eq!(key(&read.draw(1).unwrap()), key(&first), "no key is drawn anew");
        read.forget(1).unwrap();
        assert!(KeyFile::read(&path).unwrap().seed(1).is_err());
        assert!(KeyFile::new(&path, "other".to_owned()).is_err());
        let shown = format!("{keys:?}");
        assert!(!shown.contains(&hex::text(first.0.expose())));
    }

    #[test]
    fn files_that_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let seed = "ab".repeat(32);
        for (text, words) in [
            (String::new(), "no file of keys"),
            ("index a\n1 xyz\n".to_owned(), "no file of keys"),
            (format!("1 {seed}\n"), "no file of keys"),
            (format!("index a\n1 {seed}\n1 {seed}\n"), "no file of keys"),
            (format!("index a\n-1 {seed}\n"), "no file of keys"),
        ] {
            let _ = fs::remove_file(&path);
            new_file(&path).unwrap().write_all(text.as_bytes()).unwrap();
            let error = KeyFile::read(&path).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains(&seed), "{error}");
        }
        let _ = fs::remove_file(&path);
        new_file(&path).unwrap().write_all(b"index a\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(KeyFile::read(&path).unwrap_err().to_string().contains("others than its owner"));
    }

    #[test]
    fn keys_of_another_index_and_keys_beside_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index");
        fs::create_dir(&index).unwrap();
        let keys = KeyFile::new(&folder.path().join("keys"), "id".to_owned()).unwrap();
        keys.check(&index, "id").unwrap();
        assert!(keys.check(&index, "other").unwrap_err().to_string().contains("another index"));
        let inside = KeyFile::new(&index.join("keys"), "id".to_owned()).unwrap();
        assert!(inside.check(&index, "id").unwrap_err().to_string().contains("in the folder of the index"));
    }
}
