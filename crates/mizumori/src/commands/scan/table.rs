//! Rows as aligned columns, for people.

use std::io::{self, Write};

use mizumori_core::Source;
use mizumori_read::MemberName;

use super::Secrets;
use super::rows::Row;
use crate::columns::{self, Side, shown};

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
    text.extend_from_slice(shown(cell).as_bytes());
    text.extend_from_slice(BETWEEN.to_string().as_bytes());
}

/// The layout of the columns.
pub(super) struct Layout(columns::Layout);

impl Default for Layout {
    fn default() -> Self {
        Self(columns::Layout::new(TITLES.map(|title| (title.to_owned(), Side::Left)).to_vec()))
    }
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
        self.0.row(text.split(BETWEEN).map(str::to_owned).collect(), out)
    }

    /// Writes what waits.
    pub(super) fn finish(self, out: &mut impl Write) -> io::Result<()> {
        self.0.finish(out)
    }
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
