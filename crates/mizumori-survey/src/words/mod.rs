//! What a report says, in the languages that it says it in.
//!
//! Fixed texts stand in [`Texts`], sentences that are computed behind [`Voice`]; both are complete in each
//! language, or the program does not compile. What is true is decided in `sentences`, never here.

mod en;
mod ja;
pub(crate) mod number;

use mizumori_core::{Lang, SourceKind};

use crate::model::{Span, Year};

/// A countermeasure: what to do, and why.
pub(crate) type Measure = (&'static str, &'static str);

/// The fixed texts of a report.
pub(crate) struct Texts {
    pub(crate) title: &'static str,
    pub(crate) contents: &'static str,
    pub(crate) amber: &'static str,
    pub(crate) incomplete: &'static str,
    pub(crate) synthetic: &'static str,
    pub(crate) small_figures: &'static str,
    pub(crate) withheld_figures: &'static str,

    pub(crate) summary: &'static str,
    pub(crate) method: &'static str,
    pub(crate) targets: &'static str,
    pub(crate) targets_text: &'static str,
    pub(crate) preconditions: &'static str,
    pub(crate) precondition_items: &'static [&'static str],
    pub(crate) period: &'static str,
    pub(crate) no_period: &'static str,
    pub(crate) taken: &'static str,
    pub(crate) taken_text: &'static str,
    pub(crate) counting: &'static str,
    pub(crate) counting_items: &'static [&'static str],
    pub(crate) limits: &'static str,
    pub(crate) limit_items: &'static [&'static str],
    pub(crate) collection_one: &'static str,
    pub(crate) results: &'static str,
    pub(crate) comparison: &'static str,
    pub(crate) incidents: &'static str,
    pub(crate) incidents_text: &'static str,
    pub(crate) discussion: &'static str,
    pub(crate) discussion_text: &'static str,
    pub(crate) measures: &'static str,
    pub(crate) measures_text: &'static str,
    pub(crate) measure_items: [Measure; 3],
    pub(crate) sources: &'static str,
    pub(crate) sources_text: &'static str,
    pub(crate) sources_none: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) unreadable_text: &'static str,
    pub(crate) unreadable_none: &'static str,
    pub(crate) colophon: &'static str,
    pub(crate) adds_up: &'static str,
    pub(crate) does_not_add_up: &'static str,

    pub(crate) targets_table: &'static str,
    pub(crate) comparison_table: &'static str,
    pub(crate) incidents_table: &'static str,
    pub(crate) sources_table: &'static str,
    pub(crate) colophon_table: &'static str,
    pub(crate) identity_table: &'static str,
    pub(crate) value: &'static str,
    pub(crate) top_years: &'static str,

    pub(crate) category: &'static str,
    pub(crate) organisation: &'static str,
    pub(crate) organisations: &'static str,
    pub(crate) domain: &'static str,
    pub(crate) domains: &'static str,
    pub(crate) year: &'static str,
    pub(crate) count: &'static str,
    pub(crate) share: &'static str,
    pub(crate) place: &'static str,
    pub(crate) main_source: &'static str,
    pub(crate) total: &'static str,
    pub(crate) unknown_month: &'static str,
    pub(crate) with_children: &'static str,
    pub(crate) includes: &'static str,
    pub(crate) projection: &'static str,
    pub(crate) source: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) seen_at: &'static str,
    pub(crate) leaked: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) not_public: &'static str,
    pub(crate) fabricated: &'static str,
    pub(crate) outside_period_mark: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) incident: &'static str,
    pub(crate) persons: &'static str,
    pub(crate) mail_addresses: &'static str,
    pub(crate) file: &'static str,
    pub(crate) why: &'static str,
    pub(crate) item: &'static str,
    pub(crate) produced_by: &'static str,
    pub(crate) watch_list: &'static str,
    pub(crate) as_of: &'static str,
    pub(crate) digest: &'static str,
    pub(crate) unverified: &'static str,
    pub(crate) files: &'static str,
    pub(crate) bytes: &'static str,
    pub(crate) lines: &'static str,
    pub(crate) addresses: &'static str,
    pub(crate) rejected: &'static str,
    pub(crate) matched: &'static str,
    pub(crate) counted: &'static str,
    pub(crate) duplicates: &'static str,
    pub(crate) without_secret: &'static str,
    pub(crate) outside_period: &'static str,
    pub(crate) outside_validity: &'static str,
    pub(crate) not_surveyed: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) complete: &'static str,
    /// Puts a note behind a word: （…） and (…).
    pub(crate) brackets: [&'static str; 2],
    /// Between a label and what it says.
    pub(crate) colon: &'static str,
}

/// A year, its count and its share of all years, as they are shown.
pub(crate) struct YearSaid {
    pub(crate) year: Year,
    pub(crate) count: String,
    pub(crate) share: Option<String>,
}

/// Sources that brought most in a year, with what each brought.
pub(crate) struct SourceSaid {
    pub(crate) year: Year,
    pub(crate) titles: Vec<String>,
    pub(crate) count: String,
    pub(crate) share: Option<String>,
}

/// How an unfinished year goes, as it is shown.
pub(crate) struct PaceSaid {
    pub(crate) year: Year,
    pub(crate) first_month: u8,
    pub(crate) last_month: u8,
    pub(crate) months: u8,
    pub(crate) so_far: String,
    pub(crate) place: u64,
    pub(crate) projected: String,
    pub(crate) projected_place: u64,
    /// The largest year that the projection passes and the figure so far does not, with its count.
    pub(crate) passes: Option<(Year, String)>,
    /// The years that have exactly what is projected.
    pub(crate) ties: Vec<Year>,
}

/// The sentences that are computed.
pub(crate) trait Voice {
    /// How much was found in all: each category with its count, and their sum when there are several.
    fn totals(&self, span: Option<Span>, categories: &[(String, String)], sum: Option<&str>) -> String;
    /// A category in which nothing was found.
    fn nothing(&self, category: &str) -> String;
    /// A category's total and its outstanding years, the largest first; years that share the first place.
    fn years(&self, category: &str, total: &str, first: &[YearSaid], next: &[YearSaid]) -> String;
    /// The sources behind the outstanding years.
    fn sources(&self, category: &str, sources: &[SourceSaid]) -> String;
    /// How the unfinished year goes.
    fn pace(&self, category: &str, pace: &PaceSaid) -> String;
    /// An unfinished year without a count.
    fn no_pace(&self, category: &str, pace: &PaceSaid) -> String;
    /// How many times as much was found in the `large` category as in others.
    fn ratio(&self, large: &str, small: &[(String, String)]) -> String;
    /// The categories of which one year is the largest in each.
    fn same_peak(&self, year: Year) -> String;
    /// What is of unknown month, category by category.
    fn unknown_month(&self, categories: &[(String, String)]) -> String;
    /// What part of the watch list nobody has checked; `None` when there is none.
    fn unverified(&self, unverified: u64, domains: u64, share: Option<&str>) -> String;
    /// The months counted, with what of the first and the last year.
    fn period(&self, span: Span) -> String;
    /// How many organisations without a count a table leaves out.
    fn left_out(&self, number: usize) -> String;
    /// What a yearly chart of a category shows.
    fn chart(&self, category: &str) -> String;
    /// The same in words, for who cannot see it: the largest year, and how many years there are.
    fn chart_in_words(&self, years: usize, largest: Option<(Year, &str)>) -> String;
    /// What the chart that compares categories shows.
    fn comparison_chart(&self, categories: &[String]) -> String;
    /// What the strip of incidents shows.
    fn timeline(&self, incidents: usize) -> String;
    /// A table of a category's years, and of its organisations.
    fn yearly_table(&self, category: &str) -> String;
    fn organisation_table(&self, category: &str) -> String;
    /// How many files, or members of files, could not be read.
    fn unreadable(&self, number: usize) -> String;
    /// What could not be understood although a watched domain stood in it.
    fn rejected(&self, number: u64) -> String;
    /// The name of a kind of source.
    fn kind(&self, kind: SourceKind) -> &'static str;
    /// The name of a kind of incident; `None` for a word that is not known.
    fn incident_kind(&self, kind: &str) -> Option<&'static str>;
    /// A number of persons.
    fn persons(&self, number: u64) -> String;
    /// A number of mail addresses.
    fn mail_addresses(&self, number: u64) -> String;
}

/// The fixed texts in `lang`.
pub(crate) const fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Ja => &ja::TEXTS,
        Lang::En => &en::TEXTS,
    }
}

/// The sentences in `lang`.
pub(crate) fn voice(lang: Lang) -> &'static dyn Voice {
    match lang {
        Lang::Ja => &ja::Japanese,
        Lang::En => &en::English,
    }
}
