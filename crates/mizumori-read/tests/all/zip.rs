//! zip: methods, names, encryption, damage.

use std::io::{Cursor, Write};

use mizumori_core::Secret;
use mizumori_read::{Format, Reader, Unreadable};
use zip::unstable::write::FileOptionsExt;
use zip::write::{FileOptions, SimpleFileOptions};
use zip::{AesMode, CompressionMethod, ZipWriter};

use crate::collect::{limited, list, read, read_with};

const METHODS: [CompressionMethod; 4] = [
    CompressionMethod::Stored,
    CompressionMethod::Deflated,
    CompressionMethod::Bzip2,
    CompressionMethod::Zstd,
];

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn write(members: &[(&str, &[u8])], options: FileOptions<'_, '_, ()>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    write(members, options())
}

pub(crate) fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    write(members, options().compression_method(CompressionMethod::Stored))
}

/// A zip by hand: every record as given, for what no library writes.
#[derive(Clone)]
pub(crate) struct Raw {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    data: Vec<u8>,
    plain: Vec<u8>,
    extra: Vec<u8>,
    descriptor: bool,
}

impl Raw {
    fn stored(name: &[u8], data: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            flags: 0,
            method: 0,
            data: data.to_vec(),
            plain: data.to_vec(),
            extra: Vec::new(),
            descriptor: false,
        }
    }

    fn local(&self) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04\x14\0".to_vec();
        bytes.extend((self.flags | if self.descriptor { 8 } else { 0 }).to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        let sums = if self.descriptor { [0; 12].to_vec() } else { self.sums() };
        bytes.extend(sums);
        bytes.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        bytes.extend(&self.name);
        bytes.extend(&self.extra);
        bytes.extend(&self.data);
        if self.descriptor {
            bytes.extend(b"PK\x07\x08");
            bytes.extend(self.sums());
        }
        bytes
    }

    fn sums(&self) -> Vec<u8> {
        let mut bytes = crc32fast::hash(&self.plain).to_le_bytes().to_vec();
        bytes.extend(u32::try_from(self.data.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(self.plain.len()).unwrap().to_le_bytes());
        bytes
    }

    fn central(&self, offset: usize) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x14\0\x14\0".to_vec();
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.sums());
        bytes.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        bytes.extend([0; 10]);
        bytes.extend(u32::try_from(offset).unwrap().to_le_bytes());
        bytes.extend(&self.name);
        bytes.extend(&self.extra);
        bytes
    }
}

pub(crate) fn raw(members: &[Raw]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        directory.extend(member.central(bytes.len()));
        bytes.extend(member.local());
    }
    let start = bytes.len();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(u16::try_from(members.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(members.len()).unwrap().to_le_bytes());
    bytes.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

#[test]
fn every_method() {
    let data = list(5000);
    for method in METHODS {
        let bytes = write(
            &[("a.txt", &data), ("empty", b""), ("dir/b.txt", b"two\n")],
            options().compression_method(method),
        );
        let read = read(&bytes);
        assert_eq!(read.unreadable, [], "{method}");
        let expected: [(&str, &[u8]); 3] = [("f!a.txt", &data), ("f!empty", b""), ("f!dir/b.txt", b"two\n")];
        for ((name, got), (wanted, data)) in read.members.iter().zip(expected) {
            assert_eq!((name.as_str(), got.as_slice()), (wanted, data), "{method}");
        }
        assert_eq!(read.members.len(), 3);
    }
}

#[test]
fn methods_that_no_library_writes() {
    let data = list(2000);
    let mut lzma = vec![9, 20, 5, 0];
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    lzma.push(options.get_props());
    lzma.extend(options.dict_size.to_le_bytes());
    let mut writer = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, true).unwrap();
    writer.write_all(&data).unwrap();
    lzma.extend(writer.finish().unwrap());
    let xz = crate::compressed::xz(&data);
    // 1 MiB of memory, order 6, no restoration.
    let mut ppmd = 0x0005_u16.to_le_bytes().to_vec();
    let mut writer =
        ppmd_rust::Ppmd8Encoder::new(Vec::new(), 6, 1 << 20, ppmd_rust::RestoreMethod::Restart).unwrap();
    writer.write_all(&data).unwrap();
    ppmd.extend(writer.finish(false).unwrap());
    // A stored block is the same in deflate64.
    let mut deflate64 = vec![1];
    deflate64.extend(u16::try_from(1000).unwrap().to_le_bytes());
    deflate64.extend((!1000_u16).to_le_bytes());
    deflate64.extend(&data[..1000]);
    for (method, flags, packed, plain) in
        [(14, 2, lzma, &data[..]), (95, 0, xz, &data), (98, 0, ppmd, &data), (9, 0, deflate64, &data[..1000])]
    {
        let member = Raw { method, flags, data: packed, plain: plain.to_vec(), ..Raw::stored(b"a", b"") };
        let read = read(&raw(&[member]));
        assert_eq!(read.unreadable, [], "method {method}");
        assert_eq!(read.members, [("f!a".to_owned(), plain.to_vec())], "method {method}");
    }
    let member = Raw { method: 6, ..Raw::stored(b"imploded", b"x") };
    assert!(matches!(read(&raw(&[member])).why()[..], [("f!imploded", Unreadable::Unsupported { .. })]));
}

#[test]
fn names() {
    let cp932 = |bytes: &[u8]| Raw::stored(bytes, b"x");
    let read1 = read(&raw(&[
        cp932(b"\x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68.txt"),
        cp932(b"\x95\x5C.txt"),
        cp932(b"plain.txt"),
        cp932(b"dir\\sub\\c.txt"),
        cp932(b"/etc/passwd"),
        cp932(b"../../up"),
        cp932(b"bell\x07"),
    ]));
    let names: Vec<&str> = read1.members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "f!パスワード.txt",
            "f!表.txt",
            "f!plain.txt",
            "f!dir/sub/c.txt",
            "f!/etc/passwd",
            "f!../../up",
            "f!bell%07"
        ]
    );
    let mut extra = b"\x75\x70\x12\0\x01".to_vec();
    extra.extend(crc32fast::hash(b"????.txt").to_le_bytes());
    extra.extend("名前.txt".as_bytes());
    extra[2] = u8::try_from(extra.len() - 4).unwrap();
    let unicode = Raw { extra, ..Raw::stored(b"????.txt", b"x") };
    assert_eq!(read(&raw(&[unicode])).members[0].0, "f!名前.txt");
}

#[test]
fn members_of_one_name_are_all_kept() {
    let members = [Raw::stored(b"a", b"one"), Raw::stored(b"a", b"two")];
    assert_eq!(read(&raw(&members)).sound(), [("f!a", "one".to_owned()), ("f!a", "two".to_owned())]);
}

#[test]
fn directories_and_links_are_no_members() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("dir", options()).unwrap();
    writer.add_symlink("link", "target", options()).unwrap();
    writer.start_file("file", options()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read(&bytes).sound(), [("f!file", String::new())]);
}

#[test]
fn empty_archives_comments_and_zip64() {
    assert_eq!(read(&raw(&[])).sound(), []);
    let comment = b"a comment with PK\x05\x06 in it, long enough to be taken for an end record";
    let mut bytes = raw(&[Raw::stored(b"a", b"one")]);
    let len = bytes.len();
    bytes[len - 2] = u8::try_from(comment.len()).unwrap();
    bytes.extend(comment);
    assert_eq!(read(&bytes).sound(), [("f!a", "one".to_owned())]);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a", options().large_file(true)).unwrap();
    writer.write_all(b"one").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read(&bytes).sound(), [("f!a", "one".to_owned())]);
    // 70,000 members need zip64's end record.
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..70_000 {
        writer.start_file(i.to_string(), options().compression_method(CompressionMethod::Stored)).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read(&bytes).sound().len(), 70_000);
}

/// Found by `nested::changed_anywhere`.
#[test]
fn an_end_record_that_points_behind_itself() {
    let mut empty = raw(&[]);
    empty[16] = 0x20;
    assert_eq!(read(&empty).sound(), []);
    let mut one = raw(&[Raw::stored(b"a", b"one")]);
    let offset = one.len() - 6;
    one[offset] = 0xF0;
    assert_eq!(read(&one).texts(), [("f!a", "one".to_owned())]);
}

#[test]
fn what_stands_in_front_or_behind_does_not_matter() {
    // The magic number must be in front; offsets are then off by the first, dead member.
    let dead = Raw::stored(b"dead", b"deleted").local();
    let bytes = [dead, raw(&[Raw::stored(b"a", b"one")]), b"behind".to_vec()].concat();
    assert_eq!(read(&bytes).sound(), [("f!a", "one".to_owned())]);
}

#[test]
fn split_archives() {
    let part = [b"PK\x07\x08".to_vec(), Raw::stored(b"a", b"one").local()].concat();
    let read = read(&part);
    assert_eq!(read.texts(), [("f!a", "one".to_owned())]);
    assert!(matches!(read.why()[..], [("f", Unreadable::Unsupported { format: Format::Zip, .. })]));
}

pub(crate) fn encrypted(data: &[u8], method: CompressionMethod, how: &str, names: &[&str]) -> Vec<u8> {
    let options = options().compression_method(method);
    let options = match how {
        "128" => options.with_aes_encryption(AesMode::Aes128, "合言葉"),
        "192" => options.with_aes_encryption(AesMode::Aes192, "合言葉"),
        "256" => options.with_aes_encryption(AesMode::Aes256, "合言葉"),
        _ => options.with_deprecated_encryption("合言葉".as_bytes()).unwrap(),
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        writer.start_file(*name, options).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn with_passwords(passwords: &[&str]) -> Reader {
    Reader::default().with_passwords(passwords.iter().map(|p| Secret::new((*p).to_owned())).collect())
}

#[test]
fn passwords() {
    for how in ["128", "192", "256", "old"] {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            for data in [list(3000), b"few".to_vec(), Vec::new()] {
                let bytes = encrypted(&data, method, how, &["a.txt", "b.txt"]);
                let right = read_with(&with_passwords(&["wrong", "合言葉"]), &bytes);
                assert_eq!(right.unreadable, [], "{how} {method}");
                assert!(right.members.iter().all(|(_, got)| *got == data) && right.members.len() == 2);
                for (reader, passwords) in [(Reader::default(), 0), (with_passwords(&["wrong", "no"]), 2)] {
                    let wrong = read_with(&reader, &bytes);
                    assert_eq!(wrong.members, []);
                    let why = Unreadable::Encrypted { passwords };
                    assert_eq!(wrong.why(), [("f!a.txt", &why), ("f!b.txt", &why)]);
                }
            }
        }
    }
}

/// One wrong password in 256 passes the check of the traditional encryption.
#[test]
fn wrong_passwords_never_give_garbage() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let bytes = encrypted(&list(50), method, "old", &["a.txt", "b.txt"]);
        for chunk in 0..30 {
            let many: Vec<String> = (0..50).map(|i| format!("wrong{}", chunk * 50 + i)).collect();
            let many: Vec<&str> = many.iter().map(String::as_str).collect();
            assert_eq!(read_with(&with_passwords(&many), &bytes).members, []);
        }
    }
}

#[test]
fn a_password_typed_on_japanese_windows() {
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("合言葉");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a", options().with_deprecated_encryption(&bytes).unwrap()).unwrap();
    writer.write_all(b"one").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(read_with(&with_passwords(&["合言葉"]), &bytes).sound(), [("f!a", "one".to_owned())]);
}

#[test]
fn lies_about_sizes_and_checksums() {
    let text = b"all of it\n".to_vec();
    let short = Raw { plain: b"all".to_vec(), ..Raw::stored(b"short", &text) };
    let mut wrong = text.clone();
    wrong[0] = b'A';
    let checksum = Raw { plain: wrong, ..Raw::stored(b"checksum", &text) };
    let read = read(&raw(&[short, checksum, Raw::stored(b"sound", &text)]));
    let all = String::from_utf8(text).unwrap();
    assert_eq!(read.texts(), [("f!short", all.clone()), ("f!checksum", all.clone()), ("f!sound", all)]);
    assert_eq!(
        read.why(),
        [
            ("f!short", &Unreadable::Size { format: Format::Zip, declared: 3, actual: 10 }),
            ("f!checksum", &Unreadable::Checksum(Format::Zip))
        ]
    );
}

#[test]
fn one_bad_member_does_not_stop_the_others() {
    let data = list(3000);
    let mut bytes = zip(&[("a", &data), ("b", &data), ("c", &data)]);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 9].fill(0xFF);
    let read = read(&bytes);
    assert_eq!(read.members.len(), 3);
    assert!(read.members[0].1 == data && read.members[2].1 == data);
    assert_eq!(read.unreadable.len(), 1);
    assert_eq!(read.unreadable[0].0, "f!b");
}

/// Without its directory, however it was written: with sizes in front, or behind the data.
#[test]
fn a_broken_directory() {
    let data = list(3000);
    let mut descriptors = Vec::new();
    for (name, method) in [("a", 8), ("b", 0), ("c", 8)] {
        let mut packed = data.clone();
        if method == 8 {
            let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(&data).unwrap();
            packed = writer.finish().unwrap();
        }
        descriptors.push(Raw {
            method,
            data: packed,
            plain: data.clone(),
            descriptor: true,
            ..Raw::stored(name.as_bytes(), b"")
        });
    }
    for mut bytes in [zip(&[("a", &data), ("b", &data), ("c", &data)]), raw(&descriptors)] {
        let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[directory + 2] = 0x77;
        let read = read(&bytes);
        assert_eq!(read.members.len(), 3);
        assert!(read.members.iter().all(|(_, got)| *got == data));
        assert!(
            matches!(read.why()[..], [("f", Unreadable::Damaged { format: Format::Zip, .. })]),
            "{:?}",
            read.why()
        );
    }
}

#[test]
fn a_cut_archive_gives_its_front() {
    let data = list(400);
    for bytes in [
        zip(&[("a", &data), ("b", b"two"), ("c", &data)]),
        stored(&[("a", &data), ("b", b"two"), ("c", &data)]),
    ] {
        for cut in (64..bytes.len() - 1).step_by(97) {
            let read = read(&bytes[..cut]);
            assert!(!read.unreadable.is_empty(), "{cut}");
            for (name, got) in &read.members {
                assert!(if name == "f!b" { &b"two"[..] } else { &data }.starts_with(got), "{cut} {name}");
            }
            if cut > bytes.len() / 2 + 200 {
                assert!(read.members[0].1 == data);
            }
        }
    }
}

/// All members share one kernel of zeros, as in D. Fifield's "A better zip bomb" (2019).
#[test]
fn overlapping_members_are_a_bomb() {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(&vec![b'0'; 8 << 20]).unwrap();
    let kernel = writer.finish().unwrap();
    let member = Raw { method: 8, data: kernel, plain: vec![b'0'; 8 << 20], ..Raw::stored(b"a", b"") };
    let mut bytes = member.local();
    let start = bytes.len();
    for _ in 0..500 {
        bytes.extend(member.central(0));
    }
    let len = bytes.len() - start;
    bytes.extend(b"PK\x05\x06\0\0\0\0\xF4\x01\xF4\x01");
    bytes.extend(u32::try_from(len).unwrap().to_le_bytes());
    bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
    bytes.extend([0; 2]);
    let mut collected = crate::collect::Collected::default();
    Reader::default()
        .read(&mizumori_read::MemberName::new("f"), crate::collect::at(&bytes), &mut collected)
        .unwrap();
    assert!(collected.members.len() < 20, "{}", collected.members.len());
    assert!(matches!(collected.why()[..], [("f!a", Unreadable::Limit { .. })]));
}

#[test]
fn member_count_is_limited() {
    let members: Vec<Raw> = (0..10).map(|i| Raw::stored(format!("{i}").as_bytes(), b"x")).collect();
    let read = read_with(&limited(|limits| limits.members = 4), &raw(&members));
    assert_eq!(read.members.len(), 4);
    assert!(matches!(read.why()[..], [("f", Unreadable::Limit { value: 4, .. })]));
}
