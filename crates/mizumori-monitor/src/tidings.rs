//! What is told of findings, put into the outbox in their own transaction.
//!
//! A user gets one notice for all that one commit brought of his account; administrators get one a finding, or a machine, or, when
//! these are many, one for all of them; where the administrator wants a digest, what waits for it is one notice a day. A body holds what a letter needs and no secret; the letter is written when it is sent.

use std::collections::BTreeMap;

use mizumori_core::keys::LogTag;
use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Channel, Contact, Finding, FindingId, FindingSource, NewNotice, Organisation, State, StoreError, Tenant,
};

use crate::body::{Body, Item};
use crate::growing;
use crate::rules::Rules;

/// So many findings of one commit are told to administrators one by one.
const ONE_BY_ONE: usize = 10;
/// So many are named in a notice of many.
const NAMED: usize = 50;

/// What one commit brought an organisation, until it is told.
#[derive(Debug, Default)]
pub(crate) struct Tidings {
    administrators: Vec<Told>,
    backlog: Vec<Told>,
    /// What is told to users, by their addresses: findings of one account follow one another.
    users: Vec<ToUser>,
}

/// Who hears of a finding.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    /// Whether the administrators do.
    pub(crate) administrators: bool,
    /// The account's user, and whoever is to tell him.
    pub(crate) people: Vec<Person>,
    /// The account, as they know it.
    pub(crate) account: Option<String>,
}

/// Somebody who is told.
#[derive(Debug)]
pub(crate) struct Person {
    /// Where.
    pub(crate) address: String,
    /// Whether it is somebody else than the user, or another mailbox.
    pub(crate) beside: bool,
    /// In which language.
    pub(crate) lang: Lang,
}

#[derive(Debug)]
struct ToUser {
    address: String,
    beside: bool,
    lang: Lang,
    account: Option<String>,
    findings: Vec<Told>,
}

/// A finding of which somebody is told.
#[derive(Clone, Debug)]
struct Told {
    id: FindingId,
    item: Item,
    /// The machine that malware took it from.
    machine: Option<LogTag>,
}

impl Tidings {
    /// Adds a finding for those who are to be told of it.
    pub(crate) fn add(&mut self, finding: &Finding, source: &FindingSource, told: Hearing) {
        let of = Told { id: finding.id, item: Item::of(finding, source), machine: finding.is.machine };
        if told.administrators {
            let named = if finding.is.backlog { &mut self.backlog } else { &mut self.administrators };
            named.push(of.clone());
        }
        for Person { address, beside, lang } in told.people {
            let same =
                |to: &&mut ToUser| to.address == address && to.beside == beside && to.account == told.account;
            match self.users.iter_mut().rev().take(4).find(same) {
                Some(to) => to.findings.push(of.clone()),
                None => {
                    let (account, findings) = (told.account.clone(), vec![of.clone()]);
                    self.users.push(ToUser { address, beside, lang, account, findings });
                }
            }
        }
    }

    /// Calls a source by its name, wherever it is told of.
    pub(crate) fn name(&mut self, source: &FindingSource) {
        let people = self.users.iter_mut().flat_map(|user| &mut user.findings);
        for told in people.chain(&mut self.administrators).chain(&mut self.backlog) {
            if told.item.source == source.source {
                told.item.title.clone_from(&source.title);
            }
        }
    }

    /// Puts it into the outbox. The organisation and the occasion make its message ids, so that the same is told once.
    pub(crate) async fn tell(
        self,
        tenant: &mut Tenant<'_>,
        organisation: &Organisation,
        contacts: &[Contact],
        rules: &Rules,
        occasion: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut outbox = Outbox { organisation, rules, occasion, now, told: 0 };
        let (mut at_once, mut digests) = (Vec::new(), BTreeMap::<Timestamp, Vec<Told>>::new());
        for told in self.administrators {
            match rules.digest(told.item.severity, now) {
                Some(at) => digests.entry(at).or_default().push(told),
                None => at_once.push(told),
            }
        }
        for to in self.users {
            let (address, body, findings) = to.said();
            outbox.put(tenant, &address, &body, findings).await?;
        }
        for contact in contacts {
            for (at, told) in &digests {
                let told: Vec<_> = told.iter().collect();
                let body = body(LetterKind::AdminDigest, contact.language, &told);
                outbox.gather(tenant, &contact.address, &body, ids(&told), *at).await?;
            }
            for (letter, told) in cases(&at_once) {
                outbox
                    .put(tenant, &contact.address, &body(letter, contact.language, &told), ids(&told))
                    .await?;
            }
            if !self.backlog.is_empty() {
                let told: Vec<_> = self.backlog.iter().collect();
                let body = body(LetterKind::AdminBacklog, contact.language, &told);
                outbox.put(tenant, &contact.address, &body, ids(&told)).await?;
            }
        }
        Ok(outbox.told)
    }
}

impl ToUser {
    fn said(self) -> (String, Body, Vec<FindingId>) {
        let told: Vec<_> = self.findings.iter().collect();
        let is_worse = told.iter().any(|told| told.item.severity >= Severity::StealerLog);
        let letter = match (self.beside, is_worse) {
            (true, _) => LetterKind::UserBeside,
            (false, true) => LetterKind::UserStealer,
            (false, false) => LetterKind::UserFinding,
        };
        let body = Body { account: self.account, counts: BTreeMap::new(), ..body(letter, self.lang, &told) };
        let findings = ids(&told);
        (self.address, body, findings)
    }
}

/// What administrators are told: each finding, but those of one machine as one case, and many as one letter.
fn cases(all: &[Told]) -> Vec<(LetterKind, Vec<&Told>)> {
    let (mut machines, mut cases) = (BTreeMap::<LogTag, Vec<&Told>>::new(), Vec::new());
    for told in all {
        match (told.machine, told.item.state) {
            (_, State::FormerHolder) => cases.push((LetterKind::AdminFormerHolder, vec![told])),
            (Some(machine), _) => machines.entry(machine).or_default().push(told),
            (None, _) => cases.push((LetterKind::AdminFinding, vec![told])),
        }
    }
    cases.extend(machines.into_values().map(|told| (LetterKind::AdminMachine, told)));
    if cases.len() > ONE_BY_ONE {
        return vec![(LetterKind::AdminDigest, all.iter().collect())];
    }
    cases
}

fn ids(told: &[&Told]) -> Vec<FindingId> {
    told.iter().map(|told| told.id).collect()
}

/// What a letter says of these. The worst decides what is to be done, and stands first.
fn body(letter: LetterKind, lang: Lang, told: &[&Told]) -> Body {
    let mut items: Vec<_> = told.iter().map(|told| &told.item).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.severity));
    let mut counts = BTreeMap::new();
    if letter.is_of_many() {
        for item in &items {
            *counts.entry(item.severity).or_default() += 1;
        }
    }
    let items = items.into_iter().take(NAMED).cloned().collect();
    Body { items, counts, ..Body::new(letter, lang) }
}

struct Outbox<'o> {
    organisation: &'o Organisation,
    rules: &'o Rules,
    occasion: &'o str,
    now: Timestamp,
    told: u64,
}

impl Outbox<'_> {
    async fn put(
        &mut self,
        tenant: &mut Tenant<'_>,
        address: &str,
        body: &Body,
        findings: Vec<FindingId>,
    ) -> Result<(), StoreError> {
        let first = body.items.first().map_or("none", |item| item.reference.as_str());
        // The same at every try, and another on every occasion.
        let name = format!("{}.{}.{first}", self.occasion, body.letter.as_str());
        let new = self.notice(address, body, findings, &name, self.now);
        self.told += u64::from(tenant.tell(&new, self.now).await?.is_some());
        Ok(())
    }

    /// Puts it into the digest of a time, whatever the occasion.
    async fn gather(
        &mut self,
        tenant: &mut Tenant<'_>,
        address: &str,
        body: &Body,
        findings: Vec<FindingId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let name = format!("digest.{}.{}", at.0, body.letter.as_str());
        let new = self.notice(address, body, findings, &name, at);
        let joined = |old: &str| Body::parse(old).ok().map(|old| join(old, body).to_text());
        self.told += u64::from(growing::tell(tenant, &new, joined, self.now).await?);
        Ok(())
    }

    /// A mail that goes out at a time, or when quiet hours end that it falls into. An address is not in its message id.
    fn notice(
        &self,
        address: &str,
        body: &Body,
        findings: Vec<FindingId>,
        name: &str,
        at: Timestamp,
    ) -> NewNotice {
        let destination = blake3::hash(address.as_bytes()).to_hex();
        let short = destination.as_str().get(..16).unwrap_or_default();
        let worst = body.items.first().map_or(Severity::Address, |item| item.severity);
        NewNotice {
            channel: Channel::Mail,
            destination: address.to_owned(),
            message: format!("{}.{name}.{short}", self.organisation.id),
            body: body.to_text(),
            due: self.rules.due(worst, at),
            findings,
        }
    }
}

/// What both letters of many say, in one.
fn join(mut one: Body, other: &Body) -> Body {
    for (severity, count) in &other.counts {
        *one.counts.entry(*severity).or_default() += count;
    }
    one.items.extend(other.items.iter().cloned());
    one.items.sort_by_key(|item| std::cmp::Reverse(item.severity));
    one.items.truncate(NAMED);
    one
}
