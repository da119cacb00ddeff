//! `scan --guard` and `ingest --guard`: what leaks in dumps is refused afterwards; all or nothing, and never by itself.

use std::fs;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use mizumori_world::pack::{self, Member, ZipMethod};
use rustix::process::{Pid, Signal, kill_process};

use super::lake::two_sources;
use crate::run::{Folder, Run};
use crate::world::{folder, source};

/// Everything in an index, as `guard export` writes it.
fn exported(folder: &Folder, index: &str) -> [String; 2] {
    ["sha1", "ntlm"].map(|hash| folder.run(&["guard", "export", "--hash", hash, index]).ends(0).out())
}

/// How often an index says that it saw a password; `None` of one that it does not refuse.
fn count(folder: &Folder, password: &str) -> Option<u64> {
    let check = ["guard", "check", "--least", "1", "--json", "index"];
    let run = folder.run_with_input(&check, password.as_bytes());
    match run.code() {
        Some(0) => None,
        Some(1) => Some(run.json()["reasons"][0]["count"].as_u64().unwrap()),
        _ => panic!("{}", run.shown()),
    }
}

/// How often the index was changed.
fn generation(folder: &Folder) -> u64 {
    folder.run(&["guard", "status", "--json", "index"]).ends(0).json()["generation"].as_u64().unwrap()
}

fn scan(folder: &Folder, more: &[&str]) -> Run {
    folder.run(&[&["scan", "--guard", "index", "--format", "jsonl"], more].concat())
}

fn ingest(folder: &Folder, more: &[&str]) -> Run {
    folder.run_with_keys(&[&["ingest", "--lake", "lake", "--guard", "index"], more].concat())
}

/// The two ways in, each of every record.
const BOTH: [fn(&Folder, &[&str]) -> Run; 2] = [scan, ingest];

const TOLD: &str = "the index `index`: ";

#[test]
fn what_leaks_here_is_refused_here() {
    for way in BOTH {
        let folder = two_sources();
        let run = way(&folder, &["--all", "dumps"]);
        run.ends(0).saying(&[TOLD, "2 sources added, 0 replaced, 0 as before", "as good as the passwords"]);
        let counts = |words: [&str; 5]| words.map(|password| count(&folder, password));
        let words = ["pw1", "pw2", "pw", "other", "pw3"];
        assert_eq!(counts(words), [Some(3), Some(1), Some(1), Some(1), None]);
        // The same as from a list of words.
        folder.write("words.txt", "pw1\npw1\npw1\npw2\npw\nother\n");
        folder.run(&["guard", "import", "words", "words.txt"]).ends(0);
        assert_eq!(exported(&folder, "index"), exported(&folder, "words"));
        let status = folder.run(&["guard", "status", "--json", "index"]).json();
        let sources = status["imports"].as_array().unwrap().iter();
        assert_eq!(sources.map(|of| of["source"].as_str().unwrap()).collect::<Vec<_>>(), ["one", "two"]);

        // The same again changes nothing.
        let again = way(&folder, &["--all", "dumps"]);
        again.ends(0).saying(&["0 sources added, 0 replaced, 2 as before; 0 SHA-1, 0 NTLM"]);
        assert_eq!(generation(&folder), 1);
        // A source that is another takes the place of what it brought, and the other stays.
        folder.write("dumps/two/c.txt", "taro@suigen.example:pw3\n");
        let run = way(&folder, &["--all", "dumps"]);
        run.ends(0).saying(&[
            "0 sources added, 1 replaced, 1 as before",
            "what they brought before",
            "`two`",
        ]);
        assert_eq!(counts(words), [Some(2), Some(1), Some(1), Some(1), Some(1)]);
        assert_eq!(generation(&folder), 2);
        folder.run(&["guard", "verify", "index"]).ends(0);
    }
}

#[test]
fn with_a_watch_list_only_what_concerns_it_is_taken() {
    for way in BOTH {
        let folder = two_sources();
        way(&folder, &["--watch", "list.toml", "dumps"]).ends(0).saying(&["2 sources added"]);
        assert_eq!([count(&folder, "pw1"), count(&folder, "pw")], [Some(3), None]);
        // Everything is another material than that.
        way(&folder, &["--watch", "list.toml", "--all", "dumps"])
            .ends(0)
            .saying(&["0 sources added", "`one`"]);
        assert_eq!([count(&folder, "pw1"), count(&folder, "pw")], [Some(3), Some(1)]);
    }
}

#[test]
fn a_scan_prints_what_it_prints_without() {
    let folder = two_sources();
    let plain = ["scan", "--all", "--format", "jsonl", "--unique", "dumps"];
    let plain = folder.run(&plain).ends(0).out();
    assert_eq!(scan(&folder, &["--all", "--unique", "dumps"]).ends(0).out(), plain);
    // A record that is printed once was seen as often as it was seen.
    assert_eq!(count(&folder, "pw1"), Some(3));
    scan(&folder, &["--watch", "list.toml", "--fail-on-findings", "dumps"]).ends(1);
}

#[test]
fn nothing_but_the_option_switches_it_on() {
    let folder = two_sources();
    folder.write("mizumori.toml", "guard = 'index'\n");
    for arguments in [
        &["scan", "--all", "dumps"][..],
        &["ingest", "--lake", "lake", "--all", "dumps"],
        &["survey", "--watch", "list.toml", "dumps"],
    ] {
        let mut command = folder.command_with_keys(arguments);
        folder.wait(command.env("MIZUMORI_GUARD", folder.path("index")).spawn().unwrap()).ends(0);
    }
    assert!(!folder.path("index").exists());
    folder
        .run(&["survey", "--guard", "index", "--watch", "list.toml", "dumps"])
        .ends(2)
        .saying(&["unexpected argument '--guard'"]);
}

#[test]
fn only_clear_secrets_each_once_a_record() {
    let folder = folder(&[
        ("dumps/hashes.txt", "a@suigen.example:5f4dcc3b5aa765d61d8327deb882cf99\nb@suigen.example:\n"),
        ("dumps/two.csv", "email,second,password\na@suigen.example,b@suigen.example,kotoba\n"),
        ("dumps/log.txt", "URL: https://vpn.contractor.example/\nUsername: yamada01\nPassword: hirakegoma\n"),
    ]);
    let latin = b"c@suigen.example:caf\xe9\nd@suigen.example:th\xe9\ne@suigen.example:na\xefve\n".repeat(40);
    folder.write("dumps/latin.txt", latin);
    scan(&folder, &["--watch", "list.toml", "dumps"]).ends(0);
    let words = ["5f4dcc3b5aa765d61d8327deb882cf99", "kotoba", "hirakegoma", "café"];
    assert_eq!(words.map(|word| count(&folder, word)), [None, Some(1), Some(1), Some(40)]);
}

#[test]
fn what_the_lake_has_and_the_index_has_not_is_read_once_more() {
    let folder = two_sources();
    let all = ["--watch", "list.toml", "--all", "dumps"];
    folder.run_with_keys(&[&["ingest", "--lake", "lake"], &all[..]].concat()).ends(0);
    let run = ingest(&folder, &all);
    run.ends(0).saying(&["2 sources added"]).printing(&["as before", "one"]);
    assert_eq!(count(&folder, "pw1"), Some(3));
    ingest(&folder, &all).ends(0).saying(&["2 as before"]);
    // A new source beside them: one change of the index for all of them.
    fs::remove_dir_all(folder.path("index")).unwrap();
    folder.write("dumps/three.txt", "z@suigen.example:pw9\n");
    ingest(&folder, &all).ends(0).saying(&["3 sources added"]).printing(&["added", "three"]);
    assert_eq!([generation(&folder), count(&folder, "pw9").unwrap()], [1, 1]);
    // The lake is gone: it gets all of it again, and the index has it.
    fs::remove_dir_all(folder.path("lake")).unwrap();
    ingest(&folder, &all).ends(0).saying(&["3 as before"]).printing(&["added                  4 rows  one"]);
    assert_eq!(generation(&folder), 1);
    // What is kept of an account plays no part: at level `counts` nothing, at `sealed` all.
    for level in ["counts", "sealed"] {
        let index = format!("index-{level}");
        let lake = format!("lake-{level}");
        let mut arguments = vec!["ingest", "--lake", &lake, "--guard", &index, "--level", level];
        arguments.extend(all);
        folder.run_with_keys(&arguments).ends(0);
        assert_eq!(exported(&folder, &index), exported(&folder, "index"), "{level}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_taken() {
    for way in BOTH {
        let folder = two_sources();
        let member =
            |name: &str, text: &str| Member { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
        let members =
            [member("a.txt", "a@suigen.example:first\n"), member("b.txt", "b@suigen.example:later\n")];
        let whole = pack::zip(&members, ZipMethod::Stored).unwrap();
        let mut broken = whole.clone();
        let at = whole.windows(5).position(|window| window == b"later").unwrap();
        broken[at] = b'L';
        folder.write("dumps/broken.zip", &broken);
        way(&folder, &["--all", "dumps"]).ends(3).saying(&["broken.zip!b.txt", "3 sources added"]);
        assert_eq!([count(&folder, "pw1"), count(&folder, "first")], [Some(3), Some(1)]);
        // Of what cannot be read at all, what it brought before stays.
        folder.write("dumps/broken.zip", &whole[..20]);
        way(&folder, &["--all", "dumps"]).ends(3);
        assert_eq!([count(&folder, "pw1"), count(&folder, "first")], [Some(3), Some(1)]);
        folder.write("dumps/broken.zip", &whole);
        way(&folder, &["--all", "dumps"]).saying(&["1 replaced"]);
        assert_eq!([count(&folder, "later"), count(&folder, "first")], [Some(1), Some(1)]);
    }
}

#[test]
fn standard_input_is_added_to_what_is_there() {
    let folder = two_sources();
    let pipe = |text: &str| {
        let run = folder.run_with_input(&["scan", "--all", "--guard", "index", "-"], text.as_bytes());
        run.ends(0).err()
    };
    assert!(pipe("a@suigen.example:one\n").contains("1 source added"));
    assert!(pipe("a@suigen.example:one\n").contains("1 as before"));
    assert!(pipe("a@suigen.example:two\nb@suigen.example:one\n").contains("1 source added"));
    assert_eq!([count(&folder, "one"), count(&folder, "two")], [Some(2), Some(1)]);
    let keys = ["ingest", "--lake", "lake", "--all", "--guard", "index", "-"];
    let mut child = folder.command_with_keys(&keys).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a@suigen.example:three\n").unwrap();
    folder.wait(child).ends(0);
    assert_eq!([count(&folder, "one"), count(&folder, "three")], [Some(2), Some(1)]);
}

/// Files in the folder of the index.
fn files(folder: &Folder) -> usize {
    fs::read_dir(folder.path("index")).map_or(0, Iterator::count)
}

/// A folder with an index, and little memory.
fn small() -> Folder {
    let folder = two_sources();
    // Little memory, so that runs are written before the end.
    folder.write("mizumori.toml", "memory = '64KiB'\n");
    scan(&folder, &["--all", "dumps"]).ends(0);
    folder
}

/// Starts a scan or an ingest of standard input and feeds it until runs stand in the folder of the index.
fn under_way(folder: &Folder, arguments: &[&str]) -> (Child, ChildStdin) {
    let before = files(folder);
    let mut command = folder.command_with_keys(&[arguments, &["-"]].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut feed = child.stdin.take().unwrap();
    let begun = Instant::now();
    for number in 0.. {
        let lines: String =
            (0..20_000).map(|line| format!("a{line}@suigen.example:secret {number} {line}\n")).collect();
        feed.write_all(lines.as_bytes()).unwrap();
        if files(folder) > before + 2 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is written");
    }
    (child, feed)
}

const LONG: [&[&str]; 2] =
    [&["scan", "--all", "--guard", "index"], &["ingest", "--lake", "lake", "--all", "--guard", "index"]];

#[test]
fn interrupted_or_killed_it_leaves_the_index() {
    for arguments in LONG {
        let folder = small();
        let (before, left) = (exported(&folder, "index"), files(&folder));
        for signal in [Signal::INT, Signal::KILL] {
            let (child, feed) = under_way(&folder, arguments);
            kill_process(Pid::from_child(&child), signal).unwrap();
            drop(feed);
            let run = folder.wait(child);
            if signal == Signal::INT {
                run.ends(130).saying(&["interrupted", "the index `index` is as it was"]);
                assert_eq!(files(&folder), left, "something was left");
            }
            assert_eq!((exported(&folder, "index"), generation(&folder)), (before.clone(), 1));
        }
        // What was left goes with the next one, which does all of it.
        folder.write("dumps/three.txt", "z@suigen.example:pw9\n");
        scan(&folder, &["--all", "dumps"]).ends(0).saying(&["1 source added"]);
        assert_eq!(files(&folder), left + 2);
    }
}

#[test]
fn whoever_comes_second_is_refused_at_once() {
    for arguments in LONG {
        let folder = small();
        let (child, feed) = under_way(&folder, arguments);
        let told = "another program is writing to the index at `index`";
        for way in BOTH {
            way(&folder, &["--all", "dumps"]).ends(2).saying(&[told]);
        }
        folder.run(&["guard", "import", "index", "list.toml"]).ends(2).saying(&[told]);
        // Answers go on.
        assert_eq!(count(&folder, "pw1"), Some(3));
        drop(feed);
        folder.wait(child).ends(0).saying(&["1 source added"]);
        assert_eq!([count(&folder, "pw1"), count(&folder, "secret 0 7")], [Some(3), Some(1)]);
    }
}

#[test]
fn when_nobody_reads_to_the_end_the_index_is_as_it_was() {
    let folder = folder(&[]);
    folder.write("dump.txt", "taro@suigen.example:himitsu\n".repeat(200_000));
    let mut child = folder.command(&["scan", "--all", "--guard", "index", "dump.txt"]).spawn().unwrap();
    drop(child.stdout.take());
    folder.wait(child).ends(0).saying(&["the index `index` is as it was"]);
    folder.run(&["guard", "status", "index"]).ends(2);
}

#[test]
fn a_disk_that_is_full_leaves_the_index() {
    for arguments in LONG.map(|arguments| [arguments, &["list.txt"]].concat()) {
        let folder = small();
        let before = exported(&folder, "index");
        let lines: String =
            (0..60_000).map(|line| format!("a{line}@suigen.example:secret {line}\n")).collect();
        folder.write("list.txt", lines).write("mizumori.toml", "memory = '64MiB'\n");
        // The lake has it already: only the index is written to.
        folder.run_with_keys(&["ingest", "--lake", "lake", "--all", "list.txt"]).ends(0);
        // Files of 1,000 blocks of 512 bytes at most: what is written beyond fails as on a full disk.
        let mut shell = Command::new("sh");
        let script = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"";
        shell.args(["-c", script, env!("CARGO_BIN_EXE_mizumori")]).args(&arguments);
        shell.current_dir(folder.work()).env_clear().env("XDG_DATA_HOME", folder.path("keys"));
        let run = folder.wait(shell.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        run.ends(2).saying(&["could not write `index/", "the index `index` is as it was"]);
        assert_eq!(exported(&folder, "index"), before);
        folder.run_with_keys(&arguments).ends(0);
        assert_eq!(count(&folder, "secret 59999"), Some(1));
    }
}

#[test]
fn a_folder_of_other_things_is_no_index() {
    let folder = two_sources();
    folder.write("index/letter.txt", "x");
    for way in BOTH {
        way(&folder, &["--all", "dumps"]).ends(2).saying(&["no index"]);
    }
    assert!(!folder.path("lake").exists(), "something was done before");
}

#[cfg(feature = "cluster")]
#[test]
fn a_cluster_fills_no_index() {
    let folder = two_sources();
    let run = ingest(&folder, &["--all", "--cluster", "127.0.0.1:1", "dumps"]);
    run.ends(2).saying(&["--guard and --cluster do not go together", "hint: ingest with --cluster"]);
    assert!(!folder.path("index").exists() && !folder.path("lake").exists());
}

#[test]
fn what_is_dropped_is_refused_while_it_is_followed() {
    let folder = folder(&[("drop/feed/source.toml", &source("feed", "telegram", "2021-05"))]);
    let follow =
        ["--watch", "list.toml", "--all", "--follow", "--interval", "0.05", "--settle", "0.2", "drop"];
    let mut arguments = vec!["ingest", "--lake", "lake", "--guard", "index"];
    arguments.extend(follow);
    let child = folder.command_with_keys(&arguments).spawn().unwrap();
    let until = |password: &str, expected: Option<u64>| {
        let begun = Instant::now();
        let is_there = || folder.path("index/index.json").exists() && count(&folder, password) == expected;
        while !is_there() {
            assert!(begun.elapsed() < Duration::from_secs(120), "never: {password}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    folder.write("drop/feed/1.txt", "taro@suigen.example:pw1\nx@elsewhere.example:pw2\n");
    until("pw2", Some(1));
    // Between two of them the index is free.
    folder.write("words.txt", "another\n");
    let begun = Instant::now();
    while folder.run(&["guard", "import", "index", "words.txt"]).code() != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(120), "the index is never free");
    }
    folder.write("drop/feed/2.txt", "y@elsewhere.example:pw2\n");
    until("pw2", Some(2));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let run = folder.wait(child);
    run.ends(130)
        .saying(&["the index `index`: 1 source added", "the index `index`: 0 sources added, 1 replaced"]);
    assert_eq!([count(&folder, "pw1"), count(&folder, "another")], [Some(1), Some(1)]);
    // Started again it knows all of it, here and there.
    let before = generation(&folder);
    ingest(&folder, &["--watch", "list.toml", "--all", "drop"]).ends(0).saying(&["1 as before"]);
    assert_eq!(generation(&folder), before);
}
