//! The rules by which findings are judged: each has a name, says what it does, and can be set by the administrator.
//!
//! What is set stands in the store as a JSON document a rule; a rule that nobody set is as it is built in.

mod neutralising;

use std::collections::BTreeMap;

use mizumori_core::Severity;
use mizumori_store::Rule;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use neutralising::Answer;
pub use neutralising::Neutralising;

use crate::timing::{Digest, QuietHours};

/// A rule, as the administrator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it does, in Japanese.
    pub ja: &'static str,
    /// What it does, in English.
    pub en: &'static str,
}

/// All rules, in the order in which they are asked.
pub const RULES: &[Described] = &[
    Described {
        name: "inactive-account",
        ja: "ディレクトリで無効なアカウントの検出は、inactive-account として終了します。",
        en: "A finding of an account that is disabled in the directory ends as inactive-account.",
    },
    Described {
        name: "former-holder",
        ja: "現在の利用者より前の月に漏えいした検出は管理者だけに知らせ、former-holder として終了します。",
        en: "An exposure not younger than the present holder's time goes to the administrator alone, as former-holder.",
    },
    Described {
        name: "already-changed",
        ja: "漏えいした月の末日より後にそのディレクトリのパスワードが変更されていれば、already-changed として終了します。",
        en: "A finding ends as already-changed where the directory's password was changed after the last day of its month.",
    },
    Described {
        name: "tell-user",
        ja: "アカウントの利用者に知らせます。",
        en: "The account's user is told.",
    },
    Described {
        name: "tell-administrator", ja: "管理者に知らせます。", en: "The administrators are told."
    },
    Described {
        name: "second-channel",
        ja: "漏えいしたパスワードでその受信箱を開けるおそれがあるときは、別の連絡先にも知らせます。",
        en: "Where the leaked password may open that very mailbox, another address is told as well.",
    },
    Described {
        name: "reminders",
        ja: "対応がないとき、利用者に days 日ごとに most 回まで再通知し、overdue_days 日を過ぎたら管理者に知らせます。",
        en: "Where nothing happens the user is reminded every `days` days, `most` times; after `overdue_days` the administrators are told.",
    },
    Described {
        name: "neutralise",
        ja: "重大度が from 以上の検出について、delay_minutes 分後にディレクトリで action を行います。1日に most_a_day 件までです。dry_run の間は保留するだけです。never にあるものには行いません。",
        en: "Findings from severity `from` on have `action` done in the directory after `delay_minutes`, `most_a_day` at most; with `dry_run` it is held. What is in `never` is left alone.",
    },
    Described {
        name: "quiet-hours",
        ja: "from 時から to 時までは、below より軽い検出のメールとチャットを to 時まで待たせます。",
        en: "From the hour `from` to the hour `to`, mails and chats of what is less than `below` wait until then.",
    },
    Described {
        name: "digest",
        ja: "below より軽い検出は、管理者とチャットには毎日 hour 時に1通にまとめて知らせます。",
        en: "Administrators and chats are told of what is less than `below` once a day, at the hour `hour`.",
    },
];

/// A rule that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

/// A rule that is on or off, and does not hold for what is too bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded {
    /// Whether it is on.
    pub enabled: bool,
    /// From which severity on it does not hold: a changed password does not clean a machine.
    #[serde(default = "stealer_log", with = "severity")]
    pub below: Severity,
}

/// The rules of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `inactive-account`.
    pub inactive_account: Switch,
    /// `former-holder`.
    pub former_holder: Switch,
    /// `already-changed`.
    pub already_changed: Bounded,
    /// `tell-user`.
    pub tell_user: Switch,
    /// `tell-administrator`.
    pub tell_administrator: Switch,
    /// `second-channel`.
    pub second_channel: Switch,
    /// `reminders`.
    pub reminders: Reminders,
    /// `neutralise`.
    pub neutralise: Neutralising,
    /// `quiet-hours`.
    pub quiet_hours: QuietHours,
    /// `digest`.
    pub digest: Digest,
}

impl Default for Rules {
    fn default() -> Self {
        let on = Switch { enabled: true };
        Self {
            inactive_account: on,
            former_holder: on,
            already_changed: Bounded { enabled: true, below: Severity::StealerLog },
            tell_user: on,
            tell_administrator: on,
            second_channel: on,
            reminders: Reminders::default(),
            neutralise: Neutralising::default(),
            quiet_hours: QuietHours::default(),
            digest: Digest::default(),
        }
    }
}

/// When people are reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reminders {
    /// Whether they are.
    pub enabled: bool,
    /// Days after each telling.
    pub days: u32,
    /// How often.
    pub most: u32,
    /// After so many days the administrator hears that nothing has happened.
    pub overdue_days: u32,
}

impl Default for Reminders {
    fn default() -> Self {
        Self { enabled: true, days: 3, most: 3, overdue_days: 14 }
    }
}

/// A rule that is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// Nobody knows it.
    #[error("there is no rule `{0}`")]
    Unknown(String),
    /// It says something that the rule does not know.
    #[error("rule `{name}` cannot be `{document}`")]
    Document {
        /// The rule.
        name: String,
        /// What it was to say, in words.
        document: String,
        /// Why it cannot.
        #[source]
        cause: serde_json::Error,
    },
}

/// A rule's name, and where it stands.
type Place = (&'static str, fn(&mut Rules) -> &mut dyn Set);

/// Where each rule stands.
const PLACES: &[Place] = &[
    ("inactive-account", |rules| &mut rules.inactive_account),
    ("former-holder", |rules| &mut rules.former_holder),
    ("already-changed", |rules| &mut rules.already_changed),
    ("tell-user", |rules| &mut rules.tell_user),
    ("tell-administrator", |rules| &mut rules.tell_administrator),
    ("second-channel", |rules| &mut rules.second_channel),
    ("reminders", |rules| &mut rules.reminders),
    ("neutralise", |rules| &mut rules.neutralise),
    ("quiet-hours", |rules| &mut rules.quiet_hours),
    ("digest", |rules| &mut rules.digest),
];

/// What can be set by a document.
trait Set {
    fn set(&mut self, document: Value) -> Result<(), serde_json::Error>;
    fn document(&self) -> Result<String, serde_json::Error>;
}

impl<T: Serialize + DeserializeOwned> Set for T {
    fn set(&mut self, document: Value) -> Result<(), serde_json::Error> {
        *self = serde_json::from_value(document)?;
        Ok(())
    }

    fn document(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl Rules {
    /// The rules of an organisation that has set these.
    ///
    /// # Errors
    /// When one of them is unknown or does not say what it should.
    pub fn of(set: &[Rule]) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        for rule in set {
            rules.set(&rule.name, &rule.document)?;
        }
        Ok(rules)
    }

    /// Sets a rule.
    ///
    /// # Errors
    /// When it is unknown or does not say what it should.
    pub fn set(&mut self, name: &str, document: &str) -> Result<(), RuleError> {
        let wrong =
            |cause| RuleError::Document { name: name.to_owned(), document: in_words(document), cause };
        let rule = self.place(name).ok_or_else(|| RuleError::Unknown(name.to_owned()))?;
        // Of a value nobody is told in which column of a document that he never saw it stands.
        rule.set(serde_json::from_str(document).map_err(wrong)?).map_err(wrong)
    }

    /// What a rule says, as it would be set; nothing for one that there is not.
    pub fn document(&self, name: &str) -> Option<String> {
        self.clone().place(name)?.document().ok()
    }

    fn place(&mut self, name: &str) -> Option<&mut dyn Set> {
        let (_, place) = PLACES.iter().find(|(other, _)| *other == name)?;
        Some(place(self))
    }
}

/// A document as it would be set: `below=own-site enabled=true`; `;` is between the parts of a list.
pub fn in_words(document: &str) -> String {
    let Ok(all) = serde_json::from_str::<BTreeMap<String, Value>>(document) else {
        return document.to_owned();
    };
    let words = all.into_iter().map(|(key, value)| format!("{key}={}", value_in_words(&value)));
    words.collect::<Vec<_>>().join(" ")
}

fn value_in_words(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(parts) => parts.iter().map(value_in_words).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

const fn stealer_log() -> Severity {
    Severity::StealerLog
}

/// A severity by its word.
pub(crate) mod severity {
    use mizumori_core::Severity;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(severity.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Severity, D::Error> {
        let word = String::deserialize(from)?;
        Severity::parse(&word).ok_or_else(|| {
            let words = Severity::ALL.map(Severity::as_str).join(", ");
            de::Error::custom(format_args!("no severity is called `{word}`: there are {words}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_read_and_set() {
        let mut rules = Rules::default();
        for rule in RULES {
            let document = rules.document(rule.name).unwrap();
            rules.set(rule.name, &document).unwrap();
            rules.set(rule.name, &document.replace("true", "false")).unwrap();
            assert!(rules.document(rule.name).unwrap().contains("\"enabled\":false"), "{}", rule.name);
            for wrong in ["", "true", "{\"enabled\":true,\"other\":1}", "{\"enabled\":\"yes\"}"] {
                assert!(rules.set(rule.name, wrong).is_err(), "{} {wrong}", rule.name);
            }
        }
        assert!(rules.document("other").is_none() && rules.set("other", "{}").is_err());
        rules.set("already-changed", "{\"enabled\":true,\"below\":\"own-site\"}").unwrap();
        assert_eq!(rules.already_changed.below, Severity::OwnSite);
        assert!(rules.set("already-changed", "{\"enabled\":true,\"below\":\"bad\"}").is_err());
        assert_eq!(PLACES.len(), RULES.len());
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        let wrong = "{\"enabled\":true,\"below\":\"bad\"}";
        let error = Rules::default().set("already-changed", wrong).unwrap_err();
        assert_eq!(
            crate::error::in_words(&error),
            "rule `already-changed` cannot be `below=bad enabled=true`: no severity is called `bad`: there are address, \
             personal, hash, password, own-site, stealer-log, session"
        );
        let error = Rules::default().set("neutralise", "{\"action\":\"destroy\"}").unwrap_err();
        assert!(crate::error::in_words(&error).ends_with("there are force-change, disable, end-sessions"));
    }
}
