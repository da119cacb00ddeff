//! `mizumori directory`: whose accounts are.

mod add;
#[cfg(feature = "lake")]
mod sync;

use clap::{Args, Subcommand};
use mizumori_store::{Directory, OrganisationId};
use serde_json::json;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::show::{Form, show};
use crate::store::{Opened, StoreOptions, audit, organisation};

/// Directories: whose accounts are
///
/// A directory tells which accounts there are, whose, whether they are disabled, and when their passwords were changed. It is read; in
/// most of them accounts can be neutralised as well. Files of secrets are named, and stay where they are.
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
  mizumori directory add suigen people csv people.csv
  mizumori directory add suigen ad active-directory --url ldaps://dc.suigen.example \\
      --base DC=suigen,DC=example --bind-name mizumori@suigen.example --password-file ad.secret
  mizumori directory add suigen entra graph --tenant suigen.example \\
      --client-id 6f1e7d3c-0000-0000-0000-000000000000 --secret-file entra.secret
  mizumori directory sync suigen";

#[derive(Debug, Subcommand)]
enum Command {
    Add(Box<add::Arguments>),
    /// Remove a directory, with what is kept of its entries
    Remove {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Show all directories, and when they were read
    List {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The form of the list
        #[arg(long, value_enum, default_value_t = Form::Table)]
        format: Form,
    },
    /// Read directories now
    #[cfg(feature = "lake")]
    Sync(sync::Arguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    match &arguments.command {
        Command::Add(arguments) => add::run(arguments, &opened)?,
        Command::Remove { organisation: id, name } => opened.write(async |session| {
            session.tenant(id).remove_directory(name).await?;
            audit(session, Some(id), "directory remove", name, "").await
        })?,
        Command::List { organisation: id, format } => list(&opened, id, *format)?,
        #[cfg(feature = "lake")]
        Command::Sync(arguments) => return sync::run(arguments, &config, &opened),
    }
    Ok(Outcome::Done)
}

fn list(opened: &Opened, id: &OrganisationId, format: Form) -> Result<(), Failure> {
    let directories = directories(opened, id)?;
    let rows = directories.iter().map(|directory| {
        let Directory { name, kind, synced, problem, .. } = directory;
        let synced = synced.map(|at| at.to_string());
        let cells = [name, kind, synced.as_deref().unwrap_or("never"), problem.as_deref().unwrap_or("")];
        let object = json!({"name": name, "kind": kind, "synced": synced, "problem": problem});
        (cells.map(str::to_owned), object)
    });
    show(format, ["name", "kind", "read", "problem"], rows)
}

fn directories(opened: &Opened, id: &OrganisationId) -> Result<Vec<Directory>, Failure> {
    opened.read(async |session| {
        organisation(session, id).await?;
        Ok(session.tenant(id).directories().await?)
    })
}
