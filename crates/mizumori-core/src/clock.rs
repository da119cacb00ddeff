//! The time of day, as something that a test can hold still.

use std::time::SystemTime;

use crate::{Month, Timestamp};

/// Where the current time comes from.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> SystemTime;

    /// The current month, in UTC.
    fn month(&self) -> Month {
        Timestamp::from(self.now()).month().unwrap_or(const { Month::new(9999, 12).unwrap() })
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
