//! The summary, the results category by category, and their comparison.

use super::breakdown;
use super::{Bar, Block, Chart, Drawing, KeyFigure, Section, Series, Table, numbers, row, sum, text};
use crate::disclosure::{Column, Row};
use crate::model::{CategoryCount, Year};
use crate::rank::place;
use crate::render::Detail;
use crate::scene::Scene;
use crate::sentences::OUTSTANDING;
use crate::words::number;

/// With more categories than this, their years are not drawn beside each other.
const DRAWN: usize = 4;

pub(super) fn summary(scene: &Scene<'_>) -> Section {
    let texts = scene.texts();
    let unit = match scene.lang {
        mizumori_core::Lang::Ja => "件",
        mizumori_core::Lang::En => "",
    };
    let figures: Vec<_> = scene
        .report
        .categories
        .iter()
        .enumerate()
        .map(|(c, category)| KeyFigure {
            label: scene.name(category).to_owned(),
            figure: scene.figure(Row::Category(c), Column::Total, category.total),
            unit,
            remark: remark(scene, c, category),
        })
        .collect();
    let mut sentences = scene.summary(1);
    let lead = if sentences.is_empty() { String::new() } else { sentences.remove(0) };
    let blocks = vec![Block::Paragraph(lead), Block::KeyFigures(figures), Block::Points(sentences)];
    Section::new("summary", texts.summary, blocks)
}

/// The largest years of a category, in few words.
fn remark(scene: &Scene<'_>, c: usize, category: &CategoryCount) -> String {
    let largest = category.rank.iter().take(2).map(|year| {
        let value = category.years.get(year).copied().unwrap_or(0);
        let count = scene.count(Row::Category(c), Column::Year(*year), value);
        format!("{} {count}", number::year(scene.lang, *year))
    });
    let largest = largest.collect::<Vec<_>>();
    if largest.is_empty() {
        return String::new();
    }
    let texts = scene.texts();
    format!("{}{}{}", texts.top_years, texts.colon, largest.join(" / "))
}

pub(super) fn section(scene: &Scene<'_>) -> Section {
    let parts = scene
        .report
        .categories
        .iter()
        .enumerate()
        .map(|(c, category)| {
            let mut blocks = vec![Block::Points(scene.of_category(c, category, OUTSTANDING))];
            blocks.extend(chart(scene, c, category).map(Block::Chart));
            blocks.push(Block::Table(yearly(scene, c, category)));
            if scene.detail > Detail::Category {
                blocks.push(Block::Table(breakdown::table(scene, c, category)));
            }
            Section::new(&format!("category-{}", c + 1), scene.name(category), blocks)
        })
        .collect();
    Section::new("results", scene.texts().results, Vec::new()).with(parts)
}

/// A category's years as bars; `None` without years.
fn chart(scene: &Scene<'_>, c: usize, category: &CategoryCount) -> Option<Chart> {
    if category.years.is_empty() {
        return None;
    }
    let bars: Vec<Bar> = category
        .years
        .iter()
        .map(|(year, value)| {
            let shown = scene.shown(Row::Category(c), Column::Year(*year), *value);
            let projected = category
                .pace
                .filter(|pace| pace.year == *year && pace.projected > pace.so_far && shown.exact().is_some())
                .map(|pace| (pace.projected, number::grouped(pace.projected)));
            Bar {
                label: year.to_string(),
                value: shown.exact().unwrap_or(0),
                shown: scene.figure(Row::Category(c), Column::Year(*year), *value),
                outstanding: category.rank.iter().take(OUTSTANDING).any(|first| first == year),
                projected,
            }
        })
        .collect();
    let largest = category.rank.first().map(|year| {
        let value = category.years.get(year).copied().unwrap_or(0);
        (*year, scene.count(Row::Category(c), Column::Year(*year), value))
    });
    let largest = largest.as_ref().map(|(year, count)| (*year, count.as_str()));
    Some(Chart {
        title: scene.voice().chart(scene.name(category)),
        description: scene.voice().chart_in_words(category.years.len(), largest),
        note: bars.iter().any(|bar| bar.projected.is_some()).then_some(scene.texts().projection),
        drawing: Drawing::Years(bars),
    })
}

fn yearly(scene: &Scene<'_>, c: usize, category: &CategoryCount) -> Table {
    let texts = scene.texts();
    let mut table = Table {
        caption: scene.voice().yearly_table(scene.name(category)),
        columns: vec![
            text(texts.year),
            numbers(texts.count),
            numbers(texts.share),
            numbers(texts.place),
            text(texts.main_source),
        ],
        ..Table::default()
    };
    let total = scene.shown(Row::Category(c), Column::Total, category.total);
    for (year, value) in &category.years {
        let shown = scene.shown(Row::Category(c), Column::Year(*year), *value);
        let sources = scene.main_sources(category, *year);
        let titles: Vec<_> = sources.iter().take(3).map(|(_, source)| source.title.clone()).collect();
        table.rows.push(row([
            number::year(scene.lang, *year),
            scene.figure(Row::Category(c), Column::Year(*year), *value),
            scene.share(shown, total).unwrap_or_else(|| "–".to_owned()),
            place(&category.years, *year).map_or_else(|| "–".to_owned(), |place| place.to_string()),
            number::list(scene.lang, &titles),
        ]));
    }
    let total = scene.figure(Row::Category(c), Column::Total, category.total);
    table.rows.push(sum([texts.total.to_owned(), total, String::new(), String::new(), String::new()]));
    if category.unknown_month > 0 {
        let unknown = scene.figure(Row::Category(c), Column::Unknown, category.unknown_month);
        let empty = String::new;
        table.rows.push(row([texts.unknown_month.to_owned(), unknown, empty(), empty(), empty()]));
    }
    table
}

/// How the categories compare; `None` of one.
pub(super) fn comparison(scene: &Scene<'_>) -> Option<Section> {
    let (report, texts) = (scene.report, scene.texts());
    if report.categories.len() < 2 {
        return None;
    }
    let mut blocks = Vec::new();
    let sentences = scene.compared();
    if !sentences.is_empty() {
        blocks.push(Block::Paragraph(sentences.join(if scene.lang == mizumori_core::Lang::Ja {
            ""
        } else {
            " "
        })));
    }
    let names: Vec<_> = report.categories.iter().map(|category| scene.name(category).to_owned()).collect();
    let years = years_of(scene);
    let drawing = if report.categories.len() <= DRAWN && !years.is_empty() {
        let series = report.categories.iter().enumerate().map(|(c, category)| Series {
            name: scene.name(category).to_owned(),
            values: years.iter().map(|year| drawn(scene, c, category, *year)).collect(),
        });
        Drawing::Compared { years: years.iter().map(Year::to_string).collect(), series: series.collect() }
    } else {
        let bars = report.categories.iter().enumerate().map(|(c, category)| Bar {
            label: scene.name(category).to_owned(),
            value: scene.shown(Row::Category(c), Column::Total, category.total).exact().unwrap_or(0),
            shown: scene.figure(Row::Category(c), Column::Total, category.total),
            outstanding: false,
            projected: None,
        });
        Drawing::Totals(bars.collect())
    };
    let description = report
        .categories
        .iter()
        .enumerate()
        .map(|(c, category)| {
            let total = scene.count(Row::Category(c), Column::Total, category.total);
            format!("{}{}{total}", scene.name(category), texts.colon)
        })
        .collect::<Vec<_>>();
    blocks.push(Block::Chart(Chart {
        title: scene.voice().comparison_chart(&names),
        description: number::list(scene.lang, &description),
        drawing,
        note: None,
    }));
    blocks.push(Block::Table(compared(scene, &years)));
    Some(Section::new("comparison", texts.comparison, blocks))
}

fn drawn(scene: &Scene<'_>, c: usize, category: &CategoryCount, year: Year) -> u64 {
    let value = category.years.get(&year).copied().unwrap_or(0);
    scene.shown(Row::Category(c), Column::Year(year), value).exact().unwrap_or(0)
}

/// Every year that a category has.
pub(super) fn years_of(scene: &Scene<'_>) -> Vec<Year> {
    let mut years: Vec<_> =
        scene.report.categories.iter().flat_map(|category| category.years.keys()).copied().collect();
    years.sort_unstable();
    years.dedup();
    years
}

fn compared(scene: &Scene<'_>, years: &[Year]) -> Table {
    let (report, texts) = (scene.report, scene.texts());
    let mut columns = vec![text(texts.year)];
    columns.extend(report.categories.iter().map(|category| numbers(scene.name(category))));
    let mut table = Table { caption: texts.comparison_table.to_owned(), columns, ..Table::default() };
    let line = |label: String, column: Column, value: &dyn Fn(&CategoryCount) -> u64| {
        let figures = report
            .categories
            .iter()
            .enumerate()
            .map(|(c, category)| scene.figure(Row::Category(c), column, value(category)));
        [label].into_iter().chain(figures).collect::<Vec<_>>()
    };
    for year in years {
        let value = |category: &CategoryCount| category.years.get(year).copied().unwrap_or(0);
        table.rows.push(row(line(number::year(scene.lang, *year), Column::Year(*year), &value)));
    }
    table.rows.push(sum(line(texts.total.to_owned(), Column::Total, &|category| category.total)));
    if report.unknown_month() > 0 {
        let value = |category: &CategoryCount| category.unknown_month;
        table.rows.push(row(line(texts.unknown_month.to_owned(), Column::Unknown, &value)));
    }
    table
}
