//! How the services end when they are told to: without a word of a defect, and in a way that systemd takes for clean.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::units::clean_codes;
use crate::run::Folder;

/// A program that is killed when nobody has waited for it.
struct Service {
    child: Child,
    errors: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Service {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(arguments);
        command.env("MIZUMORI_CLUSTER_KEY", "5".repeat(64)).env("MIZUMORI_MASTER_KEY", "7".repeat(64));
        let mut child = command.spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors, said: String::new() }
    }

    /// Reads on until a line begins so.
    fn says(&mut self, beginning: &str) {
        let begun = self.said.len();
        while !self.said[begun..].lines().any(|line| line.starts_with(beginning)) {
            let bytes = self.errors.read_line(&mut self.said).unwrap();
            assert!(bytes > 0, "it ended without `{beginning}`:\n{}", self.said);
        }
    }

    /// Waits until something listens there.
    fn listens(&mut self, port: u16) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let over = self.child.try_wait().unwrap().is_some() || begun.elapsed() > Duration::from_secs(60);
            assert!(!over, "nothing listens on port {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Tells it to end, as systemd does, and waits.
    fn ends_cleanly(mut self, unit: &'static str) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        self.errors.read_to_string(&mut self.said).unwrap();
        let status = self.child.wait().unwrap();
        let by_signal = status.signal() == Some(Signal::TERM.as_raw());
        let by_code = status.code().is_some_and(|code| code == 0 || clean_codes(unit).contains(&code));
        assert!(by_signal || by_code, "{unit}: {status}\n{}", self.said);
        assert!(!self.said.contains("error:"), "{unit}: {}", self.said);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn scheduler_and_executor_end_when_they_are_told_to() {
    let folder = Folder::new();
    let (at, port) = (free_port(), free_port());
    let scheduler = format!("127.0.0.1:{at}");
    let mut first = Service::start(&folder, &["cluster", "scheduler", "--listen", &scheduler]);
    first.listens(at);
    let port_option = port.to_string();
    let options = ["--scheduler", &scheduler, "--port", &port_option, "--slots", "1"];
    let mut second = Service::start(&folder, &[&["cluster", "executor"][..], &options].concat());
    second.listens(port);
    second.ends_cleanly("mizumori-executor");
    first.ends_cleanly("mizumori-scheduler");
    let left: Vec<_> = std::fs::read_dir(folder.temporary()).unwrap().collect();
    assert!(left.is_empty(), "an executor leaves its folder: {left:?}");
}

#[test]
fn a_follower_ends_when_it_is_told_to() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("drop")).unwrap();
    folder.write("list.toml", crate::world::LIST);
    let keys = ["--lake", "lake", "--keys", "ring.toml", "--watch", "list.toml"];
    let arguments = [&["ingest", "--follow"][..], &keys, &["drop"]].concat();
    let mut follower = Service::start(&folder, &arguments);
    follower.says("following");
    follower.ends_cleanly("mizumori-ingest");
}
