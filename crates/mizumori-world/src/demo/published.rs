//! The published figures, as the target that the demo world is generated to.
//!
//! They are those of the survey report on leaked accounts of Japanese central ministries and affiliated bodies, period
//! 2008-07 to 2021-05, by the duplicate rule "an identical account leaked at the same time in the same place counts
//! once". The report gives four years and the total. How the rest of the total lies in the other years is **our**
//! invention, uneven and each year below 2013. Nothing but this generator knows the figures.

/// The two categories, in the report's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// 中央省庁.
    Ministry,
    /// 外郭団体.
    Affiliated,
}

impl Category {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Ministry, Self::Affiliated];

    /// Its id in the watch list.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Affiliated => "affiliated",
        }
    }
}

/// First month of the period, as (year, month).
pub const PERIOD_FROM: (u16, u8) = (2008, 7);
/// Last month of the period.
pub const PERIOD_TO: (u16, u8) = (2021, 5);

/// What was published of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The category.
    pub category: Category,
    /// The sum of all years.
    pub total: u64,
    /// The years that were published, with their counts.
    pub years: [(u16, u64); 4],
    /// Our spread of the rest over the other years.
    pub invented: [(u16, u64); 10],
}

/// The table.
pub const PUBLISHED: [Published; 2] = [
    Published {
        category: Category::Ministry,
        total: 17_522,
        years: [(2013, 1_196), (2019, 11_355), (2020, 1_635), (2021, 1_336)],
        invented: [
            (2008, 12),
            (2009, 31),
            (2010, 58),
            (2011, 97),
            (2012, 402),
            (2014, 214),
            (2015, 168),
            (2016, 497),
            (2017, 306),
            (2018, 215),
        ],
    },
    Published {
        category: Category::Affiliated,
        total: 106_163,
        years: [(2013, 8_904), (2019, 68_681), (2020, 10_215), (2021, 7_978)],
        invented: [
            (2008, 41),
            (2009, 133),
            (2010, 287),
            (2011, 512),
            (2012, 2_106),
            (2014, 1_093),
            (2015, 874),
            (2016, 2_688),
            (2017, 1_547),
            (2018, 1_104),
        ],
    },
];

/// What the demo world has to hold of a category in a year; 0 outside the period.
#[must_use]
pub fn target(category: Category, year: u16) -> u64 {
    PUBLISHED
        .iter()
        .filter(|published| published.category == category)
        .flat_map(|published| published.years.iter().chain(&published.invented))
        .find(|(candidate, _)| *candidate == year)
        .map_or(0, |(_, count)| *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_years_add_up_to_the_published_total() {
        for published in PUBLISHED {
            let sum: u64 = (2008..=2021).map(|year| target(published.category, year)).sum();
            assert_eq!(sum, published.total);
            let in_2013 = target(published.category, 2013);
            assert!(published.invented.iter().all(|(_, count)| (1..in_2013).contains(count)));
        }
    }
}
