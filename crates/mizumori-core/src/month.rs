//! Months, spans of months, and the time at which a source leaked.
//!
//! No time zones and no days beyond validation: a survey counts months.

use std::fmt;
use std::str::FromStr;

/// A calendar month, from 0001-01 to 9999-12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// The month `month` (1 to 12) of `year` (1 to 9999).
    pub const fn new(year: u16, month: u8) -> Option<Self> {
        if year >= 1 && year <= 9999 && month >= 1 && month <= 12 {
            Some(Self(year as u32 * 12 + month as u32 - 1))
        } else {
            None
        }
    }

    /// The year, 1 to 9999.
    pub const fn year(self) -> u16 {
        (self.0 / 12) as u16
    }

    /// The month of the year, 1 to 12.
    pub const fn month(self) -> u8 {
        (self.0 % 12) as u8 + 1
    }

    /// January of `year`.
    pub const fn first_of(year: u16) -> Option<Self> {
        Self::new(year, 1)
    }

    /// December of `year`.
    pub const fn last_of(year: u16) -> Option<Self> {
        Self::new(year, 12)
    }

    /// Months from `self` to `later`, negative when `later` is earlier.
    pub const fn months_until(self, later: Self) -> i32 {
        later.0 as i32 - self.0 as i32
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A month was not written as `YYYY-MM`, a date not as `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not {1}")]
pub struct MonthError(String, &'static str);

impl MonthError {
    /// That `text` is not `what`.
    pub(crate) fn new(text: &str, what: &'static str) -> Self {
        Self(shown(text), what)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let month = || {
            let (year, month) = text.split_once('-')?;
            Self::new(digits(year, 4)?, digits(month, 2)? as u8)
        };
        month().ok_or_else(|| MonthError::new(text, "a month, written YYYY-MM"))
    }
}

/// When a source was first public: what the counting method calls its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeakTime {
    /// The month is known.
    Month(Month),
    /// Only the year is known.
    Year(u16),
    /// Nothing is known; never guessed.
    Unknown,
}

impl LeakTime {
    /// The months that the time may lie in, or `None` when unknown.
    pub fn span(self) -> Option<(Month, Month)> {
        match self {
            Self::Month(month) => Some((month, month)),
            Self::Year(year) => Month::first_of(year).zip(Month::last_of(year)),
            Self::Unknown => None,
        }
    }

    /// The year, where one is known.
    pub fn year(self) -> Option<u16> {
        match self {
            Self::Month(month) => Some(month.year()),
            Self::Year(year) => Some(year),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for LeakTime {
    /// `2019-01`, `2019`, or nothing when unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => fmt::Display::fmt(month, f),
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Unknown => Ok(()),
        }
    }
}

/// A date as exactly as somebody knew it: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

impl PartialDate {
    /// The year, 1 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month of the year, 1 to 12, where it is known.
    pub const fn month(self) -> Option<u8> {
        self.month
    }

    /// The day of the month, 1 to 31, where it is known.
    pub const fn day(self) -> Option<u8> {
        self.day
    }

    /// The date as a time of the counting method: its month, else its year.
    pub fn leak_time(self) -> LeakTime {
        match self.month.and_then(|month| Month::new(self.year, month)) {
            Some(month) => LeakTime::Month(month),
            None => LeakTime::Year(self.year),
        }
    }
}

impl FromStr for PartialDate {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let date = || {
            let mut parts = text.split('-');
            let year = digits(parts.next()?, 4)?;
            let month = match parts.next() {
                Some(part) => Some(Month::new(year, digits(part, 2)? as u8)?.month()),
                None => None,
            };
            let day = match parts.next() {
                Some(part) => {
                    let day = digits(part, 2)? as u8;
                    (1..=days_in(year, month?)).contains(&day).then_some(Some(day))?
                }
                None => None,
            };
            (parts.next().is_none() && year >= 1).then_some(Self { year, month, day })
        };
        date().ok_or_else(|| MonthError::new(text, "a date, written YYYY, YYYY-MM or YYYY-MM-DD"))
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

/// A span of months, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    from: Month,
    to: Month,
}

impl Period {
    /// The span from `from` to `to`, or `None` when `to` is before `from`.
    pub fn new(from: Month, to: Month) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The first month.
    pub const fn from(self) -> Month {
        self.from
    }

    /// The last month.
    pub const fn to(self) -> Month {
        self.to
    }

    /// Whether `month` lies inside.
    pub fn contains(self, month: Month) -> bool {
        self.from <= month && month <= self.to
    }

    /// The years that the period touches, in order.
    pub fn years(self) -> std::ops::RangeInclusive<u16> {
        self.from.year()..=self.to.year()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

fn digits(text: &str, length: usize) -> Option<u16> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// At most the first 20 characters: what stands in a description file may be anything.
fn shown(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_parse_and_print() {
        for good in ["2008-07", "0001-01", "9999-12"] {
            assert_eq!(good.parse::<Month>().unwrap().to_string(), good);
        }
        for bad in
            ["2008-7", "2008-13", "2008-00", "0000-01", "08-07", "2008", "2008-07-01", "+008-07", "二〇〇八"]
        {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn dates_parse_as_exactly_as_known() {
        for good in ["2019", "2019-01", "2020-02-29", "2000-02-29"] {
            assert_eq!(good.parse::<PartialDate>().unwrap().to_string(), good);
        }
        for bad in
            ["2019-02-29", "1900-02-29", "2019-1", "2019-01-32", "2019-01-00", "2019-01-01-01", "", "2019-"]
        {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
        assert_eq!("2019".parse::<PartialDate>().unwrap().leak_time(), LeakTime::Year(2019));
    }

    #[test]
    fn periods_include_both_ends() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let period = Period::new(month("2008-07"), month("2021-05")).unwrap();
        assert!(period.contains(month("2008-07")) && period.contains(month("2021-05")));
        assert!(!period.contains(month("2008-06")) && !period.contains(month("2021-06")));
        assert_eq!(period.years().count(), 14);
        assert_eq!(Period::new(month("2021-05"), month("2021-04")), None);
        assert_eq!(month("2021-01").months_until(month("2021-05")), 4);
    }
}
