//! Small indexes for tests.

use std::path::Path;

use mizumori_core::Secret;

use super::{Index, IndexWriter, NewImport};
use crate::digest::{HashKind, PasswordHash};
use crate::row::Row;
use crate::segment::SegmentWriter;

/// An index of passwords, each seen once, as SHA-1 and NTLM.
pub(crate) fn index_of(passwords: &[&str]) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    add_words(folder.path(), None, passwords);
    let index = Index::open(folder.path()).unwrap();
    (folder, index)
}

/// Adds segments of passwords to the index at a folder, perhaps as those of a source, and merges nothing.
pub(crate) fn add_words(folder: &Path, source: Option<&str>, passwords: &[&str]) {
    let mut writer = IndexWriter::open(folder).unwrap();
    let segments = HashKind::ALL.map(|kind| {
        let hash = |password: &&str| match kind {
            HashKind::Sha1 => PasswordHash::sha1(password.as_bytes()),
            HashKind::Ntlm => PasswordHash::ntlm(password),
        };
        let mut keys: Vec<_> = passwords.iter().map(|password| hash(password).key()).collect();
        keys.sort();
        let mut segment = SegmentWriter::create(&writer.new_path(kind), kind, None).unwrap();
        keys.into_iter().try_for_each(|key| segment.push(Row { key, count: 1 })).unwrap();
        segment.finish().unwrap()
    });
    let id = passwords.join(" ");
    let import = NewImport { id, source: source.map(str::to_owned), segments: segments.into() };
    writer.commit(vec![import]).unwrap();
}

/// Passwords that nobody has.
pub(crate) fn invented(number: usize) -> Secret<String> {
    Secret::new(format!("invented password {number}"))
}
