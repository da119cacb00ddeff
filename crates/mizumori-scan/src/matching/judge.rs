//! What stands between a format and a sink: decides which records are passed on.

use std::borrow::Cow;

use mizumori_core::LeakTime;

use super::Matcher;
use crate::record::{Emit, Login, Record, Reject};
use crate::sink::Sink;

/// Passes on the records that are wanted, each with how it concerns the watch list.
pub(crate) struct Judge<'j, S> {
    pub(crate) matcher: Option<&'j Matcher<'j>>,
    pub(crate) wanted: Wanted,
    pub(crate) time: LeakTime,
    pub(crate) sink: S,
    pub(crate) rejected: u64,
}

/// Which records are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that concern the watch list.
    Watched,
    /// Every one.
    All,
}

impl<S: Sink> Emit for Judge<'_, S> {
    fn record(&mut self, mut record: Record<'_>) {
        let matched = self.matcher.and_then(|matcher| matcher.find(&record, self.time));
        // Dots where RFC 5321 has none: an account of carriers and watched domains, elsewhere a login at most.
        if let Login::Account(account) = &record.login
            && !account.is_regular()
            && matched.is_none_or(|matched| matched.account.is_none())
        {
            if !record.secret.is_present() && record.url.is_none() {
                return;
            }
            let mut name = String::new();
            account.expose_into(&mut name);
            record.login = Login::Name(Cow::Owned(name));
        }
        if matched.is_some() || self.wanted == Wanted::All {
            self.sink.record(&record, matched.as_ref());
        }
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.rejected += 1;
        self.sink.rejected(line, why);
    }
}
