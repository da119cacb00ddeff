//! Sources of 2013 to 2018.

use super::*;

pub(super) fn sources() -> Vec<SourceSpec> {
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
