//! When a proved domain is looked at again, how long a proof may fail, and when its holder is reminded.
//!
//! Pure: it is told what was found and when, and says what follows. What it says is kept, and done, by the caller.
//!
//! A domain that changed hands must not be served to its old holder for long, and a name server that is down for a week must cost
//! nobody his domain. So a week of clear answers ends it: the time between two looks counts if both were told no. A month in which
//! the proof was never there ends it as well, whatever was in the way. Of the time between two looks no more counts than
//! [twice](Schedule::every) the usual pause: while the program did not run, nobody could be reminded.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_core::proof::{Method, Outcome};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A setting of no time at all would mean that no time ever counts.
const SHORTEST: Duration = Duration::from_secs(60);

/// How proofs are looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The pause between two looks at a proof that was there.
    pub every: Duration,
    /// The pause while it fails; not longer than [`every`](Self::every).
    pub again: Duration,
    /// How long a clear no is borne.
    pub missing: Patience,
    /// How long it is borne that the proof is not seen, be it that nobody can be asked.
    pub unseen: Patience,
    /// How long a code that was typed counts, before another has to be.
    pub typed_for: Duration,
    /// How long it is borne that nobody types another.
    pub untyped: Patience,
}

/// How long something is borne.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After so long the proof has lapsed.
    pub lapses_after: Duration,
    /// When the holder is reminded, since it began, from the earliest on.
    pub reminders: Vec<Duration>,
}

/// What is known of a proof between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When it was looked for last.
    pub checked: Timestamp,
    /// What that look found.
    pub last: Outcome,
    /// Since when it was not seen, moved forward by the time that does not count.
    pub failing_since: Option<Timestamp>,
    /// Since when there is a clear no, moved forward in the same way. It stays while nobody can be asked.
    pub missing_since: Option<Timestamp>,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The domain is proved.
    Holds,
    /// It still counts as proved, but fails.
    Fails {
        /// What it fails by.
        by: Outcome,
        /// When it lapses if that goes on.
        lapses: Timestamp,
        /// The reminder that is to be sent now, counted from 1; only the last of those that are due.
        remind: Option<usize>,
    },
    /// It does not count as proved any more, until it is there again.
    Lapsed {
        /// What it failed by.
        by: Outcome,
    },
}

impl Standing {
    /// Of a proof that was there at that moment.
    pub const fn proved(at: Timestamp) -> Self {
        Self { checked: at, last: Outcome::There, failing_since: None, missing_since: None }
    }
}

impl Schedule {
    /// When to look again.
    pub fn next(&self, standing: &Standing) -> Timestamp {
        let pause = match standing.last {
            Outcome::There => self.every,
            Outcome::Missing | Outcome::Unasked => self.again.min(self.every),
        };
        standing.checked.after(pause.max(SHORTEST))
    }

    /// Whether to look now. A clock that was put back does not make anybody wait.
    pub fn is_due(&self, standing: &Standing, now: Timestamp) -> bool {
        now >= self.next(standing) || now < standing.checked
    }

    /// What there is to find of a code that was typed at `proved`: it is missing when it has grown old.
    pub fn typed(&self, proved: Timestamp, now: Timestamp) -> Outcome {
        if proved.until(now) < self.typed_for { Outcome::There } else { Outcome::Missing }
    }

    /// Takes in what a look at `now` found: what is to be kept, and what follows.
    pub fn judge(
        &self,
        method: Method,
        standing: Standing,
        outcome: Outcome,
        now: Timestamp,
    ) -> (Standing, Verdict) {
        if outcome == Outcome::There {
            return (Standing::proved(now), Verdict::Holds);
        }
        let passed = standing.checked.until(now);
        let uncounted = passed.saturating_sub(self.every.max(SHORTEST).saturating_mul(2));
        let moved = |since: Timestamp, by: Duration| since.after(by).min(now);
        let failing = standing.failing_since.map_or(now, |since| moved(since, uncounted));
        let missing = match (outcome, standing.last) {
            (Outcome::Missing, Outcome::Missing) => {
                standing.missing_since.map(|since| moved(since, uncounted))
            }
            _ => standing.missing_since.map(|since| moved(since, passed)),
        };
        let missing = missing.or((outcome == Outcome::Missing).then_some(now));
        let next =
            Standing { checked: now, last: outcome, failing_since: Some(failing), missing_since: missing };
        let lasted = |since: Option<Timestamp>| since.map(|since| since.until(standing.checked));
        let unseen = || self.unseen.verdict(outcome, failing, lasted(standing.failing_since), now);
        let verdict = match (outcome, missing, method.is_looked_for()) {
            (Outcome::Missing, Some(since), true) => {
                self.missing.verdict(outcome, since, lasted(standing.missing_since), now).or_sooner(&unseen())
            }
            (Outcome::Missing, Some(since), false) => {
                self.untyped.verdict(outcome, since, lasted(standing.missing_since), now)
            }
            _ => unseen(),
        };
        (next, verdict)
    }
}

impl Patience {
    /// What follows when it goes on since `since`; it had gone on for `before` at the last look, if it had begun then.
    fn verdict(&self, by: Outcome, since: Timestamp, before: Option<Duration>, now: Timestamp) -> Verdict {
        let lasting = since.until(now);
        if lasting >= self.lapses_after {
            return Verdict::Lapsed { by };
        }
        let due = |lasting| self.reminders.iter().filter(|after| **after <= lasting).count();
        let due_now = due(lasting);
        let remind = (due_now > before.map_or(0, due)).then_some(due_now);
        Verdict::Fails { by, lapses: since.after(self.lapses_after), remind }
    }
}

impl Verdict {
    /// The same, but that it ends when the other says, where that is sooner.
    fn or_sooner(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Fails { by, .. }, Self::Lapsed { .. }) => Self::Lapsed { by },
            (Self::Fails { by, lapses, remind }, Self::Fails { lapses: other, .. }) => {
                Self::Fails { by, lapses: lapses.min(*other), remind }
            }
            (same, _) => same,
        }
    }
}

impl Default for Schedule {
    /// Daily looks, every six hours while it fails. A clear no is borne for 7 days, with reminders at once, after 4 and 6; that it is
    /// not seen for 30, with reminders after 3, 14, 21 and 28. A code that was typed counts for 180 days; another may be typed in
    /// the 30 days after them, with reminders at their beginning and after 14, 23 and 28.
    fn default() -> Self {
        let patience = |days: u32, reminders: &[u32]| Patience {
            lapses_after: DAY * days,
            reminders: reminders.iter().map(|days| DAY * *days).collect(),
        };
        Self {
            every: DAY,
            again: HOUR * 6,
            missing: patience(7, &[0, 4, 6]),
            unseen: patience(30, &[3, 14, 21, 28]),
            typed_for: DAY * 180,
            untyped: patience(30, &[0, 14, 23, 28]),
        }
    }
}

#[cfg(test)]
mod tests;
