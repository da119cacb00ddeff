//! What has to be said of directories that are services.

use std::path::{Path, PathBuf};

use clap::Args;
use mizumori_monitor::OktaKey;

use crate::outcome::Failure;

/// A tenant of Microsoft Entra ID.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The tenant: its id or one of its domains
    #[arg(long)]
    tenant: String,
    /// The application (client) id of the app registration
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// The file of its client secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// The id of a group whose members are privileged, beside those who hold a role; may be given several times
    #[arg(long = "privileged-group", value_name = "ID")]
    privileged_groups: Vec<String>,
    /// Ask who has registered a second factor; takes AuditLog.Read.All and a licence of Entra ID P1
    #[arg(long)]
    second_factors: bool,
    #[arg(long, help = "Where Microsoft Graph is [default: https://graph.microsoft.com]")]
    url: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Where one signs on [default: https://login.microsoftonline.com]"
    )]
    sign_on_url: Option<String>,
    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A customer of Google Workspace.
#[derive(Debug, Args)]
pub(super) struct Google {
    /// The file of the service account's key (JSON), as it was downloaded
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// The address of the administrator for whom it acts
    #[arg(long = "admin", value_name = "ADDRESS")]
    administrator: String,
    /// The customer's id [default: the administrator's own]
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    #[arg(long, help = "Where the API is [default: https://admin.googleapis.com]")]
    url: Option<String>,
    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// An organisation of Okta.
#[derive(Debug, Args)]
pub(super) struct Okta {
    #[arg(long, help = "Where it is: https://NAME.okta.com")]
    url: String,
    /// The file of an API token
    #[arg(long, value_name = "FILE", required_unless_present = "key_file")]
    token_file: Option<PathBuf>,
    /// The id of a service application, in the place of a token
    #[arg(long, value_name = "ID", requires = "key_file", conflicts_with = "token_file")]
    client_id: Option<String>,
    /// The file of its key: RSA, in PEM
    #[arg(long, value_name = "FILE", requires = "client_id", conflicts_with = "token_file")]
    key_file: Option<PathBuf>,
    /// Under which id Okta has the key's public half, where it has several
    #[arg(long, value_name = "ID", requires = "key_file")]
    key_id: Option<String>,
    /// The id of a group whose members are privileged, beside administrators; may be given several times
    #[arg(long = "privileged-group", value_name = "ID")]
    privileged_groups: Vec<String>,
    /// Read who has a second factor, which takes a request for each user
    #[arg(long)]
    second_factors: bool,
    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A realm of Keycloak.
#[derive(Debug, Args)]
pub(super) struct Keycloak {
    /// What stands before /realms
    #[arg(long)]
    url: String,
    /// The realm
    #[arg(long)]
    realm: String,
    /// The client, which has a service account
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// The file of its secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// A role that makes privileged: ROLE of the realm, or CLIENT/ROLE; may be given several times
    #[arg(long = "privileged-role", value_name = "ROLE")]
    privileged_roles: Vec<String>,
    /// The path of a group whose members are privileged: /NAME; may be given several times
    #[arg(long = "privileged-group", value_name = "PATH")]
    privileged_groups: Vec<String>,
    /// The attribute with the superior's address
    #[arg(long, value_name = "NAME")]
    superior_attribute: Option<String>,
    /// The attribute with an address elsewhere
    #[arg(long, value_name = "NAME")]
    other_address_attribute: Option<String>,
    /// Authorities (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Graph {
    pub(super) fn settings(&self) -> Result<mizumori_monitor::Graph, Failure> {
        Ok(mizumori_monitor::Graph {
            tenant: self.tenant.clone(),
            client_id: self.client_id.clone(),
            secret_file: std::path::absolute(&self.secret_file)?,
            privileged_groups: self.privileged_groups.clone(),
            second_factors: self.second_factors,
            url: self.url.clone(),
            sign_on_url: self.sign_on_url.clone(),
            authorities: absolute(self.ca.as_deref())?,
        })
    }
}

impl Google {
    pub(super) fn settings(&self) -> Result<mizumori_monitor::Google, Failure> {
        Ok(mizumori_monitor::Google {
            key_file: std::path::absolute(&self.key_file)?,
            administrator: self.administrator.clone(),
            customer: self.customer.clone(),
            url: self.url.clone(),
            authorities: absolute(self.ca.as_deref())?,
        })
    }
}

impl Okta {
    pub(super) fn settings(&self) -> Result<mizumori_monitor::Okta, Failure> {
        let key = match (&self.client_id, &self.key_file) {
            (Some(client_id), Some(key_file)) => Some(OktaKey {
                client_id: client_id.clone(),
                key_file: std::path::absolute(key_file)?,
                key_id: self.key_id.clone(),
            }),
            _ => None,
        };
        Ok(mizumori_monitor::Okta {
            url: self.url.clone(),
            token_file: absolute(self.token_file.as_deref())?,
            key,
            privileged_groups: self.privileged_groups.clone(),
            second_factors: self.second_factors,
            authorities: absolute(self.ca.as_deref())?,
        })
    }
}

impl Keycloak {
    pub(super) fn settings(&self) -> Result<mizumori_monitor::Keycloak, Failure> {
        Ok(mizumori_monitor::Keycloak {
            url: self.url.clone(),
            realm: self.realm.clone(),
            client_id: self.client_id.clone(),
            secret_file: std::path::absolute(&self.secret_file)?,
            privileged_roles: self.privileged_roles.clone(),
            privileged_groups: self.privileged_groups.clone(),
            superior_attribute: self.superior_attribute.clone(),
            other_address_attribute: self.other_address_attribute.clone(),
            authorities: absolute(self.ca.as_deref())?,
        })
    }
}

fn absolute(path: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    Ok(path.map(std::path::absolute).transpose()?)
}
