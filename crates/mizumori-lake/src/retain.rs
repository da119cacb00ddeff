//! Retention by rule: sources whose time is over.

use mizumori_core::{Clock, LeakTime};

use crate::error::LakeError;
use crate::forget::Forget;
use crate::lake::Lake;
use crate::manifest::stem;

/// How long sources stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Months from the one in which a source leaked. Of a year alone they count from its December; a source whose time is not
    /// known stays.
    pub leaked_months: Option<u32>,
    /// Days from the last ingest of a source.
    pub kept_days: Option<u32>,
}

/// A source whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Its id.
    pub id: String,
    /// The ingest from which it is there.
    pub ingest: String,
    /// When it leaked.
    pub leaked: LeakTime,
    /// For how many whole days the lake has had it; `None` when its ingest does not say.
    pub kept_days: Option<u64>,
}

impl Forget {
    /// What is over, as far as nothing of it came anew meanwhile.
    pub fn expired(expired: impl IntoIterator<Item = Expired>) -> Self {
        Self::Ingests(expired.into_iter().map(|source| (source.id, source.ingest)).collect())
    }
}

impl Lake {
    /// The sources whose time is over by `rule`, by their ids.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn expired(&self, rule: Retention, clock: &dyn Clock) -> Result<Vec<Expired>, LakeError> {
        let mut expired = Vec::new();
        for (id, ingest, manifest) in self.manifests()? {
            let leaked = manifest.source()?.time();
            let kept_days = ingested_millis(&ingest).map(|then| days_since(then, clock));
            let is_old = leaked.span().zip(rule.leaked_months).is_some_and(|((_, last), months)| {
                i64::from(last.months_until(clock.month())) > i64::from(months)
            });
            let is_long = kept_days.zip(rule.kept_days).is_some_and(|(kept, days)| kept > u64::from(days));
            if is_old || is_long {
                expired.push(Expired { id, ingest, leaked, kept_days });
            }
        }
        Ok(expired)
    }
}

/// When an ingest began, in milliseconds since 1970: its id says so.
fn ingested_millis(ingest: &str) -> Option<u64> {
    u64::from_str_radix(stem(ingest).split('-').next()?, 16).ok()
}

fn days_since(millis: u64, clock: &dyn Clock) -> u64 {
    let now = clock.now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
    u64::try_from(now).unwrap_or(u64::MAX).saturating_sub(millis) / (24 * 60 * 60 * 1000)
}
