//! How many a minute: a mass of mails to one place looks like an attack to it.

use std::collections::HashMap;
use std::num::NonZeroU32;

use mizumori_core::Timestamp;

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// Counts what goes to each destination, minute by minute.
#[derive(Debug)]
pub(crate) struct Rate {
    most: NonZeroU32,
    minute: i64,
    counts: HashMap<String, u32>,
}

impl Rate {
    /// So many a minute to each.
    pub(crate) fn new(most: NonZeroU32) -> Self {
        Self { most, minute: i64::MIN, counts: HashMap::new() }
    }

    /// Counts one, or says when there is room for it.
    pub(crate) fn take(&mut self, destination: &str, now: Timestamp) -> Result<(), Timestamp> {
        let minute = now.0.div_euclid(MINUTE);
        // Who says an earlier time is late: his minute is not begun anew, else it would be each time that two take turns.
        if minute > self.minute {
            self.minute = minute;
            self.counts.clear();
        }
        let count = self.counts.entry(destination.to_owned()).or_default();
        if *count >= self.most.get() {
            return Err(Timestamp((self.minute + 1) * MINUTE));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute() {
        let mut rate = Rate::new(NonZeroU32::new(2).unwrap());
        let (first, second) = (Timestamp(5_000), Timestamp(61_000));
        assert_eq!([rate.take("a", first), rate.take("a", first), rate.take("b", first)], [Ok(()); 3]);
        assert_eq!(rate.take("a", first), Err(Timestamp(60_000)));
        assert_eq!(rate.take("a", second), Ok(()));
        // Somebody who is late counts for the minute that has begun.
        assert_eq!(rate.take("a", first), Ok(()));
        assert_eq!([rate.take("a", first), rate.take("a", second)], [Err(Timestamp(120_000)); 2]);
    }
}
