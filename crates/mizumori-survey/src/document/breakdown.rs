//! A category's organisations, and, where asked for, their domains and hosts.

use super::{Cell, Head, Row as TableRow, Table, numbers, text};
use crate::branches::Branches;
use crate::disclosure::{Column, Row};
use crate::model::{CategoryCount, OrganisationCount, Year, Years};
use crate::render::Detail;
use crate::scene::Scene;
use crate::words::number;

/// With more years than this, a page has no room for a column each.
const YEARS: usize = 16;

/// The figures of a row.
struct Figures<'a> {
    row: Row,
    years: &'a Years,
    total: u64,
    unknown_month: u64,
}

/// Which columns a table has.
struct Columns {
    years: Vec<Year>,
    unknown: bool,
}

pub(super) fn table(scene: &Scene<'_>, c: usize, category: &CategoryCount) -> Table {
    let texts = scene.texts();
    let columns = Columns {
        years: if category.years.len() <= YEARS {
            category.years.keys().copied().collect()
        } else {
            Vec::new()
        },
        unknown: category.unknown_month > 0,
    };
    let mut table = Table {
        caption: scene.voice().organisation_table(scene.name(category)),
        columns: heads(scene, &columns),
        ..Table::default()
    };
    let branches = Branches::of(scene.report);
    let mut left_out = 0;
    for (o, organisation) in category.organisations.iter().enumerate() {
        let branch = branches.find(c, o);
        let found = |total: u64, unknown: u64| total > 0 || unknown > 0;
        if !found(organisation.total, organisation.unknown_month)
            && !branch.is_some_and(|branch| found(branch.total, branch.unknown_month))
        {
            left_out += 1;
            continue;
        }
        let figures = Figures {
            row: Row::Organisation(c, o),
            years: &organisation.years,
            total: organisation.total,
            unknown_month: organisation.unknown_month,
        };
        let name =
            Cell { text: organisation.name.of(scene.lang).to_owned(), remark: remark(scene, organisation) };
        table.rows.push(line(scene, &columns, name, 0, &figures));
        if let Some(branch) = branch {
            let figures = Figures {
                row: Row::Branch(c, o),
                years: &branch.years,
                total: branch.total,
                unknown_month: branch.unknown_month,
            };
            table.rows.push(line(scene, &columns, Cell::from(texts.with_children), 1, &figures));
        }
        if scene.detail >= Detail::Domain {
            domains(scene, &columns, (c, o), organisation, &mut table);
        }
    }
    let figures = Figures {
        row: Row::Category(c),
        years: &category.years,
        total: category.total,
        unknown_month: category.unknown_month,
    };
    let total = line(scene, &columns, Cell::from(texts.total), 0, &figures);
    table.rows.push(TableRow { sum: true, ..total });
    if left_out > 0 {
        table.notes.push(scene.voice().left_out(left_out));
    }
    table
}

fn domains(
    scene: &Scene<'_>,
    columns: &Columns,
    (c, o): (usize, usize),
    organisation: &OrganisationCount,
    table: &mut Table,
) {
    for (d, domain) in organisation.domains.iter().enumerate() {
        if domain.total == 0 && domain.unknown_month == 0 {
            continue;
        }
        let figures = Figures {
            row: Row::Domain(c, o, d),
            years: &domain.years,
            total: domain.total,
            unknown_month: domain.unknown_month,
        };
        table.rows.push(line(scene, columns, Cell::from(domain.domain.as_str()), 1, &figures));
        if scene.detail < Detail::Host {
            continue;
        }
        for (h, host) in domain.hosts.iter().enumerate() {
            let figures = Figures {
                row: Row::Host(c, o, d, h),
                years: &host.years,
                total: host.total,
                unknown_month: host.unknown_month,
            };
            table.rows.push(line(scene, columns, Cell::from(host.host.as_str()), 2, &figures));
        }
    }
}

/// The bodies that share an organisation's domains.
fn remark(scene: &Scene<'_>, organisation: &OrganisationCount) -> Option<String> {
    if organisation.includes.is_empty() {
        return None;
    }
    let names: Vec<_> = organisation.includes.iter().map(|name| name.of(scene.lang).to_owned()).collect();
    let texts = scene.texts();
    Some(format!("{}{}{}", texts.includes, texts.colon, number::list(scene.lang, &names)))
}

fn heads(scene: &Scene<'_>, columns: &Columns) -> Vec<Head> {
    let texts = scene.texts();
    let mut heads = vec![if scene.detail >= Detail::Domain {
        text(&format!("{} / {}", texts.organisation, texts.domain))
    } else {
        text(texts.organisation)
    }];
    heads.extend(columns.years.iter().map(|year| numbers(&year.to_string())));
    heads.push(numbers(texts.total));
    if columns.unknown {
        heads.push(numbers(texts.unknown_month));
    }
    heads
}

fn line(scene: &Scene<'_>, columns: &Columns, name: Cell, level: usize, figures: &Figures<'_>) -> TableRow {
    let mut cells = vec![name];
    for year in &columns.years {
        let value = figures.years.get(year).copied().unwrap_or(0);
        cells.push(scene.figure(figures.row, Column::Year(*year), value).into());
    }
    cells.push(scene.figure(figures.row, Column::Total, figures.total).into());
    if columns.unknown {
        cells.push(scene.figure(figures.row, Column::Unknown, figures.unknown_month).into());
    }
    TableRow { cells, level, sum: false }
}
