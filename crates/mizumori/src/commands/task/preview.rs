//! `mizumori task preview`: whom rule `neutralise` would hit now. Nothing is done, and no task made.

use clap::Args;
use mizumori_monitor::{Previewed, Rules, Spared, connect, preview};
use mizumori_store::{Access, OrganisationId};
use serde_json::{Value, json};

use crate::commands::rule::GROUPS_READ;
use crate::counted::counted;
use crate::outcome::Failure;
use crate::progress::grouped;
use crate::show::{Form, show};
use crate::store::{Opened, allowed, audit};
use crate::tidings;

/// Show whom rule `neutralise`, as it is set now, would hit of the findings that are open, and why not the others
///
/// Tasks are made with findings that come, or are released from the backlog; for those that are open now `task make` makes what is shown
/// here. That somebody looked stands in the audit log.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let (rule, seen) = opened.write(async |session| {
        allowed(session, id, Access::Neutralise).await?;
        let mut tenant = session.tenant(id);
        let rule = Rules::of(&tenant.rules().await?).map_err(Failure::new)?.neutralise;
        let seen = preview(&mut tenant, &connect).await?;
        audit(session, Some(id), "task preview", id.as_str(), &format!("{} findings", seen.len())).await?;
        Ok((rule, seen))
    })?;
    let hit = seen.iter().filter(|seen| seen.spared.is_none()).count() as u64;
    let titles = ["finding", "severity", "state", "account", "would", "why not"];
    let action = rule.action.as_str();
    show(arguments.format, titles, seen.iter().map(|seen| row(seen, action)))?;
    let (hits, most) = (counted(hit, "account"), grouped(rule.most_a_day.into()));
    tidings::say(&format!("would {action} {hits}, {most} a day at most"));
    if seen.iter().any(|seen| seen.spared == Some(Spared::GroupsUnknown)) {
        tidings::warning(
            "of some accounts the groups are not known, which the rule names: they are left alone",
        );
        tidings::hint(&format!("{GROUPS_READ}: `mizumori directory sync {id}` does so at once"));
    }
    if !rule.enabled {
        tidings::hint(&format!(
            "the rule is off; `mizumori rule set {id} neutralise enabled=true` turns it on"
        ));
    } else if rule.dry_run {
        tidings::hint(&format!(
            "the rule is a dry run, and tasks are held; `mizumori rule set {id} neutralise dry_run=false` has them done"
        ));
    }
    if rule.enabled && hit > 0 {
        tidings::hint(&format!("`mizumori task make {id}` makes their tasks"));
    }
    Ok(())
}

fn row(seen: &Previewed, action: &str) -> ([String; 6], Value) {
    let finding = &seen.finding;
    let address = seen.holder.as_ref().and_then(|holder| holder.is.addresses.first());
    let address = address.map(|address| &*address.address);
    let (would, why) = match &seen.spared {
        None => (Some(action), None),
        Some(spared) => (None, Some(spared.to_string())),
    };
    let cells = [
        finding.reference.to_string(),
        finding.is.severity.as_str().to_owned(),
        finding.is.state.as_str().to_owned(),
        address.unwrap_or_default().to_owned(),
        would.unwrap_or_default().to_owned(),
        why.clone().unwrap_or_default(),
    ];
    let object = json!({
        "finding": finding.reference.as_str(),
        "severity": finding.is.severity.as_str(),
        "state": finding.is.state.as_str(),
        "account": address,
        "would": would,
        "why_not": why,
    });
    (cells, object)
}
