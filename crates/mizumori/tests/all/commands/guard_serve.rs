//! `mizumori guard serve`: the built program over HTTP, while its index grows.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr};

use rustix::process::{Pid, Signal, kill_process};

use crate::run::Folder;

/// A server, and what it says.
pub(super) struct Served {
    child: Child,
    said: BufReader<ChildStderr>,
    pub(super) address: String,
}

impl Served {
    pub(super) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let arguments = [&["guard", "serve", "index", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = folder.command(&arguments).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let address = line(&mut said).trim().strip_prefix("listening at http://").unwrap().to_owned();
        Self { child, said, address }
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line
}

fn index() -> Folder {
    let folder = Folder::new();
    folder.write("words.txt", "himitsu-no-kotoba\n");
    folder.run(&["guard", "import", "index", "words.txt"]).ends(0);
    folder
}

#[test]
fn what_is_imported_is_answered_and_the_end_is_orderly() {
    let folder = index();
    let mut served = Served::start(&folder, &["--max-age", "60", "--context", "Suigen-no-Kawa-no-Mizu"]);
    let sha1 = folder.run(&["guard", "export", "index"]).out();
    let (prefix, suffix) = sha1.trim().split_at(5);
    let answer = served.get(&format!("/range/{prefix}"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(suffix), "{answer}");
    assert!(answer.contains("cache-control: public, max-age=60\r\n"));
    folder.write("more.txt", "another word that leaked\n");
    folder.run(&["guard", "import", "index", "more.txt"]).ends(0);
    assert!(line(&mut served.said).starts_with("renewed: the index, generation "));
    for (password, is) in [
        ("another word that leaked", false),
        ("suigen-no-kawa-no-mizu", false),
        ("a river nobody knows", true),
    ] {
        let body = format!("{{\"password\": \"{password}\"}}");
        let answer = served.ask(&format!(
            "POST /api/v1/passwords/check HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.contains(&format!("\"acceptable\":{is}")), "{answer}");
    }
    let process = Pid::from_child(&served.child);
    kill_process(process, Signal::TERM).unwrap();
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    served.said.read_to_string(&mut rest).unwrap();
    assert!(rest.lines().all(|line| line.starts_with("renewed: ")), "{rest}");
}

#[test]
fn an_index_that_is_gone_is_told_once_and_served_on() {
    let folder = index();
    let mut served = Served::start(&folder, &[]);
    let kept = folder.path("index/kept");
    std::fs::rename(folder.path("index/index.json"), &kept).unwrap();
    let said = line(&mut served.said);
    assert!(said.contains("there is no index") && said.contains("served on"), "{said}");
    assert!(served.get("/range/00000").starts_with("HTTP/1.1 200"));
    std::fs::rename(&kept, folder.path("index/index.json")).unwrap();
    folder.write("more.txt", "another word that leaked\n");
    folder.run(&["guard", "import", "index", "more.txt"]).ends(0);
    assert!(line(&mut served.said).starts_with("renewed: the index"));
}

#[test]
fn what_cannot_be_served() {
    let folder = index();
    folder.run(&["guard", "serve", "nowhere"]).ends(2).saying(&["there is no index"]);
    folder.run(&["guard", "serve", "index", "--certificate", "a"]).ends(2).saying(&["--key"]);
    folder
        .run(&["guard", "serve", "index", "--listen", "127.0.0.1:0", "--certificate", "a", "--key", "b"])
        .ends(2)
        .saying(&["could not read `a`"]);
    let served = Served::start(&folder, &[]);
    folder
        .run(&["guard", "serve", "index", "--listen", &served.address])
        .ends(2)
        .saying(&["could not listen at 127.0.0.1:", "hint: another program listens there"]);
}
