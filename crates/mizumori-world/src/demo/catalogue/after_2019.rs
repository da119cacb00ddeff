//! Sources of 2020 and 2021.

use super::*;

pub(super) fn sources() -> Vec<SourceSpec> {
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
