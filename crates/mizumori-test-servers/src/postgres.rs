//! PostgreSQL: a cluster of databases in a temporary folder, for whoever can reach loopback.
//!
//! The newest that Debian's packages left on the machine is used. Nothing is synced to the disk, which is what makes it quick:
//! it survives its own crash, and not the machine's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rustix::process::Signal;

use crate::folder::Folder;
use crate::port::on_free_port;
use crate::process::{self, PATIENCE, Process, Program};

/// Where Debian's packages put it, a folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Whom root runs it as: the package's own user, or anybody.
const USERS: &[&str] = &["postgres", "nobody"];

/// What it prints when it answers.
const READY: &str = "database system is ready to accept connections";

/// Quick, small, and to be reached over loopback and a socket in its folder. Commits wait for the system to have them
/// (`synchronous_commit` stays on): what is committed outlives a kill.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=100",
    "log_timezone=UTC",
    "timezone=UTC",
];

/// A server with the superuser `postgres`, whom everybody is.
#[derive(Debug)]
pub struct Postgres {
    /// `None` while it does not run. Before the folder: it ends before that goes away.
    process: Option<Process>,
    folder: Folder,
    programs: PathBuf,
    port: u16,
    databases: AtomicU32,
}

impl Postgres {
    /// Whether tests are to do without it, because `cargo xtask test` was told so.
    pub fn is_left_out() -> bool {
        std::env::var_os("MIZUMORI_WITHOUT_POSTGRESQL").is_some()
    }

    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When it is not installed ([`io::ErrorKind::NotFound`]), or does not start.
    pub fn start() -> io::Result<Self> {
        let programs = newest(Path::new(VERSIONS))?;
        let folder = Folder::owned_by(USERS)?;
        let mut initdb = folder.command(programs.join("initdb"));
        initdb.args(["--pgdata", "data", "--username", "postgres", "--auth", "trust", "--no-sync"]);
        initdb.args(["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions"]);
        run(&mut initdb, "initdb")?;
        let (process, port) = on_free_port(|port| Ok((launch(&programs, &folder, port)?, port)))?;
        Ok(Self { process: Some(process), folder, programs, port, databases: AtomicU32::new(0) })
    }

    /// Its port on 127.0.0.1, which stays the same.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that its socket is in.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of the database that is there from the beginning.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes an empty database, and gives its URL.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn database(&self) -> io::Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&self.url(), &format!("CREATE DATABASE {name}"))?;
        Ok(self.url_of(&name))
    }

    /// Runs statements in a database, past the program under test; gives the rows, one a line, with `|` between columns.
    ///
    /// # Errors
    /// When the database cannot be reached, or a statement fails.
    pub fn sql(&self, url: &str, statements: &str) -> io::Result<String> {
        let mut psql = self.folder.command(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]);
        psql.args(["--dbname", url, "--command", statements]);
        run(&mut psql, "psql")
    }

    /// What it printed since it was started last.
    pub fn printed(&self) -> String {
        self.process.as_ref().map(Process::printed).unwrap_or_default()
    }

    /// Has it end in order: those who are connected are told, and it begins with what it ended with.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> io::Result<()> {
        // "Fast": it does not wait for those who are connected.
        self.process.take().map_or(Ok(()), |process| process.end(Signal::INT))
    }

    /// Kills it: connections break in the middle of whatever they do, and it has to recover when it is started again.
    ///
    /// # Errors
    /// When the system tells nothing of it.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// Starts it again on its port, with its data; ends it first when it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match launch(&self.programs, &self.folder, self.port) {
                Ok(process) => {
                    self.process = Some(process);
                    return Ok(());
                }
                // What was killed may not be gone yet: its port, or its memory.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// Starts the server in its folder.
fn launch(programs: &Path, folder: &Folder, port: u16) -> io::Result<Process> {
    let mut command = folder.command(programs.join("postgres"));
    command.args(["-D", "data", "-p", &port.to_string(), "-k"]).arg(folder.path());
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    // "Immediate": nothing is written, and its children end with it.
    let program =
        Program { name: "postgres", command, folder: folder.path().to_owned(), ends_by: Signal::QUIT };
    Process::start(program, |process| process.printed().contains(READY))
}

/// The programs of the newest version below a folder.
fn newest(versions: &Path) -> io::Result<PathBuf> {
    let found = fs::read_dir(versions).into_iter().flatten().filter_map(|entry| {
        let folder = entry.ok()?.path();
        let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
        let programs = folder.join("bin");
        programs.join("postgres").is_file().then_some((version, programs))
    });
    let missing = || {
        let text = "postgresql is missing: `cargo xtask test` fetches it";
        io::Error::new(io::ErrorKind::NotFound, text)
    };
    found.max().map(|(_, programs)| programs).ok_or_else(missing)
}

/// Runs one of its programs to the end, and gives what it prints.
fn run(command: &mut Command, name: &str) -> io::Result<String> {
    let output = process::run(command, name)?;
    if !output.status.success() {
        return Err(process::failure(&output, name));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let missing = newest(folder.path()).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(missing.to_string().contains("postgresql"), "{missing}");
        for version in ["9", "15", "17", "common"] {
            let programs = folder.path().join(version).join("bin");
            fs::create_dir_all(&programs).unwrap();
            // Of the newest there is the client alone.
            if version != "17" {
                fs::write(programs.join("postgres"), "").unwrap();
            }
        }
        assert_eq!(newest(folder.path()).unwrap(), folder.path().join("15/bin"));
        assert_eq!(newest(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
