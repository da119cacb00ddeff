//! Mails, servers and clients as the tests need them.

use std::io::Write;
use std::time::{Duration, SystemTime};

use mizumori_core::{Lang, Secret};
use mizumori_outbound::{Allowed, Client, ClientSettings, Reach, Schemes};
use mizumori_respond::mail::{Login, Mail, MailAddress, MailServer, MailSettings, Security};
use mizumori_respond::{Delivery, Tlp};
use mizumori_test_servers::{FaultySmtp, Smtp};
use tempfile::NamedTempFile;

/// Longer than anything takes that is to work.
pub(crate) const LONG: Duration = Duration::from_secs(120);
/// For what is to run out of time.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

/// A mail to somebody, with everything in it.
pub(crate) fn mail(to: &str, number: usize) -> Mail {
    Mail {
        id: format!("f1.{number}@suigen.example").parse().unwrap(),
        thread: Vec::new(),
        from: MailAddress::new("mizumori@suigen.example").unwrap().named("水源省 情報システム課"),
        reply_to: None,
        to: MailAddress::new(to).unwrap().named("水源 太郎"),
        date: SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000),
        lang: Lang::Ja,
        tlp: Tlp::AmberStrict,
        subject: "【要対応】水源省：アカウント情報の漏えいのお知らせ（SG-2026-0001）".to_owned(),
        text: "水源省からのお知らせです。\n.\n.dots\nFrom here\n終わり\n".to_owned(),
        html: Some("<p>水源省からのお知らせです。</p>\n".to_owned()),
    }
}

/// A file with an authority in it; it goes with the value.
pub(crate) fn authority(pem: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    file
}

/// Settings for a server that is trusted by its authority, in which nothing is in a hurry.
pub(crate) fn settings(port: u16, security: Security, authority: &NamedTempFile) -> MailSettings {
    // Whoever comes first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut settings = MailSettings::new("localhost", port);
    settings.security = security;
    settings.authorities = Some(authority.path().to_owned());
    settings.hello = Some("mizumori.example".to_owned());
    settings.connect_timeout = LONG;
    settings.timeout = LONG;
    settings
}

/// As whom the real server lets us in.
pub(crate) fn login() -> Option<Login> {
    Some(Login { user: Smtp::USER.to_owned(), password: Secret::new(Smtp::PASSWORD.to_owned()) })
}

/// The real server, by STARTTLS.
pub(crate) fn real(server: &Smtp) -> MailServer {
    let mut settings = settings(server.port(), Security::StartTls, &authority(server.ca_pem()));
    settings.login = login();
    prepared(settings, server.ca_pem())
}

/// The one that fails, by STARTTLS and with a login.
pub(crate) fn faulty(server: &FaultySmtp, timeout: Duration) -> MailServer {
    let mut settings = settings(server.port(), Security::StartTls, &authority(server.ca_pem()));
    settings.login = login();
    settings.connect_timeout = timeout;
    settings.timeout = timeout;
    prepared(settings, server.ca_pem())
}

/// A server with these settings, whose authority is read at once.
pub(crate) fn prepared(mut settings: MailSettings, ca_pem: &str) -> MailServer {
    let file = authority(ca_pem);
    settings.authorities = Some(file.path().to_owned());
    MailServer::new(settings, Vec::new()).unwrap()
}

/// A client for a tenant's addresses, to which this machine is open.
pub(crate) fn client(timeout: Duration) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let allowed: Allowed = "127.0.0.1".parse().unwrap();
    let settings = ClientSettings {
        schemes: Schemes::HttpsAndHttp,
        allowed: vec![allowed],
        timeout,
        ..ClientSettings::new(Reach::Public)
    };
    Client::new(&settings).unwrap()
}

/// What became of an attempt, in a word, and why.
pub(crate) fn told(delivery: &Delivery) -> (&'static str, String) {
    let why = delivery.why().map(ToString::to_string).unwrap_or_default();
    match delivery {
        Delivery::Accepted => ("accepted", why),
        Delivery::Later { .. } => ("later", why),
        Delivery::Never { .. } => ("never", why),
    }
}

/// Whether it came to that, and says why.
pub(crate) fn check(delivery: &Delivery, what: &str, part: &str) {
    let (found, why) = told(delivery);
    assert!(found == what && why.contains(part), "{found}: {why}, and not {what}: {part}");
    assert!(!why.contains('@') && !why.contains(Smtp::PASSWORD), "{why}");
}
