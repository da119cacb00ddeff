//! Who is in which groups, and what it means that one may not be seen.

use std::fmt::Write;

use mizumori_core::{Groups, Secret};
use mizumori_directory::ldap::{LdapDirectory, LdapSettings};
use mizumori_directory::{Directory, DirectoryError, Entry, Lookup, Privilege, Whom};
use mizumori_test_servers::Slapd;
use tempfile::NamedTempFile;

use super::read::GROUPS;
use super::{directory, settings};
use crate::ask::{all, authority};

const PEOPLE: &str = "\
dn: uid=hanako,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: hanako
cn: Hanako
sn: Suigen

dn: uid=daemon,dc=suigen,dc=example
objectClass: account
objectClass: posixAccount
uid: daemon
cn: A service
uidNumber: 1000
gidNumber: 7
homeDirectory: /nowhere
";

fn asking(server: &Slapd, authority: &NamedTempFile, groups: &[&str]) -> LdapDirectory {
    let groups = groups.iter().map(|name| (*name).to_owned()).collect();
    directory(LdapSettings { groups, page: 3, ..settings(server, authority) })
}

/// Somebody, read with all the others; by himself he is the same.
async fn somebody(directory: &LdapDirectory, login: &str) -> Entry {
    let (entries, _) = all(directory).await.unwrap();
    let entry = entries.into_iter().find(|entry| entry.login.as_deref() == Some(login)).unwrap();
    assert_eq!(directory.entry(&Whom::from(entry.id.clone())).await.unwrap().as_ref(), Some(&entry));
    entry
}

#[tokio::test]
async fn within_others_of_one_name_and_by_number() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(PEOPLE).unwrap();
    server.apply(GROUPS).unwrap();
    let mut more = "dn: cn=owners,dc=suigen,dc=example\nchangetype: add\nobjectClass: posixGroup\n\
                    cn: owners\ngidNumber: 7\n\n"
        .to_owned();
    // More of one name than a look-up brings. He is in the last one.
    for number in 0..12 {
        let member = if number == 11 { "daemon" } else { "hanako" };
        writeln!(
            more,
            "dn: ou=u{number},dc=suigen,dc=example\nchangetype: add\nobjectClass: organizationalUnit\nou: u{number}\n\n\
             dn: cn=staff,ou=u{number},dc=suigen,dc=example\nchangetype: add\nobjectClass: groupOfNames\ncn: staff\n\
             member: uid={member},dc=suigen,dc=example\n"
        )
        .unwrap();
    }
    server.apply(&more).unwrap();
    let authority = authority(server.ca_pem());
    let directory = asking(&server, &authority, &["Admins", "staff", "owners", "machines", "nowhere"]);
    let known = |entry: Entry| {
        assert!(entry.groups.tell_of("nowhere") && !entry.groups.tell_of("others"));
        let named = entry.groups.known().iter().filter(|name| !name.contains('='));
        named.cloned().collect::<Vec<_>>()
    };
    assert_eq!(known(somebody(&directory, "hanako").await), ["Admins", "staff"], "in one that is in it");
    assert_eq!(known(somebody(&directory, "daemon").await), ["staff", "owners", "machines"]);
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_known() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(PEOPLE).unwrap();
    let groups =
        GROUPS.replace("cn=keepers", "cn=veiled keepers").replace("cn: keepers", "cn: veiled keepers");
    server.apply(&groups).unwrap();
    let authority = authority(server.ca_pem());
    let directory = asking(&server, &authority, &["veiled keepers", "admins", "machines"]);
    let hanako = somebody(&directory, "hanako").await;
    let of_groups = ["veiled keepers", "admins", "machines"].map(|name| hanako.groups.tell_of(name));
    assert_eq!(of_groups, [false, false, true], "one hides its members, one has it within");

    let settings = settings(&server, &authority);
    let privileged = |names: &[&str]| {
        let names = names.iter().map(|name| format!("cn={name},dc=suigen,dc=example"));
        self::directory(LdapSettings { privileged_groups: names.collect(), ..settings.clone() })
    };
    let daemon = somebody(&privileged(&["machines"]), "daemon").await;
    assert_eq!(daemon.privilege, Privilege::Privileged);
    for (name, is_there) in [("admins", true), ("gone", false)] {
        let directory = privileged(&["machines", name]);
        let whom = Whom::from(hanako.id.clone());
        for error in [directory.pages().await.err().unwrap(), directory.entry(&whom).await.unwrap_err()] {
            match error {
                DirectoryError::NotPermitted { .. } if is_there => {}
                DirectoryError::Missing { .. } if !is_there => {}
                error => panic!("{name}: {error:?}"),
            }
        }
    }

    // Whoever sees no group at all does not know that there is none of a name.
    let reader = LdapSettings {
        bind_name: Slapd::READER.to_owned(),
        bind_password: Secret::new(Slapd::PASSWORD.to_owned()),
        groups: vec!["machines".to_owned()],
        ..settings
    };
    let hanako = somebody(&self::directory(reader), "hanako").await;
    assert!(
        matches!(hanako.groups, Groups::Unknown | Groups::Some { .. }) && !hanako.groups.tell_of("machines")
    );
}
