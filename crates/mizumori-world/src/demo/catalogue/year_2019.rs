//! Sources of 2019, the giant combination list among them.

use super::*;

pub(super) fn sources() -> Vec<SourceSpec> {
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
