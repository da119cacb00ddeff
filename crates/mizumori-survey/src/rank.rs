//! Which years stand out, and where the current year would stand at its pace.
//!
//! Nothing is estimated but the projection, and that is a plain proportion.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use mizumori_core::Month;

use crate::model::{Pace, Year};

/// The years with a count, the largest first, of equal ones the earlier first.
pub fn rank(years: &BTreeMap<Year, u64>) -> Vec<Year> {
    let mut ranked: Vec<_> =
        years.iter().filter(|(_, total)| **total > 0).map(|(year, total)| (Reverse(*total), *year)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, year)| year).collect()
}

/// A year's place: 1 and the number of years with a strictly greater total. `None` for a year without a count.
pub fn place(years: &BTreeMap<Year, u64>, year: Year) -> Option<u64> {
    let total = years.get(&year).copied().filter(|total| *total > 0)?;
    Some(place_of(years.values().copied(), total))
}

/// The pace of the year in which a period ends that was asked to end in `to`: `None` when that is a December.
///
/// `from` is the period's first month: a year that the period enters late has fewer months to go by.
pub fn pace(years: &BTreeMap<Year, u64>, from: Month, to: Month) -> Option<Pace> {
    if to.month() == 12 {
        return None;
    }
    let year = Year(to.year());
    let first = if from.year() == to.year() { from.month() } else { 1 };
    let months = to.month().checked_sub(first)?.checked_add(1)?;
    let so_far = years.get(&year).copied().unwrap_or(0);
    let projected = u128::from(so_far) * 12 / u128::from(months);
    let projected = u64::try_from(projected).unwrap_or(u64::MAX);
    let others = years.iter().filter(|(other, _)| **other != year).map(|(_, total)| *total);
    Some(Pace { year, months, so_far, projected, projected_rank: place_of(others, projected) })
}

fn place_of(others: impl Iterator<Item = u64>, total: u64) -> u64 {
    others.filter(|other| *other > total).fold(1, |place, _| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published figures; the years between are invented, below 2013.
    fn published(figures: [(u16, u64); 4]) -> BTreeMap<Year, u64> {
        let mut years: BTreeMap<_, _> =
            (2008..=2021).map(|year| (Year(year), u64::from(year - 2000))).collect();
        years.extend(figures.map(|(year, total)| (Year(year), total)));
        years
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn first_four(years: &BTreeMap<Year, u64>) -> Vec<u16> {
        rank(years).into_iter().take(4).map(|year| year.0).collect()
    }

    #[test]
    fn the_published_ministries() {
        let years = published([(2013, 1_196), (2019, 11_355), (2020, 1_635), (2021, 1_336)]);
        assert_eq!(first_four(&years), [2019, 2020, 2021, 2013]);
        let pace = pace(&years, month("2008-07"), month("2021-05")).unwrap();
        assert_eq!((pace.months, pace.so_far, pace.projected, pace.projected_rank), (5, 1_336, 3_206, 2));
    }

    #[test]
    fn the_published_affiliated_bodies() {
        let years = published([(2013, 8_904), (2019, 68_681), (2020, 10_215), (2021, 7_978)]);
        assert_eq!(first_four(&years), [2019, 2020, 2013, 2021]);
        assert_eq!(place(&years, Year(2021)), Some(4));
        let pace = pace(&years, month("2008-07"), month("2021-05")).unwrap();
        assert_eq!((pace.projected, pace.projected_rank), (19_147, 2));
    }

    #[test]
    fn ties_share_a_place_and_the_earlier_comes_first() {
        let years = BTreeMap::from([(Year(2010), 5), (Year(2011), 7), (Year(2012), 5), (Year(2013), 0)]);
        assert_eq!(rank(&years), [Year(2011), Year(2010), Year(2012)]);
        assert_eq!(place(&years, Year(2010)), Some(2));
        assert_eq!(place(&years, Year(2012)), Some(2));
        assert_eq!(place(&years, Year(2013)), None);
    }

    #[test]
    fn pace_needs_an_unfinished_year() {
        let years = BTreeMap::from([(Year(2020), 10), (Year(2021), u64::MAX)]);
        assert_eq!(pace(&years, month("2020-01"), month("2021-12")), None);
        let late = pace(&years, month("2021-03"), month("2021-05")).unwrap();
        assert_eq!((late.months, late.projected, late.projected_rank), (3, u64::MAX, 1));
        let tie = BTreeMap::from([(Year(2020), 24), (Year(2021), 10)]);
        assert_eq!(pace(&tie, month("2020-01"), month("2021-05")).unwrap().projected_rank, 1);
    }
}
