//! An index of invented passwords, and a server before it.

use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mizumori_guard::{Import, Index, IndexWriter, InputFile, Observer as ImportObserver, Order, What};
use mizumori_read::{MemberName, Reader};
use mizumori_web::{CertificateFiles, Guard, GuardOptions, Observer, Server, ServerOptions, Stop, WebError};
use tempfile::TempDir;

use crate::client::{Answer, Client};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

struct Nobody;

impl ImportObserver for Nobody {
    fn read(&self, _: u64) {}
    fn lines(&self, _: u64) {}
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Imports words, as these kinds of hashes.
pub(crate) fn import(index: &Path, words: &str, kinds: [bool; 2]) {
    let file = index.with_extension("words");
    std::fs::write(&file, words).unwrap();
    let reader = Reader::default();
    let import = Import {
        reader: &reader,
        format: None,
        order: Order::Any,
        words: kinds,
        source: None,
        threads: 1,
        memory: 16 << 20,
        observer: Arc::new(Nobody),
    };
    let file = InputFile { name: MemberName::new("words"), path: Some(file) };
    import.run(&mut IndexWriter::open(index).unwrap(), &What::Files(&[file])).unwrap();
}

/// What a server tells, for whoever waits for it.
struct Told(Mutex<Sender<String>>);

impl Observer for Told {
    fn renewed(&self, what: &str) {
        self.0.lock().unwrap().send(what.to_owned()).unwrap();
    }

    fn failed(&self, error: WebError) {
        self.0.lock().unwrap().send(error.to_string()).unwrap();
    }
}

/// A server that runs until it is dropped.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) url: String,
    stop: Stop,
    told: Receiver<String>,
    running: Option<JoinHandle<()>>,
}

impl World {
    /// One that serves words.
    pub(crate) fn of(words: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        import(&folder.path().join("index"), words, [true, true]);
        Self::start(folder, GuardOptions::default(), None)
    }

    /// One that serves the index at `index` in a folder.
    pub(crate) fn start(
        folder: TempDir,
        options: GuardOptions,
        certificate: Option<CertificateFiles>,
    ) -> Self {
        let guard = Guard::open(&folder.path().join("index"), options).unwrap();
        let server = Server::bind(ServerOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            certificate,
            threads: NonZeroUsize::new(2).unwrap(),
            connections: NonZeroUsize::new(3).unwrap(),
        })
        .unwrap();
        let url = server.url();
        let stop = Stop::default();
        let (send, told) = channel();
        let stopped = stop.clone();
        let running = std::thread::spawn(move || {
            let observer: Arc<dyn Observer> = Arc::new(Told(Mutex::new(send)));
            server.run(guard, &observer, &stopped).unwrap();
        });
        Self { folder, url, stop, told, running: Some(running) }
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let address = self.url.split_once("://").unwrap().1;
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub(crate) fn client(&self) -> Client<TcpStream> {
        Client::new(self.connect())
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        self.client().ask(method, path, headers, b"")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    /// Waits until it serves the index as it is now, which it has to have noticed since it was told of last.
    pub(crate) fn serves_what_is_there(&self) {
        let generation = Index::open(&self.index()).unwrap().generation();
        self.tells(&format!("the index, generation {generation}"));
    }

    /// Waits until it tells something with these words.
    pub(crate) fn tells(&self, words: &str) {
        loop {
            let told = self.told.recv_timeout(PATIENCE).unwrap();
            if told.contains(words) {
                return;
            }
        }
    }

    /// Has it end, and waits.
    pub(crate) fn end(&mut self) {
        self.stop.stop();
        if let Some(running) = self.running.take() {
            running.join().unwrap();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.end();
    }
}
