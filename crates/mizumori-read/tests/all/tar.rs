//! tar, in all its dialects.

use mizumori_read::{Format, Unreadable};

use crate::collect::{list, read};

fn builder() -> tar::Builder<Vec<u8>> {
    tar::Builder::new(Vec::new())
}

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, data: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(data.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, data).unwrap();
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = builder();
    for (name, data) in members {
        append(&mut builder, name, data);
    }
    builder.into_inner().unwrap()
}

#[test]
fn plain() {
    let bytes = tar(&[("a.txt", b"one\n"), ("dir/b.txt", b""), ("パスワード.txt", &list(300))]);
    let read = read(&bytes);
    let texts = read.sound();
    assert_eq!(texts[0], ("f!a.txt", "one\n".to_owned()));
    assert_eq!(texts[1], ("f!dir/b.txt", String::new()));
    assert_eq!(texts[2].0, "f!パスワード.txt");
    assert_eq!(read.members[2].1, list(300));
    assert_eq!(texts.len(), 3);
}

#[test]
fn long_names_and_other_types() {
    let mut builder = builder();
    let long = "very/".repeat(60) + "long.txt";
    append(&mut builder, &long, b"x");
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "link", "target/".repeat(40)).unwrap();
    let mut dir = tar::Header::new_gnu();
    dir.set_entry_type(tar::EntryType::Directory);
    dir.set_size(0);
    builder.append_data(&mut dir, "dir/", &b""[..]).unwrap();
    builder.append_pax_extensions([("path", "pax/名前.txt".as_bytes()), ("comment", b"no")]).unwrap();
    append(&mut builder, "short.txt", b"y");
    append(&mut builder, "last.txt", b"z");
    let read = read(&builder.into_inner().unwrap());
    assert_eq!(
        read.sound(),
        [
            (&*format!("f!{long}"), "x".to_owned()),
            ("f!pax/名前.txt", "y".to_owned()),
            ("f!last.txt", "z".to_owned())
        ]
    );
}

/// A header by hand, for what the library does not write.
fn header(name: &str, kind: u8, size: u64, extra: impl FnOnce(&mut [u8; 512])) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    extra(&mut block);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.to_vec()
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(512), 0);
    data
}

#[test]
fn sparse_old_gnu() {
    let mut bytes = header("sparse", b'S', 8, |block| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[386..398].copy_from_slice(b"00000000003\0");
        block[398..410].copy_from_slice(b"00000000005\0");
        block[410..422].copy_from_slice(b"00000000012\0");
        block[422..434].copy_from_slice(b"00000000003\0");
        block[483..495].copy_from_slice(b"00000000020\0");
    });
    bytes.extend(padded(b"helloxyz"));
    bytes.extend([0; 1024]);
    assert_eq!(read(&bytes).members, [("f!sparse".to_owned(), b"\0\0\0hello\0\0xyz\0\0\0".to_vec())]);
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut data = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut len = rest.len();
        while len != rest.len() + len.to_string().len() {
            len = rest.len() + len.to_string().len();
        }
        data += &format!("{len}{rest}");
    }
    let mut bytes = header("pax", b'x', data.len() as u64, |_| {});
    bytes.extend(padded(data.as_bytes()));
    bytes
}

#[test]
fn sparse_pax() {
    for (records, data) in [
        (
            &[("GNU.sparse.major", "1"), ("GNU.sparse.name", "s.txt"), ("GNU.sparse.realsize", "12")][..],
            [padded(b"2\n2\n3\n8\n2\n"), padded(b"abcde")].concat(),
        ),
        (
            &[("GNU.sparse.name", "s.txt"), ("GNU.sparse.size", "12"), ("GNU.sparse.map", "2,3,8,2")],
            padded(b"abcde"),
        ),
        (
            &[
                ("path", "s.txt"),
                ("GNU.sparse.size", "12"),
                ("GNU.sparse.offset", "2"),
                ("GNU.sparse.numbytes", "3"),
                ("GNU.sparse.offset", "8"),
                ("GNU.sparse.numbytes", "2"),
            ],
            padded(b"abcde"),
        ),
    ] {
        let size = if data.len() > 512 { 517 } else { 5 };
        let mut bytes = pax(records);
        bytes.extend(header("GNUSparseFile.0/s.txt", b'0', size, |_| {}));
        bytes.extend(data);
        bytes.extend(header("after", b'0', 0, |_| {}));
        let read = read(&bytes);
        assert_eq!(read.unreadable, []);
        assert_eq!(read.members[0], ("f!s.txt".to_owned(), b"\0\0abc\0\0\0de\0\0".to_vec()));
        assert_eq!(read.members[1].0, "f!after");
    }
}

#[test]
fn a_pax_size_rules() {
    let mut bytes = pax(&[("size", "3")]);
    bytes.extend(header("a", b'0', 0, |_| {}));
    bytes.extend(padded(b"abc"));
    bytes.extend(header("b", b'0', 0, |_| {}));
    assert_eq!(read(&bytes).sound(), [("f!a", "abc".to_owned()), ("f!b", String::new())]);
}

#[test]
fn a_broken_header_is_passed_over() {
    let mut bytes = tar(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    bytes[1024] ^= 0x55;
    let read = read(&bytes);
    assert_eq!(read.texts(), [("f!a", "one".to_owned()), ("f!c", "three".to_owned())]);
    assert!(matches!(read.why()[..], [("f", Unreadable::Damaged { format: Format::Tar, .. })]));
}

#[test]
fn appended_archives_are_read() {
    let bytes = [tar(&[("a", b"one")]), tar(&[("b", b"two")])].concat();
    assert_eq!(read(&bytes).sound(), [("f!a", "one".to_owned()), ("f!b", "two".to_owned())]);
}

#[test]
fn a_member_that_claims_more_than_there_is() {
    let mut bytes = header("a", b'0', 1 << 30, |_| {});
    bytes.extend(b"all there is");
    let read = read(&bytes);
    assert_eq!(read.texts(), [("f!a", "all there is".to_owned())]);
    assert_eq!(read.why(), [("f!a", &Unreadable::Truncated(Format::Tar))]);
}

#[test]
fn a_cut_archive_gives_its_front() {
    let long = "very/".repeat(60) + "long.txt";
    let data = list(100);
    let bytes = tar(&[("a", b"one"), (&long, &data), ("c", b"three")]);
    for cut in (512..bytes.len()).step_by(61) {
        let read = read(&bytes[..cut]);
        for (name, got) in &read.members {
            let all: &[u8] = match name.as_str() {
                "f!a" => b"one",
                "f!c" => b"three",
                _ => &data,
            };
            assert!(all.starts_with(got), "{cut}");
        }
    }
}
