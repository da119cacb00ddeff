//! The records that a scan prints: every field, and the rules for each.

use serde_json::{Value, json};

use crate::run::{Folder, Run};
use crate::snapshot;
use crate::world::{self, source};
use mizumori_world::pack::{self, Member, ZipMethod};

fn scan(folder: &Folder, more: &[&str]) -> Run {
    let mut arguments = vec!["scan"];
    arguments.extend(more);
    let run = folder.run(&arguments);
    run.ends(0).quietly();
    run
}

/// The rows of a watched scan of one file.
fn watched(name: &str, text: impl AsRef<[u8]>) -> Vec<Value> {
    let folder = world::folder(&[]);
    folder.write(name, text);
    scan(&folder, &["--watch", "list.toml", name]).lines()
}

/// The same fields of all rows.
fn column(rows: &[Value], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}

#[test]
fn every_field_of_a_record() {
    let folder = world::folder(&[
        ("dumps/source.toml", &source("logs", "forum", "2019-01")),
        (
            "dumps/list.txt",
            "https://user:pass@www.suigen.example/in?q=1#top:taro@a.mori.suigen.example:himitsu123\n",
        ),
    ]);
    let row = scan(&folder, &["--watch", "list.toml", "dumps"]).lines().remove(0);
    assert_eq!(
        row,
        json!({
            "account": "taro@a.mori.suigen.example",
            "login": null,
            "domain": "suigen.example",
            "host": "a.mori.suigen.example",
            "watched": "mori.suigen.example",
            "matched_by": "both",
            "organisation": "mori",
            "source": "logs",
            "leaked": "2019-01",
            "file": "dumps/list.txt",
            "line": 1,
            "secret": {"kind": "clear", "algorithm": null, "hint": "h********3", "length": 10},
            "url": "https://www.suigen.example/in",
        })
    );
    let revealed = scan(&folder, &["--watch", "list.toml", "--reveal", "--yes", "dumps"]).lines().remove(0);
    assert_eq!(revealed["secret"]["value"], "himitsu123");
    assert_eq!(revealed["url"], "https://user:pass@www.suigen.example/in?q=1#top");
}

#[test]
fn hints_and_lengths() {
    let rows = watched(
        "list.txt",
        "a@suigen.example:short\n\
         b@suigen.example:eight888\n\
         c@suigen.example:ひみつひみつひみつ\n\
         d@suigen.example:5f4dcc3b5aa765d61d8327deb882cf99\n\
         e@suigen.example:NULL\n\
         f@suigen.example:$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234\n\
         g@suigen.example:seven77\n",
    );
    let secrets: Vec<_> = column(&rows, "secret");
    assert_eq!(
        secrets,
        [
            json!({"kind": "clear", "algorithm": null, "hint": "********", "length": null}),
            json!({"kind": "clear", "algorithm": null, "hint": "e******8", "length": 8}),
            json!({"kind": "clear", "algorithm": null, "hint": "ひ*******つ", "length": 9}),
            json!({"kind": "hash", "algorithm": "md5", "hint": "********", "length": null}),
            json!({"kind": "none", "algorithm": null, "hint": null, "length": null}),
            json!({"kind": "hash", "algorithm": "bcrypt", "hint": "********", "length": null}),
            json!({"kind": "clear", "algorithm": null, "hint": "********", "length": null}),
        ]
    );
}

#[test]
fn what_a_record_is_matched_by() {
    let rows = watched(
        "list.txt",
        "https://vpn.suigen.example/:yamada01:himitsu123\n\
         https://shop.test/:taro@suigen.example:himitsu123\n\
         https://www.mizube.test/:taro@suigen.example:himitsu123\n\
         https://vpn.contractor.example/:yamada02:himitsu123\n\
         https://other.contractor.example/:yamada03:himitsu123\n\
         https://shop.test/:somebody@shop.test:himitsu123\n\
         https://www.mizube.test/:somebody@shop.test:himitsu123\n\
         https://evilsuigen.example/:yamada04:himitsu123\n",
    );
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            ["matched_by", "watched", "organisation", "account", "login"]
                .map(|field| row[field].as_str().unwrap_or("-"))
                .join(" ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "site suigen.example suigen - yamada01",
            "account suigen.example suigen taro@suigen.example -",
            "both suigen.example suigen taro@suigen.example -",
            "site vpn.contractor.example suigen - yamada02",
            "site mizube.test mizube somebody@shop.test -",
        ]
    );
}

#[test]
fn all_records() {
    let folder = world::folder(&[(
        "list.txt",
        "taro@suigen.example:himitsu123\nsomebody@shop.test:himitsu123\nother@shop.test:\n:himitsu999\nyamada:himitsu123\n",
    )]);
    let rows = scan(&folder, &["--all", "list.txt"]).lines();
    assert_eq!(column(&rows, "line"), [1, 2, 3, 4, 5]);
    assert!(rows.iter().all(|row| row["matched_by"].is_null() && row["watched"].is_null()));
    assert_eq!(rows[2]["secret"]["kind"], "none");
    assert_eq!(rows[3]["account"], Value::Null);
    assert_eq!(rows[3]["login"], Value::Null);
    assert_eq!(rows[3]["secret"]["kind"], "clear");
    assert_eq!(rows[4]["login"], "yamada");

    let rows = scan(&folder, &["--all", "--watch", "list.toml", "list.txt"]).lines();
    assert_eq!(
        column(&rows, "matched_by"),
        [json!("account"), json!(null), json!(null), json!(null), json!(null)]
    );
}

#[test]
fn lines_are_exact_whichever_core_reads() {
    // Longer than a range, so that it is split; of three lines that concern the list, one stands at each end.
    let mut list = String::from("first@suigen.example:himitsu123\n");
    let mut expected = vec![1];
    let mut line = 1;
    while list.len() < 20 << 20 {
        line += 1;
        if line % 50_000 == 0 {
            list += &format!("user{line}@mori.suigen.example:himitsu123\n");
            expected.push(line);
        } else {
            list += "somebody.with.a.long.name@mail.shop.test:and-a-password-of-some-length\n";
        }
        if line % 70_000 == 0 {
            list += "\r\n";
            line += 1;
        }
    }
    list += "last@suigen.example:himitsu123";
    expected.push(line + 1);
    let folder = world::folder(&[("big.txt", &list), ("later.txt", "z@suigen.example:himitsu123\n")]);
    let mut seen = Vec::new();
    for threads in ["1", "2", "5"] {
        let run = scan(&folder, &["--watch", "list.toml", "--threads", threads, "big.txt", "later.txt"]);
        seen.push(run.out());
    }
    assert!(seen.iter().all(|one| *one == seen[0]));
    let rows: Vec<Value> = seen[0].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (later, big) = rows.split_last().unwrap();
    assert_eq!(column(big, "line"), expected);
    assert_eq!(later["file"], "later.txt");

    // The same behind a pipe, where nothing can be split.
    let run = folder.run_with_input(&["scan", "--watch", "list.toml", "-"], list.as_bytes());
    run.ends(0).quietly();
    assert_eq!(column(&run.lines(), "line"), expected);
    assert!(run.lines().iter().all(|row| row["file"] == "stdin" && row["source"] == "stdin"));
}

#[test]
fn objects_inside_of_others_stand_behind_them() {
    let text = "[{\n\"email\": \"a@suigen.example\", \"password\": \"p\",\n\"children\": [\n\
                {\"email\": \"b@suigen.example\", \"password\": \"q\"},\n\
                {\"email\": \"c@suigen.example\", \"password\": \"r\"}]}]\n";
    let folder = world::folder(&[("d.json", text)]);
    let rows = scan(&folder, &["--all", "d.json"]).lines();
    assert_eq!(column(&rows, "account"), ["a@suigen.example", "b@suigen.example", "c@suigen.example"]);
    assert_eq!(column(&rows, "line"), [1, 4, 5]);
}

#[test]
fn members_are_named() {
    let inner = pack::zip(
        &[
            Member { name: "deep/b.txt".to_owned(), bytes: b"a@suigen.example:himitsu123\n".to_vec() },
            Member { name: "100%.txt".to_owned(), bytes: b"\n\nb@suigen.example:himitsu123\n".to_vec() },
        ],
        ZipMethod::Deflated,
    )
    .unwrap();
    let outer = pack::tar(&[Member { name: "inner/c.zip".to_owned(), bytes: inner }]).unwrap();
    let folder = world::folder(&[]);
    folder.write("dumps/a.tar.gz", pack::compress(&outer, pack::Compressor::Gzip).unwrap());
    // A name that is no text, and one that would break a line.
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"dumps/caf\xe9\n.txt");
    std::fs::write(folder.work().join(odd), "c@suigen.example:himitsu123\n").unwrap();
    let run = scan(&folder, &["--watch", "list.toml", "dumps"]);
    let files: Vec<_> = run
        .lines()
        .iter()
        .map(|row| {
            format!(
                "{}:{} of {}",
                row["file"].as_str().unwrap(),
                row["line"],
                row["source"].as_str().unwrap()
            )
        })
        .collect();
    snapshot::check("members-are-named", &(files.join("\n") + "\n"));
    for form in ["csv", "table"] {
        let text = scan(&folder, &["--watch", "list.toml", "--format", form, "dumps"]).out();
        assert_eq!(text.lines().count(), 4, "{text}");
    }
}

#[test]
fn each_once() {
    let folder = world::folder(&[
        ("a.txt", "x@suigen.example:himitsu123\nX@suigen.example:himitsu123\nx@suigen.example:himitsu124\n"),
        ("b.txt", "x@suigen.example:himitsu123\n"),
        (
            "c.txt",
            "https://vpn.suigen.example/:yamada01:himitsu123\nhttps://vpn.suigen.example/:yamada01:himitsu123\nhttps://www.suigen.example/:yamada01:himitsu123\n",
        ),
    ]);
    let paths = ["--watch", "list.toml", "a.txt", "b.txt", "c.txt"];
    assert_eq!(scan(&folder, &paths).lines().len(), 7);
    let rows = scan(&folder, &[&["--unique"][..], &paths].concat()).lines();
    let seen: Vec<_> =
        rows.iter().map(|row| (row["file"].as_str().unwrap(), row["line"].as_u64().unwrap())).collect();
    assert_eq!(seen, [("a.txt", 1), ("a.txt", 3), ("c.txt", 1), ("c.txt", 3)]);
}

#[test]
fn forms() {
    let folder = world::folder(&[
        ("dumps/source.toml", &source("one", "forum", "2019-01")),
        (
            "dumps/list.txt",
            "taro@suigen.example:himitsu123\n=cmd@suigen.example:short\nhttps://vpn.suigen.example/a,b:yamada01:himitsu\"123\n",
        ),
    ]);
    let mut shown = String::new();
    for more in [&["--format", "jsonl"][..], &["--format", "csv"], &["--format", "table"], &[]] {
        let run = scan(&folder, &[more, &["--watch", "list.toml", "dumps"]].concat());
        shown += &format!("# {}\n{}\n", more.join(" "), run.out());
    }
    for form in ["jsonl", "csv", "table"] {
        let run = scan(&folder, &["--format", form, "--reveal", "--yes", "--watch", "list.toml", "dumps"]);
        shown += &format!("# --reveal --format {form}\n{}\n", run.out());
    }
    snapshot::check("scan", &shown);
}

#[test]
fn accounts_that_the_standard_does_not_allow_are_marked() {
    let rows = watched("list.txt", "a..b.@suigen.example:himitsu123\na.b@suigen.example:himitsu123\n");
    assert_eq!(rows[0]["non_rfc"], true);
    assert_eq!(rows[0]["account"], "a..b.@suigen.example");
    assert!(rows[1].get("non_rfc").is_none());
}

#[test]
fn findings_can_fail() {
    let folder =
        world::folder(&[("a.txt", "x@suigen.example:himitsu123\n"), ("b.txt", "x@shop.test:himitsu123\n")]);
    let run = |arguments: &[&str]| {
        let mut all = vec!["scan", "--watch", "list.toml", "--fail-on-findings"];
        all.extend(arguments);
        folder.run(&all).code()
    };
    assert_eq!(run(&["a.txt"]), Some(1));
    assert_eq!(run(&["b.txt"]), Some(0));
    assert_eq!(run(&["--all", "b.txt"]), Some(0));
    assert_eq!(run(&["--all", "a.txt", "b.txt"]), Some(1));
    // Unread input wins over findings, and failure over both.
    std::os::unix::fs::symlink("nowhere", folder.path("dangling")).unwrap();
    std::fs::create_dir(folder.path("dumps")).unwrap();
    std::fs::rename(folder.path("dangling"), folder.path("dumps/dangling")).unwrap();
    assert_eq!(run(&["a.txt", "dumps"]), Some(3));
    assert_eq!(run(&["a.txt", "dumps", "nowhere"]), Some(2));
}

#[test]
fn nothing_is_revealed_without_yes() {
    let folder = world::folder(&[("a.txt", "x@suigen.example:Himitsu-no-Kotoba\n")]);
    for more in [&[][..], &["--all"], &["--unique"], &["--format", "csv"], &["--format", "table"]] {
        let run = scan(&folder, &[more, &["--watch", "list.toml", "a.txt"]].concat());
        assert!(!run.shown().contains("Himitsu"), "{more:?}");
    }
    let run = folder.run(&["scan", "--watch", "list.toml", "--reveal", "a.txt"]);
    run.ends(2).saying(&["--yes"]);
    assert!(!run.shown().contains("Himitsu"));
    // An answer that does not come from a terminal is none.
    let run = folder.run_with_input(&["scan", "--watch", "list.toml", "--reveal", "a.txt"], b"yes\n");
    run.ends(2);
    assert_eq!(run.out(), "");
}
