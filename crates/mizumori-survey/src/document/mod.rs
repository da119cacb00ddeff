//! A report as a document: chapters of paragraphs, tables and charts, the same for Markdown and HTML.
//!
//! Texts are plain here. Each rendering escapes them; only an author's own Markdown is passed on as such.

mod about;
mod breakdown;
mod incidents;
mod method;
mod results;

use mizumori_core::{Lang, Month};

use crate::countermeasures::Countermeasures;
use crate::render::{Detail, View};
use crate::scene::Scene;
use crate::words::number;

/// A whole document.
pub(crate) struct Document {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    pub(crate) subtitle: Vec<String>,
    /// The marking under which it may be handed on.
    pub(crate) marking: Option<String>,
    pub(crate) banners: Vec<String>,
    pub(crate) contents: &'static str,
    pub(crate) sections: Vec<Section>,
    pub(crate) produced_by: String,
}

/// A chapter, or a part of one.
pub(crate) struct Section {
    /// What links point to; ASCII.
    pub(crate) id: String,
    /// `3` or `3.1`.
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) parts: Vec<Section>,
}

/// What chapters are made of.
pub(crate) enum Block {
    Paragraph(String),
    /// Sentences that stand for themselves.
    Points(Vec<String>),
    /// What to do, and why.
    Steps(Vec<(String, String)>),
    KeyFigures(Vec<KeyFigure>),
    Table(Table),
    Chart(Chart),
    /// Markdown of somebody's own.
    Author(String),
    /// Small print.
    Note(String),
}

/// A figure that is worth a place of its own.
pub(crate) struct KeyFigure {
    pub(crate) label: String,
    pub(crate) figure: String,
    pub(crate) unit: &'static str,
    pub(crate) remark: String,
}

/// A table; the first cell of a row names it.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<Head>,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// The head of a column.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) holds: Holds,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    /// Texts too short to be broken.
    Brief,
    Numbers,
}

/// A row.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// How deep it stands below another, 0 to 3.
    pub(crate) level: usize,
    /// Whether it is a sum.
    pub(crate) sum: bool,
}

/// A cell, with a remark in small print.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) remark: Option<String>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, remark: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// A chart. What it shows stands in a table beside it.
pub(crate) struct Chart {
    pub(crate) title: String,
    /// The same in words.
    pub(crate) description: String,
    pub(crate) drawing: Drawing,
    /// How to read it, where that needs saying.
    pub(crate) note: Option<&'static str>,
}

/// What is drawn.
pub(crate) enum Drawing {
    /// A bar a year.
    Years(Vec<Bar>),
    /// The categories' bars of each year beside each other.
    Compared { years: Vec<String>, series: Vec<Series> },
    /// A bar a category.
    Totals(Vec<Bar>),
    /// Marks on a span of months.
    Timeline { from: Month, to: Month, marks: Vec<Mark> },
}

/// A bar. Where the figure is hidden, its length is 0.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: u64,
    pub(crate) shown: String,
    /// Whether it stands out.
    pub(crate) outstanding: bool,
    /// What the year would reach at its pace.
    pub(crate) projected: Option<(u64, String)>,
}

/// A category's bars.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) values: Vec<u64>,
}

/// A numbered mark at a month; a year alone stands in its middle.
pub(crate) struct Mark {
    pub(crate) number: usize,
    /// Months since the first one, and how much of the next.
    pub(crate) at: f64,
}

/// A column of texts.
pub(crate) fn text(title: &str) -> Head {
    Head { title: title.to_owned(), holds: Holds::Text }
}

/// A column of short texts.
pub(crate) fn brief(title: &str) -> Head {
    Head { title: title.to_owned(), holds: Holds::Brief }
}

/// A column of numbers.
pub(crate) fn numbers(title: &str) -> Head {
    Head { title: title.to_owned(), holds: Holds::Numbers }
}

/// Puts a report together.
pub(crate) fn compose(scene: &Scene<'_>, view: &View<'_>) -> Document {
    let texts = scene.texts();
    let mut sections = vec![results::summary(scene), method::section(scene), results::section(scene)];
    sections.extend(results::comparison(scene));
    sections.extend(incidents::section(scene, view.incidents));
    if let Some(discussion) = view.discussion.filter(|text| !text.trim().is_empty()) {
        let blocks =
            vec![Block::Note(texts.discussion_text.to_owned()), Block::Author(discussion.to_owned())];
        sections.push(Section::new("discussion", texts.discussion, blocks));
    }
    sections.push(measures(scene, view.countermeasures));
    sections.push(about::sources(scene));
    sections.push(about::unreadable(scene));
    sections.push(about::colophon(scene));
    for (index, section) in sections.iter_mut().enumerate() {
        section.number = (index + 1).to_string();
        for (part, index) in section.parts.iter_mut().zip(1..) {
            part.number = format!("{}.{index}", section.number);
        }
    }
    let report = scene.report;
    let mut subtitle = Vec::new();
    if let Some(title) = &report.produced.watch_list.title {
        subtitle.push(title.of(scene.lang).to_owned());
    }
    if let Some(period) = report.period {
        let period = number::span(scene.lang, period);
        subtitle.push(format!("{}{}{period}", texts.period, texts.colon));
    }
    Document {
        lang: scene.lang,
        title: texts.title.to_owned(),
        subtitle,
        marking: (scene.detail > Detail::Category).then(|| texts.amber.to_owned()),
        banners: scene.banners().into_iter().map(str::to_owned).collect(),
        contents: texts.contents,
        sections,
        produced_by: report.produced.by.clone(),
    }
}

fn measures(scene: &Scene<'_>, countermeasures: Countermeasures<'_>) -> Section {
    let texts = scene.texts();
    let blocks = match countermeasures {
        Countermeasures::BuiltIn => vec![
            Block::Paragraph(texts.measures_text.to_owned()),
            Block::Steps(
                texts
                    .measure_items
                    .iter()
                    .map(|(what, why)| ((*what).to_owned(), (*why).to_owned()))
                    .collect(),
            ),
        ],
        Countermeasures::Text(text) => vec![Block::Author(text.to_owned())],
    };
    Section::new("countermeasures", texts.measures, blocks)
}

impl Section {
    fn new(id: &str, title: &str, blocks: Vec<Block>) -> Self {
        Self { id: id.to_owned(), number: String::new(), title: title.to_owned(), blocks, parts: Vec::new() }
    }

    fn with(mut self, parts: Vec<Self>) -> Self {
        self.parts = parts;
        self
    }
}

/// A row of plain cells.
fn row<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Row {
    Row { cells: cells.into_iter().map(Into::into).collect(), ..Row::default() }
}

/// A row that is a sum.
fn sum<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Row {
    Row { sum: true, ..row(cells) }
}
