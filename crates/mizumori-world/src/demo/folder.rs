//! The folder of a world: takes an empty one or one that an earlier run wrote, and nothing else.
//!
//! `SYNTHETIC.txt` says in both languages what the folder is and lists its files; it is written first, so that what an
//! interrupted run leaves behind is still recognised.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::WorldError;

const MARKER: &str = "SYNTHETIC.txt";
const MARKER_LINE: &str = "mizumori demo world: SYNTHETIC DATA / 合成データ";
const EXPLANATION: &str = "\n\
    この合成データの団体・利用者・パスワードはすべて架空です。実在の漏えいとは関係ありません。\n\
    All bodies, people and passwords in this folder are invented. None of it comes from a leak.\n\n";

/// A folder that may be written to.
pub(crate) struct Folder {
    root: PathBuf,
    /// Files of the earlier world, below the root.
    earlier: BTreeSet<String>,
}

impl Folder {
    /// Takes the folder if it is missing, empty or an earlier demo world to which nobody added a dump.
    pub(crate) fn open(root: &Path) -> Result<Self, WorldError> {
        let failed = |source| WorldError::Write { path: root.to_path_buf(), source };
        let earlier = match fs::read_to_string(root.join(MARKER)) {
            Ok(text) if text.starts_with(MARKER_LINE) => listed(&text),
            Ok(_) => return Err(WorldError::NotOurs { root: root.to_path_buf() }),
            Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                match fs::read_dir(root).map(|mut entries| entries.next().is_some()) {
                    Ok(false) => BTreeSet::new(),
                    Err(why) if why.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
                    Ok(true) => return Err(WorldError::NotOurs { root: root.to_path_buf() }),
                    Err(why) => return Err(failed(why)),
                }
            }
            Err(why) if why.kind() == io::ErrorKind::InvalidData => {
                return Err(WorldError::NotOurs { root: root.to_path_buf() });
            }
            Err(why) => return Err(failed(why)),
        };
        let folder = Self { root: root.to_path_buf(), earlier };
        folder.refuse_foreign(&root.join("dumps"))?;
        Ok(folder)
    }

    /// Removes the earlier world's files that the new one does not write over, and writes the marker.
    pub(crate) fn begin<'a>(&mut self, files: impl Iterator<Item = &'a str>) -> Result<(), WorldError> {
        let files: BTreeSet<String> = files.map(str::to_owned).collect();
        let mut marker = format!("{MARKER_LINE}\n{EXPLANATION}");
        // Files of the earlier world stay listed until they are gone.
        for file in files.union(&self.earlier) {
            marker.push_str(file);
            marker.push('\n');
        }
        self.write(MARKER, marker.as_bytes())?;
        for file in self.earlier.difference(&files) {
            let path = self.root.join(file);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(WorldError::Write { path, source });
                }
                _ => {}
            }
        }
        if !self.earlier.is_subset(&files) {
            self.earlier = BTreeSet::new();
            return self.begin(files.iter().map(String::as_str));
        }
        Ok(())
    }

    /// Writes a file below the root; its folder is created.
    pub(crate) fn write(&self, file: &str, bytes: &[u8]) -> Result<(), WorldError> {
        let path = self.root.join(file);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        written.map_err(|source| WorldError::Write { path, source })
    }

    /// A dump that somebody put into the world would be counted with it.
    fn refuse_foreign(&self, folder: &Path) -> Result<(), WorldError> {
        let failed = |source| WorldError::Write { path: folder.to_path_buf(), source };
        let entries = match fs::read_dir(folder) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                self.refuse_foreign(&path)?;
                continue;
            }
            let below = path.strip_prefix(&self.root).ok().and_then(Path::to_str);
            if !below.is_some_and(|below| self.earlier.contains(below)) {
                return Err(WorldError::Foreign { path });
            }
        }
        Ok(())
    }
}

/// The files that a marker lists: relative paths without any `..`.
fn listed(marker: &str) -> BTreeSet<String> {
    let files = marker.split_once(EXPLANATION).map_or("", |(_, files)| files);
    let inside = |file: &&str| {
        !file.is_empty()
            && Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    files.lines().filter(inside).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_missing_an_empty_and_its_own_folder() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("world");
        for round in 0..3 {
            let mut folder = Folder::open(&root).unwrap();
            folder.begin(["dumps/a/one.txt", "list.toml"].into_iter()).unwrap();
            folder.write("dumps/a/one.txt", b"x").unwrap();
            assert_eq!(folder.earlier.len(), if round == 0 { 0 } else { 2 });
        }
        let empty = parent.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(Folder::open(&empty).is_ok());
    }

    #[test]
    fn refuses_what_is_not_its_own() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("thesis.txt"), b"years of work").unwrap();
        assert!(matches!(Folder::open(parent.path()), Err(WorldError::NotOurs { .. })));
        assert!(Folder::open(&parent.path().join("thesis.txt")).is_err());

        let root = parent.path().join("world");
        let mut folder = Folder::open(&root).unwrap();
        folder.begin(["dumps/a.txt"].into_iter()).unwrap();
        folder.write("dumps/mine.txt", b"x").unwrap();
        let error = Folder::open(&root).map(|_| ()).unwrap_err();
        assert!(matches!(error, WorldError::Foreign { .. }));
        assert!(error.hint().is_some());
    }

    #[test]
    fn removes_what_only_the_earlier_world_had() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("world");
        let mut folder = Folder::open(&root).unwrap();
        folder.begin(["dumps/old.txt", "dumps/both.txt"].into_iter()).unwrap();
        folder.write("dumps/old.txt", b"x").unwrap();
        folder.write("dumps/both.txt", b"x").unwrap();
        let mut folder = Folder::open(&root).unwrap();
        folder.begin(["dumps/both.txt"].into_iter()).unwrap();
        assert!(!root.join("dumps/old.txt").exists() && root.join("dumps/both.txt").exists());
        assert!(!fs::read_to_string(root.join(MARKER)).unwrap().contains("old.txt"));
    }

    #[test]
    fn a_marker_cannot_point_outside() {
        let marker = format!("{MARKER_LINE}\n{EXPLANATION}../x\n/etc/x\ndumps/a.txt\n");
        assert_eq!(listed(&marker).into_iter().collect::<Vec<_>>(), ["dumps/a.txt"]);
    }
}
