//! The chapter on the method, with all its preconditions.

use std::collections::BTreeSet;

use super::{Block, Section, Table, numbers, row, sum, text};
use crate::model::{CategoryCount, SourceCount};
use crate::render::Detail;
use crate::scene::Scene;
use crate::words::number::{date, grouped};

pub(super) fn section(scene: &Scene<'_>) -> Section {
    let texts = scene.texts();
    let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let period = match scene.report.period {
        Some(period) => scene.voice().period(period),
        None => texts.no_period.to_owned(),
    };
    Section::new("method", texts.method, Vec::new()).with(vec![
        targets(scene),
        Section::new(
            "preconditions",
            texts.preconditions,
            vec![Block::Points(owned(texts.precondition_items))],
        ),
        Section::new("period", texts.period, vec![Block::Paragraph(period)]),
        Section::new("taken", texts.taken, vec![Block::Paragraph(texts.taken_text.to_owned())]),
        Section::new("counting", texts.counting, vec![Block::Points(owned(texts.counting_items))]),
        limits(scene),
    ])
}

fn targets(scene: &Scene<'_>) -> Section {
    let texts = scene.texts();
    // A domain that one body held after another is one domain.
    let domains = |category: &CategoryCount| -> BTreeSet<String> {
        let domains = category.organisations.iter().flat_map(|organisation| &organisation.domains);
        domains.map(|domain| domain.domain.clone()).collect()
    };
    let mut table = Table {
        caption: texts.targets_table.to_owned(),
        columns: vec![text(texts.category), numbers(texts.organisations), numbers(texts.domains)],
        ..Table::default()
    };
    let (mut all_organisations, mut all_domains) = (0, BTreeSet::new());
    for category in &scene.report.categories {
        let (organisations, domains) = (category.organisations.len() as u64, domains(category));
        let counted = [grouped(organisations), grouped(domains.len() as u64)];
        table.rows.push(row([scene.name(category).to_owned()].into_iter().chain(counted)));
        all_organisations += organisations;
        all_domains.extend(domains);
    }
    let all = [grouped(all_organisations), grouped(all_domains.len() as u64)];
    table.rows.push(sum([texts.total.to_owned()].into_iter().chain(all)));
    let facts = &scene.report.produced.watch_list;
    if let Some(as_of) = facts.as_of {
        table.notes.push(format!("{}{}{}", texts.as_of, texts.colon, date(scene.lang, as_of)));
    }
    let mut blocks = vec![Block::Paragraph(texts.targets_text.to_owned()), Block::Table(table)];
    if let Some(note) = &facts.note {
        blocks.push(Block::Note(format!("{}{}{}", texts.watch_list, texts.colon, note.of(scene.lang))));
    }
    Section::new("targets", texts.targets, blocks)
}

fn limits(scene: &Scene<'_>) -> Section {
    let texts = scene.texts();
    let mut items: Vec<String> = texts.limit_items.iter().map(|item| (*item).to_owned()).collect();
    if scene.report.sources.iter().any(is_collection_one) {
        items.push(texts.collection_one.to_owned());
    }
    items.extend(scene.unverified());
    if scene.detail > Detail::Category {
        items.push(texts.small_figures.to_owned());
        if scene.disclosure.withholds() {
            items.push(texts.withheld_figures.to_owned());
        }
    }
    Section::new("limits", texts.limits, vec![Block::Points(items)])
}

/// Whether a source is the combination list of that name, counted in the year of which the report speaks.
fn is_collection_one(source: &SourceCount) -> bool {
    let name = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    source.leaked.is_some_and(|leaked| leaked.year() == 2019)
        && [&source.id, &source.title].into_iter().any(|text| name(text) == "collection1")
}
