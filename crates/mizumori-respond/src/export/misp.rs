//! An export as an event of MISP (draft-dulaunoy-misp-core-format), with objects as MISP's templates have them.
//!
//! A leak is a `leaked-document`; an account that may be named and leaked with a secret is a `credential`, without the
//! secret, which was taken out of it. Where accounts are hidden a finding is its reference. Nothing is for detection (`to_ids`),
//! and nothing is published: who imports it looks at it first.

use mizumori_core::{SecretKind, Severity, Timestamp};
use serde_json::{Value, json};

use crate::export::uuid::Uuid;
use crate::export::{Export, ExportFinding, summary};
use crate::plain::{clean, without_addresses};
use crate::tlp::Tlp;

/// A template of misp-objects: its name, category, UUID and version.
struct TemplateOf {
    name: &'static str,
    category: &'static str,
    uuid: &'static str,
    version: &'static str,
    description: &'static str,
}

const LEAK: TemplateOf = TemplateOf {
    name: "leaked-document",
    category: "file",
    uuid: "ea145ecd-b3c2-4f57-ac11-c16e883c4247",
    version: "6",
    description: "Object describing a leaked document.",
};
const CREDENTIAL: TemplateOf = TemplateOf {
    name: "credential",
    category: "misc",
    uuid: "a27e98c9-9b0e-414c-8076-d201e039ca09",
    version: "5",
    description: "Credential describes one or more credential(s) including password(s), api key(s) or decryption key(s).",
};

/// As wide as what it belongs to.
const INHERITED: &str = "5";
/// No group: it is shared by its distribution alone.
const NO_GROUP: &str = "0";

impl Export {
    /// The export as an event of MISP.
    pub fn misp(&self) -> Value {
        let space = self.space();
        let changed = self.findings.iter().map(|finding| finding.changed).max().unwrap_or(self.at);
        let (mut attributes, mut objects) = (Vec::new(), Vec::new());
        let id = space.of_parts(&["misp-event", &self.name]);
        let organisation = clean(&self.organisation);
        if !organisation.is_empty() {
            let target = id.of("target");
            attributes.push(attribute(target, changed, "Targeting data", "target-org", &organisation, ""));
        }
        for (source, findings) in self.by_source() {
            let leak = id.of_parts(&["leak", source]);
            objects.push(leaked(leak, &findings, &summary(&self.organisation, &findings)));
            for finding in findings {
                let own = id.of_parts(&["finding", &finding.finding]);
                match self.address(finding) {
                    Some(address) if finding.kind != SecretKind::None => {
                        objects.push(credential(own, leak, finding, address));
                    }
                    address => attributes.push(self.told(own, finding, address)),
                }
            }
        }
        json!({ "Event": {
            "uuid": id.to_string(),
            "info": format!("Leaked accounts: {organisation} ({})", self.findings.len()),
            "date": self.at.day(),
            "timestamp": seconds(changed),
            "publish_timestamp": "0",
            "published": false,
            "threat_level_id": threat(self.findings.iter().map(|finding| finding.severity).max()),
            "analysis": self.analysis(),
            "distribution": distribution(self.tlp),
            "sharing_group_id": NO_GROUP,
            "Orgc": { "name": organisation, "uuid": space.to_string() },
            "Tag": [tag(self.tlp)],
            "Attribute": attributes,
            "Object": objects,
        }})
    }

    /// A finding without an object: who was hit where that may be said, or what it is called.
    fn told(&self, own: Uuid, finding: &ExportFinding, address: Option<&str>) -> Value {
        let mut comment = format!("{} ({})", finding.line(), finding.title());
        if let Some(tag) = self.tag(finding) {
            comment.push_str(&format!(", account tag {}", without_addresses(tag)));
        }
        let reference = finding.reference();
        let (category, kind, value) = match address {
            Some(address) => ("Targeting data", "target-email", address),
            None => ("Internal reference", "text", &*reference),
        };
        attribute(own, finding.changed, category, kind, value, &comment)
    }

    /// 0 at the beginning, 1 while there is something to do, 2 when nothing is left.
    fn analysis(&self) -> &'static str {
        let closed = self.findings.iter().filter(|finding| finding.is_closed).count();
        match closed {
            _ if closed == self.findings.len() => "2",
            0 => "0",
            _ => "1",
        }
    }
}

fn leaked(id: Uuid, findings: &[&ExportFinding], summary: &str) -> Value {
    let changed = findings.iter().map(|finding| finding.changed).max().unwrap_or_default();
    let Some(first) = findings.first() else { return Value::Null };
    let mut object = Object::new(&LEAK, id, changed, summary);
    object.put("document-name", "text", &first.title(), Correlates::Yes);
    object.put("document-type", "text", "other", Correlates::No);
    if first.time.span().is_some() {
        let seen = first.observed().0.to_string();
        object.put("first-seen", "datetime", &seen, Correlates::No);
    }
    object.put(
        "origin",
        "text",
        &without_addresses(first.place.as_deref().unwrap_or_default()),
        Correlates::Yes,
    );
    object.done()
}

fn credential(id: Uuid, leak: Uuid, finding: &ExportFinding, address: &str) -> Value {
    let (kind, format) = match finding.kind {
        SecretKind::Clear => ("password", "clear-text"),
        SecretKind::Hash => ("password", "hashed"),
        SecretKind::Token | SecretKind::None => ("unknown", "unknown"),
    };
    let notification = if finding.is_user_told { "victim-notified" } else { "none" };
    let mut object = Object::new(&CREDENTIAL, id, finding.changed, &finding.reference());
    object.put("username", "text", address, Correlates::Yes);
    object.put("type", "text", kind, Correlates::No);
    object.put("format", "text", format, Correlates::No);
    object.put("origin", "text", "leak", Correlates::No);
    object.put("notification", "text", notification, Correlates::No);
    object.put("text", "text", &finding.line(), Correlates::No);
    object.refer(leak, "extracted-from");
    object.done()
}

/// Whether MISP looks for the same value in other events; the template says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Correlates {
    Yes,
    No,
}

/// An object while it grows.
struct Object {
    id: Uuid,
    changed: Timestamp,
    value: Value,
    attributes: Vec<Value>,
    references: Vec<Value>,
}

impl Object {
    fn new(of: &TemplateOf, id: Uuid, changed: Timestamp, comment: &str) -> Self {
        let value = json!({
            "uuid": id.to_string(),
            "name": of.name,
            "meta-category": of.category,
            "description": of.description,
            "template_uuid": of.uuid,
            "template_version": of.version,
            "timestamp": seconds(changed),
            "distribution": INHERITED,
            "sharing_group_id": NO_GROUP,
            "comment": comment,
            "deleted": false,
        });
        Self { id, changed, value, attributes: Vec::new(), references: Vec::new() }
    }

    /// Adds an attribute by its name in the template, unless it says nothing.
    fn put(&mut self, relation: &str, kind: &str, value: &str, correlates: Correlates) {
        if value.is_empty() {
            return;
        }
        let mut new = attribute(self.id.of(relation), self.changed, "Other", kind, value, "");
        if let Value::Object(new) = &mut new {
            new.insert("object_relation".to_owned(), json!(relation));
            new.insert("disable_correlation".to_owned(), json!(correlates == Correlates::No));
        }
        self.attributes.push(new);
    }

    fn refer(&mut self, to: Uuid, relation: &str) {
        self.references.push(json!({
            "uuid": self.id.of_parts(&["reference", &to.to_string()]).to_string(),
            "object_uuid": self.id.to_string(),
            "referenced_uuid": to.to_string(),
            "relationship_type": relation,
            "timestamp": seconds(self.changed),
            "comment": "",
            "deleted": false,
        }));
    }

    fn done(mut self) -> Value {
        if let Value::Object(value) = &mut self.value {
            value.insert("Attribute".to_owned(), Value::Array(self.attributes));
            value.insert("ObjectReference".to_owned(), Value::Array(self.references));
        }
        self.value
    }
}

fn attribute(id: Uuid, changed: Timestamp, category: &str, kind: &str, value: &str, comment: &str) -> Value {
    json!({
        "uuid": id.to_string(),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": false,
        "disable_correlation": false,
        "distribution": INHERITED,
        "sharing_group_id": NO_GROUP,
        "timestamp": seconds(changed),
        "comment": comment,
        "deleted": false,
    })
}

fn seconds(at: Timestamp) -> String {
    at.0.div_euclid(1000).max(0).to_string()
}

/// 1 is high, 2 medium, 3 low, 4 undefined.
const fn threat(worst: Option<Severity>) -> &'static str {
    match worst {
        Some(Severity::Password | Severity::OwnSite | Severity::StealerLog | Severity::Session) => "1",
        Some(Severity::Hash) => "2",
        Some(Severity::Address | Severity::Personal) => "3",
        None => "4",
    }
}

/// How far MISP's servers pass it on by themselves: never further than the label allows. What may go to clients only is left to
/// people, because a server's community is more than those.
const fn distribution(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Red | Tlp::AmberStrict | Tlp::Amber => "0",
        Tlp::Green => "1",
        Tlp::Clear => "3",
    }
}

/// The tag of MISP's taxonomy `tlp`, in the colours of FIRST's standard.
fn tag(tlp: Tlp) -> Value {
    let colour = match tlp {
        Tlp::Clear => "#FFFFFF",
        Tlp::Green => "#33FF00",
        Tlp::Amber | Tlp::AmberStrict => "#FFC000",
        Tlp::Red => "#FF2B2B",
    };
    json!({ "name": tlp.label().to_ascii_lowercase(), "colour": colour })
}
