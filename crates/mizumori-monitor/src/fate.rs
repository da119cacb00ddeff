//! What becomes of an exposure whose account and secret were found before: the same leak is not told twice.

use mizumori_core::{Severity, Timestamp};
use mizumori_store::{Finding, NewFinding, State};

use crate::received::RECEIVED;

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate<'f> {
    /// Nobody knows of it yet.
    New,
    /// It shares the fate of another, and nobody is told.
    Shared(&'f Finding),
    /// Another that is open turns out to be worse, and that is told.
    Worse(&'f Finding, Severity),
    /// Another that was dealt with is taken up again: the secret was in use on an infected machine afterwards.
    Reopened(&'f Finding, Severity),
}

/// `earlier` are the findings of the account. The one whose fate others share is the first of its secret.
pub(crate) fn fate<'f>(new: &NewFinding, earlier: &'f [Finding]) -> Fate<'f> {
    let same = |finding: &&Finding| new.secret.is_some() && finding.is.secret == new.secret;
    let first = earlier.iter().filter(same).find(|finding| finding.is.same_as.is_none());
    let Some(first) = first.or_else(|| announced(new, earlier)) else { return Fate::New };
    let worst = new.severity.max(first.is.severity);
    if !first.is.state.is_settled() {
        return if worst > first.is.severity { Fate::Worse(first, worst) } else { Fate::Shared(first) };
    }
    // Whoever said that it is no leak of this account said so of every copy of it.
    if first.is.state == State::FalsePositive || new.severity < Severity::StealerLog {
        return Fate::Shared(first);
    }
    match (new.month.map(Timestamp::end_of), first.settled) {
        // Up to the last day of its month; of an unknown month nobody can say that it is later.
        (Some(end), Some(settled)) if end > settled => {
            Fate::Reopened(first, new.severity.max(first.is.severity.worse()))
        }
        _ => Fate::Shared(first),
    }
}

/// What a list has said of this leak without knowing the secret, unless another secret was taken for it already.
fn announced<'f>(new: &NewFinding, earlier: &'f [Finding]) -> Option<&'f Finding> {
    new.secret?;
    let is_of_it = |finding: &&Finding| {
        let is = &finding.is;
        is.version == RECEIVED && is.secret.is_none() && is.source == new.source && is.site == new.site
    };
    let announced = earlier.iter().find(is_of_it)?;
    let is_taken = earlier.iter().any(|other| other.is.same_as == Some(announced.id));
    (!is_taken && announced.is.same_as.is_none()).then_some(announced)
}

#[cfg(test)]
mod tests {
    use mizumori_core::keys::SecretTag;
    use mizumori_store::{FindingId, OrganisationId};

    use super::*;
    use crate::exposure::tests::exposure;
    use crate::served::Served;

    fn new(severity: Severity, month: &str) -> NewFinding {
        let organisation: OrganisationId = "one".parse().unwrap();
        let mut new =
            crate::exposure::finding(&Served::default(), &organisation, &exposure("suigen.example"), 1);
        (new.severity, new.month) = (severity, month.parse().ok());
        new
    }

    fn found(state: State, settled: Option<&str>) -> Finding {
        Finding {
            id: FindingId(1),
            reference: "7F3K-92QM".parse().unwrap(),
            organisation: "one".parse().unwrap(),
            is: NewFinding { state, ..new(Severity::Password, "2026-01") },
            label: Some(0),
            created: Timestamp(0),
            changed: Timestamp(0),
            settled: settled.map(|at| at.parse().unwrap()),
            told: None,
            reminded: 0,
        }
    }

    #[test]
    fn a_pair_is_told_once() {
        let open = [found(State::Notified, None)];
        assert_eq!(fate(&new(Severity::Password, "2026-10"), &[]), Fate::New);
        assert_eq!(fate(&new(Severity::Password, "2026-10"), &open), Fate::Shared(&open[0]));
        assert_eq!(fate(&new(Severity::StealerLog, ""), &open), Fate::Worse(&open[0], Severity::StealerLog));
        let other = NewFinding { secret: Some(SecretTag(4)), ..new(Severity::Password, "2026-10") };
        assert_eq!(fate(&other, &open), Fate::New);
        // Without a secret there is no pair: another leak of the address is another.
        let bare = NewFinding { secret: None, ..new(Severity::Address, "2026-10") };
        let mut before = open;
        before[0].is.secret = None;
        assert_eq!(fate(&bare, &before), Fate::New);
    }

    #[test]
    fn the_first_secret_is_what_a_list_has_announced() {
        let mut listed = found(State::Notified, None);
        (listed.is.secret, listed.is.version, listed.is.severity) = (None, RECEIVED, Severity::Password);
        let new = new(Severity::Password, "2026-10");
        let earlier = [listed.clone()];
        assert_eq!(fate(&new, &earlier), Fate::Shared(&earlier[0]));
        let stealer = NewFinding { severity: Severity::StealerLog, ..new.clone() };
        assert_eq!(fate(&stealer, &earlier), Fate::Worse(&earlier[0], Severity::StealerLog));
        // Of another source or site, or not of a list, it announces nothing.
        for change in [
            (|is: &mut NewFinding| is.source = "other".to_owned()) as fn(&mut NewFinding),
            |is| is.site = Some("shop.example".to_owned()),
            |is| is.version = 1,
        ] {
            let mut other = listed.clone();
            change(&mut other.is);
            assert_eq!(fate(&new, &[other]), Fate::New);
        }
        // Nor a second time.
        let mut second = found(State::Notified, None);
        (second.id, second.is.same_as) = (FindingId(2), Some(listed.id));
        let another = NewFinding { secret: Some(SecretTag(4)), ..new };
        assert_eq!(fate(&another, &[listed, second]), Fate::New);
    }

    #[test]
    fn what_was_dealt_with_stays_so_but_for_a_later_stealer_log() {
        for state in [State::Changed, State::Closed, State::AlreadyChanged, State::InactiveAccount] {
            let settled = [found(state, Some("2026-05-20"))];
            for (severity, month, reopens) in [
                (Severity::Password, "2026-10", false),
                (Severity::OwnSite, "2026-10", false),
                (Severity::StealerLog, "2026-04", false),
                (Severity::StealerLog, "", false),
                // Perhaps before the 20th, perhaps after it.
                (Severity::StealerLog, "2026-05", true),
                (Severity::StealerLog, "2026-06", true),
                (Severity::Session, "2026-06", true),
            ] {
                let expected = match severity {
                    _ if !reopens => Fate::Shared(&settled[0]),
                    // One worse than it was, and at least as bad as what it turns out to be.
                    _ => Fate::Reopened(&settled[0], severity),
                };
                assert_eq!(fate(&new(severity, month), &settled), expected, "{state:?} {severity:?} {month}");
            }
        }
        let wrong = [found(State::FalsePositive, Some("2026-05-20"))];
        assert_eq!(fate(&new(Severity::StealerLog, "2026-06"), &wrong), Fate::Shared(&wrong[0]));
    }
}
