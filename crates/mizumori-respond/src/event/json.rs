//! An event as JSON of our own: `type`, `timestamp` and `data`, as Standard Webhooks recommends it.

use serde_json::{Value, json};

use crate::event::{Event, Subject};

impl Event {
    /// The event as an object. What is not known is null.
    pub fn json(&self) -> Value {
        let (account, tag) = match &self.subject {
            Subject::Account(address) => (Some(address), None),
            Subject::Tag(tag) => (None, Some(tag)),
        };
        let leaked = self.time.to_string();
        json!({
            "id": self.id,
            "type": self.happened.as_str(),
            "timestamp": self.at.to_string(),
            "tlp": self.tlp.label(),
            "data": {
                "finding": self.finding,
                "reference": self.reference,
                "organisation": self.organisation,
                "account": account,
                "account_tag": tag,
                "severity": self.severity.as_str(),
                "state": self.state,
                "source": { "id": self.source, "title": self.title },
                "leaked": (!leaked.is_empty()).then_some(leaked),
                "site": self.site,
                "secret": self.kind.as_str(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::LeakTime;

    use crate::event::Subject;
    use crate::event::tests::sample;

    #[test]
    fn what_is_known_and_what_is_not() {
        let event = sample().json();
        assert_eq!(event["type"], "finding.created");
        assert_eq!(event["timestamp"], "2026-11-23T00:00:00Z");
        assert_eq!(event["tlp"], "TLP:AMBER");
        assert_eq!(event["data"]["account"], "taro@suigen.example");
        assert!(event["data"]["account_tag"].is_null());
        assert_eq!(event["data"]["leaked"], "2026-05");
        let mut other = sample();
        other.subject = Subject::Tag("00ff".to_owned());
        other.time = LeakTime::Unknown;
        other.site = None;
        let event = other.json();
        assert!(event["data"]["account"].is_null() && event["data"]["leaked"].is_null());
        assert_eq!(event["data"]["account_tag"], "00ff");
    }
}
