//! The lines of the document, as they are written.

use mizumori_core::keys::{AccountTag, LogTag, SecretTag};
use mizumori_core::{Names, SecretKind, Severity, Timestamp};
use mizumori_store::{
    Finding, FindingSource, NewFinding, Organisation, OrganisationId, OrganisationState, Origin, Reference,
    State, Step,
};
use serde::{Deserialize, Serialize};

use crate::received::RECEIVED;

/// The version of findings that a lake elsewhere has brought: no lake here has it, and none comes after it.
const CARRIED: u64 = i64::MAX.cast_unsigned();

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Line {
    Document(Document),
    Organisation(WrittenOrganisation),
    Source(WrittenSource),
    Finding(Box<WrittenFinding>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) kind: String,
    pub(super) version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenOrganisation {
    id: String,
    name_ja: String,
    name_en: String,
    category: String,
    language: String,
    portal: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSource {
    source: String,
    title: String,
    kind: String,
    origin: String,
    known_since: Option<i64>,
    number: Option<String>,
    from: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenFinding {
    reference: String,
    account: (i64, i64),
    secret: Option<i64>,
    site: Option<String>,
    /// Whether the site is the organisation's own, which domains say that are not carried.
    own_site: bool,
    source: String,
    place: String,
    month: Option<String>,
    host: String,
    kind: String,
    machine: Option<i64>,
    severity: String,
    state: String,
    backlog: bool,
    /// Whether a list brought it, and no lake. Version 1 does not say so: it was none then, so that nothing is kept from anybody.
    #[serde(default)]
    received: bool,
    /// Since when it is settled. Version 1 has its steps alone.
    #[serde(default)]
    settled: Option<i64>,
    steps: Vec<WrittenStep>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    at: i64,
    from: String,
    to: String,
    who: String,
    why: String,
}

/// A finding as it comes.
pub(super) struct Come {
    pub(super) reference: Reference,
    pub(super) new: NewFinding,
    pub(super) own_site: bool,
    /// Since when it is settled, as far as that is said.
    pub(super) settled: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
}

impl WrittenOrganisation {
    pub(super) fn of(organisation: &Organisation) -> Self {
        Self {
            id: organisation.id.to_string(),
            name_ja: organisation.names.ja.clone(),
            name_en: organisation.names.en.clone(),
            category: organisation.category.clone(),
            language: organisation.language.tag().to_owned(),
            portal: organisation.portal.clone(),
        }
    }

    /// As one that is served from now on.
    pub(super) fn read(self, edition: &str, now: Timestamp) -> Option<Organisation> {
        Some(Organisation {
            id: self.id.parse::<OrganisationId>().ok()?,
            names: Names { ja: self.name_ja, en: self.name_en },
            category: self.category,
            language: self.language.parse().ok()?,
            edition: edition.to_owned(),
            state: OrganisationState::Served,
            portal: self.portal,
            created: now,
            ends: None,
        })
    }
}

impl WrittenSource {
    pub(super) fn of(source: &FindingSource) -> Self {
        Self {
            source: source.source.clone(),
            title: source.title.clone(),
            kind: source.kind.clone(),
            origin: source.origin.as_str().to_owned(),
            known_since: source.known_since.map(|at| at.0),
            number: source.reference.clone(),
            from: source.sender.clone(),
        }
    }

    pub(super) fn read(self) -> Option<FindingSource> {
        Some(FindingSource {
            source: self.source,
            title: self.title,
            kind: self.kind,
            origin: Origin::of(&self.origin)?,
            known_since: self.known_since.map(Timestamp),
            reference: self.number,
            sender: self.from,
        })
    }
}

impl WrittenFinding {
    pub(super) fn of(finding: &Finding, own_site: bool, steps: &[Step]) -> Self {
        let is = &finding.is;
        let step = |step: &Step| WrittenStep {
            at: step.at.0,
            from: step.from.as_str().to_owned(),
            to: step.to.as_str().to_owned(),
            who: step.who.clone(),
            why: step.why.clone(),
        };
        Self {
            reference: finding.reference.to_string(),
            account: (is.account.hi, is.account.lo),
            secret: is.secret.map(|tag| tag.0),
            site: is.site.clone(),
            own_site,
            source: is.source.clone(),
            place: is.place.clone(),
            month: is.month.map(|month| month.to_string()),
            host: is.host.clone(),
            kind: is.kind.as_str().to_owned(),
            machine: is.machine.map(|tag| tag.0),
            severity: is.severity.as_str().to_owned(),
            state: is.state.as_str().to_owned(),
            backlog: is.backlog,
            received: is.version == RECEIVED,
            settled: finding.settled.map(|at| at.0),
            steps: steps.iter().map(step).collect(),
        }
    }

    pub(super) fn read(self) -> Option<Come> {
        let step = |step: WrittenStep| {
            Some(Step {
                at: Timestamp(step.at),
                from: State::of(&step.from)?,
                to: State::of(&step.to)?,
                who: step.who,
                why: step.why,
            })
        };
        let new = NewFinding {
            account: AccountTag { hi: self.account.0, lo: self.account.1 },
            // 0 stands for none in the store.
            secret: self.secret.filter(|tag| *tag != 0).map(SecretTag),
            site: self.site.filter(|site| !site.is_empty()),
            source: self.source,
            place: self.place,
            month: self.month.map(|month| month.parse()).transpose().ok()?,
            host: self.host,
            kind: SecretKind::parse(&self.kind)?,
            machine: self.machine.map(LogTag),
            severity: Severity::parse(&self.severity)?,
            state: State::of(&self.state)?,
            backlog: self.backlog,
            same_as: None,
            version: if self.received { RECEIVED } else { CARRIED },
        };
        let steps: Vec<Step> = self.steps.into_iter().map(step).collect::<Option<_>>()?;
        let settled = self.settled.map(Timestamp).or_else(|| settled_by(&steps));
        Some(Come { reference: self.reference.parse().ok()?, new, own_site: self.own_site, settled, steps })
    }
}

/// Since when these steps have left something settled.
fn settled_by(steps: &[Step]) -> Option<Timestamp> {
    let mut since = None;
    for step in steps {
        since = step.to.is_settled().then(|| since.unwrap_or(step.at));
    }
    since
}
