//! A list that somebody sent (a coordination centre, the police, a partner) becomes findings: by the loop's own rules, in one
//! transaction with what is told, and once.
//!
//! # What a list is beside the lake
//!
//! A list says *that* an account leaked, and perhaps the kind of what stood beside it; it never says the secret, and one that does is
//! refused. A finding of a list therefore has no secret. What follows from that was decided so:
//!
//! * **The list after the lake.** Where the organisation has a finding of the account, the site and the source already, whatever its
//!   secret, the list says nothing new: the line is counted as known, and nobody is told. So is every line of a list that comes again.
//!   Of another source it is a leak of its own, as an address without a secret is in the loop.
//! * **The lake after the list.** When rows of that source come into the lake, the first secret of the account and site is what the
//!   list has spoken of: it shares the fate of the list's finding, and is told only where it turns out to be worse. A second secret is
//!   news, for the list had nothing to tell it by. Findings of lists are known by their version, [`RECEIVED`], which no lake has.
//! * **The source** is the organisation's record of who sent what, under which number; what a lake says of a source of the same id later
//!   does not change it.
//! * **What concerns others** is refused line by line: neither its account nor its site is held by the organisation. It is counted, its
//!   line is named, and nothing of it is kept. So is what cannot be read; the rest is taken.
//! * **It is no backlog**: whoever imports a list wants people told.

mod columns;
mod list;

use mizumori_core::Timestamp;
use mizumori_store::{
    Access, FindingSource, NewAudit, OrganisationId, OrganisationState, Origin, Session, Store, StoreError,
};

pub use columns::RECEIVED_COLUMNS;
pub use list::{LineFault, ReceivedList};

use crate::announce::announce;
use crate::error::MonitorError;
use crate::exposure;
use crate::finder::{Known, appear};
use crate::served::Served;
use crate::source_facts::SourceFacts;

/// The version of findings that no lake has brought.
pub(crate) const RECEIVED: u64 = 0;
/// The kind of a source of which a list alone is known.
const KIND: &str = "received";
/// A longer id of a source is a text.
const LONGEST: usize = 200;

/// What a list brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Findings that are new.
    pub findings: u64,
    /// Lines that were known already.
    pub known: u64,
    /// Lines of domains that the organisation does not hold.
    pub foreign: u64,
    /// Lines that make no sense.
    pub wrong: u64,
    /// Notices that were put into the outbox.
    pub notices: u64,
    /// The lines that were not taken, by their numbers, and why.
    pub left_out: Vec<(u64, LineFault)>,
}

/// Makes findings of a list for an organisation.
///
/// # Errors
/// When there is no such organisation or it may not have findings, what is said of the source cannot be, or the store does not answer.
/// Then nothing was changed.
pub async fn import(
    store: &Store,
    organisation: &OrganisationId,
    source: &str,
    facts: &SourceFacts,
    list: ReceivedList,
    who: &str,
    now: Timestamp,
) -> Result<Imported, MonitorError> {
    if source.is_empty() || source.len() > LONGEST || source.chars().any(char::is_control) {
        return Err(MonitorError::Source("the id of a source is a short line of text"));
    }
    if let Some(why) = facts.mistake(now) {
        return Err(MonitorError::Source(why));
    }
    let mut session = store.write().await?;
    session.alone().await?;
    let served = Served::of_domains(&session.all_domains().await?);
    let mut known = may_have_findings(&mut session, organisation, now).await?;
    let mut tenant = session.tenant(organisation);
    let mut done = Imported { wrong: list.faults.len() as u64, left_out: list.faults, ..Imported::default() };
    let mut is_described = false;
    for line in list.lines {
        let mut exposure = line.exposure;
        if !exposure::organisations(&served, &exposure).contains(&organisation) {
            done.foreign += 1;
            done.left_out.push((line.number, LineFault::Foreign));
            continue;
        }
        if !is_described {
            let seen = tenant.see_source(&undescribed(source, now)).await?;
            let said = facts.applied(seen.clone());
            if said != seen {
                tenant.change_source(&said).await?;
            }
            is_described = true;
        }
        source.clone_into(&mut exposure.source);
        let new = exposure::finding(&served, organisation, &exposure, RECEIVED);
        let earlier = tenant.findings_of(new.account).await?;
        let is_known =
            earlier.iter().any(|earlier| earlier.is.source == new.source && earlier.is.site == new.site);
        let appeared = if is_known { None } else { appear(&mut tenant, new, &earlier, None, now).await? };
        let Some(finding) = appeared else {
            done.known += 1;
            continue;
        };
        done.findings += 1;
        let own = |site: &str| served.organisation(site) == Some(organisation);
        let holders = tenant.holders_of(finding.is.account).await?;
        known.judge(&mut tenant, &finding, &holders, own, now).await?;
    }
    done.notices = known.tell(&mut tenant, &format!("import.{}", now.0), now).await?;
    done.notices += announce(&mut tenant, now).await?;
    done.left_out.sort_by_key(|(line, _)| *line);
    let detail = detail(facts, &done);
    let entry = NewAudit {
        actor: who,
        organisation: Some(organisation),
        action: "finding import",
        subject: source,
        detail: &detail,
    };
    session.audit(&entry, now).await?;
    session.commit().await?;
    Ok(done)
}

/// What is asked of an organisation again and again, if it may have findings now.
pub(crate) async fn may_have_findings(
    session: &mut Session,
    id: &OrganisationId,
    now: Timestamp,
) -> Result<Known, MonitorError> {
    let organisation =
        session.organisation(id).await?.ok_or_else(|| StoreError::Missing(format!("organisation `{id}`")))?;
    if organisation.state_at(now).0 != OrganisationState::Served {
        return Err(mizumori_store::Limit::ReadOnly.into());
    }
    session.edition(&organisation.edition).await?.may(&organisation, Access::Findings)?;
    Known::of(session, organisation).await
}

/// A source of which a list alone is known.
fn undescribed(source: &str, now: Timestamp) -> FindingSource {
    FindingSource {
        source: source.to_owned(),
        title: source.to_owned(),
        kind: KIND.to_owned(),
        origin: Origin::Unknown,
        known_since: Some(now),
        reference: None,
        sender: None,
    }
}

/// What stands in the audit log: of lines their numbers, of nobody anything.
fn detail(facts: &SourceFacts, done: &Imported) -> String {
    let Imported { findings, known, foreign, wrong, .. } = done;
    let mut detail = format!("{findings} new, {known} known, {foreign} of others, {wrong} wrong");
    for (name, text) in [("from", &facts.sender), ("number", &facts.reference)] {
        if let Some(text) = text {
            detail.push_str(&format!("; {name} {text}"));
        }
    }
    detail
}
