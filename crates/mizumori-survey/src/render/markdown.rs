//! A document as GitHub-flavoured Markdown. Charts are left out: their tables say the same.

use super::{plain, prose};
use crate::document::{Block, Document, Holds, Section, Table};

pub(super) fn render(document: &Document) -> String {
    let mut out = String::new();
    if let Some(marking) = &document.marking {
        out.push_str(&format!("> **{}**\n\n", plain::markdown(marking)));
    }
    out.push_str(&format!("# {}\n\n", plain::markdown(&document.title)));
    for line in &document.subtitle {
        out.push_str(&format!("{}\n\n", plain::markdown(line)));
    }
    for banner in &document.banners {
        out.push_str(&format!("> **{}**\n\n", plain::markdown(banner)));
    }
    for part in &document.sections {
        section(&mut out, part, 2);
    }
    if let Some(marking) = &document.marking {
        out.push_str(&format!("> **{}**\n", plain::markdown(marking)));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn section(out: &mut String, part: &Section, level: usize) {
    let dot = if part.number.contains('.') { "" } else { "." };
    out.push_str(&format!("{} {}{dot} {}\n\n", "#".repeat(level), part.number, plain::markdown(&part.title)));
    for content in &part.blocks {
        block(out, content, level);
    }
    for below in &part.parts {
        section(out, below, level + 1);
    }
}

fn block(out: &mut String, block: &Block, level: usize) {
    match block {
        Block::Paragraph(text) => out.push_str(&format!("{}\n\n", plain::markdown(text))),
        Block::Note(text) => out.push_str(&format!("*{}*\n\n", plain::markdown(text))),
        Block::Points(points) => {
            for point in points {
                out.push_str(&format!("- {}\n", plain::markdown(point)));
            }
            out.push('\n');
        }
        Block::Steps(steps) => {
            for (number, (what, why)) in steps.iter().enumerate() {
                let (what, why) = (plain::markdown(what), plain::markdown(why));
                out.push_str(&format!("{}. **{what}**\n\n   {why}\n\n", number + 1));
            }
        }
        Block::KeyFigures(figures) => {
            for figure in figures {
                let remark = if figure.remark.is_empty() {
                    String::new()
                } else {
                    format!(" — {}", plain::markdown(&figure.remark))
                };
                out.push_str(&format!(
                    "- **{}: {}{}**{remark}\n",
                    plain::markdown(&figure.label),
                    plain::markdown(&figure.figure),
                    figure.unit
                ));
            }
            out.push('\n');
        }
        Block::Table(content) => table(out, content),
        Block::Chart(_) => {}
        Block::Author(text) => {
            out.push_str(&prose::markdown(text, level));
            out.push('\n');
        }
    }
}

fn table(out: &mut String, table: &Table) {
    out.push_str(&format!("**{}**\n\n|", plain::markdown(&table.caption)));
    for head in &table.columns {
        out.push_str(&format!(" {} |", plain::markdown(&head.title)));
    }
    out.push_str("\n|");
    for head in &table.columns {
        out.push_str(if head.holds == Holds::Numbers { " ---: |" } else { " --- |" });
    }
    out.push('\n');
    for row in &table.rows {
        out.push('|');
        for (index, cell) in row.cells.iter().enumerate() {
            let text = plain::markdown(&cell.text);
            let text = if row.sum && !text.is_empty() { format!("**{text}**") } else { text };
            let indent = if index == 0 { "　".repeat(row.level) } else { String::new() };
            let remark = match &cell.remark {
                Some(remark) => format!("<br>{}", plain::markdown(remark)),
                None => String::new(),
            };
            out.push_str(&format!(" {indent}{text}{remark} |"));
        }
        out.push('\n');
    }
    out.push('\n');
    for note in &table.notes {
        out.push_str(&format!("*{}*\n\n", plain::markdown(note)));
    }
}
