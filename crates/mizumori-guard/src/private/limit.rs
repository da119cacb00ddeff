//! How often a client may ask: each question is a guess.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, SystemTime};

use mizumori_core::Clock;

/// Buckets of tokens, one a client (J. Turner, "New directions in communications", 1986): a question takes a token, and tokens
/// come back at a steady rate.
///
/// So many clients have a bucket of their own; those that come beyond them share one. Who has many addresses can make it hard
/// for new clients, but not ask more often.
pub struct RateLimit<C, K> {
    clock: K,
    /// Tokens that a bucket holds.
    burst: f64,
    /// Tokens that come back a second.
    rate: f64,
    most: usize,
    clients: HashMap<C, Tokens>,
    others: Tokens,
    /// When full buckets were last looked for.
    swept: SystemTime,
}

#[derive(Clone, Copy, Debug)]
struct Tokens {
    left: f64,
    at: SystemTime,
}

impl<C: Eq + Hash, K: Clock> RateLimit<C, K> {
    /// `burst` questions at once and `per_minute` on average; `most` clients are known at a time.
    pub fn new(clock: K, burst: u32, per_minute: u32, most: usize) -> Self {
        let now = clock.now();
        let (burst, rate) = (f64::from(burst.max(1)), f64::from(per_minute.max(1)) / 60.0);
        let full = Tokens { left: burst, at: now };
        Self { clock, burst, rate, most, clients: HashMap::new(), others: full, swept: now }
    }

    /// Takes a token of a client's.
    ///
    /// # Errors
    /// How long it has to wait for the next one, when it has none left.
    pub fn take(&mut self, client: C) -> Result<(), Duration> {
        let now = self.clock.now();
        let (burst, rate) = (self.burst, self.rate);
        if self.clients.len() >= self.most && !self.clients.contains_key(&client) {
            self.sweep(now);
        }
        let full = Tokens { left: burst, at: now };
        let tokens = if self.clients.len() >= self.most && !self.clients.contains_key(&client) {
            &mut self.others
        } else {
            self.clients.entry(client).or_insert(full)
        };
        *tokens = tokens.refilled(now, burst, rate);
        if tokens.left >= 1.0 {
            tokens.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - tokens.left) / rate))
    }

    /// Forgets whose bucket is full again: nothing is to be known of them. It looks at all of them, so seldom.
    fn sweep(&mut self, now: SystemTime) {
        let (burst, rate) = (self.burst, self.rate);
        let since = now.duration_since(self.swept).unwrap_or_default();
        if since.as_secs_f64() * rate >= 1.0 {
            self.swept = now;
            self.clients.retain(|_, tokens| tokens.refilled(now, burst, rate).left < burst);
        }
    }
}

impl Tokens {
    /// The same later; a clock that was put back gives nothing.
    fn refilled(self, now: SystemTime, burst: f64, rate: f64) -> Self {
        let since = now.duration_since(self.at).unwrap_or_default();
        Self { left: (self.left + since.as_secs_f64() * rate).min(burst), at: now }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock that is moved by hand, in seconds.
    #[derive(Clone, Default)]
    struct Moved(Arc<AtomicU64>);

    impl Moved {
        fn by(&self, seconds: u64) {
            self.0.fetch_add(seconds, Ordering::Relaxed);
        }
    }

    impl Clock for Moved {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    fn limit(most: usize) -> (Moved, RateLimit<u32, Moved>) {
        let clock = Moved::default();
        (clock.clone(), RateLimit::new(clock, 3, 6, most))
    }

    #[test]
    fn a_burst_and_then_a_steady_rate() {
        let (clock, mut limit) = limit(10);
        for _ in 0..3 {
            limit.take(1).unwrap();
        }
        assert_eq!(limit.take(1), Err(Duration::from_secs(10)));
        limit.take(2).unwrap();
        clock.by(9);
        assert!(limit.take(1).is_err());
        clock.by(1);
        limit.take(1).unwrap();
        assert!(limit.take(1).is_err());
        clock.by(10_000);
        assert_eq!((0..9).filter(|_| limit.take(1).is_ok()).count(), 3, "no more than a burst is saved up");
    }

    #[test]
    fn clients_beyond_the_most_share() {
        let (clock, mut limit) = limit(2);
        limit.take(1).unwrap();
        limit.take(2).unwrap();
        assert_eq!((100..200).filter(|client| limit.take(*client).is_ok()).count(), 3);
        limit.take(1).unwrap();
        assert_eq!(limit.clients.len(), 2);
        // Full again, they are forgotten, and others get theirs.
        clock.by(60);
        limit.take(300).unwrap();
        assert_eq!(limit.clients.len(), 1);
    }

    #[test]
    fn in_the_long_run_nobody_asks_more_often() {
        let (clock, mut limit) = limit(1);
        let mut granted = 0;
        for second in 0..600 {
            for client in 0..7 {
                granted += u32::from(limit.take(client * 1_000 + second % 5).is_ok());
            }
            clock.by(1);
        }
        // Two buckets of a burst of three and six a minute, and one more each time that the one was forgotten.
        assert!(granted <= 2 * (3 + 60) + 3, "{granted}");
    }
}
