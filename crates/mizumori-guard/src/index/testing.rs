//! Small indexes for tests.

use mizumori_core::Secret;

use super::{Index, IndexWriter, NewImport};
use crate::digest::{HashKind, PasswordHash};
use crate::row::Row;
use crate::segment::SegmentWriter;

/// An index of passwords, each seen once, as SHA-1 and NTLM.
pub(crate) fn index_of(passwords: &[&str]) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
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
    let import = NewImport { id: "test".to_owned(), source: None, segments: segments.into() };
    writer.commit(vec![import]).unwrap();
    let index = Index::open(folder.path()).unwrap();
    (folder, index)
}

/// Passwords that nobody has.
pub(crate) fn invented(number: usize) -> Secret<String> {
    Secret::new(format!("invented password {number}"))
}
