//! The incidents, laid on the period.

use mizumori_core::{Month, PartialDate};

use super::{Block, Cell, Chart, Drawing, Mark, Row, Section, Table, brief, numbers, text};
use crate::incidents::Incident;
use crate::model::Span;
use crate::scene::Scene;
use crate::words::number;

pub(super) fn section(scene: &Scene<'_>, incidents: &[Incident]) -> Option<Section> {
    if incidents.is_empty() {
        return None;
    }
    let texts = scene.texts();
    let mut blocks = vec![Block::Paragraph(texts.incidents_text.to_owned())];
    if let Some(span) = scene.report.period {
        let marks: Vec<_> = incidents
            .iter()
            .zip(1..)
            .filter(|(incident, _)| inside(incident.date, span))
            .map(|(incident, number)| Mark { number, at: at(incident.date, span.from) })
            .collect();
        if !marks.is_empty() {
            blocks.push(Block::Chart(Chart {
                title: scene.voice().timeline(marks.len()),
                description: number::span(scene.lang, span),
                drawing: Drawing::Timeline { from: span.from, to: span.to, marks },
                note: None,
            }));
        }
    }
    blocks.push(Block::Table(table(scene, incidents)));
    Some(Section::new("incidents", texts.incidents, blocks))
}

fn table(scene: &Scene<'_>, incidents: &[Incident]) -> Table {
    let texts = scene.texts();
    let persons = incidents.iter().any(|incident| incident.persons.is_some());
    let addresses = incidents.iter().any(|incident| incident.mail_addresses.is_some());
    let mut columns =
        vec![brief(texts.number), brief(texts.date), text(texts.organisation), text(texts.incident)];
    if persons {
        columns.push(numbers(texts.persons));
    }
    if addresses {
        columns.push(numbers(texts.mail_addresses));
    }
    let mut table = Table { caption: texts.incidents_table.to_owned(), columns, ..Table::default() };
    for (incident, number) in incidents.iter().zip(1..) {
        let date = number::date(scene.lang, incident.date);
        let outside = scene.report.period.is_some_and(|span| !inside(incident.date, span));
        let mut remarks = Vec::new();
        if let Some(kind) = &incident.kind {
            remarks.push(scene.voice().incident_kind(kind).map_or_else(|| kind.clone(), str::to_owned));
        }
        if let Some(source) = &incident.source {
            remarks.push(format!("{}{}{source}", texts.source, texts.colon));
        }
        let mut cells = vec![
            Cell::from(number.to_string()),
            Cell { text: date, remark: outside.then(|| texts.outside_period_mark.to_owned()) },
            Cell::from(incident.organisation.of(scene.lang)),
            Cell {
                text: incident.summary.of(scene.lang).to_owned(),
                remark: (!remarks.is_empty()).then(|| remarks.join(" / ")),
            },
        ];
        let counted = |count: Option<u64>, say: &dyn Fn(u64) -> String| {
            Cell::from(count.map_or_else(|| "–".to_owned(), say))
        };
        if persons {
            cells.push(counted(incident.persons, &|count| scene.voice().persons(count)));
        }
        if addresses {
            cells.push(counted(incident.mail_addresses, &|count| scene.voice().mail_addresses(count)));
        }
        table.rows.push(Row { cells, ..Row::default() });
    }
    table
}

/// Whether a date lies inside the period; a year alone, when the period touches it.
fn inside(date: PartialDate, span: Span) -> bool {
    date.leak_time().span().is_some_and(|(first, last)| first <= span.to && span.from <= last)
}

/// Where a date lies, in months since `from`.
fn at(date: PartialDate, from: Month) -> f64 {
    let Some((first, last)) = date.leak_time().span() else { return 0.0 };
    let (first, last) = (f64::from(from.months_until(first)), f64::from(from.months_until(last)));
    let inside = date.day().map_or(0.5, |day| f64::from(day.saturating_sub(1)) / 31.0);
    (f64::midpoint(first, last) + inside).max(0.0)
}
