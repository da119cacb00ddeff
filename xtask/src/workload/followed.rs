//! How long people wait: from a dump that is dropped to the mails about it, and for a first import of many findings.
//!
//! The mail server is the simplest that there can be: it takes everything and keeps nothing.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

/// Longer than anything that is measured takes.
const PATIENCE: Duration = Duration::from_secs(600);
/// Findings of a first import.
const FINDINGS: usize = 100_000;

/// What is waited for.
#[derive(Args)]
pub(super) struct Work {
    #[arg(long, value_enum)]
    what: What,
    /// The program
    #[arg(long)]
    program: PathBuf,
    /// An empty folder
    #[arg(long)]
    folder: PathBuf,
    /// A list that nobody of the organisation is in
    list: PathBuf,
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// A dump is dropped: the mails to a user and to the administrator
    Dropped,
    /// A domain is served of which much is known already: the mail to the administrator
    Backlog,
}

/// Takes mails.
struct Sink {
    port: u16,
    taken: Arc<AtomicU64>,
}

/// The loop, which ends with this.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits, and prints how many mails came, and after how many seconds.
pub(super) fn run(work: &Work) -> Result<()> {
    let sink = Sink::start()?;
    let seconds = match work.what {
        What::Dropped => dropped(work, &sink)?,
        What::Backlog => backlog(work, &sink)?,
    };
    let told = format!("{}\n{seconds:.3}\n", sink.taken.load(Ordering::SeqCst));
    Ok(std::io::stdout().write_all(told.as_bytes())?)
}

fn dropped(work: &Work, sink: &Sink) -> Result<f64> {
    let (folder, drop) = (&work.folder, work.folder.join("drop"));
    fs::create_dir_all(&drop)?;
    organisation(work, sink)?;
    fs::write(folder.join("people.csv"), "key,address\n1,hanako@suigen.example\n")?;
    command(work, &["directory", "add", "suigen", "people", "csv", "people.csv"])?;
    let log = folder.join("serve.log");
    let mut serve = Command::new(&work.program);
    serve.args(["serve", "--follow", "--all", "--interval", "0.5", "--settle", "0.5", "drop"]);
    let serve = serve.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let _serving = Serving(serve.stderr(fs::File::create(&log)?).spawn()?);
    let shown = || fs::read_to_string(&log).unwrap_or_default();
    wait(|| shown().contains("following")).with_context(shown)?;
    let dump = folder.join("dump");
    fs::create_dir_all(&dump)?;
    fs::write(dump.join("source.toml"), "id = 'dropped'\nleaked = '2026-01'\n")?;
    fs::write(dump.join("last.txt"), "hanako@suigen.example:an-invented-password\n")?;
    fs::hard_link(&work.list, dump.join("list.txt"))?;
    let began = Instant::now();
    fs::rename(dump, drop.join("dump"))?;
    wait(|| sink.taken.load(Ordering::SeqCst) >= 2).with_context(shown)?;
    Ok(began.elapsed().as_secs_f64())
}

fn backlog(work: &Work, sink: &Sink) -> Result<f64> {
    let dump = work.folder.join("dump");
    fs::create_dir_all(&dump)?;
    fs::write(dump.join("source.toml"), "id = 'known'\nleaked = '2026-01'\n")?;
    let lines = (0..FINDINGS).map(|at| format!("user{at}@suigen.example:secret{at}\n"));
    fs::write(dump.join("list.txt"), lines.collect::<String>())?;
    organisation(work, sink)?;
    command(work, &["ingest", "--all", "dump"])?;
    let began = Instant::now();
    command(work, &["serve", "--once"])?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(sink.taken.load(Ordering::SeqCst) == 1, "there is not one mail of all findings");
    Ok(seconds)
}

/// An organisation that is served.
fn organisation(work: &Work, sink: &Sink) -> Result<()> {
    let config = format!(
        "store = 'store.db'\nlake = 'lake'\n[mail]\nserver = '127.0.0.1:{}'\nsecurity = 'plain-to-loopback'\n\
         from = 'mizumori@suigen.example'\n",
        sink.port
    );
    fs::write(work.folder.join("mizumori.toml"), config)?;
    command(work, &["org", "add", "suigen", "--name-ja", "水源大学", "--name-en", "Suigen University"])?;
    command(work, &["org", "contact", "add", "suigen", "csirt@suigen.example"])?;
    command(work, &["domain", "vouch", "suigen", "suigen.example", "--why", "a bench"])
}

fn command(work: &Work, arguments: &[&str]) -> Result<()> {
    let mut program = Command::new(&work.program);
    let ended = program.args(arguments).current_dir(&work.folder).stdin(Stdio::null()).output()?;
    ensure!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

fn wait(is_so: impl Fn() -> bool) -> Result<()> {
    let began = Instant::now();
    while !is_so() {
        ensure!(began.elapsed() < PATIENCE, "waited in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

impl Sink {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, taken) = (listener.local_addr()?.port(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&taken);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                // Whoever breaks it off has his reasons.
                std::thread::spawn(move || take(connection, &counted));
            }
        });
        Ok(Self { port, taken })
    }
}

/// Takes what comes over a connection.
fn take(connection: TcpStream, taken: &AtomicU64) -> std::io::Result<()> {
    let (mut answers, mut is_mail) = (connection.try_clone()?, false);
    answers.write_all(b"220 localhost\r\n")?;
    for line in BufReader::new(connection).split(b'\n') {
        let line = line?;
        let line = line.trim_ascii_end();
        let answer: &[u8] = match (is_mail, line) {
            (true, b".") => {
                taken.fetch_add(1, Ordering::SeqCst);
                is_mail = false;
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, b"DATA") => {
                is_mail = true;
                b"354 go on\r\n"
            }
            (false, b"QUIT") => b"221 bye\r\n",
            (false, _) => b"250 localhost\r\n",
        };
        answers.write_all(answer)?;
    }
    Ok(())
}
