//! The members of a RAR archive, and which of them are wanted.

use std::collections::BTreeSet;

use rars::{Archive, ArchiveMember};

use crate::find::looks_openable;
use crate::name::{NameSample, clean_member, decode_member};
use crate::walk::Walk;

/// What is wanted of an archive. Members are known by their position.
pub(super) struct List {
    pub(super) names: Vec<String>,
    pub(super) plain: BTreeSet<usize>,
    pub(super) encrypted: BTreeSet<usize>,
    pub(super) solid: bool,
    pub(super) split: bool,
}

impl List {
    pub(super) fn new(archive: &Archive, walk: &Walk<'_>) -> Self {
        let mut sample = NameSample::default();
        for member in archive.members() {
            if !member.name_is_unicode() {
                sample.add(member.meta.name_bytes());
            }
        }
        let legacy = sample.encoding();
        let mut list = Self {
            names: Vec::new(),
            plain: BTreeSet::new(),
            encrypted: BTreeSet::new(),
            solid: is_solid(archive),
            split: false,
        };
        for (index, member) in archive.members().enumerate() {
            let meta = &member.meta;
            let text = std::str::from_utf8(meta.name_bytes()).ok().filter(|_| member.name_is_unicode());
            let inner = match text {
                Some(text) => clean_member(text),
                None => decode_member(meta.name_bytes(), legacy),
            };
            let split = meta.is_split_before || meta.is_split_after;
            let file = !meta.is_directory && !meta.is_redirection && !is_link(&member);
            list.split |= split && file;
            list.solid |= member.is_solid();
            if file && !split && walk.needs(&inner, || looks_openable(&inner)) {
                if meta.is_encrypted { &mut list.encrypted } else { &mut list.plain }.insert(index);
            }
            list.names.push(inner);
        }
        list
    }
}

fn is_solid(archive: &Archive) -> bool {
    archive.as_rar50().is_some_and(|archive| archive.main.is_solid())
        || archive.as_rar15_40().is_some_and(|archive| archive.main.is_solid())
        || archive.as_rar13().is_some_and(|archive| archive.main.is_solid())
}

/// A symbolic link of RAR 4, whose content is its target.
fn is_link(member: &ArchiveMember) -> bool {
    member.meta.attr_source() == rars::AttrSource::Unix && member.meta.file_attr & 0xF000 == 0xA000
}
