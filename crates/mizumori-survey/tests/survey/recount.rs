//! The counting method against sets of strings: whatever exposures come, in whatever tallies, merged in
//! whatever order, the report is what a slow recount gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mizumori_core::watch::Found;
use mizumori_core::{Account, LeakTime, LocalPart, Month, Source, SourceId, WatchList};
use mizumori_survey::model::Year;
use mizumori_survey::{AskedPeriod, Count, HasSecret, InputFacts, Report, SourceIndex};
use proptest::prelude::*;

const WATCH: &str = r#"
[[category]]
id = "ministry"
name = { ja = "省庁", en = "Ministries" }
[[category]]
id = "empty"
name = { ja = "空", en = "Empty" }
[[category]]
id = "affiliated"
name = { ja = "外郭団体", en = "Affiliated" }

[[organisation]]
id = "suigen"
category = "ministry"
name = { ja = "水源省", en = "Ministry of Springs" }
domains = [
  { name = "suigen.example", to = "2015-03" },
  "suigen-sho.example",
  { name = "suigen.example", from = "2018-04", verified = false },
]
[[organisation]]
id = "ike"
category = "ministry"
name = "池庁"
parent = "suigen"
domains = ["ike.suigen.example"]
[[organisation]]
id = "mizu"
category = "affiliated"
name = "水機構"
domains = [{ name = "mizu.example", from = "2010-01" }, { name = "suigen.example", from = "2015-04", to = "2018-03" }]
"#;

const HOSTS: [&str; 7] = [
    "suigen.example",
    "mail.suigen.example",
    "ike.suigen.example",
    "a.ike.suigen.example",
    "suigen-sho.example",
    "mizu.example",
    "x.mizu.example",
];

/// An exposure: which source, which account, whether with a secret.
type Seen = (usize, usize, usize, bool);

fn watch() -> Arc<WatchList> {
    Arc::new(WatchList::parse("watch.toml", WATCH).unwrap())
}

fn source(id: usize, (place, leaked, public, fabricated): (&str, &str, bool, bool)) -> Source {
    let mut source = Source::undescribed(SourceId::new(&format!("s{id}")));
    source.place = place.to_owned();
    source.leaked = (!leaked.is_empty()).then(|| leaked.parse().unwrap());
    source.public = public;
    source.fabricated = fabricated;
    source
}

fn counted(sources: &[Source], asked: AskedPeriod, seen: &[Seen], pieces: usize, backwards: bool) -> Report {
    let watch = watch();
    let mut count = Count::new(Arc::clone(&watch), sources.to_vec(), asked).unwrap();
    let mut tallies: Vec<_> = std::iter::repeat_with(|| count.tally()).take(pieces).collect();
    for (index, (source, local, host, secret)) in seen.iter().enumerate() {
        let host = HOSTS[*host];
        let address = format!("user{local}@{host}");
        let account = Account::parse(&address, LocalPart::Column).unwrap();
        let found = watch.find(host, sources[*source].time()).unwrap();
        let secret = if *secret { HasSecret::Yes } else { HasSecret::No };
        tallies[index % pieces].observe(SourceIndex(*source), &account, found, secret);
        if index % 7 == 6 {
            count.merge(tallies[index % pieces].take());
        }
    }
    if backwards {
        tallies.reverse();
    }
    for tally in tallies {
        count.merge(tally);
    }
    count.finish("test", InputFacts { complete: true, ..InputFacts::default() })
}

/// The figures by the text of the method, one exposure after another.
#[derive(Debug, Default, PartialEq, Eq)]
struct Slow {
    /// (category, organisation, domain, host, year or "unknown").
    figures: BTreeMap<[String; 5], u64>,
    /// (source, category), and (source, "unknown").
    sources: BTreeMap<(String, String), u64>,
    duplicates: u64,
    without_secret: u64,
    outside_period: u64,
    outside_validity: u64,
    not_surveyed: u64,
}

fn recounted(sources: &[Source], asked: AskedPeriod, seen: &[Seen]) -> Slow {
    let watch = watch();
    let surveyed: Vec<_> = sources.iter().filter(|source| source.public && !source.fabricated).collect();
    let months: Vec<Month> = surveyed
        .iter()
        .filter_map(|source| match source.time() {
            LeakTime::Month(month) => Some(month),
            _ => None,
        })
        .collect();
    let from = asked.from.or(months.iter().copied().chain(asked.to).min());
    let to = asked.to.or(months.iter().copied().chain(asked.from).max());
    let inside = |month: Month| from.is_some_and(|from| from <= month) && to.is_some_and(|to| month <= to);
    let mut slow = Slow::default();
    let (mut global, mut within) = (BTreeSet::new(), BTreeSet::new());
    for (index, local, host, secret) in seen {
        let (source, host) = (&sources[*index], HOSTS[*host]);
        if !source.public || source.fabricated {
            slow.not_surveyed += 1;
            continue;
        }
        let time = match source.time() {
            LeakTime::Year(year) => {
                let whole = inside(Month::first_of(year).unwrap()) && inside(Month::last_of(year).unwrap());
                if whole { LeakTime::Year(year) } else { LeakTime::Unknown }
            }
            time => time,
        };
        let Some(Found::Watched(domain)) = watch.find(host, time) else {
            slow.outside_validity += 1;
            continue;
        };
        if !secret {
            slow.without_secret += 1;
            continue;
        }
        if matches!(time, LeakTime::Month(month) if !inside(month)) {
            slow.outside_period += 1;
            continue;
        }
        let organisation = watch.organisation_of(domain).unwrap();
        let category = watch.categories[organisation.category.0].id.clone();
        let year = time.year().map_or("unknown".to_owned(), |year| year.to_string());
        let account = format!("user{local}@{host}");
        let place = source.place.trim().to_lowercase();
        if within.insert((account.clone(), index)) {
            let column = if time == LeakTime::Unknown { "unknown".to_owned() } else { category.clone() };
            *slow.sources.entry((source.id.to_string(), column)).or_default() += 1;
        }
        if global.insert(format!("{account} {place} {time}")) {
            let domain = watch.domains[domain.0].name.to_string();
            let row = [category, organisation.id.clone(), domain, host.to_owned(), year];
            *slow.figures.entry(row).or_default() += 1;
        } else {
            slow.duplicates += 1;
        }
    }
    slow
}

/// What a report says, in the recount's form, with every sum in it checked.
fn said(report: &Report) -> Slow {
    let mut slow = Slow {
        duplicates: report.input.duplicates,
        without_secret: report.input.without_secret,
        outside_period: report.input.outside_period,
        outside_validity: report.input.outside_validity,
        not_surveyed: report.input.not_surveyed,
        ..Slow::default()
    };
    for category in &report.categories {
        let mut by_category = (BTreeMap::<Year, u64>::new(), 0);
        for organisation in &category.organisations {
            let mut by_organisation = (BTreeMap::<Year, u64>::new(), 0);
            for domain in &organisation.domains {
                let mut by_domain = (BTreeMap::<Year, u64>::new(), 0);
                for host in &domain.hosts {
                    let key = |year: String| {
                        [&category.id, &organisation.id, &domain.domain, &host.host]
                            .map(Clone::clone)
                            .into_iter()
                            .chain([year])
                            .collect::<Vec<_>>()
                            .try_into()
                            .unwrap()
                    };
                    assert_eq!(host.total, host.years.values().sum::<u64>());
                    assert!(
                        host.total + host.unknown_month > 0 && !host.years.values().any(|count| *count == 0)
                    );
                    for (year, count) in &host.years {
                        slow.figures.insert(key(year.to_string()), *count);
                        *by_domain.0.entry(*year).or_default() += count;
                    }
                    if host.unknown_month > 0 {
                        slow.figures.insert(key("unknown".to_owned()), host.unknown_month);
                    }
                    by_domain.1 += host.unknown_month;
                }
                assert!(domain.hosts.is_sorted_by(|a, b| {
                    (std::cmp::Reverse(a.total), &a.host) < (std::cmp::Reverse(b.total), &b.host)
                }));
                adds_up((&domain.years, domain.total, domain.unknown_month), &by_domain, report);
                for (year, count) in &domain.years {
                    *by_organisation.0.entry(*year).or_default() += count;
                }
                by_organisation.1 += domain.unknown_month;
            }
            adds_up(
                (&organisation.years, organisation.total, organisation.unknown_month),
                &by_organisation,
                report,
            );
            for (year, count) in &organisation.years {
                *by_category.0.entry(*year).or_default() += count;
            }
            by_category.1 += organisation.unknown_month;
        }
        adds_up((&category.years, category.total, category.unknown_month), &by_category, report);
    }
    for source in &report.sources {
        assert_eq!(source.total, source.categories.iter().map(|(_, count)| count).sum::<u64>());
        for (category, count) in source.categories.iter().filter(|(_, count)| *count > 0) {
            slow.sources.insert((source.id.clone(), category.clone()), *count);
        }
        if source.unknown_month > 0 {
            slow.sources.insert((source.id.clone(), "unknown".to_owned()), source.unknown_month);
        }
    }
    slow
}

fn adds_up(said: (&BTreeMap<Year, u64>, u64, u64), parts: &(BTreeMap<Year, u64>, u64), report: &Report) {
    let (years, total, unknown) = said;
    let span = report.period.map_or(Vec::new(), |period| (period.from.year()..=period.to.year()).collect());
    assert_eq!(years.keys().map(|year| year.0).collect::<Vec<_>>(), span);
    assert_eq!(years.values().sum::<u64>(), total);
    for (year, count) in years {
        assert_eq!(parts.0.get(year).copied().unwrap_or(0), *count);
    }
    assert_eq!(unknown, parts.1);
}

fn arbitrary_source() -> impl Strategy<Value = (&'static str, &'static str, bool, bool)> {
    (
        prop_oneof![Just("forum"), Just(" Forum "), Just("FORUM"), Just("other")],
        prop_oneof![
            Just(""),
            Just("2008"),
            Just("2014"),
            Just("2019"),
            Just("2021"),
            Just("2008-06"),
            Just("2009-01-31"),
            Just("2014-06"),
            Just("2014-06-07"),
            Just("2016-02"),
            Just("2019-01"),
            Just("2021-05"),
            Just("2022-01"),
        ],
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.1),
    )
}

fn arbitrary_period() -> impl Strategy<Value = AskedPeriod> {
    let month = |text: &'static str| Just(text.parse::<Month>().ok());
    (
        prop_oneof![month(""), month("2008-07"), month("2014-01")],
        prop_oneof![month(""), month("2021-05"), month("2020-12"), month("2014-12")],
    )
        .prop_map(|(from, to)| AskedPeriod { from, to })
}

proptest! {
    #[test]
    fn the_report_is_what_a_slow_recount_gives(
        sources in prop::collection::vec(arbitrary_source(), 1..8),
        asked in arbitrary_period(),
        seen in prop::collection::vec((0..8_usize, 0..4_usize, 0..HOSTS.len(), prop::bool::weighted(0.85)), 0..120),
        pieces in 1..5_usize,
    ) {
        let sources: Vec<_> = sources.into_iter().enumerate().map(|(id, parts)| source(id, parts)).collect();
        let seen: Vec<Seen> = seen.into_iter().map(|(s, l, h, p)| (s % sources.len(), l, h, p)).collect();
        let report = counted(&sources, asked, &seen, pieces, false);
        prop_assert_eq!(report.input.matched, seen.len() as u64);
        prop_assert!(report.adds_up());
        prop_assert_eq!(said(&report), recounted(&sources, asked, &seen));
        // The order in which tallies are merged changes nothing.
        prop_assert_eq!(&report, &counted(&sources, asked, &seen, 3, true));
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(&Report::from_json(&json).unwrap(), &report);
    }
}

#[test]
fn spans_of_one_name_are_one_row_and_empty_rows_are_listed() {
    let sources = [source(0, ("a", "2014-01", true, false)), source(1, ("b", "2019-01", true, false))];
    let report = counted(&sources, AskedPeriod::default(), &[(0, 1, 0, true), (1, 1, 0, true)], 1, false);
    let ministry = &report.categories[0];
    let domains: Vec<_> = ministry.organisations[0]
        .domains
        .iter()
        .map(|domain| (domain.domain.as_str(), domain.total))
        .collect();
    assert_eq!(domains, [("suigen.example", 2), ("suigen-sho.example", 0)]);
    assert_eq!(ministry.organisations[1].parent.as_deref(), Some("suigen"));
    assert_eq!((report.categories[1].id.as_str(), report.categories[1].total), ("empty", 0));
    assert_eq!(report.produced.watch_list.domains, 4);
    assert_eq!(report.produced.watch_list.unverified, 1);
}

#[test]
fn keys_stand_in_the_order_of_the_contract() {
    let sources = [source(0, ("a", "2020-01", true, false))];
    let asked = AskedPeriod { from: "2020-01".parse().ok(), to: "2021-05".parse().ok() };
    let report = counted(&sources, asked, &[(0, 1, 5, true)], 1, false);
    let json = serde_json::to_string(&report).unwrap();
    let mut rest = json.as_str();
    for key in [
        "schema",
        "complete",
        "synthetic",
        "produced",
        "by",
        "watch_list",
        "as_of",
        "blake3",
        "organisations",
        "domains",
        "unverified",
        "period",
        "from",
        "to",
        "categories",
        "id",
        "name",
        "ja",
        "en",
        "total",
        "years",
        "2020",
        "2021",
        "unknown_month",
        "rank",
        "pace",
        "year",
        "months",
        "so_far",
        "projected",
        "projected_rank",
        "organisations",
        "id",
        "name",
        "total",
        "years",
        "unknown_month",
        "domains",
        "domain",
        "total",
        "years",
        "unknown_month",
        "hosts",
        "host",
        "total",
        "sources",
        "id",
        "title",
        "kind",
        "place",
        "leaked",
        "total",
        "categories",
        "ministry",
        "affiliated",
        "input",
        "files",
        "bytes",
        "lines",
        "addresses",
        "matched",
        "duplicates",
        "without_secret",
        "outside_period",
        "outside_validity",
        "not_surveyed",
        "rejected",
        "unreadable",
    ] {
        let at = rest.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("`{key}` is not in its place"));
        rest = &rest[at + key.len() + 3..];
    }
}
