//! Security incidents that a report tells beside its figures. Nothing is counted from them.

use mizumori_core::document::Document;
use mizumori_core::{Names, PartialDate};

use crate::SurveyError;

/// Something that happened to an organisation, as somebody wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When, as exactly as it is known.
    pub date: PartialDate,
    /// To whom.
    pub organisation: Names,
    /// What happened.
    pub summary: Names,
    /// How many persons' data were concerned.
    pub persons: Option<u64>,
    /// How many mail addresses were concerned.
    pub mail_addresses: Option<u64>,
    /// A word for what kind of incident it was; free text, some words are known and translated.
    pub kind: Option<String>,
    /// From where it is known.
    pub source: Option<String>,
}

/// The keys of an incident.
const KEYS: [&str; 7] = ["date", "organisation", "summary", "persons", "mail_addresses", "kind", "source"];

/// Parses a list of incidents, `[[incident]]` tables in TOML, and puts them in the order of their dates.
///
/// # Errors
/// Every mistake in it, with `file`, line and what to write instead.
pub fn parse(file: &str, text: &str) -> Result<Vec<Incident>, SurveyError> {
    Document::read(file, text, |document, root| {
        document.only(root, &["incident"]);
        let mut incidents = Vec::new();
        for table in document.tables(root, "incident") {
            document.only(&table, &KEYS);
            for (key, example) in [
                ("date", "\"2015-05\""),
                ("organisation", "{ ja = \"…\", en = \"…\" }"),
                ("summary", "{ ja = \"…\", en = \"…\" }"),
            ] {
                if !table.has(key) {
                    let instead = format!("write `{key} = {example}`");
                    document.mistake(table.span(), format!("`{key}` is missing"), Some(instead));
                }
            }
            let (date, organisation, summary) = (
                document.date(&table, "date"),
                document.names(&table, "organisation"),
                document.names(&table, "summary"),
            );
            let (persons, mail_addresses) =
                (document.count(&table, "persons"), document.count(&table, "mail_addresses"));
            let (kind, source) = (document.string(&table, "kind"), document.string(&table, "source"));
            if let (Some(date), Some(organisation), Some(summary)) = (date, organisation, summary) {
                incidents.push(Incident {
                    date,
                    organisation,
                    summary,
                    persons,
                    mail_addresses,
                    kind: kind.map(|kind| kind.text),
                    source: source.map(|source| source.text),
                });
            }
        }
        // Stable: what happened at the same time stays in the file's order.
        incidents.sort_by_key(|incident| incident.date);
        Some(incidents)
    })
    .map_err(SurveyError::Incidents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidents_come_in_the_order_of_their_dates() {
        let incidents = parse(
            "incidents.toml",
            "[[incident]]\ndate = \"2021-04\"\norganisation = \"b\"\nsummary = { ja = \"乙\", en = \"B\" }\n\
             persons = 6745\nmail_addresses = 76_000\nkind = \"ransomware\"\nsource = \"a page\"\n\
             [[incident]]\ndate = 2011\norganisation = { ja = \"甲\", en = \"A\" }\nsummary = \"x\"\n",
        )
        .unwrap();
        assert_eq!(incidents.len(), 2);
        assert_eq!(incidents[0].organisation.ja, "甲");
        assert_eq!(incidents[1].persons, Some(6745));
        assert_eq!(incidents[1].mail_addresses, Some(76_000));
        assert_eq!(incidents[1].kind.as_deref(), Some("ransomware"));
        assert_eq!(parse("incidents.toml", "").unwrap(), []);
    }

    #[test]
    fn mistakes_say_where_and_what_instead() {
        for (text, expected) in [
            (
                "[[incident]]\norganisation = \"a\"\nsummary = \"b\"",
                "i:1: `date` is missing; write `date = \"2015-05\"`",
            ),
            (
                "[[incident]]\ndate = \"May\"\norganisation = \"a\"\nsummary = \"b\"",
                "i:2: `date`: `May` is not a date, written YYYY, YYYY-MM or YYYY-MM-DD; \
                 write `\"YYYY-MM-DD\"`, `\"YYYY-MM\"` or `\"YYYY\"`",
            ),
            (
                "[[incident]]\ndate = 2015\norganisation = \"a\"\nsummary = \"b\"\nperson = 3",
                "i:5: unknown key `person`; write `persons`",
            ),
            (
                "[[incident]]\ndate = 2015\norganisation = \"a\"\nsummary = \"b\"\npersons = -3",
                "i:5: `persons` is no count; write a whole number such as `76000`",
            ),
        ] {
            assert_eq!(parse("i", text).unwrap_err().to_string(), expected);
        }
    }
}
