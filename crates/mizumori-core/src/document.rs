//! TOML documents that people write, read so that a mistake can be shown where it stands.
//!
//! Every mistake of a document is collected before any is reported, each with its line and with what to write
//! instead. Which keys mean what is the caller's matter.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{ErrorClass, Month, Names, PartialDate};

/// One thing that is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as it was named.
    pub file: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub instead: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)?;
        match &self.instead {
            Some(instead) => write!(f, "; {instead}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong in a document, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes, at least one.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }

    /// What the caller does next: have the document corrected.
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }

    /// Mistakes of several documents together; `None` when there are none.
    pub fn gather(all: impl IntoIterator<Item = Mistake>) -> Option<Self> {
        let all: Vec<_> = all.into_iter().collect();
        (!all.is_empty()).then_some(Self(all))
    }
}

impl IntoIterator for Mistakes {
    type Item = Mistake;
    type IntoIter = std::vec::IntoIter<Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(mistake, f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A document while it is read, with the mistakes found so far.
pub struct Document<'a> {
    file: &'a str,
    text: &'a str,
    /// Where the line feeds stand; listed when a line is asked for.
    line_feeds: OnceCell<Vec<usize>>,
    mistakes: Vec<(usize, Mistake)>,
}

impl<'a> Document<'a> {
    /// Parses `text` as TOML and hands its root table to `read`, which notes mistakes as it goes.
    ///
    /// # Errors
    /// The mistakes in the order in which they stand, when there is one.
    pub fn read<T>(
        file: &'a str,
        text: &'a str,
        read: impl FnOnce(&mut Self, &Table<'_>) -> Option<T>,
    ) -> Result<T, Mistakes> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut document = Self { file, text, line_feeds: OnceCell::new(), mistakes: Vec::new() };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            document.mistake(at, format!("this is not TOML: {}", error.message()), None);
        }
        let read = if document.mistakes.is_empty() {
            let table = Table { span: root.span(), entries: root.get_ref() };
            read(&mut document, &table)
        } else {
            None
        };
        if document.mistakes.is_empty()
            && let Some(read) = read
        {
            return Ok(read);
        }
        document.mistakes.sort_by_key(|(at, _)| *at);
        if document.mistakes.is_empty() {
            document.mistake(0..0, "this could not be understood".to_owned(), None);
        }
        Err(Mistakes(document.mistakes.into_iter().map(|(_, mistake)| mistake).collect()))
    }

    /// Notes a mistake at the bytes `at`.
    pub fn mistake(&mut self, at: Range<usize>, what: String, instead: Option<String>) {
        let line = self.line(at.start);
        self.mistakes.push((at.start, Mistake { file: self.file.to_owned(), line, what, instead }));
    }

    /// The line, counted from 1, in which byte `at` stands.
    pub fn line(&self, at: usize) -> usize {
        let line_feeds = self.line_feeds.get_or_init(|| {
            self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect()
        });
        line_feeds.partition_point(|line_feed| *line_feed < at) + 1
    }

    /// The document's name.
    pub fn file(&self) -> &str {
        self.file
    }

    /// Notes every key of `table` that is not among `known`.
    pub fn only(&mut self, table: &Table<'_>, known: &[&str]) {
        for key in table.entries.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let instead = match nearest(name, known) {
                    Some(near) => format!("write `{near}`"),
                    None => format!("write one of {}", list(known)),
                };
                self.mistake(key.span(), format!("unknown key `{}`", shown(name)), Some(instead));
            }
        }
    }

    /// The string at `key`, trimmed; an empty one is a mistake.
    pub fn string(&mut self, table: &Table<'_>, key: &str) -> Option<Text> {
        let value = table.entries.get(key)?;
        self.text_of(value, &format!("`{key}`"))
    }

    /// The string at `key`, which must be there.
    pub fn required(&mut self, table: &Table<'_>, key: &str, example: &str) -> Option<Text> {
        if !table.entries.contains_key(key) {
            self.mistake(
                table.span(),
                format!("`{key}` is missing"),
                Some(format!("write `{key} = {example}`")),
            );
        }
        self.string(table, key)
    }

    /// The string that `value` is; `what` names it in a mistake.
    pub fn text_of(&mut self, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Text> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => {
                Some(Text { text: text.trim().to_owned(), span: value.span() })
            }
            DeValue::String(_) => {
                self.mistake(
                    value.span(),
                    format!("{what} is empty"),
                    Some("write a text, or leave the key out".to_owned()),
                );
                None
            }
            other => {
                let what = format!("{what} is {}, not a text", a(other.type_str()));
                self.mistake(value.span(), what, Some("put it in quotes".to_owned()));
                None
            }
        }
    }

    /// The truth value at `key`.
    pub fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let value = table.entries.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.mistake(
                value.span(),
                format!("`{key}` is no truth value"),
                Some("write `true` or `false`, without quotes".to_owned()),
            );
        }
        flag
    }

    /// The whole number at `key`, zero or more.
    pub fn count(&mut self, table: &Table<'_>, key: &str) -> Option<u64> {
        let value = table.entries.get(key)?;
        let count = value
            .get_ref()
            .as_integer()
            .and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
        if count.is_none() {
            self.mistake(
                value.span(),
                format!("`{key}` is no count"),
                Some("write a whole number such as `76000`".to_owned()),
            );
        }
        count
    }

    /// The month at `key`.
    pub fn month(&mut self, table: &Table<'_>, key: &str) -> Option<Month> {
        self.parsed(table, key, "write a month such as `\"2015-03\"`")
    }

    /// The date at `key`, as exactly as it is known.
    pub fn date(&mut self, table: &Table<'_>, key: &str) -> Option<PartialDate> {
        self.parsed(table, key, "write `\"YYYY-MM-DD\"`, `\"YYYY-MM\"` or `\"YYYY\"`")
    }

    fn parsed<T: std::str::FromStr<Err: fmt::Display>>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        instead: &str,
    ) -> Option<T> {
        let value = table.entries.get(key)?;
        let text = match value.get_ref() {
            // A bare date is TOML's own kind of value; a bare year is an integer. Both are read as what they show.
            DeValue::Datetime(date) => Text { text: date.to_string(), span: value.span() },
            DeValue::Integer(year) => Text { text: year.to_string(), span: value.span() },
            _ => self.text_of(value, &format!("`{key}`"))?,
        };
        match text.text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.mistake(text.span, format!("`{key}`: {error}"), Some(instead.to_owned()));
                None
            }
        }
    }

    /// The name in two languages at `key`: a table with `ja` and `en`, or one text for both.
    pub fn names(&mut self, table: &Table<'_>, key: &str) -> Option<Names> {
        let value = table.entries.get(key)?;
        self.names_of(value, key)
    }

    /// The name in two languages that `value` is.
    pub fn names_of(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Names> {
        if value.get_ref().is_str() {
            let text = self.text_of(value, &format!("`{key}`"))?.text;
            return Some(Names { ja: text.clone(), en: text });
        }
        let Some(table) = Table::of(value) else {
            let instead = format!("write `{key} = {{ ja = \"…\", en = \"…\" }}`");
            self.mistake(value.span(), format!("`{key}` is no name"), Some(instead));
            return None;
        };
        self.only(&table, &["ja", "en"]);
        let (ja, en) = (self.string(&table, "ja"), self.string(&table, "en"));
        match (ja.map(|text| text.text), en.map(|text| text.text)) {
            (Some(ja), Some(en)) => Some(Names { ja, en }),
            (Some(one), None) | (None, Some(one)) => Some(Names { ja: one.clone(), en: one }),
            (None, None) => {
                let instead = format!("write `{key} = {{ ja = \"…\", en = \"…\" }}`");
                self.mistake(value.span(), format!("`{key}` says nothing"), Some(instead));
                None
            }
        }
    }

    /// The table at `key`.
    pub fn table<'t>(&mut self, table: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let value = table.entries.get(key)?;
        let found = Table::of(value);
        if found.is_none() {
            self.mistake(value.span(), format!("`{key}` is no table"), Some(format!("write `[{key}]`")));
        }
        found
    }

    /// The tables of the array at `key`, none when the key is not there.
    pub fn tables<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<Table<'t>> {
        let Some(value) = table.entries.get(key) else { return Vec::new() };
        let tables =
            value.get_ref().as_array().map(|array| array.iter().map(Table::of).collect::<Option<Vec<_>>>());
        match tables {
            Some(Some(tables)) => tables,
            _ => {
                self.mistake(
                    value.span(),
                    format!("`{key}` is no list of tables"),
                    Some(format!("write `[[{key}]]`")),
                );
                Vec::new()
            }
        }
    }

    /// The values of the array at `key`, none when the key is not there.
    pub fn array<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<&'t Spanned<DeValue<'t>>> {
        let Some(value) = table.entries.get(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                self.mistake(
                    value.span(),
                    format!("`{key}` is no list"),
                    Some(format!("write `{key} = [\"…\"]`")),
                );
                Vec::new()
            }
        }
    }
}

/// A table of a document, with where it stands.
#[derive(Clone)]
pub struct Table<'t> {
    span: Range<usize>,
    entries: &'t DeTable<'t>,
}

impl<'t> Table<'t> {
    /// The table that `value` is.
    pub fn of(value: &'t Spanned<DeValue<'t>>) -> Option<Self> {
        Some(Self { span: value.span(), entries: value.get_ref().as_table()? })
    }

    /// Where it stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether it has `key`.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where the value of `key` stands, else where the table does.
    pub fn span_of(&self, key: &str) -> Range<usize> {
        self.entries.get(key).map_or_else(|| self.span(), Spanned::span)
    }
}

/// A text of a document, with where it stands.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text, trimmed and not empty.
    pub text: String,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What a mistake may quote: at most the first 60 characters, none of them a control character.
pub fn shown(text: &str) -> String {
    text.chars()
        .take(60)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

/// `a`, `b` or `c`, each in back ticks.
pub fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// The known word that `name` was probably meant to be.
pub fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&name.to_lowercase(), word), *word))
        .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

fn a(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}
