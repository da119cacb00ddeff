//! A report as JSON, table, CSV, Markdown and HTML.
//!
//! Every rendering reads the [`Report`] alone, so that a report that was kept as JSON can be rendered again, in
//! the other language or another form. Nothing here asks for the time or the machine: the same report gives the
//! same bytes.

use mizumori_core::Lang;

use crate::countermeasures::Countermeasures;
use crate::incidents::Incident;
use crate::model::Report;
use crate::scene::Scene;
use crate::{SurveyError, document};

mod csv;
mod html;
mod markdown;
mod plain;
mod prose;
mod svg;
mod table;

pub use table::{NARROW, WIDE};

/// How far down a rendering goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// Categories alone.
    Category,
    /// Their organisations too.
    Organisation,
    /// The organisations' domains too.
    Domain,
    /// The hosts below the domains too.
    Host,
}

/// What goes into a report to be read, Markdown or HTML, beside its figures.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The language.
    pub lang: Lang,
    /// How far down it goes. What is finer than [`Detail::Category`] carries TLP:AMBER and hides figures below
    /// five.
    pub detail: Detail,
    /// Incidents to tell, in the order of their dates.
    pub incidents: &'a [Incident],
    /// A person's words about the figures, in Markdown.
    pub discussion: Option<&'a str>,
    /// What to recommend.
    pub countermeasures: Countermeasures<'a>,
}

impl Default for View<'_> {
    /// Japanese, categories alone, nothing beside the figures but the countermeasures built in.
    fn default() -> Self {
        Self {
            lang: Lang::Ja,
            detail: Detail::Category,
            incidents: &[],
            discussion: None,
            countermeasures: Countermeasures::BuiltIn,
        }
    }
}

/// The report as JSON, indented, with a line end. Coarser than [`Detail::Host`], the lists below are empty.
///
/// # Errors
/// None that a report made by this crate can cause.
pub fn json(report: &Report, detail: Detail) -> Result<String, SurveyError> {
    let mut text = if detail == Detail::Host {
        serde_json::to_string_pretty(report)
    } else {
        serde_json::to_string_pretty(&cut(report, detail))
    }
    .map_err(SurveyError::Json)?;
    text.push('\n');
    Ok(text)
}

/// The report as comma-separated values: category, organisation, domain, host, year, count.
///
/// One row a year for each row of the finest `detail`, zeros too (hosts: the years with a count), and one with
/// the year `unknown` where there is a count of unknown month. Categories and organisations stand by their ids,
/// as in the JSON. UTF-8 with a byte order mark, lines end with CR LF (RFC 4180).
pub fn csv(report: &Report, detail: Detail) -> String {
    csv::render(report, detail)
}

/// The report as a table for a terminal of `width` columns, with what the figures say below it.
pub fn table(report: &Report, lang: Lang, detail: Detail, width: usize) -> String {
    table::render(&Scene::open(report, lang, detail), width)
}

/// The report as GitHub-flavoured Markdown.
pub fn markdown(report: &Report, view: &View<'_>) -> String {
    let scene = Scene::guarded(report, view.lang, view.detail);
    markdown::render(&document::compose(&scene, view))
}

/// The report as one HTML page that needs nothing but itself: no script, no font, no image from elsewhere.
pub fn html(report: &Report, view: &View<'_>) -> String {
    let scene = Scene::guarded(report, view.lang, view.detail);
    html::render(&document::compose(&scene, view))
}

/// The report down to `detail`.
fn cut(report: &Report, detail: Detail) -> Report {
    let mut report = report.clone();
    for category in &mut report.categories {
        if detail < Detail::Organisation {
            category.organisations.clear();
        }
        for organisation in &mut category.organisations {
            if detail < Detail::Domain {
                organisation.domains.clear();
            }
            for domain in &mut organisation.domains {
                domain.hosts.clear();
            }
        }
    }
    report
}
