//! What a letter speaks of, and how it becomes what a template sees.

use std::fmt;

use mizumori_core::{Lang, LeakTime, Names, PartialDate, Secret, SecretKind, Severity};
use serde::Serialize;

use crate::letter::LetterKind;
use crate::letter::words;
use crate::plain::{clean, without_addresses};

/// So many findings are listed in a letter; the portal has the others.
const MOST_LISTED: usize = 50;

/// What happened, as far as a letter tells it. There is no place for a secret here, and nobody puts one anywhere: a `label` is
/// the name that the portal has for it. Its `Debug` shows the reference only.
#[derive(Clone)]
pub struct Facts {
    /// Whose accounts are watched.
    pub organisation: Names,
    /// What the portal is called.
    pub portal: Names,
    /// Where it is, to be read and typed: the letter makes no link of it.
    pub portal_address: Option<String>,
    /// Whom to ask.
    pub contact: Option<Names>,
    /// What the portal finds it by. Empty where a letter is about many.
    pub reference: String,
    /// The account's address: only letters that go to its user, or to whoever is to tell him, show it.
    pub account: Option<String>,
    /// When it leaked.
    pub time: LeakTime,
    /// The source's title.
    pub source: Option<Names>,
    /// Where it was seen.
    pub place: Option<Names>,
    /// The web site that it is the login of.
    pub site: Option<String>,
    /// What stood beside the account.
    pub kind: SecretKind,
    /// How bad it is.
    pub severity: Severity,
    /// Which secret it is: its label or mask in the portal.
    pub label: Option<String>,
    /// Findings that are listed one by one: what else was found where the letter is about one, the worst where it is about many.
    pub listed: Vec<Listed>,
    /// How many findings, where it is about many.
    pub count: u64,
    /// How many of each severity.
    pub counts: Vec<(Severity, u64)>,
    /// The domain that it is about.
    pub domain: Option<String>,
    /// The code by which somebody shows that he reads the mails of that domain.
    pub code: Option<Secret<String>>,
    /// The day until which something is to be done, or on which something happens.
    pub deadline: Option<PartialDate>,
    /// Days until then, or since then.
    pub days: Option<u32>,
}

/// A finding in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What the portal finds it by.
    pub reference: String,
    /// How bad it is.
    pub severity: Severity,
    /// When it leaked.
    pub time: LeakTime,
    /// The web site that it is the login of.
    pub site: Option<String>,
    /// Which secret it is: its label or mask in the portal.
    pub label: Option<String>,
}

/// The same as a template sees it: in one language, cleaned, and without what its kind of letter must not show. What is not known
/// is an empty text.
#[derive(Serialize)]
pub(crate) struct Seen {
    pub(crate) organisation: String,
    pub(crate) portal: String,
    pub(crate) portal_address: String,
    pub(crate) contact: String,
    deadline: String,
    days: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    one: Option<One>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    many: Option<Many>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<Vec<Row>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

#[derive(Serialize)]
struct One {
    reference: String,
    when: String,
    source: String,
    place: String,
    site: String,
    kind: &'static str,
    has_secret: bool,
    is_session: bool,
    is_malware: bool,
    severity: &'static str,
    label: String,
}

#[derive(Serialize)]
struct Many {
    count: u64,
    counts: Vec<Count>,
}

#[derive(Serialize)]
struct Count {
    name: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct Row {
    reference: String,
    what: String,
}

impl Facts {
    /// What a template of this kind and language sees of it.
    pub(crate) fn seen(&self, kind: LetterKind, lang: Lang) -> Seen {
        let own = |names: &Names| named(names, lang, clean);
        let text = |text: &Option<String>| clean(text.as_deref().unwrap_or_default());
        let code = || clean(self.code.as_ref().map(|code| code.expose().as_str()).unwrap_or_default());
        Seen {
            organisation: own(&self.organisation),
            portal: own(&self.portal),
            portal_address: text(&self.portal_address),
            contact: self.contact.as_ref().map(own).unwrap_or_default(),
            deadline: self.deadline.map(|day| words::day(day, lang)).unwrap_or_default(),
            days: self.days.map(|days| words::days(days, lang)).unwrap_or_default(),
            account: kind.names_account().then(|| text(&self.account)),
            one: kind.is_of_one().then(|| self.one(lang)),
            many: kind.is_of_many().then(|| self.many(lang)),
            listed: kind.lists().then(|| self.rows(lang)),
            domain: kind.is_of_domain().then(|| text(&self.domain)),
            code: kind.has_code().then(code),
        }
    }

    fn one(&self, lang: Lang) -> One {
        let leaked = |names: &Option<Names>| {
            names.as_ref().map(|names| named(names, lang, without_addresses)).unwrap_or_default()
        };
        One {
            reference: clean(&self.reference),
            when: words::when(self.time, lang),
            source: leaked(&self.source),
            place: leaked(&self.place),
            site: without_addresses(self.site.as_deref().unwrap_or_default()),
            kind: words::kind(self.kind, lang),
            has_secret: self.kind != SecretKind::None,
            is_session: self.kind == SecretKind::Token,
            // Hardly anything else takes sessions.
            is_malware: self.severity >= Severity::StealerLog,
            severity: self.severity.name(lang),
            label: without_addresses(self.label.as_deref().unwrap_or_default()),
        }
    }

    /// The worst first.
    fn many(&self, lang: Lang) -> Many {
        let count =
            |severity| self.counts.iter().filter(move |(of, _)| *of == severity).map(|(_, count)| *count);
        let counts = Severity::ALL.into_iter().rev().filter_map(|severity| {
            let count = count(severity).fold(0, u64::saturating_add);
            (count > 0).then(|| Count { name: severity.name(lang), count })
        });
        Many { count: self.count, counts: counts.collect() }
    }

    fn rows(&self, lang: Lang) -> Vec<Row> {
        let row = |listed: &Listed| Row {
            reference: without_addresses(&listed.reference),
            what: words::listed(listed, lang, without_addresses),
        };
        self.listed.iter().take(MOST_LISTED).map(row).collect()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts({})", self.reference)
    }
}

impl Seen {
    /// What it cannot do without and does not have.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let is_empty = |text: &Option<String>| text.as_ref().is_some_and(String::is_empty);
        [
            (is_empty(&self.account), "a letter about an account names the account"),
            (is_empty(&self.domain), "a letter about a domain names the domain"),
            (is_empty(&self.code), "a letter with a code has one"),
        ]
        .into_iter()
        .find_map(|(is_missing, why)| is_missing.then_some(why))
    }

    /// What the portal finds it by; empty where it is about many.
    pub(crate) fn reference(&self) -> &str {
        self.one.as_ref().map_or("", |one| &one.reference)
    }
}

/// A name in a language, or in the other one where that has none.
fn named(names: &Names, lang: Lang, clean: impl Fn(&str) -> String) -> String {
    let other = match lang {
        Lang::Ja => &names.en,
        Lang::En => &names.ja,
    };
    let name = clean(names.of(lang));
    if name.is_empty() { clean(other) } else { name }
}
