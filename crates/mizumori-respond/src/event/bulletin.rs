//! What is told of many findings at once, or of none, for channels: in words, and as the three forms of an event.
//!
//! It counts, and names nothing but references.

use mizumori_core::{Lang, Severity, Timestamp};
use serde_json::{Value, json};

use crate::event::cef::{in_extension, in_head};
use crate::event::{cef, ocsf};
use crate::tlp::Tlp;

/// Why many findings are told of at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// Something happened to many of them.
    Several,
    /// They were there before anybody looked.
    Backlog,
    /// A day is over.
    Digest,
    /// There is none: somebody wants to know whether messages arrive.
    Test,
}

/// What happened to many findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Its id: the same at each attempt.
    pub id: String,
    /// Why it is told.
    pub occasion: Occasion,
    /// When.
    pub at: Timestamp,
    /// Whose accounts are watched.
    pub organisation: String,
    /// Findings that are new.
    pub found: u64,
    /// Findings that changed, and are open.
    pub changed: u64,
    /// Findings of which nothing is left to be done.
    pub closed: u64,
    /// How many there are of each severity.
    pub counts: Vec<(Severity, u64)>,
    /// By what the portal finds them; not all of many.
    pub references: Vec<String>,
    /// How far it may be passed on.
    pub tlp: Tlp,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Several, Self::Backlog, Self::Digest, Self::Test];

    /// The type of what is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Several => "findings.several",
            Self::Backlog => "findings.backlog",
            Self::Digest => "findings.digest",
            Self::Test => "test",
        }
    }
}

impl Bulletin {
    /// A message by which somebody sees that messages arrive.
    pub fn test(id: &str, organisation: &str, at: Timestamp, tlp: Tlp) -> Self {
        Self {
            id: id.to_owned(),
            occasion: Occasion::Test,
            at,
            organisation: organisation.to_owned(),
            found: 0,
            changed: 0,
            closed: 0,
            counts: Vec::new(),
            references: Vec::new(),
            tlp,
        }
    }

    /// How bad the worst is.
    pub fn worst(&self) -> Option<Severity> {
        self.counts.iter().map(|(severity, _)| *severity).max()
    }

    /// As an object of our own.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.occasion.as_str(),
            "timestamp": self.at.to_string(),
            "tlp": self.tlp.label(),
            "data": {
                "organisation": self.organisation,
                "found": self.found,
                "changed": self.changed,
                "closed": self.closed,
                "severities": self.severities(),
                "references": self.references,
            },
        })
    }

    /// As a Detection Finding of OCSF.
    pub fn ocsf(&self) -> Value {
        let mut event = ocsf::envelope(&ocsf::Envelope {
            id: &self.id,
            at: self.at,
            finding: &self.id,
            title: &self.line(Lang::En),
            activity: (1, "Create"),
            severity: self.worst().unwrap_or(Severity::Address),
            status: (1, "New"),
            tlp: self.tlp,
        });
        if let Some(event) = event.as_object_mut() {
            event.insert("is_alert".to_owned(), json!(self.occasion != Occasion::Test));
            event.insert("count".to_owned(), json!(self.all().max(1)));
            let unmapped = json!({
                "type": self.occasion.as_str(),
                "organisation": self.organisation,
                "found": self.found,
                "changed": self.changed,
                "closed": self.closed,
                "severities": self.severities(),
                "references": self.references,
            });
            event.insert("unmapped".to_owned(), unmapped);
        }
        event
    }

    /// As a line of CEF.
    pub fn cef(&self) -> String {
        let severity = self.worst().map_or(0, cef::severity);
        format!(
            "CEF:0|Mizumori|Mizumori|{}|{}|{}|{severity}|rt={} deviceExternalId={} cnt={} cs2Label=organisation cs2={} \
             cs4Label=tlp cs4={}",
            env!("CARGO_PKG_VERSION"),
            self.occasion.as_str(),
            in_head(&self.line(Lang::En)),
            self.at.0,
            in_extension(&self.id),
            self.all(),
            in_extension(&self.organisation),
            self.tlp.label(),
        )
    }

    /// One line that says it.
    pub(crate) fn line(&self, lang: Lang) -> String {
        let organisation = &self.organisation;
        match (self.occasion, lang) {
            (Occasion::Test, Lang::Ja) => {
                format!("{organisation}：これは試験の通知です。検出はありません")
            }
            (Occasion::Test, Lang::En) => {
                format!("{organisation}: this is a test message, nothing was found")
            }
            (Occasion::Backlog, Lang::Ja) => {
                format!("{organisation}：監視を始める前の漏えいを{}件検出しました", self.all())
            }
            (Occasion::Backlog, Lang::En) => {
                format!("{organisation}: {} findings from before it was watched", self.all())
            }
            (Occasion::Several | Occasion::Digest, lang) => {
                let parts: Vec<_> = [
                    (self.found, "新規", "new"),
                    (self.changed, "更新", "changed"),
                    (self.closed, "終了", "closed"),
                ]
                .into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, ja, en)| match lang {
                    Lang::Ja => format!("{ja}{count}件"),
                    Lang::En => format!("{count} {en}"),
                })
                .collect();
                match (lang, self.occasion) {
                    (Lang::Ja, Occasion::Digest) => {
                        format!("{organisation}：1日のまとめ、検出 {}", parts.join("、"))
                    }
                    (Lang::Ja, _) => format!("{organisation}：検出 {}", parts.join("、")),
                    (Lang::En, Occasion::Digest) => {
                        format!("{organisation}: findings of the day: {}", parts.join(", "))
                    }
                    (Lang::En, _) => format!("{organisation}: findings: {}", parts.join(", ")),
                }
            }
        }
    }

    fn all(&self) -> u64 {
        self.found + self.changed + self.closed
    }

    fn severities(&self) -> Value {
        self.counts.iter().map(|(severity, count)| (severity.as_str().to_owned(), json!(count))).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An invented bulletin.
    pub(crate) fn sample(occasion: Occasion) -> Bulletin {
        Bulletin {
            found: 11,
            closed: 1,
            counts: vec![(Severity::Hash, 10), (Severity::StealerLog, 2)],
            references: vec!["SG-2026-0001".to_owned(), "SG-2026-0002".to_owned()],
            occasion,
            ..Bulletin::test("sum_1", "水源省 | a=b", Timestamp(1_795_392_000_123), Tlp::Amber)
        }
    }

    #[test]
    fn it_counts() {
        let json = sample(Occasion::Several).json();
        assert_eq!((&json["type"], &json["tlp"]), (&json!("findings.several"), &json!("TLP:AMBER")));
        assert_eq!(json["data"]["severities"], json!({"hash": 10, "stealer-log": 2}));
        assert_eq!((&json["data"]["found"], &json["data"]["closed"]), (&json!(11), &json!(1)));
        let line = |occasion, lang| sample(occasion).line(lang);
        assert_eq!(line(Occasion::Several, Lang::En), "水源省 | a=b: findings: 11 new, 1 closed");
        assert_eq!(line(Occasion::Digest, Lang::Ja), "水源省 | a=b：1日のまとめ、検出 新規11件、終了1件");
        assert!(line(Occasion::Backlog, Lang::Ja).contains("12件"));
        assert!(
            line(Occasion::Test, Lang::Ja).contains("試験")
                && line(Occasion::Test, Lang::En).contains("test")
        );
    }

    #[test]
    fn it_is_an_event_like_others() {
        for occasion in Occasion::ALL {
            let bulletin = sample(occasion);
            let event = bulletin.ocsf();
            for pointer in ocsf::tests::REQUIRED {
                assert!(event.pointer(pointer).is_some_and(|value| !value.is_null()), "{pointer}");
            }
            assert_eq!((&event["count"], &event["severity_id"]), (&json!(12), &json!(5)));
            assert_eq!(event["is_alert"], json!(occasion != Occasion::Test));
            assert_eq!(event["metadata"]["labels"], json!(["TLP:AMBER"]));
            let line = bulletin.cef();
            assert!(
                line.starts_with("CEF:0|Mizumori|Mizumori|") && line.contains("水源省 \\| a=b"),
                "{line}"
            );
            assert!(line.contains("|9|rt=1795392000123 deviceExternalId=sum_1 cnt=12 "), "{line}");
            assert!(line.ends_with("cs2=水源省 | a\\=b cs4Label=tlp cs4=TLP:AMBER"), "{line}");
        }
        let test = Bulletin::test("t", "o", Timestamp(0), Tlp::Red);
        assert_eq!((&test.ocsf()["count"], &test.ocsf()["severity_id"]), (&json!(1), &json!(1)));
        assert!(test.cef().contains("|test|o: this is a test message, nothing was found|0|"));
    }
}
