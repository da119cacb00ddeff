//! What every server stands on: processes that are waited for, and that leave nothing behind.

use std::io;
use std::process::{Command, Stdio};

use mizumori_test_servers::{Folder, Process, Program, wait_until};
use rustix::process::Signal;

/// A shell that runs a script.
fn shell(folder: &Folder, script: &str) -> Program {
    let mut command = folder.command("sh");
    command.args(["-c", script]);
    Program { name: "shell", command, folder: folder.path().to_owned(), ends_by: Signal::TERM }
}

fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
    // One that has ended and was not asked for its status is a zombie.
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

#[test]
fn whoever_fails_to_start_says_why() {
    let folder = Folder::new().unwrap();
    let check = |script: &str, kind: io::ErrorKind, words: &str| {
        let error = Process::start(shell(&folder, script), |_| false).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    check(
        "echo the configuration is wrong; exit 3",
        io::ErrorKind::Other,
        "exit status: 3; it printed last:\nthe configuration is wrong",
    );
    check("echo could not bind: Address already in use >&2; exit 1", io::ErrorKind::AddrInUse, "bind");
    check("yes nonsense | head -n 100000; exit 1", io::ErrorKind::Other, "nonsense");
    let mut missing = shell(&folder, "");
    missing.command = Command::new("/no-such-folder/program");
    let error = Process::start(missing, |_| true).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("shell"), "{error}");
}

#[test]
fn its_children_end_with_it() {
    for ends_by in [Signal::TERM, Signal::KILL] {
        let folder = Folder::new().unwrap();
        // One in its group, one in a session of its own, and it does not listen itself.
        let script = "trap '' TERM; sleep 600 & echo $!; setsid sleep 600 & echo $!; echo ready; while :; do sleep 600; done";
        let process =
            Process::start(shell(&folder, script), |process| process.printed().contains("ready")).unwrap();
        let printed = process.printed();
        let ids: Vec<&str> = printed.lines().take(2).collect();
        assert!(ids.iter().all(|id| is_alive(id)), "{printed}");
        if ends_by == Signal::KILL {
            process.kill().unwrap();
        } else {
            let error = process.end(ends_by).unwrap_err();
            assert!(error.to_string().contains("did not end in time"), "{error}");
        }
        wait_until("its children have ended", || Ok(!ids.iter().any(|id| is_alive(id)))).unwrap();
    }
}

/// The process that the next test kills: this test with a variable set.
const HOST: &str = "MIZUMORI_TEST_HOST";

#[test]
fn a_server_ends_with_whoever_started_it() {
    if std::env::var_os(HOST).is_some() {
        host();
    }
    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--exact", "process::a_server_ends_with_whoever_started_it", "--nocapture"]);
    let mut host = host.env(HOST, "1").stdout(Stdio::piped()).spawn().unwrap();
    let lines = io::BufRead::lines(io::BufReader::new(host.stdout.take().unwrap()));
    let told = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("started: ").map(|(_, told)| told.to_owned()));
    let told = told.unwrap();
    let (id, folder) = told.split_once(' ').unwrap();
    assert!(is_alive(id) && std::path::Path::new(folder).exists());
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("the server has ended", || Ok(!is_alive(id))).unwrap();
    wait_until("its folder is gone", || Ok(!std::path::Path::new(folder).exists())).unwrap();
}

/// Starts a server, tells of it, and waits to be killed.
fn host() -> ! {
    let folder = Folder::new().unwrap();
    let process = Process::start(shell(&folder, "echo ready; exec sleep 600"), |process| {
        process.printed().contains("ready")
    })
    .unwrap();
    println!("started: {} {}", process.id(), folder.path().display());
    loop {
        std::thread::park();
    }
}
