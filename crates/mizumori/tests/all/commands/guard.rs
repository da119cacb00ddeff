//! `mizumori guard`: an index that is made, asked, damaged, killed; all passwords are invented.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use mizumori_world::pack::{self, Compressor};
use rustix::fs::inotify;

use crate::run::Folder;
use crate::terminal::Terminal;

/// `himitsu-no-kotoba`, a password of enough characters.
pub(super) const LEAKED: &str = "himitsu-no-kotoba";
const SHA1: &str = "5E88A9BC15D4C7C49F3F39E2CBFB2A1E4A2A4B9B";

/// Numbers that look like chance and are the same each time (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn hash(&mut self) -> String {
        format!("{:016X}{:016X}{:08X}", self.next(), self.next(), self.next() >> 32)
    }
}

/// Lines of a list of so many hashes, in order.
fn list(seed: u64, lines: usize) -> Vec<String> {
    let mut chance = Chance(seed);
    let rows: BTreeMap<_, _> = (0..lines).map(|_| (chance.hash(), chance.next() % 50 + 1)).collect();
    rows.into_iter().map(|(hash, count)| format!("{hash}:{count}\n")).collect()
}

/// The same, as far from order as can be.
fn shuffled(lines: &[String]) -> String {
    let mut chance = Chance(7);
    let mut lines: Vec<_> = lines.iter().map(|line| (chance.next(), line.as_str())).collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line).collect()
}

pub(super) fn check(folder: &Folder, arguments: &[&str], password: &str, code: i32) -> String {
    let run = folder.run_with_input(&[&["guard", "check"], arguments].concat(), password.as_bytes());
    run.ends(code);
    run.out() + &run.err()
}

pub(super) fn index() -> Folder {
    let folder = Folder::new();
    folder.write("words.txt", format!("{LEAKED}\nanother\n"));
    folder.run(&["guard", "import", "index", "words.txt"]).ends(0).printing(&["added", "2 SHA-1", "2 NTLM"]);
    folder
}

#[test]
fn from_nothing_to_a_refused_password() {
    let folder = index();
    assert_eq!(check(&folder, &["index"], LEAKED, 1), "refused\nit has leaked: it was seen once\n");
    assert_eq!(
        check(&folder, &["index"], &format!("{LEAKED}\r\n"), 1),
        "refused\nit has leaked: it was seen once\n"
    );
    assert_eq!(check(&folder, &["index"], "a river that never leaked", 0), "acceptable\n");
    let near = check(&folder, &["index"], "Himitsu-no-Kotoba2021!", 0);
    assert!(near.starts_with("acceptable\nadvice: "), "{near}");
    let short = check(&folder, &["index", "--lang", "ja"], "another", 1);
    assert_eq!(
        short,
        "使用できません\nこのパスワードは漏えいしています（1 回確認）\n短すぎます（7 文字。15 文字以上が必要です）\n"
    );
    check(&folder, &["index"], "eight888", 1);
    check(&folder, &["index", "--second-factor"], "eight888", 0);
    check(&folder, &["index", "--second-factor"], "seven77", 1);
    check(&folder, &["index", "--least", "3", "--context", "MIZUMORI"], "mizumori", 1);
    let json = folder.run_with_input(&["guard", "check", "--json", "index"], LEAKED.as_bytes());
    assert_eq!(json.ends(1).json()["reasons"][0]["count"], 1);
    // Nothing to check is no verdict.
    for (input, words) in [("", "no password"), ("\n", "no password"), ("one\ntwo\n", "more than one line")] {
        assert!(check(&folder, &["index"], input, 2).contains(words));
    }
    check(&folder, &["nowhere"], LEAKED, 2);
    check(&folder, &[], LEAKED, 2);
    folder.write("mizumori.toml", "guard = 'index'\n");
    check(&folder, &[], LEAKED, 1);
}

#[test]
fn the_verdict_stays_when_nobody_reads_it() {
    let folder = index();
    let mut child = folder.command(&["guard", "check", "index"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(LEAKED.as_bytes()).unwrap();
    folder.wait(child).ends(1);
}

#[test]
fn a_terminal_does_not_show_the_password() {
    let folder = index();
    let mut terminal = Terminal::new();
    let mut command = folder.command(&["guard", "check", "index"]);
    command.stdin(terminal.end()).stderr(terminal.end());
    let child = command.spawn().unwrap();
    drop(command);
    terminal.shows("Password (not shown): ");
    terminal.types(&format!("{LEAKED}\n"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let shown = terminal.shown();
    assert!(!shown.contains("himitsu"), "{shown}");
}

#[test]
fn a_filter_says_that_it_is_one() {
    let folder = index();
    for (one_in, words) in [("256", "one in 256"), ("65536", "one in 65,536")] {
        let run = folder.run(&["guard", "filter", "index", "-o", "filter", "--one-in", one_in]);
        run.ends(0).saying(&["2 hashes in", words]);
        let told = check(&folder, &["--filter", "filter"], LEAKED, 1);
        assert!(
            told.starts_with("refused\nit has leaked\na filter says so") && told.contains(words),
            "{told}"
        );
        check(&folder, &["--filter", "filter"], "a river that never leaked", 0);
        folder.run(&["guard", "verify", "filter"]).ends(0);
    }
    let mut bytes = fs::read(folder.path("filter")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    folder.write("filter", bytes);
    folder.run(&["guard", "verify", "filter"]).ends(2).saying(&["`filter` is damaged"]);
    folder.write("filter", "x");
    check(&folder, &["--filter", "filter"], LEAKED, 2);
    check(&folder, &["--filter", "filter", "index"], LEAKED, 2);
}

/// Every form that it takes comes to the same index, and out of it again.
#[test]
fn what_goes_in_comes_out() {
    let folder = Folder::new();
    let lines = list(1, 5_000);
    let text = lines.concat();
    let gz = pack::compress(shuffled(&lines).as_bytes(), Compressor::Gzip).unwrap();
    folder.write("sorted.txt", &text).write("shuffled.txt.gz", gz);
    folder.write("crlf.txt", text.replace('\n', "\r\n").to_lowercase());
    let rows = lines.iter().map(|line| line.trim_end().split_at(5));
    let mut ranges: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    rows.for_each(|(prefix, row)| ranges.entry(prefix.to_owned()).or_default().push(row));
    for (prefix, rows) in &ranges {
        folder.write(&format!("ranges/{prefix}.txt"), rows.join("\r\n"));
    }
    for (number, path) in ["sorted.txt", "shuffled.txt.gz", "crlf.txt", "ranges"].into_iter().enumerate() {
        let index = format!("index{number}");
        folder.run(&["guard", "import", &index, path]).ends(0).printing(&["added", "5,000 SHA-1"]);
        assert!(folder.run(&["guard", "export", &index]).ends(0).quietly().out() == text, "{path}");
        let again = folder.run(&["guard", "import", "--json", &index, path]);
        assert_eq!(again.ends(0).quietly().json()["what"], "as before");
    }
    let input = folder.run_with_input(&["guard", "import", "piped", "--sorted", "-"], text.as_bytes());
    input.ends(0).printing(&["stdin"]);
    folder.run(&["guard", "import", "copied", "index0"]).ends(0).printing(&["5,000 SHA-1"]);
    for index in ["piped", "copied"] {
        assert!(folder.run(&["guard", "export", index]).out() == text);
    }
    let mut by_count: Vec<_> = lines.iter().map(|line| line.trim_end().split_once(':').unwrap()).collect();
    by_count.sort_by_key(|(hash, count)| (std::cmp::Reverse(count.parse::<u64>().unwrap()), *hash));
    let by_count: String = by_count.into_iter().map(|(hash, count)| format!("{hash}:{count}\n")).collect();
    folder
        .run(&["guard", "export", "index1", "--order", "count", "--memory", "64k", "-o", "by-count.txt"])
        .ends(0);
    assert!(folder.read("by-count.txt") == by_count);
    let status = folder.run(&["guard", "status", "--json", "index2"]).ends(0).json();
    assert_eq!((&status["hashes"][0]["rows"], &status["imports"][0]["sha1"]), (&5_000.into(), &5_000.into()));
    folder.run(&["guard", "status", "index2"]).ends(0).printing(&["5,000 hashes"]);
    folder
        .run(&["guard", "export", "--hash", "ntlm", "index2"])
        .ends(2)
        .saying(&["no hash of the kind NTLM"]);
}

#[test]
fn a_source_is_replaced() {
    let folder = index();
    let import = |text: &str| {
        folder.write("feed.txt", text);
        folder.run(&["guard", "import", "index", "--source", "feed", "feed.txt"]).ends(0).out()
    };
    assert!(import("river-of-the-north\n").starts_with("added"));
    check(&folder, &["index"], "river-of-the-north", 1);
    assert!(import("river-of-the-north\n").starts_with("as before"));
    assert!(import("river-of-the-south\n").starts_with("replaced"));
    check(&folder, &["index"], "river-of-the-north", 0);
    check(&folder, &["index"], "river-of-the-south", 1);
    check(&folder, &["index"], LEAKED, 1);
}

#[test]
fn a_source_is_forgotten() {
    let folder = index();
    folder.write("feed.txt", "river-of-the-north\n").write("more.txt", "a hill of the south\n");
    folder.run(&["guard", "import", "index", "--source", "feed", "feed.txt"]).ends(0);
    folder.run(&["guard", "forget", "index", "feed"]).ends(0).saying(&[
        "nothing of `feed`",
        "1 SHA-1, 1 NTLM",
        "out of reach",
        "1 import came without a source",
    ]);
    check(&folder, &["index"], "river-of-the-north", 0);
    check(&folder, &["index"], LEAKED, 1);
    folder.run(&["guard", "verify", "index"]).ends(0);
    folder.run(&["guard", "forget", "index", "feed"]).ends(2).saying(&["no source `feed`", "guard status"]);
    folder.run(&["guard", "forget", "nowhere", "feed"]).ends(2).saying(&["no index at `nowhere`"]);
    assert!(!folder.path("nowhere").exists());
    // The index is the one of the configuration where none is named; what has no source goes by its id.
    folder.write("mizumori.toml", "guard = 'index'\n");
    let ids = || {
        let status = folder.run(&["guard", "status", "--json"]).ends(0).json();
        let ids = status["imports"].as_array().unwrap().iter();
        ids.map(|import| import["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = ids().remove(0);
    folder.run(&["guard", "import", "index", "more.txt"]).ends(0);
    folder.run(&["guard", "forget", &first]).ends(2).saying(&[
        "2 SHA-1, 2 NTLM",
        "stay",
        "merged with those of 1 other import",
        "into a new folder",
    ]);
    check(&folder, &[], LEAKED, 1);
    fs::remove_dir_all(folder.path("index")).unwrap();
    folder.run(&["guard", "import", "index", "more.txt"]).ends(0);
    let last = folder.run(&["guard", "forget", &ids().remove(0)]);
    last.ends(0).saying(&["nothing of", "nothing can be checked with it"]);
    // Nobody is told that a password is safe where nothing is known.
    check(&folder, &[], "a hill of the south", 2);
    check(&folder, &["--accept-unchecked"], "a hill of the south", 0);
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
    let folder = index();
    let before = folder.run(&["guard", "export", "index"]).out();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder.path("index")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let files = names();
    let good = format!("{SHA1}:1\n{SHA1}:2\n");
    for (what, bad, words) in [
        (
            "wrong hex",
            format!("{good}{}:1\n", SHA1.replace('5', "Z")),
            "bad.txt:3: this is no hexadecimal hash",
        ),
        ("wrong length", format!("{good}{}:1\n", &SHA1[1..]), "bad.txt:3: a hash of 39 digits"),
        ("mixed kinds", format!("{good}{}:1\n", &SHA1[8..]), "bad.txt:3: this is a hash of NTLM"),
        ("count", format!("{good}{SHA1}:18446744073709551616\n"), "bad.txt:3: the count is beyond 64 bits"),
        ("unsorted", format!("{good}0{}:1\n", &SHA1[1..]), "bad.txt:3: this hash comes before"),
        ("nothing", String::new(), "no hash and no word"),
        ("hashes alone", format!("{SHA1}\n"), "--format"),
        ("accounts", "taro@suigen.example:himitsu\n".to_owned(), "list of accounts"),
    ] {
        folder.write("bad.txt", &bad);
        let sorted = if what == "unsorted" { &["--sorted"][..] } else { &[] };
        let run = folder.run(&[&["guard", "import", "index", "bad.txt"], sorted].concat());
        run.ends(2).saying(&["error: ", words]);
        assert!(!run.err().contains(&SHA1[10..30]), "{}", run.err());
        assert_eq!(folder.run(&["guard", "export", "index"]).out(), before, "{what}");
        assert_eq!(names(), files, "{what}");
    }
    let gz = pack::compress(good.repeat(500).as_bytes(), Compressor::Gzip).unwrap();
    folder.write("cut.gz", &gz[..gz.len() - 9]);
    folder.run(&["guard", "import", "index", "cut.gz"]).ends(2).saying(&["could not import `cut.gz`"]);
    folder.run(&["guard", "import", "index", "nowhere.txt"]).ends(2).saying(&["nowhere.txt"]);
    folder.run(&["guard", "import", "index", "index"]).ends(2).saying(&["into itself"]);
    folder.write("other/letter.txt", "x");
    folder.run(&["guard", "import", "other", "words.txt"]).ends(2).saying(&["no index"]);
    assert_eq!(names(), files);
}

#[test]
fn a_disk_that_is_full_leaves_the_index() {
    let folder = index();
    let before = folder.run(&["guard", "export", "index"]).out();
    folder.write("list.txt", list(3, 40_000).concat());
    // Files of 200 blocks of 512 bytes at most: what is written beyond fails as on a full disk.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" guard import index list.txt"]);
    shell.arg(env!("CARGO_BIN_EXE_mizumori")).current_dir(folder.work()).env_clear();
    let run = folder.wait(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    run.ends(2).saying(&["could not write `index/", "File too large"]);
    assert_eq!(folder.run(&["guard", "export", "index"]).out(), before);
    folder.run(&["guard", "import", "index", "list.txt"]).ends(0);
}

#[test]
fn damage_is_found_and_named() {
    let folder = Folder::new();
    folder.write("list.txt", list(4, 120_000).concat());
    folder.run(&["guard", "import", "index", "list.txt"]).ends(0);
    folder.run(&["guard", "verify", "index"]).ends(0).saying(&["are as they were written"]);
    let segment = "index/00000001-sha1-0001.segment";
    let whole = fs::read(folder.path(segment)).unwrap();
    let mut bytes = whole.clone();
    bytes[(1 << 20) + 4711] ^= 0x20;
    folder.write(segment, &bytes);
    let run = folder.run(&["guard", "verify", "index"]);
    run.ends(2).saying(&[&format!("`{segment}`, bytes 1048576 to 2097151: their check does not hold")]);
    // What reads on says so as well, and answers go on.
    folder.run(&["guard", "export", "index"]).ends(2).saying(&["in the bytes 1048576 to 2097151"]);
    check(&folder, &["index"], LEAKED, 0);
    folder.write(segment, &whole[..whole.len() - 1]);
    check(&folder, &["index"], LEAKED, 2);
    folder.run(&["guard", "verify", "index"]).ends(2).saying(&["cut short"]);
    let mut other = whole;
    other[8] = 9;
    folder.write(segment, &other);
    folder.run(&["guard", "status", "index"]).ends(2).saying(&["is of version 9; this program knows 1"]);
    let manifest = folder.read("index/index.json");
    folder.write("index/index.json", manifest.replace("\"version\": 1", "\"version\": 2"));
    folder.run(&["guard", "status", "index"]).ends(2).saying(&["is of version 2; this program knows 1"]);
    folder.run(&["guard", "import", "index", "list.txt"]).ends(2).saying(&["is of version 2"]);
    folder.write("index/index.json", &manifest[..40]);
    folder.run(&["guard", "status", "index"]).ends(2).saying(&["index.json` is damaged"]);
}

#[test]
fn two_imports_at_once() {
    let folder = index();
    let pipe = folder.pipe("pipe");
    let child = folder.command(&["guard", "import", "index", "pipe"]).spawn().unwrap();
    // Opened by both ends: the first import has the index.
    let mut feed = fs::OpenOptions::new().write(true).open(pipe).unwrap();
    let second = folder.run(&["guard", "import", "index", "words.txt"]);
    second.ends(2).saying(&["another program is writing to the index at `index`"]);
    check(&folder, &["index"], LEAKED, 1);
    feed.write_all(b"river-of-the-east\n").unwrap();
    drop(feed);
    folder.wait(child).ends(0);
    check(&folder, &["index"], "river-of-the-east", 1);
}

/// Starts an import of `list.txt` and kills it when that has happened in the folder of the index which `is_it` waits for, by its number
/// and by itself; returns how much has.
fn killed_at(folder: &Folder, is_it: impl Fn(usize, &inotify::Event<'_>) -> bool) -> usize {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).unwrap();
    let flags = inotify::WatchFlags::CREATE
        | inotify::WatchFlags::DELETE
        | inotify::WatchFlags::MODIFY
        | inotify::WatchFlags::MOVED_TO
        | inotify::WatchFlags::CLOSE_WRITE;
    inotify::add_watch(&watch, folder.path("index"), flags).unwrap();
    let import = ["guard", "import", "index", "list.txt", "--memory", "2MiB", "--threads", "2"];
    let mut child = folder.command(&import).spawn().unwrap();
    let mut buffer = [std::mem::MaybeUninit::uninit(); 512];
    let mut reader = inotify::Reader::new(&watch, &mut buffer);
    let mut seen = 0;
    let mut ended = false;
    loop {
        match reader.next() {
            Ok(event) => {
                seen += 1;
                if is_it(seen, &event) {
                    break;
                }
            }
            // Nothing is left to be seen of a child that has ended; it is not there to be killed.
            Err(rustix::io::Errno::AGAIN) if ended => break,
            Err(rustix::io::Errno::AGAIN) => ended = child.try_wait().unwrap().is_some(),
            Err(error) => panic!("{error}"),
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    seen
}

#[test]
fn killed_at_fifty_moments() {
    let folder = Folder::new();
    let (old, new) = (list(5, 3_000), list(6, 40_000));
    folder.write("old.txt", old.concat()).write("list.txt", shuffled(&new));
    let fresh = || {
        let _ = fs::remove_dir_all(folder.path("index"));
        folder.run(&["guard", "import", "index", "old.txt"]).ends(0);
    };
    fresh();
    let before = folder.run(&["guard", "export", "index"]).out();
    let all = killed_at(&folder, |_, _| false);
    let after = folder.run(&["guard", "export", "index"]).out();
    assert!(all > 30 && before != after, "{all}");
    let mut chance = Chance(2021);
    let (mut olds, mut news) = (0, 0);
    for round in 0..50 {
        fresh();
        let at = usize::try_from(chance.next()).unwrap() % all + 1;
        // Little happens once the import is in the index: some of them are killed just then.
        let is_in = |event: &inotify::Event<'_>| {
            event.events().contains(inotify::ReadFlags::MOVED_TO) && event.file_name() == Some(c"index.json")
        };
        killed_at(&folder, |seen, event| if round % 5 == 0 { is_in(event) } else { seen == at });
        let seen = folder.run(&["guard", "export", "index"]);
        let seen = seen.ends(0).out();
        assert!(seen == before || seen == after, "killed at {at} of {all}");
        olds += u32::from(seen == before);
        news += u32::from(seen == after);
        folder.run(&["guard", "verify", "index"]).ends(0);
        folder.run(&["guard", "import", "index", "list.txt"]).ends(0);
        assert!(folder.run(&["guard", "export", "index"]).out() == after, "killed at {at} of {all}");
        let left: Vec<_> = fs::read_dir(folder.path("index")).unwrap().collect();
        assert!(left.len() <= 4, "{left:?}");
    }
    assert!(olds > 0 && news > 0, "{olds} old, {news} new");
}
