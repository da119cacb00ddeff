//! Two loops with one store in PostgreSQL, one of which is killed between what it found and the mails: nothing is lost, and nothing is
//! told twice but what the dead one had on its way.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::Child;

use mizumori_test_servers::{FaultySmtp, Postgres, SmtpFault, Stage, wait_until};
use serde_json::Value;

use crate::run::Folder;
use crate::store::server;

/// Accounts of the organisation in a dump: more than a process takes from the outbox at once.
const ACCOUNTS: usize = 60;
/// Notices that a process has on their way at the same time.
const SIDE_BY_SIDE: usize = 8;

struct Loops<'s> {
    folder: Folder,
    server: &'s Postgres,
    store: String,
    mails: FaultySmtp,
}

impl<'s> Loops<'s> {
    fn begin(server: &'s Postgres) -> Self {
        let (mails, folder, store) =
            (FaultySmtp::start().unwrap(), Folder::new(), server.database().unwrap());
        let config = format!(
            "store = {store:?}\nlake = 'lake'\n[mail]\nserver = 'localhost:{}'\nfrom = 'mizumori@suigen.example'\n\
             authorities = 'mail-ca.pem'\n",
            mails.port()
        );
        let people: Vec<_> =
            (0..2 * ACCOUNTS).map(|at| format!("{at},user{at}@suigen.example,1\n")).collect();
        folder.write("mizumori.toml", config).write("mail-ca.pem", mails.ca_pem()).write("drop/.keep", "");
        folder.write("one.log", "").write("two.log", "");
        folder.write("people.csv", format!("key,address,enabled\n{}", people.concat()));
        Self { folder, server, store, mails }
    }

    /// Runs a command, whose arguments have no blanks in them, and gives what it shows.
    fn run(&self, command: &str) -> Vec<Value> {
        let arguments: Vec<_> = command.split_whitespace().collect();
        self.folder.run_with_keys(&arguments).ends(0).lines()
    }

    fn serve(&self, log: &str) -> Serving {
        let arguments =
            ["serve", "--follow", "--all", "--interval", "0.2", "--settle", "0.2", "--look-every"];
        let mut command = self.folder.command_with_keys(&[&arguments[..], &["0.2", "drop"]].concat());
        let log = File::create(self.folder.path(log)).unwrap();
        Serving(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
    }

    /// Drops a dump with so many accounts from one on.
    fn drop_dump(&self, source: &str, from: usize) {
        let description = format!("id = '{source}'\nleaked = '2026-09'\n");
        let lines: Vec<_> = (from..from + ACCOUNTS)
            .map(|at| format!("user{at}@suigen.example:leaked-password-{at}\n"))
            .collect();
        self.folder.write(&format!("drop/{source}/source.toml"), description);
        self.folder.write(&format!("drop/{source}/list.txt"), lines.concat());
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let waited = wait_until(what, || Ok(is_so()));
        let logs = ["one.log", "two.log"].map(|log| self.folder.read(log));
        assert!(waited.is_ok(), "{what}: {logs:?}");
    }

    /// How often each message came, by its receiver and its id.
    fn told(&self) -> BTreeMap<(String, String), usize> {
        let mut told = BTreeMap::new();
        for mail in self.mails.mails() {
            let header = |name: &str| mail.header(name).unwrap();
            *told.entry((header("To"), header("Message-ID"))).or_default() += 1;
        }
        told
    }

    /// What the operator sees that waits.
    fn waiting(&self) -> u64 {
        self.run("notice waiting --json")[0]["waiting"].as_u64().unwrap()
    }

    /// So many users were told, each of one message.
    fn users(&self) -> usize {
        self.told().keys().filter(|(to, _)| to.contains("user")).count()
    }
}

/// A process, which ends with the test.
struct Serving(Child);

impl Serving {
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_is_killed_between_finding_and_mail() {
    let Some(server) = server() else { return };
    let loops = Loops::begin(&server);
    loops.run("org add suigen --name-ja 水源大学 --name-en Suigen");
    loops.run("org contact add suigen csirt@suigen.example --name CSIRT");
    loops.run("domain add suigen suigen.example --format jsonl");
    loops.run("domain vouch suigen suigen.example --why known");
    loops.run("directory add suigen people csv people.csv");

    // Mails are taken, and no answer comes: the first one does not know what became of what it has on its way.
    loops.mails.fail(Stage::Message, SmtpFault::Hangs);
    let first = loops.serve("one.log");
    loops.until("the first begins", || loops.folder.read("one.log").contains("following"));
    loops.drop_dump("forum", 0);
    loops.until("mails on their way", || loops.mails.mails().len() == SIDE_BY_SIDE);
    assert_eq!(loops.run("finding list suigen --format jsonl").len(), ACCOUNTS);
    // The operator sees that it waits.
    assert!(loops.waiting() > SIDE_BY_SIDE as u64);

    let second = loops.serve("two.log");
    loops.until("the second begins", || loops.folder.read("two.log").contains("following"));
    first.kill();
    loops.mails.heal();
    // What the first has not taken goes out, and what comes new.
    loops.drop_dump("market", ACCOUNTS);
    loops.until("what is new", || {
        let told = loops.told();
        (ACCOUNTS..2 * ACCOUNTS).all(|at| told.keys().any(|(to, _)| to.contains(&format!("user{at}@"))))
    });
    // A quarter of an hour later what the first had taken is anybody's.
    let later = "UPDATE notice SET taken_until = 0 WHERE taken_until IS NOT NULL AND state = 'waiting'";
    loops.server.sql(&loops.store, later).unwrap();
    loops.until("what the first had taken", || loops.users() == 2 * ACCOUNTS);
    loops.until("nothing waits", || loops.waiting() == 0);
    drop(second);

    assert_eq!(loops.run("finding list suigen --format jsonl").len(), 2 * ACCOUNTS);
    let told = loops.told();
    let twice: Vec<_> = told.values().filter(|times| **times > 1).collect();
    assert!(twice.len() <= SIDE_BY_SIDE && twice.iter().all(|times| **times == 2), "{told:?}");
    // Two messages about each of the dumps to the administrator at most: one of each part that it came in.
    let administrator = told.keys().filter(|(to, _)| to.contains("csirt")).count();
    assert!((2..=4).contains(&administrator), "{told:?}");
    assert_eq!(told.len(), 2 * ACCOUNTS + administrator);
    loops.run("audit verify");
}
