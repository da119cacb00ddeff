//! `mizumori org list`: all organisations.

use clap::Args;
use mizumori_monitor::Deadlines;
use mizumori_store::{FindingSource, Organisation};
use serde_json::json;

use crate::deadlines;
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
    let organisations = opened.read(async |session| {
        let mut all = Vec::new();
        for organisation in session.organisations().await? {
            let sources = session.tenant(&organisation.id).sources().await?;
            all.push((organisation, sources));
        }
        Ok(all)
    })?;
    let rows = organisations
        .iter()
        .map(|(organisation, sources)| (cells(organisation), object(organisation, sources)));
    show(arguments.format, ["id", "name", "edition", "state", "until"], rows)?;
    for (organisation, sources) in &organisations {
        deadlines::remind(&format!("`{}`: ", organisation.id), sources.iter(), now());
    }
    Ok(())
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

fn object(organisation: &Organisation, sources: &[FindingSource]) -> serde_json::Value {
    let (state, ends) = organisation.state_at(now());
    let to_report = sources.iter().filter_map(|source| {
        let dates = Deadlines::of(source).filter(|dates| !dates.are_over(now()))?;
        Some(json!({"source": source.source, "deadlines": deadlines::object(Some(&dates))}))
    });
    let to_report: Vec<_> = to_report.collect();
    json!({
        "id": organisation.id.as_str(),
        "name": {"ja": organisation.names.ja, "en": organisation.names.en},
        "category": organisation.category,
        "language": organisation.language.tag(),
        "edition": organisation.edition,
        "state": state.as_str(),
        "portal": organisation.portal,
        "created": organisation.created.to_string(),
        "to_report": to_report,
        "ends": ends.map(|ends| ends.to_string()),
    })
}
