//! With a real directory: what was done is what its server acts upon, and what it says afterwards ends the finding.

use std::path::PathBuf;

use mizumori_core::Timestamp;
use mizumori_monitor::{
    DirectorySettings, Ldap, Neutralised, Neutraliser, Shrinking, follow_up, read_directory,
};
use mizumori_store::{State, TaskState};
use mizumori_test_servers::Slapd;
use tempfile::TempDir;

use super::{HANAKO, ON, done, tasks};
use crate::world::{World, one};

const HERS: &str = "uid=hanako,dc=suigen,dc=example";
const ROOT: &str = "uid=root,dc=suigen,dc=example";
const FIRST: &str = "an-invented-secret";
const SECOND: &str = "another-invented-secret";

fn people() -> String {
    let person = |name: &str, uid: &str| {
        format!(
            "dn: {name}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: Suigen\nmail: {uid}@suigen.example\n\
             userPassword: {FIRST}\npwdChangedTime: 20180102030405Z\n"
        )
    };
    let group = |name: &str, member: &str| {
        format!(
            "dn: cn={name},dc=suigen,dc=example\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\n"
        )
    };
    // A group within another one, which an entry does not name.
    let groups = [group("inner", ROOT), group("Key Keepers", "cn=inner,dc=suigen,dc=example")].join("\n");
    format!("{}\n{}\n{groups}", person(HERS, "hanako"), person(ROOT, "root"))
}

/// As the server's clock has it: what it says of passwords is compared with this.
fn clock() -> Timestamp {
    std::time::SystemTime::now().into()
}

struct Real {
    world: World,
    server: Slapd,
    _folder: TempDir,
}

impl Real {
    fn new() -> Self {
        let (world, server) = (World::new(), Slapd::start(&people()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| -> PathBuf {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let settings = DirectorySettings::Ldap(Ldap {
            url: server.tls_url(),
            base: Slapd::BASE.to_owned(),
            bind_name: Slapd::SERVICE.to_owned(),
            password_file: file("secret", Slapd::PASSWORD),
            filter: None,
            privileged_groups: Vec::new(),
            authorities: Some(file("authority.pem", server.ca_pem())),
            plain_on_loopback: false,
        });
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            let (kind, text) = (settings.kind(), settings.to_text());
            session.tenant(&one()).keep_directory("people", kind, &text).await.unwrap();
            session.commit().await.unwrap();
        });
        Self { world, server, _folder: folder }
    }

    fn read(&self) {
        let (tags, store) = (self.world.ring.tags(), &self.world.store);
        let organisation = one();
        let directory = self.world.run(async {
            let mut session = store.read().await.unwrap();
            session.tenant(&organisation).directories().await.unwrap().remove(0)
        });
        let read = read_directory(store, &organisation, &directory, &tags, Shrinking::Refused, clock());
        assert_eq!(self.world.run(read).unwrap().synced.there, 2);
        self.world.run(follow_up(store, clock())).unwrap();
    }

    fn act(&self) -> Neutralised {
        let neutraliser = Neutraliser::new(self.world.store.clone(), "one".to_owned());
        self.world.run(neutraliser.neutralise(clock)).unwrap()
    }
}

#[test]
fn a_change_is_forced_made_and_seen() {
    if Slapd::is_left_out() {
        return;
    }
    let mut real = Real::new();
    let world = &real.world;
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret");
    world.find();
    world.rule("former-holder", r#"{"enabled":false}"#);
    world.rule("neutralise", &ON.replace('}', r#","never":["key keepers"]}"#));
    real.read();
    world.leak("list", &format!("{HANAKO}:{FIRST}\nroot@suigen.example:{FIRST}"));
    let found = world.run(world.finder().find(&world.known(), clock())).unwrap();
    assert_eq!((found.findings, found.tasks), (2, 1));

    // While it is down it waits.
    real.server.stop().unwrap();
    assert_eq!(real.act(), Neutralised { later: 1, ..done(0) });
    real.server.restart().unwrap();
    let neutraliser = Neutraliser::new(real.world.store.clone(), "one".to_owned());
    let later = || clock().after(super::HOUR);
    assert_eq!(real.world.run(neutraliser.neutralise(later)).unwrap(), done(1));
    assert_eq!(real.server.sign_in(HERS, FIRST).unwrap(), 50, "it has to be changed first");
    assert_eq!(real.server.sign_in(ROOT, FIRST).unwrap(), 0);
    assert_eq!(tasks(&real.world)[0].detail.as_deref(), Some("done; the directory shows it"));
    assert_eq!((real.act(), tasks(&real.world)[0].is.state), (done(0), TaskState::Done));

    real.server.change_password(HERS, FIRST, SECOND).unwrap();
    real.read();
    let hers = real.world.tag(HANAKO);
    let finding = real.world.findings().into_iter().find(|finding| finding.is.account == hers).unwrap();
    assert_eq!(finding.is.state, State::Closed);
}
