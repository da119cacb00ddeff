//! Runs the built program in a folder of its own, with an environment that is the same everywhere.
//!
//! Nothing here knows what is expected: that is each test's own.

use std::ffi::OsStr;
use std::fs;
#[cfg(any(feature = "scan", feature = "store"))]
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder for one test; it is gone afterwards. The program runs in its sub-folder `work`, with another,
/// `temporary`, as the folder for temporary files.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        fs::create_dir(root.path().join("temporary")).unwrap();
        Self { root }
    }

    /// Where the program runs.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Where its temporary files go.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.path().join("temporary")
    }

    /// A path below the folder where the program runs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file; its folder is created.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Reads a file as text.
    #[cfg(any(feature = "scan", feature = "store"))]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in the folder where the program runs, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Makes a named pipe.
    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    /// The program with arguments, ready to start.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mizumori"));
        command
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("LC_ALL", "en_GB.UTF-8")
            .env("TMPDIR", self.temporary())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        self.end(self.command(arguments).output().unwrap())
    }

    /// The program with arguments and a folder `keys` for the keys of lakes, ready to start.
    #[cfg(feature = "lake")]
    pub(crate) fn command_with_keys<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = self.command(arguments);
        command.env("XDG_DATA_HOME", self.path("keys"));
        command
    }

    /// Runs it to its end with that folder.
    #[cfg(feature = "lake")]
    pub(crate) fn run_with_keys<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        self.end(self.command_with_keys(arguments).output().unwrap())
    }

    /// Runs it with `input` on standard input.
    #[cfg(any(feature = "scan", feature = "store"))]
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Run {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // Who does not read its input to the end breaks the pipe: that is for the test to judge by the outcome.
            scope.spawn(move || drop(stdin.write_all(input)));
            self.wait(child)
        })
    }

    /// Waits for a program that was started.
    pub(crate) fn wait(&self, child: Child) -> Run {
        self.end(child.wait_with_output().unwrap())
    }

    fn end(&self, output: Output) -> Run {
        Run { output, root: self.root.path().to_owned() }
    }
}

/// How a run ended.
pub(crate) struct Run {
    output: Output,
    root: PathBuf,
}

impl Run {
    /// The exit code; a signal is none.
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// What stands on standard output, byte for byte.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.output.stdout
    }

    /// What stands on standard output.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    /// What stands on standard error, the folder's path as `[folder]`.
    pub(crate) fn err(&self) -> String {
        redacted(&String::from_utf8(self.output.stderr.clone()).unwrap(), &self.root)
    }

    /// Everything, as a snapshot shows it.
    pub(crate) fn shown(&self) -> String {
        let code = self.code().map_or("a signal".to_owned(), |code| code.to_string());
        let out = redacted(&self.out(), &self.root);
        format!("exit code: {code}\n--- standard output\n{out}--- standard error\n{}", self.err())
    }

    /// The code must be this; else everything is shown.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.code(), Some(code), "{}", self.shown());
        self
    }

    /// Nothing may stand on standard error.
    #[track_caller]
    pub(crate) fn quietly(&self) -> &Self {
        assert_eq!(self.err(), "");
        self
    }

    /// Standard error must hold each of these.
    #[track_caller]
    pub(crate) fn saying(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.err().contains(word), "`{word}` is not in:\n{}", self.err());
        }
        self
    }

    /// Standard output must hold each of these.
    #[track_caller]
    pub(crate) fn printing(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.out().contains(word), "`{word}` is not in:\n{}", self.out());
        }
        self
    }

    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.bytes()).unwrap_or_else(|error| panic!("{error}\n{}", self.shown()))
    }

    /// Standard output as one JSON value a line.
    #[cfg(any(feature = "scan", feature = "store"))]
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.out()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

fn redacted(text: &str, root: &Path) -> String {
    text.replace(root.to_str().unwrap(), "[folder]")
}
