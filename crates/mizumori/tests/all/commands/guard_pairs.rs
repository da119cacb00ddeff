//! `mizumori guard private import` and `ingest --private`: watched pairs out of dumps into a private index; all of them are invented.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::time::Duration;
#[cfg(feature = "lake")]
use std::time::Instant;

use mizumori_core::{Account, LocalPart, Secret};
use mizumori_guard::private::{PrivateIndex, Query};
use mizumori_world::pack::{self, Member, ZipMethod};
use rustix::process::{Pid, Signal, kill_process};

use crate::run::{Folder, Run};

const WATCH: &str = r#"
[[category]]
id = "ministry"
name = { ja = "省庁", en = "Ministries" }

[[organisation]]
id = "suigen"
category = "ministry"
name = { ja = "水源省", en = "Ministry of Springs" }
domains = ["suigen.example"]
"#;

/// A watch list, a dump, and an empty private index.
fn world() -> Folder {
    let folder = Folder::new();
    folder.write("watch.toml", WATCH);
    folder.write(
        "dumps/first.txt",
        "taro@suigen.example:himitsu-canary\nTARO@suigen.example:himitsu-canary\njiro@suigen.example:kotoba\n\
         saburo@suigen.example:5f4dcc3b5aa765d61d8327deb882cf99\nshiro@suigen.example:\nhanako@other.example:himitsu\n",
    );
    folder
        .run(&[
            "guard",
            "private",
            "create",
            "private",
            "--private-keys",
            "pairs.keys",
            "--hash-memory",
            "8KiB",
            "--hash-passes",
            "1",
        ])
        .ends(0);
    folder
}

fn import(folder: &Folder, more: &[&str]) -> Run {
    let fixed = ["guard", "private", "import", "private", "--private-keys", "pairs.keys"];
    folder.run(&[&fixed[..], more].concat())
}

#[cfg(feature = "lake")]
fn ingest(folder: &Folder, more: &[&str]) -> Run {
    let fixed = ["ingest", "--lake", "lake", "--private", "private", "--private-keys", "pairs.keys"];
    folder.run_with_keys(&[&fixed[..], more].concat())
}

const WATCHED: [&str; 3] = ["--watch", "watch.toml", "dumps"];

/// Which of these pairs are in the index.
fn found(folder: &Folder) -> BTreeSet<&'static str> {
    let index = PrivateIndex::open(&folder.path("private"), &folder.path("pairs.keys")).unwrap();
    let parameters = index.parameters();
    let is_in = |pair: &&str| {
        let (account, password) = pair.split_once(' ').unwrap();
        let account = Account::parse(account, LocalPart::Column).unwrap();
        let query =
            Query::new(&parameters.generations[0], &account, &Secret::new(password.as_bytes().to_vec()));
        let query = query.unwrap();
        query.finish(&index.answer(&query.message()).unwrap()).unwrap()
    };
    let asked = [
        "taro@suigen.example himitsu-canary",
        "jiro@suigen.example kotoba",
        "jiro@suigen.example himitsu-canary",
        "jiro@suigen.example another",
        "saburo@suigen.example 5f4dcc3b5aa765d61d8327deb882cf99",
        "hanako@other.example himitsu",
    ];
    asked.into_iter().filter(is_in).collect()
}

const TARO: &str = "taro@suigen.example himitsu-canary";
const JIRO: &str = "jiro@suigen.example kotoba";

#[test]
fn watched_pairs_come_and_are_replaced() {
    let folder = world();
    import(&folder, &WATCHED)
        .ends(0)
        .printing(&["added", "2 pairs", "first"])
        .saying(&["up to ", " pairs a second on "]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
    // Nothing readable is in the index.
    for entry in fs::read_dir(folder.path("private")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary" || window == b"suigen"));
    }
    // The same once more, and in another order: the index is not touched.
    let manifest = || fs::read(folder.path("private/private.json")).unwrap();
    let (before, dump) = (manifest(), fs::read_to_string(folder.path("dumps/first.txt")).unwrap());
    import(&folder, &WATCHED).ends(0).printing(&["as before", "first"]);
    let turned: String = dump.lines().rev().map(|line| format!("{line}\n")).collect();
    folder.write("dumps/first.txt", turned);
    import(&folder, &WATCHED).ends(0).printing(&["as before", "first"]);
    assert_eq!(manifest(), before);
    folder.write("dumps/first.txt", "jiro@suigen.example:another\ntaro@suigen.example:himitsu-canary\n");
    import(&folder, &WATCHED).ends(0).printing(&["replaced", "2 pairs"]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, "jiro@suigen.example another"]));
    folder.write("dumps/second.txt", "jiro@suigen.example:kotoba\n");
    folder.write("dumps/broken.zip", "PK\x03\x04 and nothing that follows");
    import(&folder, &WATCHED).ends(3).saying(&["broken.zip"]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO, "jiro@suigen.example another"]));
}

#[test]
fn of_what_cannot_be_read_what_it_brought_stays() {
    #[cfg(feature = "lake")]
    let ways: &[fn(&Folder, &[&str]) -> Run] = &[import, ingest];
    #[cfg(not(feature = "lake"))]
    let ways: &[fn(&Folder, &[&str]) -> Run] = &[import];
    for way in ways {
        let folder = world();
        let member = Member { name: "a.txt".to_owned(), bytes: b"jiro@suigen.example:another\n".to_vec() };
        let whole = pack::zip(&[member], ZipMethod::Stored).unwrap();
        folder.write("dumps/pack.zip", &whole);
        way(&folder, &WATCHED).ends(0);
        let before = BTreeSet::from([TARO, JIRO, "jiro@suigen.example another"]);
        assert_eq!(found(&folder), before);
        folder.write("dumps/pack.zip", &whole[..20]);
        way(&folder, &WATCHED).ends(3).saying(&["pack.zip"]);
        assert_eq!(found(&folder), before);
    }
}

#[test]
fn killed_or_interrupted_it_leaves_the_index() {
    let folder = world();
    import(&folder, &WATCHED).ends(0);
    let before = fs::read(folder.path("private/private.json")).unwrap();
    let files = || fs::read_dir(folder.path("private")).unwrap().count();
    let left = files();
    // Far more than are hashed before somebody ends it.
    let many: String = (0..300_000).map(|at| format!("a{at}@suigen.example:kotoba{at}\n")).collect();
    folder.write("dumps/many.txt", many);
    for signal in [Signal::INT, Signal::KILL] {
        let fixed = ["guard", "private", "import", "private", "--private-keys", "pairs.keys"];
        let mut child = folder.command(&[&fixed[..], &WATCHED].concat()).spawn().unwrap();
        // Its first words: from then on it reads.
        let mut said = [0; 1];
        child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let run = folder.wait(child);
        if signal == Signal::INT {
            run.ends(130).saying(&["interrupted", "the private index is as it was"]);
            assert_eq!(files(), left, "something was left");
        }
        assert_eq!(fs::read(folder.path("private/private.json")).unwrap(), before);
        assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
    }
    // What was left goes with the next one.
    folder.write("dumps/many.txt", "jiro@suigen.example:another\n");
    import(&folder, &WATCHED).ends(0);
    assert_eq!(found(&folder).len(), 3);
}

#[test]
fn under_a_new_key_sources_come_again() {
    let folder = world();
    import(&folder, &WATCHED).ends(0);
    folder.run(&["guard", "private", "rotate", "private", "--private-keys", "pairs.keys"]).ends(0);
    import(&folder, &WATCHED).ends(0).printing(&["added", "2 pairs"]);
    folder.run(&["guard", "private", "retire", "private", "1", "--private-keys", "pairs.keys"]).ends(0);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
}

#[test]
fn mistakes() {
    let folder = world();
    import(&folder, &["dumps"]).ends(2).saying(&["nothing says which accounts are watched", "--watch FILE"]);
    let run = |more: &[&str]| folder.run(&[&["guard", "private", "import"], more, &WATCHED[..]].concat());
    run(&["nowhere", "--private-keys", "pairs.keys"])
        .ends(2)
        .saying(&["there is no private index", "create"]);
    run(&["private"]).ends(2).saying(&["nothing says where the keys"]);
    run(&["private", "--private-keys", "none"]).ends(2).saying(&["could not open `none`"]);
    assert!(found(&folder).is_empty());
}

#[cfg(feature = "lake")]
#[test]
fn an_ingest_brings_pairs_once_and_replaces_them() {
    let folder = world();
    ingest(&folder, &WATCHED).ends(0).saying(&[
        "the private index `private`: up to ",
        " pairs a second on ",
        "1 source added, 0 replaced, 0 as before; 2 pairs, 2 of them hashed",
    ]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
    let before = fs::read(folder.path("private/private.json")).unwrap();
    ingest(&folder, &WATCHED).ends(0).saying(&["0 sources added, 0 replaced, 1 as before; 0 pairs"]);
    assert_eq!(fs::read(folder.path("private/private.json")).unwrap(), before);
    // Nothing readable is in the index.
    for entry in fs::read_dir(folder.path("private")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary" || window == b"suigen"));
    }
    folder.write("dumps/first.txt", "jiro@suigen.example:another\ntaro@suigen.example:himitsu-canary\n");
    ingest(&folder, &WATCHED).ends(0).saying(&["0 sources added, 1 replaced, 0 as before; 2 pairs"]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, "jiro@suigen.example another"]));
}

#[cfg(feature = "lake")]
#[test]
fn what_the_lake_has_already_comes_into_the_index_alone() {
    let folder = world();
    folder.run_with_keys(&["ingest", "--lake", "lake", "--watch", "watch.toml", "dumps"]).ends(0);
    ingest(&folder, &WATCHED).ends(0).printing(&["as before"]).saying(&["1 source added", "2 pairs"]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
    // A new key: what is known under the old one is not known under the new.
    folder.run(&["guard", "private", "rotate", "private", "--private-keys", "pairs.keys"]).ends(0);
    ingest(&folder, &WATCHED).ends(0).saying(&["1 source added", "2 pairs"]);
    folder.run(&["guard", "private", "retire", "private", "1", "--private-keys", "pairs.keys"]).ends(0);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]));
}

#[cfg(feature = "lake")]
#[test]
fn with_every_account_and_with_an_index_of_hashes() {
    let folder = world();
    let all = ["--all", "--watch", "watch.toml", "--guard", "leaked", "dumps"];
    ingest(&folder, &all).ends(0).saying(&["1 source added, 0 replaced, 0 as before; 2 pairs", "SHA-1"]);
    assert_eq!(found(&folder), BTreeSet::from([TARO, JIRO]), "only those of the watch list");
    folder.run_with_input(&["guard", "check", "leaked", "--least", "1"], b"himitsu").ends(1);
}

#[cfg(feature = "lake")]
#[test]
fn what_is_dropped_can_be_asked_for_while_it_is_followed() {
    let folder = world();
    fs::create_dir_all(folder.path("drop/feed")).unwrap();
    let fixed = ["ingest", "--lake", "lake", "--private", "private", "--private-keys", "pairs.keys"];
    let follow = ["--watch", "watch.toml", "--follow", "--interval", "0.05", "--settle", "0.2", "drop"];
    let child = folder.command_with_keys(&[&fixed[..], &follow].concat()).spawn().unwrap();
    let until = |pairs: &[&'static str]| {
        let begun = Instant::now();
        while found(&folder) != BTreeSet::from_iter(pairs.iter().copied()) {
            assert!(begun.elapsed() < Duration::from_secs(120), "never: {pairs:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    folder.write("drop/feed/1.txt", "taro@suigen.example:himitsu-canary\n");
    until(&[TARO]);
    folder.write("drop/feed/2.txt", "jiro@suigen.example:kotoba\n");
    until(&[TARO, JIRO]);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    folder.wait(child).ends(130).saying(&["the private index `private`: 1 source added"]);
    // Started again it knows all of it.
    let before = fs::read(folder.path("private/private.json")).unwrap();
    ingest(&folder, &["--watch", "watch.toml", "drop"]).ends(0);
    assert_eq!(fs::read(folder.path("private/private.json")).unwrap(), before);
}

#[cfg(feature = "lake")]
#[test]
fn mistakes_of_an_ingest() {
    let folder = world();
    ingest(&folder, &["--all", "dumps"])
        .ends(2)
        .saying(&["for the accounts of a watch list", "--watch FILE"]);
    let fixed = ["ingest", "--lake", "lake", "--private"];
    let run = |more: &[&str]| folder.run_with_keys(&[&fixed[..], more, &WATCHED[..]].concat());
    run(&["nowhere", "--private-keys", "pairs.keys"])
        .ends(2)
        .saying(&["there is no private index", "create"]);
    run(&["private"]).ends(2).saying(&["nothing says where the keys"]);
    run(&["private", "--private-keys", "none"]).ends(2).saying(&["could not open `none`"]);
    assert!(!folder.path("lake").exists(), "nothing was begun");
    assert!(found(&folder).is_empty());
}
