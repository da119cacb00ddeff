//! Until when a leak out of the organisation's own systems is to be reported: a reminder, and no legal advice.
//!
//! It is Japan's Act on the Protection of Personal Information that is meant (個人情報保護法第26条、同施行規則第8条): a first report
//! promptly, which the Commission's guidelines read as within three to five days of knowing (速報), and a final one within thirty, or
//! sixty where the leak may have been for a wrongful purpose, as of unauthorised access (確報). Whether the Act asks for a report at
//! all, whatever other laws ask for, and that a last day on a holiday moves to the next working day: none of that is decided here.
//!
//! Days are those of Japan, and the day of knowing counts as the first: where that is read otherwise, there is a day more.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_store::{FindingSource, Origin};

const DAY: Duration = Duration::from_hours(24);
/// Japan is nine hours ahead of UTC, in summer too.
const JAPAN: Duration = Duration::from_hours(9);

/// The days until which a source is to be reported, each written `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The first report: between the third and the fifth day.
    pub preliminary: [String; 2],
    /// The final one.
    pub last: String,
    /// The final one where a wrongful purpose is suspected.
    pub last_if_wrongful: String,
}

impl Deadlines {
    /// Those of a source, where it is the organisation's own and somebody has said since when it is known.
    pub fn of(source: &FindingSource) -> Option<Self> {
        let known = source.known_since.filter(|_| source.origin == Origin::Own)?;
        let day = |number: u32| known.after(JAPAN).after(DAY * (number - 1)).day();
        Some(Self { preliminary: [day(3), day(5)], last: day(30), last_if_wrongful: day(60) })
    }

    /// Whether all of them have passed.
    pub fn are_over(&self, now: Timestamp) -> bool {
        now.after(JAPAN).day() > self.last_if_wrongful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadlines(origin: Origin, known: Option<&str>) -> Option<Deadlines> {
        Deadlines::of(&FindingSource {
            source: "s".to_owned(),
            title: "s".to_owned(),
            kind: "site-breach".to_owned(),
            origin,
            known_since: known.map(|at| at.parse().unwrap()),
            reference: None,
            sender: None,
        })
    }

    #[test]
    fn run_for_ones_own_alone() {
        assert_eq!(deadlines(Origin::Unknown, Some("2026-11-23")), None);
        assert_eq!(deadlines(Origin::ThirdParty, Some("2026-11-23")), None);
        assert_eq!(deadlines(Origin::Own, None), None);
    }

    #[test]
    fn days_are_those_of_japan() {
        for known in ["2026-11-23", "2026-11-22T15:00:00Z", "2026-11-23T14:59:59Z"] {
            let deadlines = deadlines(Origin::Own, Some(known)).unwrap();
            assert_eq!(deadlines.preliminary, ["2026-11-25", "2026-11-27"], "{known}");
            assert_eq!((&*deadlines.last, &*deadlines.last_if_wrongful), ("2026-12-22", "2027-01-21"));
        }
        let first = deadlines(Origin::Own, Some("2026-11-23")).unwrap();
        assert!(!first.are_over("2027-01-21T14:59:59Z".parse().unwrap()));
        assert!(first.are_over("2027-01-21T15:00:00Z".parse().unwrap()));
        // Late in the evening in UTC it is the next day there.
        let next = deadlines(Origin::Own, Some("2026-11-23T15:00:00Z")).unwrap();
        assert_eq!(next.preliminary, ["2026-11-26", "2026-11-28"]);
    }
}
