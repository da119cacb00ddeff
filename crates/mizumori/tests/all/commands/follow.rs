//! `ingest --follow`: what is dropped while it runs is taken once, the watched rows first; killed at any moment, it is completed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::lake::{lake, status};
use crate::run::Folder;
use crate::world::{folder, source};

/// So long anything is waited for: only a failure takes it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A follower of the folder `drop`, and what it says.
struct Follower {
    child: Child,
    out: Receiver<Value>,
    err: Receiver<String>,
}

impl Follower {
    fn start(folder: &Folder, more: &[&str]) -> Self {
        let mut arguments = vec!["ingest", "--lake", "lake", "--watch", "list.toml", "--follow"];
        arguments.extend(["--interval", "0.05", "--settle", "0.3", "--format", "json"]);
        arguments.extend(more);
        arguments.push("drop");
        let mut child = folder.command_with_keys(&arguments).spawn().unwrap();
        let (said, out) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = said.send(serde_json::from_str(&line).unwrap());
            }
        });
        let (said, err) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let follower = Self { child, out, err };
        follower.until("following");
        follower
    }

    /// What the next ingest did.
    fn next(&self) -> Value {
        self.out.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits until a line on standard error has `words`.
    fn until(&self, words: &str) -> String {
        loop {
            let line = self.err.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never said: {words}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Interrupts it; gives what was said since.
    fn end(mut self) -> (Vec<Value>, Vec<String>) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let ended = self.child.wait().unwrap();
        assert_eq!(ended.code(), Some(130));
        (self.out.iter().collect(), self.err.iter().collect())
    }
}

/// The ids of the sources of an ingest, with what happened to them.
fn what(ingest: &Value) -> Vec<String> {
    let sources = ingest["sources"].as_array().unwrap().iter();
    sources
        .map(|source| format!("{} {}", source["what"].as_str().unwrap(), source["id"].as_str().unwrap()))
        .collect()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn new_since(folder: &Folder, version: u64) -> Vec<(u64, String)> {
    let run = lake(folder, &["new", "--since", &version.to_string()]);
    let lines = run.ends(0).lines();
    lines
        .iter()
        .map(|row| (row["version"].as_u64().unwrap(), row["host"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn what_is_dropped_is_taken_once_the_watched_first() {
    let folder = folder(&[("drop/feed/source.toml", &source("feed", "telegram", "2021-05"))]);
    let follower = Follower::start(&folder, &["--all"]);
    folder
        .write("drop/feed/1.txt", "x@elsewhere.example:pw\ntaro@suigen.example:pw\ny@elsewhere.example:pw\n");
    let first = follower.next();
    assert_eq!(
        (what(&first), &first["versions"], &first["rows"]),
        (vec!["added feed".to_owned()], &serde_json::json!([1, 2]), &3.into())
    );
    let expected = [(1, "suigen.example"), (2, "elsewhere.example"), (2, "elsewhere.example")];
    assert_eq!(new_since(&folder, 0), expected.map(|(version, host)| (version, host.to_owned())));

    // The source grows: it is replaced in one commit, and what it had before is not new.
    folder.write("drop/feed/2.txt", "hana@suigen.example:pw\n");
    let grown = follower.next();
    assert_eq!(
        (what(&grown), &grown["versions"]),
        (vec!["replaced feed".to_owned()], &serde_json::json!([3]))
    );
    assert_eq!(new_since(&folder, 2), [(3, "suigen.example".to_owned())]);

    // A file that is written slowly is there in the end, every line of it once.
    let mut slow = fs::File::create(folder.path("drop/feed/slow.txt")).unwrap();
    for at in 0..40 {
        writeln!(slow, "slow{at}@suigen.example:pw").unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(slow);
    wait_until("the slow file is there", || status(&folder, "rows") == 44);

    // The folder is emptied by its owner: what is there stays. What is new waits for what is gone.
    for name in ["1.txt", "2.txt", "slow.txt"] {
        fs::remove_file(folder.path(&format!("drop/feed/{name}"))).unwrap();
    }
    folder.write("drop/other.txt", "jiro@mizube.test:pw\n");
    while what(&follower.next()) != ["added other"] {}
    folder.write("drop/feed/3.txt", "new@suigen.example:pw\n");
    let said = follower.until("`feed` is left as it is");
    assert!(said.contains("drop/feed/1.txt") && said.contains("drop/feed/slow.txt"), "{said}");
    folder.write("drop/third.txt", "third@mizube.test:pw\n");
    assert_eq!(what(&follower.next()), ["added third"]);
    assert_eq!(status(&folder, "rows"), 46);
    let (out, err) = follower.end();
    assert!(out.is_empty(), "{out:?}");
    assert!(!err.iter().any(|line| line.contains("left as it is")), "told twice: {err:?}");

    // The next start finds everything there.
    let version = status(&folder, "version");
    let follower = Follower::start(&folder, &["--all", "--replace"]);
    assert_eq!(what(&follower.next()).iter().filter(|what| what.starts_with("replaced")).count(), 1);
    let (out, _) = follower.end();
    assert!(out.is_empty(), "{out:?}");
    assert_eq!((status(&folder, "rows"), status(&folder, "version")), (3, version + 1));
}

#[test]
fn what_cannot_be_read_is_told_once() {
    let folder = folder(&[("drop/good.txt", "taro@suigen.example:pw\n")]);
    let broken = b"PK\x03\x04\x14\x00\x00\x00\x08\x00 this is no archive";
    folder.write("drop/broken.zip", broken);
    let follower = Follower::start(&folder, &[]);
    let first = follower.next();
    assert_eq!(
        (what(&first), &first["versions"]),
        (vec!["added broken".to_owned(), "added good".to_owned()], &serde_json::json!([1]))
    );
    assert!(follower.until("could not read").contains("broken.zip"));
    folder.write("drop/next.txt", "hana@suigen.example:pw\n");
    assert_eq!(what(&follower.next()), ["added next"]);
    folder.write("drop/broken.zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00 that is no archive");
    assert_eq!(what(&follower.next()), ["replaced broken"]);
    assert!(follower.until("could not read").contains("broken.zip"));
    // A description with a mistake is told, and what it describes not taken before it is mended; others are.
    folder.write("drop/mistake/source.toml", "id = 'mistake'\nleakd = '2019'\n");
    folder.write("drop/mistake/a.txt", "taro@suigen.example:pw\n");
    follower.until("unknown key `leakd`");
    folder.write("drop/other.txt", "jiro@suigen.example:pw\n");
    assert_eq!(what(&follower.next()), ["added other"]);
    folder.write("drop/mistake/source.toml", "id = 'mended'\n");
    assert_eq!(what(&follower.next()), ["added mended"]);
    let (_, err) = follower.end();
    assert!(!err.iter().any(|line| line.contains("broken.zip") || line.contains("leakd")), "{err:?}");
}

#[test]
fn killed_at_any_moment_it_is_completed_by_the_next() {
    let folder = folder(&[]);
    let watched: String = (0..3_000).map(|at| format!("user{at}@suigen.example:secret{at}\n")).collect();
    let others = watched.replace("suigen", "elsewhere");
    for at in 0..4 {
        let text = format!("{watched}{others}").replace("user", &format!("user{at}."));
        folder.write(&format!("drop/{at}.txt"), text);
    }
    let rows = || {
        let all = |domain: &str| lake(&folder, &["lookup", domain]).ends(0).lines().len();
        (all("suigen.example"), all("elsewhere.example"))
    };
    for milliseconds in [350, 500, 700, 900, 1_200] {
        let mut follower = Follower::start(&folder, &["--all"]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        follower.child.kill().unwrap();
        follower.child.wait().unwrap();
        let seen = rows();
        assert!(matches!(seen, (0, 0) | (12_000, 0) | (12_000, 12_000)), "{seen:?}");
    }
    let follower = Follower::start(&folder, &["--all"]);
    wait_until("everything is there", || rows() == (12_000, 12_000));
    // Whatever was completed is not taken again.
    folder.write("drop/last.txt", "last@suigen.example:pw\n");
    wait_until("the last is there", || rows() == (12_001, 12_000));
    follower.end();
    assert_eq!(status(&folder, "sources"), 5);
    let left: Vec<_> = fs::read_dir(folder.temporary()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_followers_take_everything_once() {
    let folder = folder(&[("first.txt", "taro@suigen.example:pw\n")]);
    fs::create_dir(folder.path("drop")).unwrap();
    lake(&folder, &["ingest", "--watch", "list.toml", "first.txt"]).ends(0);
    let followers = [Follower::start(&folder, &["--all"]), Follower::start(&folder, &["--all"])];
    for at in 0..6 {
        folder.write(
            &format!("drop/{at}.txt"),
            format!("user{at}@suigen.example:pw\nuser{at}@elsewhere.example:pw\n"),
        );
    }
    wait_until("all are there", || status(&folder, "rows") == 13);
    for follower in followers {
        follower.end();
    }
    // One of them may have been ended between the two commits of what the other had done already.
    let last = Follower::start(&folder, &["--all"]);
    folder.write("drop/last.txt", "last@suigen.example:pw\n");
    wait_until("the last is there", || status(&folder, "rows") == 14);
    last.end();
    assert_eq!((status(&folder, "rows"), status(&folder, "sources")), (14, 8));
}
