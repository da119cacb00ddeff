//! An event as a Detection Finding of the Open Cybersecurity Schema Framework (class 2004, version 1.4.0).

use serde_json::{Value, json};

use crate::event::{Event, Happened, Subject};
use crate::tlp::Tlp;
use mizumori_core::{Lang, Severity, Timestamp};

const VERSION: &str = "1.4.0";
const CATEGORY: u32 = 2;
const CLASS: u32 = 2004;
/// Observables of the schema's dictionary.
const EMAIL_ADDRESS: u32 = 5;
const HOSTNAME: u32 = 1;

impl Event {
    /// The event as an object of OCSF.
    pub fn ocsf(&self) -> Value {
        let activity = match self.happened {
            Happened::Created => (1, "Create"),
            Happened::Changed => (2, "Update"),
            Happened::Closed => (3, "Close"),
        };
        let status = match (self.is_closed, &*self.state) {
            (true, _) => (4, "Resolved"),
            (false, "new") => (1, "New"),
            (false, _) => (2, "In Progress"),
        };
        let mut observables = Vec::new();
        let mut unmapped = json!({
            "organisation": self.organisation,
            "reference": self.reference,
            "secret": self.kind.as_str(),
            "leaked": self.time.to_string(),
            "state": self.state,
            "source": self.source,
        });
        match &self.subject {
            Subject::Account(address) => observables.push(json!({
                "name": "resources[0].name", "type_id": EMAIL_ADDRESS, "type": "Email Address", "value": address,
            })),
            Subject::Tag(tag) => {
                if let Some(unmapped) = unmapped.as_object_mut() {
                    unmapped.insert("account_tag".to_owned(), json!(tag));
                }
            }
        }
        if let Some(site) = &self.site {
            observables.push(json!({
                "name": "unmapped.site", "type_id": HOSTNAME, "type": "Hostname", "value": site,
            }));
            if let Some(unmapped) = unmapped.as_object_mut() {
                unmapped.insert("site".to_owned(), json!(site));
            }
        }
        let resource = match &self.subject {
            Subject::Account(address) => json!({ "type": "Account", "name": address }),
            Subject::Tag(tag) => json!({ "type": "Account", "uid": tag }),
        };
        let mut event = envelope(&Envelope {
            id: &self.id,
            at: self.at,
            finding: &self.finding,
            title: &self.line(Lang::En),
            activity,
            severity: self.severity,
            status,
            tlp: self.tlp,
        });
        if let Some(event) = event.as_object_mut() {
            if let Some(info) = event.get_mut("finding_info").and_then(Value::as_object_mut) {
                info.insert("data_sources".to_owned(), json!([self.title]));
            }
            event.insert("resources".to_owned(), json!([resource]));
            event.insert("observables".to_owned(), json!(observables));
            event.insert("unmapped".to_owned(), unmapped);
        }
        event
    }
}

/// What every Detection Finding has.
pub(super) struct Envelope<'e> {
    pub(super) id: &'e str,
    pub(super) at: Timestamp,
    pub(super) finding: &'e str,
    pub(super) title: &'e str,
    pub(super) activity: (u32, &'static str),
    pub(super) severity: Severity,
    pub(super) status: (u32, &'static str),
    pub(super) tlp: Tlp,
}

pub(super) fn envelope(of: &Envelope<'_>) -> Value {
    let ((activity, activity_name), (status, status_name)) = (of.activity, of.status);
    let (severity, severity_name) = severity(of.severity);
    json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": format!("Detection Finding: {activity_name}"),
        "severity_id": severity,
        "severity": severity_name,
        "status_id": status,
        "status": status_name,
        "time": of.at.0,
        "message": of.title,
        "is_alert": true,
        "finding_info": { "uid": of.finding, "title": of.title, "types": ["Leaked account"] },
        "metadata": {
            "uid": of.id,
            "version": VERSION,
            "labels": [of.tlp.label()],
            "product": {
                "name": "Mizumori",
                "vendor_name": "Mizumori",
                "version": env!("CARGO_PKG_VERSION"),
            },
        },
    })
}

const fn severity(severity: Severity) -> (u32, &'static str) {
    match severity {
        Severity::Address => (1, "Informational"),
        Severity::Personal => (2, "Low"),
        Severity::Hash => (3, "Medium"),
        Severity::Password | Severity::OwnSite => (4, "High"),
        Severity::StealerLog | Severity::Session => (5, "Critical"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::event::tests::sample;

    /// What the schema requires of the class, by JSON pointer.
    pub(crate) const REQUIRED: &[&str] = &[
        "/activity_id",
        "/category_uid",
        "/class_uid",
        "/finding_info/title",
        "/finding_info/uid",
        "/metadata/product/vendor_name",
        "/metadata/version",
        "/severity_id",
        "/time",
        "/type_uid",
    ];

    #[test]
    fn what_the_schema_requires() {
        for (at, happened) in Happened::ALL.into_iter().enumerate() {
            for severity in Severity::ALL {
                for subject in [Subject::Tag("00ff".to_owned()), sample().subject] {
                    let event = Event { happened, severity, subject, ..sample() }.ocsf();
                    for pointer in REQUIRED {
                        assert!(event.pointer(pointer).is_some_and(|value| !value.is_null()), "{pointer}");
                    }
                    let activity = u64::try_from(at + 1).unwrap();
                    assert_eq!(event["activity_id"], activity);
                    assert_eq!(event["type_uid"], 200_400 + activity);
                    assert!((1..=5).contains(&event["severity_id"].as_u64().unwrap()));
                    for observable in event["observables"].as_array().unwrap() {
                        assert!(observable["name"].is_string() && observable["type_id"].is_u64());
                    }
                }
            }
        }
        let event = sample().ocsf();
        assert_eq!(event["time"], 1_795_392_000_123_i64);
        assert_eq!(event["metadata"]["labels"], json!(["TLP:AMBER"]));
    }

    #[test]
    fn a_tag_is_no_address() {
        let event = Event { subject: Subject::Tag("00ff".to_owned()), ..sample() }.ocsf();
        assert_eq!(event["unmapped"]["account_tag"], "00ff");
        assert!(!event.to_string().contains('@'));
        let closed = Event { is_closed: true, ..sample() }.ocsf();
        assert_eq!(closed["status_id"], 4);
    }
}
