//! What a notice to a channel says: what happened to a finding, or to many; no secret. It becomes an event when it is sent.

use std::collections::BTreeMap;

use mizumori_core::keys::AccountTag;
use mizumori_core::{LeakTime, Severity, Timestamp};
use mizumori_respond::Tlp;
use mizumori_respond::event::{Bulletin, Event, Happened, Occasion, Subject};
use mizumori_store::{Organisation, StoreError};
use serde::{Deserialize, Serialize};

use crate::body::{Item, WrittenItem};
use crate::channels::Naming;

/// So many findings are named in news of many.
const NAMED: usize = 50;

/// What a channel is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// What happened to a finding.
    One(Box<One>),
    /// What happened to many.
    Many(Many),
}

/// What happened to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct One {
    /// What.
    pub happened: Happened,
    /// When.
    pub at: Timestamp,
    /// The finding's number.
    pub finding: i64,
    /// The finding, as it was then.
    pub item: Item,
    /// The account's tag.
    pub tag: String,
    /// The account's address, for channels that may read it.
    pub account: Option<String>,
}

/// What happened to many findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Many {
    /// Why it is told at once.
    pub occasion: Occasion,
    /// When.
    pub at: Timestamp,
    /// Findings that are new.
    pub found: u64,
    /// Findings that changed, and are open.
    pub changed: u64,
    /// Findings of which nothing is left to be done.
    pub closed: u64,
    /// How many there are of each severity.
    pub counts: BTreeMap<Severity, u64>,
    /// Some of them, the worst first.
    pub items: Vec<Item>,
}

/// News as they are sent.
pub(crate) enum Said {
    Event(Box<Event>),
    Bulletin(Bulletin),
}

/// News as they are written. What a list of notices shows has the same names as in a letter.
#[derive(Serialize, Deserialize)]
struct Written {
    letter: String,
    at: i64,
    items: Vec<WrittenItem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one: Option<WrittenOne>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    many: Option<WrittenMany>,
}

#[derive(Serialize, Deserialize)]
struct WrittenOne {
    finding: i64,
    tag: String,
    account: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenMany {
    found: u64,
    changed: u64,
    closed: u64,
    counts: BTreeMap<String, u64>,
}

/// An account's tag as others read it: 32 hexadecimal digits.
pub fn tag_text(tag: AccountTag) -> String {
    format!("{:016x}{:016x}", tag.hi, tag.lo)
}

impl Many {
    /// None of them yet.
    pub fn new(occasion: Occasion, at: Timestamp) -> Self {
        let counts = BTreeMap::new();
        Self { occasion, at, found: 0, changed: 0, closed: 0, counts, items: Vec::new() }
    }

    /// How many there are.
    pub const fn all(&self) -> u64 {
        self.found + self.changed + self.closed
    }

    /// How bad the worst is.
    pub fn worst(&self) -> Option<Severity> {
        self.counts.keys().next_back().copied()
    }

    /// One more.
    pub(crate) fn add(&mut self, one: &One) {
        match one.happened {
            Happened::Created => self.found += 1,
            Happened::Changed => self.changed += 1,
            Happened::Closed => self.closed += 1,
        }
        *self.counts.entry(one.item.severity).or_default() += 1;
        self.name(std::slice::from_ref(&one.item));
    }

    /// The others as well.
    pub(crate) fn join(&mut self, others: &Self) {
        self.found += others.found;
        self.changed += others.changed;
        self.closed += others.closed;
        for (severity, count) in &others.counts {
            *self.counts.entry(*severity).or_default() += count;
        }
        self.name(&others.items);
    }

    /// Names some more, as long as there is room; what is worse takes the place of what is not.
    fn name(&mut self, items: &[Item]) {
        for item in items {
            // What happened to one of them twice is one of them.
            self.items.retain(|other| other.reference != item.reference);
            let at = self.items.partition_point(|other| other.severity >= item.severity);
            self.items.insert(at, item.clone());
        }
        self.items.truncate(NAMED);
    }
}

impl News {
    /// As they stand in the outbox.
    pub fn to_text(&self) -> String {
        let written = match self {
            Self::One(one) => Written {
                letter: one.happened.as_str().to_owned(),
                at: one.at.0,
                items: vec![one.item.written()],
                one: Some(WrittenOne {
                    finding: one.finding,
                    tag: one.tag.clone(),
                    account: one.account.clone(),
                }),
                many: None,
            },
            Self::Many(many) => Written {
                letter: many.occasion.as_str().to_owned(),
                at: many.at.0,
                items: many.items.iter().map(Item::written).collect(),
                one: None,
                many: Some(WrittenMany {
                    found: many.found,
                    changed: many.changed,
                    closed: many.closed,
                    counts: many.counts.iter().map(|(of, count)| (of.as_str().to_owned(), *count)).collect(),
                }),
            },
        };
        // Texts and numbers can always be written.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads what stands in the outbox.
    ///
    /// # Errors
    /// When it is not what this program writes.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged { what: "notice" };
        let written: Written = serde_json::from_str(text).map_err(|_| damaged())?;
        written.read().ok_or_else(damaged)
    }

    /// What is sent of them under a message id. Who is named is decided now: a channel may have been told of addresses when they were
    /// written, and is not to hear of them any more.
    pub(crate) fn said(&self, id: &str, organisation: &Organisation, naming: Naming, tlp: Tlp) -> Said {
        let name = organisation.names.of(organisation.language).to_owned();
        match self {
            Self::One(one) => Said::Event(Box::new(one.event(id, name, naming, tlp))),
            Self::Many(many) => Said::Bulletin(Bulletin {
                id: id.to_owned(),
                occasion: many.occasion,
                at: many.at,
                organisation: name,
                found: many.found,
                changed: many.changed,
                closed: many.closed,
                counts: many.counts.iter().map(|(severity, count)| (*severity, *count)).collect(),
                references: many.items.iter().map(|item| item.reference.clone()).collect(),
                tlp,
            }),
        }
    }
}

impl One {
    fn event(&self, id: &str, organisation: String, naming: Naming, tlp: Tlp) -> Event {
        let item = &self.item;
        let account = self.account.as_ref().filter(|_| naming == Naming::Address);
        Event {
            id: id.to_owned(),
            happened: self.happened,
            at: self.at,
            finding: self.finding.to_string(),
            reference: item.reference.clone(),
            organisation,
            subject: match account {
                Some(address) => Subject::Account(address.clone()),
                None => Subject::Tag(self.tag.clone()),
            },
            severity: item.severity,
            state: item.state.as_str().to_owned(),
            is_closed: item.state.is_settled(),
            source: item.source.clone(),
            title: item.title.clone(),
            time: item.month.map_or(LeakTime::Unknown, LeakTime::Month),
            site: item.site.clone(),
            kind: item.kind,
            tlp,
        }
    }
}

impl Written {
    fn read(self) -> Option<News> {
        let at = Timestamp(self.at);
        let items = self.items.into_iter().map(Item::read).collect::<Option<Vec<_>>>()?;
        match (self.one, self.many) {
            (Some(one), None) => {
                let happened = Happened::ALL.into_iter().find(|known| known.as_str() == self.letter)?;
                let [item] = <[Item; 1]>::try_from(items).ok()?;
                let WrittenOne { finding, tag, account } = one;
                Some(News::One(Box::new(One { happened, at, finding, item, tag, account })))
            }
            (None, Some(many)) => {
                let counts = many.counts.into_iter().map(|(of, count)| Some((Severity::parse(&of)?, count)));
                Some(News::Many(Many {
                    occasion: Occasion::ALL.into_iter().find(|known| known.as_str() == self.letter)?,
                    at,
                    found: many.found,
                    changed: many.changed,
                    closed: many.closed,
                    counts: counts.collect::<Option<_>>()?,
                    items,
                }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mizumori_respond::letter::LetterKind;

    use super::*;

    fn one(reference: &str, severity: Severity, happened: Happened) -> One {
        let mut item = crate::body::tests::body(LetterKind::AdminFinding).items.remove(0);
        (item.reference, item.severity) = (reference.to_owned(), severity);
        let tag = tag_text(AccountTag { hi: -1, lo: 2 });
        One { happened, at: Timestamp(5), finding: 7, item, tag, account: None }
    }

    #[test]
    fn news_come_back() {
        let known = one("7F3K-92QM", Severity::Hash, Happened::Changed);
        assert_eq!(known.tag, "ffffffffffffffff0000000000000002");
        let named = One { account: Some("hanako@suigen.example".to_owned()), ..known.clone() };
        let mut many = Many::new(Occasion::Backlog, Timestamp(9));
        many.add(&known);
        for news in [News::One(Box::new(known)), News::One(Box::new(named)), News::Many(many)] {
            let text = news.to_text();
            assert_eq!(News::parse(&text).unwrap(), news);
            for (from, to) in
                [("\"letter\":\"", "\"letter\":\"x"), ("\"one\"", "\"two\""), ("\"many\"", "\"two\"")]
            {
                assert!(!text.contains(from) || News::parse(&text.replace(from, to)).is_err(), "{text}");
            }
        }
        assert!(News::parse("").is_err() && News::parse("{}").is_err());
    }

    #[test]
    fn of_many_the_worst_are_named() {
        let mut many = Many::new(Occasion::Several, Timestamp(0));
        for number in 0..60 {
            many.add(&one(&format!("{number:04}-AAAA"), Severity::Hash, Happened::Created));
        }
        many.add(&one("7F3K-92QM", Severity::Session, Happened::Closed));
        assert_eq!((many.found, many.closed, many.all()), (60, 1, 61));
        assert_eq!((many.items.len(), &*many.items[0].reference), (NAMED, "7F3K-92QM"));
        let mut all = Many::new(Occasion::Digest, Timestamp(0));
        all.add(&one("7F3K-92QM", Severity::Session, Happened::Created));
        all.join(&many);
        assert_eq!((all.found, all.closed, all.worst()), (61, 1, Some(Severity::Session)));
        assert_eq!(all.counts[&Severity::Session], 2);
        assert_eq!(all.items.iter().filter(|item| item.reference == "7F3K-92QM").count(), 1);
    }
}
