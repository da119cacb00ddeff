//! From what is new in a lake to findings: exactly once, for the cursor moves in the findings' own transaction.
//!
//! Where the rules of an organisation make no sense its findings are kept all the same, and nobody is told: they wait, one by one, until
//! somebody has put the rules right, and are judged then. The cursor is everybody's and is not kept back for one; nor are the built-in
//! rules taken in the place of those, for they might tell whom nobody wanted to be told.
//!
//! What the log can no longer tell is compared in full: a finding that is there is not made again, so that nothing is told twice
//! and nothing is missed.

mod known;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use mizumori_core::{Exposure, Severity, Timestamp};
use mizumori_store::{
    Domain, Filter, Finding, FindingSource, NewAudit, NewFinding, OrganisationId, OrganisationState, Origin,
    Recorded, Reference, Session, State, Store, StoreError, Tenant,
};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

pub(crate) use known::Known;

use crate::accounts::Accounts;
use crate::announce::announce;
use crate::error::MonitorError;
use crate::exposure;
use crate::fate::{Fate, fate};
use crate::leaks::{Leaks, Told, Wanted};
use crate::rules::Rules;
use crate::served::Served;

/// Parts of the lake that may wait to be written.
const WAITING: usize = 2;
/// So many exposures are looked at together.
const AT_ONCE: usize = 1_000;
/// The kind of a source of which only the id is known.
const UNDESCRIBED: &str = "unknown";
/// Who takes the steps that the rules say.
pub(crate) const ACTOR: &str = "the loop";

/// What a round found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The version of the lake up to which everything is found.
    pub version: u64,
    /// Findings that are new.
    pub findings: u64,
    /// Notices that were put into the outbox.
    pub notices: u64,
    /// Tasks that were made: accounts that something is to be done to.
    pub tasks: u64,
}

/// Makes findings of what is new in a lake.
#[derive(Clone, Debug)]
pub struct Finder {
    store: Store,
}

impl Finder {
    /// One that keeps what it finds in `store`.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes findings of everything up to the version that `lake` shows. Of two that do so at once, one has done nothing.
    ///
    /// # Errors
    /// When the lake or the store does not answer; then nothing was changed. When the rules of an organisation make no sense: then
    /// everything else was done.
    pub async fn find(&self, lake: &Arc<dyn Leaks>, now: Timestamp) -> Result<Found, MonitorError> {
        let asked = Arc::clone(lake);
        let version =
            spawn_blocking(move || asked.version()).await.map_err(|_| MonitorError::BrokenOff)??;
        // Nearly always nothing is new: that is seen without keeping others from writing, and without asking for everybody's rules.
        let mut session = self.store.read().await?;
        let (seen, domains) = (session.cursor(lake.name()).await?, session.all_domains().await?);
        let (mended, trouble) = unjudged(&mut session, now).await?;
        drop(session);
        if seen.is_some_and(|seen| seen >= version) && !domains.iter().any(is_late) && mended == 0 {
            return trouble.map_or(Ok(Found { version, ..Found::default() }), Err);
        }
        let mut session = self.store.write().await?;
        let (seen, domains) = (session.cursor(lake.name()).await?, session.all_domains().await?);
        let mut round = Round::begin(session, &domains, version, now).await?;
        round.catch_up().await?;
        match seen {
            Some(seen) if seen >= version => {}
            Some(seen) => {
                let read = round.take(lake, Wanted::Since(seen), |_| true, false).await?;
                if read.is_cut {
                    round.take(lake, Wanted::Everything, |_| true, false).await?;
                } else if !read.untold.is_empty() {
                    let is_meant = |exposure: &Exposure| read.untold.contains(&exposure.source);
                    round.take(lake, Wanted::Everything, is_meant, false).await?;
                }
            }
            None => {
                round.take(lake, Wanted::Everything, |_| true, true).await?;
            }
        }
        let late: Vec<_> = domains.iter().filter(|domain| is_late(domain)).collect();
        let names: Vec<_> = late.iter().map(|domain| domain.name.as_str().to_owned()).collect();
        if seen.is_some() && !names.is_empty() {
            round.take(lake, Wanted::Domains(names), |_| true, true).await?;
        }
        round.end(lake, seen, &late).await
    }
}

/// How many organisations have findings that can be judged by now, and what is wrong with the first one where they cannot.
async fn unjudged(session: &mut Session, now: Timestamp) -> Result<(u64, Option<MonitorError>), StoreError> {
    let (mut mended, mut trouble) = (0, None);
    for id in session.organisations_with_unjudged().await? {
        let Some(is) = session.organisation(&id).await? else { continue };
        if is.state_at(now).0 == OrganisationState::Served {
            match Rules::of(&session.tenant(&id).rules().await?) {
                Ok(_) => mended += 1,
                Err(cause) => {
                    trouble.get_or_insert(MonitorError::RulesOf { organisation: id, cause });
                }
            }
        }
    }
    Ok((mended, trouble))
}

/// Whether what was there of a domain before it was served is still to be found.
const fn is_late(domain: &Domain) -> bool {
    domain.state.is_served() && domain.backlog_seen.is_none()
}

/// So many findings are released at once.
const PAGE: u32 = 1_000;

impl Finder {
    /// Lets people be told of what was there before their organisation was: `who` has looked at it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn release(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
        who: &str,
    ) -> Result<Found, MonitorError> {
        let mut session = self.store.write().await?;
        session.alone().await?;
        let served = Served::of_domains(&session.all_domains().await?);
        let Some(is) = session.organisation(organisation).await? else { return Ok(Found::default()) };
        let mut known = Known::of(&mut session, is).await?;
        let mut tenant = session.tenant(organisation);
        let states = vec![State::New];
        let filter = Filter { states, backlog: Some(true), only_first: true, ..Filter::default() };
        let own = |site: &str| served.organisation(site) == Some(organisation);
        let (mut found, mut after) = (Found::default(), None);
        loop {
            let page = tenant.findings(&filter, after, PAGE).await?;
            let accounts: Vec<_> = page.findings.iter().map(|finding| finding.is.account).collect();
            let holders = tenant.holders_of_each(&accounts).await?;
            for mut finding in page.findings {
                finding.is.backlog = false;
                let holders = holders.get(&finding.is.account).map_or(&[][..], Vec::as_slice);
                known.judge(&mut tenant, &finding, holders, own, now).await?;
                found.findings += 1;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        tenant.release_backlog(now).await?;
        found.tasks = known.tasks;
        found.notices = known.tell(&mut tenant, &format!("release.{}", now.0), now).await?;
        found.notices += announce(&mut tenant, now).await?;
        let detail = format!("{} findings", found.findings);
        let entry = NewAudit {
            actor: who,
            organisation: Some(organisation),
            action: "finding release",
            subject: organisation.as_str(),
            detail: &detail,
        };
        session.audit(&entry, now).await?;
        session.commit().await?;
        Ok(found)
    }
}

/// A round: one transaction.
struct Round {
    session: Session,
    served: Served,
    known: BTreeMap<OrganisationId, Known>,
    version: u64,
    now: Timestamp,
    findings: u64,
    /// What is wrong with the first organisation whose rules make no sense.
    trouble: Option<MonitorError>,
}

impl Round {
    async fn begin(
        mut session: Session,
        domains: &[Domain],
        version: u64,
        now: Timestamp,
    ) -> Result<Self, MonitorError> {
        let (mut known, mut trouble) = (BTreeMap::new(), None);
        for organisation in session.organisations().await? {
            if organisation.state_at(now).0 != OrganisationState::Served {
                continue;
            }
            let id = organisation.id.clone();
            let rules = match Rules::of(&session.tenant(&id).rules().await?) {
                Ok(rules) => Some(rules),
                Err(cause) => {
                    trouble.get_or_insert(MonitorError::RulesOf { organisation: id.clone(), cause });
                    None
                }
            };
            known.insert(id, Known::with(&mut session, organisation, rules).await?);
        }
        let served = Served::of_domains(domains);
        Ok(Self { session, served, known, version, now, findings: 0, trouble })
    }

    /// Judges what came while the rules of its organisation made no sense, where they do now.
    async fn catch_up(&mut self) -> Result<(), MonitorError> {
        for id in self.session.organisations_with_unjudged().await? {
            let known = self.known.get_mut(&id).filter(|known| known.rules.is_some());
            let Some(known) = known else { continue };
            let mut tenant = self.session.tenant(&id);
            loop {
                let findings = tenant.take_unjudged(PAGE).await?;
                if findings.is_empty() {
                    break;
                }
                let accounts: Vec<_> = findings.iter().map(|finding| finding.is.account).collect();
                let holders = tenant.holders_of_each(&accounts).await?;
                // What somebody has settled meanwhile is no news.
                for finding in findings.iter().filter(|finding| !finding.is.state.is_settled()) {
                    let own = |site: &str| self.served.organisation(site) == Some(&id);
                    let holders = holders.get(&finding.is.account).map_or(&[][..], Vec::as_slice);
                    known.judge(&mut tenant, finding, holders, own, self.now).await?;
                }
            }
        }
        Ok(())
    }

    /// Reads on a thread of its own, and writes what comes.
    async fn take(
        &mut self,
        lake: &Arc<dyn Leaks>,
        wanted: Wanted,
        is_meant: impl Fn(&Exposure) -> bool,
        is_backlog: bool,
    ) -> Result<Told, MonitorError> {
        let (parts, mut received) = mpsc::channel::<Vec<Exposure>>(WAITING);
        let lake = Arc::clone(lake);
        let reading = spawn_blocking(move || {
            lake.read(&wanted, &mut |exposures| match parts.blocking_send(exposures) {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody wants it any more.
                Err(_) => ControlFlow::Break(()),
            })
        });
        while let Some(mut exposures) = received.recv().await {
            exposures.retain(&is_meant);
            for part in exposures.chunks(AT_ONCE) {
                self.find(part, is_backlog).await?;
            }
        }
        Ok(reading.await.map_err(|_| MonitorError::BrokenOff)??)
    }

    async fn find(&mut self, exposures: &[Exposure], is_backlog: bool) -> Result<(), MonitorError> {
        let mut theirs = BTreeMap::<_, Vec<_>>::new();
        for exposure in exposures {
            for organisation in exposure::organisations(&self.served, exposure) {
                theirs.entry(organisation).or_default().push(exposure);
            }
        }
        for (id, exposures) in theirs {
            let Some(known) = self.known.get_mut(id) else { continue };
            let own = |site: &str| self.served.organisation(site) == Some(id);
            let mut tenant = self.session.tenant(id);
            let accounts = exposures.iter().map(|exposure| exposure.account).collect();
            let mut accounts = Accounts::ask(&mut tenant, accounts).await?;
            for exposure in exposures {
                let mut new = exposure::finding(&self.served, id, exposure, self.version);
                new.backlog = is_backlog;
                known.see(&mut tenant, &new.source, self.now).await?;
                let earlier = accounts.findings(&mut tenant, new.account).await?;
                if let Some(finding) = appear(&mut tenant, new, &earlier, None, self.now).await? {
                    self.findings += 1;
                    let holders = accounts.holders(exposure.account);
                    known.judge(&mut tenant, &finding, holders, own, self.now).await?;
                }
            }
        }
        Ok(())
    }

    async fn end(
        mut self,
        lake: &Arc<dyn Leaks>,
        seen: Option<u64>,
        late: &[&Domain],
    ) -> Result<Found, MonitorError> {
        let (mut notices, mut tasks) = (0, 0);
        let mut titles = BTreeMap::new();
        for (id, mut known) in std::mem::take(&mut self.known) {
            let mut tenant = self.session.tenant(&id);
            known.describe(&mut tenant, lake, &mut titles).await?;
            tasks += known.tasks;
            notices += known.tell(&mut tenant, &format!("v{}", self.version), self.now).await?;
            notices += announce(&mut tenant, self.now).await?;
        }
        for domain in late {
            self.session.tenant(&domain.organisation).see_backlog(&domain.name, self.version).await?;
        }
        if seen.is_none_or(|seen| seen < self.version) {
            match self.session.move_cursor(lake.name(), seen, self.version).await {
                // Somebody else was quicker: what was found here is there already, and is not kept twice.
                Err(StoreError::Changed(_)) => {
                    return Ok(Found { version: self.version, ..Found::default() });
                }
                other => other?,
            }
        }
        self.session.commit().await?;
        let found = Found { version: self.version, findings: self.findings, notices, tasks };
        self.trouble.map_or(Ok(found), Err)
    }
}

/// Keeps a finding, under the reference that it has elsewhere, unless it is among the `earlier` ones of its account. Gives the one that
/// people are to hear of: itself, or the one whose fate it shares when that has become worse.
pub(crate) async fn appear(
    tenant: &mut Tenant<'_>,
    mut new: NewFinding,
    earlier: &[Finding],
    reference: Option<&Reference>,
    now: Timestamp,
) -> Result<Option<Finding>, StoreError> {
    let is_there = |finding: &Finding| {
        let is = &finding.is;
        is.secret == new.secret && is.site == new.site && is.source == new.source
    };
    if earlier.iter().any(is_there) {
        return Ok(None);
    }
    match fate(&new, earlier) {
        Fate::New => match tenant.record_after(&new, earlier, reference, now).await? {
            Recorded::Kept(finding) => Ok(Some(*finding)),
            Recorded::Known => Ok(None),
        },
        Fate::Shared(first) => {
            share(&mut new, first);
            tenant.record_after(&new, earlier, reference, now).await?;
            Ok(None)
        }
        Fate::Worse(first, severity) => {
            share(&mut new, first);
            tenant.record_after(&new, earlier, reference, now).await?;
            tenant.worsen(first.id, severity, now).await?;
            Ok(Some(as_told(first.clone(), new, severity)))
        }
        Fate::Reopened(first, severity) => {
            let why = "its secret stands in a stealer log of a later time";
            let first = tenant.step(first, State::Notified, ACTOR, why, now).await?;
            tenant.worsen(first.id, severity, now).await?;
            share(&mut new, &first);
            tenant.record_after(&new, earlier, reference, now).await?;
            Ok(Some(as_told(first, new, severity)))
        }
    }
}

/// A finding with what it is told for now: the leak that has made it worse.
fn as_told(mut first: Finding, new: NewFinding, severity: Severity) -> Finding {
    let (state, backlog) = (first.is.state, first.is.backlog);
    first.is = NewFinding { severity, state, backlog, same_as: None, ..new };
    first
}

fn share(new: &mut NewFinding, first: &Finding) {
    (new.same_as, new.state, new.backlog) = (Some(first.id), first.is.state, first.is.backlog);
}

/// A source of which the organisation knows nothing yet.
pub(crate) fn undescribed(source: &str, now: Timestamp) -> FindingSource {
    FindingSource {
        source: source.to_owned(),
        title: source.to_owned(),
        kind: UNDESCRIBED.to_owned(),
        origin: Origin::Unknown,
        known_since: Some(now),
        reference: None,
        sender: None,
    }
}
