//! `mizumori rule list`: what each rule does, and what it is set to.

use clap::Args;
use mizumori_core::Lang;
use mizumori_monitor::{Described, RULES, Rules, rule_in_words as in_words};
use mizumori_store::{OrganisationId, Rule};
use serde_json::{Value, json};

use super::unreadable;
use crate::locale;
use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, organisation};

/// Show what each rule does, and what it is set to, in the order in which they are asked
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The language: ja or en [default: the locale's]
    #[arg(long, value_name = "LANG")]
    language: Option<Lang>,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let set = opened.read(async |session| {
        organisation(session, id).await?;
        Ok(session.tenant(id).rules().await?)
    })?;
    let mut rules = Rules::default();
    for rule in &set {
        rules.set(&rule.name, &rule.document).map_err(|error| unreadable(error, id, &rule.name))?;
    }
    let language = arguments.language.unwrap_or_else(locale::language);
    let rows = RULES.iter().map(|described| {
        let is = rules.document(described.name).unwrap_or_default();
        let set = set.iter().find(|rule| rule.name == described.name);
        row(described, &is, set, language)
    });
    show(arguments.format, ["rule", "is", "since", "set by", "what it does"], rows)
}

fn row(described: &Described, is: &str, set: Option<&Rule>, language: Lang) -> ([String; 5], Value) {
    let what = match language {
        Lang::Ja => described.ja,
        Lang::En => described.en,
    };
    let object = json!({
        "rule": described.name,
        "what": what,
        "is": serde_json::from_str::<Value>(is).unwrap_or_default(),
        "changed": set.map(|rule| rule.changed.to_string()),
        "changed_by": set.map(|rule| &*rule.changed_by),
    });
    let (since, by) = set.map(|rule| (rule.changed.day(), rule.changed_by.clone())).unwrap_or_default();
    ([described.name.to_owned(), in_words(is), since, by, what.to_owned()], object)
}
