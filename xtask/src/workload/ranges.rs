//! Answers a second: a server with an index, or nginx with the same answers as files, asked by wrk for ranges by chance.
//!
//! Both are on this machine, and so is who asks: what is compared is what all of it costs together.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

/// Rows of an answer.
pub(super) const ROWS: u64 = 1_000;
/// Digits of a prefix.
const PREFIX: usize = 5;
/// All prefixes that there are.
const PREFIXES: u64 = 1 << 20;
/// Answers whose seconds are told.
const ANSWERS: f64 = 100_000.0;
/// A server has so long to begin to listen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long is asked, and how many ask.
const ASKED_FOR: &str = "8s";
const CONNECTIONS: &str = "32";
/// Open files of a server beside those that it answers with.
const BESIDE: u64 = 1_000;

/// Who is asked for what.
#[derive(Args)]
pub(super) struct Work {
    #[arg(long, value_enum)]
    server: Server,
    /// The program
    #[arg(long)]
    program: PathBuf,
    /// The index, or the folder of the answers
    #[arg(long)]
    place: PathBuf,
    /// Prefixes that there are answers for, evenly spread
    #[arg(long)]
    prefixes: u64,
    /// Ask for what is known: answers without a body
    #[arg(long)]
    known: bool,
    /// An empty folder
    #[arg(long)]
    folder: PathBuf,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Server {
    Mizumori,
    Nginx,
}

/// A process that ends with this one.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a list of hashes in order, so many rows a prefix, and each answer as a file.
pub(super) fn make(prefixes: u64, list: &mut dyn Write, answers: &Path) -> Result<()> {
    fs::create_dir_all(answers)?;
    let mut chance = super::hashes::Chance::new(3);
    let step = PREFIXES / prefixes;
    for number in 0..prefixes {
        let prefix = format!("{:05X}", number * step);
        let mut rows: Vec<String> = (0..ROWS)
            .map(|_| {
                let (one, other, last) = (chance.next() >> 20, chance.next(), chance.next() >> 36);
                format!("{one:011X}{other:016X}{:08X}:{}", last << 4, (1.0 / chance.part()) as u64)
            })
            .collect();
        rows.sort_unstable();
        for row in &rows {
            writeln!(list, "{prefix}{row}")?;
        }
        fs::write(answers.join(&prefix), rows.join("\r\n"))?;
    }
    Ok(())
}

/// Asks, and prints the seconds of 100,000 answers and how long one took.
pub(super) fn run(work: &Work) -> Result<()> {
    ensure!((1..=PREFIXES).contains(&work.prefixes), "between 1 and {PREFIXES} prefixes");
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut server = Command::new(&work.program);
    match work.server {
        Server::Mizumori => {
            server.args(["guard", "serve", "--listen", &format!("127.0.0.1:{port}")]).arg(&work.place);
        }
        Server::Nginx => {
            let configuration = work.folder.join("nginx.conf");
            fs::write(&configuration, nginx(&work.folder, &work.place, port, open_files()?))?;
            server.arg("-p").arg(&work.folder).arg("-c").arg(&configuration);
        }
    }
    let errors = work.folder.join("server.txt");
    let quiet = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?);
    let mut running = Running(quiet.spawn().context("could not start the server")?);
    let began = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let ended = running.0.try_wait()?.is_some();
        ensure!(!ended && began.elapsed() < PATIENCE, "no server: {}", fs::read_to_string(&errors)?.trim());
        std::thread::sleep(Duration::from_millis(50));
    }
    let script = work.folder.join("ranges.lua");
    fs::write(&script, asking(work.prefixes, work.known))?;
    // Once, so that everything is where it will be.
    ask(port, "2s", &script)?;
    let asked = ask(port, ASKED_FOR, &script)?;
    let mut out = io::stdout().lock();
    writeln!(out, "0")?;
    writeln!(out, "{:.6}", ANSWERS / asked.each_second)?;
    Ok(writeln!(
        out,
        "{:.0} a second, half within {}, 99 % within {}",
        asked.each_second, asked.half, asked.most
    )?)
}

/// What wrk tells.
struct Asked {
    each_second: f64,
    half: String,
    most: String,
}

fn ask(port: u16, time: &str, script: &Path) -> Result<Asked> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "2", "--connections", CONNECTIONS, "--duration", time, "--latency", "--script"]);
    wrk.arg(script).arg(format!("http://127.0.0.1:{port}"));
    let output = wrk.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("could not start wrk")?;
    ensure!(output.status.success(), "wrk ended with {}", output.status);
    let mut told = [None, None, None];
    for line in BufReader::new(&*output.stdout).lines() {
        let line = line?;
        let (name, value) = line.trim().split_once([' ', ':']).unwrap_or_default();
        let value = value.trim_start_matches(':').trim().to_owned();
        match name {
            "Requests/sec" => told[0] = Some(value),
            "50%" => told[1] = Some(value),
            "99%" => told[2] = Some(value),
            "Non-2xx" | "Socket" => bail!("not all were answered: {}", line.trim()),
            _ => {}
        }
    }
    let [each_second, half, most] = told.map(|told| told.context("wrk told something else than it does"));
    Ok(Asked { each_second: each_second?.parse()?, half: half?, most: most? })
}

/// How many files the system lets a process open.
fn open_files() -> Result<u64> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most =
        line.and_then(|line| line.split_whitespace().nth(1)).context("no limit of open files is told")?;
    // One that is unlimited is no number.
    Ok(most.parse().unwrap_or(u64::MAX))
}

/// nginx as those who know it set it up for files that do not change: as many of them open as may be.
fn nginx(folder: &Path, answers: &Path, port: u16, open_files: u64) -> String {
    let (folder, answers) = (folder.display(), answers.display());
    let open_files = open_files.min(PREFIXES);
    let kept = open_files.saturating_sub(BESIDE).max(1);
    format!(
        "daemon off;\nworker_processes 2;\nworker_rlimit_nofile {open_files};\n\
         pid {folder}/nginx.pid;\nerror_log stderr crit;\n\
         user root;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off;\nsendfile on;\ntcp_nopush on;\nkeepalive_requests 1000000000;\n\
         default_type text/plain;\nopen_file_cache max={kept} inactive=10m;\nopen_file_cache_valid 10m;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n\
         server {{ listen 127.0.0.1:{port}; location /range/ {{ alias {answers}/; }} }}\n}}\n"
    )
}

/// Ranges by chance, others in each thread.
fn asking(prefixes: u64, known: bool) -> String {
    let step = PREFIXES / prefixes;
    let header = if known { "wrk.headers['If-None-Match'] = '*'\n" } else { "" };
    format!(
        "local threads = 0\n\
         function setup(thread) thread:set('seed', threads) threads = threads + 1 end\n\
         function init() math.randomseed(seed) {header} end\n\
         function request()\n\
         return wrk.format(nil, string.format('/range/%0{PREFIX}X', math.random(0, {prefixes} - 1) * {step}))\n\
         end\n"
    )
}
