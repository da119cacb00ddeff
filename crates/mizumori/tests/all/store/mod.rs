//! The commands of the store, each on SQLite and on PostgreSQL: exit code, standard output, standard error, and what is kept.

mod audit;
mod backup;
#[cfg(feature = "monitor")]
mod bundle;
#[cfg(feature = "monitor")]
mod channel;
#[cfg(feature = "monitor")]
mod directory;
mod domain;
#[cfg(feature = "monitor")]
mod domain_mail;
mod edition;
#[cfg(feature = "monitor")]
mod end;
#[cfg(feature = "monitor")]
mod export;
#[cfg(feature = "monitor")]
mod finding;
mod notice;
mod org;
mod proof;
mod rule;
mod status;
#[cfg(feature = "monitor")]
mod task;

use std::sync::{Arc, Mutex, Weak};

use mizumori_store::{OrganisationId, Session, Store, StoreUrl};
use mizumori_test_servers::Postgres;
use serde_json::Value;
use tokio::runtime::Builder;

use crate::run::{Folder, Run};

/// A store, and a folder whose configuration names it.
pub(crate) struct Kept {
    pub(crate) folder: Folder,
    pub(crate) url: String,
}

impl Kept {
    /// One that is not there yet.
    fn new(folder: Folder, url: String) -> Self {
        folder.write("mizumori.toml", format!("store = {url:?}\n"));
        Self { folder, url }
    }

    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new();
        let url = folder.path("store.db").display().to_string();
        Self::new(folder, url)
    }

    pub(crate) fn postgres(server: &Postgres) -> Self {
        Self::new(Folder::new(), server.database().unwrap())
    }

    /// Runs a command; its arguments have no blanks in them.
    pub(crate) fn run(&self, command: &str) -> Run {
        self.folder.run(&command.split_whitespace().collect::<Vec<_>>())
    }

    /// Adds an organisation of an edition.
    pub(crate) fn organisation(&self, id: &str, edition: &str) -> &Self {
        self.run(&format!("org add {id} --name-ja {id}大学 --name-en {id} --edition {edition}")).ends(0);
        self
    }

    /// What the list of a command has, an object a line.
    pub(crate) fn list(&self, command: &str) -> Vec<Value> {
        let run = self.run(&format!("{command} --format jsonl"));
        run.ends(0).quietly();
        run.lines()
    }

    /// The actions, subjects and details in the audit log, after so many entries.
    pub(crate) fn audited(&self, after: usize) -> Vec<[String; 3]> {
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        self.list(&format!("audit list --after {after}"))
            .iter()
            .map(|entry| ["action", "subject", "detail"].map(|key| text(entry, key)))
            .collect()
    }

    /// Works in the store past the program.
    pub(crate) fn work<T>(&self, work: impl AsyncFnOnce(&mut Session) -> T) -> T {
        let url: StoreUrl = self.url.parse().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&url).await.unwrap();
            let mut session = store.write().await.unwrap();
            let done = work(&mut session).await;
            session.commit().await.unwrap();
            store.close().await;
            done
        })
    }
}

/// Runs a case on each database.
pub(crate) fn on_both(case: impl Fn(&Kept)) {
    case(&Kept::sqlite());
    if let Some(server) = server() {
        case(&Kept::postgres(&server));
    }
}

/// The server of all tests that run just now, unless they are to do without it; it ends with the last of them.
pub(crate) fn server() -> Option<Arc<Postgres>> {
    static RUNNING: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
    if Postgres::is_left_out() {
        return None;
    }
    let mut running = RUNNING.lock().unwrap();
    let server = running.upgrade().unwrap_or_else(|| Arc::new(Postgres::start().unwrap()));
    *running = Arc::downgrade(&server);
    Some(server)
}

pub(crate) fn id(text: &str) -> OrganisationId {
    text.parse().unwrap()
}
