//! `mizumori finding source`: what an organisation knows of where its findings came from.

use clap::Args;
use mizumori_core::Timestamp;
use mizumori_monitor::{Deadlines, SourceFacts, differences};
use mizumori_store::{Access, FindingSource, OrganisationId, Origin};
use serde_json::{Value, json};

use crate::deadlines;
use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, allowed, audit, now, organisation};
use crate::tidings;

/// Show the sources of findings, or say what is known of one
///
/// Where a leak came from the organisation's own system (`--origin own`), laws ask for a report within some days of knowing. These days
/// are shown as Japan's Act on the Protection of Personal Information has them. They are a reminder, and no legal advice.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The source; all are shown, where nothing is said
    #[arg(value_name = "ID")]
    source: Option<String>,

    #[command(flatten)]
    facts: Facts,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// What is said of a source.
#[derive(Debug, Args)]
pub(super) struct Facts {
    /// What people call the source
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// From whose system it leaked: own, third-party, unknown
    #[arg(long, value_name = "WHOSE", value_parser = origin)]
    origin: Option<Origin>,

    /// Since when the organisation knows of it: YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SSZ
    #[arg(long, value_name = "DATE")]
    known_since: Option<Timestamp>,

    /// The number under which it was sent
    #[arg(long, value_name = "NUMBER")]
    reference: Option<String>,

    /// Who sent it
    #[arg(long, value_name = "WHO")]
    from: Option<String>,
}

impl Facts {
    /// What is said.
    pub(super) fn said(&self) -> SourceFacts {
        SourceFacts {
            title: self.title.clone(),
            origin: self.origin,
            known_since: self.known_since,
            reference: self.reference.clone(),
            sender: self.from.clone(),
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let (id, said) = (&arguments.organisation, arguments.facts.said());
    let is_asked = said == SourceFacts::default();
    match &arguments.source {
        None if is_asked => list(arguments, opened, |_| true),
        None => Err(Failure::say("nothing says of which source")
            .hint(format!("`mizumori finding source {id}` shows all"))),
        Some(source) if is_asked => list(arguments, opened, |is| is.source == *source),
        Some(source) => change(id, source, &said, opened),
    }
}

fn change(id: &OrganisationId, source: &str, said: &SourceFacts, opened: &Opened) -> Result<(), Failure> {
    if let Some(mistake) = said.mistake(now()) {
        return Err(Failure::say(mistake));
    }
    let after = opened.write(async |session| {
        allowed(session, id, Access::Findings).await?;
        let before = session.tenant(id).source(source).await?.ok_or_else(|| missing(id, source))?;
        let after = said.applied(before.clone());
        session.tenant(id).change_source(&after).await?;
        audit(session, Some(id), "finding source", source, &differences(&before, &after)).await?;
        Ok(after)
    })?;
    if let Some(dates) = Deadlines::of(&after) {
        tidings::say(&format!("to be reported {}", deadlines::in_words(&dates)));
        tidings::hint("this is a reminder, no legal advice: ask whoever decides about reports");
    }
    Ok(())
}

fn list(
    arguments: &Arguments,
    opened: &Opened,
    is_meant: impl Fn(&FindingSource) -> bool,
) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let mut sources = opened.read(async |session| {
        organisation(session, id).await?;
        Ok(session.tenant(id).sources().await?)
    })?;
    sources.retain(is_meant);
    if let (Some(source), true) = (&arguments.source, sources.is_empty()) {
        return Err(missing(id, source));
    }
    let titles = ["source", "title", "kind", "origin", "known since", "number", "from"];
    show(arguments.format, titles, sources.iter().map(|source| (cells(source), object(source))))?;
    deadlines::remind("", sources.iter(), now());
    Ok(())
}

fn cells(source: &FindingSource) -> [String; 7] {
    [
        source.source.clone(),
        source.title.clone(),
        source.kind.clone(),
        source.origin.as_str().to_owned(),
        source.known_since.map(Timestamp::day).unwrap_or_default(),
        source.reference.clone().unwrap_or_default(),
        source.sender.clone().unwrap_or_default(),
    ]
}

fn object(source: &FindingSource) -> Value {
    json!({
        "source": source.source,
        "title": source.title,
        "kind": source.kind,
        "origin": source.origin.as_str(),
        "known_since": source.known_since.map(|at| at.to_string()),
        "number": source.reference,
        "from": source.sender,
        "deadlines": deadlines::object(Deadlines::of(source).as_ref()),
    })
}

fn missing(id: &OrganisationId, source: &str) -> Failure {
    Failure::say(format!("`{id}` has no source `{source}`"))
        .hint(format!("`mizumori finding source {id}` shows all"))
}

fn origin(word: &str) -> Result<Origin, String> {
    Origin::of(word).ok_or_else(|| "write one of own, third-party, unknown".to_owned())
}
