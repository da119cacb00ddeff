//! An index as it is carried elsewhere: its files as they are, and the manifest that names them.

use std::fs::File;

use super::Index;
use crate::error::{GuardError, Result};

impl Index {
    /// Its segments' names and files, opened at once, so that what a writer deletes meanwhile can be read to its end.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub fn files(&self) -> Result<Vec<(String, File)>> {
        let open = |entry: &super::manifest::Entry| {
            let path = self.folder.join(&entry.file);
            Ok((entry.file.clone(), File::open(&path).map_err(GuardError::io("read", &path))?))
        };
        self.manifest.segments.iter().map(open).collect()
    }

    /// What its manifest says, as it stands in `index.json`.
    ///
    /// # Errors
    /// When it cannot be written as text.
    pub fn manifest_text(&self) -> Result<Vec<u8>> {
        self.manifest.to_text()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;

    use super::*;
    use crate::index::testing::index_of;

    #[test]
    fn what_was_carried_is_the_same_index() {
        let (_from, index) = index_of(&["himitsu", "kotoba"]);
        let to = tempfile::tempdir().unwrap();
        for (name, mut file) in index.files().unwrap() {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            fs::write(to.path().join(name), bytes).unwrap();
        }
        fs::write(to.path().join("index.json"), index.manifest_text().unwrap()).unwrap();
        assert_eq!(Index::open(to.path()).unwrap().status(), index.status());
        assert_eq!(crate::index::verify(to.path(), &mut |_| Ok(())).unwrap().len(), 0);
    }
}
