//! What happened to findings, made into notices for their organisation's channels: in the transaction in which it happened.
//!
//! Systems are told of everything that a finding goes through; chats of what people are told of, and of many findings in one
//! message. What is backlog is told in one message to each, until it is released.

use std::collections::BTreeMap;

use mizumori_core::Timestamp;
use mizumori_respond::event::{Happened, Occasion};
use mizumori_store::{
    Access, Backlog, Channel, FindingId, FindingSource, Happening, NewNotice, Outlet, OutletId, State, Store,
    StoreError, Tenant, What,
};

use crate::body::Item;
use crate::channels::{ChannelSettings, Naming};
use crate::error::MonitorError;
use crate::finder::undescribed;
use crate::growing;
use crate::news::{Many, News, One, tag_text};
use crate::rules::Rules;

/// So much is taken at once.
const PAGE: u32 = 1_000;
/// So many findings are told to a chat one by one.
const ONE_BY_ONE: usize = 10;

/// Makes notices of what happened to an organisation's findings. Whoever changes findings calls it before he commits. Gives how
/// many notices there are to be sent.
///
/// Where the organisation's rules make no sense there are none: what happened waits until they do. The sender says so, as long as it
/// waits.
///
/// # Errors
/// When the store refuses.
pub async fn announce(tenant: &mut Tenant<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let outlets = tenant.outlets().await?;
    if outlets.is_empty() {
        return Ok(0);
    }
    if !tenant.may(Access::Systems).await? {
        // What waited is nothing to them any more.
        tenant.take_backlog().await?;
        while !tenant.take_happenings(PAGE).await?.is_empty() {}
        return Ok(0);
    }
    // The built-in ones do not take their place: they might wake somebody at night, or tell at once what was to wait for its digest.
    let Ok(rules) = Rules::of(&tenant.rules().await?) else { return Ok(0) };
    let heard = outlets.into_iter().filter_map(|outlet| Heard::of(outlet, now)).collect();
    let mut announcer = Announcer { rules, heard, sources: BTreeMap::new(), now, told: 0 };
    let backlog = tenant.take_backlog().await?;
    announcer.backlog(tenant, &backlog).await?;
    loop {
        let happenings = tenant.take_happenings(PAGE).await?;
        if happenings.is_empty() {
            break;
        }
        for group in happenings.chunk_by(|one, next| one.finding.id == next.finding.id) {
            announcer.hear(tenant, group).await?;
        }
    }
    announcer.gather(tenant).await?;
    Ok(announcer.told)
}

/// The same for whatever somebody has left behind. What goes wrong with one organisation's keeps nobody else's from being told.
///
/// # Errors
/// When the store does not answer, or something waits for rules that make sense: then everything else was done.
pub(crate) async fn announce_all(store: &Store, now: Timestamp) -> Result<u64, MonitorError> {
    // Nearly always there is nothing: that is seen without keeping others from writing.
    let mut session = store.read().await?;
    let (mut told, mut failed, mut ready) = (0, None, Vec::new());
    for organisation in session.organisations_with_happenings().await? {
        match Rules::of(&session.tenant(&organisation).rules().await?) {
            Ok(_) => ready.push(organisation),
            Err(cause) => {
                failed.get_or_insert(MonitorError::RulesOf { organisation, cause });
            }
        }
    }
    drop(session);
    for organisation in ready {
        let announced = async {
            let mut session = store.write().await?;
            let told = announce(&mut session.tenant(&organisation), now).await?;
            session.commit().await?;
            Ok(told)
        };
        match announced.await {
            Ok(more) => told += more,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(told), Err)
}

/// A channel, and what a chat hears until it is said.
struct Heard {
    outlet: Outlet,
    settings: ChannelSettings,
    /// The first of them, while they are few.
    few: Vec<(String, One)>,
    several: Gathered,
    /// By the time of the digest that they wait for.
    digests: BTreeMap<Timestamp, Gathered>,
}

/// Many findings.
struct Gathered {
    /// What the first that happened is called.
    first: String,
    many: Many,
    findings: Vec<FindingId>,
}

/// What happened to a finding, all in all.
struct Change<'h> {
    last: &'h Happening,
    happened: Happened,
}

struct Announcer {
    rules: Rules,
    heard: Vec<Heard>,
    sources: BTreeMap<String, FindingSource>,
    now: Timestamp,
    told: u64,
}

impl Heard {
    /// One that nobody understands hears nothing.
    fn of(outlet: Outlet, now: Timestamp) -> Option<Self> {
        let settings = ChannelSettings::parse(&outlet.document).ok()?;
        let (few, several) = (Vec::new(), Gathered::new(Occasion::Several, now));
        Some(Self { outlet, settings, few, several, digests: BTreeMap::new() })
    }

    fn is_chat(&self) -> bool {
        self.settings.channel() == Channel::Chat
    }
}

impl Gathered {
    fn new(occasion: Occasion, at: Timestamp) -> Self {
        Self { first: String::new(), many: Many::new(occasion, at), findings: Vec::new() }
    }

    fn add(&mut self, name: &str, one: &One) {
        if self.findings.is_empty() {
            name.clone_into(&mut self.first);
        }
        self.many.add(one);
        self.findings.push(FindingId(one.finding));
    }
}

impl<'h> Change<'h> {
    fn of(group: &'h [Happening]) -> Option<Self> {
        let last = group.last()?;
        let happened = match (group.iter().any(|one| one.what == What::Created), last.state.is_settled()) {
            (true, _) => Happened::Created,
            (false, true) => Happened::Closed,
            (false, false) => Happened::Changed,
        };
        Some(Self { last, happened })
    }

    /// Whether it was settled by a rule before anybody was told: then people are not told at all.
    fn is_for_systems_alone(&self) -> bool {
        let state = self.last.state;
        self.happened == Happened::Created && state.is_settled() && state != State::FormerHolder
    }

    fn one(&self, source: &FindingSource, account: Option<String>) -> One {
        let finding = &self.last.finding;
        let mut item = Item::of(finding, source);
        // As it was then: somebody may have changed it since.
        (item.state, item.severity) = (self.last.state, self.last.severity);
        let tag = tag_text(finding.is.account);
        One { happened: self.happened, at: self.last.at, finding: finding.id.0, item, tag, account }
    }
}

impl Announcer {
    async fn backlog(&mut self, tenant: &mut Tenant<'_>, backlog: &Backlog) -> Result<(), StoreError> {
        for at in 0..self.heard.len() {
            let Some(heard) = self.heard.get(at) else { break };
            let mut many = Many::new(Occasion::Backlog, self.now);
            many.counts = backlog.counts.clone();
            many.counts.retain(|severity, _| *severity >= heard.settings.from);
            many.found = many.counts.values().sum();
            let Some(worst) = many.worst() else { continue };
            let due = if heard.is_chat() { self.rules.due(worst, self.now) } else { self.now };
            let name = format!("all-{}-{}", backlog.first, self.now.0);
            let notice = notice(&heard.outlet, &name, &News::Many(many), due, Vec::new());
            self.tell(tenant, &notice).await?;
        }
        Ok(())
    }

    /// Hears what happened to one finding.
    async fn hear(&mut self, tenant: &mut Tenant<'_>, group: &[Happening]) -> Result<(), StoreError> {
        let Some(change) = Change::of(group) else { return Ok(()) };
        let (severity, id) = (change.last.severity, &change.last.finding.is.source);
        if !self.heard.iter().any(|heard| heard.settings.from <= severity) {
            return Ok(());
        }
        if !self.sources.contains_key(id) {
            let known = tenant.source(id).await?;
            self.sources.insert(id.clone(), known.unwrap_or_else(|| undescribed(id, self.now)));
        }
        let Some(source) = self.sources.get(id) else { return Ok(()) };
        let named = |heard: &Heard| heard.settings.naming() == Naming::Address;
        let account = match self.heard.iter().any(named) {
            true => address(tenant, change.last).await?,
            false => None,
        };
        let name =
            format!("{}-{}-{}", change.last.finding.reference.as_str(), change.last.id, change.last.at.0);
        let mut told = Vec::new();
        for heard in self.heard.iter_mut().filter(|heard| heard.settings.from <= severity) {
            let account = account.clone().filter(|_| named(heard));
            let one = change.one(source, account);
            match heard.is_chat() {
                false => {
                    let findings = vec![change.last.finding.id];
                    let news = News::One(Box::new(one));
                    told.push(notice(&heard.outlet, &name, &news, self.now, findings));
                }
                true if change.is_for_systems_alone() => {}
                true => match self.rules.digest(severity, self.now) {
                    Some(due) => {
                        let digest = heard.digests.entry(due);
                        digest.or_insert_with(|| Gathered::new(Occasion::Digest, due)).add(&name, &one);
                    }
                    None => {
                        heard.several.add(&name, &one);
                        if heard.few.len() < ONE_BY_ONE {
                            heard.few.push((name.clone(), one));
                        }
                    }
                },
            }
        }
        for notice in told {
            self.tell(tenant, &notice).await?;
        }
        Ok(())
    }

    /// Tells chats what they have heard.
    async fn gather(&mut self, tenant: &mut Tenant<'_>) -> Result<(), StoreError> {
        for heard in std::mem::take(&mut self.heard) {
            let Heard { outlet, few, several, digests, .. } = heard;
            if several.findings.len() > ONE_BY_ONE {
                let due = several.many.worst().map_or(self.now, |worst| self.rules.due(worst, self.now));
                let name = format!("all-{}", several.first);
                let news = News::Many(several.many);
                self.tell(tenant, &notice(&outlet, &name, &news, due, several.findings)).await?;
            } else {
                for (name, one) in few {
                    let (due, finding) =
                        (self.rules.due(one.item.severity, self.now), FindingId(one.finding));
                    let news = News::One(Box::new(one));
                    self.tell(tenant, &notice(&outlet, &name, &news, due, vec![finding])).await?;
                }
            }
            for (at, digest) in digests {
                let due = digest.many.worst().map_or(at, |worst| self.rules.due(worst, at));
                let name = format!("day-{}", at.0);
                let more = digest.many.clone();
                let new = notice(&outlet, &name, &News::Many(digest.many), due, digest.findings);
                let joined = |old: &str| match News::parse(old) {
                    Ok(News::Many(mut many)) => {
                        many.join(&more);
                        Some(News::Many(many).to_text())
                    }
                    _ => None,
                };
                self.told += u64::from(growing::tell(tenant, &new, joined, self.now).await?);
            }
        }
        Ok(())
    }

    async fn tell(&mut self, tenant: &mut Tenant<'_>, new: &NewNotice) -> Result<(), StoreError> {
        self.told += u64::from(tenant.tell(new, self.now).await?.is_some());
        Ok(())
    }
}

/// Its message id is the same for nobody else, and for nothing else that happens.
fn notice(outlet: &Outlet, name: &str, news: &News, due: Timestamp, findings: Vec<FindingId>) -> NewNotice {
    let OutletId(number) = outlet.id;
    NewNotice {
        channel: outlet.channel,
        destination: outlet.name.clone(),
        message: format!("evt-{name}-{number}"),
        body: news.to_text(),
        due,
        findings,
    }
}

/// The account's address, where one directory entry has it.
async fn address(tenant: &mut Tenant<'_>, happening: &Happening) -> Result<Option<String>, StoreError> {
    let account = happening.finding.is.account;
    let holders = tenant.holders_of(account).await?;
    let [holder] = &holders[..] else { return Ok(None) };
    let found = holder.is.addresses.iter().find(|address| address.account == account);
    Ok(found.map(|address| address.address.clone()))
}
