//! Which source each member of a run's dumps belongs to.

use std::collections::HashMap;

use mizumori_core::{Source, SourceIndex};
use mizumori_read::MemberName;

use crate::engine::MemberSource;

/// Sources of dumps, and of what lies inside archives that describe their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// By the name of the dump.
    dumps: HashMap<Box<str>, SourceIndex>,
    /// By what a description inside an archive describes: a folder (`a.zip!x/`), the archive's root (`a.zip!`), or
    /// one member (`a.zip!x/y.txt`).
    inner: HashMap<Box<str>, SourceIndex>,
}

impl SourceMap {
    /// Says of which source a dump is as a whole.
    pub fn dump(&mut self, name: &str, source: SourceIndex) {
        self.dumps.insert(name.into(), source);
    }

    /// Says of which source a part of an archive is; `name` ends with `/` or `!` where it is more than one member.
    pub fn inside(&mut self, name: &str, source: SourceIndex) {
        self.inner.insert(name.into(), source);
    }

    /// The source of a member: the nearest description above it says.
    pub fn of_member(&self, member: &MemberName) -> Option<SourceIndex> {
        let name = member.as_str();
        if let Some(index) = self.dumps.get(name) {
            return Some(*index);
        }
        if let Some(index) = self.inner.get(name) {
            return Some(*index);
        }
        for (at, separator) in
            name.char_indices().rev().filter(|(_, character)| matches!(character, '/' | '!'))
        {
            let (before, folder) = (name.get(..at)?, name.get(..=at)?);
            if let Some(index) = self.inner.get(folder) {
                return Some(*index);
            }
            if separator == '!'
                && let Some(index) = self.inner.get(before).or_else(|| self.dumps.get(before))
            {
                return Some(*index);
            }
        }
        None
    }

    /// The same with its time, of a list of `sources`; `None` when the member is the description of one.
    pub fn source_of(&self, member: &MemberName, sources: &[Source]) -> Option<MemberSource> {
        if describes_sources(member.file_name()) {
            return None;
        }
        let index = self.of_member(member)?;
        Some(MemberSource { index, time: sources.get(index.0)?.time() })
    }

    /// The sources that a dump holds: its own, and those of the descriptions inside it.
    pub fn of_dump(&self, dump: &MemberName) -> Vec<SourceIndex> {
        let own = self.dumps.get(dump.as_str()).copied();
        let inner = self.inside_of(dump).map(|(_, index)| index);
        let mut all: Vec<_> = own.into_iter().chain(inner).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The same for another list of sources, in which `number` finds them; what belongs to others is left out.
    #[must_use]
    pub fn renumbered(&self, number: impl Fn(SourceIndex) -> Option<SourceIndex>) -> Self {
        let renumber = |map: &HashMap<Box<str>, SourceIndex>| {
            map.iter().filter_map(|(name, source)| Some((name.clone(), number(*source)?))).collect()
        };
        Self { dumps: renumber(&self.dumps), inner: renumber(&self.inner) }
    }

    /// What is said of the inside of a dump: names, as [`inside`](Self::inside) took them, with their sources.
    pub fn inside_of<'m>(&'m self, dump: &'m MemberName) -> impl Iterator<Item = (&'m str, SourceIndex)> {
        let inside = |name: &str| name.strip_prefix(dump.as_str()).is_some_and(|rest| rest.starts_with('!'));
        self.inner.iter().filter(move |(name, _)| inside(name)).map(|(name, index)| (&**name, *index))
    }
}

/// Whether a file of this name describes sources.
pub fn describes_sources(name: &str) -> bool {
    name == "source.toml" || name.ends_with(".source.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_description_says() {
        let mut map = SourceMap::default();
        map.dump("d/a.zip", SourceIndex(0));
        map.dump("d/b.txt", SourceIndex(1));
        map.inside("d/a.zip!x/", SourceIndex(2));
        map.inside("d/a.zip!x/y.txt", SourceIndex(3));
        map.inside("d/a.zip!in.zip!", SourceIndex(4));
        for (member, source) in [
            ("d/b.txt", Some(1)),
            ("d/a.zip!z.txt", Some(0)),
            ("d/a.zip!x/z.txt", Some(2)),
            ("d/a.zip!x/deep/z.txt", Some(2)),
            ("d/a.zip!x/y.txt", Some(3)),
            ("d/a.zip!in.zip!q", Some(4)),
            ("d/c.txt", None),
        ] {
            assert_eq!(map.of_member(&MemberName::new(member)), source.map(SourceIndex), "{member}");
        }
        let of = |dump: &str| {
            map.of_dump(&MemberName::new(dump)).iter().map(|source| source.0).collect::<Vec<_>>()
        };
        assert_eq!((of("d/a.zip"), of("d/b.txt"), of("d/a")), (vec![0, 2, 3, 4], vec![1], vec![]));
    }
}
