//! Which source every dump and every member belongs to, decided in full before anything is scanned.
//!
//! The nearest description wins: the sidecar of a file, `source.toml` in its folder, then in the folders above.
//! Inside an archive the same holds for its members, then for the archive itself. Without any description the id
//! is the first folder below the PATH, or the file's stem.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use mizumori_core::document::{Mistake, Mistakes};
use mizumori_core::{Source, SourceId, SourceIndex};
use mizumori_read::MemberName;
use mizumori_scan::{MemberSource, SourceMap};

use crate::dumps::{Descriptions, Dumps, FoundDump};
use crate::outcome::Failure;

/// The sources of a run, and what belongs to them.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The sources, in the order in which their first dump stands.
    pub(crate) list: Vec<Source>,
    /// Which of them each member is of.
    pub(crate) map: SourceMap,
}

impl Sources {
    /// Reads every description that concerns `dumps`.
    ///
    /// # Errors
    /// Every mistake in the descriptions; an id that is described twice differently, or that two PATHs give.
    pub(crate) fn of(dumps: &Dumps) -> Result<Self, Failure> {
        let mut gathering = Gathering::default();
        for found in &dumps.found {
            let index = gathering.outside(found, &dumps.descriptions);
            gathering.map.dump(found.dump.name.as_str(), index);
            for (name, text) in &found.inside {
                gathering.inside(name.as_str(), text);
            }
        }
        gathering.finish()
    }

    /// The source of a member; `None` when it is a description itself.
    pub(crate) fn of_member(&self, member: &MemberName) -> Option<MemberSource> {
        self.map.source_of(member, &self.list)
    }

    /// The sources that a dump holds: its own, and those of the descriptions inside it.
    #[cfg(feature = "lake")]
    pub(crate) fn of_dump(&self, dump: &MemberName) -> Vec<SourceIndex> {
        self.map.of_dump(dump)
    }
}

/// The sources while they are gathered.
#[derive(Default)]
struct Gathering {
    list: Vec<Source>,
    /// What gave each source of `list`.
    origins: Vec<Origin>,
    by_id: HashMap<SourceId, SourceIndex>,
    map: SourceMap,
    /// What was found in each folder, or in each description in a bucket: the description there, if any.
    folders: HashMap<PathBuf, Option<SourceIndex>>,
    mistakes: Vec<Mistake>,
    clashes: Vec<String>,
}

/// What gave an id.
enum Origin {
    Described { file: String },
    Default { path: usize, dump: String },
}

impl Gathering {
    /// The source of a dump as a whole.
    fn outside(&mut self, found: &FoundDump, descriptions: &Descriptions) -> SourceIndex {
        let described = self.object(found, descriptions).or_else(|| {
            let file = found.file()?;
            let beside = found.sidecar.then(|| {
                let mut sidecar = file.as_os_str().to_owned();
                sidecar.push(".source.toml");
                self.file(Path::new(&sidecar))
            });
            beside.flatten().or_else(|| self.folder(file.parent()?))
        });
        described.unwrap_or_else(|| {
            let origin = Origin::Default { path: found.path, dump: found.dump.name.to_string() };
            self.add(Source::undescribed(SourceId::new(&found.default_id)), origin)
        })
    }

    /// The description of an object: its own, else that of the level in which it stands, then of the levels above.
    fn object(&mut self, found: &FoundDump, descriptions: &Descriptions) -> Option<SourceIndex> {
        let name = found.dump.name.as_str();
        if found.file().is_some() || descriptions.is_empty() {
            return None;
        }
        let levels = name.rmatch_indices('/').filter_map(|(at, _)| name.get(..=at));
        let names = std::iter::once(format!("{name}.source.toml"))
            .chain(levels.map(|level| format!("{level}source.toml")));
        for name in names {
            if let Some(known) = self.folders.get(Path::new(&name)) {
                return *known;
            }
            let index = match descriptions.get(&name) {
                None => continue,
                Some(Ok(bytes)) => self.described(&name, bytes),
                Some(Err(what)) => {
                    let (file, what) = (name.clone(), what.clone());
                    self.mistakes.push(Mistake { file, line: 1, what, instead: None });
                    None
                }
            };
            self.folders.insert(PathBuf::from(name), index);
            return index;
        }
        None
    }

    /// The description of a folder: its own, else that of the folders above.
    fn folder(&mut self, folder: &Path) -> Option<SourceIndex> {
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let index = self.file(&folder.join("source.toml")).or_else(|| {
            let above = match folder.parent() {
                Some(above) if !above.as_os_str().is_empty() => Some(above.to_owned()),
                // Of a relative path the folders above are those of the current folder.
                _ if folder.is_absolute() => None,
                _ => fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
                    .ok()
                    .and_then(|absolute| absolute.parent().map(Path::to_owned)),
            };
            above.and_then(|above| self.folder(&above))
        });
        self.folders.insert(folder.to_owned(), index);
        index
    }

    /// The description in `file`, if there is one.
    fn file(&mut self, file: &Path) -> Option<SourceIndex> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return None,
            Err(error) => {
                let name = file.display().to_string();
                self.mistakes.push(Mistake { file: name, line: 1, what: error.to_string(), instead: None });
                return None;
            }
        };
        self.described(&file.display().to_string(), &bytes)
    }

    /// A description inside an archive.
    fn inside(&mut self, name: &str, bytes: &[u8]) {
        let Some(index) = self.described(name, bytes) else { return };
        let key = match name.strip_suffix(".source.toml") {
            Some(member) => member,
            None => name.strip_suffix("source.toml").unwrap_or(name),
        };
        self.map.inside(key, index);
    }

    fn described(&mut self, name: &str, bytes: &[u8]) -> Option<SourceIndex> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let what = "the description cannot be read as UTF-8".to_owned();
            self.mistakes.push(Mistake { file: name.to_owned(), line: 1, what, instead: None });
            return None;
        };
        match Source::parse(name, text) {
            Ok(source) => Some(self.add(source, Origin::Described { file: name.to_owned() })),
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    fn add(&mut self, source: Source, origin: Origin) -> SourceIndex {
        if let Some(index) = self.by_id.get(&source.id).copied() {
            let same = self.list.get(index.0) == Some(&source);
            if let Some(first) = self.origins.get(index.0) {
                self.clashes.extend(clash(&source.id, first, &origin, same));
            }
            return index;
        }
        let index = SourceIndex(self.list.len());
        self.by_id.insert(source.id.clone(), index);
        self.list.push(source);
        self.origins.push(origin);
        index
    }

    fn finish(self) -> Result<Sources, Failure> {
        if let Some(mistakes) = Mistakes::gather(self.mistakes) {
            return Err(Failure::new(mistakes));
        }
        if !self.clashes.is_empty() {
            let failure = Failure::say(self.clashes.join("\n"));
            return Err(failure.hint("give each source an id of its own in a `source.toml`"));
        }
        Ok(Sources { list: self.list, map: self.map })
    }
}

/// What is wrong when two origins give one id.
fn clash(id: &SourceId, first: &Origin, second: &Origin, same: bool) -> Option<String> {
    match (first, second) {
        (Origin::Described { .. }, Origin::Described { .. }) if same => None,
        (Origin::Described { file: first }, Origin::Described { file: second }) => Some(format!(
            "the source `{id}` is described twice, and differently: in `{first}` and in `{second}`"
        )),
        (Origin::Default { path: first, .. }, Origin::Default { path: second, .. }) if first == second => {
            None
        }
        (Origin::Default { dump: first, .. }, Origin::Default { dump: second, .. }) => {
            Some(format!("two paths give the source `{id}`: `{first}` and `{second}`"))
        }
        (Origin::Described { file, .. }, Origin::Default { dump, .. })
        | (Origin::Default { dump, .. }, Origin::Described { file }) => Some(format!(
            "`{file}` describes the source `{id}`, which `{dump}` without a description would be too"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_read::{Limits, Reader};

    /// Writes the files, and gives the sources and the id of each member asked for.
    fn check(files: &[(&str, &str)], paths: &[&str], members: &[(&str, &str)]) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let paths: Vec<_> = paths.iter().map(|path| folder.path().join(path)).collect();
        let reader = Reader::new(Limits::default());
        let dumps = Dumps::below(&paths, &reader, 2).unwrap_or_else(|_| panic!("no dumps"));
        let sources = Sources::of(&dumps).map_err(|failure| format!("{failure:?}"))?;
        for (member, id) in members {
            let name = MemberName::new(&folder.path().join(member).display().to_string());
            let index = sources.of_member(&name).map(|source| source.index.0);
            assert_eq!(index.map(|index| sources.list[index].id.as_str()), Some(*id), "{member}");
        }
        Ok(sources.list.len())
    }

    #[test]
    fn the_nearest_description_wins() {
        let files = [
            ("d/source.toml", "id = 'outer'"),
            ("d/a.txt", ""),
            ("d/x/b.txt", ""),
            ("d/x/c.txt", ""),
            ("d/x/c.txt.source.toml", "id = 'sidecar'"),
            ("d/y/source.toml", "id = 'inner'"),
            ("d/y/z/e.txt", ""),
            ("f/g/h.txt", ""),
            ("f/i.txt", ""),
        ];
        let members = [
            ("d/a.txt", "outer"),
            ("d/x/b.txt", "outer"),
            ("d/x/c.txt", "sidecar"),
            ("d/x/c.txt!inside/it", "sidecar"),
            ("d/y/z/e.txt", "inner"),
            ("f/g/h.txt", "g"),
            ("f/i.txt", "i"),
        ];
        assert_eq!(check(&files, &["d", "f"], &members), Ok(5));
        assert_eq!(
            check(&files, &["d/x", "d/y/z/e.txt"], &[("d/x/b.txt", "outer"), ("d/y/z/e.txt", "inner")]),
            Ok(3)
        );
    }

    #[test]
    fn one_id_is_one_source() {
        let same = [("a/source.toml", "id = 's'"), ("a/x", ""), ("b/source.toml", "id = 's'"), ("b/x", "")];
        assert_eq!(check(&same, &["a", "b"], &[]), Ok(1));
        let differently = [
            ("a/source.toml", "id = 's'"),
            ("a/x", ""),
            ("b/source.toml", "id = 's'\nleaked = 2019"),
            ("b/x", ""),
        ];
        assert!(
            check(&differently, &["a", "b"], &[]).unwrap_err().contains("described twice, and differently")
        );
        let paths = [("a/x.txt", ""), ("b/x.txt", "")];
        assert!(check(&paths, &["a", "b"], &[]).unwrap_err().contains("two paths give the source `x`"));
        assert_eq!(check(&[("a/x.txt", ""), ("a/x.csv", "")], &["a"], &[]), Ok(1));
    }

    #[test]
    fn mistakes_come_before_anything_runs() {
        let error = check(&[("a/source.toml", "id = 's'\nleakd = 1"), ("a/x", "")], &["a"], &[]).unwrap_err();
        assert!(error.contains("unknown key `leakd`"), "{error}");
    }
}
