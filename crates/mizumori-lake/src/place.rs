//! Where a lake is: a folder, or a URL of an object store.

use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use url::Url;

use crate::error::LakeError;
use crate::store::{Durable, Patience, Trouble, open, unfinished};

/// A folder or a prefix of an object store.
#[derive(Clone)]
pub struct Place {
    shown: String,
    url: Url,
    /// The store, in which the paths of URLs are paths.
    root: Arc<dyn ObjectStore>,
    /// The part of it that is the lake.
    store: Arc<dyn ObjectStore>,
    /// The same for the first question, which may be about a place that is not there.
    first: Arc<dyn ObjectStore>,
    /// The folder, where it is one of this machine.
    folder: Option<PathBuf>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.shown).finish()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Place {
    /// Understands a path, or a URL: `file:`, `s3:`, `gs:`, `az:` and the other schemes of the `object_store` crate. What a
    /// store needs (region, end point, credentials) comes from the environment, under the store's usual names.
    ///
    /// # Errors
    /// When it is neither, holds credentials, or the environment lacks what the store needs.
    pub fn parse(text: &str) -> Result<Self, LakeError> {
        let wrong =
            |why: &dyn fmt::Display| LakeError::Place { place: text.to_owned(), why: why.to_string() };
        let is_url = text.split_once("://").is_some_and(|(scheme, _)| !scheme.contains(['/', '.']));
        if !is_url {
            return Self::folder(FilePath::new(text)).map_err(|why| wrong(&why));
        }
        let mut url = Url::parse(text).map_err(|why| wrong(&why))?;
        if url.scheme() == "file" {
            let path = url.to_file_path().map_err(|()| wrong(&"it names no file of this machine"))?;
            return Self::folder(&path).map_err(|why| wrong(&why));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let is_azure = matches!(url.scheme(), "az" | "adl" | "azure" | "abfs" | "abfss");
        if url.password().is_some() || url.query().is_some() || !(is_azure || url.username().is_empty()) {
            let place = format!("{}://…", url.scheme());
            let why = "it holds credentials, which belong into the environment".to_owned();
            return Err(LakeError::Place { place, why });
        }
        let root = match open(&url, text, Patience::Much) {
            Err(error) if error.trouble() == Trouble::Kind => {
                return Err(wrong(&"it is of no known kind of store"));
            }
            root => root?,
        };
        let first = open(&url, text, Patience::Little)?;
        let first = Arc::new(PrefixStore::new(first, Path::from_url_path(url.path()).unwrap_or_default()));
        Ok(Self { shown: text.to_owned(), first, ..Self::of_store(root, url) })
    }

    /// Takes a store that is open already, and the URL of the lake in it, which ends with a slash. For stores that
    /// [`parse`](Self::parse) cannot open.
    pub fn of_store(root: Arc<dyn ObjectStore>, url: Url) -> Self {
        let prefix = Path::from_url_path(url.path()).unwrap_or_default();
        let store: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(Arc::clone(&root), prefix));
        Self { shown: url.to_string(), url, root, first: Arc::clone(&store), store, folder: None }
    }

    fn folder(path: &FilePath) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let absolute = resolved(path)?;
        if absolute.exists() && !absolute.is_dir() {
            return Err("it is no folder".into());
        }
        let url = Url::from_directory_path(&absolute).map_err(|()| "it is no path of a folder")?;
        let root = Arc::new(Durable::new());
        Ok(Self { shown: path.display().to_string(), folder: Some(absolute), ..Self::of_store(root, url) })
    }

    /// Makes the folder, where it is one of this machine and not there. Nothing else makes one: a look-up at a mistyped place leaves
    /// no trace.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> Result<(), LakeError> {
        let made = self.folder.as_ref().map_or(Ok(()), std::fs::create_dir_all);
        made.map_err(|error| LakeError::Place { place: self.shown.clone(), why: error.to_string() })
    }

    /// A URL under which other machines find it too: those that have the same folder, if it is one.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The store, whose root is the lake's.
    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The same, for the first question: whether there is a lake.
    pub(crate) const fn first(&self) -> &Arc<dyn ObjectStore> {
        &self.first
    }

    /// Whether it is a folder of this machine.
    pub(crate) const fn is_local(&self) -> bool {
        self.folder.is_some()
    }

    /// Where a file of a table is on this machine; `None` when it is elsewhere.
    pub(crate) fn file(&self, table: &str, path: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(table).join(path))
    }

    /// Deletes files that somebody began to write and did not touch again for `age`: no list names them. Gives their number.
    pub(crate) fn delete_unfinished(&self, age: Duration) -> io::Result<usize> {
        let before = SystemTime::now().checked_sub(age);
        let Some((folder, before)) = self.folder.as_ref().zip(before) else { return Ok(0) };
        let found = unfinished(folder, before)?;
        for file in &found {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(found.len())
    }

    /// The store in which the paths of URLs are paths.
    pub(crate) const fn root(&self) -> &Arc<dyn ObjectStore> {
        &self.root
    }

    /// The part of the store that is a table of the lake, and its URL.
    pub(crate) fn table(&self, name: &str) -> (Arc<dyn ObjectStore>, Url) {
        let store = Arc::new(PrefixStore::new(Arc::clone(&self.store), Path::from(name)));
        let mut url = self.url.clone();
        url.set_path(&format!("{}{name}/", self.url.path()));
        (store, url)
    }
}

/// The absolute path of what need not be there: as much of it as is there without links, and the rest as it was written.
fn resolved(path: &FilePath) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut resolved = PathBuf::new();
    for part in absolute.components() {
        match part {
            // Links are resolved already.
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
        if resolved.try_exists()? {
            resolved = resolved.canonicalize()?;
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_urls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/lake");
        let place = Place::parse(path.to_str().unwrap()).unwrap();
        assert!(!folder.path().join("a").exists(), "a place is no lake yet");
        place.make().unwrap();
        place.make().unwrap();
        assert!(path.is_dir());
        assert_eq!(place.to_string(), path.to_str().unwrap());
        let url = Url::from_directory_path(&path).unwrap();
        assert_eq!(place.table("exposures").1, url.join("exposures/").unwrap());
        assert_eq!(Place::parse(url.as_str()).unwrap().table("x").1, url.join("x/").unwrap());
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        for same in ["link", "a/b/../lake", "link/../lake/../../link"] {
            let same = Place::parse(folder.path().join(same).to_str().unwrap()).unwrap();
            assert_eq!(same.url(), url.as_str());
        }
        std::fs::write(path.join("file"), "").unwrap();
        for wrong in ["a/lake/file", "a/lake/file/below"] {
            let wrong = Place::parse(folder.path().join(wrong).to_str().unwrap());
            assert!(matches!(wrong, Err(LakeError::Place { .. })), "{wrong:?}");
        }
        for wrong in ["ftp://x.example/lake", "https://x.example/lake", "file://host.example/lake", "s3:///"]
        {
            assert!(matches!(Place::parse(wrong), Err(LakeError::Place { .. })), "{wrong}");
        }
        for wrong in ["s3://KEY:word@bucket/lake", "s3://KEY@bucket/lake", "az://container/lake?sig=word"] {
            let error = Place::parse(wrong).unwrap_err().to_string();
            assert!(
                error.contains("credentials") && !error.contains("word") && !error.contains("KEY"),
                "{error}"
            );
        }
    }
}
