//! A cluster on this machine: a scheduler, and executors of which each has a core for itself, as on machines of one core.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

/// How often the list is ingested, each time as another source: a minute of work for two cores.
const SOURCES: usize = 3;
/// A machine has so long to begin to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be ingested, by whom.
#[derive(Args)]
pub(super) struct Work {
    /// Executors
    #[arg(long)]
    executors: usize,
    /// The program
    #[arg(long)]
    program: PathBuf,
    /// An empty folder for the lake, and for what executors keep
    #[arg(long)]
    folder: PathBuf,
    list: PathBuf,
}

/// A process that ends with this one.
struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has a cluster ingest the list.
pub(super) fn run(work: &Work) -> Result<()> {
    let dumps = work.folder.join("dumps");
    for source in 1..=SOURCES {
        let folder = dumps.join(source.to_string());
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join("source.toml"),
            format!("id = \"list-{source}\"\nleaked = \"2019-0{source}\"\n"),
        )?;
        fs::hard_link(&work.list, folder.join("list.txt"))?;
    }
    let port = free_port()?;
    let scheduler = format!("127.0.0.1:{port}");
    let mut machines =
        vec![start(Command::new(&work.program).args(["cluster", "scheduler", "--listen", &scheduler]))?];
    listens(port)?;
    for core in 0..work.executors {
        let port = free_port()?;
        let folder = work.folder.join(format!("executor-{core}"));
        fs::create_dir_all(&folder)?;
        let mut executor = Command::new("taskset");
        executor.args(["-c", &core.to_string()]).arg(&work.program);
        executor.args(["cluster", "executor", "--scheduler", &scheduler, "--port", &port.to_string()]);
        executor.args(["--slots", "1", "--memory", "2GiB", "--folder"]).arg(folder);
        machines.push(start(&mut executor)?);
        listens(port)?;
    }
    let mut ingest = Command::new(&work.program);
    ingest.args(["ingest", "--all", "--cluster", &scheduler, "--unit", "128MiB", "--lake"]);
    ingest.arg(work.folder.join("lake")).arg(dumps);
    let status =
        with_key(&mut ingest).stdout(Stdio::null()).status().context("could not start the ingest")?;
    ensure!(status.success(), "the ingest ended with {status}");
    Ok(())
}

fn start(command: &mut Command) -> Result<Machine> {
    let quiet = with_key(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = quiet.spawn();
    Ok(Machine(child.with_context(|| format!("could not start {}", command.get_program().display()))?))
}

/// The key of a cluster that lives as long as a bench.
fn with_key(command: &mut Command) -> &mut Command {
    command.env("MIZUMORI_CLUSTER_KEY", "1".repeat(64))
}

/// A port that nobody listens on, and whose next one is free too.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let one = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if one.checked_add(1).is_some_and(|next| TcpListener::bind((Ipv4Addr::LOCALHOST, next)).is_ok()) {
            return Ok(one);
        }
    }
    bail!("there are no two free ports beside each other")
}

fn listens(port: u16) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        ensure!(began.elapsed() < PATIENCE, "nobody listens on port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
