//! Containers, one inside the other, and members' names that mislead.

use mizumori_world::pack::{self, Compressor, Member, ZipMethod};
use rars::{ArchiveVersion, Builder};

/// A way to pack a text: what it is called, and how it is done.
pub(super) struct Container {
    pub(super) name: &'static str,
    pub(super) pack: fn(&[Member]) -> Vec<u8>,
}

/// Archives of several members.
pub(super) const ARCHIVES: [Container; 14] = [
    Container { name: "zip stored", pack: |members| pack::zip(members, ZipMethod::Stored).unwrap() },
    Container { name: "zip deflated", pack: zip },
    Container { name: "7z", pack: seven_zip },
    Container { name: "tar", pack: tar },
    Container { name: "tar.gz", pack: |members| compress(&tar(members), Compressor::Gzip) },
    Container { name: "tar.bz2", pack: |members| compress(&tar(members), Compressor::Bzip2) },
    Container { name: "tar.xz", pack: |members| compress(&tar(members), Compressor::Xz) },
    Container { name: "tar.zst", pack: |members| compress(&tar(members), Compressor::Zstd) },
    Container { name: "tar.lz4", pack: |members| compress(&tar(members), Compressor::Lz4) },
    Container { name: "rar 5", pack: |members| rar(members, Builder::new(ArchiveVersion::Rar50)) },
    Container { name: "rar 4", pack: |members| rar(members, Builder::new(ArchiveVersion::Rar29)) },
    Container {
        name: "zip in tar.gz",
        pack: |members| compress(&tar(&inside("x", zip(members))), Compressor::Gzip),
    },
    Container { name: "7z in zip", pack: |members| zip(&inside("x.txt", seven_zip(members))) },
    Container { name: "tar.gz in rar in zip in 7z", pack: four_deep },
];

/// Single streams: their one member is the text.
pub(super) const STREAMS: [Container; 8] = [
    Container { name: "plain", pack: only },
    Container { name: "gz", pack: |members| compress(&only(members), Compressor::Gzip) },
    Container { name: "bz2", pack: |members| compress(&only(members), Compressor::Bzip2) },
    Container { name: "xz", pack: |members| compress(&only(members), Compressor::Xz) },
    Container { name: "zst", pack: |members| compress(&only(members), Compressor::Zstd) },
    Container { name: "lz4", pack: |members| compress(&only(members), Compressor::Lz4) },
    Container { name: "gz in two parts", pack: two_parts },
    Container { name: "bz2 in gz", pack: bzip2_in_gzip },
];

/// Names that members really have, and names that say something else than what is inside.
const NAMES: [&str; 8] = [
    "Passwords.txt",
    "JP[0123] 192.0.2.7/All Passwords.txt",
    "ログ/パスワード.txt",
    "Пароли.txt",
    "dump",
    "list.zip",
    "table.csv.gz",
    "users.sql",
];

/// A member around `bytes`; which of the usual names it has is told by `number`.
pub(super) fn member(number: usize, bytes: &[u8]) -> Member {
    Member { name: NAMES[number % NAMES.len()].to_owned(), bytes: bytes.to_vec() }
}

fn inside(name: &str, bytes: Vec<u8>) -> [Member; 1] {
    [Member { name: name.to_owned(), bytes }]
}

fn only(members: &[Member]) -> Vec<u8> {
    members[0].bytes.clone()
}

fn zip(members: &[Member]) -> Vec<u8> {
    pack::zip(members, ZipMethod::Deflated).unwrap()
}

fn tar(members: &[Member]) -> Vec<u8> {
    pack::tar(members).unwrap()
}

fn seven_zip(members: &[Member]) -> Vec<u8> {
    pack::seven_zip(members).unwrap()
}

fn compress(bytes: &[u8], compressor: Compressor) -> Vec<u8> {
    pack::compress(bytes, compressor).unwrap()
}

/// Packs `members` with a builder that is set up.
pub(super) fn rar(members: &[Member], mut builder: Builder) -> Vec<u8> {
    for member in members {
        builder.add_bytes(member.name.as_bytes().to_vec(), member.bytes.clone(), None, None).unwrap();
    }
    builder.to_bytes().unwrap()
}

fn two_parts(members: &[Member]) -> Vec<u8> {
    let bytes = only(members);
    let (front, back) = bytes.split_at(bytes.len() / 3);
    [compress(front, Compressor::Gzip), compress(back, Compressor::Gzip)].concat()
}

fn bzip2_in_gzip(members: &[Member]) -> Vec<u8> {
    compress(&compress(&only(members), Compressor::Bzip2), Compressor::Gzip)
}

fn four_deep(members: &[Member]) -> Vec<u8> {
    let tar = compress(&tar(members), Compressor::Gzip);
    let rar = rar(&inside("inner", tar), Builder::new(ArchiveVersion::Rar50).store(true));
    seven_zip(&inside("outer.txt", zip(&inside("middle.rar", rar))))
}
