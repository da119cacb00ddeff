//! From the PATHs of a command line to the dumps below them, in a fixed order.
//!
//! Folders are walked in the order of their names, so that the same folder gives the same output on every
//! machine. A symbolic link to a file is followed, one to a folder is not: no walk goes round in circles. What lies below a
//! prefix of a bucket is a folder of the same names.

#[cfg(feature = "lake")]
mod bucket;
mod look;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mizumori_read::{MemberName, Reader};
use mizumori_scan::{Dump, DumpPlace, describes_sources};

use crate::outcome::Failure;

/// A dump that was found.
#[derive(Debug)]
pub(crate) struct FoundDump {
    /// The dump.
    pub(crate) dump: Dump,
    /// The PATH that it was found below, as its place on the command line.
    pub(crate) path: usize,
    /// The id of its source where no description names one.
    pub(crate) default_id: String,
    /// Its bytes; `None` of what is no regular file, or could not be opened.
    pub(crate) bytes: Option<u64>,
    /// Whether `<file>.source.toml` may stand beside it.
    pub(crate) sidecar: bool,
    /// The descriptions inside it, where it is an archive, with their text.
    pub(crate) inside: Vec<(MemberName, Vec<u8>)>,
    /// Whether it is a regular file or an object: nothing else is opened before it is scanned.
    pub(crate) regular: bool,
}

/// Descriptions that are no files, by their names, with their text or why it cannot be read.
pub(crate) type Descriptions = HashMap<String, Result<Vec<u8>, String>>;

impl FoundDump {
    /// Its file; `None` on standard input.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.dump.place {
            DumpPlace::File(path) => Some(path),
            DumpPlace::Held(_) | DumpPlace::StandardInput => None,
        }
    }
}

/// What stands below the PATHs.
#[derive(Debug, Default)]
pub(crate) struct Dumps {
    /// The dumps, in their order.
    pub(crate) found: Vec<FoundDump>,
    /// Folders and files that could not be looked at, each with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
    /// The descriptions in buckets.
    pub(crate) descriptions: Descriptions,
}

impl Dumps {
    /// Walks `paths`, where `-` is standard input and `s3://…` a bucket, and looks into each regular file with `reader` on
    /// `threads`.
    ///
    /// # Errors
    /// When a PATH does not exist, or is or leads into another.
    pub(crate) fn below(paths: &[PathBuf], reader: &Reader, threads: usize) -> Result<Self, Failure> {
        let paths = local(paths)?;
        refuse_overlaps(&paths)?;
        let mut dumps = Self::default();
        #[cfg(feature = "lake")]
        let mut buckets = bucket::Asked::new(threads);
        for (index, path) in paths.iter().enumerate() {
            #[cfg(feature = "lake")]
            if is_url(path) {
                buckets.walk(path, index, &mut dumps)?;
                continue;
            }
            if path == Path::new("-") {
                dumps.found.push(FoundDump {
                    dump: Dump::new(MemberName::new("stdin"), DumpPlace::StandardInput),
                    path: index,
                    default_id: "stdin".to_owned(),
                    bytes: None,
                    sidecar: false,
                    inside: Vec::new(),
                    regular: false,
                });
                continue;
            }
            let metadata =
                fs::metadata(path).with_context(|| format!("could not read `{}`", path.display())).map_err(
                    |error| Failure::new(error).hint("give a file, a folder, or `-` for standard input"),
                )?;
            if metadata.is_dir() {
                dumps.walk(path, index, None);
            } else if path.file_name().is_some_and(is_description) {
                // `dumps/*` names descriptions too. They are looked up beside each dump.
            } else {
                let id = stem(path);
                dumps.add(path.clone(), index, id, metadata.is_file(), true);
            }
        }
        look::into(&mut dumps.found, reader, threads);
        Ok(dumps)
    }

    /// The dumps as a scan takes them.
    pub(crate) fn scanned(&self) -> Vec<Dump> {
        self.found.iter().map(|found| found.dump.clone()).collect()
    }

    /// How many bytes there are; `None` when nobody knows.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.found.iter().map(|dump| dump.bytes).sum()
    }

    fn walk(&mut self, folder: &Path, index: usize, id: Option<&str>) {
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable.push((name_of(folder), error.to_string())),
        };
        let mut entries: Vec<_> = entries.into_iter().map(|entry| (entry.file_name(), entry)).collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let described: HashSet<OsString> =
            entries.iter().filter_map(|(name, _)| described_by_sidecar(name)).collect();
        for (name, entry) in entries {
            let path = entry.path();
            // What a link leads to is looked up; of everything else the folder says what it is.
            let kind = entry.file_type().and_then(|kind| {
                if kind.is_symlink() {
                    fs::metadata(&path).map(|to| (to.file_type(), true))
                } else {
                    Ok((kind, false))
                }
            });
            match kind {
                Ok((kind, false)) if kind.is_dir() => {
                    let id = id.map_or_else(|| as_id(&name), str::to_owned);
                    self.walk(&path, index, Some(&id));
                }
                // A link to a folder; and descriptions, which are looked up beside each dump.
                Ok((kind, _)) if kind.is_dir() || is_description(&name) => {}
                Ok((kind, _)) => {
                    let id = id.map_or_else(|| stem(&path), str::to_owned);
                    self.add(path, index, id, kind.is_file(), described.contains(&name));
                }
                Err(error) => self.unreadable.push((name_of(&path), error.to_string())),
            }
        }
    }

    fn add(&mut self, path: PathBuf, index: usize, default_id: String, regular: bool, sidecar: bool) {
        let dump = Dump::new(MemberName::from_path(&path), DumpPlace::File(path));
        self.found.push(FoundDump {
            dump,
            path: index,
            default_id,
            bytes: None,
            sidecar,
            inside: Vec::new(),
            regular,
        });
    }
}

/// Whether a PATH is a URL.
fn is_url(path: &Path) -> bool {
    let scheme = path.to_str().and_then(|path| path.split_once("://")).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
    })
}

/// The PATHs, those of this machine as paths. The others are checked.
#[cfg(feature = "lake")]
fn local(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    paths.iter().map(|path| if is_url(path) { bucket::understood(path) } else { Ok(path.clone()) }).collect()
}

/// The PATHs, none of which may be a URL.
#[cfg(not(feature = "lake"))]
fn local(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if let Some(url) = paths.iter().find(|path| is_url(path)) {
        let scheme = url.to_str().and_then(|url| url.split_once("://")).map_or("", |(scheme, _)| scheme);
        return Err(Failure::say(format!(
            "reading dumps from `{scheme}://…` is not built into this mizumori"
        ))
        .hint("build it with `--features lake`"));
    }
    Ok(paths.to_vec())
}

/// Refuses PATHs of which one is, or leads into, another: what lies below both would be counted twice.
fn refuse_overlaps(paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.len() < 2 {
        return Ok(());
    }
    // A path that cannot be resolved is told when it is looked at; `-` is no file's name here.
    let resolve = |path: &PathBuf| {
        if path == Path::new("-") || is_url(path) { Some(path.clone()) } else { fs::canonicalize(path).ok() }
    };
    let mut resolved: Vec<_> =
        paths.iter().filter_map(|path| resolve(path).map(|resolved| (resolved, path))).collect();
    // Sorted by components, whatever lies below a folder follows it without a gap.
    resolved.sort_by(|(one, _), (other, _)| one.cmp(other));
    for ((outer, first), (inner, second)) in resolved.iter().zip(resolved.iter().skip(1)) {
        if inner == outer {
            let what = if first == second {
                format!("`{}` is given twice", first.display())
            } else {
                format!("`{}` and `{}` are the same", first.display(), second.display())
            };
            return Err(Failure::say(what).hint("leave one out"));
        }
        if inner.starts_with(outer) {
            let what = format!("`{}` lies below `{}` already", second.display(), first.display());
            return Err(Failure::say(what).hint(format!("leave `{}` out", second.display())));
        }
    }
    Ok(())
}

/// Whether a file of this name describes sources.
pub(crate) fn is_description(name: &OsStr) -> bool {
    name.to_str().is_some_and(describes_sources)
}

/// The name of the file that the sidecar `name` describes.
fn described_by_sidecar(name: &OsStr) -> Option<OsString> {
    name.as_bytes().strip_suffix(b".source.toml").map(|file| OsStr::from_bytes(file).to_owned())
}

/// The id of a source that has only a file's name.
fn stem(path: &Path) -> String {
    as_id(path.file_stem().unwrap_or(path.as_os_str()))
}

/// A name as an id: decoded as names of dumps are, without anything that would break a line.
fn as_id(name: &OsStr) -> String {
    MemberName::from_path(Path::new(name)).to_string()
}

fn name_of(path: &Path) -> String {
    MemberName::from_path(path).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_read::Limits;

    #[test]
    fn folders_are_walked_in_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/deep/er")).unwrap();
        for file in ["c.txt", "a.zip", "b/deep/er/x", "b/a.txt", "source.toml", "c.txt.source.toml"] {
            fs::write(root.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink(root, root.join("loop")).unwrap();
        let below = |path: PathBuf| Dumps::below(&[path], &Reader::new(Limits::default()), 2);
        let dumps = below(root.to_owned()).unwrap();
        let seen: Vec<_> = dumps
            .found
            .iter()
            .map(|found| {
                (
                    found.file().unwrap().strip_prefix(root).unwrap().display().to_string(),
                    found.default_id.clone(),
                    found.sidecar,
                )
            })
            .collect();
        let expected = [
            ("a.zip", "a", false),
            ("b/a.txt", "b", false),
            ("b/deep/er/x", "b", false),
            ("c.txt", "c", true),
        ];
        assert_eq!(seen, expected.map(|(file, id, sidecar)| (file.to_owned(), id.to_owned(), sidecar)));
        assert_eq!(dumps.bytes(), Some(4));
        assert!(below(root.join("nowhere")).is_err());
    }
}
