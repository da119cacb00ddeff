//! What has to be known of an organisation's directory, as it stands in the store: no secret, only the files in which they lie.

use std::path::{Path, PathBuf};

use mizumori_core::Secret;
use mizumori_directory::ldap::{Flavour, LdapDirectory, LdapSettings, Protection};
use mizumori_directory::scim::{ScimDirectory, ScimSettings};
use mizumori_directory::{CsvFile, Directory, Neutralise};
use mizumori_outbound::{Client, ClientSettings, Reach};
use serde::{Deserialize, Serialize};

use crate::error::MonitorError;

/// Where a directory is, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DirectorySettings {
    /// A file, which others write.
    Csv {
        /// Where.
        file: PathBuf,
    },
    /// Active Directory, of Microsoft or Samba.
    ActiveDirectory(Ldap),
    /// OpenLDAP, or another server with the usual classes.
    Ldap(Ldap),
    /// A service that speaks SCIM 2.0.
    Scim {
        /// What stands before `/Users`.
        url: String,
        /// The file of the token that it knows us by.
        token_file: PathBuf,
        /// Groups whose members are privileged, by their ids or display names.
        #[serde(default)]
        privileged_groups: Vec<String>,
        /// A file of authorities (PEM) that are trusted beside the system's.
        #[serde(default)]
        authorities: Option<PathBuf>,
    },
}

/// An LDAP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ldap {
    /// `ldaps://host[:port]` or `ldap://host[:port]`.
    pub url: String,
    /// Below which entry people are.
    pub base: String,
    /// Whom we are there.
    pub bind_name: String,
    /// The file of the password for it.
    pub password_file: PathBuf,
    /// Who people are (RFC 4515); what is usual, where nobody says.
    #[serde(default)]
    pub filter: Option<String>,
    /// Distinguished names of groups whose members are privileged.
    #[serde(default)]
    pub privileged_groups: Vec<String>,
    /// A file of authorities (PEM) that are trusted beside the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
    /// Speak without TLS, on loopback only.
    #[serde(default)]
    pub plain_on_loopback: bool,
}

/// A directory that can be asked.
#[derive(Debug)]
pub enum Connected {
    /// A file.
    Csv(CsvFile),
    /// A server that speaks LDAP.
    Ldap(Box<LdapDirectory>),
    /// A service that speaks SCIM.
    Scim(Box<ScimDirectory>),
}

impl Connected {
    /// What reads it.
    pub fn reading(&self) -> &dyn Directory {
        match self {
            Self::Csv(directory) => directory,
            Self::Ldap(directory) => &**directory,
            Self::Scim(directory) => &**directory,
        }
    }

    /// What acts in it, where that can be done.
    pub fn acting(&self) -> Option<&dyn Neutralise> {
        match self {
            Self::Csv(_) => None,
            Self::Ldap(directory) => Some(&**directory),
            Self::Scim(directory) => Some(&**directory),
        }
    }
}

impl DirectorySettings {
    /// Reads what stands in the store.
    ///
    /// # Errors
    /// When it is not what this program writes.
    pub fn parse(document: &str) -> Result<Self, MonitorError> {
        serde_json::from_str(document).map_err(|cause| MonitorError::Directories(cause.to_string()))
    }

    /// As it stands in the store.
    pub fn to_text(&self) -> String {
        // Texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::ActiveDirectory(_) => "active-directory",
            Self::Ldap(_) => "ldap",
            Self::Scim { .. } => "scim",
        }
    }

    /// Makes it ready to be asked; nothing is connected yet.
    ///
    /// # Errors
    /// When a file of a secret cannot be read, or the settings cannot be.
    pub fn connect(&self) -> Result<Connected, MonitorError> {
        Ok(match self {
            Self::Csv { file } => Connected::Csv(CsvFile::new(file)),
            Self::ActiveDirectory(ldap) => ldap.connect(Flavour::ActiveDirectory)?,
            Self::Ldap(ldap) => ldap.connect(Flavour::OpenLdap)?,
            Self::Scim { url, token_file, privileged_groups, authorities } => {
                let mut settings = ScimSettings::new(url, secret_in(token_file)?);
                settings.privileged_groups.clone_from(privileged_groups);
                // The operator names it himself.
                let mut client = ClientSettings::new(Reach::Anywhere);
                client.authorities.clone_from(authorities);
                let client =
                    Client::new(&client).map_err(|error| MonitorError::Directories(error.to_string()))?;
                Connected::Scim(Box::new(ScimDirectory::new(client, settings)?))
            }
        })
    }
}

impl Ldap {
    fn connect(&self, flavour: Flavour) -> Result<Connected, MonitorError> {
        let mut settings = LdapSettings::new(&self.url, &self.base, flavour);
        settings.bind_name.clone_from(&self.bind_name);
        settings.bind_password = secret_in(&self.password_file)?;
        settings.privileged_groups.clone_from(&self.privileged_groups);
        settings.extra_ca.clone_from(&self.authorities);
        if let Some(filter) = &self.filter {
            settings.filter.clone_from(filter);
        }
        if self.plain_on_loopback {
            settings.protection = Protection::PlainOnLoopback;
        }
        Ok(Connected::Ldap(Box::new(LdapDirectory::new(settings)?)))
    }
}

/// The secret in a file: its first line.
fn secret_in(file: &Path) -> Result<Secret<String>, MonitorError> {
    let text = Secret::new(
        std::fs::read_to_string(file)
            .map_err(|cause| MonitorError::SecretFile { file: file.to_owned(), cause })?,
    );
    Ok(Secret::new(text.expose().lines().next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back() {
        let ldap = Ldap {
            url: "ldaps://dc.suigen.example".to_owned(),
            base: "DC=suigen,DC=example".to_owned(),
            bind_name: "mizumori@suigen.example".to_owned(),
            password_file: "/run/secrets/ldap".into(),
            filter: None,
            privileged_groups: vec!["CN=Domain Admins,CN=Users,DC=suigen,DC=example".to_owned()],
            authorities: None,
            plain_on_loopback: false,
        };
        for settings in [
            DirectorySettings::Csv { file: "people.csv".into() },
            DirectorySettings::ActiveDirectory(ldap.clone()),
            DirectorySettings::Ldap(ldap),
            DirectorySettings::Scim {
                url: "https://id.suigen.example/scim/v2".to_owned(),
                token_file: "/run/secrets/scim".into(),
                privileged_groups: Vec::new(),
                authorities: None,
            },
        ] {
            let text = settings.to_text();
            assert!(text.contains(settings.kind()), "{text}");
            assert_eq!(DirectorySettings::parse(&text).unwrap(), settings);
        }
        assert!(DirectorySettings::parse("{}").is_err());
        let missing = DirectorySettings::Scim {
            url: "https://id.suigen.example".to_owned(),
            token_file: "/nowhere/at/all".into(),
            privileged_groups: Vec::new(),
            authorities: None,
        };
        assert!(matches!(missing.connect(), Err(MonitorError::SecretFile { .. })));
    }
}
