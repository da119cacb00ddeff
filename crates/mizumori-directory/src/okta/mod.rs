//! Okta over its management API, version 1 (<https://developer.okta.com/docs/api/>, and the OpenAPI description behind it).
//!
//! Users are read in pages (`listUsers`, links as RFC 8288 has them), those who were deactivated behind the others; who has a role of an
//! administrator is privileged (`listUsersWithRoleAssignments`), and who is in a group that the settings name (`listGroupUsers`). Second
//! factors are not in the listing: they are read of each user where the settings say so (`listFactors`).
//!
//! What it changes: the password is expired (`expirePassword`), the user suspended (`suspendUser`), sessions and tokens revoked
//! (`revokeUserSessions`). Who signs on with another identity provider has no password here, and is exempt from the first.
//!
//! It signs on with an API token, or with the key of a service application (private-key JWT, without DPoP), which is asked for the
//! scopes of one purpose at a time.

mod act;
mod factors;
mod groups;
mod listing;
mod privileged;
mod user;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::{Account, Secret};
use mizumori_outbound::{Answer, Client};
use serde_json::Value;
use url::Url;

use crate::address::exposed;
use crate::directory::{Directory, Lookup, OddityKind, Pages};
pub use crate::entry::SecondFactors;
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::rest::{
    Assertion, Call, Grant, PATIENCE, Pass, Reading, Rest, SigningKey, Task, Tokens, base, below,
};
use listing::Users;
use user::User;

const READ: Task = Task::with("read users", "okta.users.read, or an administrator's role that may see users");
/// Superiors that are remembered.
const REMEMBERED: usize = 10_000;

/// An organisation of Okta and what to read there.
#[derive(Clone, Debug)]
pub struct OktaSettings {
    /// Where it is: `https://NAME.okta.com`.
    pub url: String,
    /// What it knows us by.
    pub credentials: OktaCredentials,
    /// Groups whose members are privileged, by their ids.
    pub privileged_groups: Vec<String>,
    /// Groups of which it is asked who is in them, by their names or ids.
    pub groups: Vec<String>,
    /// Whether it is asked who has a second factor, which takes a request for each.
    pub second_factors: SecondFactors,
    /// Users a page, 1 to 200.
    pub page: u16,
    /// How long a request waits in all where the service asks for patience.
    pub patience: Duration,
}

/// What Okta knows us by.
#[derive(Clone, Debug)]
pub enum OktaCredentials {
    /// An API token, which may do what the administrator may who made it.
    Token(Secret<String>),
    /// The key of a service application.
    Key {
        /// The client's id.
        client_id: String,
        /// The key: RSA, in PEM.
        key: Secret<String>,
        /// The id under which Okta has its public half, where it has several.
        key_id: Option<String>,
    },
}

/// A directory that speaks Okta's management API.
#[derive(Clone, Debug)]
pub struct OktaDirectory {
    reading: Rest,
    /// For groups of which the settings ask: where that is not granted, the rest is read all the same.
    grouping: Rest,
    acting: Rest,
    url: Url,
    settings: OktaSettings,
}

impl OktaSettings {
    /// What is usual.
    pub fn new(url: impl Into<String>, credentials: OktaCredentials) -> Self {
        Self {
            url: url.into(),
            credentials,
            privileged_groups: Vec::new(),
            groups: Vec::new(),
            second_factors: SecondFactors::NotRead,
            page: 200,
            patience: PATIENCE,
        }
    }
}

impl OktaDirectory {
    /// The directory of these settings, over this client, which says whether TLS is needed, whom it trusts and how long it waits.
    ///
    /// # Errors
    /// When the settings cannot be, or the key is none.
    pub fn new(client: Client, settings: OktaSettings) -> Result<Self> {
        let bad = |why: &str| DirectoryError::Settings(why.to_owned());
        let server = base(&settings.url)?;
        if !matches!(server.path(), "" | "/") {
            return Err(bad("the URL is that of the organisation, without a path"));
        }
        let is_id = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
        if !settings.privileged_groups.iter().all(|group| is_id(group)) {
            return Err(bad("privileged groups are named by their ids"));
        }
        if !(1..=200).contains(&settings.page) {
            return Err(bad("a page has 1 to 200 entries"));
        }
        let groups = if settings.privileged_groups.is_empty() { "" } else { " okta.groups.read" };
        let rest = |scope: String| {
            let pass = pass(&client, &server, &settings.credentials, scope)?;
            Ok::<_, DirectoryError>(Rest::new(client.clone(), &server, pass).patience(settings.patience))
        };
        Ok(Self {
            reading: rest(format!("okta.users.read okta.roles.read{groups}"))?,
            grouping: rest("okta.users.read okta.groups.read".to_owned())?,
            acting: rest("okta.users.manage".to_owned())?,
            url: below(&server, ["api", "v1"])?,
            settings,
        })
    }

    /// Finds the one user that is meant.
    async fn find(&self, whom: &Whom) -> Result<Option<User>> {
        match whom {
            Whom::Id(id) => self.by_id(id.as_str()).await,
            Whom::Address(account) => self.by_address(account).await,
        }
    }

    async fn by_id(&self, id: &str) -> Result<Option<User>> {
        let Some(user) = self.named(id).await? else { return Ok(None) };
        // A login would do as well as an id; it is not what was asked for.
        if user.person.entry.id.as_str() != id {
            return Err(self.reading.nonsense("it is another user than was asked for"));
        }
        Ok(Some(user))
    }

    /// A user by an id or a login.
    async fn named(&self, name: &str) -> Result<Option<User>> {
        // `me` is whoever asks.
        if matches!(name, "." | "..") || name.eq_ignore_ascii_case("me") {
            return Ok(None);
        }
        let url = below(&self.url, ["users", name])?;
        let Some(user) = self.reading.ask::<Value>(Call::get(url), READ).await? else { return Ok(None) };
        Ok(User::read(user).ok())
    }

    async fn by_address(&self, account: &Account<'static>) -> Result<Option<User>> {
        let value = Value::String(exposed(account));
        let mut url = below(&self.url, ["users"])?;
        url.query_pairs_mut()
            .append_pair("filter", &format!("profile.email eq {value} or profile.login eq {value}"))
            .append_pair("limit", "10");
        let found: Vec<Value> = self.reading.need(Call::get(url), READ, "users there").await?;
        let mut users = found
            .into_iter()
            .filter_map(|user| User::read(user).ok())
            .filter(|user| user.person.entry.addresses.contains(account));
        let Some(user) = users.next() else { return Ok(None) };
        if users.next().is_some() {
            return Err(self.reading.ambiguous());
        }
        Ok(Some(user))
    }

    /// The address of the next page, which stands in a header: `<https://…>; rel="next"`.
    fn next(&self, answer: &Answer) -> Result<Option<Url>> {
        let link = answer.headers("link").flat_map(|links| links.split(',')).find_map(|link| {
            let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let is_next = parameters.split(';').any(|one| matches!(one.trim(), r#"rel="next""# | "rel=next"));
            is_next.then_some(address)
        });
        link.map(|link| {
            Url::parse(link).map_err(|_| self.reading.nonsense("its link to the next page is none"))
        })
        .transpose()
    }
}

fn pass(client: &Client, server: &Url, credentials: &OktaCredentials, scope: String) -> Result<Pass> {
    Ok(match credentials {
        OktaCredentials::Token(token) => {
            if token.expose().is_empty() {
                return Err(DirectoryError::Settings("the API token is empty".to_owned()));
            }
            Pass::Token { scheme: "SSWS", token: token.clone() }
        }
        OktaCredentials::Key { client_id, key, key_id } => {
            let url = below(server, ["oauth2", "v1", "token"])?;
            let assertion = Assertion {
                key: SigningKey::parse(key)?,
                key_id: key_id.clone(),
                issuer: client_id.clone(),
                subject: client_id.clone(),
                audience: url.as_str().to_owned(),
                scope: None,
            };
            let right = "the scopes okta.users.read, okta.roles.read and okta.users.manage, granted to the application";
            Pass::granted(Tokens::new(client.clone(), url, Grant::Key { assertion, scope }, right))
        }
    })
}

/// The addresses of superiors, whom profiles name as they like: by an address, a login or an id.
#[derive(Default)]
struct Superiors(HashMap<String, Option<Account<'static>>>);

impl Superiors {
    /// Fills in the superior.
    async fn fill(&mut self, directory: &OktaDirectory, user: &mut User) -> Result<()> {
        let Some(named) = user.superior.take() else { return Ok(()) };
        if let Some(address) = crate::address::parse(&named) {
            user.person.entry.superior = Some(address);
            return Ok(());
        }
        if !self.0.contains_key(&named) {
            let found = match directory.named(&named).await {
                // It may be anything that somebody has typed there.
                Err(
                    DirectoryError::Refused { .. }
                    | DirectoryError::NotPermitted { .. }
                    | DirectoryError::Missing { .. },
                ) => None,
                found => found?,
            };
            if self.0.len() == REMEMBERED {
                self.0.clear();
            }
            let address = found.and_then(|found| found.person.entry.addresses.into_iter().next());
            self.0.insert(named.clone(), address);
        }
        user.person.entry.superior = self.0.get(&named).cloned().flatten();
        if user.person.entry.superior.is_none() {
            user.person.odd.push(OddityKind::NoSuchPerson("managerId"));
        }
        Ok(())
    }
}

#[async_trait]
impl Lookup for OktaDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let Some(mut user) = self.find(whom).await? else { return Ok(None) };
        Superiors::default().fill(self, &mut user).await?;
        let mut entry = user.person.entry;
        privileged::look(self, &mut entry).await?;
        entry.groups = groups::of(self, &entry.id).await?;
        Ok(Some(entry))
    }

    async fn glance(&self, whom: &Whom) -> Result<Option<Entry>> {
        Ok(self.find(whom).await?.map(|user| user.person.entry))
    }
}

#[async_trait]
impl Directory for OktaDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        Ok(Box::new(Reading::new(Users::new(self.clone()).await?)))
    }
}
