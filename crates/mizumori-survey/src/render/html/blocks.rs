//! The blocks of a document as HTML.

use super::super::{plain, prose, svg};
use super::Page;
use crate::document::{Block, Chart, Holds, KeyFigure, Row, Table};

/// A table with more columns than this is set small, and printed across the sheet.
const WIDE: usize = 9;
/// A table with no more columns than this need not fill the line.
const FEW: usize = 3;
/// A table of no more rows than this is kept on one sheet.
const SHORT: usize = 18;

impl Page {
    pub(super) fn block(&mut self, block: &Block, level: usize) {
        match block {
            Block::Paragraph(text) => self.push(&format!("<p>{}</p>\n", plain::html(text))),
            Block::Note(text) => self.push(&format!("<p class=\"small\">{}</p>\n", plain::html(text))),
            Block::Points(points) => {
                self.push("<ul>\n");
                for point in points {
                    self.push(&format!("<li>{}</li>\n", plain::html(point)));
                }
                self.push("</ul>\n");
            }
            Block::Steps(steps) => {
                self.push("<ol class=\"steps\">\n");
                for (what, why) in steps {
                    let (what, why) = (plain::html(what), plain::html(why));
                    self.push(&format!("<li>\n<p class=\"what\">{what}</p>\n<p>{why}</p>\n</li>\n"));
                }
                self.push("</ol>\n");
            }
            Block::KeyFigures(figures) => self.key_figures(figures),
            Block::Table(table) => self.table(table),
            Block::Chart(chart) => self.chart(chart),
            Block::Author(text) => {
                self.push("<div class=\"author\">\n");
                self.push(&prose::html(text, level));
                self.push("</div>\n");
            }
        }
    }

    fn key_figures(&mut self, figures: &[KeyFigure]) {
        if figures.is_empty() {
            return;
        }
        self.push("<dl class=\"key\">\n");
        for figure in figures {
            self.push(&format!(
                "<div>\n<dt>{}</dt>\n<dd class=\"figure\">{}<span class=\"unit\">{}</span></dd>\n",
                plain::html(&figure.label),
                plain::html(&figure.figure),
                figure.unit
            ));
            if !figure.remark.is_empty() {
                self.push(&format!("<dd class=\"remark\">{}</dd>\n", plain::html(&figure.remark)));
            }
            self.push("</div>\n");
        }
        self.push("</dl>\n");
    }

    fn chart(&mut self, chart: &Chart) {
        self.charts += 1;
        let id = format!("chart-{}", self.charts);
        self.push("<figure>\n");
        self.push(&format!("<figcaption>{}</figcaption>\n", plain::html(&chart.title)));
        self.push(&svg::render(chart, &id));
        if let Some(note) = chart.note {
            self.push(&format!("<p class=\"small\">{}</p>\n", plain::html(note)));
        }
        self.push("</figure>\n");
    }

    fn table(&mut self, table: &Table) {
        self.tables += 1;
        let id = format!("table-{}", self.tables);
        let mut class = match table.columns.len() {
            0..=FEW => "table few".to_owned(),
            columns if columns > WIDE => "table wide".to_owned(),
            _ => "table".to_owned(),
        };
        if table.rows.len() <= SHORT {
            class.push_str(" short");
        }
        // What is wider than the screen is scrolled by itself, with the keyboard too.
        self.push(&format!(
            "<div class=\"{class}\" role=\"region\" aria-labelledby=\"{id}\" tabindex=\"0\">\n<table>\n<caption id=\"{id}\">{}</caption>\n<thead>\n<tr>",
            plain::html(&table.caption)
        ));
        for head in &table.columns {
            let class = class_of(head.holds);
            self.push(&format!("<th scope=\"col\"{class}>{}</th>", plain::html(&head.title)));
        }
        self.push("</tr>\n</thead>\n<tbody>\n");
        for row in &table.rows {
            self.row(table, row);
        }
        self.push("</tbody>\n</table>\n");
        for note in &table.notes {
            self.push(&format!("<p class=\"small\">{}</p>\n", plain::html(note)));
        }
        self.push("</div>\n");
    }

    fn row(&mut self, table: &Table, row: &Row) {
        self.push(if row.sum { "<tr class=\"sum\">" } else { "<tr>" });
        for (index, cell) in row.cells.iter().enumerate() {
            let text = plain::html(&cell.text);
            let remark = match &cell.remark {
                Some(remark) => format!("<span class=\"remark\">{}</span>", plain::html(remark)),
                None => String::new(),
            };
            if index == 0 {
                let level =
                    if row.level > 0 { format!(" class=\"l{}\"", row.level.min(3)) } else { String::new() };
                self.push(&format!("<th scope=\"row\"{level}>{text}{remark}</th>"));
            } else {
                let class = table.columns.get(index).map_or("", |head| class_of(head.holds));
                self.push(&format!("<td{class}>{text}{remark}</td>"));
            }
        }
        self.push("</tr>\n");
    }
}

const fn class_of(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "",
        Holds::Brief => " class=\"b\"",
        Holds::Numbers => " class=\"n\"",
    }
}
