//! SQL dumps: `INSERT` as MySQL's and PostgreSQL's tools write it, and `COPY … FROM stdin`.

use super::{Format, Record};

/// How quotes inside a string are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escaping {
    /// `\'`, `\"`, `\\`: mysqldump.
    Backslash,
    /// `''`, a backslash stands for itself: standard SQL.
    Doubled,
}

/// `CREATE TABLE`, then `INSERT` statements with several tuples each.
#[derive(Debug, Clone)]
pub struct SqlInsert {
    /// How strings are escaped; also decides between backquotes and double quotes around names.
    pub escaping: Escaping,
    /// Whether each statement repeats the column list; else the columns stand in `CREATE TABLE` only.
    pub column_list: bool,
    /// Tuples a statement, at least 1.
    pub tuples: usize,
    written: usize,
}

impl SqlInsert {
    /// A dump with `tuples` tuples a statement.
    #[must_use]
    pub fn new(escaping: Escaping, column_list: bool, tuples: usize) -> Self {
        Self { escaping, column_list, tuples: tuples.max(1), written: 0 }
    }

    fn quoted_name(&self, name: &str) -> String {
        match self.escaping {
            Escaping::Backslash => format!("`{name}`"),
            Escaping::Doubled => format!("\"{name}\""),
        }
    }

    fn literal(&self, text: &str, out: &mut String) {
        if text == "NULL" {
            out.push_str("NULL");
            return;
        }
        out.push('\'');
        for c in text.chars() {
            match (self.escaping, c) {
                (Escaping::Doubled, '\'') => out.push_str("''"),
                (Escaping::Backslash, '\'' | '"' | '\\') => {
                    out.push('\\');
                    out.push(c);
                }
                (Escaping::Backslash, '\n') => out.push_str("\\n"),
                _ => out.push(c),
            }
        }
        out.push('\'');
    }
}

const COLUMNS: [&str; 5] = ["id", "name", "email", "passwd", "created"];

impl Format for SqlInsert {
    fn begin(&mut self, out: &mut String) {
        self.written = 0;
        let types = ["int NOT NULL", "varchar(255)", "varchar(255) NOT NULL", "varchar(255)", "date"];
        let columns: Vec<String> = COLUMNS
            .iter()
            .zip(types)
            .map(|(name, kind)| format!("  {} {kind}", self.quoted_name(name)))
            .collect();
        out.push_str("-- Dump of a member table\n\nCREATE TABLE ");
        out.push_str(&self.quoted_name("members"));
        out.push_str(" (\n");
        out.push_str(&columns.join(",\n"));
        out.push_str("\n);\n\n");
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        if self.written.is_multiple_of(self.tuples) {
            if self.written > 0 {
                out.push_str(";\n");
            }
            out.push_str("INSERT INTO ");
            out.push_str(&self.quoted_name("members"));
            if self.column_list {
                let names: Vec<String> = COLUMNS.iter().map(|name| self.quoted_name(name)).collect();
                out.push_str(" (");
                out.push_str(&names.join(", "));
                out.push(')');
            }
            out.push_str(" VALUES ");
        } else {
            out.push(',');
        }
        self.written += 1;
        out.push('(');
        out.push_str(&self.written.to_string());
        for field in [record.name, record.login, record.secret] {
            out.push(',');
            self.literal(field, out);
        }
        out.push_str(",'2011-04-01')");
    }

    fn end(&mut self, out: &mut String) {
        if self.written > 0 {
            out.push_str(";\n");
        }
        out.push_str("-- Dump completed\n");
    }
}

/// `COPY table (columns) FROM stdin;`, tab-separated rows in PostgreSQL's text format, `\.` at the end.
#[derive(Debug, Clone, Default)]
pub struct SqlCopy {
    rows: u64,
}

impl SqlCopy {
    fn field(text: &str, out: &mut String) {
        if text == "NULL" {
            out.push_str("\\N");
            return;
        }
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                _ => out.push(c),
            }
        }
    }
}

impl Format for SqlCopy {
    fn begin(&mut self, out: &mut String) {
        self.rows = 0;
        out.push_str("--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\n");
        out.push_str("COPY public.members (id, name, email, passwd) FROM stdin;\n");
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        self.rows += 1;
        out.push_str(&self.rows.to_string());
        for field in [record.name, record.login, record.secret] {
            out.push('\t');
            Self::field(field, out);
        }
        out.push('\n');
    }

    fn end(&mut self, out: &mut String) {
        out.push_str("\\.\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn escapes_like_mysqldump() {
        let text = write_all(&mut SqlInsert::new(Escaping::Backslash, true, 2), SAMPLE);
        assert!(
            text.contains("INSERT INTO `members` (`id`, `name`, `email`, `passwd`, `created`) VALUES (1,"),
            "{text}"
        );
        assert!(
            text.contains(r#"'a:b;c,\"d|e\'f\\','2011-04-01'),(2,'Noda','noda@post.test',NULL,"#),
            "{text}"
        );
    }

    #[test]
    fn escapes_like_the_standard() {
        let text = write_all(&mut SqlInsert::new(Escaping::Doubled, false, 1), SAMPLE);
        assert!(text.contains(r#"INSERT INTO "members" VALUES (1,"#), "{text}");
        assert!(text.contains(r#"'a:b;c,"d|e''f\','2011-04-01');"#), "{text}");
        assert_eq!(text.matches("INSERT INTO").count(), 2);
    }

    #[test]
    fn copies_rows() {
        let text = write_all(&mut SqlCopy::default(), SAMPLE);
        assert!(
            text.contains("\ttanaka@suigen.example\ta:b;c,\"d|e'f\\\\\n2\tNoda\tnoda@post.test\t\\N\n\\.\n"),
            "{text}"
        );
    }
}
