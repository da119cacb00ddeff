//! What a scan pushes its records into when a survey counts them.

use std::sync::Arc;

use mizumori_read::MemberName;
use mizumori_scan::{Match, MemberContext, MemberSource, Record, Sink, Workshop};

use crate::{HasSecret, Tally};

/// Makes the observers of a count. `source` tells the source of a member; `None` for the description of one.
pub struct Observers<S> {
    /// The source of each member.
    pub source: S,
    /// A tally of the count.
    pub empty: Tally,
}

impl<S: Fn(&MemberName) -> Option<MemberSource> + Sync> Workshop for Observers<S> {
    type Batch = Observer;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        (self.source)(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> Observer {
        Observer { tally: self.empty.begin(), source: member.source }
    }
}

/// Tallies the records of one source.
pub struct Observer {
    tally: Tally,
    source: MemberSource,
}

impl Observer {
    /// What was tallied; `None` when that is nothing.
    pub fn into_tally(self) -> Option<Tally> {
        (!self.tally.is_empty()).then_some(self.tally)
    }
}

impl Sink for Observer {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        // A record that is matched by its site alone is none of the survey's.
        if let Some(found) = matched.and_then(|matched| matched.account)
            && let Some(account) = record.login.account()
        {
            let secret = if record.secret.is_present() { HasSecret::Yes } else { HasSecret::No };
            self.tally.observe(self.source.index, account, found, secret);
        }
    }

    fn weight(&self) -> usize {
        if self.tally.is_full() { usize::MAX / 2 } else { 0 }
    }
}
