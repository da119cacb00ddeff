//! The manifest of an index.
//!
//! No bytes make a panic, and no manifest has a file opened that stands outside of its folder.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use mizumori_guard::{Index, IndexWriter, verify};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index");
    fs::create_dir(&index).unwrap();
    fs::write(index.join("index.json"), bytes).unwrap();
    // There is no segment: only a manifest without any can be opened.
    if let Ok(open) = Index::open(&index) {
        assert!(open.status().kinds.is_empty());
    }
    if let Ok(damage) = verify(&index, &mut |_| Ok(())) {
        assert!(damage.iter().all(|found| found.path.parent() == Some(&*index)));
    }
    drop(IndexWriter::open(&index));
    assert_eq!(fs::read(index.join("index.json")).unwrap(), bytes, "nobody wrote");
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1);
});
