//! LDAP against OpenLDAP's server.

mod act;
mod groups;
mod protection;
mod read;

use mizumori_core::Secret;
use mizumori_directory::ldap::{Flavour, LdapDirectory, LdapSettings};
use mizumori_test_servers::Slapd;
use tempfile::NamedTempFile;

/// Settings for the service account over LDAPS.
fn settings(server: &Slapd, authority: &NamedTempFile) -> LdapSettings {
    LdapSettings {
        extra_ca: Some(authority.path().to_owned()),
        bind_name: Slapd::SERVICE.to_owned(),
        bind_password: Secret::new(Slapd::PASSWORD.to_owned()),
        ..LdapSettings::new(server.tls_url(), Slapd::BASE, Flavour::OpenLdap)
    }
}

/// The directory of these settings.
fn directory(settings: LdapSettings) -> LdapDirectory {
    LdapDirectory::new(settings).unwrap()
}
