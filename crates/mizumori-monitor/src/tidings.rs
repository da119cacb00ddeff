//! What is told of findings, put into the outbox in their own transaction.
//!
//! A user gets one notice for all that one commit brought of his account; administrators get one a finding, or, when they are many,
//! one for all of them. A body holds what a letter needs and no secret; the letter is written when it is sent.

use std::collections::BTreeMap;

use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Channel, Contact, Finding, FindingId, FindingSource, Holder, NewNotice, Organisation, State, StoreError,
    Tenant,
};

use crate::body::{Body, Item};
use crate::verdict::Audience;

/// So many findings of one commit are told to administrators one by one.
const ONE_BY_ONE: usize = 10;
/// So many are named in a notice of many.
const NAMED: usize = 50;

/// What one commit brought an organisation, until it is told.
#[derive(Debug, Default)]
pub(crate) struct Tidings {
    administrators: Vec<(FindingId, Item)>,
    backlog: Vec<(FindingId, Item)>,
    counts: BTreeMap<Severity, u64>,
    backlog_counts: BTreeMap<Severity, u64>,
    /// What is told to users, by their addresses: findings of one account follow one another.
    users: Vec<ToUser>,
}

#[derive(Debug)]
struct ToUser {
    address: String,
    beside: bool,
    lang: Lang,
    account: Option<String>,
    findings: Vec<(FindingId, Item)>,
}

impl Tidings {
    /// Adds a finding for those who are to be told of it.
    pub(crate) fn add(
        &mut self,
        finding: &Finding,
        source: &FindingSource,
        audience: &Audience,
        holder: Option<&Holder>,
        lang: Lang,
    ) {
        let told = (finding.id, Item::of(finding, source));
        if audience.administrators {
            let (named, counts) = match finding.is.backlog {
                true => (&mut self.backlog, &mut self.backlog_counts),
                false => (&mut self.administrators, &mut self.counts),
            };
            *counts.entry(finding.is.severity).or_default() += 1;
            named.push(told.clone());
        }
        let lang = holder.and_then(|holder| holder.is.language).unwrap_or(lang);
        let account = holder.and_then(|holder| {
            holder.is.addresses.iter().find(|address| address.account == finding.is.account)
        });
        let account = account.map(|address| address.address.clone());
        let users = audience.users.iter().map(|address| (address, false));
        let others = audience.beside.iter().map(|address| (address, true));
        for (address, beside) in users.chain(others) {
            let same =
                |to: &&mut ToUser| to.address == *address && to.beside == beside && to.account == account;
            match self.users.iter_mut().rev().take(4).find(same) {
                Some(to) => to.findings.push(told.clone()),
                None => self.users.push(ToUser {
                    address: address.clone(),
                    beside,
                    lang,
                    account: account.clone(),
                    findings: vec![told.clone()],
                }),
            }
        }
    }

    /// Puts it into the outbox. The organisation and the occasion make its message ids, so that the same is told once.
    pub(crate) async fn tell(
        self,
        tenant: &mut Tenant<'_>,
        organisation: &Organisation,
        contacts: &[Contact],
        occasion: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut outbox = Outbox { organisation, occasion, now, told: 0 };
        for mut to in self.users {
            // The worst decides what is to be done, and stands first.
            to.findings.sort_by_key(|(_, item)| std::cmp::Reverse(item.severity));
            let worst = to.findings.first().map(|(_, item)| item.severity);
            let letter = match worst.is_some_and(|worst| worst >= Severity::StealerLog) {
                true => LetterKind::UserStealer,
                false => LetterKind::UserFinding,
            };
            let body = Body {
                letter,
                lang: to.lang,
                account: to.account,
                counts: BTreeMap::new(),
                thread: None,
                items: to.findings.iter().map(|(_, item)| item.clone()).collect(),
            };
            let findings = to.findings.iter().map(|(id, _)| *id).collect();
            outbox.put(tenant, &to.address, &body, findings).await?;
        }
        for contact in contacts {
            let lang = contact.language;
            if self.administrators.len() > ONE_BY_ONE {
                let body = many(LetterKind::AdminDigest, lang, &self.administrators, &self.counts);
                let findings = self.administrators.iter().map(|(id, _)| *id).collect();
                outbox.put(tenant, &contact.address, &body, findings).await?;
            } else {
                for (id, item) in &self.administrators {
                    let letter = match item.state {
                        State::FormerHolder => LetterKind::AdminFormerHolder,
                        _ => LetterKind::AdminFinding,
                    };
                    let body = Body {
                        letter,
                        lang,
                        account: None,
                        items: vec![item.clone()],
                        counts: BTreeMap::new(),
                        thread: None,
                    };
                    outbox.put(tenant, &contact.address, &body, vec![*id]).await?;
                }
            }
            if !self.backlog.is_empty() {
                let body = many(LetterKind::AdminBacklog, lang, &self.backlog, &self.backlog_counts);
                let findings = self.backlog.iter().map(|(id, _)| *id).collect();
                outbox.put(tenant, &contact.address, &body, findings).await?;
            }
        }
        Ok(outbox.told)
    }
}

fn many(letter: LetterKind, lang: Lang, all: &[(FindingId, Item)], counts: &BTreeMap<Severity, u64>) -> Body {
    let mut items: Vec<_> = all.iter().map(|(_, item)| item).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.severity));
    let items = items.into_iter().take(NAMED).cloned().collect();
    Body { letter, lang, account: None, items, counts: counts.clone(), thread: None }
}

struct Outbox<'o> {
    organisation: &'o Organisation,
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
        let destination = blake3::hash(address.as_bytes()).to_hex();
        let short = destination.as_str().get(..16).unwrap_or_default();
        // The same at every try, and another on every occasion; an address is not in it.
        let message = format!("{}.{}.{}.{short}", self.organisation.id, self.occasion, first);
        let new = NewNotice {
            channel: Channel::Mail,
            destination: address.to_owned(),
            message,
            body: body.to_text(),
            due: self.now,
            findings,
        };
        self.told += u64::from(tenant.tell(&new, self.now).await?.is_some());
        Ok(())
    }
}
