//! With whom a connection is made, and how it is protected.

use mizumori_core::Secret;
use mizumori_directory::ldap::{LdapSettings, Protection};
use mizumori_directory::{CertificateFault, DirectoryError, Lookup};
use mizumori_test_servers::{Authority, Certificate, Slapd, SlapdLimit, Validity};
use tempfile::NamedTempFile;

use super::{directory, settings};
use crate::ask::{all, authority, by_address};

async fn asked(settings: LdapSettings) -> Result<(), DirectoryError> {
    directory(settings).entry(&by_address("nobody@suigen.example")).await.map(|entry| assert_eq!(entry, None))
}

/// The same settings with StartTLS.
fn start_tls(server: &Slapd, settings: &LdapSettings) -> LdapSettings {
    LdapSettings { url: server.url(), protection: Protection::StartTls, ..settings.clone() }
}

#[tokio::test]
async fn every_protection() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start("").unwrap();
    let authority = authority(server.ca_pem());
    let tls = settings(&server, &authority);
    asked(tls.clone()).await.unwrap();
    asked(start_tls(&server, &tls)).await.unwrap();
    let by_number = tls.url.replace("localhost", "127.0.0.1");
    asked(LdapSettings { url: by_number, ..tls.clone() }).await.unwrap();
    for protection in [Protection::Plain, Protection::PlainOnLoopback] {
        asked(LdapSettings { url: server.url(), protection, extra_ca: None, ..tls.clone() }).await.unwrap();
    }
}

#[tokio::test]
async fn certificates_that_are_not_trusted() {
    if Slapd::is_left_out() {
        return;
    }
    let (ours, theirs) = (Authority::new().unwrap(), Authority::new().unwrap());
    let loopback = mizumori_test_servers::LOOPBACK;
    let trusted = authority(&ours.pem());
    for (certificate, fault) in [
        (ours.certify(loopback, Validity::Expired).unwrap(), CertificateFault::Expired),
        (ours.certify(&["other.example"], Validity::Now).unwrap(), CertificateFault::WrongName),
        (theirs.certify(loopback, Validity::Now).unwrap(), CertificateFault::UnknownIssuer),
    ] {
        let server = Slapd::start_with("", SlapdLimit::None, certificate).unwrap();
        let tls = settings(&server, &trusted);
        for settings in [start_tls(&server, &tls), tls] {
            let error = asked(settings).await.unwrap_err();
            assert!(
                matches!(error, DirectoryError::Certificate { why, .. } if why == fault),
                "{fault}: {error:?}"
            );
            assert_eq!(error.try_again(), None);
        }
    }
}

#[tokio::test]
async fn without_a_file_the_system_decides() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start("").unwrap();
    let authority = authority(server.ca_pem());
    let error = asked(LdapSettings { extra_ca: None, ..settings(&server, &authority) }).await.unwrap_err();
    let unknown = CertificateFault::UnknownIssuer;
    assert!(matches!(error, DirectoryError::Certificate { why, .. } if why == unknown), "{error:?}");
}

#[tokio::test]
async fn files_of_authorities_that_are_none() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start("").unwrap();
    let empty = NamedTempFile::new().unwrap();
    let error = asked(settings(&server, &empty)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::File { .. }), "{error:?}");
    let key = Certificate::of_loopback(Validity::Now).unwrap();
    let error = asked(settings(&server, &authority(key.key_pem()))).await.unwrap_err();
    assert!(matches!(error, DirectoryError::File { .. }), "{error:?}");
    let missing = Some(empty.path().with_extension("missing"));
    let error = asked(LdapSettings { extra_ca: missing, ..settings(&server, &empty) }).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Read { .. }), "{error:?}");
}

#[tokio::test]
async fn credentials_that_are_not_known() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start("").unwrap();
    let authority = authority(server.ca_pem());
    let good = settings(&server, &authority);
    for bad in [
        LdapSettings { bind_password: Secret::new("canary".into()), ..good.clone() },
        LdapSettings { bind_name: "cn=canary,dc=suigen,dc=example".into(), ..good.clone() },
        LdapSettings { bind_name: "canary".into(), ..good.clone() },
    ] {
        let error = asked(bad).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Credentials { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_base_that_is_not_there() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start("").unwrap();
    let authority = authority(server.ca_pem());
    let settings =
        LdapSettings { base: "ou=gone,dc=suigen,dc=example".into(), ..settings(&server, &authority) };
    let error = all(&directory(settings)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Missing { .. }), "{error:?}");
}
