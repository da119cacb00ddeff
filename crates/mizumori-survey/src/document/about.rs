//! The sources, what could not be read, and how the report was made.

use super::{Block, Cell, Row as TableRow, Section, Table, brief, numbers, row, sum, text};
use crate::disclosure::{Column, Row};
use crate::model::SourceCount;
use crate::scene::Scene;
use crate::words::number::{bytes, date, grouped};

pub(super) fn sources(scene: &Scene<'_>) -> Section {
    let (report, texts) = (scene.report, scene.texts());
    if report.sources.is_empty() {
        return Section::new("sources", texts.sources, vec![Block::Paragraph(texts.sources_none.to_owned())]);
    }
    let unknown = report.sources.iter().any(|source| source.unknown_month > 0);
    let mut columns = vec![text(texts.source), text(texts.kind), text(texts.seen_at), brief(texts.leaked)];
    columns.extend(report.categories.iter().map(|category| numbers(scene.name(category))));
    columns.push(numbers(texts.total));
    if unknown {
        columns.push(numbers(texts.unknown_month));
    }
    let mut table = Table { caption: texts.sources_table.to_owned(), columns, ..Table::default() };
    let mut order: Vec<(usize, &SourceCount)> = report.sources.iter().enumerate().collect();
    order.sort_by_key(|(s, source)| (source.leaked.is_none(), source.leaked, *s));
    for (s, source) in order {
        let remark = match (source.public, source.fabricated) {
            (_, true) => Some(texts.fabricated.to_owned()),
            (false, false) => Some(texts.not_public.to_owned()),
            (true, false) => None,
        };
        let leaked =
            source.leaked.map_or_else(|| texts.unknown.to_owned(), |leaked| date(scene.lang, leaked));
        let mut cells = vec![
            Cell { text: source.title.clone(), remark },
            Cell::from(scene.voice().kind(source.kind)),
            Cell::from(source.place.as_str()),
            Cell::from(leaked),
        ];
        let figure = |column: Column, value: u64| {
            Cell::from(if source.is_surveyed() {
                scene.figure(Row::Source(s), column, value)
            } else {
                "–".to_owned()
            })
        };
        for (c, category) in report.categories.iter().enumerate() {
            cells.push(figure(Column::Category(c), source.of_category(&category.id)));
        }
        cells.push(figure(Column::Total, source.total));
        if unknown {
            cells.push(figure(Column::Unknown, source.unknown_month));
        }
        table.rows.push(TableRow { cells, ..TableRow::default() });
    }
    table.notes.push(texts.sources_text.to_owned());
    Section::new("sources", texts.sources, vec![Block::Table(table)])
}

pub(super) fn unreadable(scene: &Scene<'_>) -> Section {
    let (input, texts) = (&scene.report.input, scene.texts());
    let mut blocks = Vec::new();
    if input.unreadable.is_empty() {
        blocks.push(Block::Paragraph(texts.unreadable_none.to_owned()));
    } else {
        blocks.push(Block::Paragraph(scene.voice().unreadable(input.unreadable.len())));
        let rows = input.unreadable.iter().map(|unreadable| row([unreadable.file.as_str(), &unreadable.why]));
        blocks.push(Block::Table(Table {
            caption: texts.unreadable.to_owned(),
            columns: vec![text(texts.file), text(texts.why)],
            rows: rows.collect(),
            notes: vec![texts.unreadable_text.to_owned()],
        }));
    }
    if input.rejected > 0 {
        blocks.push(Block::Paragraph(scene.voice().rejected(input.rejected)));
    }
    Section::new("unreadable", texts.unreadable, blocks)
}

pub(super) fn colophon(scene: &Scene<'_>) -> Section {
    let (report, texts) = (scene.report, scene.texts());
    let (input, facts) = (&report.input, &report.produced.watch_list);
    let complete = if report.complete { texts.yes } else { texts.no };
    let mut made = vec![
        [texts.produced_by.to_owned(), report.produced.by.clone()],
        [texts.complete.to_owned(), complete.to_owned()],
        [texts.files.to_owned(), grouped(input.files)],
        [texts.bytes.to_owned(), bytes(input.bytes)],
        [texts.lines.to_owned(), grouped(input.lines)],
        [texts.addresses.to_owned(), grouped(input.addresses)],
        [texts.rejected.to_owned(), grouped(input.rejected)],
        [texts.organisations.to_owned(), grouped(facts.organisations)],
        [texts.domains.to_owned(), grouped(facts.domains)],
        [texts.unverified.to_owned(), grouped(facts.unverified)],
    ];
    if let Some(as_of) = facts.as_of {
        made.push([texts.as_of.to_owned(), date(scene.lang, as_of)]);
    }
    made.push([texts.digest.to_owned(), facts.blake3.clone()]);
    let facts = Table {
        caption: texts.colophon_table.to_owned(),
        columns: vec![text(texts.item), text(texts.value)],
        rows: made.into_iter().map(row).collect(),
        notes: Vec::new(),
    };

    let figure = |label: &str, at: Row, column: Column, value: u64| {
        row([label.to_owned(), scene.figure(at, column, value)])
    };
    let rows = vec![
        figure(texts.counted, Row::All, Column::Total, report.total()),
        figure(texts.unknown_month, Row::All, Column::Unknown, report.unknown_month()),
        figure(texts.duplicates, Row::Input, Column::Duplicates, input.duplicates),
        figure(texts.without_secret, Row::Input, Column::WithoutSecret, input.without_secret),
        figure(texts.outside_period, Row::Input, Column::OutsidePeriod, input.outside_period),
        figure(texts.outside_validity, Row::Input, Column::OutsideValidity, input.outside_validity),
        figure(texts.not_surveyed, Row::Input, Column::NotSurveyed, input.not_surveyed),
        sum([texts.matched.to_owned(), scene.figure(Row::Input, Column::Matched, input.matched)]),
    ];
    let identity = Table {
        caption: texts.identity_table.to_owned(),
        columns: vec![text(texts.item), numbers(texts.count)],
        rows,
        notes: Vec::new(),
    };
    let said = if report.adds_up() { texts.adds_up } else { texts.does_not_add_up };
    let blocks = vec![Block::Table(facts), Block::Paragraph(said.to_owned()), Block::Table(identity)];
    Section::new("colophon", texts.colophon, blocks)
}
