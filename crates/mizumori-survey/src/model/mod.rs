//! The report: what `survey --format json` writes and what every rendering reads.
//!
//! It holds counts by month-derived years, and nothing of any account. Fields stand in the order in which they
//! are written. The model is read back too: a report can be rendered again, in another language, without the
//! dumps.

mod text;
mod year;

use std::collections::BTreeMap;

use mizumori_core::{Lang, Month, Names, PartialDate, Period, SourceKind};
use serde::{Deserialize, Serialize};

use crate::SurveyError;
pub use year::Year;

/// The version of the model that this crate writes and reads.
pub const SCHEMA: u32 = 1;

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the model: [`SCHEMA`].
    pub schema: u32,
    /// Whether all the input was counted; false after an interrupt.
    pub complete: bool,
    /// Whether the data are made up, for a demonstration.
    pub synthetic: bool,
    /// By what the report was produced.
    pub produced: Produced,
    /// The months counted; `None` when nobody asked for any and no source has one.
    pub period: Option<Span>,
    /// The categories, in the watch list's order.
    pub categories: Vec<CategoryCount>,
    /// The sources, in the order in which they were given.
    pub sources: Vec<SourceCount>,
    /// What was read, and where every matched exposure went.
    pub input: Input,
}

/// By what a report was produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Produced {
    /// The program and its version.
    pub by: String,
    /// The watch list.
    pub watch_list: WatchListFacts,
}

/// What a report says about its watch list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchListFacts {
    /// The date of which the list is true.
    #[serde(with = "text::optional")]
    pub as_of: Option<PartialDate>,
    /// BLAKE3 of its file, in hexadecimal.
    pub blake3: String,
    /// How many organisations it has.
    pub organisations: u64,
    /// How many different domains it has.
    pub domains: u64,
    /// How many of those nobody has checked.
    pub unverified: u64,
    /// Its title.
    #[serde(default)]
    pub title: Option<Bilingual>,
    /// What its makers want said in the method.
    #[serde(default)]
    pub note: Option<Bilingual>,
}

/// A text in the two languages of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

impl Bilingual {
    /// The text in `lang`.
    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl From<&Names> for Bilingual {
    fn from(names: &Names) -> Self {
        Self { ja: names.ja.clone(), en: names.en.clone() }
    }
}

/// The first and the last month counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first month.
    #[serde(with = "text")]
    pub from: Month,
    /// The last month, included.
    #[serde(with = "text")]
    pub to: Month,
}

impl From<Period> for Span {
    fn from(period: Period) -> Self {
        Self { from: period.from(), to: period.to() }
    }
}

/// Counts by year, every year of the period among them.
pub type Years = BTreeMap<Year, u64>;

/// The counts of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryCount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// The sum of the years.
    pub total: u64,
    /// By year.
    pub years: Years,
    /// Of unknown month: in no year and in no total.
    pub unknown_month: u64,
    /// The years with a count, the largest first.
    pub rank: Vec<Year>,
    /// How the unfinished year goes; `None` unless the period was asked to end before a December.
    pub pace: Option<Pace>,
    /// Its organisations, in the watch list's order, those without a count too.
    pub organisations: Vec<OrganisationCount>,
}

/// How an unfinished year goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// The year.
    pub year: Year,
    /// How many of its months lie inside the period.
    pub months: u8,
    /// Its total so far.
    pub so_far: u64,
    /// What twelve months would bring at this pace, rounded down.
    pub projected: u64,
    /// The place that the projection would take among the other years.
    pub projected_rank: u64,
}

/// The counts of an organisation itself, without those of its children.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationCount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// The sum of the years.
    pub total: u64,
    /// By year.
    pub years: Years,
    /// Of unknown month.
    pub unknown_month: u64,
    /// The id of the organisation that it is a part of.
    #[serde(default)]
    pub parent: Option<String>,
    /// Bodies that share its domains.
    #[serde(default)]
    pub includes: Vec<Bilingual>,
    /// Its domains, in the watch list's order, each name once.
    pub domains: Vec<DomainCount>,
}

/// The counts of a watched domain with all that lies below it and is not watched by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCount {
    /// The watched domain.
    pub domain: String,
    /// The sum of the years.
    pub total: u64,
    /// By year.
    pub years: Years,
    /// Of unknown month.
    pub unknown_month: u64,
    /// The hosts seen, the largest total first, of equal ones by name.
    pub hosts: Vec<HostCount>,
}

/// The counts of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCount {
    /// What stood on the right of the at-sign.
    pub host: String,
    /// The sum of the years.
    pub total: u64,
    /// By year, only the years with a count: there may be very many hosts.
    #[serde(default)]
    pub years: Years,
    /// Of unknown month.
    #[serde(default)]
    pub unknown_month: u64,
}

/// A source and what it brought. Sources need not add up: what two of them share, each counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCount {
    /// Its id.
    pub id: String,
    /// How it is called.
    pub title: String,
    /// Its kind.
    #[serde(with = "text")]
    pub kind: SourceKind,
    /// Where it was seen.
    pub place: String,
    /// When it was first public to many in this place.
    #[serde(with = "text::optional")]
    pub leaked: Option<PartialDate>,
    /// Distinct accounts of known month inside the period.
    pub total: u64,
    /// The same by category, every category among them, in the watch list's order.
    #[serde(with = "text::pairs")]
    pub categories: Vec<(String, u64)>,
    /// Distinct accounts when the month is unknown.
    #[serde(default)]
    pub unknown_month: u64,
    /// When the data was taken; shown, never counted.
    #[serde(default, with = "text::optional")]
    pub breached: Option<PartialDate>,
    /// When it was obtained.
    #[serde(default, with = "text::optional")]
    pub obtained: Option<PartialDate>,
    /// Whether it is public to an unspecified many; one that is not is not counted.
    #[serde(default = "yes")]
    pub public: bool,
    /// Whether it is known to be made up; such a one is not counted.
    #[serde(default)]
    pub fabricated: bool,
}

const fn yes() -> bool {
    true
}

/// What was read, and where every matched exposure went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Physical lines of the decoded members.
    pub lines: u64,
    /// Candidates whose domain was tested.
    pub addresses: u64,
    /// Exposures whose account matches the watch list.
    pub matched: u64,
    /// Of those: seen before in the same place and month.
    pub duplicates: u64,
    /// Of those: no secret stands with them.
    pub without_secret: u64,
    /// Of those: leaked outside the period.
    pub outside_period: u64,
    /// Of those: of a domain that no organisation held at that time.
    pub outside_validity: u64,
    /// Of those: of sources that are not public or made up.
    pub not_surveyed: u64,
    /// Hits whose record could not be understood.
    pub rejected: u64,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// A file, or a member of one, that could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unreadable {
    /// Its name; a member of a container stands behind an exclamation mark.
    pub file: String,
    /// Why, in English.
    pub why: String,
}

impl Report {
    /// Reads a report back from its JSON.
    ///
    /// # Errors
    /// When the text is no report, or one of another [`SCHEMA`].
    pub fn from_json(text: &str) -> Result<Self, SurveyError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(text).map_err(SurveyError::Report)?;
        if schema != SCHEMA {
            return Err(SurveyError::Schema { found: schema });
        }
        serde_json::from_str(text).map_err(SurveyError::Report)
    }

    /// The sum of the categories' totals.
    pub fn total(&self) -> u64 {
        sum(self.categories.iter().map(|category| category.total))
    }

    /// The sum of what is of unknown month.
    pub fn unknown_month(&self) -> u64 {
        sum(self.categories.iter().map(|category| category.unknown_month))
    }

    /// Whether every matched exposure went into exactly one of the report's figures.
    pub fn adds_up(&self) -> bool {
        let input = &self.input;
        let counted = self.categories.iter().flat_map(|category| [category.total, category.unknown_month]);
        let others = [
            input.duplicates,
            input.without_secret,
            input.outside_period,
            input.outside_validity,
            input.not_surveyed,
        ];
        counted.chain(others).try_fold(0, u64::checked_add) == Some(input.matched)
    }
}

impl SourceCount {
    /// What the source brought to a category.
    pub fn of_category(&self, id: &str) -> u64 {
        self.categories.iter().find_map(|(category, total)| (category == id).then_some(*total)).unwrap_or(0)
    }

    /// Whether it is counted at all.
    pub const fn is_surveyed(&self) -> bool {
        self.public && !self.fabricated
    }
}

/// A sum that stops at the largest number: a report that is read back may say anything.
pub(crate) fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}
