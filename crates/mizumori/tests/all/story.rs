//! The whole story, with real servers: a domain proved by DNS, a dump dropped, mails read from the mail server, a change forced in
//! the directory and made there, the finding closing itself; and the same dump again, of which nobody hears.

use std::process::Child;

use mizumori_test_servers::{Dns, Mail, Slapd, Smtp, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::run::{Folder, Run};

const PEOPLE: &str = "\
dn: uid=hanako,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: hanako
cn: Hanako
sn: Suigen
displayName: Hanako Suigen
preferredLanguage: ja
mail: hanako@suigen.example
manager: uid=bob,dc=suigen,dc=example
userPassword: sakura-no-hana-1998
pwdChangedTime: 20200102030405Z
createTimestamp: 20190102030405Z

dn: uid=bob,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Suigen
preferredLanguage: en
mail: bob@suigen.example
userPassword: anything-but-this-1
pwdChangedTime: 20200102030405Z
createTimestamp: 20190102030405Z

dn: uid=gone,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: gone
cn: Gone
sn: Suigen
mail: gone@suigen.example
userPassword: left-in-march-2021
pwdAccountLockedTime: 000001010000Z
createTimestamp: 20190102030405Z

dn: uid=root,dc=suigen,dc=example
objectClass: inetOrgPerson
uid: root
cn: Root
sn: Suigen
preferredLanguage: en
mail: root@suigen.example
userPassword: keys-of-the-kingdom
pwdChangedTime: 20200102030405Z
createTimestamp: 20190102030405Z
";

const GROUPS: &str = "\
dn: cn=admins,dc=suigen,dc=example
changetype: add
objectClass: groupOfNames
cn: admins
member: uid=root,dc=suigen,dc=example
";

const HANAKO: &str = "uid=hanako,dc=suigen,dc=example";
/// What leaked of her.
const LEAKED: &str = "sakura-no-hana-1998";
/// What she takes in its place.
const CHOSEN: &str = "kumo-wa-tooku-nagareru-42";

/// The dump: accounts of the organisation among those of others.
fn dump() -> String {
    let others = (0..500).map(|at| format!("user{at}@elsewhere.example:password{at}\n"));
    let ours = [
        "hanako",
        LEAKED,
        "bob",
        "dog-and-pony-77",
        "gone",
        "left-in-march-2021",
        "root",
        "keys-of-the-kingdom",
    ];
    let ours = ours.chunks(2).map(|pair| format!("{}@suigen.example:{}\n", pair[0], pair[1]));
    others.chain(ours).collect()
}

struct Story {
    folder: Folder,
    mails: Smtp,
    people: Slapd,
    names: Dns,
}

impl Story {
    fn begin() -> Self {
        let (mails, people, names) =
            (Smtp::start().unwrap(), Slapd::start(PEOPLE).unwrap(), Dns::start().unwrap());
        people.apply(GROUPS).unwrap();
        let folder = Folder::new();
        let config = format!(
            "store = 'store.db'\nlake = 'lake'\nguard = 'leaked'\nname_servers = ['{}']\n[mail]\nserver = 'localhost:{}'\n\
             from = 'mizumori@suigen.example'\nauthorities = 'mail-ca.pem'\nuser = '{}'\npassword_file = 'mail.secret'\n",
            names.address(),
            mails.port(),
            Smtp::USER
        );
        folder.write("mizumori.toml", config).write("mail-ca.pem", mails.ca_pem());
        folder.write("mail.secret", Smtp::PASSWORD).write("people.secret", Slapd::PASSWORD);
        folder.write("people-ca.pem", people.ca_pem()).write("drop/.keep", "");
        Self { folder, mails, people, names }
    }

    /// Runs a command; its arguments have no blanks in them.
    fn run(&self, command: &str) -> Run {
        self.folder.run_with_keys(&command.split_whitespace().collect::<Vec<_>>())
    }

    /// The findings, by the part before the `@` of whose they are.
    fn findings(&self) -> Vec<Value> {
        self.run("finding list suigen --format jsonl").ends(0).lines()
    }

    /// Everything that is known of a finding of somebody.
    fn finding_of(&self, address: &str) -> Value {
        let all = self.findings();
        let shown = all.iter().map(|finding| {
            let reference = finding["reference"].as_str().unwrap();
            self.run(&format!("finding show suigen {reference} --format jsonl")).ends(0).json()
        });
        shown.into_iter().find(|finding| finding["account"] == address).unwrap()
    }

    fn to(&self, address: &str) -> Vec<Mail> {
        self.mails.mails_to(address).unwrap()
    }

    /// Waits until something is so.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let waited = wait_until(what, || Ok(is_so()));
        assert!(waited.is_ok(), "{what}: {}", self.folder.read("serve.log"));
    }
}

/// The loop, which ends with the test.
struct Serving(Child);

impl Serving {
    fn start(story: &Story) -> Self {
        let log = std::fs::File::create(story.folder.path("serve.log")).unwrap();
        let arguments = [
            "serve",
            "--follow",
            "--all",
            "--guard",
            "leaked",
            "--interval",
            "0.2",
            "--settle",
            "0.2",
            "--look-every",
            "0.2",
            "--sync-every",
            "0.03",
            "drop",
        ];
        let mut command = story.folder.command_with_keys(&arguments);
        Self(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
    }

    fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn from_a_dropped_dump_to_a_changed_password() {
    if Smtp::is_left_out() || Slapd::is_left_out() {
        return;
    }
    let story = Story::begin();

    // An organisation, whose domain is served when its holder has proved that it is his.
    story.run("org add suigen --name-ja 水源大学 --name-en SuigenUniversity --portal SuigenID").ends(0);
    story.run("org contact add suigen csirt@suigen.example --name CSIRT --language en").ends(0);
    let ways = story.run("domain add suigen suigen.example --format jsonl").ends(0).lines();
    let record = ways.iter().find(|way| way["method"] == "dns").unwrap();
    story.run("domain check suigen suigen.example --method dns").ends(2).saying(&["does not exist"]);
    let (name, content) = (record["place"].as_str().unwrap(), record["content"].as_str().unwrap());
    story.names.set_txt(name, &["v=spf1 -all", content]).unwrap();
    story.run("domain check suigen suigen.example").ends(0).saying(&["is proved by"]);

    // Its directory.
    let url = story.people.tls_url();
    story
        .run(&format!(
            "directory add suigen people ldap --url {url} --base {} --bind-name {} --password-file people.secret \
             --ca people-ca.pem --privileged-group cn=admins,dc=suigen,dc=example",
            Slapd::BASE,
            Slapd::SERVICE
        ))
        .ends(0);

    // The loop, and a dump that is dropped while it runs.
    let serving = Serving::start(&story);
    story.until("it begins", || story.folder.read("serve.log").contains("following"));
    story
        .folder
        .write("drop/forum/source.toml", "id = 'forum'\ntitle = '掲示板の名簿'\nleaked = '2026-09'\n");
    story.folder.write("drop/forum/list.txt", dump());
    // They are sent side by side, in no order.
    let (user, superior, administrator) =
        ("hanako@suigen.example", "bob@suigen.example", "csirt@suigen.example");
    story.until("mails", || {
        !story.to(user).is_empty() && story.to(superior).len() >= 2 && story.to(administrator).len() >= 3
    });

    let hanako = &story.to("hanako@suigen.example")[..];
    let [hanako] = hanako else { panic!("{} mails", hanako.len()) };
    assert!(hanako.text().contains("掲示板の名簿"), "{}", hanako.text());
    assert!(hanako.text().contains("パスワード") && hanako.text().contains("SuigenID"), "{}", hanako.text());
    let bob = story.to("bob@suigen.example");
    assert!(
        bob.iter().any(|mail| mail.text().contains("password") && mail.text().contains("bob@suigen.example"))
    );
    let beside = bob.iter().find(|mail| mail.text().contains("hanako@suigen.example"));
    assert!(beside.is_some(), "her superior is told, for somebody else may read her mails");
    assert_eq!(story.to("csirt@suigen.example").len(), 3);
    assert_eq!(story.to("gone@suigen.example").len(), 0);
    for mail in story.mails.mails().unwrap() {
        let (text, html) = (mail.text(), mail.html());
        for secret in [LEAKED, "dog-and-pony-77", "left-in-march-2021", "keys-of-the-kingdom"] {
            assert!(!text.contains(secret) && !html.contains(secret), "{text}");
        }
        assert!(
            !text.contains("elsewhere.example") && !text.contains("://") && !html.contains("href"),
            "{html}"
        );
        assert_eq!(mail.header("X-TLP").as_deref(), Some("TLP:AMBER+STRICT"));
    }
    assert_eq!(story.finding_of("gone@suigen.example")["state"], "inactive-account");

    // A change is forced where passwords are changed, but not of those who administer it.
    let (hers, roots) = (story.finding_of("hanako@suigen.example"), story.finding_of("root@suigen.example"));
    let reference = hers["reference"].as_str().unwrap();
    assert!(hanako.header("Subject").unwrap().contains(reference));
    assert_eq!(story.people.sign_in(HANAKO, LEAKED).unwrap(), 0);
    let act =
        |reference: &str, option: &str| story.run(&format!("finding neutralise suigen {reference} {option}"));
    act(reference, "--dry-run").ends(0).saying(&["would force a change", "hanako@suigen.example"]);
    assert_eq!(story.people.sign_in(HANAKO, LEAKED).unwrap(), 0);
    act(reference, "").ends(0).saying(&["a change of the password is forced"]);
    act(roots["reference"].as_str().unwrap(), "").ends(2).saying(&["privileged"]);
    assert_eq!(story.people.sign_in(HANAKO, LEAKED).unwrap(), 50, "it has to be changed first");

    // She may not take the leaked one again, and takes another.
    let chosen =
        |password: &str| story.folder.run_with_input(&["guard", "check"], format!("{password}\n").as_bytes());
    chosen(LEAKED).ends(1);
    chosen(CHOSEN).ends(0);
    story.people.change_password(HANAKO, LEAKED, CHOSEN).unwrap();
    story.until("it closes itself", || story.finding_of("hanako@suigen.example")["state"] == "closed");
    let hers = story.finding_of("hanako@suigen.example");
    let steps: Vec<_> =
        hers["steps"].as_array().unwrap().iter().map(|step| step["to"].as_str().unwrap()).collect();
    assert_eq!(steps, ["notified", "changed", "closed"]);

    // The same again, from somebody else: it shares the fate of what there is, and nobody hears of it.
    let told = story.mails.mails().unwrap().len();
    let found = story.findings().len();
    story.folder.write("drop/again/source.toml", "id = 'again'\nleaked = '2026-10'\n");
    story.folder.write("drop/again/list.txt", dump());
    story.until("the same again", || story.findings().len() >= found * 2);
    let again = story.findings();
    assert!(again.iter().skip(found).all(|finding| finding["shares_fate"] == true), "{again:?}");
    assert_eq!(serving.end(), Some(130));
    story.run("serve --once").ends(0);
    assert_eq!(story.mails.mails().unwrap().len(), told);
    story.run("notice waiting").ends(0);
    story.run("audit verify").ends(0);
}
