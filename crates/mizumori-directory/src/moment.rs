//! Points of time as directories write them.
//!
//! No time zones by name and no local time: what does not say its offset is UTC, as the formats have it.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Seconds from 1601-01-01 to 1970-01-01.
const FILETIME_TO_UNIX: u64 = 11_644_473_600;
/// FILETIME counts units of 100 ns.
const TICKS: u64 = 10_000_000;

/// GeneralizedTime (RFC 4517, 3.3.13): `20261105123456Z`, with fractions, with an offset, without seconds or minutes.
pub(crate) fn generalized(text: &str) -> Option<SystemTime> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (clock, rest) = text.split_at_checked(digits)?;
    let padded = match clock.len() {
        10 => format!("{clock}0000"),
        12 => format!("{clock}00"),
        14 => clock.to_owned(),
        _ => return None,
    };
    // A fraction belongs to the last unit that was written; only that of seconds is used, and none is needed.
    let zone = match rest.strip_prefix(['.', ',']) {
        Some(fraction) if clock.len() == 14 => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        Some(_) => return None,
        None => rest,
    };
    let seconds = NaiveDateTime::parse_from_str(&padded, "%Y%m%d%H%M%S").ok()?.and_utc().timestamp();
    from_unix(seconds.checked_sub(offset(zone)?)?)
}

/// A FILETIME as Active Directory writes it: 100 ns since 1601. 0 and the largest value mean never.
pub(crate) fn filetime(text: &str) -> Option<SystemTime> {
    let ticks = text.parse::<u64>().ok().filter(|ticks| *ticks != 0 && *ticks < i64::MAX as u64)?;
    let unix = (ticks / TICKS).checked_sub(FILETIME_TO_UNIX)?;
    let nanoseconds = u32::try_from(ticks % TICKS).ok()?.checked_mul(100)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(unix, nanoseconds))
}

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

/// Milliseconds since 1970, as Keycloak writes them.
pub(crate) fn milliseconds(count: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(count))
}

/// `Z`, `+0900`, `-05`; seconds to the east.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())?
    };
    let (hours, minutes) = match digits.len() {
        2 => (number(digits)?, 0),
        _ => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
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
    fn generalized_times() {
        for (text, expected) in [
            ("19700101000000Z", Some(0)),
            ("20261105123456Z", Some(1_793_882_096)),
            ("20261105123456.0Z", Some(1_793_882_096)),
            ("20261105123456,789Z", Some(1_793_882_096)),
            ("202611051234Z", Some(1_793_882_040)),
            ("2026110512Z", Some(1_793_880_000)),
            ("20261105213456+0900", Some(1_793_882_096)),
            ("20261105073456-05", Some(1_793_882_096)),
            ("00000101000000Z", None),
            ("000001010000Z", None),
            ("20261305123456Z", None),
            ("20261105123456", None),
            ("20261105123456.Z", None),
            ("20261105123456+9", None),
            ("20261105123456+2500", None),
            ("水", None),
            ("", None),
        ] {
            assert_eq!(unix(generalized(text)), expected, "{text}");
        }
    }

    #[test]
    fn filetimes() {
        for (text, expected) in [
            ("116444736000000000", Some(0)),
            ("134383556960000000", Some(1_793_882_096)),
            ("0", None),
            ("9223372036854775807", None),
            ("-1", None),
            ("1", None),
            ("x", None),
        ] {
            assert_eq!(unix(filetime(text)), expected, "{text}");
        }
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
        assert_eq!(unix(milliseconds(1_793_882_096_000)), Some(1_793_882_096));
    }
}
