//! The repository as the chores see it: where its top is, and its files as a tree in memory, so that every check
//! is a function of a tree and can be tested with a small one.
//!
//! Only files that git tracks or would track are in the tree; build output and what is ignored are not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// The repository's top folder: the one above this crate.
pub(crate) fn top() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Paths from the top, with `/`, and each file's text; `None` for what is not UTF-8 or holds a NUL (a fixture, say).
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Reads the checkout: what is tracked, and what is new and not ignored. Files deleted but not yet
    /// committed as deleted are left out.
    pub(crate) fn load() -> Result<Self> {
        let listed = command::output(command::program("git").args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))
        .context("could not list the repository's files")?;
        let mut files = BTreeMap::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let whole = top().join(path);
            if !whole.is_file() {
                continue;
            }
            let bytes = fs::read(&whole).with_context(|| format!("could not read {path}"))?;
            let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
            files.insert(path.to_owned(), text);
        }
        Ok(Self { files })
    }

    /// All paths, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// All files that are text, sorted by path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether a file, or a folder that holds one, has this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        self.files.contains_key(path)
            || self.files.range(below.clone()..).next().is_some_and(|(found, _)| found.starts_with(&below))
    }
}

#[cfg(test)]
impl Tree {
    /// A tree for tests.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect();
        Self { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_and_folders() {
        let tree = Tree::of(&[("crates/a-b/x.rs", ""), ("crates/a/src/lib.rs", "//! A.\n")]);
        for (path, expected) in [
            ("crates/a", true),
            ("crates/a/", true),
            ("crates/a/src/lib.rs", true),
            ("crates/a/src/li", false),
            ("crate", false),
        ] {
            assert_eq!(tree.has(path), expected, "{path}");
        }
    }

    #[test]
    fn the_checkout_is_loaded() {
        let tree = Tree::load().unwrap();
        assert!(tree.text("xtask/src/repository.rs").is_some_and(|text| text.starts_with("//!")));
        assert!(!tree.has("target"));
    }
}
