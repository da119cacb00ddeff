//! What has to be known of an organisation's directory, as it stands in the store: no secret, only the files in which they lie.

mod ldap;
mod services;

use std::path::PathBuf;

use mizumori_directory::google::GoogleDirectory;
use mizumori_directory::graph::GraphDirectory;
use mizumori_directory::keycloak::KeycloakDirectory;
use mizumori_directory::ldap::{Flavour, LdapDirectory};
use mizumori_directory::okta::OktaDirectory;
use mizumori_directory::scim::{ScimDirectory, ScimSettings};
use mizumori_directory::{Action, CsvFile, Directory, Neutralise};
use serde::{Deserialize, Serialize};

pub use ldap::Ldap;
pub use services::{Google, Graph, Keycloak, Okta, OktaKey};

use crate::error::MonitorError;
use crate::secret_file::secret_in;
use services::client;

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
    /// Microsoft Entra ID, over Microsoft Graph.
    Graph(Graph),
    /// Google Workspace.
    Google(Google),
    /// Okta.
    Okta(Okta),
    /// Keycloak.
    Keycloak(Keycloak),
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
    /// Microsoft Graph.
    Graph(Box<GraphDirectory>),
    /// Google Workspace.
    Google(Box<GoogleDirectory>),
    /// Okta.
    Okta(Box<OktaDirectory>),
    /// Keycloak.
    Keycloak(Box<KeycloakDirectory>),
}

impl Connected {
    /// What reads it.
    pub fn reading(&self) -> &dyn Directory {
        match self {
            Self::Csv(directory) => directory,
            Self::Ldap(directory) => &**directory,
            Self::Scim(directory) => &**directory,
            Self::Graph(directory) => &**directory,
            Self::Google(directory) => &**directory,
            Self::Okta(directory) => &**directory,
            Self::Keycloak(directory) => &**directory,
        }
    }

    /// What acts in it, where that can be done.
    pub fn acting(&self) -> Option<&dyn Neutralise> {
        match self {
            Self::Csv(_) => None,
            Self::Ldap(directory) => Some(&**directory),
            Self::Scim(directory) => Some(&**directory),
            Self::Graph(directory) => Some(&**directory),
            Self::Google(directory) => Some(&**directory),
            Self::Okta(directory) => Some(&**directory),
            Self::Keycloak(directory) => Some(&**directory),
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
            Self::Graph(_) => "graph",
            Self::Google(_) => "google",
            Self::Okta(_) => "okta",
            Self::Keycloak(_) => "keycloak",
        }
    }

    /// What can be done in a directory of its kind.
    pub(crate) const fn actions(&self) -> &'static [Action] {
        match self {
            Self::Csv { .. } => &[],
            Self::ActiveDirectory(_) | Self::Ldap(_) => &[Action::ForceChange, Action::Disable],
            Self::Scim { .. } => &[Action::Disable],
            Self::Graph(_) | Self::Google(_) | Self::Okta(_) | Self::Keycloak(_) => &Action::ALL,
        }
    }

    /// Makes it ready to be asked, also who is in groups of these names; nothing is connected yet.
    ///
    /// # Errors
    /// When a file of a secret cannot be read, or the settings cannot be.
    pub fn connect(&self, groups: &[String]) -> Result<Connected, MonitorError> {
        Ok(match self {
            Self::Csv { file } => Connected::Csv(CsvFile::new(file)),
            Self::ActiveDirectory(ldap) => ldap.connect(Flavour::ActiveDirectory, groups)?,
            Self::Ldap(ldap) => ldap.connect(Flavour::OpenLdap, groups)?,
            Self::Scim { url, token_file, privileged_groups, authorities } => {
                let mut settings = ScimSettings::new(url, secret_in(token_file)?);
                settings.privileged_groups.clone_from(privileged_groups);
                settings.groups = groups.to_vec();
                let client = client(authorities.as_deref())?;
                Connected::Scim(Box::new(ScimDirectory::new(client, settings)?))
            }
            Self::Graph(graph) => graph.connect(groups)?,
            Self::Google(google) => google.connect(groups)?,
            Self::Okta(okta) => okta.connect(groups)?,
            Self::Keycloak(keycloak) => keycloak.connect(groups)?,
        })
    }
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
            DirectorySettings::Graph(services::tests::graph()),
            DirectorySettings::Google(services::tests::google()),
            DirectorySettings::Okta(services::tests::okta()),
            DirectorySettings::Keycloak(services::tests::keycloak()),
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
        assert!(matches!(missing.connect(&[]), Err(MonitorError::SecretFile { .. })));
    }
}
