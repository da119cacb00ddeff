//! The free survey: figures of a domain for whoever proves that it is his, and nothing kept of it.

use std::fs;

use mizumori_test_servers::Dns;

use super::lake::{lake, two_sources};
use crate::run::{Folder, Run};

fn ask(folder: &Folder, names: &Dns, domain: &str, more: &[&str]) -> Run {
    let server = names.address().to_string();
    folder.run_with_keys(
        &[&["survey", "request", domain, "--lake", "lake", "--name-server", &server], more].concat(),
    )
}

/// What is to be published, and where.
fn proof(run: &Run) -> (String, String) {
    let errors = run.ends(2).err();
    let (_, rest) = errors.split_once("publish `").unwrap();
    let (content, rest) = rest.split_once('`').unwrap();
    let name = rest.split_once("record of ").unwrap().1.split(',').next().unwrap();
    (name.to_owned(), content.to_owned())
}

#[test]
fn counts_for_whoever_proves_the_domain() {
    let (folder, names) = (two_sources(), Dns::start().unwrap());
    lake(&folder, &["ingest", "--all", "dumps"]).ends(0);
    let files = || {
        let mut files: Vec<_> =
            fs::read_dir(folder.path("")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let (before, version) = (files(), super::lake::status(&folder, "version"));

    let run = ask(&folder, &names, "suigen.example", &[]);
    let (name, content) = proof(&run);
    assert_eq!(name, "_mizumori-challenge.suigen.example");
    assert!(run.out().is_empty(), "nothing is told before it is proved");
    // The same again, and another one of another domain.
    assert_eq!(proof(&ask(&folder, &names, "suigen.example", &[])), (name.clone(), content.clone()));
    assert_ne!(proof(&ask(&folder, &names, "mizube.test", &[])).1, content);
    // Of a part of the domain a proof of its own is asked for, and another domain's is none.
    names.set_txt(&name, &["mizumori-domain-verification=0123456789abcdef0123456789abcdef"]).unwrap();
    ask(&folder, &names, "suigen.example", &[]).ends(2).saying(&["the proof is not there"]);
    names.set_txt(&name, &["v=spf1 -all", &content]).unwrap();
    ask(&folder, &names, "mizube.test", &[]).ends(2);

    let run = ask(&folder, &names, "Suigen.Example.", &["--format", "jsonl"]);
    let mut told: Vec<_> = run.ends(0).lines().iter().map(ToString::to_string).collect();
    told.sort();
    // Of which sources it is made is nobody's who holds a domain.
    let row = |host: &str, year: &str| format!("{{\"accounts\":1,\"host\":\"{host}\",\"year\":\"{year}\"}}");
    let (own, below) = ("suigen.example", "mori.suigen.example");
    assert_eq!(told, [row(below, "2019"), row(own, "2019"), row(own, "2020")]);
    ask(&folder, &names, "suigen.example", &[]).ends(0).printing(&["host", "suigen.example"]);
    assert_eq!((files(), super::lake::status(&folder, "version")), (before, version), "nothing is kept");
    // Nobody can prove what nobody holds.
    ask(&folder, &names, "go.jp", &[]).ends(2).saying(&["public suffix"]);
    folder
        .run_with_keys(&[
            "survey",
            "request",
            "suigen.example",
            "--lake",
            "lake",
            "--name-server",
            "127.0.0.1:9",
        ])
        .ends(2)
        .saying(&["could not look for the proof"]);
}
