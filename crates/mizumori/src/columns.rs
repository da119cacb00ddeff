//! Tables for people: cells aligned by display width.

#[cfg(any(feature = "scan", feature = "sql"))]
mod layout;

#[cfg(any(feature = "lake", feature = "guard", feature = "store"))]
use std::io::{self, Write};

#[cfg(any(feature = "lake", feature = "guard", feature = "store"))]
use unicode_width::UnicodeWidthStr;

#[cfg(any(feature = "scan", feature = "sql"))]
pub(crate) use layout::{Layout, Side};

#[cfg(any(feature = "lake", feature = "guard", feature = "store"))]
/// Writes `rows`, the columns as wide as their widest cells. Control characters must not reach a terminal.
pub(crate) fn write<const N: usize>(out: &mut dyn Write, rows: &[[String; N]]) -> io::Result<()> {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| shown(cell))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width()));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The text as it may reach a terminal: without control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(all(test, any(feature = "lake", feature = "guard", feature = "store")))]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_display_width() {
        let rows = [["水源省", "1"], ["a\tb", "22"]].map(|row| row.map(str::to_owned));
        let mut out = Vec::new();
        write(&mut out, &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "水源省  1\na\u{fffd}b     22\n");
    }
}
