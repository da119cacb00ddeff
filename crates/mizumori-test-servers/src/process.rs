//! A server that is a process of its own: started, waited for, asked to end or killed.
//!
//! It ends with its value. A value in a `static` is never dropped, and a test that is killed drops nothing: beside each server
//! there is a shell that waits for this process to go away, and then ends the server and removes its folder.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

/// How long anything may take that has to happen. It is long because machines are busy, not because servers are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether it has happened.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// How long a server may take to end that was asked to; then it is killed.
const MAY_TAKE_LEAVE: Duration = Duration::from_secs(10);

/// How much of what a server printed stands in an error.
const SHOWN: u64 = 4096;

/// Waits for standard input to end, which it does with the process that holds the other end of the pipe: the only
/// one that this needs no `unsafe` for. `$1` is the server, `$2` what it ends by, `$3` its folder.
const WATCH: &str = r#"
read -r _
kill -s "$2" "$1"
looks=0
while kill -0 -- "-$1" && [ "$looks" -lt 50 ]; do sleep 0.1; looks=$((looks + 1)); done
kill -s KILL -- "-$1"
rm -rf -- "$3"
"#;

/// What is to be started.
#[derive(Debug)]
pub struct Program {
    /// What it is called in errors.
    pub name: &'static str,
    /// The program with its arguments; it stays in the foreground.
    pub command: Command,
    /// Where it runs: what it prints goes to a file there. The folder goes away with this process.
    pub folder: PathBuf,
    /// What it ends by at once, leaving nobody behind.
    pub ends_by: Signal,
}

/// A running server.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    pid: Pid,
    ends_by: Signal,
    watcher: Child,
    printed: PathBuf,
}

impl Process {
    /// Starts a program, and waits until it is ready.
    ///
    /// # Errors
    /// When it cannot be started ([`io::ErrorKind::NotFound`] where it is missing), ends, or is not ready in [`PATIENCE`]. The
    /// kind is [`io::ErrorKind::AddrInUse`] where the last lines that it printed say so.
    pub fn start(program: Program, mut is_ready: impl FnMut(&Self) -> bool) -> io::Result<Self> {
        let Program { name, mut command, folder, ends_by } = program;
        let printed = folder.join(format!("{name}.printed"));
        let output = File::create(&printed)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        let child = command
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("could not start {name}: {error}")))?;
        let pid = Pid::from_child(&child);
        let watcher = match watch(pid, ends_by, &folder) {
            Ok(watcher) => watcher,
            Err(error) => {
                kill_all(pid);
                return Err(error);
            }
        };
        let mut process = Self { name, child, pid, ends_by, watcher, printed };
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = process.child.try_wait()? {
                return Err(process.failure(&format!("ended with {status}")));
            }
            if is_ready(&process) {
                return Ok(process);
            }
            if Instant::now() > deadline {
                return Err(process.failure("was not ready in time"));
            }
            thread::sleep(LOOK);
        }
    }

    /// What it printed until now, on standard output and standard error. Bytes that are no UTF-8 are replaced.
    pub fn printed(&self) -> String {
        fs::read(&self.printed).map_or_else(
            |error| format!("(what it printed cannot be read: {error})"),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it stand still, and waits until it does: some of its threads may go on for a while on a busy machine.
    ///
    /// # Errors
    /// When the system refuses, or it goes on.
    pub fn freeze(&self) -> io::Result<()> {
        rustix::process::kill_process(self.pid, Signal::STOP)?;
        let deadline = Instant::now() + PATIENCE;
        // The system tells of it when all of its threads stand still.
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(self.pid), options)?.is_none() {
            if Instant::now() > deadline {
                return Err(self.failure("did not stand still in time"));
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Has it go on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn thaw(&self) -> io::Result<()> {
        Ok(rustix::process::kill_process(self.pid, Signal::CONT)?)
    }

    /// Asks it to end by a signal, and waits; when it does not, it is killed.
    ///
    /// # Errors
    /// When it had to be killed, or the system tells nothing of it.
    pub fn end(mut self, by: Signal) -> io::Result<()> {
        if self.leave(by)? {
            return Ok(());
        }
        kill_all(self.pid);
        self.child.wait()?;
        Err(self.failure("did not end in time and was killed"))
    }

    /// Kills it and everything that it started, as a crash would: nobody is told anything, nothing is written.
    ///
    /// # Errors
    /// When the system tells nothing of it.
    pub fn kill(mut self) -> io::Result<()> {
        kill_all(self.pid);
        self.child.wait().map(drop)
    }

    /// Whether it ended in time after a signal, or before.
    fn leave(&mut self, by: Signal) -> io::Result<bool> {
        if self.child.try_wait()?.is_some() {
            return Ok(true);
        }
        rustix::process::kill_process(self.pid, by)?;
        let deadline = Instant::now() + MAY_TAKE_LEAVE;
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            thread::sleep(LOOK);
        }
        Ok(false)
    }

    fn failure(&self, what: &str) -> io::Error {
        let last = last_lines(&self.printed);
        let lower = last.to_ascii_lowercase();
        let kind = if lower.contains("address already in use") || lower.contains("address in use") {
            io::ErrorKind::AddrInUse
        } else {
            io::ErrorKind::Other
        };
        io::Error::new(kind, format!("{} {what}; it printed last:\n{last}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A server that ended before is asked nothing: its id may be another's by now.
        if !matches!(self.child.try_wait(), Ok(Some(_))) && !matches!(self.leave(self.ends_by), Ok(true)) {
            kill_all(self.pid);
            drop(self.child.wait());
        }
        drop(self.watcher.kill());
        drop(self.watcher.wait());
    }
}

/// Waits until something has happened, for [`PATIENCE`] at most.
///
/// # Errors
/// When it has not ([`io::ErrorKind::TimedOut`], with `what`), or `happened` fails.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !happened()? {
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("waited in vain until {what}")));
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, name: &str) -> io::Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("could not start {name}: {error}")))
}

/// Runs a program that has to end well.
pub(crate) fn check(command: &mut Command, name: &str) -> io::Result<()> {
    let output = run(command, name)?;
    if output.status.success() { Ok(()) } else { Err(failure(&output, name)) }
}

/// What a program said that did not end well.
pub(crate) fn failure(output: &Output, name: &str) -> io::Error {
    let told = String::from_utf8_lossy(&output.stderr);
    io::Error::other(format!("{name} ended with {}: {}", output.status, told.trim_end()))
}

/// Whether somebody listens on a port of 127.0.0.1.
pub(crate) fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Starts the shell that ends a server when this process has gone away.
fn watch(server: Pid, ends_by: Signal, folder: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", WATCH, "watch", &server.to_string(), &ends_by.as_raw().to_string()])
        .arg(folder)
        .stdin(Stdio::piped())
        // Whoever reads what the test prints would wait for this shell to close it.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Kills a process with its group and its descendants: some servers give each child a session of its own.
fn kill_all(pid: Pid) {
    for pid in descendants(pid) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    let _ = rustix::process::kill_process(pid, Signal::KILL);
}

/// The processes that a process started, and those that they started, as proc(5) tells.
fn descendants(pid: Pid) -> Vec<Pid> {
    let children: Vec<(i32, i32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // Behind the name, which may hold anything: state, parent.
            let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect();
    let mut found = vec![pid.as_raw_nonzero().get()];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(
            children
                .iter()
                .filter(|(id, of)| *of == parent && !found.contains(id))
                .map(|(id, _)| id)
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    found.into_iter().skip(1).filter_map(Pid::from_raw).collect()
}

/// The end of a file.
fn last_lines(file: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(file)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(SHOWN)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_or_else(
        |error| format!("(what it printed cannot be read: {error})"),
        |bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned(),
    )
}
