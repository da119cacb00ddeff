//! What has to be known of an LDAP server.

use std::path::PathBuf;

use mizumori_directory::ldap::{Flavour, LdapDirectory, LdapSettings, Protection};
use serde::{Deserialize, Serialize};

use super::Connected;
use crate::error::MonitorError;
use crate::secret_file::secret_in;

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

impl Ldap {
    pub(super) fn connect(&self, flavour: Flavour, groups: &[String]) -> Result<Connected, MonitorError> {
        let mut settings = LdapSettings::new(&self.url, &self.base, flavour);
        settings.bind_name.clone_from(&self.bind_name);
        settings.bind_password = secret_in(&self.password_file)?;
        settings.privileged_groups.clone_from(&self.privileged_groups);
        settings.groups = groups.to_vec();
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
