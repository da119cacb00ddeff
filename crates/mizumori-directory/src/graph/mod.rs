//! Microsoft Entra ID over Microsoft Graph, version 1.0 (<https://learn.microsoft.com/en-us/graph/api/overview>).
//!
//! People are read in pages (`user-list`, `paging`), with their superiors; who holds a role of the directory is privileged
//! (`rbacapplication-list-roleassignments`), alone or through a group, and who is in a group that the settings name. A second factor
//! is read where the settings say so (`authenticationmethodsroot-list-userregistrationdetails`). Guests are left out: their passwords
//! are elsewhere.
//!
//! What it changes: `passwordProfile/forceChangePasswordNextSignIn` and `accountEnabled` (`user-update`), and sessions
//! (`user-revokesigninsessions`). Who is synchronised from Active Directory is exempt from the first two: the next synchronisation
//! would undo them. It signs on with a secret of an app registration (`auth-v2-service`). Of groups only those are looked at that the
//! settings name.

mod act;
mod groups;
mod listing;
mod privileged;
mod user;

use async_trait::async_trait;
use mizumori_core::{Account, Secret};
use mizumori_outbound::Client;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

use crate::address::exposed;
use crate::directory::{Directory, Lookup, Pages};
pub use crate::entry::SecondFactors;
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Grant, PATIENCE, Pass, Progress, Reading, Rest, Task, Tokens, base, below};
use listing::Users;
use user::{FIELDS, User};

const READ: Task = Task::with("read users", "User.Read.All");

/// A tenant of Entra ID and what to read there.
#[derive(Clone, Debug)]
pub struct GraphSettings {
    /// The tenant: its id or one of its domains.
    pub tenant: String,
    /// The id of the app registration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// Groups whose members are privileged, by their ids; groups within them count.
    pub privileged_groups: Vec<String>,
    /// Groups of which it is asked who is in them, by their names, mail addresses or ids; groups within them count.
    pub groups: Vec<String>,
    /// Whether it is asked who has registered a second factor, which takes a right and a licence of its own.
    pub second_factors: SecondFactors,
    /// Where Microsoft Graph is; other than usual in national clouds.
    pub url: String,
    /// Where one signs on.
    pub sign_on_url: String,
    /// People a page, 1 to 999.
    pub page: u16,
    /// How long a request waits in all where the service asks for patience.
    pub patience: Duration,
}

/// A directory that speaks Microsoft Graph.
#[derive(Clone, Debug)]
pub struct GraphDirectory {
    rest: Rest,
    /// With the version.
    url: Url,
    settings: GraphSettings,
}

/// A page of anything (OData 4.01, part 1, 11.2.6.7).
#[derive(Deserialize)]
struct Collection {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl GraphSettings {
    /// What is usual.
    pub fn new(
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret<String>,
    ) -> Self {
        Self {
            tenant: tenant.into(),
            client_id: client_id.into(),
            client_secret,
            privileged_groups: Vec::new(),
            groups: Vec::new(),
            second_factors: SecondFactors::NotRead,
            url: "https://graph.microsoft.com".to_owned(),
            sign_on_url: "https://login.microsoftonline.com".to_owned(),
            // With superiors the service gives no more.
            page: 100,
            patience: PATIENCE,
        }
    }
}

impl GraphDirectory {
    /// The directory of these settings, over this client, which says whether TLS is needed, whom it trusts and how long it waits.
    ///
    /// # Errors
    /// When the settings cannot be.
    pub fn new(client: Client, settings: GraphSettings) -> Result<Self> {
        let bad = |why: &str| DirectoryError::Settings(why.to_owned());
        let server = base(&settings.url)?;
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        };
        if !is_name(&settings.tenant) || matches!(&*settings.tenant, "." | ".." | "common" | "organizations")
        {
            return Err(bad("the tenant is neither an id nor a domain"));
        }
        if !is_name(&settings.client_id) || settings.client_secret.expose().is_empty() {
            return Err(bad("id and secret of the app registration go together"));
        }
        if !settings.privileged_groups.iter().all(|group| is_name(group)) {
            return Err(bad("privileged groups are named by their ids"));
        }
        if !(1..=999).contains(&settings.page) {
            return Err(bad("a page has 1 to 999 entries"));
        }
        let sign_on = below(&base(&settings.sign_on_url)?, [&*settings.tenant, "oauth2", "v2.0", "token"])?;
        let grant = Grant::Secret {
            id: settings.client_id.clone(),
            secret: settings.client_secret.clone(),
            scope: Some(format!("{}/.default", server.origin().ascii_serialization())),
        };
        let right = "an app registration of this tenant, with an administrator's consent";
        let tokens = Tokens::new(client.clone(), sign_on, grant, right);
        let rest = Rest::new(client, &server, Pass::granted(tokens)).patience(settings.patience);
        Ok(Self { rest, url: below(&server, ["v1.0"])?, settings })
    }

    /// Finds the one user that is meant.
    async fn find(&self, whom: &Whom) -> Result<Option<User>> {
        match whom {
            Whom::Id(id) => self.by_id(id.as_str()).await,
            Whom::Address(account) => self.by_address(account).await,
        }
    }

    async fn by_id(&self, id: &str) -> Result<Option<User>> {
        if matches!(id, "." | "..") {
            return Ok(None);
        }
        let url = self.with_fields(below(&self.url, ["users", id])?);
        let Some(user) = self.rest.ask::<Value>(Call::get(url), READ).await? else { return Ok(None) };
        let Ok(Some(user)) = User::read(user) else { return Ok(None) };
        if user.person.entry.id.as_str() != id {
            return Err(self.rest.nonsense("it is another user than was asked for"));
        }
        Ok(Some(user))
    }

    async fn by_address(&self, account: &Account<'static>) -> Result<Option<User>> {
        // A quote within a text is written twice (OData 4.01, part 2, 5.1.1.6.1).
        let address = exposed(account).replace('\'', "''");
        let mut url = self.with_fields(below(&self.url, ["users"])?);
        let filter = format!(
            "mail eq '{address}' or userPrincipalName eq '{address}' or proxyAddresses/any(a:a eq 'smtp:{address}')"
        );
        url.query_pairs_mut().append_pair("$filter", &filter);
        let found: Collection = self.rest.need(Call::get(url), READ, "users there").await?;
        let mut users = found
            .value
            .into_iter()
            .filter_map(|user| User::read(user).ok().flatten())
            .filter(|user| user.person.entry.addresses.contains(account));
        let Some(user) = users.next() else { return Ok(None) };
        if users.next().is_some() {
            return Err(self.rest.ambiguous());
        }
        Ok(Some(user))
    }

    fn with_fields(&self, mut url: Url) -> Url {
        url.query_pairs_mut()
            .append_pair("$select", FIELDS)
            .append_pair("$expand", "manager($select=id,mail,userPrincipalName)");
        url
    }

    /// Looks at all of a collection, page by page: of what is not needed nothing stays.
    async fn each(
        &self,
        first: Url,
        task: Task,
        what: &'static str,
        mut look: impl FnMut(Value) -> Result<()> + Send,
    ) -> Result<()> {
        let (mut came, mut progress, mut next) = (0, Progress::default(), Some(first));
        while let Some(url) = next {
            let page: Collection = self.rest.need(Call::get(url), task, what).await?;
            if page.next.is_some() {
                progress.page(page.value.len()).map_err(|what| self.rest.nonsense(what))?;
            }
            came += page.value.len();
            if came > MOST {
                return Err(self.rest.nonsense("more came than any directory has"));
            }
            page.value.into_iter().try_for_each(&mut look)?;
            next = self.link(page.next)?;
        }
        Ok(())
    }

    /// The address of the next page, which is used as it came (`paging`).
    fn link(&self, link: Option<String>) -> Result<Option<Url>> {
        link.map(|link| {
            Url::parse(&link).map_err(|_| self.rest.nonsense("its link to the next page is none"))
        })
        .transpose()
    }
}

/// Of what is read as a whole, more is nobody's.
const MOST: usize = 500_000;

#[async_trait]
impl Lookup for GraphDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let Some(user) = self.find(whom).await? else { return Ok(None) };
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
impl Directory for GraphDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        Ok(Box::new(Reading::new(Users::new(self.clone()).await?)))
    }
}
