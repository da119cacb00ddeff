//! What goes wrong around the program: input that cannot be read, readers that leave, full disks, Ctrl-C.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use mizumori_world::pack::{self, Compressor, Member, ZipMethod};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::run::Folder;
use crate::snapshot;
use crate::world;

const LINE: &str = "taro@suigen.example:himitsu123\n";

/// A zip archive with a password.
fn locked(password: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .with_aes_encryption(zip::AesMode::Aes256, password)
        .last_modified_time(zip::DateTime::default());
    archive.start_file("list.txt", options).unwrap();
    archive.write_all(LINE.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// A folder `dumps` with one sound file and others that are not.
fn damaged_world() -> Folder {
    let folder = world::folder(&[("dumps/good.txt", LINE)]);
    let gz = pack::compress(LINE.repeat(1000).as_bytes(), Compressor::Gzip).unwrap();
    folder.write("dumps/cut.txt.gz", &gz[..gz.len() - 9]);
    folder.write("dumps/locked.zip", locked("open sesame"));
    let members = [Member { name: "a.txt".to_owned(), bytes: LINE.as_bytes().to_vec() }];
    let mut zip = pack::zip(&members, ZipMethod::Stored).unwrap();
    let at = zip.windows(7).position(|window| window == b"himitsu").unwrap();
    zip[at] = b'H';
    folder.write("dumps/changed.zip", zip);
    std::os::unix::fs::symlink("nowhere", folder.path("dumps/dangling.txt")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.path("dumps/socket")).unwrap());
    folder
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = damaged_world();
    let survey = ["survey", "--watch", "list.toml", "--format", "json", "dumps"];
    let run = folder.run(&survey);
    run.ends(3);
    let report = run.json();
    assert_eq!(report["complete"], true);
    let mut named: Vec<_> = report["input"]["unreadable"].as_array().unwrap().clone();
    named.sort_by_key(|one| one["file"].as_str().unwrap().to_owned());
    let mut shown = String::new();
    for one in &named {
        let (file, why) = (one["file"].as_str().unwrap(), one["why"].as_str().unwrap());
        shown += &format!("{file}: {why}\n");
        run.saying(&[file, why]);
    }
    // What can be read is used, damage or not.
    let matched = report["input"]["matched"].as_u64().unwrap();
    assert!(matched > 2, "{matched}");
    let scan = folder.run(&["scan", "--watch", "list.toml", "--fail-on-findings", "dumps"]);
    scan.ends(3);
    assert!(scan.lines().len() as u64 == matched);
    snapshot::check("unreadable", &shown);
}

#[test]
fn archives_with_a_password() {
    let folder = world::folder(&[]);
    folder.write("locked.zip", locked("open sesame"));
    let scan = |more: &[&str]| {
        let mut arguments = vec!["scan", "--watch", "list.toml", "locked.zip"];
        for password in more {
            arguments.extend(["--archive-password", password]);
        }
        folder.run(&arguments)
    };
    let run = scan(&[]);
    run.ends(3).saying(&["locked.zip!list.txt", "give --archive-password"]);
    assert_eq!(run.out(), "");
    let run = scan(&["wrong-canary-word"]);
    run.ends(3).saying(&["locked.zip!list.txt", "does not fit"]);
    assert!(!run.err().contains("wrong-canary-word"));
    let run = scan(&["wrong", "open sesame"]);
    run.ends(0).quietly();
    assert_eq!(run.lines().len(), 1);
}

#[test]
fn a_broken_pipe_is_quiet() {
    let folder = world::folder(&[("big.txt", &LINE.repeat(40_000)), ("small.txt", LINE)]);
    for arguments in [
        &["--help"][..],
        &["survey", "--help"],
        &["completions", "bash"],
        &["doctor"],
        &["survey", "--watch", "list.toml", "small.txt"],
        &["survey", "--watch", "list.toml", "--format", "json", "small.txt"],
        &["scan", "--all", "small.txt"],
        &["scan", "--all", "--format", "csv", "big.txt"],
        &["scan", "--all", "--format", "table", "big.txt"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = folder.command(arguments);
        let child = command.stdout(writer).spawn().unwrap();
        drop(command);
        folder.wait(child).ends(0).quietly();
    }
    // `| head -1`.
    let mut child = folder.command(&["scan", "--all", "big.txt"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"account\":\"taro@suigen.example\""));
    folder.wait(child).ends(0).quietly();
}

#[test]
fn a_full_disk_is_told() {
    let folder = world::folder(&[("small.txt", LINE), ("big.txt", &LINE.repeat(40_000))]);
    for arguments in [
        &["--help"][..],
        &["completions", "bash"],
        &["doctor"],
        &["survey", "--watch", "list.toml", "small.txt"],
        &["scan", "--all", "small.txt"],
        &["scan", "--all", "big.txt"],
        &["scan", "--all", "--format", "table", "big.txt"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = folder.command(arguments);
        let child = command.stdout(full).spawn().unwrap();
        let run = folder.wait(child);
        run.ends(2);
        assert_eq!(
            run.err(),
            "error: could not write to standard output: No space left on device (os error 28)\n",
            "{arguments:?}"
        );
    }
    let run = folder.run(&["survey", "--watch", "list.toml", "-o", "/dev/full", "small.txt"]);
    run.ends(2).saying(&["could not write `/dev/full`: No space left"]);
}

/// Starts the program, which reads the named pipe `pipe`, and gives the other end of that.
fn fed(folder: &Folder, arguments: &[&str]) -> (Child, std::fs::File) {
    let pipe = folder.pipe("pipe");
    let child = folder.command(arguments).spawn().unwrap();
    // Opening waits until the program has opened its end, by when it listens to Ctrl-C.
    (child, OpenOptions::new().write(true).open(pipe).unwrap())
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

#[test]
fn ctrl_c_while_nobody_writes() {
    for format in ["json", "table"] {
        let folder = world::folder(&[("good.txt", LINE)]);
        let (child, pipe) = fed(
            &folder,
            &["survey", "--watch", "list.toml", "--format", format, "--threads", "1", "good.txt", "pipe"],
        );
        interrupt(&child);
        let run = folder.wait(child);
        drop(pipe);
        run.ends(130);
        assert_eq!(run.err(), "warning: interrupted: the figures are those of what had been read\n");
        if format == "json" {
            let report = run.json();
            assert_eq!(report["complete"], false);
            assert_eq!(report["input"]["files"], 1);
            assert_eq!(report["input"]["matched"], 1);
            assert_eq!(report["input"]["bytes"], LINE.len());
        } else {
            snapshot::check("interrupted", &run.out());
        }
    }
    // On standard input, too; the pipe's end is waited for by writing more than it holds.
    let folder = world::folder(&[]);
    let mut child = folder.command(&["scan", "--all", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(LINE.repeat(10_000).as_bytes()).unwrap();
    interrupt(&child);
    let run = folder.wait(child);
    drop(stdin);
    run.ends(130).saying(&["interrupted after", "records were printed"]);
}

#[test]
fn ctrl_c_in_the_middle() {
    // One worker counts a piece before it reads the next: when all this is taken, the most of it has been counted.
    let text = format!("{LINE}{}\n", "somebody:and a line without any address ".repeat(50)).repeat(4000);
    for format in ["json", "html"] {
        let folder = world::folder(&[("report", "an earlier one")]);
        let arguments =
            ["survey", "--watch", "list.toml", "--format", format, "--threads", "1", "-o", "report", "pipe"];
        let (child, mut pipe) = fed(&folder, &arguments);
        pipe.write_all(text.as_bytes()).unwrap();
        // Until its end, the run leaves what stands there alone.
        assert_eq!(folder.read("report"), "an earlier one");
        interrupt(&child);
        let run = folder.wait(child);
        drop(pipe);
        run.ends(130);
        let report = folder.read("report");
        if format == "json" {
            let report: Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["complete"], false);
            let input = &report["input"];
            assert!(input["matched"].as_u64().unwrap() > 1000, "{input}");
            assert_eq!(input["matched"].as_u64(), input["duplicates"].as_u64().map(|number| number + 1));
            assert_eq!(input["unreadable"], serde_json::json!([]));
        } else {
            assert!(report.contains("nterrupted"), "{report}");
        }
        assert_eq!(folder.names(), ["list.toml", "pipe", "report"]);
    }
}

#[test]
fn ctrl_c_while_printing() {
    let folder = world::folder(&[]);
    let (mut child, mut pipe) = fed(&folder, &["scan", "--all", "--threads", "1", "pipe"]);
    let out = child.stdout.take().unwrap();
    let mut lines = BufReader::new(out).lines();
    let feeding = std::thread::spawn(move || {
        // Fed until the program leaves.
        let text = LINE.repeat(10_000);
        while pipe.write_all(text.as_bytes()).is_ok() {}
    });
    let first = lines.next().unwrap().unwrap();
    interrupt(&child);
    let mut printed = 1;
    for line in lines {
        assert_eq!(line.unwrap().replace(&format!("\"line\":{}", printed + 1), "\"line\":1"), first);
        printed += 1;
    }
    feeding.join().unwrap();
    let run = folder.wait(child);
    run.ends(130);
    let told: String = run.err().chars().filter(|character| *character != ',').collect();
    assert!(told.ends_with(&format!("lines; {printed} records were printed\n")), "{told}, {printed}");
}

#[test]
fn ctrl_c_in_a_container() {
    let folder = world::folder(&[]);
    let (child, mut pipe) = fed(&folder, &["survey", "--watch", "list.toml", "--format", "json", "pipe"]);
    let gz = pack::compress(LINE.repeat(100_000).as_bytes(), Compressor::Gzip).unwrap();
    pipe.write_all(&gz[..gz.len() / 2]).unwrap();
    interrupt(&child);
    let run = folder.wait(child);
    drop(pipe);
    run.ends(130);
    // That the rest is missing is no damage.
    assert_eq!(run.json()["input"]["unreadable"], serde_json::json!([]));
}

#[test]
fn the_second_ctrl_c_does_not_wait() {
    let folder = world::folder(&[("big.txt", &LINE.repeat(40_000))]);
    let mut child = folder.command(&["scan", "--all", "big.txt"]).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // The program is stuck in writing to somebody who has stopped reading.
    out.read_exact(&mut [0; 1]).unwrap();
    let pid = Pid::from_child(&child);
    while child.try_wait().unwrap().is_none() {
        kill_process(pid, Signal::INT).unwrap();
        std::thread::yield_now();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
