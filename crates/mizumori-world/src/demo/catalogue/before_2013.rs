//! Sources of 2008 to 2012.

use super::*;

pub(super) fn sources() -> Vec<SourceSpec> {
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
