//! An organisation in a round: what is asked of it again and again, and what its rules say of a finding.

use std::collections::BTreeMap;
use std::sync::Arc;

use mizumori_core::{Lang, Timestamp};
use mizumori_store::{
    Access, Contact, Finding, FindingSource, Holder, Organisation, Session, State, StoreError, Tenant,
};
use tokio::task::spawn_blocking;

use super::{ACTOR, UNDESCRIBED, undescribed};
use crate::error::MonitorError;
use crate::leaks::{Leaks, Title};
use crate::neutralise::{Unable, choose, task};
use crate::rules::{Neutralising, Rules};
use crate::tidings::{Hearing, Person, Tidings};
use crate::verdict::{Audience, Verdict, judge};

/// What the lake calls sources; nothing where it does not say.
pub(super) type Titles = BTreeMap<String, Option<Title>>;

/// An organisation in a round: what is asked of it again and again.
pub(crate) struct Known {
    organisation: Organisation,
    /// None where they make no sense.
    pub(super) rules: Option<Rules>,
    contacts: Vec<Contact>,
    sources: BTreeMap<String, FindingSource>,
    tidings: Tidings,
    /// Whether something is done to accounts by itself.
    neutralises: bool,
    /// Directories in which it cannot be.
    unable: Unable,
    pub(super) tasks: u64,
}

impl Known {
    /// An organisation whose rules have to make sense.
    pub(crate) async fn of(session: &mut Session, organisation: Organisation) -> Result<Self, MonitorError> {
        let rules = Rules::of(&session.tenant(&organisation.id).rules().await?)?;
        Ok(Self::with(session, organisation, Some(rules)).await?)
    }

    pub(super) async fn with(
        session: &mut Session,
        organisation: Organisation,
        rules: Option<Rules>,
    ) -> Result<Self, StoreError> {
        let contacts = session.tenant(&organisation.id).contacts().await?;
        let neutralises = rules.as_ref().is_some_and(|rules| rules.neutralise.enabled) && {
            // One that nobody knows is no reason to find nothing.
            let edition = session.edition(&organisation.edition).await;
            edition.is_ok_and(|edition| edition.may(&organisation, Access::Neutralise).is_ok())
        };
        let unable = match &rules {
            Some(rules) if neutralises => {
                let directories = session.tenant(&organisation.id).directories().await?;
                Unable::of(&directories, rules.neutralise.action)
            }
            _ => Unable::default(),
        };
        let (sources, tidings) = (BTreeMap::new(), Tidings::default());
        Ok(Self { organisation, rules, contacts, sources, tidings, neutralises, unable, tasks: 0 })
    }

    pub(crate) async fn tell(
        self,
        tenant: &mut Tenant<'_>,
        occasion: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        // Without rules nothing was judged that could be told.
        let Some(rules) = &self.rules else { return Ok(0) };
        self.tidings.tell(tenant, &self.organisation, &self.contacts, rules, occasion, now).await
    }

    /// Makes a source known to the organisation.
    pub(super) async fn see(
        &mut self,
        tenant: &mut Tenant<'_>,
        source: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.sources.contains_key(source) {
            let seen = tenant.see_source(&undescribed(source, now)).await?;
            self.sources.insert(source.to_owned(), seen);
        }
        Ok(())
    }

    /// Asks what sources are called of which nothing else is known. The lake is asked when nobody reads it: it may let one in at a
    /// time. It is asked once for each source, however many organisations have it: nobody else can write meanwhile, and which sources
    /// there are is known no sooner.
    pub(super) async fn describe(
        &mut self,
        tenant: &mut Tenant<'_>,
        lake: &Arc<dyn Leaks>,
        titles: &mut Titles,
    ) -> Result<(), MonitorError> {
        for source in self.sources.values_mut().filter(|source| source.kind == UNDESCRIBED) {
            if !titles.contains_key(&source.source) {
                let (lake, id) = (Arc::clone(lake), source.source.clone());
                let described = spawn_blocking(move || lake.describe(&id)).await;
                // Who is told had better be told of an id than not at all.
                let described = described.map_err(|_| MonitorError::BrokenOff)?.unwrap_or_default();
                titles.insert(source.source.clone(), described);
            }
            if let Some(Some(described)) = titles.get(&source.source) {
                (source.title, source.kind) = (described.title.clone(), described.kind.clone());
                tenant.change_source(source).await?;
                self.tidings.name(source);
            }
        }
        Ok(())
    }

    /// Does with a finding what the rules say; it waits where they make no sense.
    pub(crate) async fn judge(
        &mut self,
        tenant: &mut Tenant<'_>,
        finding: &Finding,
        holders: &[Holder],
        own: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Of one that has turned out to be worse: where it stood first.
        self.see(tenant, &finding.is.source, now).await?;
        let Some(rules) = &self.rules else { return tenant.leave_unjudged(finding.id).await };
        let Some(source) = self.sources.get(&finding.is.source) else { return Ok(()) };
        let lang = self.organisation.language;
        match judge(rules, finding, holders, own, now) {
            Verdict::Tell(audience) => {
                let is_task = self.neutralise(tenant, &rules.neutralise, finding, holders, now).await?;
                self.tasks += u64::from(is_task);
                let hearing = hearing(tenant, finding, &audience, holders, lang).await?;
                self.tidings.add(finding, source, hearing);
                let is_new = finding.is.state == State::New && !finding.is.backlog;
                if is_new && (audience.administrators || !audience.users.is_empty()) {
                    tenant.step(finding, State::Notified, ACTOR, "told at once", now).await?;
                }
            }
            Verdict::Settle { state, why, administrators } => {
                let finding = tenant.step(finding, state, ACTOR, &why, now).await?;
                if administrators && rules.tell_administrator.enabled {
                    self.tidings.add(&finding, source, Hearing { administrators, ..Hearing::default() });
                }
            }
        }
        Ok(())
    }

    /// Has something done to the account of a finding, where the rule says so and nothing is to be done already. Gives whether it has.
    async fn neutralise(
        &self,
        tenant: &mut Tenant<'_>,
        rule: &Neutralising,
        finding: &Finding,
        holders: &[Holder],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let chosen = choose(rule, &self.unable, finding, holders).ok().filter(|_| self.neutralises);
        let Some(holder) = chosen else { return Ok(false) };
        Ok(tenant.add_task(&task(rule, finding, holder, now), now).await?.is_some())
    }
}

/// Who hears of a finding, each in his own language: the directory's, else that of the account's user, else the organisation's.
async fn hearing(
    tenant: &mut Tenant<'_>,
    finding: &Finding,
    audience: &Audience,
    holders: &[Holder],
    lang: Lang,
) -> Result<Hearing, StoreError> {
    let holder = holders.first().filter(|_| holders.len() == 1);
    let lang = holder.and_then(|holder| holder.is.language).unwrap_or(lang);
    let account = holder
        .and_then(|holder| holder.is.addresses.iter().find(|address| address.account == finding.is.account));
    let mut people = Vec::new();
    let users = audience.users.iter().map(|address| (address, false));
    for (address, beside) in users.chain(audience.beside.iter().map(|address| (address, true))) {
        // Of the account's own addresses it is known already.
        let is_own = holder.is_some_and(|holder| holder.is.has(address));
        let lang = if is_own { lang } else { tenant.language_at(address).await?.unwrap_or(lang) };
        people.push(Person { address: address.clone(), beside, lang });
    }
    let account = account.map(|address| address.address.clone());
    Ok(Hearing { administrators: audience.administrators, people, account })
}
