//! RAR of all generations, solid, encrypted, cut short.
//!
//! The archives are written by the library that also reads them; two by hand, from the format's description,
//! check that it is not only true to itself.

use mizumori_core::Secret;
use mizumori_read::{Format, LimitKind, Reader, Unreadable};
use rars::{ArchiveVersion, Builder};

use crate::collect::{limited, list, read, read_with};

fn write(members: &[(&str, &[u8])], builder: Builder) -> Vec<u8> {
    let mut builder = builder;
    for (name, data) in members {
        builder.add_bytes(name.as_bytes().to_vec(), data.to_vec(), None, None).unwrap();
    }
    builder.to_bytes().unwrap()
}

pub(crate) fn rar(members: &[(&str, &[u8])]) -> Vec<u8> {
    write(members, Builder::new(ArchiveVersion::Rar50))
}

fn with_passwords(passwords: &[&str]) -> Reader {
    Reader::default().with_passwords(passwords.iter().map(|p| Secret::new((*p).to_owned())).collect())
}

const VERSIONS: [ArchiveVersion; 5] = [
    ArchiveVersion::Rar15,
    ArchiveVersion::Rar20,
    ArchiveVersion::Rar29,
    ArchiveVersion::Rar50,
    ArchiveVersion::Rar70,
];

#[test]
fn every_generation() {
    let data = list(3000);
    for version in VERSIONS {
        for solid in [false, true] {
            for store in [false, true] {
                let builder = Builder::new(version).solid(solid && !store).store(store);
                let bytes = write(&[("a.txt", &data), ("empty", b""), ("dir/c.txt", b"three\n")], builder);
                let read = read(&bytes);
                assert_eq!(read.unreadable, [], "{version:?} {solid} {store}");
                assert!(read.members[0] == ("f!a.txt".to_owned(), data.clone()), "{version:?}");
                assert_eq!(
                    read.texts()[1..],
                    [("f!empty", String::new()), ("f!dir/c.txt", "three\n".to_owned())]
                );
            }
        }
    }
}

#[test]
fn rar_1_3() {
    let bytes = write(&[("A.TXT", b"one\n"), ("B.TXT", b"two\n")], Builder::new(ArchiveVersion::Rar13));
    assert_eq!(read(&bytes).sound(), [("f!A.TXT", "one\n".to_owned()), ("f!B.TXT", "two\n".to_owned())]);
}

fn vint(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(n & 0x7F).unwrap();
        n >>= 7;
        bytes.push(if n > 0 { byte | 0x80 } else { byte });
        if n == 0 {
            return bytes;
        }
    }
}

/// A block of RAR 5 with its checksum and size.
fn block5(header: &[u8]) -> Vec<u8> {
    let sized = [vint(header.len()), header.to_vec()].concat();
    [crc32fast::hash(&sized).to_le_bytes().to_vec(), sized].concat()
}

fn stored5(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"Rar!\x1A\x07\x01\x00".to_vec();
    bytes.extend(block5(&[1, 0, 0]));
    for (name, data) in members {
        // File, with data; checksum follows; attributes; not compressed; Unix.
        let mut header = [vec![2, 2], vint(data.len()), vec![4], vint(data.len()), vint(0o100_644)].concat();
        header.extend(crc32fast::hash(data).to_le_bytes());
        header.extend([0, 1]);
        header.extend(vint(name.len()));
        header.extend(name.as_bytes());
        bytes.extend(block5(&header));
        bytes.extend(*data);
    }
    bytes.extend(block5(&[5, 0, 0]));
    bytes
}

fn block4(kind: u8, flags: u16, rest: &[u8]) -> Vec<u8> {
    let mut block = vec![kind];
    block.extend(flags.to_le_bytes());
    block.extend(u16::try_from(rest.len() + 7).unwrap().to_le_bytes());
    block.extend(rest);
    let [a, b, ..] = crc32fast::hash(&block).to_le_bytes();
    [vec![a, b], block].concat()
}

fn stored4(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = b"Rar!\x1A\x07\x00".to_vec();
    bytes.extend(block4(0x73, 0, &[0; 6]));
    for (name, data) in members {
        let len = u32::try_from(data.len()).unwrap().to_le_bytes();
        let mut rest = [len, len].concat();
        rest.push(2);
        rest.extend(crc32fast::hash(data).to_le_bytes());
        rest.extend([0, 0, 0, 0, 20, 0x30]);
        rest.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        rest.extend([0x20, 0, 0, 0]);
        rest.extend(*name);
        bytes.extend(block4(0x74, 0x8000, &rest));
        bytes.extend(*data);
    }
    bytes.extend(block4(0x7B, 0x4000, &[]));
    bytes
}

#[test]
fn archives_by_hand() {
    let bytes = stored5(&[("パスワード.txt", b"one\n"), ("b", b"two\n")]);
    assert_eq!(read(&bytes).sound(), [("f!パスワード.txt", "one\n".to_owned()), ("f!b", "two\n".to_owned())]);
    let cp932 = b"dir\\\x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68.txt";
    let bytes = stored4(&[(cp932, b"one\n"), (b"b", b"two\n")]);
    assert_eq!(
        read(&bytes).sound(),
        [("f!dir/パスワード.txt", "one\n".to_owned()), ("f!b", "two\n".to_owned())]
    );
}

#[test]
fn passwords() {
    let data = list(2000);
    for version in [ArchiveVersion::Rar20, ArchiveVersion::Rar40, ArchiveVersion::Rar50] {
        for header in [false, true] {
            if header && version == ArchiveVersion::Rar20 {
                continue;
            }
            for solid in [false, true] {
                let builder = Builder::new(version)
                    .solid(solid)
                    .password(Some(b"himitsu".to_vec()))
                    .header_encryption(header);
                let bytes = write(&[("a", &data), ("b", b"two")], builder);
                let right = read_with(&with_passwords(&["wrong", "himitsu"]), &bytes);
                assert_eq!(right.unreadable, [], "{version:?} {header} {solid}");
                assert!(
                    right.members == [("f!a".to_owned(), data.clone()), ("f!b".to_owned(), b"two".to_vec())]
                );
                for (reader, passwords) in [(Reader::default(), 0), (with_passwords(&["wrong", "no"]), 2)] {
                    let wrong = read_with(&reader, &bytes);
                    assert_eq!(wrong.members, [], "{version:?} {header} {solid}");
                    let why = Unreadable::Encrypted { passwords };
                    let names: &[&str] = if header { &["f"] } else { &["f!a", "f!b"] };
                    let expected: Vec<_> = names.iter().map(|name| (*name, &why)).collect();
                    assert_eq!(wrong.why(), expected, "{version:?} {header} {solid}");
                }
            }
        }
    }
}

#[test]
fn one_bad_member_does_not_stop_the_others() {
    let data = list(500);
    for version in [ArchiveVersion::Rar29, ArchiveVersion::Rar50] {
        let mut bytes = write(&[("a", &data), ("b", &data), ("c", &data)], Builder::new(version).store(true));
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let read = read(&bytes);
        assert_eq!(read.members.len(), 3, "{version:?}");
        assert!(
            read.members[0].1 == data && read.members[2].1 == data && read.members[1].1.len() == data.len()
        );
        assert_eq!(read.why(), [("f!b", &Unreadable::Checksum(Format::Rar))]);
    }
}

#[test]
fn a_cut_archive_gives_its_front() {
    let data = list(300);
    for version in [ArchiveVersion::Rar29, ArchiveVersion::Rar50] {
        for store in [false, true] {
            let builder = Builder::new(version).store(store);
            let bytes = write(&[("a", &data), ("b", &data), ("c", &data)], builder);
            for cut in (40..bytes.len() - 20).step_by(67) {
                let read = read(&bytes[..cut]);
                assert!(!read.unreadable.is_empty(), "{version:?} {store} {cut} of {}", bytes.len());
                for (_, got) in &read.members {
                    assert!(data.starts_with(got), "{version:?} {store} {cut}: {}", got.len());
                }
                let whole = read.members.iter().filter(|(_, got)| *got == data).count();
                assert!(
                    whole >= (cut * 3 / bytes.len()).saturating_sub(1),
                    "{version:?} {store} {cut}: {whole}"
                );
            }
        }
    }
}

#[test]
fn any_broken_byte_is_survived() {
    let data = list(20);
    for version in [ArchiveVersion::Rar29, ArchiveVersion::Rar50] {
        let bytes = write(&[("a", &data), ("b", b"two")], Builder::new(version));
        for i in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[i] ^= 0x41;
            let read = read(&bytes);
            assert!(!read.unreadable.is_empty() || !read.members.is_empty(), "{version:?} {i}");
        }
    }
}

#[test]
fn limits() {
    let data = list(50_000);
    let bytes = rar(&[("a", &data)]);
    let small = limited(|limits| limits.dictionary_bytes = 100_000);
    let why = Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: 100_000 };
    let names: Vec<_> = read_with(&small, &bytes).unreadable;
    assert!(names.iter().all(|(_, got)| *got == why) && names.len() == 1, "{names:?}");
}
