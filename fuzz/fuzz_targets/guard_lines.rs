//! Lists of hashes, range files, words: whatever an import may be given.
//!
//! No bytes make a panic. An import that fails leaves no index that answers; of one that is done, the index is sound, and the
//! same import once more changes nothing.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use mizumori_guard::{Change, Format, HashKind, Index, IndexWriter, InputFile, Order, What, verify};
use mizumori_read::{MemberName, Reader};

fuzz_target!(|bytes: &[u8]| {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (path, index) = (folder.path().join("21BD1.txt"), folder.path().join("index"));
    fs::write(&path, bytes).unwrap();
    let reader = Reader::default();
    let mut import = mizumori_fuzz::quiet_import(&reader);
    import.format =
        [None, Some(Format::Hashes), Some(Format::Ranges), Some(Format::Words)][usize::from(how & 3)];
    import.order = if how & 4 == 0 { Order::Any } else { Order::Claimed };
    let files = [InputFile { name: MemberName::new("21BD1.txt"), path: Some(path) }];
    let mut writer = IndexWriter::open(&index).unwrap();
    match import.run(&mut writer, &What::Files(&files)) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(Index::open(&index).is_err());
        }
        Ok(done) => {
            assert_eq!(done.change, Change::Added);
            assert!(verify(&index, &mut |_| Ok(())).unwrap().is_empty());
            let open = Index::open(&index).unwrap();
            let rows: u64 = HashKind::ALL.into_iter().map(|kind| open.rows_at_most(kind)).sum();
            assert_eq!(rows, done.rows.iter().sum::<u64>());
            assert_eq!(import.run(&mut writer, &What::Files(&files)).unwrap().change, Change::AsBefore);
        }
    }
});
