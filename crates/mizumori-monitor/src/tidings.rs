//! What is told of findings, put into the outbox in their own transaction.
//!
//! A user gets one notice for all that one commit brought of his account; administrators get one a finding, or, when they are many,
//! one for all of them. A body holds what a letter needs and no secret; the letter is written when it is sent.

use std::collections::BTreeMap;

use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_store::{
    Channel, Contact, Finding, FindingId, Holder, NewNotice, Organisation, StoreError, Tenant,
};
use serde::{Deserialize, Serialize};

use crate::verdict::Audience;

/// So many findings of one commit are told to administrators one by one.
const ONE_BY_ONE: usize = 10;
/// So many are named in a notice of many.
const NAMED: usize = 50;

/// What a mail is to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Which letter it is.
    pub letter: Letter,
    /// The language.
    pub lang: String,
    /// The account, in letters to whoever may read it.
    pub account: Option<String>,
    /// What was found, the worst first; not all of many.
    pub items: Vec<Item>,
    /// How many there are of each severity.
    pub counts: BTreeMap<String, u64>,
}

/// Letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Letter {
    /// To the account's user.
    User,
    /// To somebody who is to tell the user, whose mailbox may be in other hands.
    Beside,
    /// To an administrator, of one finding.
    Administrator,
    /// To an administrator, of many.
    Digest,
    /// To an administrator, of what was there before the organisation was.
    Backlog,
}

/// A finding in a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its reference number.
    pub reference: String,
    /// How bad it is.
    pub severity: String,
    /// What it is.
    pub state: String,
    /// The source's id.
    pub source: String,
    /// The month.
    pub month: Option<String>,
    /// The site.
    pub site: Option<String>,
    /// The kind of secret.
    pub kind: String,
    /// Which of the account's passwords it is.
    pub label: Option<String>,
    /// The host of the account.
    pub host: String,
}

impl Item {
    fn of(finding: &Finding) -> Self {
        Self {
            reference: finding.reference.to_string(),
            severity: finding.is.severity.as_str().to_owned(),
            state: finding.is.state.as_str().to_owned(),
            source: finding.is.source.clone(),
            month: finding.is.month.map(|month| month.to_string()),
            site: finding.is.site.clone(),
            kind: finding.is.kind.as_str().to_owned(),
            label: finding.letter(),
            host: finding.is.host.clone(),
        }
    }
}

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
    letter: Letter,
    lang: Lang,
    account: Option<String>,
    findings: Vec<(FindingId, Item)>,
}

impl Tidings {
    /// Adds a finding for those who are to be told of it.
    pub(crate) fn add(
        &mut self,
        finding: &Finding,
        audience: &Audience,
        holder: Option<&Holder>,
        lang: Lang,
    ) {
        let told = (finding.id, Item::of(finding));
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
        let users = audience.users.iter().map(|address| (address, Letter::User));
        let beside = audience.beside.iter().map(|address| (address, Letter::Beside));
        for (address, letter) in users.chain(beside) {
            let same =
                |to: &&mut ToUser| to.address == *address && to.letter == letter && to.account == account;
            match self.users.iter_mut().rev().take(4).find(same) {
                Some(to) => to.findings.push(told.clone()),
                None => self.users.push(ToUser {
                    address: address.clone(),
                    letter,
                    lang,
                    account: account.clone(),
                    findings: vec![told.clone()],
                }),
            }
        }
    }

    /// Puts it into the outbox. `version` and the organisation make its message ids, so that the same commit is told once.
    pub(crate) async fn tell(
        self,
        tenant: &mut Tenant<'_>,
        organisation: &Organisation,
        contacts: &[Contact],
        version: u64,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut outbox = Outbox { organisation, version, now, told: 0 };
        for to in self.users {
            let body = Body {
                letter: to.letter,
                lang: to.lang.tag().to_owned(),
                account: to.account,
                counts: BTreeMap::new(),
                items: to.findings.iter().map(|(_, item)| item.clone()).collect(),
            };
            let findings = to.findings.iter().map(|(id, _)| *id).collect();
            outbox.put(tenant, &to.address, &body, findings).await?;
        }
        for contact in contacts {
            let lang = contact.language.tag();
            if self.administrators.len() > ONE_BY_ONE {
                let body = many(Letter::Digest, lang, &self.administrators, &self.counts);
                let findings = self.administrators.iter().map(|(id, _)| *id).collect();
                outbox.put(tenant, &contact.address, &body, findings).await?;
            } else {
                for (id, item) in &self.administrators {
                    let body = Body {
                        letter: Letter::Administrator,
                        lang: lang.to_owned(),
                        account: None,
                        items: vec![item.clone()],
                        counts: BTreeMap::new(),
                    };
                    outbox.put(tenant, &contact.address, &body, vec![*id]).await?;
                }
            }
            if !self.backlog.is_empty() {
                let body = many(Letter::Backlog, lang, &self.backlog, &self.backlog_counts);
                let findings = self.backlog.iter().map(|(id, _)| *id).collect();
                outbox.put(tenant, &contact.address, &body, findings).await?;
            }
        }
        Ok(outbox.told)
    }
}

fn many(letter: Letter, lang: &str, all: &[(FindingId, Item)], counts: &BTreeMap<Severity, u64>) -> Body {
    let rank = |item: &Item| Severity::parse(&item.severity).map_or(0, Severity::number);
    let mut items: Vec<_> = all.iter().map(|(_, item)| item).collect();
    items.sort_by_key(|item| std::cmp::Reverse(rank(item)));
    Body {
        letter,
        lang: lang.to_owned(),
        account: None,
        items: items.into_iter().take(NAMED).cloned().collect(),
        counts: counts.iter().map(|(severity, count)| (severity.as_str().to_owned(), *count)).collect(),
    }
}

struct Outbox<'o> {
    organisation: &'o Organisation,
    version: u64,
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
        // The same at every try, and another for every commit; an address is not in it.
        let message = format!("{}.{}.{}.{short}", self.organisation.id, self.version, first);
        let new = NewNotice {
            channel: Channel::Mail,
            destination: address.to_owned(),
            message,
            body: serde_json::to_string(body).map_err(|_| StoreError::Damaged { what: "notice" })?,
            due: self.now,
            findings,
        };
        self.told += u64::from(tenant.tell(&new, self.now).await?.is_some());
        Ok(())
    }
}
