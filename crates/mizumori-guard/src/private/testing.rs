//! What tests of private indexes have in common; everything is invented.

use std::path::PathBuf;

use mizumori_core::{Account, LocalPart, Secret};
use tempfile::TempDir;

use super::{PairSource, Parameters, PrivateIndex, PrivateWriter, Query, SlowHash};

/// As fast as the slow hash can be.
pub(super) const FAST: SlowHash = SlowHash { memory_kib: 8, passes: 1, lanes: 1 };

/// An account.
pub(super) fn account(text: &str) -> Account<'_> {
    Account::parse(text, LocalPart::Column).unwrap()
}

/// A folder with an index in it, and its keys beside.
pub(super) struct Place {
    root: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        let place = Self { root: tempfile::tempdir().unwrap() };
        drop(PrivateWriter::create(&place.index(), &place.keys(), FAST).unwrap());
        place
    }

    pub(super) fn index(&self) -> PathBuf {
        self.root.path().join("index")
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.root.path().join("keys")
    }

    pub(super) fn writer(&self) -> PrivateWriter {
        PrivateWriter::open(&self.index(), &self.keys()).unwrap()
    }

    pub(super) fn open(&self) -> PrivateIndex {
        PrivateIndex::open(&self.index(), &self.keys()).unwrap()
    }

    /// Imports the pairs of a source.
    pub(super) fn import(&self, source: &str, id: &str, pairs: &[(&str, &str)]) {
        let mut writer = self.writer();
        let gather = writer.gather(1 << 20).unwrap();
        for (of, password) in pairs {
            gather.add(0, &account(of), password.as_bytes()).unwrap();
        }
        writer.commit(&gather, &[named(source, id)], &mut || Ok(())).unwrap();
    }

    /// The names of the files of the index, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.index()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Source number 0.
pub(super) fn named(source: &str, id: &str) -> PairSource {
    PairSource { number: 0, source: source.to_owned(), id: Some(id.to_owned()) }
}

/// Asks all generations, as a client does.
pub(super) fn asked(index: &PrivateIndex, of: &str, password: &str) -> bool {
    let told = serde_json::to_vec(&index.parameters()).unwrap();
    let parameters = Parameters::parse(&told).unwrap();
    let password = Secret::new(password.as_bytes().to_vec());
    let mut found = false;
    for generation in &parameters.generations {
        let query = Query::new(generation, &account(of), &password).unwrap();
        found |= query.finish(&index.answer(&query.message()).unwrap()).unwrap();
    }
    found
}
