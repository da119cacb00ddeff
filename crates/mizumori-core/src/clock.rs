//! The time of day, as something that a test can hold still.

use std::time::SystemTime;

use crate::Month;

/// Where the current time comes from.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> SystemTime;

    /// The current month, in UTC.
    fn month(&self) -> Month {
        let seconds = self.now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        civil_month(seconds / 86_400)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub SystemTime);

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        self.0
    }
}

/// The month of a day counted from 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil_month(days: u64) -> Month {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let (month, next_year) = if shifted_month < 10 { (shifted_month + 3, 0) } else { (shifted_month - 9, 1) };
    let year = era * 400 + year_of_era + next_year;
    let last = const { Month::new(9999, 12).unwrap() };
    u16::try_from(year).ok().and_then(|year| Month::new(year, month as u8)).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn months_of_known_seconds() {
        for (seconds, month) in
            [(0, "1970-01"), (951_782_400, "2000-02"), (1_622_505_599, "2021-05"), (1_622_505_600, "2021-06")]
        {
            let clock = FixedClock(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(clock.month().to_string(), month);
        }
    }
}
