//! Sources that a survey of the period reads and does not count, or counts apart.

use super::*;

pub(super) fn sources() -> Vec<SourceSpec> {
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
