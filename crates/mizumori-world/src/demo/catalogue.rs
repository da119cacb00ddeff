//! The sources of the demo world: every format, encoding and container, 2007 to 2022.
//!
//! The words they are described with stand here; the sources themselves in one module a stretch of time.

mod after_2019;
mod before_2013;
mod beside;
mod to_2018;
mod year_2019;

use super::source::{
    Archive, Described, FileSpec, Layout, Leaked, MemberSpec, Outer, Quota, SecretStyle, SourceSpec,
};
use crate::encode::Charset;
use crate::format::{Column, Csv, Escaping, FieldOrder, JsonShape, List, Quoting, SqlInsert, StealerFamily};
use crate::pack::{Compressor, ZipMethod};

use Archive::{SevenZip, Tar, Zip};
use Charset::{
    EucJp, Gb18030, Iso2022Jp, ShiftJis, Utf8, Utf8Bom, Utf16BeBom, Utf16Le, Utf16LeBom, Windows1251,
    Windows1252,
};
use FieldOrder::{AccountSecret, LoginPasswordUrl, SecretAccount, UrlLoginPassword};
use Leaked::{Day, Month, Year};
use Quota::{Fixed, Nothing, Share};
use SecretStyle::{Bcrypt, Clear, Md5, Phpass, Plain, Sha1};

const GZIP: &[Outer] = &[Outer::Compressed(Compressor::Gzip)];
const BZIP2: &[Outer] = &[Outer::Compressed(Compressor::Bzip2)];
const XZ: &[Outer] = &[Outer::Compressed(Compressor::Xz)];
const ZSTD: &[Outer] = &[Outer::Compressed(Compressor::Zstd)];
const LZ4: &[Outer] = &[Outer::Compressed(Compressor::Lz4)];
const ZIP_IN_TAR_GZ: &[Outer] =
    &[Outer::Archived(Tar, "inner/logs.zip"), Outer::Compressed(Compressor::Gzip)];

const JAPANESE: &[(Column, &str)] = &[
    (Column::Number, "番号"),
    (Column::Name, "氏名"),
    (Column::Login, "メールアドレス"),
    (Column::Secret, "パスワード"),
    (Column::Postal, "住所"),
];
const FRENCH: &[(Column, &str)] =
    &[(Column::Name, "Prénom et nom"), (Column::Login, "E-mail"), (Column::Secret, "Mot de passe")];
const RUSSIAN: &[(Column, &str)] =
    &[(Column::Name, "имя"), (Column::Login, "почта"), (Column::Secret, "пароль")];
const CHINESE: &[(Column, &str)] =
    &[(Column::Name, "姓名"), (Column::Login, "邮箱"), (Column::Secret, "密码")];
const ENGLISH: &[(Column, &str)] = &[
    (Column::Number, "id"),
    (Column::Login, "E-mail"),
    (Column::Secret, "passwd"),
    (Column::Name, "full_name"),
];
const TWO_ADDRESSES: &[(Column, &str)] = &[
    (Column::Login, "email"),
    (Column::Secret, "password"),
    (Column::Other, "recovery_email"),
    (Column::Name, "name"),
];

/// Every source, in the order of time.
#[must_use]
pub fn catalogue() -> Vec<SourceSpec> {
    [
        before_2013::sources(),
        to_2018::sources(),
        year_2019::sources(),
        after_2019::sources(),
        beside::sources(),
    ]
    .concat()
}

fn source(
    id: &'static str,
    title: &'static str,
    kind: &'static str,
    place: &'static str,
    leaked: Leaked,
    quota: Quota,
    files: Vec<FileSpec>,
) -> SourceSpec {
    SourceSpec {
        id,
        title,
        kind,
        place,
        leaked,
        breached: None,
        public: true,
        fabricated: false,
        described: Described::Folder,
        quota,
        files,
    }
}

fn sidecar(
    id: &'static str,
    title: &'static str,
    kind: &'static str,
    place: &'static str,
    leaked: Leaked,
    quota: Quota,
    file: FileSpec,
) -> SourceSpec {
    SourceSpec { described: Described::Sidecar, ..source(id, title, kind, place, leaked, quota, vec![file]) }
}

fn breached(month: &'static str, source: SourceSpec) -> SourceSpec {
    SourceSpec { breached: Some(month), ..source }
}

fn member(
    name: &'static str,
    layout: Layout,
    charset: Charset,
    secrets: SecretStyle,
    noise: usize,
) -> MemberSpec {
    MemberSpec { name, layout, charset, secrets, noise, crlf: false }
}

fn crlf(member: MemberSpec) -> MemberSpec {
    MemberSpec { crlf: true, ..member }
}

fn plain(member: MemberSpec) -> FileSpec {
    FileSpec { path: member.name, archive: None, outer: &[], members: vec![member] }
}

fn packed(path: &'static str, outer: &'static [Outer], member: MemberSpec) -> FileSpec {
    FileSpec { path, archive: None, outer, members: vec![member] }
}

fn archived(path: &'static str, archive: Archive, members: Vec<MemberSpec>) -> FileSpec {
    archived_in(path, archive, &[], members)
}

fn archived_in(
    path: &'static str,
    archive: Archive,
    outer: &'static [Outer],
    members: Vec<MemberSpec>,
) -> FileSpec {
    FileSpec { path, archive: Some(archive), outer, members }
}

fn list(order: FieldOrder, separator: &'static str) -> Layout {
    Layout::List(List { order, separator })
}

fn csv(delimiter: char, quoting: Quoting, columns: &'static [(Column, &'static str)]) -> Layout {
    Layout::Csv(Csv::new(delimiter, quoting, columns))
}

fn insert(escaping: Escaping, column_list: bool, tuples: usize) -> Layout {
    Layout::Insert(SqlInsert::new(escaping, column_list, tuples))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_encoding_and_container_occurs() {
        let sources = catalogue();
        let files: Vec<&FileSpec> = sources.iter().flat_map(|source| &source.files).collect();
        for charset in Charset::ALL {
            assert!(
                files.iter().flat_map(|file| &file.members).any(|member| member.charset == charset),
                "{charset:?}"
            );
        }
        for archive in [Zip(ZipMethod::Stored), Zip(ZipMethod::Deflated), Tar, SevenZip] {
            assert!(files.iter().any(|file| file.archive == Some(archive)), "{archive:?}");
        }
        for compressor in Compressor::ALL {
            assert!(
                files.iter().any(|file| file.outer.contains(&Outer::Compressed(compressor))),
                "{compressor:?}"
            );
        }
        for family in StealerFamily::ALL {
            let found = files
                .iter()
                .flat_map(|file| &file.members)
                .any(|member| matches!(&member.layout, Layout::Stealer(candidate) if *candidate == family));
            assert!(found, "{family:?}");
        }
    }

    #[test]
    fn ids_are_unique_and_every_year_has_a_source() {
        let sources = catalogue();
        assert_eq!(sources.iter().map(|source| source.id).collect::<HashSet<_>>().len(), sources.len());
        for year in 2008..=2021 {
            let has_share = sources.iter().any(|source| {
                matches!(source.quota, Share(_))
                    && source.leaked.when().month().is_some_and(|month| month.0 == year)
            });
            assert!(has_share, "{year}");
        }
        for source in &sources {
            assert!(source.described == Described::Folder || source.files.len() == 1, "{}", source.id);
            let kinds = ["combo-list", "site-breach", "stealer-log", "paste", "phishing", "unknown"];
            assert!(kinds.contains(&source.kind), "{}", source.kind);
        }
    }
}
