//! Rows as aligned columns, for people.
//!
//! The first rows decide how wide the columns are; later ones keep to that where they fit, so that a scan of
//! any length can be shown as it goes.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use mizumori_core::Source;
use mizumori_read::MemberName;

use super::Secrets;
use super::rows::Row;

/// So many rows decide.
const DECIDING: usize = 200;
/// A column is at most so wide; a longer value sticks out of it.
const WIDEST: usize = 48;
/// What stands between the cells of a row that is not laid out yet: no record holds it, since control characters
/// are replaced.
const BETWEEN: char = '\u{1f}';

const TITLES: [&str; 6] = ["account or login", "concerns", "secret", "leaked", "source", "file:line"];

/// Appends what all rows of a member share.
pub(super) fn push_origin(source: &Source, file: &MemberName, text: &mut Vec<u8>) {
    let leaked = source.leaked.map_or("unknown".to_owned(), |leaked| leaked.to_string());
    push_cell(&leaked, text);
    push_cell(source.id.as_str(), text);
    text.extend_from_slice(file.as_str().as_bytes());
    text.push(b':');
}

/// Appends a row, its cells still apart; gives the place of its line number.
pub(super) fn push(row: &Row<'_>, text: &mut Vec<u8>) -> usize {
    let secret = match (row.secrets, row.secret.is_present()) {
        (_, false) => "-".to_owned(),
        (Secrets::Revealed, true) => row.secret.expose().to_owned(),
        (Secrets::Masked, true) => {
            let hint = row.secret.hint().map(|hint| hint.to_string()).unwrap_or_default();
            format!("{} {hint}", row.secret.algorithm().unwrap_or_else(|| row.secret.kind().as_str()))
        }
    };
    let concerns = match (row.organisation, row.matched_by) {
        (Some(organisation), Some(by)) => format!("{organisation} (by {by})"),
        _ => "-".to_owned(),
    };
    let login = row.account.or(row.login).unwrap_or("-");
    let url = row.url.map(|url| format!(" at {url}")).unwrap_or_default();
    for cell in [&format!("{login}{url}"), &concerns, &secret] {
        push_cell(cell, text);
    }
    text.extend_from_slice(row.origin);
    text.len()
}

/// Appends a cell and what ends it. A record's control characters must not reach a terminal.
fn push_cell(cell: &str, text: &mut Vec<u8>) {
    let shown = cell.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character });
    text.extend_from_slice(shown.chain([BETWEEN]).collect::<String>().as_bytes());
}

/// The layout of the columns.
#[derive(Default)]
pub(super) struct Layout {
    waiting: Vec<Vec<String>>,
    widths: Option<[usize; TITLES.len()]>,
}

impl Layout {
    /// Writes a row: now, or when enough have come to decide.
    pub(super) fn row(
        &mut self,
        before: &[u8],
        line: u64,
        after: &[u8],
        out: &mut impl Write,
    ) -> io::Result<()> {
        let text = format!("{}{line}{}", String::from_utf8_lossy(before), String::from_utf8_lossy(after));
        let cells: Vec<_> = text.split(BETWEEN).map(str::to_owned).collect();
        if let Some(widths) = &self.widths {
            return write_cells(&cells, widths, out);
        }
        self.waiting.push(cells);
        if self.waiting.len() >= DECIDING { self.decide(out) } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        if self.waiting.is_empty() { Ok(()) } else { self.decide(out) }
    }

    fn decide(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut widths = TITLES.map(str::width);
        for row in &self.waiting {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        write_cells(&TITLES.map(str::to_owned), &widths, out)?;
        for row in self.waiting.drain(..) {
            write_cells(&row, &widths, out)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

fn write_cells(cells: &[String], widths: &[usize], out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        let padding = width.saturating_sub(cell.width()) + 2;
        line.extend(std::iter::repeat_n(' ', padding));
    }
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_display_width() {
        let mut layout = Layout::default();
        let mut out = Vec::new();
        for login in ["taro@a.example", "水源@a.example"] {
            let before =
                [login, "suigen (by account)", "clear p******d", "2019-01", "s", "f:"].join("\u{1f}");
            layout.row(before.as_bytes(), 7, b"", &mut out).unwrap();
        }
        layout.finish(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "account or login  concerns             secret          leaked   source  file:line\n\
             taro@a.example    suigen (by account)  clear p******d  2019-01  s       f:7\n\
             水源@a.example    suigen (by account)  clear p******d  2019-01  s       f:7\n"
        );
    }
}
