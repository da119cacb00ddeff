//! `mizumori finding list`: findings, the newest last.

use clap::Args;
use mizumori_core::Severity;
use mizumori_monitor::Deadlines;
use mizumori_store::{Filter, Finding, FindingSource, OrganisationId, State};
use serde_json::{Value, json};

use crate::deadlines;
use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, now, organisation};

/// So many are read at once.
const PAGE: u32 = 1_000;

/// Show findings, the newest last
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// Only those of which something is still to be done
    #[arg(long)]
    open: bool,

    /// Only those that are this; may be given several times
    #[arg(long, value_name = "STATE", value_parser = state, conflicts_with = "open")]
    state: Vec<State>,

    /// Only those that are so bad at least: address, personal, hash, password, own-site, stealer-log, session
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    at_least: Option<Severity>,

    /// Only those of this source
    #[arg(long, value_name = "ID")]
    source: Option<String>,

    /// Only those of accounts of this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let states = match arguments.open {
        true => State::ALL.into_iter().filter(|state| !state.is_settled()).collect(),
        false => arguments.state.clone(),
    };
    let filter = Filter {
        states,
        at_least: arguments.at_least,
        source: arguments.source.clone(),
        host: arguments.host.clone(),
        backlog: None,
        only_first: false,
    };
    let id = &arguments.organisation;
    let (findings, mut sources) = opened.read(async |session| {
        organisation(session, id).await?;
        let sources = session.tenant(id).sources().await?;
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = session.tenant(id).findings(&filter, after, PAGE).await?;
            all.extend(page.findings);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok((all, sources)),
            }
        }
    })?;
    let titles = ["reference", "found", "severity", "state", "leaked", "source", "host", "site"];
    let rows = findings.iter().map(|finding| {
        let source = sources.iter().find(|source| source.source == finding.is.source);
        (cells(finding), object(finding, source))
    });
    show(arguments.format, titles, rows)?;
    sources.retain(|source| findings.iter().any(|finding| finding.is.source == source.source));
    deadlines::remind("", sources.iter(), now());
    Ok(())
}

fn cells(finding: &Finding) -> [String; 8] {
    let is = &finding.is;
    let state =
        if is.backlog { format!("{} (backlog)", is.state.as_str()) } else { is.state.as_str().to_owned() };
    [
        finding.reference.to_string(),
        finding.created.day(),
        is.severity.as_str().to_owned(),
        state,
        is.month.map(|month| month.to_string()).unwrap_or_default(),
        is.source.clone(),
        is.host.clone(),
        is.site.clone().unwrap_or_default(),
    ]
}

/// A finding as an object, with what is known of its source.
pub(super) fn object(finding: &Finding, source: Option<&FindingSource>) -> Value {
    let is = &finding.is;
    json!({
        "reference": finding.reference.as_str(),
        "severity": is.severity.as_str(),
        "state": is.state.as_str(),
        "backlog": is.backlog,
        "shares_fate": is.same_as.is_some(),
        "source": is.source,
        "origin": source.map(|source| source.origin.as_str()),
        "deadlines": deadlines::object(source.and_then(Deadlines::of).as_ref()),
        "place": is.place,
        "leaked": is.month.map(|month| month.to_string()),
        "host": is.host,
        "site": is.site,
        "kind": is.kind.as_str(),
        "password": finding.letter(),
        "created": finding.created.to_string(),
        "changed": finding.changed.to_string(),
        "told": finding.told.map(|told| told.to_string()),
        "settled": finding.settled.map(|settled| settled.to_string()),
        "reminded": finding.reminded,
    })
}

fn state(word: &str) -> Result<State, String> {
    let words = || State::ALL.map(State::as_str).join(", ");
    State::of(word).ok_or_else(|| format!("write one of {}", words()))
}

pub(super) fn severity(word: &str) -> Result<Severity, String> {
    let words = || Severity::ALL.map(Severity::as_str).join(", ");
    Severity::parse(word).ok_or_else(|| format!("write one of {}", words()))
}
