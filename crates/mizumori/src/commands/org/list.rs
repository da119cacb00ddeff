//! `mizumori org list`: all organisations.

use clap::Args;
use mizumori_store::Organisation;
use serde_json::json;

use crate::locale;
use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, now};

/// Show all organisations
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let organisations = opened.read(async |session| Ok(session.organisations().await?))?;
    show(
        arguments.format,
        ["id", "name", "edition", "state", "until"],
        organisations.iter().map(|organisation| (cells(organisation), object(organisation))),
    )
}

fn cells(organisation: &Organisation) -> [String; 5] {
    let (state, ends) = organisation.state_at(now());
    [
        organisation.id.to_string(),
        organisation.names.of(locale::language()).to_owned(),
        organisation.edition.clone(),
        state.as_str().to_owned(),
        ends.map(mizumori_core::Timestamp::day).unwrap_or_default(),
    ]
}

fn object(organisation: &Organisation) -> serde_json::Value {
    let (state, ends) = organisation.state_at(now());
    json!({
        "id": organisation.id.as_str(),
        "name": {"ja": organisation.names.ja, "en": organisation.names.en},
        "category": organisation.category,
        "language": organisation.language.tag(),
        "edition": organisation.edition,
        "state": state.as_str(),
        "portal": organisation.portal,
        "created": organisation.created.to_string(),
        "ends": ends.map(|ends| ends.to_string()),
    })
}
