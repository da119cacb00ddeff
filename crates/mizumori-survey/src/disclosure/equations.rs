//! The sums that a reader of a report can check, and so can turn around.

use std::collections::HashMap;

use super::solve::System;
use super::{Column, Figure, Row};
use crate::branches::Branches;
use crate::model::{Report, Years};
use crate::render::Detail;

/// Adds the figures that a report of this detail shows, and every sum between them.
pub(super) fn state(report: &Report, detail: Detail, system: &mut System) {
    let span: Vec<Column> = years_of(report);
    let columns: Vec<Column> = span.iter().copied().chain([Column::Total, Column::Unknown]).collect();

    let all = |column| Figure(Row::All, column);
    system.figure(all(Column::Total), report.total());
    system.figure(all(Column::Unknown), report.unknown_month());
    let branches = Branches::of(report);
    for (c, category) in report.categories.iter().enumerate() {
        let row = Row::Category(c);
        add_row(system, row, &span, &category.years, (category.total, category.unknown_month));
        for (o, organisation) in category.organisations.iter().enumerate() {
            let row = Row::Organisation(c, o);
            add_row(
                system,
                row,
                &span,
                &organisation.years,
                (organisation.total, organisation.unknown_month),
            );
            if detail < Detail::Domain {
                continue;
            }
            for (d, domain) in organisation.domains.iter().enumerate() {
                let row = Row::Domain(c, o, d);
                add_row(system, row, &span, &domain.years, (domain.total, domain.unknown_month));
                if detail < Detail::Host {
                    continue;
                }
                for (h, host) in domain.hosts.iter().enumerate() {
                    let row = Row::Host(c, o, d, h);
                    add_row(system, row, &span, &host.years, (host.total, host.unknown_month));
                }
                let hosts = domain.hosts.len();
                add_columns(
                    system,
                    Row::Domain(c, o, d),
                    &columns,
                    (0..hosts).map(|h| Row::Host(c, o, d, h)),
                );
            }
            let domains = organisation.domains.len();
            add_columns(
                system,
                Row::Organisation(c, o),
                &columns,
                (0..domains).map(|d| Row::Domain(c, o, d)),
            );
        }
        let organisations = category.organisations.len();
        add_columns(system, Row::Category(c), &columns, (0..organisations).map(|o| Row::Organisation(c, o)));
    }
    for column in [Column::Total, Column::Unknown] {
        system.sum(all(column), (0..report.categories.len()).map(|c| Figure(Row::Category(c), column)));
    }
    for branch in branches.iter() {
        let row = Row::Branch(branch.category, branch.organisation);
        add_row(system, row, &span, &branch.years, (branch.total, branch.unknown_month));
    }
    for branch in branches.iter() {
        let own = Row::Organisation(branch.category, branch.organisation);
        let parts = branch.children.iter().map(|(c, o)| {
            if branches.find(*c, *o).is_some() { Row::Branch(*c, *o) } else { Row::Organisation(*c, *o) }
        });
        let row = Row::Branch(branch.category, branch.organisation);
        add_columns(system, row, &columns, [own].into_iter().chain(parts));
    }
    add_sources(report, system);
    add_input(report, system);
}

fn years_of(report: &Report) -> Vec<Column> {
    let mut years: Vec<_> =
        report.categories.iter().flat_map(|category| category.years.keys()).copied().collect();
    years.sort_unstable();
    years.dedup();
    years.into_iter().map(Column::Year).collect()
}

/// A row's figures, and that its years make up its total.
fn add_row(system: &mut System, row: Row, span: &[Column], years: &Years, (total, unknown): (u64, u64)) {
    for column in span {
        if let Column::Year(year) = column {
            system.figure(Figure(row, *column), years.get(year).copied().unwrap_or(0));
        }
    }
    system.figure(Figure(row, Column::Total), total);
    system.figure(Figure(row, Column::Unknown), unknown);
    system.sum(Figure(row, Column::Total), span.iter().map(|column| Figure(row, *column)));
}

/// That the figures of `rows` make up those of `row`, column by column.
fn add_columns(system: &mut System, row: Row, columns: &[Column], rows: impl Iterator<Item = Row> + Clone) {
    for column in columns {
        system.sum(Figure(row, *column), rows.clone().map(|part| Figure(part, *column)));
    }
}

/// What each source brought, category by category.
fn add_sources(report: &Report, system: &mut System) {
    let ids: HashMap<_, _> =
        report.categories.iter().enumerate().map(|(c, category)| (&category.id, c)).collect();
    for (s, source) in report.sources.iter().enumerate() {
        system.figure(Figure(Row::Source(s), Column::Total), source.total);
        system.figure(Figure(Row::Source(s), Column::Unknown), source.unknown_month);
        let categories: Vec<_> =
            source.categories.iter().filter_map(|(id, count)| Some((*ids.get(id)?, *count))).collect();
        for (c, count) in &categories {
            system.figure(Figure(Row::Source(s), Column::Category(*c)), *count);
        }
        let parts = categories.iter().map(|(c, _)| Figure(Row::Source(s), Column::Category(*c)));
        system.sum(Figure(Row::Source(s), Column::Total), parts);
    }
}

/// The identity of the counting method.
fn add_input(report: &Report, system: &mut System) {
    let input = &report.input;
    let figures = [
        (Column::Duplicates, input.duplicates),
        (Column::WithoutSecret, input.without_secret),
        (Column::OutsidePeriod, input.outside_period),
        (Column::OutsideValidity, input.outside_validity),
        (Column::NotSurveyed, input.not_surveyed),
    ];
    system.figure(Figure(Row::Input, Column::Matched), input.matched);
    for (column, value) in figures {
        system.figure(Figure(Row::Input, column), value);
    }
    let parts = figures
        .iter()
        .map(|(column, _)| Figure(Row::Input, *column))
        .chain([Figure(Row::All, Column::Total), Figure(Row::All, Column::Unknown)]);
    system.sum(Figure(Row::Input, Column::Matched), parts);
}
