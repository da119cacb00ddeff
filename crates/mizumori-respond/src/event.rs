//! Events: what happened to a finding, for other systems.
//!
//! An [`Event`] is written as JSON of our own (for webhooks), as a Detection Finding of OCSF, or as a line of CEF; so is a
//! [`Bulletin`], which tells of many findings at once. None of these has a place for a secret.

pub(crate) mod bulletin;
mod cef;
mod json;
mod ocsf;

use std::fmt;

use mizumori_core::{Lang, LeakTime, SecretKind, Severity, Timestamp};

use crate::tlp::Tlp;

pub use bulletin::{Bulletin, Occasion};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happened {
    /// A finding was made.
    Created,
    /// Its state or severity changed.
    Changed,
    /// It was closed.
    Closed,
}

impl Happened {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Changed, Self::Closed];

    /// The type of the event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "finding.created",
            Self::Changed => "finding.changed",
            Self::Closed => "finding.closed",
        }
    }
}

/// Whose account it is, as far as the other system may know.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The account's address.
    Account(String),
    /// The account's tag, where the address is not known or not told.
    Tag(String),
}

/// Something that happened to a finding. Its `Debug` shows id and type only.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id: the same at each attempt.
    pub id: String,
    /// What happened.
    pub happened: Happened,
    /// When.
    pub at: Timestamp,
    /// The finding's id.
    pub finding: String,
    /// What the portal finds it by.
    pub reference: String,
    /// Whose accounts are watched.
    pub organisation: String,
    /// Whose account it is.
    pub subject: Subject,
    /// How bad it is.
    pub severity: Severity,
    /// The word for its state.
    pub state: String,
    /// Whether nothing is left to be done.
    pub is_closed: bool,
    /// The source's id.
    pub source: String,
    /// The source's title.
    pub title: String,
    /// When it leaked.
    pub time: LeakTime,
    /// The web site that it is the login of.
    pub site: Option<String>,
    /// What stood beside the account.
    pub kind: SecretKind,
    /// How far it may be passed on.
    pub tlp: Tlp,
}

impl Event {
    /// One line that says it, without the account.
    pub(crate) fn line(&self, lang: Lang) -> String {
        let (organisation, severity) = (&self.organisation, self.severity.name(lang));
        match lang {
            Lang::Ja => {
                let happened = match self.happened {
                    Happened::Created => "漏えいを検出",
                    Happened::Changed => "検出の状態が変更",
                    Happened::Closed => "検出が終了",
                };
                format!("{organisation}のアカウント：{happened}（{severity}）")
            }
            Lang::En => {
                let happened = match self.happened {
                    Happened::Created => "found in a leak",
                    Happened::Changed => "finding changed",
                    Happened::Closed => "finding closed",
                };
                format!("Account of {organisation} {happened}: {severity}")
            }
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} {})", self.happened.as_str(), self.id)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[subject]")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An invented event.
    pub(crate) fn sample() -> Event {
        Event {
            id: "evt_1".to_owned(),
            happened: Happened::Created,
            at: Timestamp(1_795_392_000_123),
            finding: "f1".to_owned(),
            reference: "SG-2026-0001".to_owned(),
            organisation: "水源省".to_owned(),
            subject: Subject::Account("taro@suigen.example".to_owned()),
            severity: Severity::Password,
            state: "new".to_owned(),
            is_closed: false,
            source: "sample-2026".to_owned(),
            title: "A sample leak".to_owned(),
            time: LeakTime::Month("2026-05".parse().unwrap()),
            site: Some("shop.example".to_owned()),
            kind: SecretKind::Clear,
            tlp: Tlp::Amber,
        }
    }

    #[test]
    fn nobody_is_shown() {
        assert_eq!(
            format!("{:?} {:?}", sample(), sample().subject),
            "Event(finding.created evt_1) [subject]"
        );
        assert!(!sample().line(Lang::Ja).contains('@'));
    }
}
