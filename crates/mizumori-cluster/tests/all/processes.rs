//! Machines of a cluster as processes: this test program, started again in another role.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mizumori_cluster::{
    Cluster, ClusterError, ExecutorOptions, Patience, SchedulerOptions, Tls, executor, scheduler,
};
use mizumori_core::keys::ClusterKey;

use crate::units::Doubling;

/// Says in which role this program was started: `scheduler PORT` or `executor SCHEDULER PORT FOLDER`.
const ROLE: &str = "MIZUMORI_TEST_ROLE";
/// The cluster's key for it.
const KEY: &str = "MIZUMORI_TEST_KEY";
/// The folder of the machines' certificate for it, where they have one.
const TLS: &str = "MIZUMORI_TEST_TLS";

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// No test, but what the processes run.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    // It does not outlive the test that started it, however that ends.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).unwrap();
    let words: Vec<_> = role.split(' ').collect();
    let port = |text: &str| text.parse::<u16>().unwrap();
    let tls = std::env::var_os(TLS).map(|folder| Tls::read(Path::new(&folder)).unwrap());
    match words[..] {
        ["scheduler", at] => {
            let listen = SocketAddr::new(LOOPBACK, port(at));
            scheduler(&SchedulerOptions { listen, silence: Duration::from_secs(8), tls }).unwrap();
        }
        ["executor", scheduler, at, folder] => {
            let options = executor_options(port(scheduler), port(at), Path::new(folder), tls);
            let key = ClusterKey::parse(&std::env::var(KEY).unwrap()).unwrap();
            executor(&options, key, Arc::new(Doubling)).unwrap();
        }
        _ => panic!("no role: {role}"),
    }
}

/// An executor on loopback.
pub(crate) fn executor_options(
    scheduler: u16,
    port: u16,
    folder: &Path,
    tls: Option<Tls>,
) -> ExecutorOptions {
    ExecutorOptions {
        scheduler: ("127.0.0.1".to_owned(), scheduler),
        listen: LOOPBACK,
        host: "127.0.0.1".to_owned(),
        port,
        slots: 1,
        folder: folder.to_owned(),
        heartbeat_seconds: 1,
        tls,
    }
}

/// Ends its process when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler and executors.
pub(crate) struct Machines {
    key: ClusterKey,
    folder: tempfile::TempDir,
    tls: Option<PathBuf>,
    port: u16,
    scheduler: Option<Process>,
    executors: Vec<Option<Process>>,
}

impl Machines {
    pub(crate) fn new() -> Self {
        Self::with_tls(None)
    }

    /// Machines that all have the certificate in a folder.
    pub(crate) fn with_tls(tls: Option<PathBuf>) -> Self {
        Self {
            key: ClusterKey::random().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            tls,
            port: free_port(),
            scheduler: None,
            executors: vec![None, None],
        }
    }

    pub(crate) fn scheduler_port(&self) -> u16 {
        self.port
    }

    pub(crate) fn cluster(&self, patience: Patience) -> Cluster {
        let tls = self.tls.as_deref().map(|folder| Tls::read(folder).unwrap());
        self.cluster_as(tls, patience).unwrap()
    }

    /// The cluster as a machine with another certificate, or with none, sees it.
    pub(crate) fn cluster_as(&self, tls: Option<Tls>, patience: Patience) -> Result<Cluster, ClusterError> {
        Cluster::new("127.0.0.1", self.port, self.key.clone(), tls, patience)
    }

    pub(crate) fn start_scheduler(&mut self) {
        self.scheduler = Some(self.start(&format!("scheduler {}", self.port)));
        let begun = Instant::now();
        while std::net::TcpStream::connect((LOOPBACK, self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the scheduler does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn kill_scheduler(&mut self) {
        self.scheduler = None;
    }

    /// Starts one; its port.
    pub(crate) fn start_executor(&mut self, number: usize) -> u16 {
        // Two ports, one behind the other.
        let port = loop {
            let port = free_port();
            if port < u16::MAX && TcpListener::bind((LOOPBACK, port + 1)).is_ok() {
                break port;
            }
        };
        let folder = self.folder.path().join(number.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let role = format!("executor {} {port} {}", self.port, folder.display());
        self.executors[number] = Some(self.start(&role));
        port
    }

    pub(crate) fn kill_executor(&mut self, number: usize) {
        self.executors[number] = None;
    }

    fn start(&self, role: &str) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.envs(self.tls.iter().map(|folder| (TLS, folder)));
        let child = command
            .args(["--exact", "processes::role", "--nocapture"])
            .env(ROLE, role)
            .env(KEY, self.key.to_text().expose())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Process(child.unwrap())
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port()
}
