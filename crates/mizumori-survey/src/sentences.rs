//! What a report's figures say, in sentences that are computed from them and true of them.
//!
//! Here is decided what may be said; how it is said stands in `words`. Nothing is said of a figure that the
//! report does not show.

use std::cmp::Reverse;

use crate::disclosure::{Column, Row, Shown};
use crate::model::{CategoryCount, SourceCount, Year};
use crate::rank::place;
use crate::scene::Scene;
use crate::words::{PaceSaid, SourceSaid, YearSaid, number};

/// How many years are called outstanding.
pub(crate) const OUTSTANDING: usize = 4;
/// How many sources that brought equally much are named.
const NAMED: usize = 3;

impl Scene<'_> {
    /// The sentences of a summary, the most important first. The sources are named that are behind the largest
    /// years, as many of these as `years_explained`.
    pub(crate) fn summary(&self, years_explained: usize) -> Vec<String> {
        let mut sentences = vec![self.totals()];
        for (c, category) in self.report.categories.iter().enumerate() {
            sentences.extend(self.of_category(c, category, years_explained));
        }
        sentences.extend(self.compared());
        sentences.extend(self.unknown_months());
        sentences.extend(self.unverified());
        sentences
    }

    fn totals(&self) -> String {
        let categories: Vec<_> = self
            .report
            .categories
            .iter()
            .enumerate()
            .map(|(c, category)| {
                (self.name(category).to_owned(), self.count(Row::Category(c), Column::Total, category.total))
            })
            .collect();
        let sum = self.shown(Row::All, Column::Total, self.report.total());
        let sum = sum.exact().filter(|_| categories.len() > 1).map(|sum| number::count(self.lang, sum));
        self.voice().totals(self.report.period, &categories, sum.as_deref())
    }

    /// What a category's figures say: its years, what is behind them, and this year's pace.
    pub(crate) fn of_category(
        &self,
        c: usize,
        category: &CategoryCount,
        years_explained: usize,
    ) -> Vec<String> {
        if category.total == 0 {
            return vec![self.voice().nothing(self.name(category))];
        }
        let mut sentences = vec![self.outstanding(c, category)];
        sentences.extend(self.behind(c, category, years_explained));
        sentences.extend(self.pace(c, category));
        sentences
    }

    fn year(&self, c: usize, category: &CategoryCount, year: Year) -> Shown {
        let value = category.years.get(&year).copied().unwrap_or(0);
        self.shown(Row::Category(c), Column::Year(year), value)
    }

    fn outstanding(&self, c: usize, category: &CategoryCount) -> String {
        let total = self.shown(Row::Category(c), Column::Total, category.total);
        let count_of = |year: Year| category.years.get(&year).copied().unwrap_or(0);
        let said = |year: &Year| YearSaid {
            year: *year,
            count: self.count(Row::Category(c), Column::Year(*year), count_of(*year)),
            share: self.share(self.year(c, category, *year), total),
        };
        let most = category.rank.first().map_or(0, |year| count_of(*year));
        let (first, next): (Vec<Year>, Vec<Year>) =
            category.rank.iter().take(OUTSTANDING).partition(|year| count_of(**year) == most);
        self.voice().years(
            self.name(category),
            &self.count(Row::Category(c), Column::Total, category.total),
            &first.iter().map(said).collect::<Vec<_>>(),
            &next.iter().map(said).collect::<Vec<_>>(),
        )
    }

    fn behind(&self, c: usize, category: &CategoryCount, years: usize) -> Option<String> {
        let said: Vec<_> = category
            .rank
            .iter()
            .take(years)
            .filter_map(|year| {
                let sources = self.main_sources(category, *year);
                let (first, source) = *sources.first()?;
                let value = source.of_category(&category.id);
                let shown = self.shown(Row::Source(first), Column::Category(c), value);
                Some(SourceSaid {
                    year: *year,
                    titles: sources.iter().take(NAMED).map(|(_, source)| source.title.clone()).collect(),
                    count: self.count(Row::Source(first), Column::Category(c), value),
                    share: self.share(shown, self.year(c, category, *year)),
                })
            })
            .collect();
        (!said.is_empty()).then(|| self.voice().sources(self.name(category), &said))
    }

    /// The sources that brought most to a category in a year, with their places: several when they brought
    /// equally much.
    pub(crate) fn main_sources(&self, category: &CategoryCount, year: Year) -> Vec<(usize, &SourceCount)> {
        let mut sources: Vec<_> = self
            .report
            .sources
            .iter()
            .enumerate()
            .filter(|(_, source)| source.leaked.is_some_and(|leaked| leaked.year() == year.0))
            .map(|(s, source)| (Reverse(source.of_category(&category.id)), s, source))
            .filter(|(Reverse(count), ..)| *count > 0)
            .collect();
        sources.sort_by_key(|(count, s, _)| (*count, *s));
        let most = sources.first().map(|(count, ..)| *count);
        sources
            .into_iter()
            .take_while(|(count, ..)| Some(*count) == most)
            .map(|(_, s, source)| (s, source))
            .collect()
    }

    fn pace(&self, c: usize, category: &CategoryCount) -> Option<String> {
        let pace = category.pace?;
        let last_month = self.report.period?.to.month();
        let others = category.years.iter().filter(|(year, _)| **year != pace.year);
        let passes = others
            .filter(|(_, total)| **total > pace.so_far && **total < pace.projected)
            .max_by_key(|(year, total)| (**total, Reverse(**year)))
            .map(|(year, total)| (*year, self.count(Row::Category(c), Column::Year(*year), *total)));
        let said = PaceSaid {
            year: pace.year,
            first_month: last_month.saturating_sub(pace.months).saturating_add(1),
            last_month,
            months: pace.months,
            so_far: self.count(Row::Category(c), Column::Year(pace.year), pace.so_far),
            place: place(&category.years, pace.year).unwrap_or(0),
            projected: number::count(self.lang, pace.projected),
            projected_place: pace.projected_rank,
            passes,
            ties: category
                .years
                .iter()
                .filter(|(year, total)| **year != pace.year && **total == pace.projected)
                .map(|(year, _)| *year)
                .collect(),
        };
        match self.year(c, category, pace.year) {
            Shown::Exact(0) => Some(self.voice().no_pace(self.name(category), &said)),
            Shown::Exact(_) => Some(self.voice().pace(self.name(category), &said)),
            // The projection would give the figure away.
            Shown::Small | Shown::Withheld => None,
        }
    }

    /// How the categories stand to each other.
    pub(crate) fn compared(&self) -> Vec<String> {
        let mut known: Vec<(u64, usize, &CategoryCount)> = Vec::new();
        for (c, category) in self.report.categories.iter().enumerate() {
            match self.shown(Row::Category(c), Column::Total, category.total) {
                Shown::Exact(0) => {}
                Shown::Exact(total) => known.push((total, c, category)),
                Shown::Small | Shown::Withheld => return Vec::new(),
            }
        }
        known.sort_by_key(|(total, c, _)| (Reverse(*total), *c));
        let Some(((most, _, largest), rest)) = known.split_first() else { return Vec::new() };
        if rest.is_empty() {
            return Vec::new();
        }
        let ratios: Vec<_> = rest
            .iter()
            .filter_map(|(total, _, category)| {
                Some((self.name(category).to_owned(), number::ratio(*most, *total)?))
            })
            .collect();
        let mut sentences = vec![self.voice().ratio(self.name(largest), &ratios)];
        let peak = |category: &CategoryCount| {
            let first = category.rank.first()?;
            let most = category.years.get(first);
            let alone = category.rank.get(1).is_none_or(|second| category.years.get(second) != most);
            alone.then_some(*first)
        };
        let all = self.report.categories.len() == known.len();
        if all
            && let Some(year) = peak(largest)
            && rest.iter().all(|(_, _, category)| peak(category) == Some(year))
        {
            sentences.push(self.voice().same_peak(year));
        }
        sentences
    }

    fn unknown_months(&self) -> Option<String> {
        let categories: Vec<_> = self
            .report
            .categories
            .iter()
            .enumerate()
            .filter(|(_, category)| category.unknown_month > 0)
            .map(|(c, category)| {
                let count = self.count(Row::Category(c), Column::Unknown, category.unknown_month);
                (self.name(category).to_owned(), count)
            })
            .collect();
        (!categories.is_empty()).then(|| self.voice().unknown_month(&categories))
    }

    /// What part of the watch list nobody has checked.
    pub(crate) fn unverified(&self) -> Option<String> {
        let facts = &self.report.produced.watch_list;
        if facts.domains == 0 {
            return None;
        }
        let share = (facts.unverified > 0)
            .then(|| number::share(self.lang, facts.unverified, facts.domains))
            .flatten();
        Some(self.voice().unverified(facts.unverified, facts.domains, share.as_deref()))
    }
}
