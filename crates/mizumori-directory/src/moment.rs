//! Points of time as directories write them.
//!
//! No time zones by name and no local time: what does not say its offset is UTC, as the formats have it.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// RFC 3339, as SCIM and the clouds write it; a date alone is its midnight in UTC.
pub(crate) fn rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return from_unix(time.timestamp());
    }
    // SCIM's `dateTime` may leave the offset out.
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return from_unix(time.and_utc().timestamp());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    from_unix(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
}

/// Times before 1970 are none that a directory means.
fn from_unix(seconds: i64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(time: Option<SystemTime>) -> Option<u64> {
        time.map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn internet_times() {
        for (text, expected) in [
            ("2026-11-05T12:34:56Z", Some(1_793_882_096)),
            ("2026-11-05T21:34:56.789+09:00", Some(1_793_882_096)),
            ("2026-11-05T12:34:56", Some(1_793_882_096)),
            ("2026-11-05", Some(1_793_836_800)),
            ("1969-12-31T00:00:00Z", None),
            ("05/11/2026", None),
            ("", None),
        ] {
            assert_eq!(unix(rfc3339(text)), expected, "{text}");
        }
    }
}
