//! Opening, locking, verifying.

use std::fs;

use super::*;
use crate::digest::{Key, Prefix};
use crate::row::Row;
use crate::segment::SegmentWriter;

fn add(writer: &mut IndexWriter, id: &str, rows: impl Iterator<Item = u64>) {
    let mut segment = SegmentWriter::create(&writer.new_path(HashKind::Sha1), HashKind::Sha1, None).unwrap();
    for high in rows {
        segment.push(Row { key: Key { high, ..Key::default() }, count: 1 }).unwrap();
    }
    let segments = vec![segment.finish().unwrap()];
    writer.commit(vec![NewImport { id: id.to_owned(), source: None, segments }]).unwrap();
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = IndexWriter::open(folder.path()).unwrap();
    assert!(matches!(IndexWriter::open(folder.path()), Err(GuardError::Locked(_))));
    drop(first);
    IndexWriter::open(folder.path()).unwrap();
}

#[test]
fn a_folder_of_other_things_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "x").unwrap();
    assert!(matches!(IndexWriter::open(folder.path()), Err(GuardError::NotAnIndex(_))));
    assert!(matches!(Index::open(folder.path()), Err(GuardError::Missing(_))));
    assert!(matches!(Index::open(&folder.path().join("letter.txt")), Err(GuardError::Missing(_))));
}

#[test]
fn what_a_killed_import_left_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    add(&mut writer, "a", 0..10);
    let run = writer.new_path(HashKind::Ntlm);
    drop(SegmentWriter::create(&run, HashKind::Ntlm, None).unwrap());
    fs::write(folder.path().join("index.json.tmp"), "half").unwrap();
    drop(writer);
    assert!(run.exists());
    assert_eq!(Index::open(folder.path()).unwrap().status().kinds[0].rows, 10);
    drop(IndexWriter::open(folder.path()).unwrap());
    assert!(!run.exists() && !folder.path().join("index.json.tmp").exists());
}

#[test]
fn a_reader_keeps_what_it_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    add(&mut writer, "a", 0..10);
    let old = Index::open(folder.path()).unwrap();
    add(&mut writer, "b", 0..20);
    writer.merge(&mut |_| Ok(())).unwrap();
    let hash = PasswordHash::of_key(HashKind::Sha1, Key { high: 5, ..Key::default() });
    assert_eq!(old.count(&hash), Some(1));
    let new = Index::open(folder.path()).unwrap();
    assert_eq!((new.count(&hash), new.status().kinds[0].segments), (Some(2), 1));
}

#[test]
fn segments_stay_few_and_rows_are_seldom_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    let mut rewritten = 0;
    for number in 0..100_u64 {
        let rows = (number * 31 % 7 + 1) * 10;
        add(&mut writer, &number.to_string(), number * 1000..number * 1000 + rows);
        writer
            .merge(&mut |rows| {
                rewritten += rows;
                Ok(())
            })
            .unwrap();
        assert!(Index::open(folder.path()).unwrap().status().kinds[0].segments <= 8);
    }
    let all = Index::open(folder.path()).unwrap().status().kinds[0].rows;
    assert_eq!(all, (0..100).map(|number| (number * 31 % 7 + 1) * 10).sum::<u64>());
    assert!(rewritten < 12 * all, "{rewritten} of {all}");
}

#[test]
fn damage_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    add(&mut writer, "a", (0..200_000).map(|number| number << 40));
    drop(writer);
    assert!(verify(folder.path(), &mut |_| Ok(())).unwrap().is_empty());
    let path = folder.path().join("00000001-sha1-0001.segment");
    let whole = fs::read(&path).unwrap();
    let change = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        let damage = verify(folder.path(), &mut |_| Ok(())).unwrap();
        assert_eq!((damage.len(), &damage[0].path), (1, &path));
        let bytes = damage[0].bytes.clone().unwrap();
        assert!(bytes.contains(&(at as u64)), "{at}: {bytes:?}");
        bytes
    };
    assert_eq!(change(100), 0..1 << 20);
    assert_eq!(change((1 << 20) + 7), 1 << 20..2 << 20);
    change(whole.len() - 1);
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(verify(folder.path(), &mut |_| Ok(())).unwrap()[0].why.contains("cut short"));
    assert!(Index::open(folder.path()).is_err());
    fs::remove_file(&path).unwrap();
    assert_eq!(verify(folder.path(), &mut |_| Ok(())).unwrap()[0].bytes, None);
    let error = Index::open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("is missing"), "{error}");
}

#[test]
fn an_open_index_sees_that_there_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    add(&mut writer, "a", 0..10);
    let old = Index::open(folder.path()).unwrap();
    assert!(old.reopened().unwrap().is_none());
    assert!(old.changed_at().is_some());
    add(&mut writer, "b", 0..20);
    let new = old.reopened().unwrap().unwrap();
    assert_eq!((old.generation(), new.generation()), (1, 2));
    assert!(new.reopened().unwrap().is_none());
    fs::remove_file(folder.path().join("index.json")).unwrap();
    assert!(matches!(new.reopened(), Err(GuardError::Missing(_))));
}

#[test]
fn text_of_many_segments_is_that_of_their_sum() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::open(folder.path()).unwrap();
    add(&mut writer, "a", (0..300).map(|at| at * 3));
    let prefix = Prefix::of_number(0).unwrap();
    let text = || Index::open(folder.path()).unwrap().find(HashKind::Sha1, prefix).text(prefix);
    let alone = text();
    assert!(alone.starts_with(b"00000000000000000000000000000000000:1\r\n00000000003"));
    add(&mut writer, "b", (0..300).map(|at| at * 2));
    let both = String::from_utf8(text()).unwrap();
    let counts: u64 =
        both.split("\r\n").map(|row| row.split_once(':').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!((both.split("\r\n").count(), counts), (300 + 300 - 100, 600));
}
