//! What is read of a directory: everything that an entry says, in pages, however many.

use std::fmt::Write;
use std::time::Duration;

use mizumori_core::Lang;
use mizumori_directory::ldap::{Attributes, Flavour, LdapSettings};
use mizumori_directory::{
    Directory, DirectoryError, Lookup, OddityKind, Privilege, SecondFactor, Standing, Whom,
};
use mizumori_test_servers::{Certificate, Slapd, SlapdLimit, Validity};

use super::{directory, settings};
use crate::ask::{addresses, all, authority, by_address, unix};

const PEOPLE: &str = "\
dn: uid=taro,dc=suigen,dc=example
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
uid: taro
cn: Taro Suigen
sn: Suigen
displayName: Suigen Taro
displayName;lang-ja: 水源 太郎
preferredLanguage: ja, en;q=0.5
mail: Taro@suigen.example
mailLocalAddress: info@suigen.example
mailLocalAddress: taro@old.suigen.example
mailRoutingAddress: taro@home.example
manager: uid=hanako, dc=suigen, dc=example
carLicense: otp
userPassword: an-invented-secret
pwdChangedTime: 20200102030405Z
createTimestamp: 20190102030405Z

dn: uid=hanako,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: hanako
cn: Hanako
sn: Suigen
mail: hanako@suigen.example
pwdReset: TRUE

dn: uid=jiro,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: jiro
cn: Jiro
sn: Suigen
mail: jiro@suigen.example
mail: no address
carLicense: FALSE
pwdAccountLockedTime: 000001010000Z

dn: uid=shared,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: shared
cn: Shared mailbox
sn: Suigen
mail: info@suigen.example
secretary: uid=taro,dc=suigen,dc=example
secretary: uid=gone,dc=suigen,dc=example

dn: uid=daemon,dc=suigen,dc=example
objectClass: account
objectClass: posixAccount
objectClass: shadowAccount
uid: daemon
cn: A service
uidNumber: 1000
gidNumber: 1000
homeDirectory: /nowhere
shadowLastChange: 0
";

pub(super) const GROUPS: &str = "\
dn: cn=admins,dc=suigen,dc=example
changetype: add
objectClass: groupOfNames
cn: admins
member: cn=keepers,dc=suigen,dc=example

dn: cn=keepers,dc=suigen,dc=example
changetype: add
objectClass: groupOfNames
cn: keepers
member: uid=hanako,dc=suigen,dc=example
member: cn=admins,dc=suigen,dc=example

dn: cn=machines,dc=suigen,dc=example
changetype: add
objectClass: posixGroup
cn: machines
gidNumber: 1
memberUid: daemon
";

fn rich(settings: LdapSettings) -> LdapSettings {
    LdapSettings {
        attributes: Attributes {
            second_factor: Some("carLicense".into()),
            other_address: Some("mailRoutingAddress".into()),
            keepers: Some("secretary".into()),
            ..Attributes::of(Flavour::OpenLdap)
        },
        privileged_groups: vec![
            "cn=admins,dc=suigen,dc=example".into(),
            "cn=machines,dc=suigen,dc=example".into(),
        ],
        page: 2,
        ..settings
    }
}

#[tokio::test]
async fn everything_that_an_entry_says() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(PEOPLE).unwrap();
    server.apply(GROUPS).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(rich(settings(&server, &authority)));
    let (entries, oddities) = all(&directory).await.unwrap();
    assert_eq!(entries.len(), 5);
    let named = |login: &str| entries.iter().find(|entry| entry.login.as_deref() == Some(login)).unwrap();

    let taro = named("taro");
    let all = ["taro@suigen.example", "info@suigen.example", "taro@old.suigen.example"];
    assert_eq!(addresses(taro), all);
    let names = taro.names.as_ref().unwrap();
    assert_eq!((names.ja.as_str(), names.en.as_str()), ("水源 太郎", "Suigen Taro"));
    assert_eq!(taro.lang, Some(Lang::Ja));
    assert_eq!((taro.standing, taro.must_change), (Standing::Enabled, false));
    assert_eq!(taro.second_factor, SecondFactor::Present);
    assert_eq!(unix(taro.held_since), Some(1_546_398_245));
    assert_eq!(unix(taro.password_changed_at), Some(1_577_934_245));
    assert_eq!(taro.privilege, Privilege::Ordinary);
    assert_eq!(taro.superior, named("hanako").addresses.first().cloned());
    assert!(taro.other_address.is_some());

    let hanako = named("hanako");
    assert_eq!((hanako.privilege, hanako.must_change), (Privilege::Privileged, true));
    assert_eq!(hanako.groups.known(), ["cn=keepers,dc=suigen,dc=example"]);
    assert!(!hanako.groups.tell_of("others"), "it names those only in which it is directly");
    assert_eq!(hanako.second_factor, SecondFactor::Absent);
    assert!(hanako.password_changed_at.is_none() && hanako.held_since.is_some());

    let jiro = named("jiro");
    assert_eq!((jiro.standing, jiro.second_factor), (Standing::Disabled, SecondFactor::Absent));
    assert_eq!(named("shared").keepers, [taro.primary().unwrap().clone()]);
    let daemon = named("daemon");
    assert!(daemon.addresses.is_empty() && daemon.must_change);
    assert_eq!(daemon.privilege, Privilege::Privileged);

    let mut kinds: Vec<(String, OddityKind)> = oddities
        .iter()
        .map(|odd| {
            let entry = entries.iter().find(|entry| Some(&entry.id) == odd.id.as_ref()).unwrap();
            (entry.login.clone().unwrap(), odd.kind)
        })
        .collect();
    kinds.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        kinds,
        [
            ("jiro".to_owned(), OddityKind::BadAddress("addresses")),
            ("shared".to_owned(), OddityKind::NoSuchPerson("keepers")),
            ("shared".to_owned(), OddityKind::AddressAgain),
        ]
    );

    // One at a time they say the same.
    for entry in &entries {
        assert_eq!(directory.entry(&Whom::from(entry.id.clone())).await.unwrap().as_ref(), Some(entry));
    }
    let found = directory.entry(&by_address("taro@old.suigen.example")).await.unwrap();
    assert_eq!(found.as_ref(), Some(taro));
    assert_eq!(directory.entry(&by_address("nobody@suigen.example")).await.unwrap(), None);
    let several = directory.entry(&by_address("info@suigen.example")).await.unwrap_err();
    assert!(matches!(several, DirectoryError::Ambiguous { what: "address", .. }), "{several:?}");
}

/// People, each with an address and an alias; every hundredth has its neighbour's address too.
fn many(people: usize) -> String {
    let mut ldif = String::new();
    for number in 1..=people {
        let superior = number.div_ceil(100);
        write!(
            ldif,
            "dn: uid=p{number},dc=suigen,dc=example\nobjectClass: inetOrgPerson\n\
             objectClass: inetLocalMailRecipient\nuid: p{number}\ncn: p\nsn: p\n\
             mail: p{number}@suigen.example\nmailLocalAddress: alias{number}@suigen.example\n\
             manager: uid=p{superior},dc=suigen,dc=example\n"
        )
        .unwrap();
        if number % 100 == 0 {
            writeln!(ldif, "mailLocalAddress: p{}@suigen.example", number - 1).unwrap();
        }
        ldif.push('\n');
    }
    ldif
}

#[tokio::test]
async fn fifty_thousand_in_pages() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&many(50_000)).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(LdapSettings { page: 1000, ..settings(&server, &authority) });
    let mut pages = directory.pages().await.unwrap();
    let (mut entries, mut superiors, mut again, mut read) = (0, 0, 0, 0);
    while let Some(page) = pages.next().await.unwrap() {
        assert!(page.entries.len() <= 1000);
        read += 1;
        entries += page.entries.len();
        superiors += page.entries.iter().filter(|entry| entry.superior.is_some()).count();
        assert!(page.oddities.iter().all(|odd| odd.kind == OddityKind::AddressAgain));
        again += page.oddities.len();
    }
    assert_eq!((entries, superiors, again), (50_000, 50_000, 500));
    assert!((50..=51).contains(&read), "{read}");
    assert!(pages.next().await.unwrap().is_none(), "it stays at its end");
}

#[tokio::test]
async fn a_limit_of_the_server_is_no_end() {
    if Slapd::is_left_out() {
        return;
    }
    let certificate = Certificate::of_loopback(Validity::Now).unwrap();
    let server = Slapd::start_with(&many(300), SlapdLimit::Entries(100), certificate).unwrap();
    let authority = authority(server.ca_pem());
    for page in [60, 200] {
        let directory = directory(LdapSettings { page, ..settings(&server, &authority) });
        let error = all(&directory).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
        assert!(directory.entry(&by_address("p300@suigen.example")).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_server_that_goes_away_meanwhile() {
    if Slapd::is_left_out() {
        return;
    }
    let mut server = Slapd::start(&many(30)).unwrap();
    let authority = authority(server.ca_pem());
    let directory = directory(LdapSettings { page: 10, ..settings(&server, &authority) });
    let mut pages = directory.pages().await.unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().entries.len(), 10);
    server.stop().unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
    assert_eq!(error.try_again(), Some(None));
    assert!(pages.next().await.unwrap().is_none());
    let error = directory.pages().await.err().unwrap();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
    server.restart().unwrap();
    assert_eq!(all(&directory).await.unwrap().0.len(), 30);
}

#[tokio::test]
async fn a_server_that_is_killed_or_stands_still_meanwhile() {
    if Slapd::is_left_out() {
        return;
    }
    let mut server = Slapd::start(&many(30)).unwrap();
    let authority = authority(server.ca_pem());
    let usual = LdapSettings { page: 10, ..settings(&server, &authority) };
    let mut pages = directory(usual.clone()).pages().await.unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().entries.len(), 10);
    server.kill().unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
    assert!(pages.next().await.unwrap().is_none(), "it is over");
    server.restart().unwrap();

    // So much patience as a busy machine needs to begin, and no more.
    let hasty = LdapSettings { timeout: Duration::from_secs(5), ..usual.clone() };
    let mut pages = directory(hasty).pages().await.unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().entries.len(), 10);
    server.freeze().unwrap();
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error, DirectoryError::TimedOut { .. }), "{error:?}");
    assert_eq!(error.try_again(), Some(None));
    server.thaw().unwrap();
    assert_eq!(all(&directory(usual)).await.unwrap().0.len(), 30);
}
