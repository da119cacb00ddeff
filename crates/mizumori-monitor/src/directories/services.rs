//! What has to be known of directories that are services: where they are, and which files hold what we sign on with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mizumori_directory::google::{GoogleDirectory, GoogleSettings};
use mizumori_directory::graph::{GraphDirectory, GraphSettings, SecondFactors};
use mizumori_directory::keycloak::{KeycloakDirectory, KeycloakSettings};
use mizumori_directory::okta::{OktaCredentials, OktaDirectory, OktaSettings};
use mizumori_outbound::{Client, ClientSettings, Reach};
use serde::{Deserialize, Serialize};

use super::Connected;
use crate::error::MonitorError;
use crate::secret_file::{key_in, secret_in};

/// Bytes of an answer that are read: a page of hundreds of people, each with many addresses.
const LONGEST: usize = 16 << 20;
/// How long such a page may take.
const SLOWEST: Duration = Duration::from_secs(60);

/// A tenant of Microsoft Entra ID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// The tenant: its id or one of its domains.
    pub tenant: String,
    /// The id of the app registration.
    pub client_id: String,
    /// The file of its secret.
    pub secret_file: PathBuf,
    /// Ids of groups whose members are privileged, beside those who hold a role.
    #[serde(default)]
    pub privileged_groups: Vec<String>,
    /// Ask who has registered a second factor.
    #[serde(default)]
    pub second_factors: bool,
    /// Where Microsoft Graph is, where it is not where it usually is.
    #[serde(default)]
    pub url: Option<String>,
    /// Where one signs on, likewise.
    #[serde(default)]
    pub sign_on_url: Option<String>,
    /// A file of authorities (PEM) that are trusted beside the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

/// A customer of Google Workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// The file of the service account's key, as it was downloaded.
    pub key_file: PathBuf,
    /// The administrator for whom it acts: an address.
    pub administrator: String,
    /// The customer's id, where it is not the administrator's own.
    #[serde(default)]
    pub customer: Option<String>,
    /// Where the API is, where it is not where it usually is.
    #[serde(default)]
    pub url: Option<String>,
    /// A file of authorities (PEM) that are trusted beside the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

/// An organisation of Okta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Okta {
    /// Where it is.
    pub url: String,
    /// The file of an API token; else there is a key.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The key of a service application; else there is a token.
    #[serde(default)]
    pub key: Option<OktaKey>,
    /// Ids of groups whose members are privileged, beside administrators.
    #[serde(default)]
    pub privileged_groups: Vec<String>,
    /// Ask who has a second factor: a request for each user.
    #[serde(default)]
    pub second_factors: bool,
    /// A file of authorities (PEM) that are trusted beside the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

/// The key of a service application of Okta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OktaKey {
    /// The application's id.
    pub client_id: String,
    /// The file of the key, in PEM.
    pub key_file: PathBuf,
    /// Under which id Okta has its public half.
    #[serde(default)]
    pub key_id: Option<String>,
}

/// A realm of Keycloak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keycloak {
    /// What stands before `/realms`.
    pub url: String,
    /// The realm.
    pub realm: String,
    /// The client with a service account.
    pub client_id: String,
    /// The file of its secret.
    pub secret_file: PathBuf,
    /// Roles that make privileged: `ROLE` of the realm, or `CLIENT/ROLE`.
    #[serde(default)]
    pub privileged_roles: Vec<String>,
    /// Paths of groups whose members are privileged.
    #[serde(default)]
    pub privileged_groups: Vec<String>,
    /// The attribute with the superior's address.
    #[serde(default)]
    pub superior_attribute: Option<String>,
    /// The attribute with an address elsewhere.
    #[serde(default)]
    pub other_address_attribute: Option<String>,
    /// A file of authorities (PEM) that are trusted beside the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

impl Graph {
    pub(super) fn connect(&self, groups: &[String]) -> Result<Connected, MonitorError> {
        let secret = secret_in(&self.secret_file)?;
        let mut settings = GraphSettings::new(&self.tenant, &self.client_id, secret);
        settings.privileged_groups.clone_from(&self.privileged_groups);
        settings.groups = groups.to_vec();
        if self.second_factors {
            settings.second_factors = SecondFactors::Read;
        }
        set(&mut settings.url, self.url.as_ref());
        set(&mut settings.sign_on_url, self.sign_on_url.as_ref());
        let client = client(self.authorities.as_deref())?;
        Ok(Connected::Graph(Box::new(GraphDirectory::new(client, settings)?)))
    }
}

impl Google {
    pub(super) fn connect(&self, groups: &[String]) -> Result<Connected, MonitorError> {
        let mut settings = GoogleSettings::new(key_in(&self.key_file)?, &self.administrator);
        settings.groups = groups.to_vec();
        set(&mut settings.customer, self.customer.as_ref());
        set(&mut settings.url, self.url.as_ref());
        let client = client(self.authorities.as_deref())?;
        Ok(Connected::Google(Box::new(GoogleDirectory::new(client, settings)?)))
    }
}

impl Okta {
    pub(super) fn connect(&self, groups: &[String]) -> Result<Connected, MonitorError> {
        let credentials = match (&self.token_file, &self.key) {
            (Some(file), None) => OktaCredentials::Token(secret_in(file)?),
            (None, Some(OktaKey { client_id, key_file, key_id })) => OktaCredentials::Key {
                client_id: client_id.clone(),
                key: key_in(key_file)?,
                key_id: key_id.clone(),
            },
            _ => {
                let why = "either the file of an API token is named, or an application with its key";
                return Err(MonitorError::Directories(why.to_owned()));
            }
        };
        let mut settings = OktaSettings::new(&self.url, credentials);
        settings.privileged_groups.clone_from(&self.privileged_groups);
        settings.groups = groups.to_vec();
        if self.second_factors {
            settings.second_factors = SecondFactors::Read;
        }
        let client = client(self.authorities.as_deref())?;
        Ok(Connected::Okta(Box::new(OktaDirectory::new(client, settings)?)))
    }
}

impl Keycloak {
    pub(super) fn connect(&self, groups: &[String]) -> Result<Connected, MonitorError> {
        let secret = secret_in(&self.secret_file)?;
        let mut settings = KeycloakSettings::new(&self.url, &self.realm, &self.client_id, secret);
        settings.privileged_roles.clone_from(&self.privileged_roles);
        settings.privileged_groups.clone_from(&self.privileged_groups);
        settings.groups = groups.to_vec();
        settings.superior.clone_from(&self.superior_attribute);
        settings.other_address.clone_from(&self.other_address_attribute);
        let client = client(self.authorities.as_deref())?;
        Ok(Connected::Keycloak(Box::new(KeycloakDirectory::new(client, settings)?)))
    }
}

/// What sends requests to a service that the operator names himself.
pub(super) fn client(authorities: Option<&Path>) -> Result<Client, MonitorError> {
    let settings = ClientSettings {
        authorities: authorities.map(Path::to_owned),
        max_answer: LONGEST,
        timeout: SLOWEST,
        ..ClientSettings::new(Reach::Anywhere)
    };
    Client::new(&settings).map_err(|error| MonitorError::Directories(error.to_string()))
}

fn set(setting: &mut String, said: Option<&String>) {
    if let Some(said) = said {
        setting.clone_from(said);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn graph() -> Graph {
        Graph {
            tenant: "suigen.example".to_owned(),
            client_id: "0b0c".to_owned(),
            secret_file: "/run/secrets/graph".into(),
            privileged_groups: vec!["0a".to_owned()],
            second_factors: true,
            url: None,
            sign_on_url: None,
            authorities: None,
        }
    }

    pub(crate) fn google() -> Google {
        Google {
            key_file: "/run/secrets/google.json".into(),
            administrator: "admin@suigen.example".to_owned(),
            customer: None,
            url: None,
            authorities: None,
        }
    }

    pub(crate) fn okta() -> Okta {
        Okta {
            url: "https://suigen.okta.example".to_owned(),
            token_file: Some("/run/secrets/okta".into()),
            key: None,
            privileged_groups: Vec::new(),
            second_factors: true,
            authorities: None,
        }
    }

    pub(crate) fn keycloak() -> Keycloak {
        Keycloak {
            url: "https://sso.suigen.example".to_owned(),
            realm: "suigen".to_owned(),
            client_id: "mizumori".to_owned(),
            secret_file: "/run/secrets/keycloak".into(),
            privileged_roles: vec!["realm-management/realm-admin".to_owned()],
            privileged_groups: Vec::new(),
            superior_attribute: None,
            other_address_attribute: Some("private".to_owned()),
            authorities: None,
        }
    }

    #[test]
    fn okta_has_one_way_to_sign_on() {
        let key = OktaKey { client_id: "0oa".to_owned(), key_file: "/nowhere".into(), key_id: None };
        let both = Okta { key: Some(key.clone()), ..okta() };
        let neither = Okta { token_file: None, ..okta() };
        for wrong in [both, neither] {
            assert!(matches!(wrong.connect(&[]), Err(MonitorError::Directories(_))));
        }
        let by_key = Okta { token_file: None, key: Some(key), ..okta() };
        for missing in [by_key, okta()] {
            assert!(matches!(missing.connect(&[]), Err(MonitorError::SecretFile { .. })));
        }
    }
}
