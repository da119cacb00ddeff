//! Archives with passwords, cut short, lying, and bombs: what can be read is used, what cannot is named.

use std::io::{Cursor, Write};

use mizumori_world::pack::{Compressor, Member, compress, seven_zip, tar, zip as pack_zip};
use rars::{ArchiveVersion, Builder};
use sevenz_rust2::encoder_options::AesEncoderOptions;
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderMethod, Password};
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

use super::cases::{self, Case};
use super::commands::{folder, records, reveal};
use super::containers::rar;
use crate::run::Run;

const PASSWORD: &str = "合言葉 1";

/// Cases of several formats, as members of one archive.
fn some() -> Vec<Case> {
    ["list-japanese", "csv-quoted", "sql-insert", "stealer-redline"].map(cases::one).into()
}

fn members(cases: &[Case]) -> Vec<Member> {
    let member = |case: &Case| Member { name: case.name.clone(), bytes: case.charsets[0].encode(&case.text) };
    cases.iter().map(member).collect()
}

fn encrypted_zip(members: &[Member], options: SimpleFileOptions, aes: Option<AesMode>) -> Vec<u8> {
    let options = options.compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for member in members {
        match aes {
            Some(mode) => writer.start_file(&*member.name, options.with_aes_encryption(mode, PASSWORD)),
            None => writer
                .start_file(&*member.name, options.with_deprecated_encryption(PASSWORD.as_bytes()).unwrap()),
        }
        .unwrap();
        writer.write_all(&member.bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn encrypted_seven_zip(members: &[Member], header: bool) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    let password = AesEncoderOptions::new(Password::new(PASSWORD));
    writer.set_content_methods(vec![password.into(), EncoderMethod::LZMA2.into()]);
    writer.set_encrypt_header(header);
    let entries = members.iter().map(|member| ArchiveEntry::new_file(&member.name)).collect();
    let readers = members.iter().map(|member| member.bytes.as_slice().into()).collect();
    writer.push_archive_entries(entries, readers).unwrap();
    writer.finish().unwrap().into_inner()
}

fn encrypted_rar(members: &[Member], version: ArchiveVersion, header: bool) -> Vec<u8> {
    let password = Some(PASSWORD.as_bytes().to_vec());
    rar(members, Builder::new(version).password(password).header_encryption(header))
}

/// Every member of the archive gave its records.
#[track_caller]
fn has_all(run: &Run, archive: &str, cases: &[Case]) {
    let files = records(run);
    for case in cases {
        let name = format!("{archive}!{}", case.name);
        assert_eq!(files.get(&name), Some(&case.expected), "{name}");
    }
}

#[test]
fn archives_with_passwords() {
    let cases = some();
    let members = members(&cases);
    let plain = SimpleFileOptions::default();
    for (name, bytes) in [
        ("aes-256.zip", encrypted_zip(&members, plain, Some(AesMode::Aes256))),
        ("aes-128.zip", encrypted_zip(&members, plain, Some(AesMode::Aes128))),
        ("traditional.zip", encrypted_zip(&members, plain, None)),
        ("content.7z", encrypted_seven_zip(&members, false)),
        ("header.7z", encrypted_seven_zip(&members, true)),
        ("content-4.rar", encrypted_rar(&members, ArchiveVersion::Rar40, false)),
        ("content-5.rar", encrypted_rar(&members, ArchiveVersion::Rar50, false)),
        ("header-5.rar", encrypted_rar(&members, ArchiveVersion::Rar50, true)),
    ] {
        let folder = folder();
        folder.write(name, bytes).write("other.txt", "tanaka@suigen.example:himitsu1\n");
        let run = reveal(
            &folder,
            &["--all", "--archive-password", "wrong", "--archive-password", PASSWORD, name, "other.txt"],
        );
        has_all(run.ends(0).quietly(), name, &cases);
        // Without the right one the archive is named, and everything else is read all the same.
        for (passwords, why) in
            [([].as_slice(), "give --archive-password"), (&["--archive-password", "wrong"], "does not fit")]
        {
            let run = reveal(&folder, &[["--all", name, "other.txt"].as_slice(), passwords].concat());
            run.ends(3).saying(&[name, "encrypted", why]);
            let files: Vec<_> = records(&run).into_keys().collect();
            assert_eq!(files, ["other.txt"], "{name}");
            assert!(!run.err().contains(PASSWORD) && !run.err().contains("wrong"));
        }
    }
}

/// A list long enough to be cut, with the number of its line as each password.
fn long_list() -> String {
    (1..=4000).fold(String::new(), |list, number| {
        format!(
            "{list}user{number}@suigen.example:pw-{number}-{:08x}\n",
            number * 2_654_435_761_u64 % 0xffff_ffff
        )
    })
}

#[test]
fn what_stands_before_the_damage_is_used() {
    let list = long_list();
    let member = || [Member { name: "list.txt".to_owned(), bytes: list.clone().into_bytes() }];
    let streams =
        Compressor::ALL.map(|compressor| (format!("{compressor:?}"), compress(list.as_bytes(), compressor)));
    let archives = [
        ("zip".to_owned(), pack_zip(&member(), mizumori_world::pack::ZipMethod::Deflated)),
        ("tar".to_owned(), tar(&member())),
        ("rar".to_owned(), Ok(rar(&member(), Builder::new(ArchiveVersion::Rar50).store(true)))),
    ];
    for (name, bytes) in streams.into_iter().chain(archives) {
        let bytes = bytes.unwrap();
        let folder = folder();
        // bzip2 comes in blocks of 100 kB at least: cut behind the first one.
        folder.write("cut", &bytes[..bytes.len() * 9 / 10]);
        folder.write("whole.txt", "tanaka@suigen.example:himitsu1\n");
        let run = reveal(&folder, &["--all", "cut", "whole.txt"]);
        run.ends(3).saying(&["could not read `cut"]);
        let records = run.lines();
        assert_eq!(records.last().unwrap()["file"], "whole.txt", "{name}");
        let (_, cut) = records.split_last().unwrap();
        assert!(cut.len() > 1000, "{name}: only {} records before the damage", cut.len());
        for (number, record) in (1..).zip(cut.iter().take(cut.len() - 1)) {
            assert_eq!(record["line"], number, "{name}");
            assert_eq!(record["account"], format!("user{number}@suigen.example"), "{name}");
        }
    }
}

/// Without its directory at the end nothing of a 7z can be found: it is named, and the rest is read.
#[test]
fn a_cut_7z() {
    let folder = folder();
    let bytes =
        seven_zip(&[Member { name: "list.txt".to_owned(), bytes: long_list().into_bytes() }]).unwrap();
    folder.write("cut.7z", &bytes[..bytes.len() / 2]).write("whole.txt", "tanaka@suigen.example:himitsu1\n");
    let run = reveal(&folder, &["cut.7z", "whole.txt"]);
    run.ends(3).saying(&["could not read `cut.7z`"]);
    assert_eq!(records(&run).len(), 1);
}

/// Replaces the sizes in every header of a zip, local and central.
fn lie_about_size(archive: &mut [u8], size: u32) {
    for (magic, offset) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let at: Vec<_> =
            (0..archive.len()).filter(|at| archive[*at..].starts_with(magic)).map(|at| at + offset).collect();
        for at in at {
            archive[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
}

#[test]
fn members_that_lie_about_their_size() {
    let case = cases::one("list-colon");
    let member = Member { name: "x".to_owned(), bytes: case.charsets[0].encode(&case.text) };
    for size in [0, 3, u32::MAX - 1] {
        let folder = folder();
        let mut archive =
            pack_zip(std::slice::from_ref(&member), mizumori_world::pack::ZipMethod::Deflated).unwrap();
        lie_about_size(&mut archive, size);
        folder.write("liar.zip", archive);
        let run = reveal(&folder, &["--all", "liar.zip"]);
        run.ends(3).saying(&["could not read `liar.zip!x`"]);
        assert_eq!(records(&run)["liar.zip!x"], case.expected, "{size}");
    }
}

#[test]
fn bombs_are_reported() {
    let zeros = compress(&vec![0; 80 << 20], Compressor::Bzip2).unwrap();
    let nested = (0..9).fold(b"tanaka@suigen.example:himitsu1\n".to_vec(), |inner, _| {
        compress(&inner, Compressor::Gzip).unwrap()
    });
    for (bytes, why) in [(zeros, "expansion limit"), (nested, "nesting limit")] {
        let folder = folder();
        folder.write("bomb", bytes).write("whole.txt", "tanaka@suigen.example:himitsu1\n");
        let run = reveal(&folder, &["bomb", "whole.txt"]);
        run.ends(3).saying(&["could not read `bomb`", why]);
        assert_eq!(records(&run).into_keys().collect::<Vec<_>>(), ["whole.txt"]);
    }
}
