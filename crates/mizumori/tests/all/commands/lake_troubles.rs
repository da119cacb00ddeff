//! What a lake's commands meet that is not as it should be, and go on.

use std::fs;
use std::process::{Command, Stdio};

use super::lake::{lake, status, two_sources};

#[test]
fn a_dump_that_cannot_be_read_does_not_keep_the_others_out() {
    let folder = two_sources();
    folder.write("dumps/one/broken.zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00 this is no archive");
    let run = lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]);
    run.ends(3).saying(&["broken.zip"]);
    assert_eq!(status(&folder, "rows"), 5);
    let run = lake(&folder, &["survey", "--watch", "list.toml", "--format", "json"]);
    let unreadable = run.ends(3).json()["input"]["unreadable"].clone();
    assert!(unreadable[0]["file"].as_str().unwrap().ends_with("broken.zip"), "{unreadable}");
}

#[test]
fn what_cannot_be_read_is_told_whenever_it_is_met() {
    let folder = two_sources();
    let elsewhere = folder.path("elsewhere.txt");
    std::os::unix::fs::symlink(&elsewhere, folder.path("dumps/two/gone.txt")).unwrap();
    folder.write("dumps/one/broken.zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00 this is no archive");
    let ingest = ["ingest", "--watch", "list.toml", "dumps"];
    for _ in 0..2 {
        lake(&folder, &ingest).ends(3).saying(&["broken.zip", "gone.txt"]);
        assert_eq!(status(&folder, "version"), 1);
        let run = lake(&folder, &["survey", "--watch", "list.toml", "--format", "json"]).ends(3).json();
        let unreadable = run["input"]["unreadable"].as_array().unwrap();
        let names = unreadable.iter().map(|what| what["file"].as_str().unwrap().rsplit('/').next().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["broken.zip", "gone.txt"]);
    }
    // Whatever can be read comes.
    fs::write(elsewhere, "x@suigen.example:p\n").unwrap();
    lake(&folder, &ingest).ends(3).saying(&["broken.zip"]);
    assert_eq!((status(&folder, "version"), status(&folder, "rows")), (2, 6));
}

#[test]
fn a_merge_opens_more_files_than_a_program_gets_unasked() {
    let folder = two_sources();
    for at in 0..10 {
        let name = format!("more/{at}.txt");
        folder.write(&name, format!("x@suigen.example:{at}\n"));
        lake(&folder, &["ingest", "--watch", "list.toml", &name]).ends(0);
    }
    let limited = |limit: &str| {
        let script = format!("ulimit {limit} 16; exec \"$0\" lake optimize --lake lake --all");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_mizumori")]).current_dir(folder.path(""));
        command.env("XDG_DATA_HOME", folder.path("keys")).stdout(Stdio::piped()).stderr(Stdio::piped());
        folder.wait(command.spawn().unwrap())
    };
    limited("-n").ends(2).saying(&["Too many open files"]);
    limited("-S -n").ends(0).saying(&["merged 10 files into 1"]);
}
