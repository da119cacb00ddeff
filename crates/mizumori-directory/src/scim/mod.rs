//! SCIM 2.0 (RFC 7643, RFC 7644): users are read in pages and disabled by `active`.
//!
//! SCIM knows neither when a password changed, nor how to force a change, nor sessions: none of the three is claimed. A
//! mail address of the type `home` is the second channel, every other one is the account's.

mod act;
mod groups;
mod reading;
mod user;

use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::{Account, Secret};
use mizumori_outbound::Client;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::address::exposed;
use crate::directory::{Directory, Lookup, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, PATIENCE, Pass, Rest, Task, base, below};
use groups::Known;
use user::{Person, Superiors};

/// A SCIM server and what to read there.
#[derive(Clone, Debug)]
pub struct ScimSettings {
    /// Where it is: what stands before `/Users`.
    pub url: String,
    /// The token that it knows us by (RFC 6750).
    pub token: Secret<String>,
    /// Groups whose members are privileged, by their ids or display names.
    pub privileged_groups: Vec<String>,
    /// Groups of which it is asked who is in them, by their display names or ids, where the users do not tell.
    pub groups: Vec<String>,
    /// Entries a page, 1 to 1,000. Servers may give fewer.
    pub page: u16,
    /// How long a request waits in all where the server asks for patience.
    pub patience: Duration,
}

/// A directory that speaks SCIM.
#[derive(Clone, Debug)]
pub struct ScimDirectory {
    rest: Rest,
    url: Url,
    settings: ScimSettings,
}

/// The answer to a query (RFC 7644, 3.4.2).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    total_results: u64,
    #[serde(rename = "Resources", default)]
    resources: Vec<Value>,
}

impl ScimSettings {
    /// What is usual.
    pub fn new(url: impl Into<String>, token: Secret<String>) -> Self {
        Self {
            url: url.into(),
            token,
            privileged_groups: Vec::new(),
            groups: Vec::new(),
            page: 100,
            patience: PATIENCE,
        }
    }
}

impl ScimDirectory {
    /// The directory of these settings, over this client, which says whether TLS is needed, whom it trusts and how long it waits.
    ///
    /// # Errors
    /// When the settings cannot be.
    pub fn new(client: Client, settings: ScimSettings) -> Result<Self> {
        let bad = |why: &str| DirectoryError::Settings(why.to_owned());
        let url = base(&settings.url)?;
        if !(1..=1000).contains(&settings.page) {
            return Err(bad("a page has 1 to 1,000 entries"));
        }
        let rest = Rest::new(client, &url, Pass::bearer(settings.token.clone()))
            .accept("application/scim+json, application/json")
            .patience(settings.patience);
        Ok(Self { rest, url, settings })
    }

    /// Finds the one user that is meant.
    async fn find(&self, whom: &Whom) -> Result<Option<Person>> {
        match whom {
            Whom::Id(id) => self.by_id(id.as_str()).await,
            Whom::Address(account) => self.by_address(account).await,
        }
    }

    async fn by_id(&self, id: &str) -> Result<Option<Person>> {
        let call = Call::get(self.place(Some(id))?);
        let Some(user) = self.rest.ask::<Value>(call, Task::new("read a user")).await? else {
            return Ok(None);
        };
        let Ok(person) = Person::read(user, &self.settings) else { return Ok(None) };
        if person.entry.id.as_str() != id {
            return Err(self.rest.nonsense("it is another user than was asked for"));
        }
        Ok(Some(person))
    }

    async fn by_address(&self, account: &Account<'static>) -> Result<Option<Person>> {
        let value = Value::String(exposed(account));
        let mut url = self.place(None)?;
        url.query_pairs_mut()
            .append_pair("filter", &format!("userName eq {value} or emails.value eq {value}"))
            .append_pair("count", "10");
        let Some(list) = self.rest.ask::<List>(Call::get(url), Task::new("search users")).await? else {
            return Ok(None);
        };
        // A server that does not understand the filter may answer with everybody.
        let mut people = list
            .resources
            .into_iter()
            .filter_map(|user| Person::read(user, &self.settings).ok())
            .filter(|person| person.entry.addresses.contains(account));
        let Some(person) = people.next() else { return Ok(None) };
        if people.next().is_some() {
            return Err(self.rest.ambiguous());
        }
        Ok(Some(person))
    }

    /// Where users are, or one of them.
    fn place(&self, id: Option<&str>) -> Result<Url> {
        below(&self.url, std::iter::once("Users").chain(id))
    }
}

#[async_trait]
impl Lookup for ScimDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let Some(mut person) = self.find(whom).await? else { return Ok(None) };
        Superiors::default().fill(self, &mut person).await?;
        Known::read(self).await?.tell(self, &mut person)?;
        Ok(Some(person.entry))
    }

    async fn glance(&self, whom: &Whom) -> Result<Option<Entry>> {
        Ok(self.find(whom).await?.map(|person| person.entry))
    }
}

#[async_trait]
impl Directory for ScimDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        let known = Known::read(self).await?;
        Ok(Box::new(reading::Reading::new(self.clone(), known)))
    }
}
