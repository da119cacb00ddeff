//! The files as they lie on disk: unpacked by the libraries' reading sides, decoded, and searched for addresses letter by
//! letter.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use mizumori_world::demo::{Archive, FileSpec, MemberSpec, Outer};
use mizumori_world::encode::Charset;
use mizumori_world::pack::Compressor;

use crate::recount::{canonical, folded};

/// The members of a file, each in one piece.
pub(crate) fn unpacked(bytes: Vec<u8>, file: &FileSpec) -> Vec<Vec<u8>> {
    let mut bytes = bytes;
    for outer in file.outer.iter().rev() {
        bytes = match outer {
            Outer::Compressed(compressor) => {
                let mut out = Vec::new();
                let mut reader: Box<dyn Read> = match compressor {
                    Compressor::Gzip => Box::new(flate2::read::GzDecoder::new(bytes.as_slice())),
                    Compressor::Bzip2 => Box::new(bzip2::read::BzDecoder::new(bytes.as_slice())),
                    Compressor::Xz => Box::new(lzma_rust2::XzReader::new(bytes.as_slice(), false)),
                    Compressor::Zstd => Box::new(zstd::Decoder::new(bytes.as_slice()).unwrap()),
                    Compressor::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(bytes.as_slice())),
                };
                reader.read_to_end(&mut out).unwrap();
                out
            }
            Outer::Archived(archive, name) => {
                members(*archive, &bytes).into_iter().find(|(found, _)| found == name).unwrap().1
            }
        };
    }
    let Some(archive) = file.archive else { return vec![bytes] };
    let found = members(archive, &bytes);
    // A stealer log's member is a folder of files.
    let of_member = |member: &MemberSpec| {
        let below = |name: &str| name == member.name || name.starts_with(&format!("{}/JP[", member.name));
        found.iter().filter(|(name, _)| below(name)).flat_map(|(_, bytes)| bytes.clone()).collect()
    };
    file.members.iter().map(of_member).collect()
}

fn members(archive: Archive, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    match archive {
        Archive::Zip(_) => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            for index in 0..archive.len() {
                let mut entry = archive.by_index(index).unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                found.push((entry.name().unwrap().into_owned(), content));
            }
        }
        Archive::Tar => {
            for entry in tar::Archive::new(bytes).entries().unwrap() {
                let mut entry = entry.unwrap();
                let name = entry.path().unwrap().to_str().unwrap().to_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                found.push((name, content));
            }
        }
        Archive::SevenZip => {
            let mut archive =
                sevenz_rust2::ArchiveReader::new(Cursor::new(bytes), sevenz_rust2::Password::empty())
                    .unwrap();
            let names: Vec<String> = archive.archive().files.iter().map(|file| file.name.clone()).collect();
            for name in names {
                let content = archive.read_file(&name).unwrap();
                found.push((name, content));
            }
        }
    }
    found
}

/// The text of a member.
pub(crate) fn decoded(bytes: &[u8], charset: Charset) -> String {
    let encoding = match charset {
        Charset::Utf8 | Charset::Utf8Bom => encoding_rs::UTF_8,
        Charset::Utf16Le | Charset::Utf16LeBom => encoding_rs::UTF_16LE,
        Charset::Utf16BeBom => encoding_rs::UTF_16BE,
        Charset::ShiftJis => encoding_rs::SHIFT_JIS,
        Charset::EucJp => encoding_rs::EUC_JP,
        Charset::Iso2022Jp => encoding_rs::ISO_2022_JP,
        Charset::Gb18030 => encoding_rs::GB18030,
        Charset::Windows1251 => encoding_rs::WINDOWS_1251,
        Charset::Windows1252 => encoding_rs::WINDOWS_1252,
    };
    encoding.decode(bytes).0.into_owned()
}

/// Every watched address in a text: around each `@`, as far as letters of an address go.
pub(crate) fn watched_addresses(text: &str, is_watched: &dyn Fn(&str) -> bool) -> BTreeMap<String, usize> {
    let belongs = |c: char| {
        let ascii = match u32::from(c) {
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap(),
            _ => c,
        };
        ascii.is_ascii_alphanumeric() || "._+-".contains(ascii)
    };
    let mut found = BTreeMap::new();
    for (at, sign) in text.match_indices(['@', '＠']) {
        let (before, after) = (&text[..at], &text[at + sign.len()..]);
        let domain = after.split(|c| !belongs(c)).next().unwrap();
        let host = canonical(domain);
        if !is_watched(&host) {
            continue;
        }
        let local = &before[before
            .rfind(|c| !belongs(c))
            .map_or(0, |i| i + before[i..].chars().next().unwrap().len_utf8())..];
        let account = format!("{}@{host}", folded(local));
        // The two things that look like an account and are none: a password, and a URL's user.
        if !account.starts_with("pass@") && account != "info@www.suigen.example" {
            *found.entry(account).or_default() += 1;
        }
    }
    found
}
