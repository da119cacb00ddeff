//! From PATHs to what is imported: files, all files of a folder, another index.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mizumori_guard::InputFile;
use mizumori_read::MemberName;

use crate::dumps::is_description;
use crate::outcome::Failure;

/// What a PATH is.
pub(super) enum Found {
    /// Files that are imported together, in this order, and their bytes where they are known.
    Files(Vec<InputFile>, Option<u64>),
    /// An index.
    Index(PathBuf),
}

impl Found {
    /// Looks at a PATH; `-` is standard input.
    ///
    /// Folders are walked in the order of names: range files then come in the order of their hashes. A symbolic link to a file
    /// is followed, one to a folder is not.
    pub(super) fn at(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Files(vec![InputFile { name: MemberName::new("stdin"), path: None }], None));
        }
        let metadata = fs::metadata(path)
            .with_context(|| format!("could not read `{}`", path.display()))
            .map_err(|error| Failure::new(error).hint("give a file, a folder, or `-` for standard input"))?;
        if !metadata.is_dir() {
            let bytes = metadata.is_file().then_some(metadata.len());
            return Ok(Self::Files(vec![file(path.to_owned())], bytes));
        }
        if path.join("index.json").is_file() {
            return Ok(Self::Index(path.to_owned()));
        }
        let (mut files, mut bytes) = (Vec::new(), Some(0));
        walk(path, &mut files, &mut bytes)
            .with_context(|| format!("could not read all of `{}`", path.display()))
            .map_err(Failure::new)?;
        Ok(Self::Files(files, bytes))
    }
}

fn walk(folder: &Path, files: &mut Vec<InputFile>, bytes: &mut Option<u64>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(&path, files, bytes)?;
            continue;
        }
        let metadata = fs::metadata(&path)?;
        if metadata.is_dir() || is_description(&entry.file_name()) {
            continue;
        }
        let length = metadata.is_file().then_some(metadata.len());
        *bytes = bytes.zip(length).map(|(sum, length)| sum + length);
        files.push(file(path));
    }
    Ok(())
}

fn file(path: PathBuf) -> InputFile {
    InputFile { name: MemberName::from_path(&path), path: Some(path) }
}
