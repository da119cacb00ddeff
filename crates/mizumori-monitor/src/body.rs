//! What a notice in the outbox says: everything that a letter needs, and no secret. The letter is written when it is sent.

use std::collections::BTreeMap;

use mizumori_core::{Lang, Month, PartialDate, SecretKind, Severity, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Finding, FindingSource, State, StoreError};
use serde::{Deserialize, Serialize};

/// What a mail is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Which letter it is.
    pub letter: LetterKind,
    /// The language.
    pub lang: Lang,
    /// The account, in letters to whoever may read it.
    pub account: Option<String>,
    /// What was found, the worst first; not all of many.
    pub items: Vec<Item>,
    /// How many there are of each severity, where there are many.
    pub counts: BTreeMap<Severity, u64>,
    /// The first mail of the thread that this one goes on with.
    pub thread: Option<String>,
    /// The domain that it is about.
    pub domain: Option<String>,
    /// When something happens if nobody does anything.
    pub until: Option<Until>,
}

/// A day that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// The day, in UTC.
    pub day: PartialDate,
    /// Days until then, begun ones included.
    pub days: u32,
}

/// A finding in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its reference number.
    pub reference: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub state: State,
    /// The source's id.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Where it was seen.
    pub place: String,
    /// The month.
    pub month: Option<Month>,
    /// The site.
    pub site: Option<String>,
    /// The kind of secret.
    pub kind: SecretKind,
    /// Which of the account's passwords it is.
    pub label: Option<String>,
    /// The host of the account.
    pub host: String,
}

/// The body as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    letter: String,
    lang: String,
    account: Option<String>,
    items: Vec<WrittenItem>,
    counts: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<(String, u32)>,
}

/// A finding as it is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct WrittenItem {
    reference: String,
    severity: String,
    state: String,
    source: String,
    title: String,
    place: String,
    month: Option<String>,
    site: Option<String>,
    kind: String,
    label: Option<String>,
    host: String,
}

impl Item {
    /// A finding, and what is known of its source.
    pub fn of(finding: &Finding, source: &FindingSource) -> Self {
        Self {
            reference: finding.reference.to_string(),
            severity: finding.is.severity,
            state: finding.is.state,
            source: finding.is.source.clone(),
            title: source.title.clone(),
            place: finding.is.place.clone(),
            month: finding.is.month,
            site: finding.is.site.clone(),
            kind: finding.is.kind,
            label: finding.letter(),
            host: finding.is.host.clone(),
        }
    }

    pub(crate) fn written(&self) -> WrittenItem {
        WrittenItem {
            reference: self.reference.clone(),
            severity: self.severity.as_str().to_owned(),
            state: self.state.as_str().to_owned(),
            source: self.source.clone(),
            title: self.title.clone(),
            place: self.place.clone(),
            month: self.month.map(|month| month.to_string()),
            site: self.site.clone(),
            kind: self.kind.as_str().to_owned(),
            label: self.label.clone(),
            host: self.host.clone(),
        }
    }

    pub(crate) fn read(written: WrittenItem) -> Option<Self> {
        Some(Self {
            reference: written.reference,
            severity: Severity::parse(&written.severity)?,
            state: State::of(&written.state)?,
            source: written.source,
            title: written.title,
            place: written.place,
            month: written.month.map(|month| month.parse()).transpose().ok()?,
            site: written.site,
            kind: SecretKind::parse(&written.kind)?,
            label: written.label,
            host: written.host,
        })
    }
}

impl Until {
    /// From `now` to a moment; nothing outside the years that have a name.
    pub fn moment(now: Timestamp, moment: Timestamp) -> Option<Self> {
        let days = now.until(moment).as_millis().div_ceil(24 * 3_600_000);
        Some(Self { day: moment.day().parse().ok()?, days: u32::try_from(days).ok()? })
    }
}

impl Body {
    /// A letter of which no more is known yet.
    pub fn new(letter: LetterKind, lang: Lang) -> Self {
        let (items, counts) = (Vec::new(), BTreeMap::new());
        Self { letter, lang, account: None, items, counts, thread: None, domain: None, until: None }
    }

    /// As it stands in the outbox.
    pub fn to_text(&self) -> String {
        let written = Written {
            letter: self.letter.as_str().to_owned(),
            lang: self.lang.tag().to_owned(),
            account: self.account.clone(),
            items: self.items.iter().map(Item::written).collect(),
            counts: self
                .counts
                .iter()
                .map(|(severity, count)| (severity.as_str().to_owned(), *count))
                .collect(),
            thread: self.thread.clone(),
            domain: self.domain.clone(),
            until: self.until.map(|until| (until.day.to_string(), until.days)),
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
        let read = || {
            let counts =
                written.counts.into_iter().map(|(word, count)| Some((Severity::parse(&word)?, count)));
            Some(Self {
                letter: LetterKind::parse(&written.letter)?,
                lang: written.lang.parse().ok()?,
                account: written.account,
                items: written.items.into_iter().map(Item::read).collect::<Option<_>>()?,
                counts: counts.collect::<Option<_>>()?,
                thread: written.thread,
                domain: written.domain,
                until: written
                    .until
                    .map(|(day, days)| Some(Until { day: day.parse().ok()?, days }))
                    .map_or(Some(None), |until| until.map(Some))?,
            })
        };
        read().ok_or_else(damaged)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What is told of one finding.
    pub(crate) fn body(letter: LetterKind) -> Body {
        let item = Item {
            reference: "7F3K-92QM".to_owned(),
            severity: Severity::OwnSite,
            state: State::Notified,
            source: "list-1".to_owned(),
            title: "名簿".to_owned(),
            place: "forum".to_owned(),
            month: "2026-10".parse().ok(),
            site: Some("suigen.example".to_owned()),
            kind: SecretKind::Hash,
            label: Some("A".to_owned()),
            host: "suigen.example".to_owned(),
        };
        Body {
            letter,
            lang: Lang::En,
            account: Some("hanako@suigen.example".to_owned()),
            items: vec![item],
            counts: BTreeMap::from([(Severity::OwnSite, 3)]),
            thread: Some("suigen.1.7F3K-92QM.aa".to_owned()),
            domain: Some("suigen.example".to_owned()),
            until: Some(Until { day: "2026-11-30".parse().unwrap(), days: 7 }),
        }
    }

    #[test]
    fn days_that_have_begun_count() {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let days = |moment: &str| Until::moment(now, moment.parse().unwrap()).unwrap().days;
        assert_eq!(days("2026-11-30T09:00:00Z"), 7);
        assert_eq!(days("2026-11-30T09:00:01Z"), 8);
        assert_eq!(days("2026-11-22"), 0);
        assert_eq!(Until::moment(now, Timestamp(i64::MAX)), None);
    }

    #[test]
    fn bodies_come_back() {
        for letter in LetterKind::ALL {
            let body = body(letter);
            assert_eq!(Body::parse(&body.to_text()).unwrap(), body);
        }
        let whole = body(LetterKind::UserFinding).to_text();
        for (from, to) in
            [("own-site", "worst"), ("\"en\"", "\"xx\""), ("user-finding", "other"), ("2026-10", "2026-13")]
        {
            assert!(Body::parse(&whole.replace(from, to)).is_err(), "{from}");
        }
        assert!(Body::parse("").is_err() && Body::parse("{}").is_err());
    }
}
