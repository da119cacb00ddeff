//! Taking the document: one transaction, which is the caller's.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use mizumori_core::Timestamp;
use mizumori_store::{
    Edition, Finding, NewAudit, NewFinding, OrganisationId, Session, State, StoreError, Tenant,
};

use super::document::{Come, Document, Line, WrittenOrganisation};
use super::{KIND, VERSION};
use crate::announce::announce;
use crate::error::MonitorError;
use crate::finder::{Known, appear};
use crate::received::may_have_findings;

/// The longest line.
const LONGEST: u64 = 1 << 20;

/// What a document brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Organisations that were added.
    pub organisations: u64,
    /// Findings that are new.
    pub findings: u64,
    /// Findings that were there.
    pub known: u64,
    /// Findings that were there and open, and are settled now.
    pub settled: u64,
    /// Findings of organisations that may have none now.
    pub left_out: u64,
    /// Notices that were put into the outbox.
    pub notices: u64,
}

/// Takes a document. A session in which that failed must not be committed. `who` is named where something was done, `occasion` is
/// another for each document.
///
/// # Errors
/// When the document is not what it should be or cannot be read, or the store does not answer.
pub async fn take_carried(
    session: &mut Session,
    document: &mut (dyn BufRead + Send),
    who: &str,
    occasion: &str,
    now: Timestamp,
) -> Result<Carried, MonitorError> {
    let mut lines = Lines { document, number: 0 };
    match lines.next()? {
        Some(Line::Document(Document { kind, version }))
            if kind == KIND && (1..=VERSION).contains(&version) => {}
        _ => return Err(lines.wrong()),
    }
    let (mut done, mut all) = (Carried::default(), BTreeMap::<OrganisationId, Option<Known>>::new());
    let mut current = None;
    while let Some(line) = lines.next()? {
        match (line, &current) {
            (Line::Organisation(organisation), _) => {
                let id =
                    enter(session, organisation, who, now, &mut done).await?.ok_or_else(|| lines.wrong())?;
                if !all.contains_key(&id) {
                    let known = match may_have_findings(session, &id, now).await {
                        Ok(known) => Some(known),
                        Err(MonitorError::Limit(_)) => None,
                        Err(error) => return Err(error),
                    };
                    all.insert(id.clone(), known);
                }
                current = Some(id);
            }
            (Line::Source(source), Some(id)) => {
                let source = source.read().ok_or_else(|| lines.wrong())?;
                if all.get(id).is_some_and(Option::is_some) {
                    session.tenant(id).see_source(&source).await?;
                }
            }
            (Line::Finding(finding), Some(id)) => {
                let come = finding.read().ok_or_else(|| lines.wrong())?;
                match all.get_mut(id) {
                    Some(Some(known)) => {
                        take(&mut session.tenant(id), known, come, who, now, &mut done).await?;
                    }
                    _ => done.left_out += 1,
                }
            }
            _ => return Err(lines.wrong()),
        }
    }
    for (id, known) in all {
        if let Some(known) = known {
            let mut tenant = session.tenant(&id);
            done.notices += known.tell(&mut tenant, occasion, now).await?;
            done.notices += announce(&mut tenant, now).await?;
        }
    }
    Ok(done)
}

/// The organisation of a line, which is added where it is not there.
async fn enter(
    session: &mut Session,
    written: WrittenOrganisation,
    who: &str,
    now: Timestamp,
    done: &mut Carried,
) -> Result<Option<OrganisationId>, StoreError> {
    let Some(organisation) = written.read(Edition::FULL, now) else { return Ok(None) };
    let id = organisation.id.clone();
    if session.organisation(&id).await?.is_none() {
        session.add_organisation(&organisation).await?;
        let entry = NewAudit {
            actor: who,
            organisation: Some(&id),
            action: "org add",
            subject: id.as_str(),
            detail: Edition::FULL,
        };
        session.audit(&entry, now).await?;
        done.organisations += 1;
    }
    Ok(Some(id))
}

async fn take(
    tenant: &mut Tenant<'_>,
    known: &mut Known,
    come: Come,
    who: &str,
    now: Timestamp,
    done: &mut Carried,
) -> Result<(), StoreError> {
    let Come { reference, new, own_site, settled, steps } = come;
    // Whatever a clock elsewhere says, nothing was settled later than now.
    let settled = settled.map_or(now, |settled| settled.min(now));
    let earlier = tenant.findings_of(new.account).await?;
    let is_same = |finding: &&Finding| {
        let is = &finding.is;
        is.secret == new.secret && is.site == new.site && is.source == new.source
    };
    if let Some(there) = earlier.iter().find(is_same) {
        done.known += 1;
        // Nobody has to do any more what somebody has done elsewhere.
        if new.state.is_settled()
            && there.is.same_as.is_none()
            && there.is.state.may_become(new.state)
            && !there.is.state.is_settled()
        {
            let why = steps.last().map_or("it was settled elsewhere", |step| &*step.why);
            tenant.step_since(there, new.state, who, why, settled, now).await?;
            done.settled += 1;
        }
        return Ok(());
    }
    done.findings += 1;
    if new.state.is_settled() {
        let first = earlier.iter().find(|finding| {
            new.secret.is_some() && finding.is.secret == new.secret && finding.is.same_as.is_none()
        });
        // What is open here is not settled by a copy of it: whoever shares a fate has that of the first.
        let (new, settled) = match first {
            Some(first) => {
                let (state, backlog) = (first.is.state, first.is.backlog);
                let shared = NewFinding { same_as: Some(first.id), state, backlog, ..new };
                (shared, first.settled.unwrap_or(settled))
            }
            None => (new, settled),
        };
        let kept = tenant.record_since(&new, &earlier, Some(&reference), settled, now).await?;
        if let mizumori_store::Recorded::Kept(kept) = kept {
            tenant.keep_history(kept.id, &steps).await?;
        }
        return Ok(());
    }
    let new = NewFinding { state: State::New, ..new };
    if let Some(finding) = appear(tenant, new, &earlier, Some(&reference), now).await? {
        if finding.reference == reference {
            tenant.keep_history(finding.id, &steps).await?;
        }
        let holders = tenant.holders_of(finding.is.account).await?;
        known.judge(tenant, &finding, &holders, |_| own_site, now).await?;
    }
    Ok(())
}

struct Lines<'d> {
    document: &'d mut (dyn BufRead + Send),
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Line>, MonitorError> {
        let mut text = Vec::new();
        let failed = |cause| MonitorError::Document { what: "read", cause };
        let read = (&mut *self.document).take(LONGEST).read_until(b'\n', &mut text).map_err(failed)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if text.last() != Some(&b'\n') {
            return Err(self.wrong());
        }
        serde_json::from_slice(&text).map(Some).map_err(|_| self.wrong())
    }

    /// The error of the line that was read last.
    const fn wrong(&self) -> MonitorError {
        MonitorError::Line(self.number)
    }
}
