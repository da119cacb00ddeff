//! `mizumori directory add`: where a directory is, and how it is asked.

mod services;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mizumori_directory::{CsvFile, DirectoryError};
use mizumori_monitor::{Connected, DirectorySettings, Ldap};
use mizumori_store::{Access, OrganisationId};

use crate::outcome::Failure;
use crate::store::{Opened, allowed, audit};
use crate::tidings;

/// Add a directory, or change the one of that name
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// A name for it
    #[arg(value_name = "NAME")]
    name: String,

    #[command(subcommand)]
    kind: Kind,
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
    /// Microsoft Entra ID, over Microsoft Graph
    Graph(services::Graph),
    /// Google Workspace
    Google(services::Google),
    /// Okta
    Okta(services::Okta),
    /// Keycloak
    Keycloak(services::Keycloak),
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
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let Arguments { organisation: id, name, kind } = arguments;
    let settings = kind.settings()?;
    // What cannot be is said now, and not in the night.
    if let Connected::Csv(file) = settings.connect(&[])? {
        look(&file)?;
    }
    opened.write(async |session| {
        allowed(session, id, Access::Directories).await?;
        session.tenant(id).keep_directory(name, settings.kind(), &settings.to_text()).await?;
        audit(session, Some(id), "directory add", name, settings.kind()).await
    })?;
    tidings::hint(&format!(
        "`mizumori serve` reads it again and again; `mizumori directory sync {id} {name}` reads it now, where there is a lake"
    ));
    Ok(())
}

/// Whether a file is one that can be read. Others write it: it may come later.
fn look(file: &CsvFile) -> Result<(), Failure> {
    match file.check() {
        Err(error) if is_missing(&error) => {
            tidings::warning(&format!("{error}: it is not there yet"));
            Ok(())
        }
        Err(error @ DirectoryError::File { line: Some(_), .. }) => {
            Err(Failure::new(error)
                .hint("the first line names the columns: docs/loop.md says which there are"))
        }
        checked => checked.map_err(Failure::new),
    }
}

fn is_missing(error: &DirectoryError) -> bool {
    matches!(error, DirectoryError::Read { cause, .. } if cause.kind() == std::io::ErrorKind::NotFound)
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
            Self::Graph(graph) => DirectorySettings::Graph(graph.settings()?),
            Self::Google(google) => DirectorySettings::Google(google.settings()?),
            Self::Okta(okta) => DirectorySettings::Okta(okta.settings()?),
            Self::Keycloak(keycloak) => DirectorySettings::Keycloak(keycloak.settings()?),
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
