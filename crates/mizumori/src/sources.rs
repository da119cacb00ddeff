//! Which source every dump and every member belongs to, decided in full before anything is scanned.
//!
//! The nearest description wins: the sidecar of a file, `source.toml` in its folder, then in the folders above.
//! Inside an archive the same holds for its members, then for the archive itself. Without any description the id
//! is the first folder below the PATH, or the file's stem.

use std::collections::{HashMap, HashSet};
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
        Gathering::of(dumps, &HashSet::new()).finish()
    }

    /// The sources of those dumps that are described without a mistake, and what is wrong with the others, which have none.
    #[cfg(feature = "lake")]
    pub(crate) fn of_those_right(dumps: &Dumps) -> (Self, Vec<Failure>) {
        let (mut left, mut wrong) = (HashSet::new(), Vec::new());
        loop {
            let mut gathering = Gathering::of(dumps, &left);
            let more = gathering.wrong(dumps);
            if more.is_empty() {
                return (Self { list: gathering.list, map: gathering.map }, wrong);
            }
            left.extend(more);
            wrong.extend(gathering.finish().err());
        }
    }

    /// The source of a member; `None` when it is a description itself.
    pub(crate) fn of_member(&self, member: &MemberName) -> Option<MemberSource> {
        self.map.source_of(member, &self.list)
    }

    /// The sources that a dump holds: its own, and those of the descriptions inside it.
    #[cfg(any(feature = "lake", all(feature = "scan", feature = "guard")))]
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
    folders: HashMap<PathBuf, Option<Described>>,
    mistakes: Vec<Mistake>,
    /// The dumps that have one, by their places.
    mistaken: HashSet<usize>,
    /// What is wrong when two origins give one id, with the id.
    clashes: Vec<(SourceId, String)>,
}

/// What a description says.
#[derive(Clone, Copy)]
enum Described {
    As(SourceIndex),
    /// It has a mistake.
    Wrong,
}

/// What gave an id.
enum Origin {
    Described { file: String },
    Default { path: usize, dump: String },
}

impl Gathering {
    /// Reads the descriptions of the dumps that are not `left` out by their places.
    fn of(dumps: &Dumps, left: &HashSet<usize>) -> Self {
        let mut gathering = Self::default();
        for (at, found) in dumps.found.iter().enumerate().filter(|(at, _)| !left.contains(at)) {
            match gathering.outside(found, &dumps.descriptions) {
                Described::As(index) => gathering.map.dump(found.dump.name.as_str(), index),
                Described::Wrong => {
                    gathering.mistaken.insert(at);
                }
            }
            let before = gathering.mistakes.len();
            for (name, text) in &found.inside {
                gathering.inside(name.as_str(), text);
            }
            if gathering.mistakes.len() > before {
                gathering.mistaken.insert(at);
            }
        }
        gathering
    }

    /// The dumps of which the source is not known, by their places: first those of mistakes, for without them others may not clash.
    #[cfg(feature = "lake")]
    fn wrong(&mut self, dumps: &Dumps) -> HashSet<usize> {
        if !self.mistaken.is_empty() {
            return std::mem::take(&mut self.mistaken);
        }
        let clashing: HashSet<_> = self.clashes.iter().filter_map(|(id, _)| self.by_id.get(id)).collect();
        let clashes = |found: &FoundDump| {
            self.map.of_dump(&found.dump.name).iter().any(|source| clashing.contains(source))
        };
        dumps.found.iter().enumerate().filter(|(_, found)| clashes(found)).map(|(at, _)| at).collect()
    }

    /// The source of a dump as a whole.
    fn outside(&mut self, found: &FoundDump, descriptions: &Descriptions) -> Described {
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
            Described::As(self.add(Source::undescribed(SourceId::new(&found.default_id)), origin))
        })
    }

    /// The description of an object: its own, else that of the level in which it stands, then of the levels above.
    fn object(&mut self, found: &FoundDump, descriptions: &Descriptions) -> Option<Described> {
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
            let described = match descriptions.get(&name) {
                None => continue,
                Some(Ok(bytes)) => self.described(&name, bytes),
                Some(Err(what)) => self.wrong_file(name.clone(), what.clone()),
            };
            self.folders.insert(PathBuf::from(name), Some(described));
            return Some(described);
        }
        None
    }

    /// The description of a folder: its own, else that of the folders above.
    fn folder(&mut self, folder: &Path) -> Option<Described> {
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
    fn file(&mut self, file: &Path) -> Option<Described> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return None,
            Err(error) => {
                return Some(self.wrong_file(file.display().to_string(), error.to_string()));
            }
        };
        Some(self.described(&file.display().to_string(), &bytes))
    }

    /// A description inside an archive.
    fn inside(&mut self, name: &str, bytes: &[u8]) {
        let Described::As(index) = self.described(name, bytes) else { return };
        let key = match name.strip_suffix(".source.toml") {
            Some(member) => member,
            None => name.strip_suffix("source.toml").unwrap_or(name),
        };
        self.map.inside(key, index);
    }

    fn described(&mut self, name: &str, bytes: &[u8]) -> Described {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.wrong_file(name.to_owned(), "the description cannot be read as UTF-8".to_owned());
        };
        match Source::parse(name, text) {
            Ok(source) => Described::As(self.add(source, Origin::Described { file: name.to_owned() })),
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                Described::Wrong
            }
        }
    }

    /// A description that cannot be read.
    fn wrong_file(&mut self, file: String, what: String) -> Described {
        self.mistakes.push(Mistake { file, line: 1, what, instead: None });
        Described::Wrong
    }

    fn add(&mut self, source: Source, origin: Origin) -> SourceIndex {
        if let Some(index) = self.by_id.get(&source.id).copied() {
            let same = self.list.get(index.0) == Some(&source);
            if let Some(first) = self.origins.get(index.0) {
                let what = clash(&source.id, first, &origin, same);
                self.clashes.extend(what.map(|what| (source.id.clone(), what)));
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
            let what: Vec<_> = self.clashes.into_iter().map(|(_, what)| what).collect();
            let failure = Failure::say(what.join("\n"));
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

    #[cfg(feature = "lake")]
    #[test]
    fn what_is_described_wrongly_has_no_source() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a/source.toml", "id = 's'\nleakd = 1"),
            ("a/1.txt", ""),
            ("a/deep/2.txt", ""),
            ("a/own/source.toml", "id = 'own'"),
            ("a/own/3.txt", ""),
            ("b/source.toml", "id = 'twice'"),
            ("b/4.txt", ""),
            ("c/source.toml", "id = 'twice'\nleaked = 2019"),
            ("c/5.txt", ""),
            ("good/6.txt", ""),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let reader = Reader::new(Limits::default());
        let dumps = Dumps::below(&[folder.path().to_owned()], &reader, 2).unwrap_or_else(|_| panic!());
        let (sources, wrong) = Sources::of_those_right(&dumps);
        let ids: Vec<_> = sources.list.iter().map(|source| source.id.as_str()).collect();
        assert_eq!(ids, ["own", "good"]);
        let right = |found: &&FoundDump| !sources.of_dump(&found.dump.name).is_empty();
        assert_eq!(dumps.found.iter().filter(right).count(), 2);
        let told: Vec<_> = wrong.iter().map(Failure::in_words).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("unknown key `leakd`") && told[1].contains("`twice` is described twice"));
    }

    #[test]
    fn mistakes_come_before_anything_runs() {
        let error = check(&[("a/source.toml", "id = 's'\nleakd = 1"), ("a/x", "")], &["a"], &[]).unwrap_err();
        assert!(error.contains("unknown key `leakd`"), "{error}");
    }
}
