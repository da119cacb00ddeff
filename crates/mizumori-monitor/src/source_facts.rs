//! What an organisation says of a source: what it is called, from whose system it came, since when it is known, who sent it.

use mizumori_core::Timestamp;
use mizumori_store::{FindingSource, Origin};

/// What somebody says of it; what is nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// What it is called.
    pub title: Option<String>,
    /// From whose system it came.
    pub origin: Option<Origin>,
    /// Since when it is known.
    pub known_since: Option<Timestamp>,
    /// The number under which it was sent.
    pub reference: Option<String>,
    /// Who sent it.
    pub sender: Option<String>,
}

impl SourceFacts {
    /// The source with what is said of it.
    pub fn applied(&self, to: FindingSource) -> FindingSource {
        FindingSource {
            title: self.title.clone().unwrap_or(to.title),
            origin: self.origin.unwrap_or(to.origin),
            known_since: self.known_since.or(to.known_since),
            reference: self.reference.clone().or(to.reference),
            sender: self.sender.clone().or(to.sender),
            ..to
        }
    }

    /// What is wrong with it, where something is.
    pub fn mistake(&self, now: Timestamp) -> Option<&'static str> {
        let texts = [&self.title, &self.reference, &self.sender];
        if texts.into_iter().flatten().any(|text| text.is_empty() || text.chars().any(char::is_control)) {
            return Some("a title, a number or a sender is a line of text, and not empty");
        }
        (self.known_since > Some(now)).then_some("since when it is known lies in the future")
    }
}

/// What differs between two, for the audit log.
pub fn differences(before: &FindingSource, after: &FindingSource) -> String {
    let texts = |source: &FindingSource| {
        [
            ("title", source.title.clone()),
            ("origin", source.origin.as_str().to_owned()),
            ("known since", source.known_since.map(|at| at.to_string()).unwrap_or_default()),
            ("number", source.reference.clone().unwrap_or_default()),
            ("from", source.sender.clone().unwrap_or_default()),
        ]
    };
    let pairs = texts(before).into_iter().zip(texts(after)).filter(|(before, after)| before != after);
    let told: Vec<_> =
        pairs.map(|((name, before), (_, after))| format!("{name}: {before} → {after}")).collect();
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finder::undescribed;

    #[test]
    fn what_nobody_says_stays() {
        let before = undescribed("list-1", Timestamp(0));
        assert_eq!(SourceFacts::default().applied(before.clone()), before);
        let said = SourceFacts {
            origin: Some(Origin::Own),
            sender: Some("JPCERT/CC".to_owned()),
            ..SourceFacts::default()
        };
        let after = said.applied(before.clone());
        assert_eq!(
            (after.origin, after.known_since, &*after.title),
            (Origin::Own, Some(Timestamp(0)), "list-1")
        );
        assert_eq!(differences(&before, &after), "origin: unknown → own; from:  → JPCERT/CC");
        assert_eq!(differences(&after, &after), "");
    }

    #[test]
    fn mistakes() {
        let now = "2026-11-23".parse().unwrap();
        assert_eq!(SourceFacts::default().mistake(now), None);
        let future = SourceFacts { known_since: "2026-11-24".parse().ok(), ..SourceFacts::default() };
        assert!(future.mistake(now).is_some_and(|why| why.contains("future")));
        for text in ["", "two\nlines"] {
            let wrong = SourceFacts { title: Some(text.to_owned()), ..SourceFacts::default() };
            assert!(wrong.mistake(now).is_some(), "{text:?}");
        }
    }
}
