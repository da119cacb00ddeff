//! The sources of the demo world: every format, encoding and container, 2007 to 2022.

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
    let mut sources = before_2013();
    sources.extend(from_2013_to_2018());
    sources.extend(in_2019());
    sources.extend(after_2019());
    sources.extend(beside_the_survey());
    sources
}

fn before_2013() -> Vec<SourceSpec> {
    vec![
        source(
            "bbs-2008",
            "Board archive",
            "paste",
            "board Kagerou",
            Month(2008, 9),
            Share(1),
            vec![
                plain(member("threads.txt", Layout::Prose, ShiftJis, Plain, 1_500)),
                plain(member("ids.txt", list(AccountSecret, " "), Utf8, Plain, 4_000)),
            ],
        ),
        source(
            "phishing-2009",
            "Mailbox is full",
            "phishing",
            "drop site Usugiri",
            Day(2009, 6, 15),
            Share(1),
            vec![plain(crlf(member(
                "posted.csv",
                csv(',', Quoting::WhereNeeded, JAPANESE),
                ShiftJis,
                Clear,
                5_000,
            )))],
        ),
        source(
            "shop-2010",
            "Stationery shop",
            "site-breach",
            "forum Asagiri",
            Month(2010, 4),
            Share(1),
            vec![packed(
                "members.sql.gz",
                GZIP,
                member("members.sql", insert(Escaping::Backslash, true, 50), EucJp, Md5, 9_000),
            )],
        ),
        source(
            "staff-2011",
            "Directory export",
            "site-breach",
            "paste Utsusemi",
            Month(2011, 8),
            Share(2),
            vec![archived(
                "directory.zip",
                Zip(ZipMethod::Deflated),
                vec![
                    member("directory/people.ldif", Layout::Ldif, Utf8, Clear, 3_000),
                    member(
                        "directory/list.csv",
                        csv(',', Quoting::Always, TWO_ADDRESSES),
                        Utf8,
                        Clear,
                        2_000,
                    ),
                ],
            )],
        ),
        sidecar(
            "club-2011",
            "Photo club",
            "site-breach",
            "forum Asagiri",
            Day(2011, 12, 1),
            Share(3),
            packed(
                "club-2011.csv.bz2",
                BZIP2,
                member("club.csv", csv(',', Quoting::WhereNeeded, JAPANESE), Iso2022Jp, Plain, 8_000),
            ),
        ),
        source(
            "network-2012",
            "Business network",
            "site-breach",
            "forum Asagiri",
            Day(2012, 6, 6),
            Share(5),
            vec![packed(
                "hashes.txt.xz",
                XZ,
                member("hashes.txt", list(SecretAccount, ":"), Utf8, Sha1, 18_000),
            )],
        ),
        source(
            "travel-2012",
            "Travel agency",
            "site-breach",
            "paste Utsusemi",
            Month(2012, 7),
            Share(2),
            vec![plain(member(
                "clients.csv",
                csv(';', Quoting::WhereNeeded, FRENCH),
                Windows1252,
                Plain,
                9_000,
            ))],
        ),
    ]
}

fn from_2013_to_2018() -> Vec<SourceSpec> {
    vec![
        source(
            "toys-2013",
            "Toy maker",
            "site-breach",
            "forum Kawazu",
            Month(2013, 5),
            Share(2),
            vec![plain(member(
                "export.tsv",
                csv('\t', Quoting::WhereNeeded, JAPANESE),
                Utf16LeBom,
                Plain,
                12_000,
            ))],
        ),
        breached(
            "2013-08",
            source(
                "studio-2013",
                "Drawing software",
                "site-breach",
                "forum Asagiri",
                Day(2013, 10, 4),
                Share(8),
                vec![
                    packed("users.copy.xz", XZ, member("users.copy", Layout::Copy, Utf8, Clear, 20_000)),
                    archived(
                        "users.zip",
                        Zip(ZipMethod::Stored),
                        vec![member(
                            "users.sql",
                            insert(Escaping::Doubled, false, 200),
                            ShiftJis,
                            Clear,
                            15_000,
                        )],
                    ),
                ],
            ),
        ),
        source(
            "contacts-2013",
            "Stolen address book",
            "unknown",
            "paste Utsusemi",
            Month(2013, 11),
            Nothing,
            vec![plain(member("contacts.vcf", Layout::Vcard, Utf8, Plain, 3_000))],
        ),
        sidecar(
            "mailbox-2014",
            "Five hundred thousand mailboxes",
            "combo-list",
            "forum Kawazu",
            Day(2014, 9, 10),
            Share(3),
            packed(
                "mailbox-2014.txt.zst",
                ZSTD,
                member("mailbox.txt", list(AccountSecret, "|"), Utf8, Clear, 25_000),
            ),
        ),
        source(
            "recipes-2014",
            "Recipe site",
            "site-breach",
            "forum Asagiri",
            Month(2014, 12),
            Share(1),
            vec![packed(
                "recipes.json.lz4",
                LZ4,
                member("recipes.json", Layout::Json(JsonShape::Array), Utf8Bom, Clear, 8_000),
            )],
        ),
        source(
            "games-2015",
            "Online games",
            "site-breach",
            "forum Kawazu",
            Month(2015, 5),
            Share(1),
            vec![archived(
                "games.tar",
                Tar,
                vec![
                    member(
                        "games/accounts.sql",
                        insert(Escaping::Backslash, false, 100),
                        Gb18030,
                        Md5,
                        9_000,
                    ),
                    member("games/mail.csv", csv(',', Quoting::WhereNeeded, CHINESE), Gb18030, Plain, 7_000),
                ],
            )],
        ),
        breached(
            "2012-06",
            source(
                "social-2016",
                "Social network",
                "site-breach",
                "market Shinkirou",
                Day(2016, 5, 18),
                Share(4),
                vec![packed(
                    "social.jsonl.gz",
                    GZIP,
                    member("social.jsonl", Layout::Json(JsonShape::Lines), Utf8, Sha1, 20_000),
                )],
            ),
        ),
        source(
            "tabs-2016",
            "Combination list with tabs",
            "combo-list",
            "forum Kawazu",
            Month(2016, 12),
            Share(3),
            vec![archived(
                "tabs.7z",
                SevenZip,
                vec![member("tabs/one.txt", list(AccountSecret, "\t"), Utf8, Plain, 9_000)],
            )],
        ),
        source(
            "pastes-2017",
            "Pastes of a year",
            "paste",
            "paste Utsusemi",
            Year(2017),
            Share(1),
            vec![
                plain(member("pastes.txt", list(AccountSecret, ";"), Utf8, Clear, 9_000)),
                plain(member("notes.txt", Layout::Prose, EucJp, Plain, 1_500)),
            ],
        ),
        source(
            "documents-2017",
            "Open database",
            "site-breach",
            "scan Minasoko",
            Month(2017, 6),
            Share(2),
            vec![archived(
                "documents.zip",
                Zip(ZipMethod::Stored),
                vec![member("documents.json", Layout::Json(JsonShape::Mongo), Utf8, Bcrypt, 9_000)],
            )],
        ),
        source(
            "orders-2018",
            "Spare parts",
            "site-breach",
            "market Shinkirou",
            Month(2018, 2),
            Share(2),
            vec![
                archived_in(
                    "orders.tar.bz2",
                    Tar,
                    BZIP2,
                    vec![member(
                        "orders/clients.csv",
                        csv(';', Quoting::WhereNeeded, RUSSIAN),
                        Windows1251,
                        Plain,
                        9_000,
                    )],
                ),
                plain(member("panel.txt", list(UrlLoginPassword, ":"), Utf8, Clear, 9_000)),
            ],
        ),
        source(
            "reversed-2018",
            "Passwords first",
            "combo-list",
            "forum Kawazu",
            Month(2018, 8),
            Share(1),
            vec![archived_in(
                "reversed.tar.gz",
                Tar,
                GZIP,
                vec![member("reversed/list.txt", list(SecretAccount, ":"), Utf8, Plain, 15_000)],
            )],
        ),
    ]
}

fn in_2019() -> Vec<SourceSpec> {
    vec![
        source(
            "suijo-collection",
            "Suijo Collection",
            "combo-list",
            "forum Kawazu",
            Day(2019, 1, 7),
            Share(88),
            vec![
                plain(member("part-01.txt", list(AccountSecret, ":"), Utf8, Clear, 300_000)),
                plain(member("part-02.txt", list(AccountSecret, ";"), Utf8, Clear, 250_000)),
                packed(
                    "part-03.txt.gz",
                    GZIP,
                    member("part-03.txt", list(AccountSecret, ":"), Utf8, Clear, 120_000),
                ),
                archived(
                    "part-04.zip",
                    Zip(ZipMethod::Deflated),
                    vec![
                        member("part-04/a.txt", list(AccountSecret, ":"), Utf8, Clear, 50_000),
                        member("part-04/b.txt", list(AccountSecret, "|"), Utf8, Clear, 50_000),
                    ],
                ),
                archived(
                    "part-05.7z",
                    SevenZip,
                    vec![member("c.txt", list(AccountSecret, ":"), Utf8, Clear, 30_000)],
                ),
                archived_in(
                    "part-06.tar.gz",
                    Zip(ZipMethod::Deflated),
                    ZIP_IN_TAR_GZ,
                    vec![member("d.txt", list(AccountSecret, ":"), Utf8, Clear, 40_000)],
                ),
                plain(member("part-07-urls.txt", list(UrlLoginPassword, ":"), Utf8, Clear, 80_000)),
            ],
        ),
        // The same place in another spelling, and the same month: what both hold counts once.
        sidecar(
            "suijo-mirror",
            "Suijo Collection, a second upload",
            "combo-list",
            "ＦＯＲＵＭ\u{3000}Kawazu ",
            Day(2019, 1, 25),
            Share(6),
            archived(
                "suijo-mirror.zip",
                Zip(ZipMethod::Deflated),
                vec![member("mirror.txt", list(AccountSecret, ":"), Utf8, Clear, 25_000)],
            ),
        ),
        source(
            "clinic-2019",
            "Booking service",
            "site-breach",
            "market Shinkirou",
            Month(2019, 6),
            Share(3),
            vec![plain(member(
                "bookings.csv",
                Layout::Csv(Csv::new(',', Quoting::Always, ENGLISH).without_header()),
                Utf8Bom,
                Bcrypt,
                9_000,
            ))],
        ),
        source(
            "logs-2019",
            "Stealer logs",
            "stealer-log",
            "channel Hotaru",
            Month(2019, 10),
            Share(3),
            vec![archived(
                "logs-2019.zip",
                Zip(ZipMethod::Deflated),
                vec![
                    member("vidar", Layout::Stealer(StealerFamily::Vidar), Utf8, Clear, 4_000),
                    member("raccoon", Layout::Stealer(StealerFamily::Raccoon), Utf8, Clear, 4_000),
                ],
            )],
        ),
    ]
}

fn after_2019() -> Vec<SourceSpec> {
    let families = [
        ("redline", StealerFamily::RedLine, Utf8),
        ("meta", StealerFamily::Meta, Utf8),
        ("lumma", StealerFamily::Lumma, Utf8),
        ("stealc", StealerFamily::StealC, Utf8),
        ("atomic", StealerFamily::Atomic, Utf8),
        ("russian", StealerFamily::Russian, Windows1251),
    ];
    let stealers = families
        .map(|(name, family, charset)| member(name, Layout::Stealer(family), charset, Clear, 2_000))
        .to_vec();
    vec![
        source(
            "phishing-2020",
            "Travel permit",
            "phishing",
            "drop site Usugiri",
            Month(2020, 4),
            Share(2),
            vec![plain(member(
                "permit.tsv",
                csv('\t', Quoting::WhereNeeded, JAPANESE),
                Utf16Le,
                Plain,
                9_000,
            ))],
        ),
        source(
            "logs-2020",
            "Stealer logs, summer",
            "stealer-log",
            "channel Hotaru",
            Month(2020, 7),
            Share(3),
            vec![archived_in("logs-2020.tar.gz", Zip(ZipMethod::Deflated), ZIP_IN_TAR_GZ, stealers)],
        ),
        source(
            "wide-2020",
            "Combination list in wide characters",
            "combo-list",
            "forum Kawazu",
            Month(2020, 11),
            Share(5),
            vec![packed(
                "wide.txt.zst",
                ZSTD,
                member("wide.txt", list(AccountSecret, ":"), Utf16BeBom, Clear, 30_000),
            )],
        ),
        source(
            "many-2021",
            "Compilation of many",
            "combo-list",
            "forum Kawazu",
            Day(2021, 2, 2),
            Share(6),
            vec![
                plain(member("many-1.txt", list(AccountSecret, ":"), Utf8, Clear, 60_000)),
                archived(
                    "many-2.7z",
                    SevenZip,
                    vec![member("many-2.txt", list(AccountSecret, ":"), Utf8, Clear, 12_000)],
                ),
            ],
        ),
        source(
            "panel-2021",
            "Logins with their sites",
            "stealer-log",
            "channel Hotaru",
            Month(2021, 4),
            Share(2),
            vec![
                plain(member("sites.txt", list(UrlLoginPassword, ":"), Utf8, Clear, 20_000)),
                plain(member("blog.csv", csv(',', Quoting::Always, ENGLISH), Utf8, Phpass, 8_000)),
            ],
        ),
        // The last day of the period.
        sidecar(
            "sites-last-2021",
            "Sites last",
            "combo-list",
            "channel Hotaru",
            Day(2021, 5, 31),
            Share(2),
            plain(member("sites-last-2021.txt", list(LoginPasswordUrl, ":"), Utf8, Plain, 12_000)),
        ),
    ]
}

/// Sources that a survey of the period reads and does not count, or counts apart.
fn beside_the_survey() -> Vec<SourceSpec> {
    let before = sidecar(
        "old-2007",
        "Before the period",
        "site-breach",
        "board Kagerou",
        Day(2007, 11, 20),
        Fixed(6, 31),
        plain(member("old-2007.txt", list(AccountSecret, ","), Utf8, Plain, 3_000)),
    );
    let after = source(
        "late-2022",
        "After the period",
        "combo-list",
        "forum Kawazu",
        Month(2022, 3),
        Fixed(9, 44),
        vec![plain(member("late.txt", list(AccountSecret, ":"), Utf8, Clear, 6_000))],
    );
    let album = sidecar(
        "album-2008",
        "Photo album",
        "site-breach",
        "forum Asagiri",
        Year(2008),
        Fixed(5, 18),
        plain(member("album-2008.csv", csv(',', Quoting::Always, JAPANESE), ShiftJis, Plain, 3_000)),
    );
    let undated = source(
        "undated",
        "Found without a date",
        "unknown",
        "folder Wasuremono",
        Leaked::Unknown,
        Fixed(37, 214),
        vec![packed(
            "undated.jsonl.lz4",
            LZ4,
            member("undated.jsonl", Layout::Json(JsonShape::Lines), Utf8, Clear, 6_000),
        )],
    );
    let closed = source(
        "closed-feed",
        "Licensed feed",
        "stealer-log",
        "feed Tomoshibi",
        Month(2020, 9),
        Fixed(40, 160),
        vec![plain(member("feed.txt", list(UrlLoginPassword, ":"), Utf8, Clear, 5_000))],
    );
    let hoax = source(
        "hoax",
        "Invented by its seller",
        "combo-list",
        "market Shinkirou",
        Month(2018, 11),
        Fixed(25, 120),
        vec![plain(member("hoax.txt", list(AccountSecret, ":"), Utf8, Clear, 5_000))],
    );
    vec![
        before,
        after,
        album,
        undated,
        SourceSpec { public: false, ..closed },
        SourceSpec { fabricated: true, ..hoax },
    ]
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
