//! The golden set through the program itself: the fields of a printed record, standard input, the two ways.

use std::collections::BTreeMap;

use mizumori_world::pack::{Compressor, Member, ZipMethod, compress, zip};
use serde_json::Value;

use super::cases::{self, Case};
use super::charsets::Charset;
use super::containers::{ARCHIVES, STREAMS, member};
use super::shown::Shown;
use crate::run::{Folder, Run};

const REVEAL: [&str; 5] = ["scan", "--reveal", "--yes", "--format", "jsonl"];

/// A folder that holds the watch list, outside of the dumps.
pub(super) fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("watch.toml", cases::watch_text());
    folder
}

/// Runs `scan` with every record revealed, and what more is asked for.
pub(super) fn reveal(folder: &Folder, more: &[&str]) -> Run {
    folder.run(&[&REVEAL, ["--watch", "watch.toml"].as_slice(), more].concat())
}

/// The printed records by their files, in the form of the golden files.
pub(super) fn records(run: &Run) -> BTreeMap<String, Vec<String>> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in run.lines() {
        let file = record["file"].as_str().unwrap().to_owned();
        files.entry(file).or_default().push(shown(&record));
    }
    files
}

fn shown(record: &Value) -> String {
    let secret = &record["secret"];
    Shown {
        line: record["line"].as_u64().unwrap(),
        account: record["account"].as_str(),
        login: record["login"].as_str(),
        kind: secret["kind"].as_str().unwrap(),
        algorithm: secret["algorithm"].as_str(),
        value: secret["value"].as_str(),
        url: record["url"].as_str(),
        matched_by: record["matched_by"].as_str(),
        watched: record["watched"].as_str(),
        non_rfc: record.get("non_rfc") == Some(&Value::Bool(true)),
    }
    .line()
}

/// Every case as a file of its own, packed in turn as everything that there is.
fn write_all(folder: &Folder) -> Vec<(String, Case)> {
    let containers: Vec<_> = STREAMS.iter().chain(&ARCHIVES).collect();
    cases::all()
        .into_iter()
        .enumerate()
        .map(|(number, case)| {
            let charset = case.charsets[number % case.charsets.len()];
            let packed =
                (containers[number % containers.len()].pack)(&[member(number, &charset.encode(&case.text))]);
            let name = format!("dumps/{}", case.name);
            folder.write(&name, packed);
            (name, case)
        })
        .collect()
}

fn of_file(files: &BTreeMap<String, Vec<String>>, name: &str) -> Vec<String> {
    let inside = format!("{name}!");
    let is_its = |file: &str| file == name || file.starts_with(&inside);
    files.iter().filter(|(file, _)| is_its(file)).flat_map(|(_, records)| records.clone()).collect()
}

#[test]
fn every_case_as_a_file() {
    let folder = folder();
    let cases = write_all(&folder);
    let all = records(reveal(&folder, &["--all", "dumps"]).ends(0).quietly());
    let watched = records(reveal(&folder, &["dumps"]).ends(0).quietly());
    for (name, case) in &cases {
        assert_eq!(of_file(&all, name), case.expected, "{name}");
        assert_eq!(of_file(&watched, name), case.expected_watched(), "{name}, watched alone");
    }
}

/// What a stream holds comes out of a pipe as well, without a name to go by.
#[test]
fn standard_input() {
    let case = cases::one("csv-japanese");
    for container in STREAMS.iter().chain(&ARCHIVES) {
        let folder = folder();
        let packed = (container.pack)(&[member(2, &Charset::Utf16Be.encode(&case.text))]);
        let arguments = [&REVEAL, ["--all", "--watch", "watch.toml", "-"].as_slice()].concat();
        let run = folder.run_with_input(&arguments, &packed);
        let files = records(run.ends(0).quietly());
        assert_eq!(of_file(&files, "stdin"), case.expected, "{}", container.name);
        assert!(run.lines().iter().all(|record| record["source"] == "stdin"));
    }
}

/// Names of files and folders, as stealer logs have them; the source is the first folder below the PATH.
#[test]
fn a_stealer_log_in_its_folder() {
    let folder = folder();
    let (lumma, russian) = (cases::one("stealer-lumma"), cases::one("stealer-russian"));
    let utf16 = Charset::Utf16Be.encode(&russian.text);
    folder.write("logs/JP[0123] 192.0.2.7/All Passwords.txt", lumma.charsets[0].encode(&lumma.text));
    folder.write("logs/JP[0123] 192.0.2.7/System.txt", "Computer Name: PC-1\nUser Name: x\nIP: 192.0.2.7\n");
    folder.write("logs/RU 192.0.2.8/Пароли.txt", utf16);
    let run = reveal(&folder, &["--all", "logs"]);
    let files = records(run.ends(0).quietly());
    let expected = [
        ("logs/JP[0123] 192.0.2.7/All Passwords.txt".to_owned(), lumma.expected),
        ("logs/RU 192.0.2.8/Пароли.txt".to_owned(), russian.expected),
    ];
    assert_eq!(files, BTreeMap::from(expected));
    let sources: Vec<_> =
        run.lines().iter().map(|record| record["source"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sources[0], "JP[0123] 192.0.2.7");
    assert_eq!(sources.last().unwrap(), "RU 192.0.2.8");
}

/// The fields that the golden files do not write, derived here from those that they do.
#[test]
fn the_other_fields_follow() {
    let folder = folder();
    let cases = write_all(&folder);
    folder.write("dumps/source.toml", "id = \"golden\"\nleaked = \"2019-01\"\n");
    let revealed = reveal(&folder, &["--all", "dumps"]).ends(0).lines();
    let masked =
        folder.run(&["scan", "--all", "--watch", "watch.toml", "--format", "jsonl", "dumps"]).ends(0).lines();
    assert_eq!(revealed.len(), cases.iter().map(|(_, case)| case.expected.len()).sum::<usize>());
    assert_eq!(revealed.len(), masked.len());
    for (record, masked) in revealed.iter().zip(&masked) {
        check_fields(record);
        let without_url = |record: &Value| {
            let mut record = record.clone();
            record.as_object_mut().unwrap().remove("url");
            record["secret"].as_object_mut().unwrap().remove("value");
            record
        };
        assert_eq!(without_url(record), without_url(masked));
        assert!(masked["secret"].get("value").is_none());
        let url = masked["url"].as_str().unwrap_or_default();
        assert!(!url.contains(['?', '#', '@']), "a URL is shown with what it must not show");
        assert_eq!(masked["url"].is_null(), record["url"].is_null());
    }
}

fn check_fields(record: &Value) {
    assert_eq!((record["source"].as_str(), record["leaked"].as_str()), (Some("golden"), Some("2019-01")));
    let host = record["account"].as_str().map(|account| account.split_once('@').unwrap().1);
    assert_eq!(record["host"].as_str(), host);
    // The registrable domain: one label before the public suffix.
    let suffix_labels = |host: &str| if host.ends_with(".ne.jp") { 2 } else { 1 };
    let domain = host.map(|host| {
        let labels: Vec<_> = host.split('.').collect();
        labels[labels.len() - suffix_labels(host) - 1..].join(".")
    });
    assert_eq!(record["domain"].as_str(), domain.as_deref());
    let organisation = record["watched"].as_str().map(|watched| match watched {
        "kasen.suigen.example" => "kasen",
        _ => "suigen",
    });
    assert_eq!(record["organisation"].as_str(), organisation);
    assert_eq!(record["matched_by"].is_null(), record["watched"].is_null());
    let secret = &record["secret"];
    let value: Vec<_> = secret["value"].as_str().unwrap_or_default().chars().collect();
    let is_long = value.len() >= 8;
    let (hint, length) = match secret["kind"].as_str().unwrap() {
        "none" => (None, None),
        "clear" | "token" if is_long => (Some((value[0], value[value.len() - 1])), Some(value.len() as u64)),
        _ => (Some(('*', '*')), None),
    };
    let seen = secret["hint"].as_str().map(|hint| {
        let hint: Vec<_> = hint.chars().collect();
        assert!(hint.len() >= 8 && hint[1..hint.len() - 1].iter().all(|star| *star == '*'));
        (hint[0], hint[hint.len() - 1])
    });
    assert_eq!((seen, secret["length"].as_u64()), (hint, length));
}

/// Names inside archives are shown in the order of the archive, deep ones too.
#[test]
fn names_of_members() {
    let folder = folder();
    let text = |account: &str| format!("{account}@suigen.example:himitsu1\n").into_bytes();
    let member = |name: &str, bytes: Vec<u8>| Member { name: name.to_owned(), bytes };
    let inner = zip(&[member("x/ログ.txt", text("deep"))], ZipMethod::Stored).unwrap();
    let gzipped = compress(&text("gz"), Compressor::Gzip).unwrap();
    let members = [
        member("b.txt", text("b")),
        member("a/inner.zip", inner),
        member("a/c.txt.gz", gzipped),
        member("/etc/absolute.txt", text("absolute")),
        member("../../up.txt", text("up")),
        member("C:\\Users\\Passwords.txt", text("windows")),
    ];
    folder.write("dump.zip", zip(&members, ZipMethod::Deflated).unwrap());
    let before = folder.names();
    let run = reveal(&folder, &["dump.zip"]);
    let files: Vec<_> = run
        .ends(0)
        .quietly()
        .lines()
        .iter()
        .map(|record| record["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        files,
        [
            "dump.zip!b.txt",
            "dump.zip!a/inner.zip!x/ログ.txt",
            "dump.zip!a/c.txt.gz",
            "dump.zip!/etc/absolute.txt",
            "dump.zip!../../up.txt",
            "dump.zip!C:/Users/Passwords.txt",
        ]
    );
    // A name is only a name: nothing was written anywhere.
    assert_eq!(folder.names(), before);
    assert!(!folder.work().parent().unwrap().join("up.txt").exists());
    assert_eq!(std::fs::read_dir(folder.temporary()).unwrap().count(), 0);
}
