//! Moments, as what changes keeps them: UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::month::{Month, MonthError, PartialDate};

const DAY: i64 = 86_400_000;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The first moment of a day; of its month's first day where only that is known, of its year's where only that.
    pub fn first_of(date: PartialDate) -> Self {
        let (month, day) = (date.month().unwrap_or(1), date.day().unwrap_or(1));
        Self(days_from_civil(i64::from(date.year()), i64::from(month), i64::from(day)) * DAY)
    }

    /// The first moment of a month.
    pub fn start_of(month: Month) -> Self {
        Self(days_from_civil(i64::from(month.year()), i64::from(month.month()), 1) * DAY)
    }

    /// The first moment after a month.
    pub fn end_of(month: Month) -> Self {
        let (year, next) = match month.month() {
            12 => (i64::from(month.year()) + 1, 1),
            other => (i64::from(month.year()), i64::from(other) + 1),
        };
        Self(days_from_civil(year, next, 1) * DAY)
    }

    /// So much later; at the end of time where there is no later.
    pub fn after(self, more: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(more.as_millis()).unwrap_or(i64::MAX)))
    }

    /// So many calendar months later, on the same day or the last of that month.
    pub fn months_later(self, months: u32) -> Self {
        let (day, within) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, of_month) = civil_from_days(day);
        let all = year * 12 + (month - 1) + i64::from(months);
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let first = days_from_civil(year, month, 1);
        let length = days_from_civil(next_year, next, 1) - first;
        Self((first + of_month.min(length) - 1) * DAY + within)
    }

    /// How long it is until `later`; nothing where that is earlier.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Its month, in UTC; none outside the years 1 to 9999.
    pub fn month(self) -> Option<Month> {
        let (year, month, _) = civil_from_days(self.0.div_euclid(DAY));
        Month::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?)
    }

    /// Its day, in UTC, written `YYYY-MM-DD`.
    pub fn day(self) -> String {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => millis(since),
            Err(before) => -millis(before.duration()),
        })
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        let span = Duration::from_millis(timestamp.0.unsigned_abs());
        let time = if timestamp.0 < 0 {
            Self::UNIX_EPOCH.checked_sub(span)
        } else {
            Self::UNIX_EPOCH.checked_add(span)
        };
        time.unwrap_or(Self::UNIX_EPOCH)
    }
}

/// As RFC 3339 has it, to the second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.rem_euclid(DAY) / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}Z", self.day())
    }
}

/// A day (`YYYY-MM-DD`), of which it is the first moment, or what [`Display`](fmt::Display) writes.
impl FromStr for Timestamp {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
        let day = Self::first_of(day.parse()?);
        let Some(time) = time else { return Ok(day) };
        let within = || {
            let time = time.strip_suffix('Z')?;
            let mut parts = time.split(':').map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2));
            let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
            let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
            fits.then_some((hour * 3600 + minute * 60 + second) * 1000)
        };
        within()
            .map(|within| Self(day.0 + within))
            .ok_or_else(|| MonthError::new(text, "a time, written YYYY-MM-DDTHH:MM:SSZ"))
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The other way: year, month and day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_and_go() {
        let mut days = -800_000;
        while days < 2_900_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
            days += 13;
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
    }

    #[test]
    fn texts_come_back() {
        for text in
            ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "0001-01-01T12:00:00Z", "1969-12-31T23:59:59Z"]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2026-11-23".parse(), Ok(Timestamp(1_795_392_000_000)));
        for wrong in [
            "",
            "2026",
            "2026-11-23T",
            "2026-11-23T24:00:00Z",
            "2026-11-23T1:00:00Z",
            "2026-11-23T01:00:00",
            "2026-02-30",
        ] {
            assert!(wrong.len() == 4 || wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
        let time = Timestamp(1_795_392_000_123);
        assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        assert_eq!(Timestamp::from(SystemTime::from(Timestamp(-5))), Timestamp(-5));
    }

    #[test]
    fn months_have_their_ends() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert_eq!(Timestamp::start_of(month("2021-05")).to_string(), "2021-05-01T00:00:00Z");
        assert_eq!(Timestamp::end_of(month("2021-12")).to_string(), "2022-01-01T00:00:00Z");
        assert_eq!(Timestamp::end_of(month("2024-02")).month(), Some(month("2024-03")));
        let later = |text: &str, months| text.parse::<Timestamp>().unwrap().months_later(months).to_string();
        assert_eq!(later("2026-11-23T08:00:00Z", 2), "2027-01-23T08:00:00Z");
        assert_eq!(later("2026-12-31T08:00:00Z", 2), "2027-02-28T08:00:00Z");
        assert_eq!(later("2023-12-31", 2), "2024-02-29T00:00:00Z");
    }
}
