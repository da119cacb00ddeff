//! Mistakes of the user are told before anything runs: file, line, what to write instead; exit code 2.

use crate::run::Folder;
use crate::snapshot;
use crate::world::{self, LIST};

/// Runs a survey of `list` over one small dump and shows how it ends.
fn survey_of_list(list: &str) -> String {
    let folder = Folder::new();
    folder.write("list.toml", list).write("dump.txt", "taro@suigen.example:himitsu123\n");
    let run = folder.run(&["survey", "--watch", "list.toml", "dump.txt"]);
    run.ends(2);
    assert_eq!(run.out(), "");
    run.err()
}

#[test]
fn mistakes_in_a_watch_list() {
    let replaced = |from: &str, to: &str| {
        assert!(LIST.contains(from), "{from}");
        LIST.replacen(from, to, 1)
    };
    let mut shown = String::new();
    for (what, list) in [
        ("an empty list", String::new()),
        ("no TOML", replaced("[list]", "[list")),
        ("an at-sign", replaced("\"suigen.example\"", "\"@suigen.example\"")),
        ("an asterisk", replaced("\"suigen.example\"", "\"*.suigen.example\"")),
        ("a URL", replaced("\"suigen.example\"", "\"https://www.suigen.example/\"")),
        ("an unknown top-level domain", replaced("\"suigen.example\"", "\"suigen.nosuchtld\"")),
        ("a public suffix", replaced("\"suigen.example\"", "\"lg.jp\"")),
        ("no domains", replaced("domains = [\"mori.suigen.example\"]", "domains = []")),
        ("the key `domains` missing", replaced("domains = [\"mori.suigen.example\"]", "")),
        ("an unknown category", replaced("category = \"affiliated\"", "category = \"afiliated\"")),
        ("an unknown key", replaced("staff_sites", "stafsites")),
        ("an unknown parent", replaced("parent = \"suigen\"", "parent = \"suigenn\"")),
        ("an id twice", replaced("id = \"mori\"", "id = \"suigen\"")),
        ("a domain twice", replaced("\"mizube.test\"", "\"suigen.example\"")),
        (
            "overlapping dates",
            replaced("\"mizube.test\"", "{ name = \"mizube.example\", from = \"2019-12\" }"),
        ),
        ("dates the wrong way round", replaced("to = \"2019-12\"", "to = \"2009-12\"")),
        ("no month", replaced("\"2010-04\"", "\"April 2010\"")),
        ("an unknown level", replaced("parent = \"suigen\"", "level = \"open\"")),
        (
            "several at once",
            replaced("\"suigen.example\"", "\"@suigen.example\"").replace("\"mizube.test\"", "\"*.x\""),
        ),
    ] {
        shown += &format!("# {what}\n{}\n", survey_of_list(&list));
    }
    snapshot::check("mistakes-in-a-watch-list", &shown);
}

#[test]
fn what_is_written_otherwise_is_normalised() {
    let list =
        LIST.replace("\"suigen.example\"", "\"SUIGEN.Example.\"").replace("mizube.test", "ミズベ.test");
    let folder = Folder::new();
    folder
        .write("list.toml", list)
        .write("a.txt", "taro@suigen.example:himitsu123\nx@ミズベ.test:himitsu123\n");
    let run = folder.run(&["scan", "--watch", "list.toml", "a.txt"]);
    run.ends(0).quietly();
    let watched: Vec<_> = run.lines().iter().map(|row| row["watched"].as_str().unwrap().to_owned()).collect();
    assert_eq!(watched, ["suigen.example", "xn--0ck2cq.test"]);
}

#[test]
fn mistakes_in_a_description() {
    let mut shown = String::new();
    for (what, text) in [
        ("no id", "title = 'x'"),
        ("an unknown key", "id = 'x'\nleakd = '2019-01'"),
        ("an unknown kind", "id = 'x'\nkind = 'combolist'"),
        ("no date", "id = 'x'\nleaked = 'January 2019'"),
        ("no such month", "id = 'x'\nleaked = '2019-13'"),
        ("no boolean", "id = 'x'\npublic = 'yes'"),
        ("no TOML", "id = x"),
        ("an unknown level", "id = 'x'\nlevel = 'open'"),
        ("two at once", "id = 'x'\nleakd = '2019-01'\nkind = 'combolist'"),
    ] {
        let folder =
            world::folder(&[("dumps/source.toml", text), ("dumps/a.txt", "a@suigen.example:himitsu123\n")]);
        for command in ["survey", "scan"] {
            let run = folder.run(&[command, "--watch", "list.toml", "dumps"]);
            run.ends(2);
            assert_eq!(run.out(), "");
            if command == "survey" {
                shown += &format!("# {what}\n{}\n", run.err());
            }
        }
    }
    snapshot::check("mistakes-in-a-description", &shown);
}

#[test]
fn one_id_is_one_source() {
    let described = world::source("same", "forum", "2019-01");
    let other = world::source("same", "forum", "2019-02");
    let line = "taro@suigen.example:himitsu123\n";
    let mut shown = String::new();
    for (what, files, paths) in [
        (
            "one id described twice, differently",
            &[("a/source.toml", &*described), ("a/x", line), ("b/source.toml", &other), ("b/x", line)][..],
            &["a", "b"][..],
        ),
        ("two paths that give one id", &[("a/x.txt", line), ("b/x.txt", line)], &["a", "b"]),
        (
            "a description and a default",
            &[("a/source.toml", &described), ("a/x", line), ("same.txt", line)],
            &["a", "same.txt"],
        ),
        ("a path twice", &[("a/x.txt", line)], &["a", "a"]),
        ("a path twice, written otherwise", &[("a/x.txt", line)], &["a", "./a/"]),
        ("a path inside another", &[("a/x.txt", line)], &["a", "a/x.txt"]),
        ("the same, the other way round", &[("a/x.txt", line)], &["a/x.txt", "a"]),
        ("standard input twice", &[], &["-", "-"]),
    ] {
        let folder = world::folder(files);
        let mut arguments = vec!["survey", "--watch", "list.toml"];
        arguments.extend(paths);
        let run = folder.run(&arguments);
        run.ends(2);
        assert_eq!(run.out(), "");
        shown += &format!("# {what}\n{}\n", run.err());
    }
    snapshot::check("one-id-is-one-source", &shown);

    // The same description twice is one source.
    let folder = world::folder(&[
        ("a/source.toml", &described),
        ("a/x", line),
        ("b/source.toml", &described),
        ("b/x", line),
    ]);
    let run = folder.run(&["survey", "--watch", "list.toml", "--format", "json", "a", "b"]);
    run.ends(0).quietly();
    assert_eq!(run.json()["sources"].as_array().unwrap().len(), 1);
    assert_eq!(run.json()["input"]["duplicates"], 1);
}

#[test]
fn what_is_missing_or_contradicts_itself() {
    let folder = world::folder(&[("a.txt", "taro@suigen.example:himitsu123\n"), ("broken.toml", "x = 1\n")]);
    folder.write("latin.md", b"caf\xe9");
    let mut shown = String::new();
    for arguments in [
        &["survey", "a.txt"][..],
        &["scan", "a.txt"],
        &["survey", "--watch", "nowhere.toml", "a.txt"],
        &["survey", "--watch", ".", "a.txt"],
        &["survey", "--watch", "list.toml", "nowhere.txt"],
        &["scan", "--all", "nowhere.txt"],
        &["survey", "--watch", "list.toml", "--from", "2021-01", "--to", "2020-01", "a.txt"],
        &["survey", "--watch", "list.toml", "--incidents", "nowhere.toml", "a.txt"],
        &["survey", "--watch", "list.toml", "--incidents", "broken.toml", "a.txt"],
        &["survey", "--watch", "list.toml", "--discussion", "nowhere.md", "a.txt"],
        &["survey", "--watch", "list.toml", "--discussion", "latin.md", "a.txt"],
        &["survey", "--watch", "list.toml", "-o", "nowhere/report.json", "a.txt"],
        &["survey", "--watch", "list.toml", "-o", "a.txt/report.json", "a.txt"],
        &["survey", "--watch", "list.toml", "-o", ".", "a.txt"],
        &["scan", "--all", "--reveal", "a.txt"],
        &["demo", "-o", "a.txt"],
        &["demo", "-o", "."],
    ] {
        let run = folder.run(arguments);
        run.ends(2);
        assert_eq!(run.out(), "");
        shown += &format!("$ mizumori {}\n{}\n", arguments.join(" "), run.err());
    }
    snapshot::check("missing-or-contradictory", &shown);
}

#[test]
fn mistakes_in_the_configuration() {
    let mut shown = String::new();
    for text in [
        "wach = 'list.toml'",
        "threads = 0",
        "threads = 'two'",
        "[limits]\nmemory = 1",
        "[limits]\ndepth = -1",
        "=",
    ] {
        let folder = world::folder(&[("mizumori.toml", text), ("a.txt", "x")]);
        let run = folder.run(&["scan", "--all", "a.txt"]);
        run.ends(2);
        shown += &format!("# {text}\n{}\n", run.err());
    }
    let folder = world::folder(&[("a.txt", "x")]);
    let run =
        folder.command(&["scan", "--all", "a.txt"]).env("MIZUMORI_CONFIG", "nowhere.toml").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    shown += &format!("# no file\n{}", String::from_utf8(run.stderr).unwrap());
    snapshot::check("mistakes-in-the-configuration", &shown);
}
