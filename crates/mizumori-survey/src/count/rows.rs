//! From cells to rows: the counts of hosts, added up to domains, organisations and categories.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use mizumori_core::{Period, Source, WatchList};

use super::place::Plan;
use super::{Count, InputFacts};
use crate::model::{
    Bilingual, CategoryCount, DomainCount, HostCount, Input, OrganisationCount, Pace, Produced, Report,
    SCHEMA, SourceCount, WatchListFacts, Year, Years, sum,
};
use crate::rank::{pace, rank};

/// The rows of the hosts seen below a domain.
type Hosts = BTreeMap<Box<str>, Row>;

/// A row's figures.
#[derive(Clone, Debug, Default)]
struct Row {
    years: Years,
    unknown_month: u64,
}

impl Row {
    fn add(&mut self, year: Option<Year>, count: u64) {
        match year {
            Some(year) => *self.years.entry(year).or_default() += count,
            None => self.unknown_month += count,
        }
    }

    fn add_row(&mut self, other: &Self) {
        for (year, count) in &other.years {
            self.add(Some(*year), *count);
        }
        self.unknown_month += other.unknown_month;
    }

    fn total(&self) -> u64 {
        sum(self.years.values().copied())
    }
}

pub(super) fn report(count: Count, by: &str, input: InputFacts) -> Report {
    let Count { method, sources, asked, period, passed, duplicates, cells, counts, .. } = count;
    let watch = &*method.watch;
    let mut hosts: Vec<Hosts> = vec![Hosts::new(); watch.domains.len()];
    let mut by_source = vec![vec![0; watch.categories.len()]; sources.len()];
    let mut unknown_by_source = vec![0; sources.len()];
    for (cell, number) in cells {
        let (domain, source) = (cell.domain as usize, cell.source as usize);
        let Some(Plan::Counted(place)) = method.plans.get(source) else { continue };
        let Some(count) = counts.get(number as usize).copied() else { continue };
        if count.counted > 0
            && let Some(hosts) = hosts.get_mut(domain)
        {
            hosts.entry(cell.host).or_default().add(place.year, count.counted);
        }
        let within_source = if place.shared { count.within_source } else { count.counted };
        let figure = if place.year.is_some() {
            category_of(watch, domain).and_then(|category| by_source.get_mut(source)?.get_mut(category))
        } else {
            unknown_by_source.get_mut(source)
        };
        if let Some(figure) = figure {
            *figure += within_source;
        }
    }

    let ended = asked.to.and(period);
    let blank = blank_row(period);
    let mut organisations: Vec<(usize, OrganisationCount, Row)> = Vec::new();
    let mut domains = domains_by_organisation(watch, hosts, &blank);
    for (index, organisation) in watch.organisations.iter().enumerate() {
        let mut row = blank.clone();
        let domains: Vec<_> = domains.remove(&index).unwrap_or_default();
        for (_, domain) in &domains {
            row.add_row(domain);
        }
        let count = OrganisationCount {
            id: organisation.id.clone(),
            name: Bilingual::from(&organisation.name),
            total: row.total(),
            years: row.years.clone(),
            unknown_month: row.unknown_month,
            parent: organisation
                .parent
                .and_then(|parent| watch.organisations.get(parent.0))
                .map(|parent| parent.id.clone()),
            includes: organisation.includes.iter().map(Bilingual::from).collect(),
            domains: domains.into_iter().map(|(domain, _)| domain).collect(),
        };
        organisations.push((organisation.category.0, count, row));
    }
    let mut categories: Vec<(CategoryCount, Row)> = watch
        .categories
        .iter()
        .map(|category| {
            let count = CategoryCount {
                id: category.id.clone(),
                name: Bilingual::from(&category.name),
                total: 0,
                years: Years::new(),
                unknown_month: 0,
                rank: Vec::new(),
                pace: None,
                organisations: Vec::new(),
            };
            (count, blank.clone())
        })
        .collect();
    for (category, organisation, figures) in organisations {
        if let Some((count, row)) = categories.get_mut(category) {
            row.add_row(&figures);
            count.organisations.push(organisation);
        }
    }
    let categories = categories.into_iter().map(|(count, row)| finished(count, row, ended)).collect();

    let InputFacts { files, bytes, lines, addresses, rejected, mut unreadable, complete, synthetic } = input;
    unreadable.sort();
    Report {
        schema: SCHEMA,
        complete,
        synthetic,
        produced: Produced { by: by.to_owned(), watch_list: facts(watch) },
        period: period.map(Into::into),
        categories,
        sources: source_counts(&sources, watch, by_source, unknown_by_source),
        input: Input {
            files,
            bytes,
            lines,
            addresses,
            matched: passed.matched,
            duplicates,
            without_secret: passed.without_secret,
            outside_period: passed.outside_period,
            outside_validity: passed.outside_validity,
            not_surveyed: passed.not_surveyed,
            rejected,
            unreadable,
        },
    }
}

fn category_of(watch: &WatchList, domain: usize) -> Option<usize> {
    let organisation = watch.domains.get(domain)?.organisation;
    Some(watch.organisations.get(organisation.0)?.category.0)
}

fn blank_row(period: Option<Period>) -> Row {
    let years = period.into_iter().flat_map(|period| period.years().map(|year| (Year(year), 0))).collect();
    Row { years, unknown_month: 0 }
}

/// The domains of each organisation in the list's order. The spans of one name are one domain.
fn domains_by_organisation(
    watch: &WatchList,
    hosts: Vec<Hosts>,
    blank: &Row,
) -> HashMap<usize, Vec<(DomainCount, Row)>> {
    let mut merged: HashMap<usize, Vec<(&str, Hosts)>> = HashMap::new();
    let mut known: HashMap<(usize, &str), usize> = HashMap::new();
    for (domain, hosts) in watch.domains.iter().zip(hosts) {
        let (organisation, name) = (domain.organisation.0, domain.name.as_str());
        let rows = merged.entry(organisation).or_default();
        let place = *known.entry((organisation, name)).or_insert(rows.len());
        match rows.get_mut(place) {
            Some((_, known)) => {
                for (host, row) in hosts {
                    known.entry(host).or_default().add_row(&row);
                }
            }
            None => rows.push((name, hosts)),
        }
    }
    let finish = |(name, hosts): (&str, Hosts)| {
        let mut row = blank.clone();
        let mut counts: Vec<_> = Vec::with_capacity(hosts.len());
        for (host, figures) in hosts {
            row.add_row(&figures);
            counts.push(HostCount {
                host: host.into_string(),
                total: figures.total(),
                years: figures.years,
                unknown_month: figures.unknown_month,
            });
        }
        // Stable: equal totals stay in the order of their names.
        counts.sort_by_key(|host| Reverse(host.total));
        let domain = DomainCount {
            domain: name.to_owned(),
            total: row.total(),
            years: row.years.clone(),
            unknown_month: row.unknown_month,
            hosts: counts,
        };
        (domain, row)
    };
    merged
        .into_iter()
        .map(|(organisation, rows)| (organisation, rows.into_iter().map(finish).collect()))
        .collect()
}

fn finished(count: CategoryCount, row: Row, ended: Option<Period>) -> CategoryCount {
    let pace: Option<Pace> = ended.and_then(|period| pace(&row.years, period.from(), period.to()));
    CategoryCount {
        total: row.total(),
        rank: rank(&row.years),
        pace,
        years: row.years,
        unknown_month: row.unknown_month,
        ..count
    }
}

fn source_counts(
    sources: &[Source],
    watch: &WatchList,
    by_source: Vec<Vec<u64>>,
    unknown_by_source: Vec<u64>,
) -> Vec<SourceCount> {
    sources
        .iter()
        .zip(by_source)
        .zip(unknown_by_source)
        .map(|((source, counts), unknown_month)| SourceCount {
            id: source.id.to_string(),
            title: source.title.clone(),
            kind: source.kind,
            place: source.place.clone(),
            leaked: source.leaked,
            total: sum(counts.iter().copied()),
            categories: watch.categories.iter().map(|category| category.id.clone()).zip(counts).collect(),
            unknown_month,
            breached: source.breached,
            obtained: source.obtained,
            public: source.public,
            fabricated: source.fabricated,
        })
        .collect()
}

/// A name that two spans of dates share is one domain, unverified when one of them is.
fn facts(watch: &WatchList) -> WatchListFacts {
    let mut verified: BTreeMap<&str, bool> = BTreeMap::new();
    for domain in &watch.domains {
        *verified.entry(domain.name.as_str()).or_insert(true) &= domain.verified;
    }
    WatchListFacts {
        as_of: watch.as_of,
        blake3: watch.digest.clone(),
        organisations: watch.organisations.len() as u64,
        domains: verified.len() as u64,
        unverified: verified.values().filter(|verified| !**verified).count() as u64,
        title: watch.title.as_ref().map(Bilingual::from),
        note: watch.note.as_ref().map(Bilingual::from),
    }
}
