//! The table of a terminal: aligned by display width, where an East Asian character takes two columns.
//!
//! Colour is not its business.

use unicode_width::UnicodeWidthStr as _;

use super::plain::plain;
use crate::disclosure::{Column, Row};
use crate::model::{Year, Years};
use crate::render::Detail;
use crate::scene::Scene;
use crate::sentences::OUTSTANDING;
use crate::words::number;

/// The width to take where nobody knows the terminal's.
pub const NARROW: usize = 80;
/// The width to take where nothing is as wide as a line: into a file, say.
pub const WIDE: usize = usize::MAX;
/// No column is wider than this; what is longer is cut.
const WIDEST: usize = 48;
const GAP: &str = "  ";

pub(super) fn render(scene: &Scene<'_>, width: usize) -> String {
    let (report, texts) = (scene.report, scene.texts());
    let mut out = String::new();
    for banner in scene.banners() {
        out.push_str(&format!("*** {banner} ***\n\n"));
    }
    out.push_str(texts.title);
    if let Some(period) = report.period {
        out.push_str(&scene.bracketed(&number::span(scene.lang, period)));
    }
    out.push_str("\n\n");

    let lines = lines(scene);
    let years: Vec<Year> = years_of(scene);
    let across = across(scene, &lines, &years);
    if width_of(&across) <= width {
        print(&mut out, &across);
    } else {
        print(&mut out, &down(scene, &years));
        if scene.detail > Detail::Category {
            out.push('\n');
            print(&mut out, &across_totals(scene, &lines));
        }
    }
    let left_out = left_out(scene);
    if left_out > 0 && scene.detail > Detail::Category {
        out.push_str(&format!("{}\n", scene.voice().left_out(left_out)));
    }
    out.push('\n');
    for sentence in scene.summary(OUTSTANDING) {
        out.push_str(&format!("{}\n", plain(&sentence)));
    }
    notes(scene, &mut out);
    out
}

/// What was read, and what could not be.
fn notes(scene: &Scene<'_>, out: &mut String) {
    let (input, texts) = (&scene.report.input, scene.texts());
    out.push('\n');
    let facts = [
        (texts.files, number::grouped(input.files)),
        (texts.bytes, number::bytes(input.bytes)),
        (texts.lines, number::grouped(input.lines)),
        (texts.matched, number::grouped(input.matched)),
        (texts.duplicates, number::grouped(input.duplicates)),
        (texts.without_secret, number::grouped(input.without_secret)),
        (texts.outside_period, number::grouped(input.outside_period)),
        (texts.outside_validity, number::grouped(input.outside_validity)),
        (texts.not_surveyed, number::grouped(input.not_surveyed)),
    ];
    let facts: Vec<_> = facts.iter().map(|(label, value)| format!("{label}{}{value}", texts.colon)).collect();
    out.push_str(&format!("{}\n", facts.join(if texts.colon == "：" { "、" } else { "; " })));
    if input.rejected > 0 {
        out.push_str(&format!("{}\n", scene.voice().rejected(input.rejected)));
    }
    if !input.unreadable.is_empty() {
        out.push_str(&format!("{}\n", scene.voice().unreadable(input.unreadable.len())));
        for unreadable in &input.unreadable {
            out.push_str(&format!("  {}: {}\n", plain(&unreadable.file), plain(&unreadable.why)));
        }
    }
}

/// A line of figures.
struct Line<'a> {
    name: String,
    row: Row,
    years: &'a Years,
    total: u64,
    unknown_month: u64,
}

/// The categories, and below each what the detail asks for and has a count.
fn lines<'a>(scene: &Scene<'a>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (c, category) in scene.report.categories.iter().enumerate() {
        lines.push(Line {
            name: scene.name(category).to_owned(),
            row: Row::Category(c),
            years: &category.years,
            total: category.total,
            unknown_month: category.unknown_month,
        });
        if scene.detail == Detail::Category {
            continue;
        }
        for (o, organisation) in category.organisations.iter().enumerate() {
            if organisation.total == 0 && organisation.unknown_month == 0 {
                continue;
            }
            lines.push(Line {
                name: format!("  {}", organisation.name.of(scene.lang)),
                row: Row::Organisation(c, o),
                years: &organisation.years,
                total: organisation.total,
                unknown_month: organisation.unknown_month,
            });
            if scene.detail == Detail::Organisation {
                continue;
            }
            for (d, domain) in organisation.domains.iter().enumerate() {
                if domain.total == 0 && domain.unknown_month == 0 {
                    continue;
                }
                lines.push(Line {
                    name: format!("    {}", domain.domain),
                    row: Row::Domain(c, o, d),
                    years: &domain.years,
                    total: domain.total,
                    unknown_month: domain.unknown_month,
                });
                if scene.detail == Detail::Domain {
                    continue;
                }
                for (h, host) in domain.hosts.iter().enumerate() {
                    lines.push(Line {
                        name: format!("      {}", host.host),
                        row: Row::Host(c, o, d, h),
                        years: &host.years,
                        total: host.total,
                        unknown_month: host.unknown_month,
                    });
                }
            }
        }
    }
    lines
}

fn years_of(scene: &Scene<'_>) -> Vec<Year> {
    let mut years: Vec<_> =
        scene.report.categories.iter().flat_map(|category| category.years.keys()).copied().collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// A row of figures a line, a column a year.
fn across(scene: &Scene<'_>, lines: &[Line<'_>], years: &[Year]) -> Vec<Vec<String>> {
    let texts = scene.texts();
    let unknown = scene.report.unknown_month() > 0;
    let mut head = vec![String::new()];
    head.extend(years.iter().map(|year| number::year(scene.lang, *year)));
    head.push(texts.total.to_owned());
    if unknown {
        head.push(texts.unknown_month.to_owned());
    }
    let mut rows = vec![head];
    for line in lines {
        let mut row = vec![line.name.clone()];
        for year in years {
            let value = line.years.get(year).copied().unwrap_or(0);
            row.push(scene.count(line.row, Column::Year(*year), value));
        }
        row.push(scene.count(line.row, Column::Total, line.total));
        if unknown {
            row.push(scene.count(line.row, Column::Unknown, line.unknown_month));
        }
        rows.push(row);
    }
    rows
}

/// The same without years.
fn across_totals(scene: &Scene<'_>, lines: &[Line<'_>]) -> Vec<Vec<String>> {
    across(scene, lines, &[])
}

/// A column a category, a row a year.
fn down(scene: &Scene<'_>, years: &[Year]) -> Vec<Vec<String>> {
    let (report, texts) = (scene.report, scene.texts());
    let mut head = vec![String::new()];
    head.extend(report.categories.iter().map(|category| scene.name(category).to_owned()));
    let mut rows = vec![head];
    for year in years {
        let mut row = vec![number::year(scene.lang, *year)];
        for (c, category) in report.categories.iter().enumerate() {
            let value = category.years.get(year).copied().unwrap_or(0);
            row.push(scene.count(Row::Category(c), Column::Year(*year), value));
        }
        rows.push(row);
    }
    let mut totals = vec![texts.total.to_owned()];
    let mut unknown = vec![texts.unknown_month.to_owned()];
    for (c, category) in report.categories.iter().enumerate() {
        totals.push(scene.count(Row::Category(c), Column::Total, category.total));
        unknown.push(scene.count(Row::Category(c), Column::Unknown, category.unknown_month));
    }
    rows.push(totals);
    if report.unknown_month() > 0 {
        rows.push(unknown);
    }
    rows
}

/// How many organisations the table leaves out because nothing of theirs was found.
fn left_out(scene: &Scene<'_>) -> usize {
    let organisations = scene.report.categories.iter().flat_map(|category| &category.organisations);
    organisations.filter(|organisation| organisation.total == 0 && organisation.unknown_month == 0).count()
}

fn columns(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; count];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(fitted(cell).width());
        }
    }
    widths
}

fn width_of(rows: &[Vec<String>]) -> usize {
    let widths = columns(rows);
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

/// Prints rows: the first column to the left, figures to the right, a rule below the head.
fn print(out: &mut String, rows: &[Vec<String>]) {
    let widths = columns(rows);
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = fitted(cell);
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            if place == 0 {
                line.push_str(&format!("{cell}{padding}"));
            } else {
                line.push_str(&format!("{GAP}{padding}{cell}"));
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if index == 0 {
            out.push_str(&"-".repeat(width_of(rows)));
            out.push('\n');
        }
    }
}

/// A cell without anything that a terminal would obey, cut where it is too long.
fn fitted(cell: &str) -> String {
    let cell = plain(cell);
    if cell.width() <= WIDEST {
        return cell;
    }
    let mut out = String::new();
    for character in cell.chars() {
        let mut next = out.clone();
        next.push(character);
        if next.width() + 1 > WIDEST {
            break;
        }
        out = next;
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless_and_fit() {
        assert_eq!(fitted("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        assert_eq!(fitted(&"水".repeat(40)).width(), 47);
        assert_eq!(fitted("水源省"), "水源省");
    }

    #[test]
    fn columns_are_aligned_by_display_width() {
        let rows =
            [["", "2019年"], ["水源省", "1件"], ["ab", "1,000件"]].map(|row| row.map(str::to_owned).to_vec());
        let mut out = String::new();
        print(&mut out, &rows);
        assert_eq!(out, "         2019年\n---------------\n水源省      1件\nab      1,000件\n");
    }
}
