//! Exports: many findings as one document, for a platform where organisations share what they know.
//!
//! An [`Export`] is written as a bundle of STIX 2.1 or as an event of MISP. Neither has a place for a secret, and accounts
//! are named only where the settings say so: what leaves the organisation says how many, where, when and how bad. What is
//! exported again has the same ids, so that it takes the place of what was there.

mod misp;
mod stix;
mod uuid;

use std::collections::BTreeMap;
use std::fmt;

use mizumori_core::{DomainName, Lang, LeakTime, SecretKind, Severity, Timestamp};

pub use uuid::Uuid;

use crate::event::Subject;
use crate::plain::{clean, without_addresses};
use crate::tlp::Tlp;

/// What a source is called that has neither title nor id.
const NAMELESS: &str = "a leak without a name";

/// Whether an export names accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Accounts {
    /// It does not: neither address nor tag. For whatever leaves the organisation.
    #[default]
    Hidden,
    /// It does, for those who work on them.
    Shown,
}

/// Findings of an organisation, as they stand. Its `Debug` shows name and number only.
#[derive(Clone)]
pub struct Export {
    /// What it is called: the next one of that name takes its place.
    pub name: String,
    /// Whose accounts are watched; it is who says so, too.
    pub organisation: String,
    /// The UUID that others know the organisation by, as MISP's servers do; without one it is made of the name.
    pub organisation_uuid: Option<Uuid>,
    /// When it was made.
    pub at: Timestamp,
    /// Whether accounts are named.
    pub accounts: Accounts,
    /// How far it may be passed on.
    pub tlp: Tlp,
    /// The findings.
    pub findings: Vec<ExportFinding>,
}

/// A finding as an export tells it. Its `Debug` shows its id only.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportFinding {
    /// Its id within the organisation.
    pub finding: String,
    /// What the portal finds it by.
    pub reference: String,
    /// The host of the account, told also where accounts are hidden.
    pub host: DomainName,
    /// Whose account it is.
    pub subject: Subject,
    /// How bad it is.
    pub severity: Severity,
    /// The word for its state.
    pub state: String,
    /// Whether nothing is left to be done.
    pub is_closed: bool,
    /// Whether the account's user was told.
    pub is_user_told: bool,
    /// When it was found.
    pub created: Timestamp,
    /// When anything of it changed last.
    pub changed: Timestamp,
    /// The source's id.
    pub source: String,
    /// The source's title.
    pub title: String,
    /// Where it was seen.
    pub place: Option<String>,
    /// When it leaked.
    pub time: LeakTime,
    /// The web site that it is the login of.
    pub site: Option<String>,
    /// What stood beside the account.
    pub kind: SecretKind,
}

impl Export {
    /// The name space of everything that this organisation exports.
    fn space(&self) -> Uuid {
        self.organisation_uuid.unwrap_or_else(|| Uuid::OURS.of_parts(&["organisation", &self.organisation]))
    }

    /// The findings of each source, by its id.
    fn by_source(&self) -> BTreeMap<&str, Vec<&ExportFinding>> {
        let mut sources: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in &self.findings {
            sources.entry(&*finding.source).or_default().push(finding);
        }
        sources
    }

    /// The account's address, where it is known and may be told.
    fn address<'f>(&self, finding: &'f ExportFinding) -> Option<&'f str> {
        match (self.accounts, &finding.subject) {
            (Accounts::Shown, Subject::Account(address)) => Some(address),
            _ => None,
        }
    }

    /// The account's tag, where that is what is known of it and it may be told.
    fn tag<'f>(&self, finding: &'f ExportFinding) -> Option<&'f str> {
        match (self.accounts, &finding.subject) {
            (Accounts::Shown, Subject::Tag(tag)) => Some(tag),
            _ => None,
        }
    }
}

impl ExportFinding {
    /// The window in which it was observed: the leak's month or year as far as it was over when it was found, or the moment when
    /// it was found.
    fn observed(&self) -> (Timestamp, Timestamp) {
        let Some((from, to)) = self.time.span() else { return (self.created, self.created) };
        let (first, last) = (Timestamp::start_of(from), Timestamp(Timestamp::end_of(to).0 - 1));
        (first, last.min(self.created).max(first))
    }

    /// What the portal finds it by, as others may read it.
    fn reference(&self) -> String {
        without_addresses(if self.reference.is_empty() { &self.finding } else { &self.reference })
    }

    /// The source's title, without people's addresses; its id where it has none.
    fn title(&self) -> String {
        let names = [&self.title, &self.source].map(|name| without_addresses(name));
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_owned())
    }

    /// What it is, in one English sentence without the account.
    fn line(&self) -> String {
        let mut parts = vec![self.severity.name(Lang::En).to_owned(), format!("account at {}", self.host)];
        parts.extend(self.site.as_deref().map(|site| format!("login to {}", without_addresses(site))));
        let leaked = self.time.to_string();
        if !leaked.is_empty() {
            parts.push(format!("leaked {leaked}"));
        }
        parts.push(format!("state {}", without_addresses(&self.state)));
        parts.join(", ")
    }
}

/// How many of each severity, the worst first, and how many of them are dealt with; in English.
fn summary(organisation: &str, findings: &[&ExportFinding]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = Severity::ALL.into_iter().rev().filter_map(|severity| {
        let count = count(severity);
        (count > 0).then(|| format!("{}: {count}", severity.name(Lang::En)))
    });
    let closed = findings.iter().filter(|finding| finding.is_closed).count();
    format!(
        "Accounts of {} found in this leak: {}. {}. Dealt with: {closed}. No password, hash or session is part of this.",
        clean(organisation),
        findings.len(),
        counts.collect::<Vec<_>>().join("; "),
    )
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Export({}, {} findings, {:?})", self.name, self.findings.len(), self.accounts)
    }
}

impl fmt::Debug for ExportFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExportFinding({})", self.finding)
    }
}

#[cfg(test)]
mod tests;
