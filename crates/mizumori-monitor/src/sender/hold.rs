//! Destinations that are left alone for a while: they did not answer, asked for time, or have had enough for this minute.
//!
//! It is this process's own memory: another one finds out by itself.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_store::{Channel, Notice, OrganisationId};

use crate::rate::Rate;

/// How long others wait behind a notice that was not taken, unless the other side says how long: what one destination does not
/// take in a minute it may take in the next.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Whose it is, by which channel, and its name.
type Destination = (OrganisationId, Channel, String);

/// Why a destination is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// Until when.
    pub(super) until: Timestamp,
    /// What went wrong; nothing where it only has had enough.
    pub(super) why: Option<String>,
}

/// When something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// When the other side has asked for it.
    Asked(Timestamp),
    /// When we want to.
    Ours(Timestamp),
}

/// All destinations that are left alone.
#[derive(Debug)]
pub(super) struct Holds {
    holds: HashMap<Destination, Hold>,
    rate: Rate,
}

impl Holds {
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        Self { holds: HashMap::new(), rate: Rate::new(per_minute) }
    }

    /// Counts one for its destination, unless that is left alone.
    pub(super) fn take(&mut self, notice: &Notice, now: Timestamp) -> Result<(), Hold> {
        let key = key(notice);
        if let Some(hold) = self.holds.get(&key) {
            if hold.until > now {
                return Err(hold.clone());
            }
            self.holds.remove(&key);
        }
        let name = format!("{}/{}", notice.organisation, notice.destination);
        self.rate.take(&name, now).map_err(|until| Hold { until, why: None })
    }

    /// Leaves a destination alone that did not take something which is tried again when it is `due`; until when.
    pub(super) fn hold(&mut self, notice: &Notice, due: Due, why: String, now: Timestamp) -> Timestamp {
        let until = match due {
            Due::Asked(due) => due,
            Due::Ours(due) => due.min(now.after(LONGEST)),
        };
        self.holds.insert(key(notice), Hold { until, why: Some(why) });
        until
    }
}

fn key(notice: &Notice) -> Destination {
    (notice.organisation.clone(), notice.channel, notice.destination.clone())
}
