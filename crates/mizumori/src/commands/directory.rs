//! `mizumori directory`: whose accounts are.

#[cfg(feature = "lake")]
mod sync;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mizumori_monitor::{DirectorySettings, Ldap};
use mizumori_store::{Access, Directory, OrganisationId};
use serde_json::json;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::show::{Form, show};
use crate::store::{Opened, StoreOptions, allowed, audit, organisation};
use crate::tidings;

/// Directories: whose accounts are
///
/// A directory tells which accounts there are, whose, whether they are disabled, and when their passwords were changed. It is read; in
/// Active Directory, LDAP and SCIM a change of the password can be forced as well. Files of secrets are named, and stay where they are.
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
  mizumori directory sync suigen";

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a directory, or change the one of that name
    Add {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// A name for it
        #[arg(value_name = "NAME")]
        name: String,
        #[command(subcommand)]
        kind: Kind,
    },
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

#[derive(Debug, Subcommand)]
enum Kind {
    /// A file: UTF-8 or Shift_JIS, with a heading in English or Japanese
    Csv {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Active Directory, of Microsoft or Samba
    ActiveDirectory(LdapOptions),
    /// OpenLDAP, or another LDAP server
    Ldap(LdapOptions),
    /// A service that speaks SCIM 2.0
    Scim {
        /// What stands before /Users
        #[arg(long)]
        url: String,
        /// The file of the token that it knows us by
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
        /// A group whose members are privileged; may be given several times
        #[arg(long = "privileged-group", value_name = "GROUP")]
        privileged_groups: Vec<String>,
        /// Authorities (PEM) that are trusted beside the system's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
}

/// An LDAP server.
#[derive(Debug, Args)]
struct LdapOptions {
    /// ldaps://HOST:PORT, or ldap://HOST:PORT with STARTTLS; without a port the usual one
    #[arg(long)]
    url: String,
    /// Below which entry people are
    #[arg(long, value_name = "DN")]
    base: String,
    /// Whom to bind as
    #[arg(long, value_name = "DN")]
    bind_name: String,
    /// The file of the password for it
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// Who people are (RFC 4515) [default: what is usual]
    #[arg(long)]
    filter: Option<String>,
    /// A group whose members are privileged; may be given several times
    #[arg(long = "privileged-group", value_name = "DN")]
    privileged_groups: Vec<String>,
    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Speak without TLS; goes to this machine only
    #[arg(long)]
    plain_on_loopback: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    match &arguments.command {
        Command::Add { organisation: id, name, kind } => {
            let settings = kind.settings()?;
            // What cannot be is said now, and not in the night.
            settings.connect()?;
            opened.write(async |session| {
                allowed(session, id, Access::Directories).await?;
                session.tenant(id).keep_directory(name, settings.kind(), &settings.to_text()).await?;
                audit(session, Some(id), "directory add", name, settings.kind()).await
            })?;
            tidings::hint(&format!(
                "`mizumori serve` reads it again and again; `mizumori directory sync {id} {name}` reads it now, where there is a lake"
            ));
        }
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

impl Kind {
    fn settings(&self) -> Result<DirectorySettings, Failure> {
        let absolute = |path: &PathBuf| std::path::absolute(path);
        Ok(match self {
            Self::Csv { file } => DirectorySettings::Csv { file: absolute(file)? },
            Self::ActiveDirectory(ldap) => DirectorySettings::ActiveDirectory(ldap.settings()?),
            Self::Ldap(ldap) => DirectorySettings::Ldap(ldap.settings()?),
            Self::Scim { url, token_file, privileged_groups, ca } => DirectorySettings::Scim {
                url: url.clone(),
                token_file: absolute(token_file)?,
                privileged_groups: privileged_groups.clone(),
                authorities: ca.as_ref().map(absolute).transpose()?,
            },
        })
    }
}

impl LdapOptions {
    fn settings(&self) -> Result<Ldap, Failure> {
        Ok(Ldap {
            url: self.url.clone(),
            base: self.base.clone(),
            bind_name: self.bind_name.clone(),
            password_file: std::path::absolute(&self.password_file)?,
            filter: self.filter.clone(),
            privileged_groups: self.privileged_groups.clone(),
            authorities: self.ca.as_ref().map(std::path::absolute).transpose()?,
            plain_on_loopback: self.plain_on_loopback,
        })
    }
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
