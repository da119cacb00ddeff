//! `mizumori rule`: the rules by which an organisation's findings are judged. What they mean is the loop's matter.

mod list;

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use mizumori_monitor::{RULES, RuleError, Rules, rule_in_words as in_words};
use mizumori_store::{OrganisationId, Rule, Session};
use serde_json::Value;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::store::{StoreOptions, actor, audit, now, organisation};
use crate::tidings;

/// The rules by which findings are judged
///
/// Each has a name, says what it does, and is set for an organisation. What nobody has set is as it is built in.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreOptions,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mizumori rule list suigen
  mizumori rule set suigen second-channel enabled=false
  mizumori rule set suigen already-changed below=own-site
  mizumori rule set suigen neutralise enabled=true from=password 'never=breakglass;Domain Admins'
  mizumori rule reset suigen already-changed";

/// When it becomes known who is in the groups that rule `neutralise` names.
pub(crate) const GROUPS_READ: &str =
    "a directory tells who is in them when it is read, where its service account may see groups";

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Set(Set),
    Reset(Reset),
}

/// Set a rule of an organisation
///
/// It holds for what is found from now on. What is not named stays as it is.
#[derive(Debug, Args)]
struct Set {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The rule
    #[arg(value_name = "NAME")]
    name: String,

    /// What it is set to: true, false, a number, a word, or a list with `;` between its parts
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = setting)]
    settings: Vec<(String, String)>,
}

/// Have a rule of an organisation be as it is built in
#[derive(Debug, Args)]
struct Reset {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The rule
    #[arg(value_name = "NAME")]
    name: String,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let opened = arguments.store.open(&Config::load()?)?;
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Set(set) => {
            let (before, after) = opened.write(async |session| {
                organisation(session, &set.organisation).await?;
                let before = document(session, &set.organisation, &set.name).await?;
                let after = set.applied(&before)?;
                let rule = Rule {
                    name: set.name.clone(),
                    document: after.clone(),
                    changed: now(),
                    changed_by: actor(),
                };
                session.tenant(&set.organisation).keep_rule(&rule).await?;
                let detail = format!("{} → {}", in_words(&before), in_words(&after));
                audit(session, Some(&set.organisation), "rule set", &set.name, &detail).await?;
                Ok((before, after))
            })?;
            tidings::say(&format!("{}: {}, before {}", set.name, in_words(&after), in_words(&before)));
            if set.name == "neutralise" && is_on(&after) && !is_on(&before) {
                tidings::hint(&format!(
                    "findings that are open already get no task by that: `mizumori task preview {0}` shows them, and \
                     `mizumori task make {0}` makes their tasks",
                    set.organisation
                ));
            }
            if groups(&set.name, &after).iter().any(|group| !groups(&set.name, &before).contains(group)) {
                tidings::warning(
                    "who is in the groups that are new in it is not known yet: accounts are left alone until then",
                );
                tidings::hint(&format!(
                    "{GROUPS_READ}: `mizumori directory sync {}` does so at once",
                    set.organisation
                ));
            }
        }
        Command::Reset(reset) => {
            opened.write(async |session| {
                organisation(session, &reset.organisation).await?;
                let mut tenant = session.tenant(&reset.organisation);
                let set = tenant.rules().await?.into_iter().find(|rule| rule.name == reset.name);
                let Some(set) = set else {
                    return Err(not_set(&reset.organisation, &reset.name));
                };
                tenant.remove_rule(&reset.name).await?;
                let detail = format!("{} → as it is built in", in_words(&set.document));
                audit(session, Some(&reset.organisation), "rule reset", &reset.name, &detail).await
            })?;
            tidings::say(&format!("{} is as it is built in", reset.name));
        }
    }
    Ok(Outcome::Done)
}

impl Set {
    /// What the rule says when what was named is changed in what it says.
    fn applied(&self, before: &str) -> Result<String, Failure> {
        let mut all: BTreeMap<String, Value> = serde_json::from_str(before).map_err(Failure::new)?;
        for (number, (key, value)) in self.settings.iter().enumerate() {
            if self.settings.iter().take(number).any(|(other, _)| other == key) {
                return Err(Failure::say(format!("`{key}` is given twice")));
            }
            let value = like(all.get(key), value);
            all.insert(key.clone(), value);
        }
        let mut rules = Rules::default();
        let wanted = serde_json::to_string(&all).map_err(Failure::new)?;
        rules.set(&self.name, &wanted).map_err(|error| {
            Failure::new(error).hint(format!(
                "now it is {}; `mizumori rule list {}` says what it does",
                in_words(before),
                self.organisation
            ))
        })?;
        rules.document(&self.name).ok_or_else(|| unknown(&self.name))
    }
}

/// What may be names of groups in a rule.
fn groups(name: &str, document: &str) -> Vec<String> {
    let mut rules = Rules::default();
    let is_neutralise = name == "neutralise" && rules.set(name, document).is_ok();
    if is_neutralise { rules.neutralise.groups_named() } else { Vec::new() }
}

/// What a rule says now.
async fn document(
    session: &mut Session,
    organisation: &OrganisationId,
    name: &str,
) -> Result<String, Failure> {
    let mut rules = Rules::default();
    let set = session.tenant(organisation).rules().await?;
    if let Some(rule) = set.iter().find(|rule| rule.name == name) {
        rules.set(name, &rule.document).map_err(|error| unreadable(error, organisation, name))?;
    }
    rules.document(name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    Failure::new(RuleError::Unknown(name.to_owned())).hint(format!("there are {}", names.join(", ")))
}

fn not_set(organisation: &OrganisationId, name: &str) -> Failure {
    if RULES.iter().any(|rule| rule.name == name) {
        Failure::say(format!("nobody has set `{name}` for `{organisation}`"))
    } else {
        unknown(name)
    }
}

/// What is set is none of this program's.
fn unreadable(error: RuleError, organisation: &OrganisationId, name: &str) -> Failure {
    Failure::new(error)
        .hint(format!("`mizumori rule reset {organisation} {name}` has it be as it is built in"))
}

/// Whether a rule is on.
fn is_on(document: &str) -> bool {
    let rule: Value = serde_json::from_str(document).unwrap_or_default();
    rule.get("enabled").and_then(Value::as_bool).unwrap_or_default()
}

/// A key and its value.
fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = parts.ok_or_else(|| "write a key, `=` and its value".to_owned())?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A value that takes the place of another one: of a list it is a list, of a word a word, whatever it looks like. What it cannot be, the
/// rule says.
fn like(before: Option<&Value>, text: &str) -> Value {
    match (before, text) {
        (Some(Value::Array(_)), list) => {
            list.split(';').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().into()
        }
        (Some(Value::String(_)), word) => word.into(),
        (_, "true") => true.into(),
        (_, "false") => false.into(),
        (_, other) => other.parse::<i64>().map_or_else(|_| other.into(), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_of_a_command_line() {
        for (text, before, expected) in [
            ("enabled=true", json!(false), json!(true)),
            ("enabled=yes", json!(false), json!("yes")),
            ("days=-14", json!(3), json!(-14)),
            ("below=own-site", json!("stealer-log"), json!("own-site")),
            ("below=7", json!("stealer-log"), json!("7")),
            ("text=a=b", json!(""), json!("a=b")),
            ("text=", json!("a"), json!("")),
            ("groups=CN=a,DC=b; 7 ;true;", json!([]), json!(["CN=a,DC=b", "7", "true"])),
            ("groups=", json!(["a"]), json!([])),
            ("other=7", Value::Null, json!(7)),
        ] {
            let (key, value) = setting(text).unwrap();
            let value = like(Some(&before), &value);
            assert_eq!(value, expected, "{text}");
            // What is shown can be given again.
            let shown = in_words(&json!({key: value}).to_string());
            let (_, again) = setting(&shown).unwrap();
            assert_eq!(like(Some(&before), &again), expected, "{shown}");
        }
        assert!(setting("enabled").is_err() && setting("=true").is_err());
    }
}
