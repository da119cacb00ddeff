//! `mizumori cluster`: the machines of a cluster.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use mizumori_cluster::{ExecutorOptions, Hands, SchedulerOptions, Tls, UnitError};
use mizumori_core::keys::ClusterKey;
use mizumori_lake::Buckets;

use crate::cluster;
use crate::commands::ingest::spill_bytes;
use crate::config::Config;
use crate::input;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::size::Size;
use crate::tidings;

/// Run a machine of a cluster
///
/// One scheduler, and executors on as many machines as there are; `--cluster HOST:PORT` has them do a survey, an ingest or a question in SQL. Units of work
/// and what comes of them are sealed under the cluster's key, which every executor and whoever gives work has; the
/// scheduler needs none. Dumps and lakes are in buckets, or in folders that all machines have at the same path; executors that
/// write to a lake have its keys, and everybody reaches the store with credentials of his own. With `--tls`, which is then for
/// every machine, they speak TLS, and nobody takes part who has no certificate of the cluster's authority.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    machine: Machine,
}

const EXAMPLES: &str = "\
Examples:
  export MIZUMORI_CLUSTER_KEY=$(mizumori cluster key)
  mizumori cluster scheduler --listen 10.0.0.1:50050
  mizumori cluster executor --scheduler 10.0.0.1:50050 --listen 10.0.0.2
  mizumori survey --watch list.toml --cluster 10.0.0.1:50050 s3://bucket/dumps/
  mizumori ingest --watch list.toml --cluster 10.0.0.1:50050 --lake s3://bucket/lake s3://bucket/dumps/";

#[derive(Debug, Subcommand)]
enum Machine {
    /// Print a new key for a cluster
    Key,
    /// Hand out units of work
    Scheduler(Scheduler),
    /// Do units of work
    Executor(Executor),
}

#[derive(Debug, Args)]
struct Scheduler {
    /// Where to listen
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50050")]
    listen: SocketAddr,

    /// Seconds without a word after which an executor is taken for dead; a busy one speaks every five
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    silence: NonZeroU64,

    /// Speak TLS: the folder of this machine's certificate (ca.crt, tls.crt, tls.key) [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Executor {
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT", value_parser = cluster::address)]
    scheduler: (String, u16),

    /// Where to listen: the scheduler and whoever gives work reach this machine there
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// The name or address under which others reach it [default: that of --listen]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// The port to listen on, and the one behind it
    #[arg(long, value_name = "PORT", default_value_t = 50_051)]
    port: u16,

    /// Units to do at once [default: one a core]
    #[arg(long, value_name = "N")]
    slots: Option<NonZeroUsize>,

    /// The folder for sealed results that wait to be fetched, and for what does not fit into memory, encrypted [default: the
    /// system's for temporary files]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Memory for all units together, roughly [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,

    /// The key ring of the lakes that it writes to [default: in the user's data folder]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    /// Speak TLS: the folder of this machine's certificate (ca.crt, tls.crt, tls.key) [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    match &arguments.machine {
        Machine::Key => {
            let key = ClusterKey::random().map_err(Failure::new)?;
            let mut out = Output::open(None)?;
            writeln!(out, "{}", key.to_text().expose())?;
            out.finish()?;
        }
        Machine::Scheduler(scheduler) => {
            let tls = cluster::tls(scheduler.tls.as_deref(), &config)?;
            tidings::say(&format!("scheduler at {}{}", scheduler.listen, spoken(tls.as_ref())));
            let silence = Duration::from_secs(scheduler.silence.get());
            mizumori_cluster::scheduler(&SchedulerOptions { listen: scheduler.listen, silence, tls })?;
        }
        Machine::Executor(executor) => run_executor(executor, config)?,
    }
    Ok(Outcome::Done)
}

/// What is said of a machine that speaks TLS.
fn spoken(tls: Option<&Tls>) -> &'static str {
    if tls.is_some() { ", with TLS" } else { "" }
}

fn run_executor(executor: &Executor, config: Config) -> Result<(), Failure> {
    let key = cluster::key(&config)?;
    let tls = cluster::tls(executor.tls.as_deref(), &config)?;
    // Results of an earlier life are nobody's.
    let parent = executor.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("mizumori-executor-").tempdir_in(&parent);
    let folder = folder.with_context(|| format!("could not make a folder in `{}`", parent.display()));
    let folder = folder.map_err(Failure::new)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = ExecutorOptions {
        scheduler: executor.scheduler.clone(),
        listen: executor.listen,
        host: executor.host.clone().unwrap_or_else(|| executor.listen.to_string()),
        port: executor.port,
        slots: executor.slots.map_or(cores, NonZeroUsize::get),
        folder: folder.path().to_owned(),
        heartbeat_seconds: 2,
        tls,
    };
    let spoken = spoken(options.tls.as_ref());
    tidings::say(&format!("executor at {}:{}, {} slots{spoken}", options.host, options.port, options.slots));
    let buckets =
        Buckets::new(options.slots).context("could not start to read buckets").map_err(Failure::new)?;
    let memory = input::memory(executor.memory, &config);
    let keys = executor.keys.clone();
    let (limits, records, disk_bytes) = (config.limits, config.records, spill_bytes(&config));
    let lakes = move |url: &str| {
        let options = LakeOptions { lake: Some(url.to_owned()), keys: keys.clone() };
        options.open_with_keys(&config).map_err(UnitError::from)
    };
    let hands = Hands {
        key: key.clone(),
        limits,
        records,
        buckets,
        lakes: Box::new(lakes),
        memory_bytes: memory / options.slots.max(1) as u64,
        disk_bytes,
        folder: folder.path().to_owned(),
    };
    mizumori_cluster::executor(&options, key, Arc::new(hands))?;
    Ok(())
}
