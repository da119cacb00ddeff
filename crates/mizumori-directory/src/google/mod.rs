//! Google Workspace over the Directory API of the Admin SDK, version 1
//! (<https://developers.google.com/workspace/admin/directory/reference/rest/v1/users>).
//!
//! Users are read in pages (`users.list`); whoever is an administrator, a delegated one too, is privileged. It does not say when a
//! password was changed. It changes `changePasswordAtNextLogin` and `suspended` (`users.patch`) and ends sessions (`users.signOut`).
//! Where people sign on with another identity provider the first of these does nothing; Google does not say who does.
//!
//! It signs on with the key of a service account that acts for an administrator (domain-wide delegation,
//! <https://developers.google.com/identity/protocols/oauth2/service-account>). Each thing is asked for with the one scope that it
//! takes, so that whoever only reads needs to be given no more.

mod act;
mod groups;
mod key;
mod listing;
mod user;

use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::{Account, Secret};
use mizumori_outbound::{Answer, Client};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::address::exposed;
use crate::directory::{Directory, Lookup, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Grant, PATIENCE, Pass, Person, Reading, Rest, Task, Tokens, base, below, is_busy};
use key::ServiceAccount;
use listing::Users;
use user::FIELDS;

const READ: Task =
    Task::with("read users", "the scope admin.directory.user.readonly and an administrator who may");

/// A customer of Google Workspace and what to read there.
#[derive(Clone, Debug)]
pub struct GoogleSettings {
    /// The key of the service account: the JSON file as it was downloaded.
    pub key: Secret<String>,
    /// The administrator for whom it acts: an address.
    pub administrator: String,
    /// The customer's id; `my_customer` is the administrator's own.
    pub customer: String,
    /// Groups of which it is asked who is in them, by their names, addresses or ids; groups within them count.
    pub groups: Vec<String>,
    /// Where the API is.
    pub url: String,
    /// Users a page, 1 to 500.
    pub page: u16,
    /// How long a request waits in all where the service asks for patience.
    pub patience: Duration,
}

/// A directory that speaks the Directory API.
#[derive(Clone, Debug)]
pub struct GoogleDirectory {
    reading: Rest,
    grouping: Rest,
    changing: Rest,
    ending: Rest,
    /// Where users are.
    url: Url,
    /// Where groups are.
    groups: Url,
    settings: GoogleSettings,
}

impl GoogleSettings {
    /// What is usual.
    pub fn new(key: Secret<String>, administrator: impl Into<String>) -> Self {
        Self {
            key,
            administrator: administrator.into(),
            customer: "my_customer".to_owned(),
            groups: Vec::new(),
            url: "https://admin.googleapis.com".to_owned(),
            page: 200,
            patience: PATIENCE,
        }
    }
}

impl GoogleDirectory {
    /// The directory of these settings, over this client, which says whether TLS is needed, whom it trusts and how long it waits.
    ///
    /// # Errors
    /// When the settings cannot be, or the key is none.
    pub fn new(client: Client, settings: GoogleSettings) -> Result<Self> {
        let bad = |why: &str| DirectoryError::Settings(why.to_owned());
        let server = base(&settings.url)?;
        if crate::address::parse(&settings.administrator).is_none() {
            return Err(bad("the administrator for whom the service account acts is named by an address"));
        }
        if settings.customer.is_empty() {
            return Err(bad("the customer has an id; my_customer is the administrator's own"));
        }
        if !(1..=500).contains(&settings.page) {
            return Err(bad("a page has 1 to 500 entries"));
        }
        let account = ServiceAccount::parse(&settings.key)?;
        let rest = |scope: &str, right| {
            let grant = Grant::Assertion(account.assertion(&settings.administrator, scope));
            let tokens = Tokens::new(client.clone(), account.token_url.clone(), grant, right);
            Rest::new(client.clone(), &server, Pass::granted(tokens))
                .patience(settings.patience)
                .busy_where(is_exceeded)
        };
        Ok(Self {
            reading: rest(
                "admin.directory.user.readonly",
                "domain-wide delegation of admin.directory.user.readonly",
            ),
            grouping: rest(
                "admin.directory.group.readonly",
                "domain-wide delegation of admin.directory.group.readonly",
            ),
            changing: rest("admin.directory.user", "domain-wide delegation of admin.directory.user"),
            ending: rest(
                "admin.directory.user.security",
                "domain-wide delegation of admin.directory.user.security",
            ),
            url: below(&server, ["admin", "directory", "v1", "users"])?,
            groups: below(&server, ["admin", "directory", "v1", "groups"])?,
            settings,
        })
    }

    /// Finds the one user that is meant. The service takes an id, an address or an alias in the same place.
    async fn find(&self, whom: &Whom) -> Result<Option<Person>> {
        let key = match whom {
            Whom::Id(id) => id.as_str().to_owned(),
            Whom::Address(account) => exposed(account),
        };
        if matches!(&*key, "." | "..") {
            return Ok(None);
        }
        let mut url = below(&self.url, [&*key])?;
        url.query_pairs_mut().append_pair("projection", "full").append_pair("fields", FIELDS);
        let Some(user) = self.reading.ask::<Value>(Call::get(url), READ).await? else { return Ok(None) };
        let Ok(person) = user::read(user) else { return Ok(None) };
        let is_meant = match whom {
            Whom::Id(id) => person.entry.id == *id,
            Whom::Address(account) => has(&person, account),
        };
        is_meant
            .then_some(Some(person))
            .ok_or_else(|| self.reading.nonsense("it is another user than was asked for"))
    }
}

fn has(person: &Person, account: &Account<'static>) -> bool {
    person.entry.addresses.contains(account)
}

/// Google says by 403 as well that too much was asked
/// (<https://developers.google.com/workspace/admin/directory/v1/guides/troubleshoot-error-codes>).
fn is_exceeded(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Told {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        errors: Vec<Reason>,
    }
    #[derive(Deserialize)]
    struct Reason {
        reason: String,
    }
    const EXCEEDED: [&str; 3] = ["quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded"];
    is_busy(answer)
        || answer.status() == 403
            && serde_json::from_slice::<Told>(answer.body())
                .is_ok_and(|told| told.error.errors.iter().any(|reason| EXCEEDED.contains(&&*reason.reason)))
}

#[async_trait]
impl Lookup for GoogleDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let Some(Person { mut entry, .. }) = self.find(whom).await? else { return Ok(None) };
        entry.groups = groups::of(self, &entry.id).await?;
        Ok(Some(entry))
    }

    async fn glance(&self, whom: &Whom) -> Result<Option<Entry>> {
        Ok(self.find(whom).await?.map(|person| person.entry))
    }
}

#[async_trait]
impl Directory for GoogleDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        Ok(Box::new(Reading::new(Users::new(self.clone()).await?)))
    }
}
