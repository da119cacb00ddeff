//! When people are told: at once, unless the administrator wants quiet hours, or a digest a day.
//!
//! Both are for people: mails and chats. Systems are told at once whatever the hour.

use mizumori_core::{Severity, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::rules::Rules;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is less bad waits for the day's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Digest {
    /// Whether there is one.
    pub enabled: bool,
    /// The hour of the day, 0 to 23.
    #[serde(deserialize_with = "hour")]
    pub hour: u8,
    /// From which severity on administrators are told at once all the same.
    #[serde(with = "crate::rules::severity")]
    pub below: Severity,
    /// How far local time is ahead of UTC.
    #[serde(deserialize_with = "offset")]
    pub utc_offset_minutes: i16,
}

/// When nobody is to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuietHours {
    /// Whether there are any.
    pub enabled: bool,
    /// The hour in which they begin.
    #[serde(deserialize_with = "hour")]
    pub from: u8,
    /// The hour with which they end: what waited is told then.
    #[serde(deserialize_with = "hour")]
    pub to: u8,
    /// From which severity on people are told all the same.
    #[serde(with = "crate::rules::severity")]
    pub below: Severity,
    /// How far local time is ahead of UTC.
    #[serde(deserialize_with = "offset")]
    pub utc_offset_minutes: i16,
}

impl Default for Digest {
    fn default() -> Self {
        Self { enabled: false, hour: 8, below: Severity::Password, utc_offset_minutes: 540 }
    }
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { enabled: false, from: 22, to: 7, below: Severity::StealerLog, utc_offset_minutes: 540 }
    }
}

impl Rules {
    /// When people are told of something so bad: now, or when quiet hours end.
    pub(crate) fn due(&self, severity: Severity, now: Timestamp) -> Timestamp {
        let quiet = self.quiet_hours;
        let local = now.0.saturating_add(i64::from(quiet.utc_offset_minutes) * MINUTE);
        let (of_day, from, to) =
            (local.rem_euclid(DAY), i64::from(quiet.from) * HOUR, i64::from(quiet.to) * HOUR);
        let is_quiet = if from <= to { (from..to).contains(&of_day) } else { of_day >= from || of_day < to };
        if !quiet.enabled || severity >= quiet.below || !is_quiet {
            return now;
        }
        Timestamp(now.0 + (to - of_day).rem_euclid(DAY))
    }

    /// The time of the next digest, where something so bad waits for it.
    pub(crate) fn digest(&self, severity: Severity, now: Timestamp) -> Option<Timestamp> {
        let digest = self.digest;
        if !digest.enabled || severity >= digest.below {
            return None;
        }
        let local = now.0.saturating_add(i64::from(digest.utc_offset_minutes) * MINUTE);
        let wait = (i64::from(digest.hour) * HOUR - local.rem_euclid(DAY)).rem_euclid(DAY);
        Some(Timestamp(now.0 + if wait == 0 { DAY } else { wait }))
    }
}

fn hour<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let hour = u8::deserialize(from)?;
    if hour < 24 { Ok(hour) } else { Err(de::Error::custom("an hour is 0 to 23")) }
}

/// Of the places of this world, from 12 hours behind UTC to 14 ahead of it.
fn offset<'de, D: Deserializer<'de>>(from: D) -> Result<i16, D::Error> {
    let minutes = i16::deserialize(from)?;
    let is_one = (-12 * 60..=14 * 60).contains(&minutes);
    if is_one {
        Ok(minutes)
    } else {
        Err(de::Error::custom("local time is -720 to 840 minutes ahead of UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_end_in_the_morning() {
        let quiet = |from, to| {
            let quiet_hours = QuietHours { enabled: true, from, to, ..QuietHours::default() };
            Rules { quiet_hours, ..Rules::default() }
        };
        for (from, to, now, due) in [
            // In Japan it is 21:59, 22:00, 06:59 and 07:00.
            (22, 7, "2026-11-23T12:59:59Z", "2026-11-23T12:59:59Z"),
            (22, 7, "2026-11-23T13:00:00Z", "2026-11-23T22:00:00Z"),
            (22, 7, "2026-11-23T21:59:59Z", "2026-11-23T22:00:00Z"),
            (22, 7, "2026-11-23T22:00:00Z", "2026-11-23T22:00:00Z"),
            (0, 9, "2026-11-23T15:30:00Z", "2026-11-24T00:00:00Z"),
            (12, 13, "2026-11-23T03:10:00Z", "2026-11-23T04:00:00Z"),
            // None at all.
            (7, 7, "2026-11-23T22:00:00Z", "2026-11-23T22:00:00Z"),
        ] {
            assert_eq!(quiet(from, to).due(Severity::Password, at(now)), at(due), "{from} {to} {now}");
            assert_eq!(quiet(from, to).due(Severity::StealerLog, at(now)), at(now));
        }
        let night = at("2026-11-23T13:00:00Z");
        assert_eq!(Rules::default().due(Severity::Address, night), night);
    }

    #[test]
    fn a_digest_a_day() {
        let digest = Digest { enabled: true, ..Digest::default() };
        let rules = Rules { digest, ..Rules::default() };
        for (now, due) in [
            ("2026-11-23T22:59:59Z", "2026-11-23T23:00:00Z"),
            // What comes in this very moment waits for the next one: the one of today is on its way.
            ("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
            ("2026-11-23T09:00:00Z", "2026-11-23T23:00:00Z"),
        ] {
            assert_eq!(rules.digest(Severity::Hash, at(now)), Some(at(due)), "{now}");
        }
        let now = at("2026-11-23T09:00:00Z");
        assert_eq!(rules.digest(Severity::Password, now), None);
        assert_eq!(Rules::default().digest(Severity::Address, now), None);
        let digest = Digest { utc_offset_minutes: -480, ..digest };
        let west = Rules { digest, ..Rules::default() };
        assert_eq!(west.digest(Severity::Hash, now), Some(at("2026-11-23T16:00:00Z")));
    }

    #[test]
    fn hours_and_zones_that_there_are_not() {
        let mut rules = Rules::default();
        for (rule, wrong) in [
            ("digest", "{\"hour\":24}"),
            ("digest", "{\"hour\":-1}"),
            ("digest", "{\"utc_offset_minutes\":841}"),
            ("quiet-hours", "{\"from\":25}"),
            ("quiet-hours", "{\"to\":\"7\"}"),
            ("quiet-hours", "{\"utc_offset_minutes\":-721}"),
            ("quiet-hours", "{\"below\":\"bad\"}"),
        ] {
            assert!(rules.set(rule, wrong).is_err(), "{rule} {wrong}");
        }
        rules.set("quiet-hours", "{\"enabled\":true,\"from\":0,\"to\":6,\"utc_offset_minutes\":0}").unwrap();
        assert_eq!((rules.quiet_hours.from, rules.quiet_hours.to), (0, 6));
    }
}
