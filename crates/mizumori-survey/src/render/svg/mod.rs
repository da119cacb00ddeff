//! Charts, drawn here: SVG that reads in greyscale print, for the colour-blind and by a screen reader.
//!
//! Colour never tells anything alone: what stands out is darker and labelled, series have patterns. Each drawing
//! has a title and a description; its figures stand in a table beside it.

mod bars;
mod scale;
mod timeline;

use super::plain;
use crate::document::{Chart, Drawing};

/// The width of every drawing, in its own units.
const WIDTH: f64 = 720.0;
/// Text and axes.
const INK: &str = "#222b36";
const FAINT: &str = "#5b6673";
const GRID: &str = "#d5dbe2";
/// What stands out, and what does not.
const DARK: &str = "#1d3c63";
const LIGHT: &str = "#a9bbcf";
/// The second series of a comparison.
const ACCENT: &str = "#9a5b1e";

/// Draws a chart. `id` is unique in the page.
pub(super) fn render(chart: &Chart, id: &str) -> String {
    let (height, drawing) = match &chart.drawing {
        Drawing::Years(years) => bars::years(years),
        Drawing::Compared { years, series } => bars::compared(years, series, id),
        Drawing::Totals(totals) => bars::totals(totals),
        Drawing::Timeline { from, to, marks } => timeline::render(*from, *to, marks),
    };
    format!(
        "<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{drawing}</svg>\n",
        plain::html(&chart.title),
        plain::html(&chart.description),
    )
}

/// How a text stands at its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

fn text(x: f64, y: f64, size: f64, anchor: Anchor, fill: &str, text: &str) -> String {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{}</text>\n",
        plain::html(text)
    )
}

/// A text in the middle of its point that stays readable on lines.
fn haloed(x: f64, y: f64, size: f64, fill: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" text-anchor=\"middle\" fill=\"{fill}\" \
         stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>\n",
        plain::html(text)
    )
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64), stroke: &str, width: f64) -> String {
    format!(
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\" stroke-width=\"{width:.1}\"/>\n"
    )
}

fn rectangle((x, y): (f64, f64), (width, height): (f64, f64), style: &str) -> String {
    format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>\n")
}
