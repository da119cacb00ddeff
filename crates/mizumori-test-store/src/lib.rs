//! An S3-compatible object store on a free loopback port, for tests: `s3s-fs` over a temporary folder, in threads of its own.
//!
//! Beside what `s3s-fs` does, it is strict where a lake relies on it: writes come one after the other, so that a conditional
//! put is atomic; a missing bucket and a wrong key are answered as Amazon does. It keeps a list of what it was asked, and
//! fails when it is told to.
//!
//! It is no server for data: everything is gone when the value is dropped.

mod request;
mod serve;

use std::collections::VecDeque;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub use request::{Kind, Request};

/// The bucket that is there from the beginning.
pub const BUCKET: &str = "bucket";
/// The access key that is let in.
pub const ACCESS_KEY: &str = "MIZUMORITESTKEY";
/// The secret key beside it.
pub const SECRET_KEY: &str = "a-secret-key-that-must-not-be-shown";

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 503, too many requests: a client tries again.
    SlowDown,
    /// 500, a defect of the store: a client tries again.
    InternalError,
    /// 403, the clocks of store and client differ too much.
    ClockSkew,
    /// 403, these credentials may not do that.
    AccessDenied,
    /// 404, the object was deleted meanwhile.
    NoSuchKey,
    /// It is done, and answered with 503: a client tries again what is done.
    AnswerLost,
}

/// Decides of a request whether it fails.
type Rule = Box<dyn Fn(&Request) -> Option<Fault> + Send>;

/// What server and test share.
#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    faults: Mutex<VecDeque<Fault>>,
    rule: Mutex<Option<Rule>>,
}

/// A store that runs as long as the value lives.
pub struct TestStore {
    address: SocketAddr,
    shared: Arc<Shared>,
    root: TempDir,
    runtime: Option<Runtime>,
}

impl TestStore {
    /// Starts a store with the empty bucket [`BUCKET`].
    ///
    /// # Errors
    /// When there is no folder for it, or no port.
    pub fn start() -> io::Result<Self> {
        let root = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let server = serve::Server::new(root.path(), Arc::clone(&shared))?;
        runtime.spawn(server.run(listener));
        let store = Self { address, shared, root, runtime: Some(runtime) };
        store.make_bucket(BUCKET)?;
        Ok(store)
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn make_bucket(&self, name: &str) -> io::Result<()> {
        fs::create_dir_all(self.root.path().join(name))
    }

    /// The URL of the service.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a client of the store finds in its environment: the end point and the right credentials.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ]
    }

    /// Puts an object into [`BUCKET`], past the server.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, key: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let path = self.path(key);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let bytes = bytes.as_ref();
        fs::write(path, bytes)?;
        self.describe(key, bytes)
    }

    /// Writes down what `s3s-fs` writes down of an object that it was sent: without its tag it would read the whole of it, and hash it,
    /// for each range that is asked for.
    fn describe(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        let tag = format!("{:016x}{:016x}", hasher.finish(), bytes.len());
        let [bucket, key] = [BUCKET, key].map(|name| BASE64_URL_SAFE_NO_PAD.encode(name));
        let name = format!(".bucket-{bucket}.object-{key}.internal.json");
        fs::write(self.root.path().join(name), format!("{{\"e_tag\":\"{tag}\"}}"))
    }

    /// Puts every file below a folder into [`BUCKET`], under its path behind `prefix`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn put_folder(&self, prefix: &str, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.put_folder(&format!("{key}/"), &entry.path())?;
            } else {
                self.put(&key, fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    /// The keys in [`BUCKET`], in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn keys(&self) -> io::Result<Vec<String>> {
        let bucket = self.path("");
        let (mut keys, mut folders) = (Vec::new(), vec![bucket.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(key) = entry.path().strip_prefix(&bucket) {
                    keys.push(key.to_string_lossy().into_owned());
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// The file that holds an object of [`BUCKET`].
    pub fn path(&self, key: &str) -> PathBuf {
        self.root.path().join(BUCKET).join(key)
    }

    /// What was asked since the last call, in the order in which it came.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }

    /// Lets the next requests fail, one for each fault.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.shared.faults).extend(faults);
    }

    /// Lets requests fail of which `rule` says so, until another rule is given.
    pub fn fail_when(&self, rule: impl Fn(&Request) -> Option<Fault> + Send + 'static) {
        *lock(&self.shared.rule) = Some(Box::new(rule));
    }

    /// Forgets all that was to fail.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
        *lock(&self.shared.rule) = None;
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
