//! What several machines have seen and is to be counted, as bytes. It holds keyed tags and hosts, no account.
//!
//! A version and the number of sources; of each its number, and four lists with their lengths before them: hosts (texts with their
//! lengths), units (a tag of sixteen bytes, the number of its host), tags under the source, tags of what is kept as rows. All numbers
//! are little-endian.

use std::collections::HashSet;

use mizumori_core::rest::Rest;
use mizumori_core::{SourceIndex, Tag};

use crate::tally::{CountKey, CountTags};

/// The version of the form.
const VERSION: u8 = 1;

impl CountTags {
    /// Adds what was seen in another piece of the same source; an account that was seen before is dropped.
    pub(crate) fn append(&mut self, other: Self) {
        let numbers: Vec<_> = other.hosts.iter().map(|host| self.hosts.number(host)).collect();
        let number = |host: u32| numbers.get(host as usize).copied().unwrap_or_default();
        self.units.extend(other.units.into_iter().map(|(tag, host)| (tag, number(host))));
        self.in_source.extend(other.in_source);
        self.kept.extend(other.kept);
    }

    /// Each account once.
    fn settle(&mut self) {
        let mut seen = HashSet::new();
        let fresh: Vec<_> = self.units.iter().map(|(tag, _)| seen.insert(tag.0)).collect();
        let mut each = fresh.iter();
        self.units.retain(|_| each.next().is_none_or(|fresh| *fresh));
        let mut each = fresh.iter();
        self.in_source.retain(|_| each.next().is_none_or(|fresh| *fresh));
        self.kept.sort_unstable();
        self.kept.dedup();
    }

    /// What was seen of several sources as bytes: what [`from_bytes`](Self::from_bytes) reads.
    pub(crate) fn to_bytes(all: impl ExactSizeIterator<Item = Self>) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let length = |bytes: &mut Vec<u8>, length: usize| bytes.extend((length as u64).to_le_bytes());
        length(&mut bytes, all.len());
        for mut tags in all {
            tags.settle();
            length(&mut bytes, tags.source.0);
            length(&mut bytes, tags.hosts.len());
            for host in tags.hosts.iter() {
                length(&mut bytes, host.len());
                bytes.extend(host.as_bytes());
            }
            length(&mut bytes, tags.units.len());
            for (tag, host) in &tags.units {
                bytes.extend(tag.0.to_le_bytes());
                bytes.extend(host.to_le_bytes());
            }
            for list in [&tags.in_source, &tags.kept] {
                length(&mut bytes, list.len());
                list.iter().for_each(|tag| bytes.extend(tag.0.to_le_bytes()));
            }
        }
        bytes
    }

    /// What another machine has seen; `None` when it is something else.
    pub(crate) fn from_bytes(key: &CountKey, bytes: &[u8]) -> Option<Vec<Self>> {
        let mut rest = Rest::new(bytes);
        let mut all = Vec::new();
        if rest.take::<1>()? != [VERSION] {
            return None;
        }
        for _ in 0..rest.long()? {
            let source = usize::try_from(rest.long()?).ok().filter(|source| *source < key.sources())?;
            let mut tags = key.begin(SourceIndex(source));
            let hosts = rest.long()?;
            for _ in 0..hosts {
                let length = usize::try_from(rest.long()?).ok()?;
                tags.hosts.number(std::str::from_utf8(rest.bytes(length)?).ok()?);
            }
            if tags.hosts.len() as u64 != hosts {
                return None;
            }
            let tag = |rest: &mut Rest<'_>| rest.take().map(|tag| Tag(u128::from_le_bytes(tag)));
            for _ in 0..rest.long()? {
                let unit = (tag(&mut rest)?, rest.short()?);
                if u64::from(unit.1) >= hosts {
                    return None;
                }
                tags.units.push(unit);
            }
            for _ in 0..rest.long()? {
                let tag = tag(&mut rest)?;
                tags.in_source.push(tag);
            }
            for _ in 0..rest.long()? {
                let tag = tag(&mut rest)?;
                tags.kept.push(tag);
            }
            let shared = if tags.is_shared() { tags.units.len() } else { 0 };
            if tags.in_source.len() != shared {
                return None;
            }
            all.push(tags);
        }
        rest.is_empty().then_some(all)
    }
}
