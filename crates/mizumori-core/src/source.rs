//! Sources and their descriptions: `source.toml` in a folder, or `<dump file>.source.toml` beside a file.
//!
//! Which description holds for which file is decided where files are looked for, not here.

use std::fmt;
use std::str::FromStr;

use crate::document::{Document, Mistakes, list, nearest, shown};
use crate::watch::Level;
use crate::{LeakTime, PartialDate};

/// What identifies a source: the id of its description, else a folder's or a file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(Box<str>);

impl SourceId {
    /// The id `text`.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A source's place in the list of a run's sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceIndex(pub usize);

/// What kind of leak a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// Accounts and passwords put together from many leaks.
    ComboList,
    /// The database of one site.
    SiteBreach,
    /// What malware took from people's machines.
    StealerLog,
    /// A text somebody posted.
    Paste,
    /// What a phishing site collected.
    Phishing,
    /// Nobody said.
    #[default]
    Unknown,
}

impl SourceKind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::ComboList, "combo-list"),
        (Self::SiteBreach, "site-breach"),
        (Self::StealerLog, "stealer-log"),
        (Self::Paste, "paste"),
        (Self::Phishing, "phishing"),
        (Self::Unknown, "unknown"),
    ];

    /// The word that stands in descriptions and outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ComboList => "combo-list",
            Self::SiteBreach => "site-breach",
            Self::StealerLog => "stealer-log",
            Self::Paste => "paste",
            Self::Phishing => "phishing",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find_map(|(kind, word)| (word == text).then_some(kind)).ok_or(())
    }
}

/// One leak: where and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What identifies it.
    pub id: SourceId,
    /// How it is called in reports.
    pub title: String,
    /// Its kind.
    pub kind: SourceKind,
    /// Where it was seen.
    pub place: String,
    /// When it was first public to many in this place: the date that counts. Never guessed.
    pub leaked: Option<PartialDate>,
    /// When the data was taken; shown, never counted.
    pub breached: Option<PartialDate>,
    /// When we got it.
    pub obtained: Option<PartialDate>,
    /// Whether it is public to an unspecified many; one that is not is monitored, not surveyed.
    pub public: bool,
    /// Whether it is known to be made up; such a one is not counted.
    pub fabricated: bool,
    /// A level lower than the watch list's.
    pub level: Option<Level>,
}

/// The keys of a description.
const KEYS: [&str; 10] =
    ["id", "title", "kind", "place", "leaked", "breached", "obtained", "public", "fabricated", "level"];

impl Source {
    /// A source of which only the id is known.
    pub fn undescribed(id: SourceId) -> Self {
        Self {
            title: id.to_string(),
            kind: SourceKind::Unknown,
            place: id.to_string(),
            leaked: None,
            breached: None,
            obtained: None,
            public: true,
            fabricated: false,
            level: None,
            id,
        }
    }

    /// Parses a description.
    ///
    /// # Errors
    /// Every mistake in it, with `file`, line and what to write instead.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        Document::read(file, text, |document, root| {
            document.only(root, &KEYS);
            let id = document.required(root, "id", "\"collection-1\"")?;
            if id.text.chars().any(char::is_control) {
                document.mistake(id.span, "`id` has a control character".to_owned(), None);
            }
            let id = SourceId::new(&id.text);
            let kind = document.string(root, "kind").and_then(|kind| {
                let parsed = kind.text.parse().ok();
                if parsed.is_none() {
                    let words = SourceKind::ALL.map(|(_, word)| word);
                    let instead = match nearest(&kind.text, &words) {
                        Some(word) => format!("write `{word}`"),
                        None => format!("write {}", list(&words)),
                    };
                    document.mistake(
                        kind.span,
                        format!("unknown kind `{}`", shown(&kind.text)),
                        Some(instead),
                    );
                }
                parsed
            });
            Some(Self {
                title: document.string(root, "title").map_or_else(|| id.to_string(), |title| title.text),
                kind: kind.unwrap_or_default(),
                place: document.string(root, "place").map_or_else(|| id.to_string(), |place| place.text),
                leaked: document.date(root, "leaked"),
                breached: document.date(root, "breached"),
                obtained: document.date(root, "obtained"),
                public: document.flag(root, "public").unwrap_or(true),
                fabricated: document.flag(root, "fabricated").unwrap_or(false),
                level: Level::read(document, root),
                id,
            })
        })
    }

    /// Its time by the counting method.
    pub fn time(&self) -> LeakTime {
        self.leaked.map_or(LeakTime::Unknown, PartialDate::leak_time)
    }

    /// Whether a survey counts it.
    pub const fn is_surveyed(&self) -> bool {
        self.public && !self.fabricated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_description() {
        let source = Source::parse(
            "source.toml",
            "id = \"collection-1\"\ntitle = \"Collection #1\"\nkind = \"combo-list\"\nplace = \"forum X\"\nleaked = \"2019-01\"\n\
             breached = \"2012-06\"\nobtained = 2021-05-31\npublic = true\nfabricated = false\nlevel = \"counts\"\n",
        )
        .unwrap();
        assert_eq!(source.id.as_str(), "collection-1");
        assert_eq!(source.kind, SourceKind::ComboList);
        assert_eq!(source.time().to_string(), "2019-01");
        assert_eq!(source.obtained.unwrap().to_string(), "2021-05-31");
        assert_eq!(source.level, Some(Level::Counts));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let source = Source::parse("s", "id = 'x'").unwrap();
        assert_eq!(source, Source::undescribed(SourceId::new("x")));
        assert_eq!(source.time(), LeakTime::Unknown);
        assert_eq!(Source::parse("s", "id = 'x'\nleaked = 2019").unwrap().time(), LeakTime::Year(2019));
    }

    #[test]
    fn mistakes_say_where_and_what_instead() {
        for (text, expected) in [
            ("title = 'x'", "s:1: `id` is missing; write `id = \"collection-1\"`"),
            ("id = 'x'\nleakd = '2019'", "s:2: unknown key `leakd`; write `leaked`"),
            ("id = 'x'\nkind = 'combolist'", "s:2: unknown kind `combolist`; write `combo-list`"),
            (
                "id = 'x'\n\nleaked = '2019-13'",
                "s:3: `leaked`: `2019-13` is not a date, written YYYY, YYYY-MM or YYYY-MM-DD; \
                 write `\"YYYY-MM-DD\"`, `\"YYYY-MM\"` or `\"YYYY\"`",
            ),
            (
                "id = 'x'\npublic = 'yes'",
                "s:2: `public` is no truth value; write `true` or `false`, without quotes",
            ),
            ("id = 3", "s:1: `id` is an integer, not a text; put it in quotes"),
        ] {
            assert_eq!(Source::parse("s", text).unwrap_err().to_string(), expected);
        }
        let both = Source::parse("s", "id = 'x'\na = 1\nleaked = 'never'").unwrap_err();
        assert_eq!(both.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2, 3]);
        assert!(Source::parse("s", "id = ").unwrap_err().to_string().starts_with("s:1: this is not TOML"));
    }
}
