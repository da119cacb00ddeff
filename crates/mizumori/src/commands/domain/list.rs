//! `mizumori domain list`: domains, and whether they are served.

use clap::Args;
use mizumori_core::Timestamp;
use mizumori_core::proof::{Method, Outcome};
use mizumori_store::{Domain, DomainState, OrganisationId};
use serde_json::json;

use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, organisation};

/// Show the domains of an organisation, or of all
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: Option<OrganisationId>,

    /// The form of the list; objects have the token as well
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let domains = opened.read(async |session| match &arguments.organisation {
        Some(id) => {
            organisation(session, id).await?;
            Ok(session.tenant(id).domains().await?)
        }
        None => Ok(session.all_domains().await?),
    })?;
    show(
        arguments.format,
        ["domain", "organisation", "state", "by", "added", "checked", "not found since"],
        domains.iter().map(|domain| (cells(domain), object(domain))),
    )
}

fn cells(domain: &Domain) -> [String; 7] {
    let day = |at: Option<Timestamp>| at.map(Timestamp::day).unwrap_or_default();
    let by = match domain.state {
        DomainState::Vouched => domain.vouched_by.clone(),
        DomainState::Proved | DomainState::Lapsed => domain.method.map(Method::as_str).map(str::to_owned),
        DomainState::Pending => None,
    };
    [
        domain.name.to_string(),
        domain.organisation.to_string(),
        domain.state.as_str().to_owned(),
        by.unwrap_or_default(),
        domain.added.day(),
        day(domain.checked),
        day(domain.failing_since),
    ]
}

fn object(domain: &Domain) -> serde_json::Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "organisation": domain.organisation.as_str(),
        "domain": domain.name.as_str(),
        "state": domain.state.as_str(),
        "served": domain.state.is_served(),
        "subdomains": domain.covers_subdomains(),
        "method": domain.method.map(Method::as_str),
        "token": domain.token,
        "added": domain.added.to_string(),
        "proved": time(domain.proved),
        "checked": time(domain.checked),
        "found": domain.found.map(Outcome::as_str),
        "failing_since": time(domain.failing_since),
        "missing_since": time(domain.missing_since),
        "vouched_by": domain.vouched_by,
    })
}
