//! What an exposure of the lake is as a finding.

use mizumori_core::{Exposure, SecretKind, Severity};
use mizumori_store::{NewFinding, OrganisationId, State};

use crate::served::Served;

/// Whose an exposure is: that of its account, and that of the site which it opens, where that is another one.
pub(crate) fn organisations<'s>(served: &'s Served, exposure: &Exposure) -> Vec<&'s OrganisationId> {
    let account = served.organisation(&exposure.host);
    let site = exposure.site.as_deref().and_then(|site| served.organisation(site));
    account.into_iter().chain(site.filter(|site| Some(*site) != account)).collect()
}

/// The finding that an exposure is for an organisation.
pub(crate) fn finding(
    served: &Served,
    organisation: &OrganisationId,
    exposure: &Exposure,
    version: u64,
) -> NewFinding {
    let is_own = exposure.site.as_deref().is_some_and(|site| served.organisation(site) == Some(organisation));
    NewFinding {
        account: exposure.account,
        secret: exposure.secret,
        site: exposure.site.clone(),
        source: exposure.source.clone(),
        place: exposure.place.clone(),
        month: exposure.month,
        host: exposure.host.clone(),
        kind: exposure.kind,
        machine: exposure.log,
        severity: severity(exposure, is_own),
        state: State::New,
        backlog: false,
        same_as: None,
        version,
    }
}

/// By what somebody can do with it.
fn severity(exposure: &Exposure, is_own_site: bool) -> Severity {
    match exposure.kind {
        SecretKind::Token => Severity::Session,
        _ if exposure.log.is_some() => Severity::StealerLog,
        SecretKind::Clear | SecretKind::Hash if is_own_site => Severity::OwnSite,
        SecretKind::Clear => Severity::Password,
        SecretKind::Hash => Severity::Hash,
        SecretKind::None => Severity::Address,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mizumori_core::keys::{AccountTag, LogTag, SecretTag};

    use super::*;

    /// A password in clear of an account of `host`.
    pub(crate) fn exposure(host: &str) -> Exposure {
        Exposure {
            source: "list-1".to_owned(),
            place: "forum".to_owned(),
            month: Some("2026-10".parse().unwrap()),
            domain: host.to_owned(),
            host: host.to_owned(),
            account: AccountTag { hi: 1, lo: 2 },
            secret: Some(SecretTag(3)),
            kind: SecretKind::Clear,
            site: None,
            log: None,
            sealed: None,
        }
    }

    #[test]
    fn the_worse_the_more_can_be_done() {
        let plain = exposure("suigen.example");
        let of = |change: fn(&mut Exposure), is_own| {
            let mut exposure = plain.clone();
            change(&mut exposure);
            severity(&exposure, is_own)
        };
        assert_eq!(of(|exposure| exposure.kind = SecretKind::None, true), Severity::Address);
        assert_eq!(of(|exposure| exposure.kind = SecretKind::Hash, false), Severity::Hash);
        assert_eq!(of(|_| (), false), Severity::Password);
        assert_eq!(of(|exposure| exposure.kind = SecretKind::Hash, true), Severity::OwnSite);
        assert_eq!(of(|exposure| exposure.log = Some(LogTag(1)), true), Severity::StealerLog);
        assert_eq!(of(|exposure| exposure.kind = SecretKind::Token, false), Severity::Session);
    }
}
