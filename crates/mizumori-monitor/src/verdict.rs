//! What the rules say of a finding, from what a directory says of its account.

use mizumori_core::{Severity, Timestamp};
use mizumori_store::{Finding, Holder, NewHolder, State};

use crate::rules::Rules;

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// The user's address, or those of whoever keeps a shared mailbox.
    pub users: Vec<String>,
    /// Addresses elsewhere, where the mailbox itself may be in other hands.
    pub beside: Vec<String>,
    /// Whether the administrators are told.
    pub administrators: bool,
}

/// What becomes of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// People are told.
    Tell(Audience),
    /// It is settled by a rule; whether the administrators are told of it all the same.
    Settle {
        /// What it becomes.
        state: State,
        /// Why, in words for whoever looks later.
        why: String,
        /// Whether they are told.
        administrators: bool,
    },
}

/// Judges a finding. `holders` are the entries that have its account: one, where all is well; `own` says whether a site is the
/// organisation's own.
pub fn judge(
    rules: &Rules,
    finding: &Finding,
    holders: &[Holder],
    own: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Verdict {
    let alone = Audience { administrators: rules.tell_administrator.enabled, ..Audience::default() };
    // Nobody, or the directories disagree: whoever it is, the administrator knows better.
    let [holder] = holders else { return Verdict::Tell(alone) };
    if let Some(verdict) = settled(rules, finding, &holder.is, &own, now) {
        return verdict;
    }
    if finding.is.backlog {
        return Verdict::Tell(alone);
    }
    Verdict::Tell(Audience {
        users: if rules.tell_user.enabled { users(&holder.is) } else { Vec::new() },
        beside: beside(rules, finding, &holder.is, &own),
        ..alone
    })
}

fn settled(
    rules: &Rules,
    finding: &Finding,
    holder: &NewHolder,
    own: &impl Fn(&str) -> bool,
    now: Timestamp,
) -> Option<Verdict> {
    if rules.inactive_account.enabled && !holder.enabled {
        let why = "the account is disabled in the directory".to_owned();
        return Some(Verdict::Settle { state: State::InactiveAccount, why, administrators: false });
    }
    let month = finding.is.month?;
    let is_former = |since: &Timestamp| Timestamp::start_of(month) <= *since;
    if let Some(since) = holder.held_since.filter(is_former).filter(|_| rules.former_holder.enabled) {
        let why =
            format!("it leaked in {month}, and the present holder has the account since {}", since.day());
        return Some(Verdict::Settle { state: State::FormerHolder, why, administrators: true });
    }
    let changed = holder.password_changed.filter(|_| !holder.must_change)?;
    let rule = rules.already_changed;
    let concerns = finding.is.site.as_deref().is_none_or(own);
    // The running month never closes by itself: what leaks in it may be newer than any change in it.
    let is_over = Timestamp::end_of(month) <= now;
    (rule.enabled
        && concerns
        && is_over
        && finding.is.severity < rule.below
        && changed >= Timestamp::end_of(month))
    .then(|| Verdict::Settle {
        state: State::AlreadyChanged,
        why: format!("it leaked in {month}, and the password was changed on {}", changed.day()),
        administrators: false,
    })
}

/// Where the user is told.
pub(crate) fn users(holder: &NewHolder) -> Vec<String> {
    if !holder.keepers.is_empty() {
        return holder.keepers.clone();
    }
    holder.addresses.first().map(|first| first.address.clone()).into_iter().collect()
}

/// Whether the password may be that of the mailbox: of a list nobody knows of which site it is.
fn beside(rules: &Rules, finding: &Finding, holder: &NewHolder, own: &impl Fn(&str) -> bool) -> Vec<String> {
    let may_open = finding.is.severity >= Severity::Password && finding.is.site.as_deref().is_none_or(own);
    if !rules.tell_user.enabled || !rules.second_channel.enabled || !may_open || !holder.keepers.is_empty() {
        return Vec::new();
    }
    holder.other_address.clone().or_else(|| holder.superior.clone()).into_iter().collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use mizumori_core::keys::{AccountTag, SecretTag};
    use mizumori_core::{Groups, SecretKind};
    use mizumori_store::{DirectoryId, FindingId, HolderAddress, HolderId, NewFinding};

    use super::*;
    use crate::rules::Switch;

    pub(crate) const ACCOUNT: AccountTag = AccountTag { hi: 1, lo: 2 };

    pub(crate) fn finding(month: &str, severity: Severity, site: Option<&str>) -> Finding {
        Finding {
            id: FindingId(1),
            reference: "7F3K-92QM".parse().unwrap(),
            organisation: "one".parse().unwrap(),
            is: NewFinding {
                account: ACCOUNT,
                secret: Some(SecretTag(3)),
                site: site.map(str::to_owned),
                source: "list-1".to_owned(),
                place: "forum".to_owned(),
                month: month.parse().ok(),
                host: "suigen.example".to_owned(),
                kind: SecretKind::Clear,
                machine: None,
                severity,
                state: State::New,
                backlog: false,
                same_as: None,
                version: 1,
            },
            label: Some(0),
            created: Timestamp(0),
            changed: Timestamp(0),
            settled: None,
            told: None,
            reminded: 0,
        }
    }

    pub(crate) fn holder(change: impl Fn(&mut NewHolder)) -> Holder {
        let address = |text: &str| HolderAddress { address: text.to_owned(), account: ACCOUNT };
        let mut is = NewHolder {
            entry: "hanako".to_owned(),
            addresses: vec![address("hanako@suigen.example"), address("h.yamada@suigen.example")],
            enabled: true,
            superior: Some("boss@suigen.example".to_owned()),
            groups: Groups::All(Vec::new()),
            ..NewHolder::default()
        };
        change(&mut is);
        Holder { id: HolderId(1), directory: DirectoryId(1), is }
    }

    fn check(finding: &Finding, holders: &[Holder]) -> Verdict {
        let now = "2026-11-23".parse().unwrap();
        judge(&Rules::default(), finding, holders, |site| site == "suigen.example", now)
    }

    fn state(verdict: &Verdict) -> Option<State> {
        match verdict {
            Verdict::Settle { state, .. } => Some(*state),
            Verdict::Tell(_) => None,
        }
    }

    #[test]
    fn both_are_told_and_somebody_beside_the_mailbox() {
        let told = |finding: &Finding, change: fn(&mut NewHolder)| match check(finding, &[holder(change)]) {
            Verdict::Tell(audience) => {
                (audience.users.join(" "), audience.beside.join(" "), audience.administrators)
            }
            other => panic!("{other:?}"),
        };
        let list = finding("2026-10", Severity::Password, None);
        let hanako = || "hanako@suigen.example".to_owned();
        assert_eq!(told(&list, |_| ()), (hanako(), "boss@suigen.example".to_owned(), true));
        let private = |holder: &mut NewHolder| holder.other_address = Some("h@home.example".to_owned());
        assert_eq!(told(&list, private), (hanako(), "h@home.example".to_owned(), true));
        let shared = |holder: &mut NewHolder| holder.keepers = vec!["keeper@suigen.example".to_owned()];
        assert_eq!(told(&list, shared), ("keeper@suigen.example".to_owned(), String::new(), true));
        // Another site's password, or none at all, opens no mailbox.
        let shop = finding("2026-10", Severity::Password, Some("shop.example"));
        assert_eq!(told(&shop, |_| ()), (hanako(), String::new(), true));
        assert_eq!(
            told(&finding("2026-10", Severity::Address, None), |_| ()),
            (hanako(), String::new(), true)
        );
    }

    #[test]
    fn the_administrator_alone() {
        let alone = Verdict::Tell(Audience { administrators: true, ..Audience::default() });
        let list = finding("2026-10", Severity::Password, None);
        assert_eq!(check(&list, &[]), alone);
        assert_eq!(check(&list, &[holder(|_| ()), holder(|_| ())]), alone);
        let mut backlog = list;
        backlog.is.backlog = true;
        assert_eq!(check(&backlog, &[holder(|_| ())]), alone);
    }

    #[test]
    fn already_changed_is_after_the_last_day_of_the_month() {
        let of = |month: &str, changed: &'static str, severity, site| {
            let changed =
                move |holder: &mut NewHolder| holder.password_changed = Some(changed.parse().unwrap());
            state(&check(&finding(month, severity, site), &[holder(changed)]))
        };
        use Severity::{OwnSite, Password, StealerLog};
        let closed = Some(State::AlreadyChanged);
        assert_eq!(of("2026-05", "2026-06-01", Password, None), closed);
        assert_eq!(of("2026-05", "2026-06-01", OwnSite, Some("suigen.example")), closed);
        // The last day itself may have been before the leak.
        assert_eq!(of("2026-05", "2026-05-31T23:59:59Z", Password, None), None);
        assert_eq!(of("2026-05", "2026-06-01", Password, Some("shop.example")), None);
        assert_eq!(of("2026-05", "2026-06-01", StealerLog, None), None);
        // Unknown, and running.
        assert_eq!(of("", "2026-06-01", Password, None), None);
        assert_eq!(of("2026-11", "2026-12-01", Password, None), None);
        let must = |holder: &mut NewHolder| {
            holder.password_changed = Some("2026-06-01".parse().unwrap());
            holder.must_change = true;
        };
        assert_eq!(state(&check(&finding("2026-05", Password, None), &[holder(must)])), None);
    }

    #[test]
    fn disabled_accounts_and_former_holders() {
        let list = finding("2026-05", Severity::StealerLog, None);
        assert_eq!(state(&check(&list, &[holder(|is| is.enabled = false)])), Some(State::InactiveAccount));
        let since =
            |day: &'static str| check(&list, &[holder(move |is| is.held_since = Some(day.parse().unwrap()))]);
        assert_eq!(state(&since("2026-04-30")), None);
        // In the month itself nobody knows whose it was.
        for day in ["2026-05-01", "2026-05-20", "2026-08-01"] {
            let verdict = since(day);
            assert!(matches!(
                verdict,
                Verdict::Settle { state: State::FormerHolder, administrators: true, .. }
            ));
        }
        let rules = Rules { inactive_account: Switch { enabled: false }, ..Rules::default() };
        let verdict = judge(&rules, &list, &[holder(|is| is.enabled = false)], |_| true, Timestamp(0));
        assert_eq!(state(&verdict), None);
    }
}
