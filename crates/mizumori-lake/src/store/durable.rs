//! A folder of this machine as a store in which what was put is on the disk, also after a power cut.
//!
//! `object_store`'s own writes a file and gives it its name; what has a name may then be empty for a while, should the machine
//! stop. A log whose last entry is empty would be no log any more.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};

/// What stands between a file's name and a number while it is written. Such names are in no list.
const UNFINISHED: char = '#';

/// A local store.
#[derive(Debug)]
pub(crate) struct Durable(LocalFileSystem);

impl Durable {
    pub(crate) fn new() -> Self {
        Self(LocalFileSystem::new())
    }

    async fn synced(&self, path: &Path) -> Result<()> {
        let file = self.0.path_to_filesystem(path)?;
        blocking(move || File::open(&file)?.sync_all().and_then(|()| sync_folder(&file))).await
    }
}

impl fmt::Display for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Durable {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let replaces = match options.mode {
            PutMode::Overwrite => true,
            PutMode::Create => false,
            PutMode::Update(_) => return self.0.put_opts(path, payload, options).await,
        };
        let file = self.0.path_to_filesystem(path)?;
        let outcome = blocking(move || Ok(put(&file, &payload, replaces))).await?;
        match outcome {
            Ok(()) => {}
            Err(error) if !replaces && error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::AlreadyExists { path: path.to_string(), source: error.into() });
            }
            Err(error) => return Err(generic(error)),
        }
        let meta = self.0.head(path).await?;
        Ok(PutResult { e_tag: meta.e_tag, version: meta.version })
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.0.put_multipart_opts(path, options).await?;
        Ok(Box::new(DurableUpload { upload, file: self.0.path_to_filesystem(path)? }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.0.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await?;
        self.synced(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.0.rename_opts(from, to, options).await?;
        self.synced(to).await
    }
}

/// An upload at whose end the file is on the disk.
#[derive(Debug)]
struct DurableUpload {
    upload: Box<dyn MultipartUpload>,
    file: PathBuf,
}

#[async_trait::async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.upload.complete().await?;
        let file = self.file.clone();
        blocking(move || File::open(&file)?.sync_all().and_then(|()| sync_folder(&file))).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

/// Files below a folder that somebody began to write at least so long ago, and did not end: nobody lists them.
pub(crate) fn unfinished(folder: &FilePath, before: SystemTime) -> io::Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // It may be gone meanwhile.
            let Ok(facts) = entry.metadata() else { continue };
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| Some(name.rsplit_once(UNFINISHED)?.1));
            if facts.is_dir() {
                folders.push(entry.path());
            } else if number.is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
            }) && facts.modified()? <= before
            {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// Writes a file whole, and then gives it its name.
fn put(file: &FilePath, payload: &PutPayload, replaces: bool) -> io::Result<()> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        sync_folder(folder)?;
    }
    let number = getrandom::u32().map_err(io::Error::other)?;
    let unfinished = folder.join(format!("{name}{UNFINISHED}{number}"));
    let written = write_new(&unfinished, payload).and_then(|()| {
        if replaces { fs::rename(&unfinished, file) } else { fs::hard_link(&unfinished, file) }
    });
    if !replaces || written.is_err() {
        // What is left of it nobody lists, and a vacuum takes.
        let _ = fs::remove_file(&unfinished);
    }
    written.and_then(|()| sync_folder(file))
}

fn write_new(file: &FilePath, payload: &PutPayload) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create_new(true).open(file)?;
    payload.iter().try_for_each(|bytes| out.write_all(bytes))?;
    out.sync_all()
}

/// Writes down in which folder a file is.
fn sync_folder(file: &FilePath) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?.map_err(generic)
}

fn generic(error: io::Error) -> Error {
    Error::Generic { store: "LocalFileSystem", source: error.into() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_put_is_there_whole_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = object_store::prefix::PrefixStore::new(
            Durable::new(),
            Path::from_absolute_path(folder.path().canonicalize().unwrap()).unwrap(),
        );
        let path = Path::from("a/b/one");
        let put = |text: &'static str, mode: PutMode| {
            runtime.block_on(store.put_opts(&path, PutPayload::from_static(text.as_bytes()), mode.into()))
        };
        put("first", PutMode::Create).unwrap();
        assert!(matches!(put("second", PutMode::Create), Err(Error::AlreadyExists { .. })));
        let read = || runtime.block_on(async { store.get(&path).await?.bytes().await }).unwrap();
        assert_eq!(read(), "first");
        let put = put("third", PutMode::Overwrite).unwrap();
        assert_eq!(read(), "third");
        assert_eq!(runtime.block_on(store.head(&path)).unwrap().e_tag, put.e_tag);
        let names: Vec<_> = fs::read_dir(folder.path().join("a/b")).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_was_begun_and_not_ended_is_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("t")).unwrap();
        for name in ["part-1.parquet", "part-1.parquet#12", "a#b", "c#", "part-2.parquet#3"] {
            fs::write(folder.path().join("t").join(name), "x").unwrap();
        }
        let names = |before| {
            let found = unfinished(folder.path(), before).unwrap();
            let mut names: Vec<_> =
                found.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        let now = SystemTime::now();
        assert_eq!(names(now + Duration::from_secs(60)), ["part-1.parquet#12", "part-2.parquet#3"]);
        assert_eq!(names(now - Duration::from_secs(60)), [""; 0]);
    }
}
