//! Containers in containers, in every pair of kinds, and what hostile bytes do to them.

use std::sync::{Arc, LazyLock};

use mizumori_core::Secret;
use mizumori_read::{Bytes, Input, LimitKind, MemberName, Reader, Unreadable};
use proptest::prelude::*;

use crate::collect::{Collected, at, limited, list, read, read_with, stream};
use crate::{compressed, sevenz, tar, zip};

type Pack = fn(&[u8]) -> Vec<u8>;

/// Archives with one member `in`.
fn archives() -> Vec<(&'static str, Pack)> {
    vec![
        ("tar", |data| tar::tar(&[("in", data)])),
        ("zip", |data| zip::zip(&[("in", data)])),
        ("stored zip", |data| zip::stored(&[("in", data)])),
        ("7z", |data| sevenz::sevenz(&[("in", data)])),
        #[cfg(feature = "rar")]
        ("rar", |data| crate::rar::rar(&[("in", data)])),
    ]
}

fn compressors() -> Vec<(&'static str, Pack)> {
    compressed::ALL.into_iter().map(|(format, pack)| (format.name(), pack)).collect()
}

/// Every compressor around, between and inside of every pair of archives.
#[test]
fn three_deep() {
    let data = list(40);
    for (outer_name, outer) in archives() {
        for (inner_name, inner) in archives() {
            for (compressor_name, compressor) in compressors() {
                for (packed, name) in [
                    (compressor(&outer(&inner(&data))), "f!in!in"),
                    (outer(&compressor(&inner(&data))), "f!in!in"),
                    (outer(&inner(&compressor(&data))), "f!in!in"),
                    (compressor(&outer(&compressor(&data))), "f!in"),
                ] {
                    let read = read(&packed);
                    assert_eq!(read.unreadable, [], "{compressor_name} {outer_name} {inner_name}");
                    let expected = [(name.to_owned(), data.clone())];
                    assert!(read.members == expected, "{compressor_name} {outer_name} {inner_name}");
                }
            }
        }
    }
    for (_, outer) in compressors() {
        for (_, inner) in compressors() {
            assert!(read(&outer(&inner(&data))).members == [("f".to_owned(), data.clone())]);
        }
    }
}

/// Random access where there is none: in memory, then in a temporary file, then not at all.
#[test]
fn spooled() {
    let data = list(8000);
    for (name, archive) in archives() {
        let packed = compressed::gz(&archive(&archive(&data)));
        for memory in [0, 10_000, u64::MAX] {
            let reader = limited(|limits| limits.memory_bytes = memory);
            let read = read_with(&reader, &packed);
            if name != "rar" {
                // The library for RAR has a limit of its own, which follows.
                assert_eq!(read.unreadable, [], "{name} {memory}");
            }
            assert!(read.members.iter().all(|(_, got)| *got == data));
        }
    }
    let reader = limited(|limits| {
        limits.memory_bytes = 10_000;
        limits.spool_bytes = 20_000;
    });
    let packed = compressed::gz(&zip::stored(&[("a", b"one"), ("b", &data)]));
    let read = read_with(&reader, &packed);
    assert_eq!(read.texts()[0], ("f!a", "one".to_owned()));
    let why = Unreadable::Limit { limit: LimitKind::SpoolBytes, value: 20_000 };
    assert!(read.unreadable.contains(&("f".to_owned(), why)), "{:?}", read.unreadable);
}

#[test]
fn nesting_is_limited_in_archives_too() {
    let deep = (0..9).fold(b"deep".to_vec(), |data, _| zip::stored(&[("in", &data)]));
    let read = read(&deep);
    assert_eq!(read.members, []);
    assert!(matches!(read.why()[..], [(_, Unreadable::Limit { limit: LimitKind::Depth, value: 8 })]));
}

/// A cut or damaged archive inside of a sound one leaves its neighbours alone, and is reported once.
#[test]
fn damage_is_reported_where_it_is() {
    let data = list(2000);
    let cut = compressed::gz(&tar::tar(&[("x", &data), ("y", &data)]));
    let cut = &cut[..cut.len() * 3 / 4];
    let read = read(&zip::zip(&[("a.tar.gz", cut), ("b", b"two")]));
    assert_eq!(read.members[0], ("f!a.tar.gz!x".to_owned(), data.clone()));
    assert!(read.members[1].0 == "f!a.tar.gz!y" && data.starts_with(&read.members[1].1));
    assert_eq!(read.texts()[2], ("f!b", "two".to_owned()));
    assert_eq!(read.why(), [("f!a.tar.gz", &Unreadable::Truncated(mizumori_read::Format::Gzip))]);
}

#[test]
fn a_thousand_wrappings_are_no_recursion() {
    let reader = limited(|limits| limits.depth = 60);
    let deep = (0..1000).fold(b"deep".to_vec(), |data, _| compressed::gz(&data));
    let read = read_with(&reader, &deep);
    assert_eq!(read.members, []);
    assert_eq!(read.unreadable.len(), 1);
}

/// An archive of each kind, with two members and a nested one.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let inner = zip::zip(&[("x", b"nested\n"), ("y", &list(10))]);
    let members: [(&str, &[u8]); 3] = [("a.txt", &list(30)), ("in.zip", &inner), ("b.txt", b"two\n")];
    let mut samples =
        vec![tar::tar(&members), zip::zip(&members), zip::stored(&members), sevenz::sevenz(&members)];
    #[cfg(feature = "rar")]
    samples.push(crate::rar::rar(&members));
    for how in ["256", "old"] {
        samples.push(zip::encrypted(&list(20), ::zip::CompressionMethod::Deflated, how, &["a.txt", "b.txt"]));
    }
    samples.push(sevenz::encrypted(&members));
    let all = tar::tar(&members);
    samples.extend(compressors().into_iter().map(|(_, pack)| pack(&all)));
    samples
});

fn survive(bytes: &[u8]) {
    let reader = limited(|limits| {
        limits.ratio_floor = 1 << 20;
        limits.member_bytes = 1 << 22;
        limits.dictionary_bytes = 1 << 24;
        limits.header_bytes = 1 << 24;
    })
    .with_passwords(vec![Secret::new("合言葉".to_owned())]);
    for input in [at(bytes), stream(bytes)] {
        let mut collected = Collected::default();
        reader.read(&MemberName::new("f"), input, &mut collected).unwrap();
        let total: usize = collected.members.iter().map(|(_, data)| data.len()).sum();
        assert!(total < 1 << 26);
    }
    let mut found = Vec::new();
    reader.find(&MemberName::new("f"), at(bytes), &|name| name == "b.txt", &mut |_, data| found.push(data));
}

#[test]
fn cut_anywhere() {
    for sample in &*SAMPLES {
        for cut in 0..sample.len() {
            if cut < 64 || cut % 13 == 0 {
                survive(&sample[..cut]);
            }
        }
    }
}

proptest! {
    #[test]
    fn changed_anywhere(
        sample in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let samples = &*SAMPLES;
        let mut bytes = samples[sample.index(samples.len())].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survive(&bytes);
    }

    #[test]
    fn a_magic_number_and_noise(
        magic in any::<proptest::sample::Index>(),
        len in 4..40_usize,
        noise in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        let samples = &*SAMPLES;
        let sample = &samples[magic.index(samples.len())];
        survive(&[&sample[..len], &noise].concat());
    }
}

#[test]
fn the_reader_is_shared_between_threads() {
    let reader = Reader::default();
    let packed: Arc<[u8]> = zip::zip(&[("a", b"one")]).into();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut collected = Collected::default();
                let input = Input::At(Arc::new(Bytes::new(Arc::clone(&packed))));
                reader.read(&MemberName::new("f"), input, &mut collected).unwrap();
                assert_eq!(collected.sound(), [("f!a", "one".to_owned())]);
            });
        }
    });
}
