//! What the commands of the store have in common: where it is, who acts, and how it is waited for.

use clap::Args;
use mizumori_core::{Clock as _, SystemClock, Timestamp};
#[cfg(feature = "monitor")]
use mizumori_store::Access;
use mizumori_store::{NewAudit, Organisation, OrganisationId, Session, Store, StoreError, StoreUrl};
use tokio::runtime::{Builder, Runtime};

use crate::config::Config;
use crate::outcome::Failure;

/// The option of every command that opens a store.
#[derive(Debug, Args)]
pub(crate) struct StoreOptions {
    /// The store: a file of SQLite, or a URL such as postgres://host/database [env: MIZUMORI_STORE]
    #[arg(long, value_name = "URL", global = true, display_order = 100)]
    store: Option<String>,
}

/// A store that is open, and what waits for its answers.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
}

impl StoreOptions {
    /// Opens a store that is there: of one that is not, nobody wants to hear that all is well with it.
    pub(crate) fn open(&self, config: &Config) -> Result<Opened, Failure> {
        let url = self.url(config)?;
        match &url {
            StoreUrl::Sqlite(path) if !path.exists() => {
                Err(Failure::say(format!("there is no store `{}`", path.display()))
                    .hint("`mizumori org add` makes one"))
            }
            StoreUrl::Sqlite(_) | StoreUrl::Postgres(_) => Opened::of(&url),
        }
    }

    /// Opens the store; one that is not there is made.
    pub(crate) fn open_or_make(&self, config: &Config) -> Result<Opened, Failure> {
        Opened::of(&self.url(config)?)
    }

    fn url(&self, config: &Config) -> Result<StoreUrl, Failure> {
        let variable = || std::env::var("MIZUMORI_STORE").ok().filter(|value| !value.is_empty());
        let Some(text) = self.store.clone().or_else(variable).or_else(|| config.store.clone()) else {
            return Err(Failure::say("no store is named")
                .hint("give --store FILE, set MIZUMORI_STORE, or write `store = \"…\"` into mizumori.toml"));
        };
        Ok(text.parse()?)
    }
}

impl Opened {
    fn of(url: &StoreUrl) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let store = runtime.block_on(Store::open(url))?;
        Ok(Self { store, runtime })
    }

    /// Reads one state of the store.
    pub(crate) fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.runtime.block_on(async {
            let mut session = self.store.read().await?;
            work(&mut session).await
        })
    }

    /// Changes the store: all of it, or nothing where it fails.
    pub(crate) fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.runtime.block_on(async {
            let mut session = self.store.write().await?;
            // What a command does is audited: of two that wait for each other neither would come to an end.
            session.alone().await?;
            let done = work(&mut session).await?;
            session.commit().await?;
            Ok(done)
        })
    }
}

/// What is in files beside the database goes into it when its last connection ends.
impl Drop for Opened {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

/// The time.
pub(crate) fn now() -> Timestamp {
    SystemClock.now().into()
}

/// Who acts, as the audit log names him: the user of the operating system.
pub(crate) fn actor() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().filter_map(|name| std::env::var(name).ok());
    let user = named.into_iter().find(|user| !user.is_empty());
    format!("user {}", user.unwrap_or_else(|| rustix::process::getuid().as_raw().to_string()))
}

/// Writes an action of an administrator into the audit log, in the transaction of what it does.
pub(crate) async fn audit(
    session: &mut Session,
    organisation: Option<&OrganisationId>,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), Failure> {
    let entry = NewAudit { actor: &actor(), organisation, action, subject, detail };
    session.audit(&entry, now()).await?;
    Ok(())
}

/// The organisation of an id, if it may do this.
#[cfg(feature = "monitor")]
pub(crate) async fn allowed(
    session: &mut Session,
    id: &OrganisationId,
    what: Access,
) -> Result<Organisation, Failure> {
    let organisation = organisation(session, id).await?;
    let edition = session.edition(&organisation.edition).await?;
    match edition.may(&organisation, what) {
        Ok(()) => Ok(organisation),
        Err(limit) => Err(Failure::new(limit).hint(format!(
            "`{id}` has the edition `{}`; `mizumori org change {id} --edition NAME` gives it another",
            organisation.edition
        ))),
    }
}

/// The organisation of an id.
pub(crate) async fn organisation(
    session: &mut Session,
    id: &OrganisationId,
) -> Result<Organisation, Failure> {
    session.organisation(id).await?.ok_or_else(|| {
        Failure::say(format!("there is no organisation `{id}`")).hint("`mizumori org list` shows all")
    })
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.hint() {
            Some(hint) => Self::new(error).hint(hint),
            None => Self::new(error),
        }
    }
}
