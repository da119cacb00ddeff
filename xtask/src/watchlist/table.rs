//! Reads the two tables: tab-separated, `#` lines are comments, the first other line names the columns.
//!
//! The tables are copied in as they were found; what has to be said beside them stands in [`super::knowledge`].

use anyhow::{Context, Result, bail};

/// One row of either table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name_ja: String,
    pub(super) name_en: String,
    /// May be empty.
    pub(super) abbr: String,
    /// What sort of body it is: `kind` of the ministries, `type` of the affiliated bodies.
    pub(super) kind: String,
    /// `parent` of the ministries, `supervising_ministry` of the affiliated bodies (several with `/`).
    pub(super) parent: String,
    pub(super) domain: String,
    /// Empty in the affiliated bodies' table.
    pub(super) web_host: String,
    /// Codes with commas: `V-OJ,V-CSV`.
    pub(super) evidence: String,
    /// May be empty.
    pub(super) note: String,
}

impl Row {
    /// Whether somebody saw the host name; false when it is known from memory alone.
    pub(super) fn is_verified(&self) -> bool {
        self.evidence.split(',').any(|code| code.starts_with("V-"))
    }
}

/// Reads a table; `name` is for messages.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Row>> {
    let mut lines =
        text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.trim().is_empty());
    let (header, _) = lines.next().with_context(|| format!("{name} has no header"))?;
    let columns: Vec<&str> = header.split('\t').map(str::trim).collect();
    let column = |names: &[&str]| columns.iter().position(|column| names.contains(column));
    let required = |names: &[&str]| {
        column(names).with_context(|| format!("{name} has no column {}", names.join(" or ")))
    };
    let name_ja = required(&["name_ja"])?;
    let name_en = required(&["name_en"])?;
    let abbr = required(&["abbr"])?;
    let kind = required(&["kind", "type"])?;
    let parent = required(&["parent", "supervising_ministry"])?;
    let domain = required(&["domain"])?;
    let evidence = required(&["evidence"])?;
    let (web_host, note) = (column(&["web_host"]), column(&["note"]));
    lines
        .map(|(line, number)| {
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let cell = |at: usize| cells.get(at).copied().unwrap_or_default().to_owned();
            let row = Row {
                name_ja: cell(name_ja),
                name_en: cell(name_en),
                abbr: cell(abbr),
                kind: cell(kind),
                parent: cell(parent),
                domain: cell(domain),
                web_host: web_host.map(cell).unwrap_or_default(),
                evidence: cell(evidence),
                note: note.map(cell).unwrap_or_default(),
            };
            let needed = [&row.name_ja, &row.name_en, &row.kind, &row.parent, &row.domain, &row.evidence];
            if needed.iter().any(|cell| cell.is_empty()) || cells.len() > columns.len() {
                bail!("{name}:{number}: a cell is missing or one too many");
            }
            Ok(row)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "# comment\nname_ja\tname_en\tabbr\tkind\tparent\tdomain\tweb_host\tevidence\tnote\n";

    #[test]
    fn a_row_is_read_by_its_columns_names() {
        let rows =
            parse("t", &format!("{HEADER}水源省\tMinistry\tMOS\t省\t内閣\tsuigen.example\tw\tMEM\tn\n"))
                .unwrap();
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(
            (row.name_ja.as_str(), row.domain.as_str(), row.note.as_str()),
            ("水源省", "suigen.example", "n")
        );
        assert!(!row.is_verified());
    }

    #[test]
    fn a_row_may_end_early_but_not_before_its_evidence() {
        let check = |row: &str| parse("t", &format!("{HEADER}{row}\n")).is_ok();
        assert!(check("a\tb\t\tc\td\te.example\tw\tV-CSV"));
        assert!(!check("a\tb\t\tc\td\te.example\tw"));
        assert!(!check("a\tb\t\tc\td\te.example\tw\tV-CSV\tn\tmore"));
        assert!(parse("t", "# only a comment\n").is_err());
        assert!(parse("t", "name_ja\tdomain\n").is_err());
    }
}
