//! Tables of any length, shown as they go.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// So many rows decide how wide columns are.
const DECIDING: usize = 200;
/// A column is at most so wide; a longer value sticks out of it.
const WIDEST: usize = 48;

/// To which side cells are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Texts.
    Left,
    /// Numbers.
    #[cfg_attr(
        not(feature = "sql"),
        expect(dead_code, reason = "only answers to questions have columns of numbers")
    )]
    Right,
}

/// A table of any length. The first rows decide how wide the columns are; later ones keep to that where they fit, so that
/// it can be shown as it goes.
pub(crate) struct Layout {
    titles: Vec<(String, Side)>,
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
}

impl Layout {
    /// A table of these columns.
    pub(crate) fn new(titles: Vec<(String, Side)>) -> Self {
        Self { titles, waiting: Vec::new(), widths: None }
    }

    /// Writes a row: now, or when enough have come to decide. Its cells are [shown](super::shown) already.
    pub(crate) fn row(&mut self, cells: Vec<String>, out: &mut dyn Write) -> io::Result<()> {
        if let Some(widths) = &self.widths {
            return self.write(&cells, widths, out);
        }
        self.waiting.push(cells);
        if self.waiting.len() >= DECIDING { self.decide(out) } else { Ok(()) }
    }

    /// Writes what waits; of a table without rows nothing.
    pub(crate) fn finish(mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.waiting.is_empty() { Ok(()) } else { self.decide(out) }
    }

    fn decide(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let titles: Vec<_> = self.titles.iter().map(|(title, _)| title.clone()).collect();
        let mut widths: Vec<_> = titles.iter().map(|title| title.width()).collect();
        let waiting = std::mem::take(&mut self.waiting);
        for row in &waiting {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        self.write(&titles, &widths, out)?;
        for row in waiting {
            self.write(&row, &widths, out)?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn write(&self, cells: &[String], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for ((cell, width), (_, side)) in cells.iter().zip(widths).zip(&self.titles) {
            let padding = std::iter::repeat_n(' ', width.saturating_sub(cell.width()));
            match side {
                Side::Left => {
                    line.push_str(cell);
                    line.extend(padding);
                }
                Side::Right => {
                    line.extend(padding);
                    line.push_str(cell);
                }
            }
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_decided_by_the_first_rows() {
        let mut layout = Layout::new(vec![("name".to_owned(), Side::Left), ("n".to_owned(), Side::Right)]);
        let mut out = Vec::new();
        for at in 0..DECIDING {
            layout.row(vec!["水源".to_owned(), at.to_string()], &mut out).unwrap();
        }
        layout.row(vec!["a name that sticks out".to_owned(), "1234567".to_owned()], &mut out).unwrap();
        layout.finish(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[200]), ("name    n", "水源    0", "水源  199"));
        assert_eq!(lines[201], "a name that sticks out  1234567");
    }
}
