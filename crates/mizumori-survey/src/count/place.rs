//! Places and times: what makes two exposures of one account the same leak.
//!
//! Sources of one place and one time form a group. In which group a source stands is known before anything is
//! read, so that an exposure costs no look at a date.

use std::collections::HashMap;

use caseless::Caseless as _;
use mizumori_core::{LeakTime, Month, Period, Source};
use unicode_normalization::UnicodeNormalization as _;

use super::AskedPeriod;
use crate::SurveyError;
use crate::model::Year;

/// What becomes of a source's exposures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The source is not public, or made up.
    NotSurveyed,
    /// It leaked outside the period.
    OutsidePeriod,
    /// It counts, in this group.
    Counted(Place),
}

/// Where a counted source's exposures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the group of sources that share place and time.
    pub(super) group: u32,
    /// Whether other sources are in the group.
    pub(super) shared: bool,
    /// The year to count in; `None` is the unknown month.
    pub(super) year: Option<Year>,
    /// Whether the source names a year that the period does not have whole: its exposures are of unknown month.
    pub(super) demoted: bool,
}

/// The period to count: as asked, and what nobody asked for from the months of the surveyed sources.
///
/// Where only one end was asked for and all sources lie on its other side, the period is that month alone.
///
/// # Errors
/// When the period that was asked for ends before it begins.
pub(super) fn period(asked: AskedPeriod, sources: &[Source]) -> Result<Option<Period>, SurveyError> {
    let months = || {
        sources.iter().filter(|source| source.is_surveyed()).filter_map(|source| match source.time() {
            LeakTime::Month(month) => Some(month),
            LeakTime::Year(_) | LeakTime::Unknown => None,
        })
    };
    let (from, to) = match (asked.from, asked.to) {
        (Some(from), Some(to)) if to < from => return Err(SurveyError::PeriodReversed { from, to }),
        (Some(from), Some(to)) => (Some(from), Some(to)),
        (Some(from), None) => (Some(from), Some(months().max().map_or(from, |last| last.max(from)))),
        (None, Some(to)) => (Some(months().min().map_or(to, |first| first.min(to))), Some(to)),
        (None, None) => (months().min(), months().max()),
    };
    Ok(from.zip(to).and_then(|(from, to)| Period::new(from, to)))
}

/// The plan of every source, in their order.
pub(super) fn plan(period: Option<Period>, sources: &[Source]) -> Vec<Plan> {
    let mut groups: HashMap<(String, LeakTime), u32> = HashMap::new();
    let mut members: Vec<u32> = Vec::new();
    let mut plans: Vec<Plan> = Vec::with_capacity(sources.len());
    for source in sources {
        let plan = if !source.is_surveyed() {
            Plan::NotSurveyed
        } else if let Some(time) = counted_time(period, source.time()) {
            let next = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let group = *groups.entry((folded_place(&source.place), time)).or_insert(next);
            if group == next {
                members.push(0);
            }
            if let Some(count) = members.get_mut(group as usize) {
                *count += 1;
            }
            let demoted = time == LeakTime::Unknown && source.time() != LeakTime::Unknown;
            Plan::Counted(Place { group, shared: false, year: time.year().map(Year), demoted })
        } else {
            Plan::OutsidePeriod
        };
        plans.push(plan);
    }
    for plan in &mut plans {
        if let Plan::Counted(place) = plan {
            place.shared = members.get(place.group as usize).is_some_and(|count| *count > 1);
        }
    }
    plans
}

/// The time by which a source counts, `None` outside the period. A bare year that the period does not have
/// whole is unknown.
fn counted_time(period: Option<Period>, time: LeakTime) -> Option<LeakTime> {
    let inside = |month: Month| period.is_some_and(|period| period.contains(month));
    match time {
        LeakTime::Month(month) => inside(month).then_some(time),
        LeakTime::Year(_) => match time.span() {
            Some((first, last)) if inside(first) && inside(last) => Some(time),
            _ => Some(LeakTime::Unknown),
        },
        LeakTime::Unknown => Some(time),
    }
}

/// A place in the form in which places are compared: NFKC, trimmed, case folded (Unicode 3.13, D146: the
/// folding is between two compositions, as it may take a composed letter apart).
pub fn folded_place(place: &str) -> String {
    let composed: String = place.nfkc().collect();
    composed.trim().chars().default_case_fold().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_core::SourceId;

    fn source(place: &str, leaked: &str) -> Source {
        let mut source = Source::undescribed(SourceId::new(place));
        source.leaked = (!leaked.is_empty()).then(|| leaked.parse().unwrap());
        source
    }

    fn asked(from: &str, to: &str) -> AskedPeriod {
        AskedPeriod { from: from.parse().ok(), to: to.parse().ok() }
    }

    #[test]
    fn places_are_compared_without_width_case_and_margins() {
        for (one, other) in [
            ("Forum X", "ｆｏｒｕｍ　ｘ"),
            (" forum x\t", "FORUM X"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("掲示板Ａ", "掲示板a"),
        ] {
            assert_eq!(folded_place(one), folded_place(other), "{one}");
        }
        assert_ne!(folded_place("forum x"), folded_place("forumx"));
    }

    #[test]
    fn the_period_is_as_asked_or_what_the_sources_span() {
        let mut hidden = source("d", "1999-01");
        hidden.public = false;
        let sources =
            [source("a", "2012-03-04"), source("b", "2019-01"), source("c", ""), source("e", "1990"), hidden];
        let shown = |from, to, sources: &[Source]| {
            period(asked(from, to), sources).unwrap().map(|period| period.to_string())
        };
        for (from, to, expected) in [
            ("", "", "2012-03..2019-01"),
            ("2008-07", "2021-05", "2008-07..2021-05"),
            ("2008-07", "", "2008-07..2019-01"),
            ("", "2021-05", "2012-03..2021-05"),
            ("2020-01", "", "2020-01..2020-01"),
            ("", "2000-01", "2000-01..2000-01"),
        ] {
            assert_eq!(shown(from, to, &sources).as_deref(), Some(expected));
        }
        assert_eq!(shown("", "", &sources[2..]), None);
        assert!(matches!(
            period(asked("2021-05", "2021-04"), &sources),
            Err(SurveyError::PeriodReversed { .. })
        ));
    }

    #[test]
    fn sources_are_grouped_by_place_and_time() {
        let mut made_up = source("Forum", "2019-01");
        made_up.fabricated = true;
        let sources = [
            source("Forum", "2019-01-02"),
            source("forum ", "2019-01"),
            source("forum", "2019"),
            source("forum", ""),
            source("FORUM", "2008"),
            source("other", "2019-01"),
            source("forum", "2007-12"),
            made_up,
        ];
        let counted = |group, shared, year: Option<u16>, demoted| {
            Plan::Counted(Place { group, shared, year: year.map(Year), demoted })
        };
        assert_eq!(
            plan(period(asked("2008-07", "2021-05"), &sources).unwrap(), &sources),
            [
                counted(0, true, Some(2019), false),
                counted(0, true, Some(2019), false),
                counted(1, false, Some(2019), false),
                counted(2, true, None, false),
                counted(2, true, None, true),
                counted(3, false, Some(2019), false),
                Plan::OutsidePeriod,
                Plan::NotSurveyed,
            ]
        );
    }
}
