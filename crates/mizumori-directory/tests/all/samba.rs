//! LDAP against Active Directory, as Samba does it. One domain serves all tests, each with people of its own.

use std::sync::OnceLock;
use std::time::Duration;

use mizumori_core::{Lang, Secret};
use mizumori_directory::ldap::{Flavour, LdapDirectory, LdapSettings, Protection};
use mizumori_directory::{
    Directory, DirectoryError, Lookup, Neutralise, OddityKind, Outcome, Privilege, Standing, Whom,
};
use mizumori_test_servers::Samba;
use tempfile::NamedTempFile;

use crate::ask::{addresses, all, authority, by_address};

const FIRST: &str = "Another-invented-1";

/// The domain, and the file of the authority that it is certified by; `None` where tests do without it.
fn domain() -> Option<&'static (Samba, NamedTempFile)> {
    static DOMAIN: OnceLock<(Samba, NamedTempFile)> = OnceLock::new();
    (!Samba::is_left_out()).then(|| {
        DOMAIN.get_or_init(|| {
            let server = Samba::start().unwrap();
            let file = authority(server.ca_pem());
            (server, file)
        })
    })
}

fn settings((server, authority): &(Samba, NamedTempFile)) -> LdapSettings {
    LdapSettings {
        extra_ca: Some(authority.path().to_owned()),
        bind_name: Samba::ADMIN.to_owned(),
        bind_password: Secret::new(Samba::PASSWORD.to_owned()),
        ..LdapSettings::new(server.tls_url(), Samba::BASE, Flavour::ActiveDirectory)
    }
}

fn directory(settings: LdapSettings) -> LdapDirectory {
    LdapDirectory::new(settings).unwrap()
}

fn replace(server: &Samba, name: &str, attribute: &str, value: &str) {
    server
        .apply(&format!("dn: {name}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"))
        .unwrap();
}

#[tokio::test]
async fn everything_that_an_entry_says() {
    let Some(domain) = domain() else { return };
    let server = &domain.0;
    let hanako = server.add_person("hanako", FIRST, "mail: hanako@suigen.example\n").unwrap();
    server
        .add_person(
            "taro",
            FIRST,
            &format!(
                "mail: old@suigen.example\nproxyAddresses: smtp:old@suigen.example\n\
                 proxyAddresses: SMTP:Taro@suigen.example\nproxyAddresses: sip:taro@suigen.example\n\
                 displayName: Suigen Taro\npreferredLanguage: ja-JP\nmanager: {hanako}\n"
            ),
        )
        .unwrap();
    let (inner, outer) = (format!("CN=inner,{}", Samba::USERS), format!("CN=outer,{}", Samba::USERS));
    for (group, member) in [(&inner, &hanako), (&outer, &inner)] {
        server
            .apply(&format!("dn: {group}\nchangetype: add\nobjectClass: group\nmember: {member}\n"))
            .unwrap();
    }
    let directory = directory(LdapSettings {
        page: 2,
        privileged_groups: vec![outer],
        groups: vec!["OUTER".to_owned(), "nowhere".to_owned()],
        ..settings(domain)
    });
    let (entries, oddities) = all(&directory).await.unwrap();
    assert!(oddities.iter().all(|odd| odd.kind != OddityKind::Elsewhere), "{oddities:?}");
    let named = |login: &str| entries.iter().find(|entry| entry.login.as_deref() == Some(login)).unwrap();

    let taro = named("taro");
    let expected = ["taro@suigen.example", "old@suigen.example", "taro@ad.suigen.example"];
    assert_eq!(addresses(taro), expected);
    assert_eq!(taro.names.as_ref().unwrap().en, "Suigen Taro");
    assert_eq!(taro.lang, Some(Lang::Ja));
    assert_eq!((taro.standing, taro.must_change), (Standing::Enabled, false));
    assert_eq!(taro.privilege, Privilege::Ordinary);
    assert!(taro.held_since.is_some() && taro.password_changed_at.is_some());
    assert_eq!(taro.superior.as_ref(), named("hanako").primary());
    assert_eq!(named("hanako").privilege, Privilege::Privileged, "through a group in a group");
    let known = |login| named(login).groups.known();
    assert_eq!(known("hanako"), [&*inner, "OUTER"], "nested ones by asking");
    assert_eq!(known("taro"), [""; 0]);
    assert!(taro.groups.tell_of("nowhere") && !taro.groups.tell_of("inner"));
    assert_eq!(named("Administrator").privilege, Privilege::Privileged, "by adminCount");
    assert_eq!(named("Guest").standing, Standing::Disabled);

    for login in ["taro", "hanako", "Administrator"] {
        let entry = named(login);
        let found = directory.entry(&Whom::from(entry.id.clone())).await.unwrap();
        assert_eq!(found.as_ref().map(|found| found.privilege), Some(entry.privilege), "{login}");
        assert_eq!(found.map(|found| found.addresses).as_ref(), Some(&entry.addresses));
    }
    for address in expected {
        let found = directory.entry(&by_address(address)).await.unwrap().unwrap();
        assert_eq!(found.id, taro.id, "{address}");
    }
}

#[tokio::test]
async fn a_primary_group_is_one_of_somebodys_groups() {
    let Some(domain) = domain() else { return };
    let server = &domain.0;
    let name = server.add_person("visitor", FIRST, "").unwrap();
    let guests = format!("CN=Domain Guests,{}", Samba::USERS);
    let around = format!("CN=around,{}", Samba::USERS);
    server
        .apply(&format!(
            "dn: {guests}\nchangetype: modify\nadd: member\nmember: {name}\n\n\
             dn: {around}\nchangetype: add\nobjectClass: group\nmember: {guests}\n"
        ))
        .unwrap();
    replace(server, &name, "primaryGroupID", "514");
    let groups = ["domain guests", "around", "Domain Admins"].map(str::to_owned).into();
    let directory = directory(LdapSettings { groups, ..settings(domain) });
    let whom = by_address("visitor@ad.suigen.example");
    let alone = directory.entry(&whom).await.unwrap().unwrap();
    // What was his primary group before is one like others now.
    let users = format!("CN=Domain Users,{}", Samba::USERS);
    assert_eq!(alone.groups.known(), [&*users, "domain guests", "around"]);
    let (entries, _) = all(&directory).await.unwrap();
    assert_eq!(entries.into_iter().find(|entry| entry.id == alone.id).unwrap().groups, alone.groups);

    let gone = vec![format!("CN=gone,{}", Samba::USERS)];
    let directory = self::directory(LdapSettings { privileged_groups: gone, ..settings(domain) });
    for error in [directory.entry(&whom).await.unwrap_err(), directory.pages().await.err().unwrap()] {
        assert!(matches!(error, DirectoryError::Missing { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_change_is_forced_and_made() {
    let Some(domain) = domain() else { return };
    let server = &domain.0;
    let name = server.add_person("forced", FIRST, "").unwrap();
    let directory = directory(settings(domain));
    let whom = by_address("forced@ad.suigen.example");
    let before = directory.entry(&whom).await.unwrap().unwrap();
    assert!(!before.must_change && before.password_changed_at.is_some());
    assert_eq!(server.sign_in(&name, FIRST).unwrap(), None);
    for _ in 0..2 {
        assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::Done);
    }
    let forced = directory.entry(&whom).await.unwrap().unwrap();
    assert!(forced.must_change && forced.password_changed_at.is_none());
    let refused = server.sign_in(&name, FIRST).unwrap().unwrap();
    assert!(refused.contains("773"), "the password has to be changed: {refused}");

    server.set_password(&name, "Yet-another-invented-1").unwrap();
    let changed = directory.entry(&whom).await.unwrap().unwrap();
    assert!(!changed.must_change && changed.password_changed_at > before.password_changed_at);
    assert_eq!(server.sign_in(&name, "Yet-another-invented-1").unwrap(), None);
}

#[tokio::test]
async fn a_password_that_never_expires_is_exempt() {
    let Some(domain) = domain() else { return };
    let name = domain.0.add_person("exempt", FIRST, "").unwrap();
    replace(&domain.0, &name, "userAccountControl", "66048");
    let directory = directory(settings(domain));
    let whom = by_address("exempt@ad.suigen.example");
    assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::Exempt);
    let entry = directory.entry(&whom).await.unwrap().unwrap();
    assert!(!entry.must_change && entry.password_changed_at.is_some(), "nothing was done");
}

#[tokio::test]
async fn an_account_is_disabled_and_keeps_its_other_flags() {
    let Some(domain) = domain() else { return };
    let name = domain.0.add_person("disabled", FIRST, "").unwrap();
    replace(&domain.0, &name, "userAccountControl", "66048");
    let directory = directory(settings(domain));
    let whom = by_address("disabled@ad.suigen.example");
    assert_eq!(domain.0.sign_in(&name, FIRST).unwrap(), None);
    for _ in 0..2 {
        assert_eq!(directory.disable(&whom).await.unwrap(), Outcome::Done);
    }
    assert_eq!(directory.entry(&whom).await.unwrap().unwrap().standing, Standing::Disabled);
    assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::Exempt, "the flag is still there");
    let refused = domain.0.sign_in(&name, FIRST).unwrap().unwrap();
    assert!(refused.contains("533"), "the account is disabled: {refused}");
    assert_eq!(directory.end_sessions(&whom).await.unwrap(), Outcome::NotSupported);
}

#[tokio::test]
async fn moved_it_is_the_same_and_deleted_it_is_gone() {
    let Some(domain) = domain() else { return };
    let name = domain.0.add_person("moved", FIRST, "").unwrap();
    let directory = directory(settings(domain));
    let id = directory.entry(&by_address("moved@ad.suigen.example")).await.unwrap().unwrap().id;
    let whom = Whom::from(id);
    domain
        .0
        .apply(&format!(
            "dn: {name}\nchangetype: modrdn\nnewrdn: CN=elsewhere\ndeleteoldrdn: 1\nnewsuperior: {}\n",
            Samba::BASE
        ))
        .unwrap();
    assert_eq!(directory.disable(&whom).await.unwrap(), Outcome::Done);
    domain.0.apply(&format!("dn: CN=elsewhere,{}\nchangetype: delete\n", Samba::BASE)).unwrap();
    assert_eq!(directory.entry(&whom).await.unwrap(), None);
    assert_eq!(directory.force_change(&whom).await.unwrap(), Outcome::NotFound);
    assert_eq!(directory.disable(&whom).await.unwrap(), Outcome::NotFound);
}

#[tokio::test]
async fn protections_and_refusals() {
    let Some(domain) = domain() else { return };
    domain.0.add_person("weak", FIRST, "").unwrap();
    let good = settings(domain);
    let whom = by_address("weak@ad.suigen.example");
    let start_tls = LdapSettings { url: domain.0.url(), protection: Protection::StartTls, ..good.clone() };
    assert!(directory(start_tls.clone()).entry(&whom).await.unwrap().is_some());

    let plain = LdapSettings { protection: Protection::PlainOnLoopback, ..start_tls };
    let error = directory(plain).entry(&whom).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Tls { .. }), "it wants TLS: {error:?}");

    let wrong = LdapSettings { bind_password: Secret::new("canary".into()), ..good.clone() };
    let error = directory(wrong).entry(&whom).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Credentials { .. }), "{error:?}");

    let bind_name = "weak@ad.suigen.example".to_owned();
    let weak = LdapSettings { bind_name, bind_password: Secret::new(FIRST.into()), ..good.clone() };
    let weak = directory(weak);
    let administrator = Whom::from(
        all(&weak)
            .await
            .unwrap()
            .0
            .into_iter()
            .find(|one| one.login.as_deref() == Some("Administrator"))
            .unwrap()
            .id,
    );
    for outcome in [weak.force_change(&administrator).await, weak.disable(&administrator).await] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
    }

    let nobody = LdapSettings { bind_name: String::new(), bind_password: Secret::default(), ..good.clone() };
    let error = directory(nobody).entry(&whom).await.unwrap_err();
    assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");

    let elsewhere = LdapSettings { base: "DC=other,DC=example".into(), ..good };
    let error = all(&directory(elsewhere)).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Referral { .. } | DirectoryError::Missing { .. }), "{error:?}");
}

#[tokio::test]
async fn one_that_stands_still_or_is_killed_meanwhile() {
    if Samba::is_left_out() {
        return;
    }
    let server = Samba::start().unwrap();
    let file = authority(server.ca_pem());
    let mut own = (server, file);
    // So much patience as a busy machine needs to begin, and no more.
    let hasty = LdapSettings { page: 1, timeout: Duration::from_secs(20), ..settings(&own) };
    let begun = async || {
        let mut pages = directory(hasty.clone()).pages().await.unwrap();
        assert_eq!(pages.next().await.unwrap().unwrap().entries.len(), 1);
        pages
    };
    let mut pages = begun().await;
    own.0.freeze().unwrap();
    let error = pages.next().await.err().unwrap();
    assert!(matches!(error, DirectoryError::TimedOut { .. }), "{error:?}");
    own.0.thaw().unwrap();
    let mut pages = begun().await;
    own.0.kill().unwrap();
    let error = pages.next().await.err().unwrap();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
    let error = directory(hasty).pages().await.err().unwrap();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
}
