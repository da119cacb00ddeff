//! Two made-up reports: a small one that is counted, and one that has the published figures.
//!
//! The bodies are invented and bear reserved names. Some names are hostile on purpose.

use std::collections::BTreeMap;
use std::sync::Arc;

use mizumori_core::{Account, LocalPart, Source, SourceId, SourceKind, WatchList};
use mizumori_survey::model::{
    Bilingual, CategoryCount, DomainCount, HostCount, Input, OrganisationCount, Produced, SCHEMA,
    SourceCount, Span, Unreadable, WatchListFacts, Year,
};
use mizumori_survey::{
    AskedPeriod, Count, HasSecret, Incident, InputFacts, Report, SourceIndex, incidents, rank,
};

const WATCH: &str = r#"
[list]
title = { ja = "合成データの監視リスト <b>&", en = "A watch list of synthetic data <b>&" }
as_of = "2021-05-31"
note = { ja = "メールのドメインは、ウェブサイトのドメインと同じと仮定した。", en = "Mail domains are assumed to be web domains." }

[[category]]
id = "ministry"
name = { ja = "中央省庁", en = "Central ministries" }
[[category]]
id = "affiliated"
name = { ja = "外郭団体", en = "Affiliated bodies" }

[[organisation]]
id = "suigen"
category = "ministry"
name = { ja = "水源省", en = "Ministry of Springs" }
includes = [{ ja = "井戸審議会", en = "Council of Wells" }]
domains = ["suigen.example", { name = "suigen-sho.example", verified = false }]
[[organisation]]
id = "ike"
category = "ministry"
name = { ja = "池庁<script>|", en = "Agency of Ponds<script>|" }
parent = "suigen"
domains = ["ike.suigen.example"]
[[organisation]]
id = "=kawa"
category = "ministry"
name = { ja = "河川省", en = "Ministry of Rivers" }
domains = ["kawa.example"]
[[organisation]]
id = "numa"
category = "ministry"
name = { ja = "沼省", en = "Ministry of Bogs" }
domains = ["numa.example"]
[[organisation]]
id = "mizu"
category = "affiliated"
name = { ja = "水機構", en = "Water Organisation" }
domains = ["mizu.example"]
"#;

/// host, source, how many accounts.
const SEEN: [(&str, usize, usize); 13] = [
    ("suigen.example", 0, 12),
    ("mail.suigen.example", 0, 3),
    ("suigen.example", 1, 7),
    ("suigen.example", 2, 8),
    ("suigen-sho.example", 3, 6),
    ("ike.suigen.example", 0, 2),
    ("ike.suigen.example", 3, 9),
    ("kawa.example", 0, 21),
    ("kawa.example", 4, 2),
    ("mizu.example", 0, 60),
    ("mizu.example", 1, 5),
    ("x.mizu.example", 3, 11),
    ("mizu.example", 5, 4),
];

/// A report that has been counted.
pub(crate) fn small() -> Report {
    let described = [
        ("combo", "Combination <list> #1", SourceKind::ComboList, "forum", "2019-01"),
        ("forum-2", "Another of the forum", SourceKind::Paste, "Forum ", "2019-01"),
        ("site", "site.example|", SourceKind::SiteBreach, "market", "2020-03"),
        ("logs", "Stealer logs", SourceKind::StealerLog, "channel", "2021-02"),
        ("undated", "An undated list", SourceKind::Unknown, "paste site", ""),
        ("private", "A private feed", SourceKind::Phishing, "feed", "2020-01"),
    ];
    let sources = described
        .into_iter()
        .map(|(id, title, kind, place, leaked)| {
            let mut source = Source::undescribed(SourceId::new(id));
            source.title = title.to_owned();
            source.kind = kind;
            source.place = place.to_owned();
            source.leaked = leaked.parse().ok();
            source.public = id != "private";
            source
        })
        .collect::<Vec<_>>();
    let watch = Arc::new(WatchList::parse("watch.toml", WATCH).unwrap());
    let asked = AskedPeriod { from: "2018-07".parse().ok(), to: "2021-05".parse().ok() };
    let mut count = Count::new(Arc::clone(&watch), sources, asked).unwrap();
    let mut tally = count.tally();
    for (host, source, accounts) in SEEN {
        for number in 0..accounts {
            let address = format!("user{number}@{host}");
            let account = Account::parse(&address, LocalPart::Column).unwrap();
            let found = watch.find(host, count.sources()[source].time()).unwrap();
            let secret = if number == 10 { HasSecret::No } else { HasSecret::Yes };
            tally.observe(SourceIndex(source), &account, found, secret);
        }
    }
    count.merge(tally);
    let unreadable =
        vec![Unreadable { file: "b.zip!<i>.txt".to_owned(), why: "the password is unknown".to_owned() }];
    let facts = InputFacts {
        files: 6,
        bytes: 123_456,
        lines: 4_321,
        addresses: 987,
        rejected: 1,
        unreadable,
        complete: false,
        synthetic: true,
    };
    count.finish("mizumori 0.1.0", facts)
}

/// A report with the published figures; what was not published is made up, and the bodies are.
pub(crate) fn published() -> Report {
    let span: Vec<u16> = (2008..=2021).collect();
    let ministry = [41, 102, 166, 205, 318, 1_196, 221, 187, 243, 201, 316, 11_355, 1_635, 1_336];
    let affiliated =
        [212, 655, 871, 1_204, 1_633, 8_904, 1_102, 987, 1_240, 1_008, 1_473, 68_681, 10_215, 7_978];
    let years =
        |figures: [u64; 14]| -> BTreeMap<Year, u64> { span.iter().copied().map(Year).zip(figures).collect() };
    let text = |ja: &str, en: &str| Bilingual { ja: ja.to_owned(), en: en.to_owned() };
    let period = Span { from: "2008-07".parse().unwrap(), to: "2021-05".parse().unwrap() };
    let category = |id: &str,
                    name: Bilingual,
                    body: Bilingual,
                    domain: &str,
                    years: BTreeMap<Year, u64>,
                    unknown: u64| {
        let total = years.values().sum();
        CategoryCount {
            id: id.to_owned(),
            name,
            total,
            unknown_month: unknown,
            rank: rank::rank(&years),
            pace: rank::pace(&years, period.from, period.to),
            organisations: vec![OrganisationCount {
                id: format!("{id}-body"),
                name: body,
                total,
                years: years.clone(),
                unknown_month: unknown,
                parent: None,
                includes: Vec::new(),
                domains: vec![DomainCount {
                    domain: domain.to_owned(),
                    total,
                    years: years.clone(),
                    unknown_month: unknown,
                    hosts: vec![HostCount {
                        host: domain.to_owned(),
                        total,
                        years: years.clone(),
                        unknown_month: unknown,
                    }],
                }],
            }],
            years,
        }
    };
    let source = |id: &str, title: &str, kind, leaked: &str, counts: [u64; 2]| SourceCount {
        id: id.to_owned(),
        title: title.to_owned(),
        kind,
        place: "forum.example".to_owned(),
        leaked: leaked.parse().ok(),
        total: counts.iter().sum(),
        categories: vec![("ministry".to_owned(), counts[0]), ("affiliated".to_owned(), counts[1])],
        unknown_month: 0,
        breached: None,
        obtained: None,
        public: true,
        fabricated: false,
    };
    let categories = vec![
        category(
            "ministry",
            text("中央省庁", "Central ministries"),
            text("水源省", "Ministry of Springs"),
            "suigen.example",
            years(ministry),
            12,
        ),
        category(
            "affiliated",
            text("外郭団体", "Affiliated bodies"),
            text("水機構", "Water Organisation"),
            "mizu.example",
            years(affiliated),
            73,
        ),
    ];
    let total: u64 = categories.iter().map(|category| category.total + category.unknown_month).sum();
    Report {
        schema: SCHEMA,
        complete: true,
        synthetic: true,
        produced: Produced {
            by: "mizumori 0.1.0".to_owned(),
            watch_list: WatchListFacts {
                as_of: "2021-05-31".parse().ok(),
                blake3: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262".to_owned(),
                organisations: 2,
                domains: 57,
                unverified: 9,
                title: Some(text(
                    "合成データ：架空の省庁と団体",
                    "Synthetic data: invented ministries and bodies",
                )),
                note: Some(text(
                    "メールのドメインは、各機関のウェブサイトのドメインと同じであると仮定した。",
                    "Mail domains are assumed to be those of the web sites.",
                )),
            },
        },
        period: Some(period),
        categories,
        sources: vec![
            source("collection-1", "Collection #1", SourceKind::ComboList, "2019-01", [10_912, 66_004]),
            source("site-2013", "annai.example", SourceKind::SiteBreach, "2013-11", [1_001, 7_554]),
            source("list-2020", "まとめリスト2020", SourceKind::ComboList, "2020-06", [801, 5_120]),
            source("logs-2021", "Stealer logs", SourceKind::StealerLog, "2021-02", [904, 6_023]),
        ],
        input: Input {
            files: 34,
            bytes: 82_345_678,
            lines: 1_634_221,
            addresses: 1_702_117,
            matched: total + 9_120 + 1_201 + 88 + 31 + 410,
            duplicates: 9_120,
            without_secret: 1_201,
            outside_period: 88,
            outside_validity: 31,
            not_surveyed: 410,
            rejected: 0,
            unreadable: Vec::new(),
        },
    }
}

pub(crate) fn incidents() -> Vec<Incident> {
    incidents::parse(
        "incidents.toml",
        r#"
[[incident]]
date = "2011-12"
organisation = { ja = "水源省のサイト", en = "A site of the Ministry of Springs" }
summary = { ja = "SQLインジェクション攻撃により、利用者の情報が漏えいした。", en = "SQL injection; users' data leaked." }
kind = "sql-injection"
[[incident]]
date = "2015-05-08"
organisation = { ja = "水機構", en = "Water Organisation" }
summary = { ja = "不正アクセスにより、個人情報が流出した。", en = "Unauthorised access; personal data got out." }
kind = "unauthorised-access"
persons = 125000
source = "invented <source>"
[[incident]]
date = "2021-04"
organisation = { ja = "河川省の委託先", en = "A contractor of the Ministry of Rivers" }
summary = { ja = "ランサムウェアの被害を受けた。", en = "Ransomware." }
kind = "ransomware"
persons = 6700
[[incident]]
date = "2021-05"
organisation = { ja = "河川省", en = "Ministry of Rivers" }
summary = { ja = "情報共有ツールが不正に利用された。", en = "A sharing tool was misused." }
mail_addresses = 70000
kind = "<odd>"
[[incident]]
date = "2023"
organisation = { ja = "池庁", en = "Agency of Ponds" }
summary = { ja = "後年の事案。", en = "Something later." }
"#,
    )
    .unwrap()
}

pub(crate) const DISCUSSION: &str = "## 2019年の突出について\n\n2019年の件数は、**一つのリスト**によるところが大きい。\n\
    詳しくは<script>alert(1)</script>[資料](https://example.org/a)および[こちら](javascript:alert(1))を参照。\n\n\
    - 過去の流出がまとめられている。\n- 同じパスワードが使われ続けている。\n";
