//! Segments beside a map of what was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::digest::{HashKind, Key, PasswordHash, Prefix};
use crate::row::{Row, Rows};

type Naive = BTreeMap<[u8; 20], u64>;

fn written(path: &Path, kind: HashKind, at_most: Option<u64>, rows: &Naive) -> Segment {
    let mut writer = SegmentWriter::create(path, kind, at_most).unwrap();
    for (bytes, count) in rows {
        writer.push(Row { key: Key::from_bytes(bytes), count: *count }).unwrap();
    }
    let done = writer.finish().unwrap();
    assert_eq!(done.rows, rows.len() as u64);
    assert_eq!(done.bytes, fs::metadata(path).unwrap().len());
    Segment::open(path).unwrap()
}

/// Every way of reading must tell what the map has.
fn check(segment: &Segment, rows: &Naive) {
    let kind = segment.kind();
    let hash = |bytes: &[u8; 20]| PasswordHash::of_key(kind, Key::from_bytes(bytes));
    for (bytes, count) in rows {
        assert_eq!(segment.count(&hash(bytes)), Some(*count));
        // Its neighbours.
        for at in [0, 1, 2, 10, kind.width() - 1] {
            for change in [1_u8, 0x80] {
                let mut other = *bytes;
                other[at] = other[at].wrapping_add(change);
                assert_eq!(segment.count(&hash(&other)), rows.get(&other).copied());
            }
        }
        let prefix = hash(bytes).prefix();
        let answer: Vec<_> =
            segment.range(prefix).map(|(hash, count)| (hash.key().to_bytes(), count)).collect();
        let naive: Vec<_> = rows
            .iter()
            .filter(|(bytes, _)| hash(bytes).prefix() == prefix)
            .map(|(bytes, count)| (*bytes, *count))
            .collect();
        assert_eq!(answer, naive);
        let text = segment.text_of(segment.rows_of(prefix));
        let rows: Vec<_> = segment.range(prefix).collect();
        assert_eq!(text, crate::answer::written(&rows));
    }
    let mut stream = SegmentRows::of(segment).unwrap();
    let mut all = Naive::new();
    while let Some(row) = stream.next().unwrap() {
        all.insert(row.key.to_bytes(), row.count);
    }
    assert_eq!(&all, rows);
    assert_eq!(segment.verify(&mut |_| Ok(())).unwrap(), []);
}

fn counts() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 1..16_u64, 2 => 16..200_u64, 1 => 1..u64::MAX, 1 => Just(u64::MAX)]
}

/// Hashes that are spread evenly, and some that are crowded together.
fn hashes(kind: HashKind) -> impl Strategy<Value = [u8; 20]> {
    let even = any::<[u8; 20]>();
    let crowded = (0..4_u8, 0..4_u8, any::<[u8; 2]>()).prop_map(|(one, other, [high, low])| {
        let mut bytes = [one * 0x55; 20];
        (bytes[1], bytes[2], bytes[9], bytes[15]) = (other, low & 3, high & 1, low);
        bytes
    });
    prop_oneof![even, crowded].prop_map(move |mut bytes| {
        bytes[kind.width()..].fill(0);
        bytes
    })
}

fn rows(kind: HashKind, most: usize) -> impl Strategy<Value = Naive> {
    proptest::collection::btree_map(hashes(kind), counts(), 0..most)
}

fn kinds() -> impl Strategy<Value = HashKind> {
    prop_oneof![Just(HashKind::Sha1), Just(HashKind::Ntlm)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn reads_what_was_written((kind, rows) in kinds().prop_flat_map(|kind| (Just(kind), rows(kind, 700))), small: bool) {
        let folder = tempfile::tempdir().unwrap();
        let segment = written(&folder.path().join("s"), kind, small.then_some(700), &rows);
        check(&segment, &rows);
    }

    /// Whatever bytes there are, nothing panics, and what does not hold is told.
    #[test]
    fn changed_bytes_are_found_and_harmless(rows in rows(HashKind::Sha1, 300), at: prop::sample::Index, change in 1_u8.., cut: Option<prop::sample::Index>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(written(&path, HashKind::Sha1, Some(300), &rows));
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let other = folder.path().join("changed");
        fs::write(&other, &bytes).unwrap();
        if let Ok(segment) = Segment::open(&other) {
            prop_assert!(cut.is_none());
            let damaged = segment.verify(&mut |_| Ok(())).unwrap();
            prop_assert!(damaged.iter().any(|part| part.contains(&(at as u64))));
            for bytes in rows.keys() {
                let hash = PasswordHash::of_key(HashKind::Sha1, Key::from_bytes(bytes));
                segment.count(&hash);
                segment.range(hash.prefix()).count();
            }
            // A file of one part: whoever reads on reads the changed byte.
            let read = SegmentRows::of(&segment)
                .and_then(|mut stream| std::iter::from_fn(|| stream.next().transpose()).collect::<crate::Result<Vec<_>>>());
            let Err(crate::GuardError::Damaged { bytes: Some(part), .. }) = read else { panic!("it was read") };
            prop_assert!(part.contains(&(at as u64)));
        }
    }
}

#[test]
fn many_rows_over_many_blocks_and_parts() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Naive = (0..150_000_u32)
        .map(|number| {
            let digest = blake3::hash(&number.to_le_bytes());
            let bytes = *digest.as_bytes().first_chunk::<20>().unwrap();
            (
                bytes,
                if number.is_multiple_of(11) { u64::from(number) + 16 } else { u64::from(number % 15) + 1 },
            )
        })
        .collect();
    let segment = written(&folder.path().join("s"), HashKind::Sha1, None, &rows);
    assert!(segment.len() > 2 << 20);
    for (bytes, count) in &rows {
        let hash = PasswordHash::of_key(HashKind::Sha1, Key::from_bytes(bytes));
        assert_eq!(segment.count(&hash), Some(*count));
    }
    let all: usize =
        (0..Prefix::COUNT).step_by(97).map(|at| segment.range(Prefix::of_number(at).unwrap()).count()).sum();
    let naive = rows.keys().filter(|bytes| {
        PasswordHash::of_key(HashKind::Sha1, Key::from_bytes(bytes)).prefix().number().is_multiple_of(97)
    });
    assert_eq!(all, naive.count());
    // With all that a stream may hold, and with less.
    for held in [usize::MAX, 1 << 20, 100_000, 0] {
        let mut stream = SegmentRows::holding(&segment, held).unwrap();
        for (bytes, count) in &rows {
            let row = stream.next().unwrap().unwrap();
            assert_eq!((row.key.to_bytes(), row.count), (*bytes, *count));
        }
        assert!(stream.next().unwrap().is_none());
    }
    assert_eq!(segment.verify(&mut |_| Ok(())).unwrap(), []);
}

#[test]
fn another_version_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    drop(written(&path, HashKind::Sha1, None, &Naive::new()));
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    let other = folder.path().join("two");
    fs::write(&other, bytes).unwrap();
    let error = Segment::open(&other).err().unwrap().to_string();
    assert!(error.ends_with("is of version 2; this program knows 1"), "{error}");
}

#[test]
fn rows_out_of_order_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SegmentWriter::create(&folder.path().join("s"), HashKind::Ntlm, None).unwrap();
    let row = |high| Row { key: Key { high, ..Key::default() }, count: 1 };
    writer.push(row(2)).unwrap();
    assert!(writer.push(row(1)).is_err());
}
