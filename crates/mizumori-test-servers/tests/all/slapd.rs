//! OpenLDAP's server: it lets in whom it should, has passwords changed, and names groups at their members.

use mizumori_test_servers::{Certificate, Slapd, SlapdLimit, Validity};

const TARO: &str = "uid=taro,dc=suigen,dc=example";

fn people() -> String {
    format!(
        "dn: {TARO}\nobjectClass: inetOrgPerson\nuid: taro\ncn: Taro\nsn: Suigen\nmail: taro@suigen.example\n\
         userPassword: an-invented-secret\npwdChangedTime: 20200102030405Z\n"
    )
}

#[test]
fn two_at_once_share_nothing() {
    if Slapd::is_left_out() {
        return;
    }
    let (one, other) = (Slapd::start(&people()).unwrap(), Slapd::start("").unwrap());
    assert_ne!(one.url(), other.url());
    assert!(one.entry(TARO).unwrap().contains("mail: taro@suigen.example"));
    assert_eq!(other.entry(TARO).unwrap(), "");
    assert_eq!(one.sign_in(TARO, "an-invented-secret").unwrap(), 0);
    assert_eq!(one.sign_in(TARO, "another").unwrap(), 49);
    assert_eq!(one.sign_in(Slapd::SERVICE, Slapd::PASSWORD).unwrap(), 0);
}

#[test]
fn the_policy_acts() {
    if Slapd::is_left_out() {
        return;
    }
    let server = Slapd::start(&people()).unwrap();
    let set = |attribute: &str, value: &str| {
        server
            .apply(&format!("dn: {TARO}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"))
            .unwrap();
    };
    set("pwdReset", "TRUE");
    assert_eq!(server.sign_in(TARO, "an-invented-secret").unwrap(), 50);
    server.change_password(TARO, "an-invented-secret", "another-invented-secret").unwrap();
    assert_eq!(server.sign_in(TARO, "another-invented-secret").unwrap(), 0);
    let entry = server.entry(TARO).unwrap();
    assert!(!entry.contains("pwdReset") && !entry.contains("20200102030405Z"), "{entry}");
    set("pwdAccountLockedTime", "000001010000Z");
    assert_eq!(server.sign_in(TARO, "another-invented-secret").unwrap(), 49);
}

#[test]
fn groups_are_named_at_their_members_and_entries_stay() {
    if Slapd::is_left_out() {
        return;
    }
    let mut server =
        Slapd::start_with(&people(), SlapdLimit::None, Certificate::of_loopback(Validity::Now).unwrap())
            .unwrap();
    let group = "cn=keepers,dc=suigen,dc=example";
    server
        .apply(&format!(
            "dn: {group}\nchangetype: add\nobjectClass: groupOfNames\ncn: keepers\nmember: {TARO}\n"
        ))
        .unwrap();
    server.restart().unwrap();
    assert!(server.entry(TARO).unwrap().contains(&format!("memberOf: {group}")));
    assert!(server.apply("dn: cn=nobody,dc=suigen,dc=example\nchangetype: delete\n").is_err());
}
