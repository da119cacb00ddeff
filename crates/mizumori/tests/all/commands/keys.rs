//! The keys of a lake: what cannot be done without them, what is read with them, and how they change.

use std::fs;

use mizumori_world::pack::{Member, ZipMethod, zip};
use serde_json::Value;

use super::lake::{lake, status, two_sources};
use crate::run::{Folder, Run};

/// Runs a command of the keys of the lake `lake`.
fn keys(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run_with_keys(&[&["lake", "keys"], &arguments[..1], &["--lake", "lake"], &arguments[1..]].concat())
}

/// Makes a lake, and a key for a domain in its ring: the lake has to be there before.
fn with_data_key(folder: &Folder) {
    folder.write("nothing.txt", "");
    lake(folder, &["ingest", "--watch", "list.toml", "nothing.txt"]).ends(0);
    keys(folder, &["add", "suigen.example"]).ends(0);
}

#[test]
fn keys_that_are_missing_or_wrong_are_refused() {
    let folder = two_sources();
    let ingest = ["ingest", "--watch", "list.toml", "dumps"];
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(2).saying(&["there is no lake", "hint: "]);
    lake(&folder, &ingest).ends(0);
    let rows = status(&folder, "rows");
    let key = folder.read("keys/mizumori/master.key");
    folder.write("keys/mizumori/master.key", "0".repeat(64));
    for command in [&ingest[..], &["lookup", "taro@suigen.example"], &["new", "--since", "0"]] {
        lake(&folder, command).ends(2).saying(&["wrapped under another master key"]);
    }
    folder.write("keys/mizumori/master.key", "no key");
    lake(&folder, &ingest).ends(2).saying(&["64 hexadecimal digits"]);
    fs::remove_file(folder.path("keys/mizumori/master.key")).unwrap();
    lake(&folder, &ingest).ends(2).saying(&["could not read the master key", "MIZUMORI_MASTER_KEY"]);
    // Another lake's ring.
    folder.write("keys/mizumori/master.key", &key);
    let names = || fs::read_dir(folder.path("keys/mizumori/keys")).unwrap().map(|file| file.unwrap().path());
    let own: Vec<_> = names().collect();
    folder.run_with_keys(&["ingest", "--lake", "other", "--watch", "list.toml", "dumps"]).ends(0);
    let other = names().find(|name| !own.contains(name)).unwrap();
    let keys = ["lookup", "--keys", other.to_str().unwrap(), "taro@suigen.example"];
    lake(&folder, &keys).ends(2).saying(&["the lake belongs to the key ring"]);
    assert_eq!(status(&folder, "rows"), rows);
}

#[test]
fn what_is_sealed_opens_for_its_keys_alone() {
    let folder = two_sources();
    with_data_key(&folder);
    keys(&folder, &["list"]).ends(0).printing(&["1\tsuigen.example"]);
    // With a key for a verified domain that is the level, unless somebody says another.
    lake(&folder, &["ingest", "--level", "tags", "--watch", "list.toml", "dumps/one"]).ends(0);
    let tags = lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).lines();
    assert!(!tags.is_empty() && tags.iter().all(|row| row["sealed"] == false));
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    let masked = lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).lines();
    assert!(masked.iter().all(|row| row["sealed"] == true && row["revealed"] == Value::Null));
    lake(&folder, &["lookup", "--reveal", "suigen.example"]).ends(2).saying(&["--yes"]);
    let reveal = ["lookup", "--reveal", "--yes", "suigen.example"];
    let open = lake(&folder, &reveal).ends(0).lines();
    let mut seen: Vec<_> = open
        .iter()
        .filter(|row| row["host"] == "suigen.example")
        .map(|row| (row["revealed"]["local"].as_str().unwrap(), row["revealed"]["secret"].as_str().unwrap()))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [("taro", "other"), ("taro", "pw1"), ("taro", "pw1")]);
    // A domain without a key has tags, and whoever wants it sealed is told so.
    lake(&folder, &["ingest", "--level", "sealed", "--watch", "list.toml", "dumps"])
        .ends(0)
        .saying(&["kept as tags, not sealed", "lake keys add"]);
    let tags = lake(&folder, &["lookup", "jiro@mizube.test"]).ends(0).lines();
    assert_eq!(tags[0]["sealed"], false);

    // A key that is not there cannot be destroyed, and nobody is told that it was.
    for (domain, says) in [
        ("mizube.test", "the key ring has no key of `mizube.test`"),
        ("vpn.suigen.example", "no key of"),
        ("no domain", "`no domain` is no domain"),
    ] {
        keys(&folder, &["shred", domain]).ends(2).saying(&[says]);
    }
    keys(&folder, &["shred", "Suigen.Example."])
        .ends(0)
        .saying(&["destroyed 1 keys of `suigen.example`", "copies"]);
    keys(&folder, &["shred", "suigen.example"]).ends(2).saying(&["hint: `mizumori lake keys list`"]);
    let shredded = lake(&folder, &reveal).ends(0).lines();
    let shredded: Vec<_> = shredded.iter().filter(|row| row["sealed"] == true).collect();
    assert!(!shredded.is_empty());
    assert!(shredded.iter().all(|row| row["revealed"]["error"] == "its key was shredded"), "{shredded:?}");
}

#[test]
fn a_directory_names_whose_exposures_the_tags_are() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    folder.write(
        "directory.txt",
        "\u{feff}Taro@SUIGEN.example\r\n\nnobody@suigen.example\ntaro@suigen.example\n",
    );
    let alone = lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).lines();
    let run = lake(&folder, &["lookup", "--accounts", "directory.txt"]);
    run.ends(0).saying(&["1 of 2 accounts of the list are in this lake"]);
    assert_eq!(run.lines(), alone);
    assert!(alone.iter().all(|row| row["account"] == "taro@suigen.example"));
    // Of a domain, those that the list does not name stay nameless.
    let of_domain = lake(&folder, &["lookup", "suigen.example", "--accounts", "directory.txt"]);
    let rows = of_domain.ends(0).lines();
    let (named, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["account"] != Value::Null);
    assert_eq!((named.len(), others.len()), (alone.len(), rows.len() - alone.len()));
    of_domain.saying(&[&format!("{} exposures are of accounts that the list does not name", others.len())]);
    let table =
        lake(&folder, &["lookup", "suigen.example", "--accounts", "directory.txt", "--format", "table"]);
    table.ends(0).printing(&["taro@suigen.example"]);
    // What is no account is told, by its line alone.
    folder.write("broken.txt", "taro@suigen.example\nCANARY\n");
    let run = lake(&folder, &["lookup", "--accounts", "broken.txt"]);
    run.ends(3).saying(&["1 lines of the list are no account (line 2 is the first)"]);
    assert!(!run.shown().contains("CANARY"));
    folder.write("long.txt", "x".repeat(10_000));
    lake(&folder, &["lookup", "--accounts", "long.txt"])
        .ends(2)
        .saying(&["line 1", "longer than 4096 bytes"]);
    lake(&folder, &["lookup", "--accounts", "missing.txt"]).ends(2).saying(&["missing.txt"]);
    lake(&folder, &["lookup", "taro@suigen.example", "--accounts", "directory.txt"])
        .ends(2)
        .saying(&["a list"]);
}

#[test]
fn a_stealer_log_tells_its_computer_to_who_may_know() {
    let folder = Folder::new();
    folder.write("list.toml", crate::world::LIST);
    let passwords = "URL: https://vpn.suigen.example/\nUsername: taro@suigen.example\nPassword: pw1\n";
    folder.write("logs/source.toml", "id = 'logs'\nkind = 'stealer-log'\nleaked = '2020-07'");
    folder.write("logs/JP1/Passwords.txt", passwords);
    folder.write(
        "logs/JP1/UserInformation.txt",
        "UserName: taro\nMachineName: PC-CANARY\nLog date: 01.07.2020 09:00\n",
    );
    folder.write("logs/JP2/Passwords.txt", passwords.replace("pw1", "pw2"));
    let member = |name: &str, text: &str| Member { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let zipped = [
        member("JP3/Passwords.txt", &passwords.replace("pw1", "pw3")),
        member("JP3/system_info.txt", "System Summary:\n\t- UserName: hana\n\t- Computer Name: PC-3\n"),
    ];
    folder.write("logs/more.zip", zip(&zipped, ZipMethod::Deflated).unwrap());
    with_data_key(&folder);
    lake(&folder, &["ingest", "--level", "sealed", "--watch", "list.toml", "logs"]).ends(0);
    let reveal = ["lookup", "--reveal", "--yes", "taro@suigen.example"];
    let rows = lake(&folder, &reveal).ends(0).lines();
    let told = |secret: &str| {
        rows.iter().map(|row| &row["revealed"]).find(|revealed| revealed["secret"] == secret).unwrap().clone()
    };
    assert_eq!(
        told("pw1"),
        serde_json::json!({"local": "taro", "secret": "pw1", "computer": "PC-CANARY", "user": "taro", "taken": "01.07.2020 09:00"})
    );
    assert_eq!(
        told("pw3"),
        serde_json::json!({"local": "taro", "secret": "pw3", "computer": "PC-3", "user": "hana"})
    );
    assert_eq!(told("pw2"), serde_json::json!({"local": "taro", "secret": "pw2"}));
    let table = lake(&folder, &[&reveal[..], &["--format", "table"]].concat());
    table.ends(0).printing(&["computer", "PC-CANARY, taro, 01.07.2020 09:00"]);
    let masked = lake(&folder, &["lookup", "taro@suigen.example", "--format", "table"]);
    assert!(!masked.ends(0).out().contains("computer"));
}

#[test]
fn keys_that_are_added_at_once_are_all_there() {
    let folder = two_sources();
    with_data_key(&folder);
    let domains: Vec<_> = (0..12).map(|at| format!("d{at}.example")).collect();
    let add = |domain: &String| {
        let arguments = ["lake", "keys", "add", "--lake", "lake", domain];
        folder.command_with_keys(&arguments).spawn().unwrap()
    };
    let all: Vec<_> = domains.iter().map(add).collect();
    for run in all {
        folder.wait(run).ends(0);
    }
    let listed = keys(&folder, &["list"]).ends(0).out();
    let mut listed: Vec<_> = listed.lines().map(|line| line.split_once('\t').unwrap().1).collect();
    listed.sort_unstable();
    let mut expected: Vec<_> = domains.iter().map(String::as_str).chain(["suigen.example"]).collect();
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(fs::read_dir(folder.path("keys/mizumori/keys")).unwrap().count(), 1);
}

#[test]
fn a_lake_comes_under_new_keys() {
    let folder = two_sources();
    with_data_key(&folder);
    lake(&folder, &["ingest", "--level", "sealed", "--watch", "list.toml", "dumps"]).ends(0);
    let reveal = || {
        let rows = lake(&folder, &["lookup", "--reveal", "--yes", "suigen.example"]).ends(0).lines();
        let text = |row: &Value| format!("{} {} {}", row["host"], row["source"], row["revealed"]);
        let mut rows: Vec<_> = rows.iter().map(text).collect();
        rows.sort_unstable();
        rows
    };
    let tags = || lake(&folder, &["lookup", "jiro@mizube.test"]).ends(0).lines()[0]["tag"].clone();
    let (before, tag) = (reveal(), tags());
    let ring = fs::read_dir(folder.path("keys/mizumori/keys")).unwrap().next().unwrap().unwrap().path();
    fs::copy(&ring, folder.path("old.toml")).unwrap();
    keys(&folder, &["add", "suigen.example"]).ends(0);
    let done = keys(&folder, &["layer"]);
    done.ends(0).saying(&[
        "5 rows are under 2 layers",
        "3 sealed values were sealed anew",
        "copy of the key ring",
    ]);
    assert_eq!(reveal(), before);
    assert_ne!(tags(), tag);
    let old = ["lookup", "--keys", "old.toml", "taro@suigen.example"];
    lake(&folder, &old).ends(2).saying(&["under 2 layers of keys, the key ring has 1"]);
    // Without a new layer the tags stay.
    let tag = tags();
    keys(&folder, &["renew"])
        .ends(0)
        .saying(&["5 rows are under 2 layers", "3 sealed values were sealed anew"]);
    assert_eq!((tags(), reveal()), (tag, before));

    let master = ["rewrap", "--new-master-key", "new.key"];
    keys(&folder, &master).ends(0).saying(&["made a master key: `new.key`", "master_key = \"new.key\""]);
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(2).saying(&["another master key"]);
    folder.write("mizumori.toml", "master_key = \"new.key\"\n");
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(0);

    keys(&folder, &["shred", "suigen.example"]).ends(0);
    keys(&folder, &["renew"]).ends(0).saying(&["3 sealed values are gone"]);
    assert!(
        lake(&folder, &["lookup", "suigen.example"]).ends(0).lines().iter().all(|row| row["sealed"] == false)
    );
}
