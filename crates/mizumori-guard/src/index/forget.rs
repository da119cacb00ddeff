//! Taking out of an index what an import brought.
//!
//! What came from a source has segments of its own, and goes with them. What came without one may be merged with other imports: then
//! nobody can tell any more how often it was it that had a hash.

use super::IndexWriter;
use super::manifest::Entry;
use crate::digest::HashKind;
use crate::error::Result;

/// What came of forgetting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows that went, SHA-1 and NTLM.
    pub rows: [u64; 2],
    /// Rows because of which all of it stays: they stand in segments with those of other imports, SHA-1 and NTLM.
    pub merged: [u64; 2],
    /// Imports without a source that are in the index now, the one to be forgotten not among them.
    pub unnamed: usize,
}

impl IndexWriter {
    /// Takes out what a source brought, or an import without one, by its id: at once, as everything changes, and all of it or nothing.
    /// `None` where the index has nothing of that name.
    ///
    /// # Errors
    /// Those of the system; the index is as it was then.
    pub fn forget(&mut self, name: &str) -> Result<Option<Forgotten>> {
        let imports = &self.manifest.imports;
        let of_source = imports.iter().find(|import| import.source.as_deref() == Some(name));
        // The same content may have come from a source too: that goes by the source's name only.
        let of_id = || imports.iter().find(|import| import.source.is_none() && import.id == name);
        let Some(import) = of_source.or_else(of_id).cloned() else { return Ok(None) };
        let unnamed = imports.iter().filter(|other| other.source.is_none() && **other != import).count();
        let goes = |entry: &Entry| {
            entry.source == import.source
                // What has no source is of this one where there is no other.
                && (import.source.is_some() || unnamed == 0 || entry.imports == [import.id.as_str()])
        };
        let mut next = self.manifest.clone();
        let (gone, kept): (Vec<_>, Vec<_>) = next.segments.into_iter().partition(goes);
        let rows = rows_of(gone.iter());
        // Where it is not known whose rows are in a segment, they may be its.
        let holds = |entry: &&Entry| {
            import.source.is_none()
                && entry.source.is_none()
                && (entry.imports.is_empty() || entry.imports.contains(&import.id))
        };
        let is_merged = HashKind::ALL
            .map(|kind| kept.iter().filter(holds).any(|entry| HashKind::from(entry.kind) == kind));
        let [of_sha1, of_ntlm] = is_merged;
        let merged = [if of_sha1 { import.sha1 } else { 0 }, if of_ntlm { import.ntlm } else { 0 }];
        if merged != [0; 2] {
            // Without the half that can go, the two kinds would say different things, and nothing could bring it back.
            return Ok(Some(Forgotten { rows: [0; 2], merged, unnamed }));
        }
        next.segments = kept;
        next.imports.retain(|other| *other != import);
        self.install(next)?;
        Ok(Some(Forgotten { rows, merged, unnamed }))
    }
}

fn rows_of<'e>(entries: impl Iterator<Item = &'e Entry> + Clone) -> [u64; 2] {
    HashKind::ALL.map(|kind| {
        entries.clone().filter(|entry| HashKind::from(entry.kind) == kind).map(|entry| entry.rows).sum()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::digest::PasswordHash;
    use crate::index::testing::add_words;
    use crate::index::{Index, verify};

    fn forget(folder: &Path, name: &str) -> Option<Forgotten> {
        let done = IndexWriter::open(folder).unwrap().forget(name).unwrap();
        assert!(verify(folder, &mut |_| Ok(())).unwrap().is_empty());
        done
    }

    fn merge(folder: &Path) {
        IndexWriter::open(folder).unwrap().merge(&mut |_| Ok(())).unwrap();
    }

    fn counts(folder: &Path, words: &[&str]) -> Vec<Option<u64>> {
        let index = Index::open(folder).unwrap();
        words.iter().map(|word| index.count(&PasswordHash::sha1(word.as_bytes()))).collect()
    }

    fn parts(folder: &Path) -> usize {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "segment")).count()
    }

    #[test]
    fn what_a_source_brought_goes() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, Some("feed"), &["himitsu", "kotoba"]);
        add_words(folder, Some("other"), &["himitsu"]);
        add_words(folder, None, &["mizu"]);
        add_words(folder, None, &["kawa"]);
        merge(folder);
        let old = Index::open(folder).unwrap();
        let done = forget(folder, "feed");
        assert_eq!(done, Some(Forgotten { rows: [2, 2], merged: [0, 0], unnamed: 2 }));
        assert_eq!(counts(folder, &["himitsu", "kotoba", "mizu"]), [Some(1), None, Some(1)]);
        // Who had it open has it still.
        assert_eq!(old.count(&PasswordHash::sha1(b"kotoba")), Some(1));
        assert!(old.reopened().unwrap().is_some());
        assert_eq!(forget(folder, "feed"), None);
        // What it brings again is new.
        add_words(folder, Some("feed"), &["himitsu", "kotoba"]);
        assert_eq!(counts(folder, &["himitsu", "kotoba"]), [Some(2), Some(1)]);
    }

    #[test]
    fn an_import_that_is_not_merged_goes_by_its_id() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, None, &["himitsu"]);
        add_words(folder, None, &["kotoba"]);
        let done = forget(folder, "himitsu");
        assert_eq!(done, Some(Forgotten { rows: [1, 1], merged: [0, 0], unnamed: 1 }));
        assert_eq!(counts(folder, &["himitsu", "kotoba"]), [None, Some(1)]);
        assert_eq!(forget(folder, "himitsu"), None);
    }

    #[test]
    fn what_is_merged_stays_and_is_told() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, None, &["himitsu"]);
        add_words(folder, None, &["kotoba"]);
        merge(folder);
        let before = Index::open(folder).unwrap().generation();
        for _ in 0..2 {
            let done = forget(folder, "himitsu");
            assert_eq!(done, Some(Forgotten { rows: [0, 0], merged: [1, 1], unnamed: 1 }));
        }
        assert_eq!(Index::open(folder).unwrap().generation(), before);
        assert_eq!(counts(folder, &["himitsu", "kotoba"]), [Some(1), Some(1)]);
    }

    /// Merging is done a kind at a time, and may be ended between the two.
    #[test]
    fn what_is_merged_by_half_stays_whole() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, None, &["himitsu"]);
        add_words(folder, None, &["kotoba"]);
        let mut calls = 0;
        let merged = IndexWriter::open(folder).unwrap().merge(&mut |_| {
            calls += 1;
            if calls > 1 { Err(crate::GuardError::Interrupted) } else { Ok(()) }
        });
        assert!(merged.is_err());
        let done = forget(folder, "himitsu");
        assert_eq!(done, Some(Forgotten { rows: [0, 0], merged: [1, 0], unnamed: 1 }));
        assert_eq!(counts(folder, &["himitsu", "kotoba"]), [Some(1), Some(1)]);
        let ntlm = PasswordHash::ntlm("himitsu");
        assert_eq!(Index::open(folder).unwrap().count(&ntlm), Some(1));
    }

    #[test]
    fn the_same_content_of_a_source_goes_by_its_name_only() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, Some("feed"), &["himitsu"]);
        let id = Index::open(folder).unwrap().status().imports[0].id.clone();
        assert_eq!(forget(folder, &id), None);
        add_words(folder, None, &["himitsu"]);
        let done = forget(folder, "himitsu");
        assert_eq!(done, Some(Forgotten { rows: [1, 1], merged: [0, 0], unnamed: 0 }));
        assert_eq!(counts(folder, &["himitsu"]), [Some(1)], "the source's");
        assert!(forget(folder, "feed").is_some());
    }

    #[test]
    fn of_segments_of_which_nobody_knows_whose_they_are() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        add_words(folder, None, &["himitsu"]);
        add_words(folder, None, &["kotoba"]);
        // As they were written before segments said it.
        let path = folder.join("index.json");
        let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for segment in manifest["segments"].as_array_mut().unwrap() {
            segment.as_object_mut().unwrap().remove("imports").unwrap();
        }
        fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
        let done = forget(folder, "himitsu");
        assert_eq!(done, Some(Forgotten { rows: [0, 0], merged: [1, 1], unnamed: 1 }));
        // The only one without a source has all that is without one.
        add_words(folder, Some("feed"), &["mizu"]);
        merge(folder);
        manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["imports"].as_array_mut().unwrap().retain(|import| import["id"] != "kotoba");
        fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
        let done = forget(folder, "himitsu");
        assert_eq!(done, Some(Forgotten { rows: [2, 2], merged: [0, 0], unnamed: 0 }));
        assert_eq!(counts(folder, &["himitsu", "mizu"]), [None, Some(1)]);
        assert_eq!(parts(folder), 2);
    }
}
