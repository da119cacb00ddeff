//! What a letter speaks of, and how it becomes what a template sees.

use mizumori_core::{Lang, LeakTime, Names, PartialDate, SecretKind, Severity};
use serde::Serialize;

use crate::letter::LetterKind;
use crate::letter::words;
use crate::plain::{clean, without_addresses};

/// What happened, as far as a letter tells it. There is no place for a secret here, and nobody puts one anywhere: a `label` is
/// the name that the portal has for it.
#[derive(Clone, Debug)]
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
    /// The account's address: only the user's own letters show it.
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
    /// How many findings, where it is about many.
    pub count: u64,
    /// How many of each severity.
    pub counts: Vec<(Severity, u64)>,
    /// The day until which something is to be done, or on which something happens.
    pub deadline: Option<PartialDate>,
    /// Days until then, or since then.
    pub days: Option<u32>,
}

/// The same as a template sees it: in one language, cleaned, and without what its kind of letter must not show. What is not known
/// is an empty text.
#[derive(Debug, Serialize)]
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
}

#[derive(Debug, Serialize)]
struct One {
    reference: String,
    when: String,
    source: String,
    place: String,
    site: String,
    kind: &'static str,
    has_secret: bool,
    severity: &'static str,
    label: String,
}

#[derive(Debug, Serialize)]
struct Many {
    count: u64,
    counts: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    count: u64,
}

impl Facts {
    /// What a template of this kind and language sees of it.
    pub(crate) fn seen(&self, kind: LetterKind, lang: Lang) -> Seen {
        let own = |names: &Names| named(names, lang, clean);
        let leaked = |names: &Option<Names>| {
            names.as_ref().map(|names| named(names, lang, without_addresses)).unwrap_or_default()
        };
        let one = || One {
            reference: clean(&self.reference),
            when: words::when(self.time, lang),
            source: leaked(&self.source),
            place: leaked(&self.place),
            site: without_addresses(self.site.as_deref().unwrap_or_default()),
            kind: words::kind(self.kind, lang),
            has_secret: self.kind != SecretKind::None,
            severity: self.severity.name(lang),
            label: without_addresses(self.label.as_deref().unwrap_or_default()),
        };
        let rows = || self.counts.iter().filter(|(_, count)| *count > 0);
        let many = || Many {
            count: self.count,
            // The worst first.
            counts: Severity::ALL
                .into_iter()
                .rev()
                .filter_map(|severity| {
                    let count: u64 = rows().filter(|(of, _)| *of == severity).map(|(_, count)| *count).sum();
                    (count > 0).then(|| Row { name: severity.name(lang), count })
                })
                .collect(),
        };
        Seen {
            organisation: own(&self.organisation),
            portal: own(&self.portal),
            portal_address: clean(self.portal_address.as_deref().unwrap_or_default()),
            contact: self.contact.as_ref().map(own).unwrap_or_default(),
            deadline: self.deadline.map(|day| words::day(day, lang)).unwrap_or_default(),
            days: self.days.map(|days| days.to_string()).unwrap_or_default(),
            account: kind.is_to_user().then(|| clean(self.account.as_deref().unwrap_or_default())),
            one: kind.is_of_one().then(one),
            many: (!kind.is_of_one()).then(many),
        }
    }
}

impl Seen {
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
