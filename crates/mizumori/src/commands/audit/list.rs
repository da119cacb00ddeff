//! `mizumori audit list`: entries of the audit log.

use clap::Args;
use mizumori_store::{Audited, OrganisationId};

use super::{each, object};
use crate::outcome::Failure;
use crate::show::{Form, List};
use crate::store::Opened;

/// Show the entries of the audit log, the first first
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only those of an organisation; it may be one that is not here any more
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,

    /// Only those after the entry of this number
    #[arg(long, value_name = "N", default_value = "0")]
    after: u32,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let wanted = arguments.organisation.as_ref().map(OrganisationId::as_str);
    let titles = ["number", "at", "actor", "organisation", "action", "subject", "detail"];
    let mut list = List::new(arguments.format, titles)?;
    opened.read(async |session| {
        each(session, arguments.after.into(), |entry| {
            if wanted.is_some() && wanted != entry.organisation.as_deref() {
                return Ok(());
            }
            list.row(cells(entry), &object(entry))
        })
        .await
    })?;
    list.finish()
}

fn cells(entry: &Audited) -> [String; 7] {
    [
        entry.seq.to_string(),
        entry.at.to_string(),
        entry.actor.clone(),
        entry.organisation.clone().unwrap_or_default(),
        entry.action.clone(),
        entry.subject.clone(),
        entry.detail.clone(),
    ]
}
