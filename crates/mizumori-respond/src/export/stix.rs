//! An export as a bundle of STIX 2.1 (OASIS standard of 10 June 2021).
//!
//! What is told is what was seen, so there are observed data and no indicators: nobody is to block these accounts or hosts. A
//! leak is an incident with a note that counts. Observables have the ids that everybody gives them (section 2.9), everything else
//! has ids out of our own name space; the Traffic Light Protocol is marked as OASIS's extension for its version 2.0 has it.

use std::collections::BTreeMap;

use mizumori_core::Timestamp;
use serde_json::{Value, json};

use crate::export::uuid::Uuid;
use crate::export::{Export, ExportFinding, summary};
use crate::mail::MailAddress;
use crate::plain::{clean, without_addresses};
use crate::tlp::Tlp;

const VERSION: &str = "2.1";
/// The extension's definition, and when its markings were made.
const TLP_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
const TLP_CREATED: &str = "2022-10-01T00:00:00.000Z";
/// When identities were made, for want of anything better that never changes.
const IDENTITY_CREATED: &str = "2026-01-01T00:00:00.000Z";

/// The objects of a bundle while it grows.
struct Bundle<'e> {
    export: &'e Export,
    space: Uuid,
    identity: String,
    marking: &'static str,
    /// Each stands there once, however many findings are about it.
    observables: BTreeMap<String, Value>,
    objects: Vec<Value>,
}

impl Export {
    /// The export as a bundle of STIX 2.1.
    pub fn stix(&self) -> Value {
        let space = self.space();
        let mut bundle = Bundle {
            export: self,
            space,
            identity: format!("identity--{space}"),
            marking: marking(self.tlp),
            observables: BTreeMap::new(),
            objects: Vec::new(),
        };
        let mut objects = vec![marking_definition(self.tlp), bundle.identity()];
        for (source, findings) in self.by_source() {
            bundle.leak(source, &findings);
        }
        objects.extend(bundle.observables.into_values());
        objects.append(&mut bundle.objects);
        // The same content is the same bundle.
        let id = space.of_parts(&["bundle", &Value::Array(objects.clone()).to_string()]);
        json!({ "type": "bundle", "id": format!("bundle--{id}"), "objects": objects })
    }
}

impl Bundle<'_> {
    fn identity(&self) -> Value {
        json!({
            "type": "identity",
            "spec_version": VERSION,
            "id": self.identity,
            "created": IDENTITY_CREATED,
            "modified": IDENTITY_CREATED,
            "name": clean(&self.export.organisation),
            "identity_class": "organization",
            "object_marking_refs": [self.marking],
        })
    }

    /// A leak: an incident, what was observed of it, how these belong together, and a note.
    fn leak(&mut self, source: &str, findings: &[&ExportFinding]) {
        let times = || findings.iter().map(|finding| (finding.created, finding.changed));
        let Some(created) = times().map(|(created, _)| created).min() else { return };
        let changed = times().map(|(_, changed)| changed).max().unwrap_or(created);
        let title = findings.first().map(|finding| finding.title()).unwrap_or_default();
        let summary = summary(&self.export.organisation, findings);
        let (incident, mut object) = self.object("incident", &[source], created, changed);
        put(
            &mut object,
            json!({ "name": title, "description": summary, "external_references": known_as(source) }),
        );
        self.objects.push(object);
        let mut about = vec![incident.clone()];
        for finding in findings {
            about.push(self.observed(finding, &incident));
        }
        let (_, mut note) = self.object("note", &[source], created, changed);
        put(&mut note, json!({ "abstract": title, "content": summary, "lang": "en", "object_refs": about }));
        self.objects.push(note);
    }

    /// One finding as observed data; gives their id.
    fn observed(&mut self, finding: &ExportFinding, incident: &str) -> String {
        let (first, last) = finding.observed();
        let seen = self.observables(finding);
        let (created, changed) = (finding.created, finding.changed);
        let (id, mut object) = self.object("observed-data", &[&finding.finding], created, changed);
        let mut labels = vec![
            format!("severity:{}", finding.severity.as_str()),
            format!("secret:{}", finding.kind.as_str()),
            label("state", &finding.state),
        ];
        labels.extend(finding.site.as_deref().map(|site| label("site", site)));
        labels.extend(self.export.tag(finding).map(|tag| format!("account-tag:{tag}")));
        put(
            &mut object,
            json!({
                "first_observed": moment(first),
                "last_observed": moment(last),
                "number_observed": 1,
                "object_refs": seen,
                "labels": labels,
                "external_references": known_as(&finding.reference()),
            }),
        );
        self.objects.push(object);
        let (_, mut relation) = self.object("relationship", &[&finding.finding, incident], created, created);
        put(
            &mut relation,
            json!({ "relationship_type": "related-to", "source_ref": id, "target_ref": incident }),
        );
        self.objects.push(relation);
        id
    }

    /// The observables that a finding is about: the account where it may be named, or its host.
    fn observables(&mut self, finding: &ExportFinding) -> Vec<String> {
        let Some(address) = self.export.address(finding) else {
            return vec![self.observable("domain-name", "value", finding.host.as_str(), &[])];
        };
        let account = self.observable("user-account", "account_login", address, &[]);
        // What is no address of RFC 5322, as the standard wants it, is the name of an account still.
        if !address.is_ascii() || MailAddress::new(address).is_err() {
            return vec![account];
        }
        vec![self.observable("email-addr", "value", address, &[("belongs_to_ref", &account)]), account]
    }

    /// An observable, known by one of its properties; gives its id.
    fn observable(&mut self, kind: &str, property: &str, value: &str, more: &[(&str, &str)]) -> String {
        // Strings are written by our library as RFC 8785 wants them, and there is nothing to be sorted.
        let name = json!({ property: value }).to_string();
        let id = format!("{kind}--{}", Uuid::OBSERVABLES.of(&name));
        self.observables.entry(id.clone()).or_insert_with(|| {
            let mut object = json!({
                "type": kind,
                "spec_version": VERSION,
                "id": id,
                "object_marking_refs": [self.marking],
                property: value,
            });
            for (property, value) in more {
                put(&mut object, json!({ *property: value }));
            }
            object
        });
        id
    }

    /// What every other object has; its id is made of what it is about.
    fn object(&self, kind: &str, about: &[&str], created: Timestamp, changed: Timestamp) -> (String, Value) {
        let id = format!("{kind}--{}", self.space.of(kind).of_parts(about));
        let object = json!({
            "type": kind,
            "spec_version": VERSION,
            "id": id,
            "created_by_ref": self.identity,
            "created": moment(created),
            "modified": moment(changed.max(created)),
            "object_marking_refs": [self.marking],
        });
        (id, object)
    }
}

/// The marking's id, as OASIS has fixed it.
const fn marking(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

fn marking_definition(tlp: Tlp) -> Value {
    let label = tlp.label();
    let level = label.strip_prefix("TLP:").unwrap_or(label).to_ascii_lowercase();
    json!({
        "type": "marking-definition",
        "spec_version": VERSION,
        "id": marking(tlp),
        "created": TLP_CREATED,
        "name": label,
        "extensions": { TLP_EXTENSION: { "extension_type": "property-extension", "tlp_2_0": level } },
    })
}

/// A label with a text of others, which does not begin so that both together look like the beginning of a link.
fn label(name: &str, text: &str) -> String {
    format!("{name}:{}", without_addresses(text).trim_start_matches('/'))
}

/// What we call it ourselves.
fn known_as(id: &str) -> Value {
    json!([{ "source_name": "mizumori", "external_id": without_addresses(id) }])
}

/// A moment with its milliseconds.
fn moment(at: Timestamp) -> String {
    let seconds = at.to_string();
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at.0.rem_euclid(1000))
}

/// Puts an object's properties into another.
fn put(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}
