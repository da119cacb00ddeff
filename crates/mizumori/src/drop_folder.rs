//! A folder (or a prefix of a bucket) into which others drop files: which of them are complete, and which are new.
//!
//! It is looked at again and again: no notices from the operating system are needed, so that it may lie on another machine. A
//! file is taken when it looks the same for a while. Of files that are gone nothing is remembered.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::hash::Hash;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant, SystemTime};

use mizumori_core::{Source, SourceIndex};

use crate::dumps::{Dumps, FoundDump};
use crate::sources::Sources;

/// How a file looked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    bytes: Option<u64>,
    /// What its store calls this version of it: an object may be replaced by one of the same size.
    version: Option<Box<str>>,
    modified: Option<SystemTime>,
    /// When its size, time or rights were changed, in seconds and nanoseconds.
    changed: Option<(i64, i64)>,
}

/// What is known of a file.
#[derive(Debug)]
struct Seen {
    look: Look,
    /// Since when it looks so, and how often it was looked at since.
    since: Instant,
    looks: usize,
    /// How it looked when it was taken, and its sources then.
    taken: Option<(Look, Vec<Source>)>,
}

/// The files of a drop folder as they were seen.
#[derive(Debug)]
pub(crate) struct DropFolder {
    settle: Duration,
    files: HashMap<Box<str>, Seen>,
}

/// The files that are to be taken now, as places in [`Dumps::found`]: all settled files of the sources that have new ones.
pub(crate) type Due = BTreeSet<usize>;

impl DropFolder {
    /// A folder of which nothing is known. A file is complete when it looks the same for `settle`, and twice at least.
    pub(crate) fn new(settle: Duration) -> Self {
        Self { settle, files: HashMap::new() }
    }

    /// Looks at what is there. A dump without a source is held back, with the sources that it was taken of before. Sources of one
    /// `group` can only be ingested in one run; of most there is none.
    pub(crate) fn look<G: Eq + Hash>(
        &mut self,
        dumps: &Dumps,
        sources: &Sources,
        now: Instant,
        group: impl Fn(&Source) -> Option<G>,
    ) -> Due {
        let names: HashSet<_> = dumps.found.iter().map(|found| found.dump.name.as_str()).collect();
        self.files.retain(|name, _| names.contains(&**name));
        for found in &dumps.found {
            let Some(look) = look(found) else { continue };
            let name = found.dump.name.as_str();
            match self.files.get_mut(name) {
                Some(seen) if seen.look == look => seen.looks += 1,
                Some(seen) => (seen.look, seen.since, seen.looks) = (look, now, 1),
                None => {
                    self.files.insert(name.into(), Seen { look, since: now, looks: 1, taken: None });
                }
            }
        }
        let sources_of: Vec<_> = dumps.found.iter().map(|found| sources.of_dump(&found.dump.name)).collect();
        let mut waiting = BTreeSet::new();
        let mut due = BTreeSet::new();
        for (found, of) in dumps.found.iter().zip(&sources_of) {
            let Some(seen) = self.files.get(found.dump.name.as_str()) else { continue };
            let described: Vec<_> = of.iter().filter_map(|at| sources.list.get(at.0).cloned()).collect();
            if of.is_empty() {
                let before = seen.taken.iter().flat_map(|(_, sources)| sources);
                let places =
                    before.filter_map(|before| sources.list.iter().position(|source| source.id == before.id));
                waiting.extend(places.map(SourceIndex));
                continue;
            }
            match (self.is_settled(seen, now), &seen.taken) {
                (true, Some((look, before))) if *look == seen.look && *before == described => {}
                (true, _) => due.extend(of.iter().copied()),
                // What was taken and changes is still a file of its source: without it the source would be poorer.
                (false, Some(_)) => waiting.extend(of.iter().copied()),
                (false, None) => {}
            }
        }
        // What one file holds comes together, and what is of one group.
        let mut groups: Option<Vec<Option<G>>> = None;
        let mut join = |set: &mut BTreeSet<SourceIndex>| {
            let mut before = 0;
            while set.len() > before {
                before = set.len();
                for of in &sources_of {
                    if of.iter().any(|source| set.contains(source)) {
                        set.extend(of.iter().copied());
                    }
                }
                let groups = groups.get_or_insert_with(|| sources.list.iter().map(&group).collect());
                let here: HashSet<_> = set.iter().filter_map(|at| groups.get(at.0)?.as_ref()).collect();
                let all = groups.iter().enumerate();
                let joined = all.filter(|(_, of)| of.as_ref().is_some_and(|of| here.contains(of)));
                set.extend(joined.map(|(at, _)| SourceIndex(at)).collect::<Vec<_>>());
            }
        };
        join(&mut waiting);
        due.retain(|source| !waiting.contains(source));
        join(&mut due);
        let is_due = |(at, found): (usize, &FoundDump)| {
            let settled =
                self.files.get(found.dump.name.as_str()).is_some_and(|seen| self.is_settled(seen, now));
            let of = sources_of.get(at)?;
            (settled && of.iter().any(|source| due.contains(source))).then_some(at)
        };
        dumps.found.iter().enumerate().filter_map(is_due).collect()
    }

    /// Remembers that files were taken as they looked last.
    pub(crate) fn taken(&mut self, dumps: &Dumps, sources: &Sources, due: &Due) {
        for found in due.iter().filter_map(|at| dumps.found.get(*at)) {
            let of = sources.of_dump(&found.dump.name);
            let described = of.iter().filter_map(|at| sources.list.get(at.0).cloned()).collect();
            if let Some(seen) = self.files.get_mut(found.dump.name.as_str()) {
                seen.taken = Some((seen.look.clone(), described));
            }
        }
    }

    fn is_settled(&self, seen: &Seen, now: Instant) -> bool {
        seen.looks > 1 && now.saturating_duration_since(seen.since) >= self.settle
    }
}

/// How a file looks; `None` of what is no file, or is gone.
fn look(found: &FoundDump) -> Option<Look> {
    let Some(path) = found.file() else {
        let version = found.dump.version.clone();
        return Some(Look { bytes: found.bytes, version, modified: None, changed: None });
    };
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(Look {
        bytes: Some(metadata.len()),
        version: None,
        modified: metadata.modified().ok(),
        changed: Some((metadata.ctime(), metadata.ctime_nsec())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_read::{Bytes, Limits, MemberName, Reader};
    use mizumori_scan::{Dump, DumpPlace};
    use std::path::Path;
    use std::sync::Arc;

    /// Looks, takes what is due, and gives its names.
    fn round(drops: &mut DropFolder, folder: &Path, now: Instant) -> Vec<String> {
        let dumps = Dumps::below(&[folder.to_owned()], &Reader::new(Limits::default()), 1);
        let dumps = dumps.unwrap_or_else(|_| panic!("no dumps"));
        let (sources, _) = Sources::of_those_right(&dumps);
        let due = drops.look(&dumps, &sources, now, |_| None::<()>);
        drops.taken(&dumps, &sources, &due);
        due.iter()
            .map(|at| dumps.found[*at].file().unwrap().file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn files_are_taken_when_they_look_the_same_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut drops = DropFolder::new(Duration::from_secs(10));
        fs::create_dir(path.join("feed")).unwrap();
        fs::write(path.join("feed/1.txt"), "a").unwrap();
        let mut look = |seconds| round(&mut drops, path, at(seconds));
        assert!(look(0).is_empty());
        assert!(look(9).is_empty());
        fs::write(path.join("feed/1.txt"), "ab").unwrap();
        assert!(look(12).is_empty(), "it changed");
        assert!(look(21).is_empty());
        assert_eq!(look(22), ["1.txt"]);
        assert!(look(99).is_empty(), "it is taken once");

        // A source that grows comes whole, without what is being written.
        fs::write(path.join("feed/2.txt"), "c").unwrap();
        assert!(look(100).is_empty());
        fs::write(path.join("feed/3.txt"), "d").unwrap();
        assert_eq!(look(110), ["1.txt", "2.txt"]);
        assert_eq!(look(120), ["1.txt", "2.txt", "3.txt"]);

        // While a file changes that was taken, its source waits; another does not.
        fs::write(path.join("feed/1.txt"), "abc").unwrap();
        fs::write(path.join("feed/4.txt"), "e").unwrap();
        fs::write(path.join("other.txt"), "f").unwrap();
        assert!(look(130).is_empty());
        fs::write(path.join("feed/1.txt"), "abcd").unwrap();
        assert_eq!(look(140), ["other.txt"]);
        assert_eq!(look(150), ["1.txt", "2.txt", "3.txt", "4.txt"]);

        // Another description makes other sources of the same files.
        fs::write(path.join("other.txt.source.toml"), "id = 'named'").unwrap();
        assert_eq!(look(160), ["other.txt"]);
        fs::remove_file(path.join("other.txt")).unwrap();
        assert!(look(170).is_empty());

        // A mistake in a description holds back what it describes, and the source that this was before.
        for folder in ["one", "two"] {
            fs::create_dir(path.join(folder)).unwrap();
            fs::write(path.join(folder).join("source.toml"), "id = 'both'").unwrap();
            fs::write(path.join(folder).join(format!("{folder}.txt")), "g").unwrap();
        }
        assert!(look(180).is_empty());
        assert_eq!(look(190), ["one.txt", "two.txt"]);
        fs::write(path.join("two/source.toml"), "id = 'both'\nleakd = 1").unwrap();
        fs::write(path.join("one/more.txt"), "h").unwrap();
        fs::write(path.join("last.txt"), "i").unwrap();
        assert!(look(200).is_empty());
        assert_eq!(look(210), ["last.txt"]);
        fs::write(path.join("two/source.toml"), "id = 'both'").unwrap();
        assert_eq!(look(220), ["more.txt", "one.txt", "two.txt"]);
        assert_eq!(drops.files.len(), 8);
    }

    #[test]
    fn an_object_that_is_replaced_by_one_of_the_same_size_is_taken_again() {
        let start = Instant::now();
        let mut drops = DropFolder::new(Duration::from_secs(10));
        let mut look = |seconds, version: &str| {
            let place = DumpPlace::Held(Arc::new(Bytes::new(*b"a@suigen.example:1\n")));
            let dump = Dump::new(MemberName::new("s3://bucket/feed/1.txt"), place);
            let found = FoundDump {
                dump: Dump { version: Some(version.into()), ..dump },
                path: 0,
                default_id: "feed".to_owned(),
                bytes: Some(19),
                sidecar: false,
                inside: Vec::new(),
                regular: true,
            };
            let dumps = Dumps { found: vec![found], ..Dumps::default() };
            let (sources, _) = Sources::of_those_right(&dumps);
            let due = drops.look(&dumps, &sources, start + Duration::from_secs(seconds), |_| None::<()>);
            drops.taken(&dumps, &sources, &due);
            due.len()
        };
        assert_eq!([look(0, "v1"), look(10, "v1"), look(20, "v1")], [0, 1, 0]);
        assert_eq!([look(30, "v2"), look(40, "v2"), look(50, "v2")], [0, 1, 0]);
    }
}
