//! `mizumori org contact`: the administrators who are told.

use clap::{Args, Subcommand};
use mizumori_core::Lang;
use mizumori_store::{Contact, OrganisationId};
use serde_json::json;

use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, audit, organisation};

/// The administrators who are told
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a contact, or change what is known of one
    Add {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The mail address
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// A name
        #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
        name: String,
        /// The language: ja or en [default: the organisation's]
        #[arg(long, value_name = "LANG")]
        language: Option<Lang>,
    },
    /// Remove a contact
    Remove {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The mail address
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// Show all contacts
    List {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The form of the list
        #[arg(long, value_enum, default_value_t = Form::Table)]
        format: Form,
    },
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    match &arguments.command {
        Command::Add { organisation: id, address, name, language } => opened.write(async |session| {
            let language = language.unwrap_or(organisation(session, id).await?.language);
            let contact = Contact { address: checked(address)?, name: name.clone(), language };
            session.tenant(id).keep_contact(&contact).await?;
            audit(session, Some(id), "org contact add", address, language.tag()).await
        }),
        Command::Remove { organisation: id, address } => opened.write(async |session| {
            organisation(session, id).await?;
            session.tenant(id).remove_contact(address).await?;
            audit(session, Some(id), "org contact remove", address, "").await
        }),
        Command::List { organisation: id, format } => {
            let contacts = opened.read(async |session| {
                organisation(session, id).await?;
                Ok(session.tenant(id).contacts().await?)
            })?;
            let rows = contacts.iter().map(|contact| {
                let Contact { address, name, language } = contact;
                let object = json!({"address": address, "name": name, "language": language.tag()});
                ([address.clone(), name.clone(), language.to_string()], object)
            });
            show(*format, ["address", "name", "language"], rows)
        }
    }
}

/// An address that a mail can go to.
fn checked(address: &str) -> Result<String, Failure> {
    let parts = address.rsplit_once('@').filter(|(local, _)| !local.is_empty());
    let is_one = parts.is_some_and(|(_, domain)| mizumori_core::DomainName::parse(domain).is_some());
    if is_one && !address.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        Ok(address.to_owned())
    } else {
        Err(Failure::say(format!("`{address}` is no mail address")))
    }
}
