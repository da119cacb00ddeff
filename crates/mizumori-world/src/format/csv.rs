//! CSV and its relatives with tabs or semicolons, after RFC 4180: quotes are doubled inside quotes, and a quoted
//! field may hold line breaks.

use super::{Format, Record};

/// When a field is put into quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Where it holds a delimiter, a quote or a line break.
    WhereNeeded,
    /// Always.
    Always,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A running number from 1.
    Number,
    /// The account.
    Login,
    /// The password or hash.
    Secret,
    /// The person's name.
    Name,
    /// A second address.
    Other,
    /// The URL.
    Url,
    /// A postal address over two lines in every third row, else on one.
    Postal,
}

/// A table with one record a row.
#[derive(Debug, Clone)]
pub struct Csv {
    /// `,`, `;` or a tab.
    pub delimiter: char,
    /// The columns from left to right, each with its title.
    pub columns: &'static [(Column, &'static str)],
    /// Whether the first row holds the titles.
    pub header: bool,
    /// When fields are quoted.
    pub quoting: Quoting,
    rows: u64,
}

impl Csv {
    /// A table with a header.
    #[must_use]
    pub fn new(delimiter: char, quoting: Quoting, columns: &'static [(Column, &'static str)]) -> Self {
        Self { delimiter, columns, header: true, quoting, rows: 0 }
    }

    /// The same table without a header.
    #[must_use]
    pub fn without_header(self) -> Self {
        Self { header: false, ..self }
    }

    fn field(&self, text: &str, out: &mut String) {
        if self.quoting == Quoting::WhereNeeded && !text.contains([self.delimiter, '"', '\n', '\r']) {
            out.push_str(text);
            return;
        }
        out.push('"');
        for (index, part) in text.split('"').enumerate() {
            if index > 0 {
                out.push_str("\"\"");
            }
            out.push_str(part);
        }
        out.push('"');
    }

    fn row<'a>(&self, fields: impl Iterator<Item = &'a str>, out: &mut String) {
        for (index, field) in fields.enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            self.field(field, out);
        }
        out.push('\n');
    }
}

impl Format for Csv {
    fn begin(&mut self, out: &mut String) {
        self.rows = 0;
        if self.header {
            self.row(self.columns.iter().map(|(_, title)| *title), out);
        }
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        self.rows += 1;
        let number = self.rows.to_string();
        let postal = if self.rows.is_multiple_of(3) { "1-2-3\nF4" } else { "1-2-3 F4" };
        let fields = self.columns.iter().map(|(column, _)| match column {
            Column::Number => number.as_str(),
            Column::Login => record.login,
            Column::Secret => record.secret,
            Column::Name => record.name,
            Column::Other => record.other,
            Column::Url => record.url,
            Column::Postal => postal,
        });
        self.row(fields, out);
    }

    fn end(&mut self, _: &mut String) {}
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    const COLUMNS: &[(Column, &str)] =
        &[(Column::Number, "番号"), (Column::Login, "メールアドレス"), (Column::Secret, "パスワード")];

    #[test]
    fn quotes_where_needed() {
        let mut csv = Csv::new(',', Quoting::WhereNeeded, COLUMNS);
        assert_eq!(
            write_all(&mut csv, SAMPLE),
            "番号,メールアドレス,パスワード\n1,tanaka@suigen.example,\"a:b;c,\"\"d|e'f\\\"\n2,noda@post.test,NULL\n"
        );
    }

    #[test]
    fn quotes_always_and_without_header() {
        let mut csv = Csv::new('\t', Quoting::Always, COLUMNS).without_header();
        assert_eq!(write_all(&mut csv, [SAMPLE[1]]), "\"1\"\t\"noda@post.test\"\t\"NULL\"\n");
    }

    #[test]
    fn a_third_row_breaks_its_line() {
        let mut csv =
            Csv::new(';', Quoting::WhereNeeded, &[(Column::Postal, "address"), (Column::Login, "mail")]);
        let text = write_all(&mut csv, [SAMPLE[1], SAMPLE[1], SAMPLE[1]]);
        assert!(text.ends_with("\"1-2-3\nF4\";noda@post.test\n"), "{text}");
    }
}
