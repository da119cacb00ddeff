//! A canary account and its password, planted wherever input can hold them, must not be seen outside the process: not in
//! outputs, not in temporary files, not in what a crash would leave.
//!
//! The whole program is held to this, and the one that is built with the feature `survey` alone.

use std::fs::{self, OpenOptions};
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Child;
#[cfg(feature = "lake")]
use std::process::Stdio;
#[cfg(feature = "lake")]
use std::time::{Duration, Instant};

use mizumori_world::pack::{self, Compressor, Member, ZipMethod};
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderMethod};

use crate::run::{Folder, Run};
use crate::world::LIST;

const LOCAL_PART: &str = "kanariya.tori";
const SECRET: &str = "Kanariya-no-Kotoba-4711";
const HOST: &str = "suigen.example";

/// Whether the program under test was built with `scan`.
const HAS_SCAN: bool = cfg!(feature = "scan");

/// The line that gives the canary away.
fn line() -> String {
    format!("{LOCAL_PART}@{HOST}:{SECRET}\n")
}

/// Everything that `word` could look like in a file: in UTF-8 and UTF-16, in hexadecimal and base64.
fn disguises(word: &str) -> Vec<Vec<u8>> {
    let mut seen = Vec::new();
    for word in [word.to_owned(), word.to_lowercase(), word.to_uppercase()] {
        seen.push(word.clone().into_bytes());
        seen.push(word.encode_utf16().flat_map(u16::to_le_bytes).collect());
        seen.push(word.encode_utf16().flat_map(u16::to_be_bytes).collect());
        seen.push(word.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        // Of three bytes in a row one begins a group of base64.
        seen.extend((0..3).map(|skipped| base64(&word.as_bytes()[skipped..])));
    }
    seen
}

/// Base64 (RFC 4648) of the whole groups of `bytes`.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups =
        bytes.chunks_exact(3).map(|group| group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)));
    groups.flat_map(|bits| [18, 12, 6, 0].map(|shift| LETTERS[bits >> shift & 63])).collect()
}

#[test]
fn disguises_are_what_they_should_be() {
    assert_eq!(base64(b"foobar"), b"Zm9vYmFy");
    let seen = disguises("ab-CD1");
    for disguise in [&b"ab-CD1"[..], b"a\0b\0-\0C\0D\x001\0", b"61622d434431", b"YWItQ0Qx", b"Yi1D"] {
        assert!(seen.contains(&disguise.to_vec()), "{disguise:?}");
    }
}

/// Nothing of the canary may stand in `bytes`.
#[track_caller]
fn check_clean(what: &str, bytes: &[u8], words: &[&str]) {
    for word in words {
        for disguise in disguises(word) {
            let found = bytes.windows(disguise.len()).position(|window| window == disguise);
            assert!(found.is_none(), "{what}: the canary stands at byte {found:?}");
        }
    }
}

/// Nothing of it may stand in what a run printed or left behind; `before` are the names that stood there before.
#[track_caller]
fn check_run(folder: &Folder, run: &Run, before: &[String], words: &[&str]) {
    check_clean("standard output", run.bytes(), words);
    check_clean("standard error", run.err().as_bytes(), words);
    assert_eq!(folder.names(), before, "something was left in the folder");
    let left: Vec<_> = fs::read_dir(folder.temporary()).unwrap().collect();
    assert!(left.is_empty(), "something was left in the temporary folder: {left:?}");
}

/// A 7z archive that packs nothing: whatever it holds stands in it as it is.
fn seven_zip(bytes: &[u8]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    archive.set_content_methods(vec![EncoderMethod::COPY.into()]);
    archive.push_archive_entry(ArchiveEntry::new_file("list.txt"), Some(bytes)).unwrap();
    archive.finish().unwrap().into_inner()
}

/// A folder with the canary in every kind of place; `mizumori.toml` keeps the program short of memory.
fn planted() -> Folder {
    let folder = Folder::new();
    let line = line();
    let member = |name: &str, bytes: &[u8]| Member { name: name.to_owned(), bytes: bytes.to_vec() };
    let limits = "[limits]\nmemory_bytes = 65536\nline_bytes = 4096\nfield_bytes = 512\ndepth = 3\n";
    folder.write("list.toml", LIST).write("mizumori.toml", limits);
    folder.write("dumps/source.toml", "id = 'planted'\nleaked = '2019-01'\n");
    folder.write("dumps/plain.txt", line.repeat(3));
    let utf16: Vec<u8> = format!("\u{feff}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("dumps/wide.txt", utf16);
    let zip = pack::zip(&[member("a/list.txt", line.as_bytes())], ZipMethod::Stored).unwrap();
    folder.write("dumps/sound.zip", &zip);
    let big = seven_zip(line.repeat(4000).as_bytes());
    let outer = pack::tar(&[member("inner.zip", &zip), member("big.7z", &big)]).unwrap();
    folder.write("dumps/nested.tar.gz", pack::compress(&outer, Compressor::Gzip).unwrap());
    // Damage of all kinds.
    folder.write("dumps/cut.zip", &zip[..zip.len() - 30]);
    let mut changed = zip.clone();
    let at = zip.windows(8).position(|window| window == b"kanariya").unwrap();
    changed[at + 40] ^= 1;
    folder.write("dumps/changed.zip", changed);
    let gz = pack::compress(line.repeat(500).as_bytes(), Compressor::Gzip).unwrap();
    folder.write("dumps/cut.gz", &gz[..gz.len() - 12]);
    let deep =
        (0..5).fold(line.clone().into_bytes(), |bytes, _| pack::compress(&bytes, Compressor::Gzip).unwrap());
    folder.write("dumps/deep.gz", deep);
    let sql =
        format!("INSERT INTO users (email, password) VALUES ('{LOCAL_PART}@suigen.example', '{SECRET}'");
    folder.write("dumps/odd.sql", sql);
    let json = format!("[{{\"email\": \"{LOCAL_PART}@suigen.example\", \"password\": \"{SECRET}");
    folder.write("dumps/odd.json", json);
    folder.write("dumps/odd.csv", format!("email,password\n{LOCAL_PART}@suigen.example,\"{SECRET}\n"));
    folder.write("dumps/long.txt", format!("{}{}\n", line.trim_end(), SECRET.repeat(1000)));
    folder.write("dumps/bytes.txt", [b"\xff\xfe\x00\x80:\n", line.as_bytes(), b"\x00\x00\x00"].concat());
    folder
}

#[test]
fn a_survey_leaves_no_trace() {
    let folder = planted();
    let before = folder.names();
    for format in ["table", "json", "csv", "md", "html"] {
        let arguments = ["survey", "--watch", "list.toml", "--format", format, "dumps"];
        let mut command = folder.command(&arguments);
        let run =
            folder.wait(command.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").spawn().unwrap());
        run.ends(3);
        check_run(&folder, &run, &before, &[LOCAL_PART, SECRET]);
        if format == "json" {
            assert_eq!(run.json()["categories"][0]["total"], 1);
            assert!(run.json()["input"]["matched"].as_u64().unwrap() > 4000);
        }
    }
}

#[test]
fn mistakes_quote_no_dump() {
    // A dump that bears a description's name, and a description that somebody took for a dump.
    for before in ["", "id = 'x'\n", "id = \"\"\"\n"] {
        let folder = planted();
        folder.write("dumps/source.toml", before.to_owned() + &line());
        let names = folder.names();
        let run = folder.run(&["survey", "--watch", "list.toml", "dumps"]);
        run.ends(2);
        check_run(&folder, &run, &names, &[LOCAL_PART, SECRET]);
        let run = folder.run(&["survey", "--watch", "dumps/plain.txt", "dumps"]);
        run.ends(2);
        check_run(&folder, &run, &names, &[LOCAL_PART, SECRET]);
    }
}

#[test]
fn what_does_not_fit_into_memory_is_encrypted() {
    const HELD_BACK: usize = 512 << 10;
    let folder = Folder::new();
    folder.write("list.toml", LIST).write("small.toml", "[limits]\nmemory_bytes = 65536\n");
    let archive = seven_zip(line().repeat((2 << 20) / line().len()).as_bytes());
    let pipe = folder.pipe("pipe");
    let before = folder.names();
    let mut command = folder.command(&["survey", "--watch", "list.toml", "--format", "json", "pipe"]);
    let child = command.env("MIZUMORI_CONFIG", "small.toml").spawn().unwrap();
    let mut feed = OpenOptions::new().write(true).open(pipe).unwrap();
    // A pipe holds 64 KiB, and the program some blocks: when this is taken, most of it must be in its file.
    let (most, rest) = archive.split_at(archive.len() - 10);
    feed.write_all(most).unwrap();

    check_no_core(&child);
    if let Some(held) = open_files(&child, &folder.temporary()) {
        let lengths: Vec<_> = held.iter().map(Vec::len).collect();
        assert!(lengths.iter().any(|length| *length > archive.len() - HELD_BACK), "{lengths:?}");
        for bytes in held {
            check_clean("a temporary file", &bytes, &[LOCAL_PART, SECRET]);
        }
    }
    assert_eq!(fs::read_dir(folder.temporary()).unwrap().count(), 0, "a temporary file has a name");

    feed.write_all(rest).unwrap();
    drop(feed);
    let run = folder.wait(child);
    run.ends(0).quietly();
    check_run(&folder, &run, &before, &[LOCAL_PART, SECRET]);
    assert!(run.json()["input"]["matched"].as_u64().unwrap() > 1000);
}

#[cfg(feature = "lake")]
#[test]
fn what_an_ingest_spills_is_encrypted() {
    let folder = Folder::new();
    folder.write("list.toml", LIST).write("empty.txt", "");
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml", "--memory", "4k"];
    let command = |input: &str| folder.command_with_keys(&[&ingest[..], &[input]].concat());
    folder.wait(command("empty.txt").spawn().unwrap()).ends(0);
    let before = folder.names();
    let mut child = command("-").stdin(Stdio::piped()).spawn().unwrap();
    let mut feed = child.stdin.take().unwrap();
    // What the program holds back is less than this, so that something of it is spilled while it waits for more.
    let begun = Instant::now();
    let mut held = Vec::new();
    while held.iter().all(Vec::is_empty) {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is spilled");
        for number in 0..20_000 {
            feed.write_all(format!("{number}{}", line()).as_bytes()).unwrap();
        }
        let Some(files) = open_files(&child, &folder.temporary()) else { break };
        held = files;
    }
    for bytes in held {
        // Hosts are readable in a lake, and in nothing else.
        check_clean("a spilled run", &bytes, &[LOCAL_PART, SECRET, HOST]);
    }
    assert_eq!(fs::read_dir(folder.temporary()).unwrap().count(), 0, "a spilled run has a name");
    drop(feed);
    let run = folder.wait(child);
    run.ends(0);
    check_run(&folder, &run, &before, &[LOCAL_PART, SECRET]);
}

/// What stands in the files that a process has open below `folder`, or that have no name; `None` where the system lets
/// nobody look, which is as good.
fn open_files(child: &Child, folder: &Path) -> Option<Vec<Vec<u8>>> {
    let entries = match fs::read_dir(format!("/proc/{}/fd", child.id())) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return None,
        Err(error) => panic!("{error}"),
    };
    let mut held = Vec::new();
    for entry in entries {
        let descriptor = entry.unwrap().path();
        let Ok(target) = fs::read_link(&descriptor) else { continue };
        if target.starts_with(folder) || target.to_string_lossy().ends_with(" (deleted)") {
            held.push(fs::read(descriptor).unwrap());
        }
    }
    Some(held)
}

/// A crash would leave no core behind.
fn check_no_core(child: &Child) {
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{line}");
}

#[test]
fn a_scan_masks_secrets() {
    let folder = planted();
    let before = folder.names();
    for more in [&["--all"][..], &["--format", "csv"], &["--format", "table"], &["--unique"]] {
        let run = folder.run(&[&["scan", "--watch", "list.toml", "dumps"], more].concat());
        if HAS_SCAN {
            run.ends(3);
            assert!(run.out().contains(LOCAL_PART));
        } else {
            run.ends(2);
            let told =
                "error: `scan` is not built into this mizumori\nhint: build it with `--features scan`\n";
            assert_eq!(run.err(), told);
        }
        check_run(&folder, &run, &before, &[SECRET]);
    }
}

#[test]
fn what_is_not_built_in_is_not_there() {
    let folder = Folder::new();
    let bytes = fs::read(env!("CARGO_BIN_EXE_mizumori")).unwrap();
    let holds = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    for word in ["Print secrets in clear", "This prints passwords in clear", "secret_value"] {
        assert_eq!(holds(word), HAS_SCAN, "{word}");
    }
    let fills_an_index = cfg!(all(feature = "guard", any(feature = "scan", feature = "lake")));
    for word in ["of each clear secret that is parsed", "another program is writing to the index"] {
        assert_eq!(holds(word), fills_an_index, "{word}");
    }
    let features = match (HAS_SCAN, cfg!(feature = "store")) {
        (true, _) => "survey, scan",
        (false, true) if cfg!(feature = "monitor") => "features           survey, store, monitor\n",
        (false, true) => "features           survey, store\n",
        (false, false) => "features           survey\n",
    };
    folder.run(&["doctor"]).ends(0).printing(&[features]);
    let help = folder.run(&["--help"]).ends(0).out();
    assert_eq!(help.contains("\n  scan "), HAS_SCAN);
    let code = if HAS_SCAN { 0 } else { 2 };
    for arguments in [&["scan", "--help"][..], &["demo", "--help"]] {
        folder.run(arguments).ends(code);
    }
    if !HAS_SCAN {
        for arguments in [&["scan"][..], &["scan", "--all", "--reveal", "--yes", "x"], &["demo", "-o", "x"]] {
            let run = folder.run(arguments);
            run.ends(2).saying(&["is not built into", &format!("--features {}", arguments[0])]);
            assert_eq!(run.out(), "");
        }
        assert_eq!(folder.names(), [""; 0]);
    }
}

/// Everything below a folder.
#[cfg(any(feature = "lake", feature = "guard"))]
fn files_below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

#[cfg(feature = "lake")]
#[test]
fn a_lake_holds_nothing_readable() {
    let folder = planted();
    let run = |arguments: &[&str]| {
        let mut command = folder.command_with_keys(arguments);
        folder.wait(command.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").spawn().unwrap())
    };
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml"];
    folder.write("empty.txt", "");
    run(&[&ingest[..], &["empty.txt"]].concat()).ends(0);
    run(&["lake", "keys", "add", "--lake", "lake", "suigen.example"]).ends(0);
    let before = folder.names();
    // Sealed, and by the way of what does not fit into memory.
    let sealed = run(&[&ingest[..], &["--level", "sealed", "--memory", "4k", "dumps"]].concat());
    sealed.ends(3);
    let words = [LOCAL_PART, SECRET];
    check_run(&folder, &sealed, &before, &words);
    for arguments in [
        &["lookup", "--lake", "lake", "suigen.example"][..],
        &["new", "--lake", "lake", "--since", "0"],
        &["lake", "optimize", "--lake", "lake", "--all"],
        &["survey", "--lake", "lake", "--watch", "list.toml", "--format", "json"],
    ] {
        check_run(&folder, &run(arguments), &before, &words);
    }
    let open = run(&["lookup", "--lake", "lake", "--reveal", "--yes", "suigen.example"]);
    open.ends(0).printing(&words);
    let mut files = Vec::new();
    files_below(&folder.path("lake"), &mut files);
    files_below(&folder.path("keys"), &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|kind| kind == "parquet")));
    for file in files {
        check_clean(&file.display().to_string(), &fs::read(&file).unwrap(), &words);
    }
}

#[cfg(all(feature = "guard", feature = "lake"))]
#[test]
fn an_index_of_dumps_holds_nothing_readable() {
    let folder = planted();
    let limits = folder.read("mizumori.toml");
    // Short of memory, so that runs are written on the way.
    folder.write("mizumori.toml", format!("memory = '4KiB'\n{limits}")).write("empty.txt", "");
    let lake = ["ingest", "--lake", "lake", "--all"];
    folder.run_with_keys(&[&lake[..], &["empty.txt"]].concat()).ends(0);
    for arguments in [
        &["scan", "--all", "--guard", "scanned", "dumps"][..],
        &[&lake[..], &["--guard", "ingested", "dumps"]].concat(),
    ] {
        let mut command = folder.command_with_keys(arguments);
        let child = command.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").spawn().unwrap();
        let run = folder.wait(child);
        run.ends(3).saying(&["1 source added"]);
        check_run(&folder, &run, &folder.names(), &[SECRET]);
    }
    // Killed while it reads: what is left is as safe as the index.
    let mut command = folder.command(&["scan", "--all", "--guard", "scanned", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut feed = child.stdin.take().unwrap();
    let begun = Instant::now();
    let files = |index: &str| {
        let mut files = Vec::new();
        files_below(&folder.path(index), &mut files);
        files
    };
    while files("scanned").len() < 6 {
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing is written");
        feed.write_all(line().repeat(20_000).as_bytes()).unwrap();
    }
    child.kill().unwrap();
    folder.wait(child);
    for index in ["scanned", "ingested"] {
        let check = folder.run_with_input(&["guard", "check", index], SECRET.as_bytes());
        check.ends(1);
        let files = files(index);
        assert!(files.iter().any(|file| file.extension().is_some_and(|kind| kind == "segment")));
        for file in files {
            check_clean(&file.display().to_string(), &fs::read(&file).unwrap(), &[LOCAL_PART, SECRET]);
        }
    }
}

#[cfg(all(feature = "guard", feature = "scan"))]
#[test]
fn a_guard_keeps_and_shows_no_password() {
    let folder = Folder::new();
    folder.write("words.txt", format!("{SECRET}\nanother\n").repeat(5_000));
    let wide: Vec<u8> = format!("\u{feff}{SECRET}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("wide.txt", wide);
    folder.write("bad.txt", format!("{}:1\n{SECRET}:1\n", "0".repeat(40)));
    for (arguments, code) in [
        (&["guard", "import", "index", "--memory", "64k", "words.txt"][..], 0),
        (&["guard", "import", "index", "--json", "wide.txt"], 0),
        (&["guard", "import", "index", "--format", "hashes", "bad.txt"], 2),
        (&["guard", "status", "index"], 0),
        (&["guard", "verify", "index"], 0),
        (&["guard", "export", "index"], 0),
        (&["guard", "filter", "index", "-o", "filter"], 0),
    ] {
        let mut command = folder.command(arguments);
        let child = command.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").spawn().unwrap();
        let run = folder.wait(child);
        run.ends(code);
        check_run(&folder, &run, &folder.names(), &[SECRET]);
    }
    for (arguments, password, code) in [
        (&["guard", "check", "index"][..], SECRET.to_owned(), 1),
        (&["guard", "check", "--json", "index"], format!("{SECRET}2021"), 0),
        (&["guard", "check", "--filter", "filter"], SECRET.to_owned(), 1),
        (&["guard", "check", "index"], format!("{SECRET}\n{SECRET}"), 2),
    ] {
        let run = folder.run_with_input(arguments, password.as_bytes());
        run.ends(code);
        check_run(&folder, &run, &folder.names(), &[SECRET]);
    }
    let mut files = vec![folder.path("filter")];
    files_below(&folder.path("index"), &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|kind| kind == "segment")));
    for file in files {
        check_clean(&file.display().to_string(), &fs::read(&file).unwrap(), &[SECRET]);
    }
}
