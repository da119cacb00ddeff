//! Keycloak over its Admin REST API (<https://www.keycloak.org/docs-api/latest/rest-api/index.html>).
//!
//! The users of one realm are read in pages (`GET /users`), each with his credentials (`GET /users/{id}/credentials`, never their
//! values): when the password was made, and whether there is a second factor. Who has a role or is in a group that the settings name is
//! privileged, roles that contain such a role and groups below such a group included.
//!
//! What it changes: `UPDATE_PASSWORD` among the required actions, `enabled` (`PUT /users/{id}`, with all that the user was before), and
//! sessions (`POST /users/{id}/logout`). It signs on as a client with a service account of the same realm, which holds roles of
//! `realm-management`.

mod act;
mod groups;
mod listing;
mod privileged;
mod roles;
mod user;

use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::{Account, Secret};
use mizumori_outbound::Client;
use serde_json::Value;
use url::Url;

use crate::address::exposed;
use crate::directory::{Directory, Lookup, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Grant, PATIENCE, Pass, Progress, Reading, Rest, Task, Tokens, base, below};
use listing::Users;
use user::{Credential, User};

const READ: Task = Task::with("read users", "view-users of realm-management");

/// A realm of Keycloak and what to read there.
#[derive(Clone, Debug)]
pub struct KeycloakSettings {
    /// Where the server is: what stands before `/realms`.
    pub url: String,
    /// The realm.
    pub realm: String,
    /// The client, which has a service account.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// Roles that make privileged: `ROLE` of the realm, or `CLIENT/ROLE`.
    pub privileged_roles: Vec<String>,
    /// Groups whose members are privileged, by their paths: `/administrators`.
    pub privileged_groups: Vec<String>,
    /// Groups of which it is asked who is in them, by their names or paths; those below them count.
    pub groups: Vec<String>,
    /// The attribute with the superior's address.
    pub superior: Option<String>,
    /// The attribute with an address elsewhere.
    pub other_address: Option<String>,
    /// Users a page, 1 to 1,000.
    pub page: u16,
    /// How long a request waits in all where the server asks for patience.
    pub patience: Duration,
}

/// A directory that speaks Keycloak's Admin REST API.
#[derive(Clone, Debug)]
pub struct KeycloakDirectory {
    rest: Rest,
    /// The realm's.
    url: Url,
    settings: KeycloakSettings,
}

impl KeycloakSettings {
    /// What is usual.
    pub fn new(
        url: impl Into<String>,
        realm: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret<String>,
    ) -> Self {
        Self {
            url: url.into(),
            realm: realm.into(),
            client_id: client_id.into(),
            client_secret,
            privileged_roles: Vec::new(),
            privileged_groups: Vec::new(),
            groups: Vec::new(),
            superior: None,
            other_address: None,
            page: 200,
            patience: PATIENCE,
        }
    }
}

impl KeycloakDirectory {
    /// The directory of these settings, over this client, which says whether TLS is needed, whom it trusts and how long it waits.
    ///
    /// # Errors
    /// When the settings cannot be.
    pub fn new(client: Client, settings: KeycloakSettings) -> Result<Self> {
        let bad = |why: &str| DirectoryError::Settings(why.to_owned());
        let server = base(&settings.url)?;
        if matches!(&*settings.realm, "" | "." | "..") {
            return Err(bad("the realm has no such name"));
        }
        if settings.client_id.is_empty() || settings.client_secret.expose().is_empty() {
            return Err(bad("id and secret of the client go together"));
        }
        let is_role = |role: &String| role.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !settings.privileged_roles.iter().all(is_role) {
            return Err(bad("a privileged role is written as ROLE or CLIENT/ROLE"));
        }
        let is_path = |path: &String| {
            path.strip_prefix('/')
                .is_some_and(|names| names.split('/').all(|name| !matches!(name, "" | "." | "..")))
        };
        if !settings.privileged_groups.iter().all(is_path) {
            return Err(bad("a privileged group is written as its path, with / before each name"));
        }
        if !(1..=1000).contains(&settings.page) {
            return Err(bad("a page has 1 to 1,000 entries"));
        }
        let realm = &*settings.realm;
        let sign_on = below(&server, ["realms", realm, "protocol", "openid-connect", "token"])?;
        let grant = Grant::Secret {
            id: settings.client_id.clone(),
            secret: settings.client_secret.clone(),
            scope: None,
        };
        let right = "a client with `Service accounts roles`";
        let tokens = Tokens::new(client.clone(), sign_on, grant, right);
        let rest = Rest::new(client, &server, Pass::granted(tokens)).patience(settings.patience);
        Ok(Self { rest, url: below(&server, ["admin", "realms", realm])?, settings })
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
        let url = below(&self.url, ["users", id])?;
        let Some(user) = self.rest.ask::<Value>(Call::get(url), READ).await? else { return Ok(None) };
        let Ok(user) = User::read(user, &self.settings) else { return Ok(None) };
        if user.person.entry.id.as_str() != id {
            return Err(self.rest.nonsense("it is another user than was asked for"));
        }
        Ok(Some(user))
    }

    async fn by_address(&self, account: &Account<'static>) -> Result<Option<User>> {
        let mut found: Option<User> = None;
        for field in ["email", "username"] {
            let mut url = below(&self.url, ["users"])?;
            url.query_pairs_mut()
                .append_pair(field, &exposed(account))
                .append_pair("exact", "true")
                .append_pair("max", "10")
                .append_pair("briefRepresentation", "false");
            let users: Vec<Value> = self.rest.need(Call::get(url), READ, "such realm").await?;
            let users = users
                .into_iter()
                .filter_map(|user| User::read(user, &self.settings).ok())
                .filter(|user| user.person.entry.addresses.contains(account));
            for user in users {
                match &found {
                    Some(other) if other.person.entry.id != user.person.entry.id => {
                        return Err(self.rest.ambiguous());
                    }
                    Some(_) => {}
                    None => found = Some(user),
                }
            }
        }
        Ok(found)
    }

    /// Reads what a user signs on with, and not its values. Nothing, where he is gone meanwhile.
    async fn credentials(&self, user: &User) -> Result<Vec<Credential>> {
        let url = below(&self.url, ["users", user.person.entry.id.as_str(), "credentials"])?;
        Ok(self.rest.ask(Call::get(url), READ).await?.unwrap_or_default())
    }

    /// Looks at all of a list, page by page: the pages end with an empty one. Of what is not needed nothing stays.
    async fn each(
        &self,
        list: &Url,
        task: Task,
        what: &'static str,
        mut look: impl FnMut(Value) -> Result<()> + Send,
    ) -> Result<()> {
        let (mut came, mut offset, mut first, mut progress) = (0, 0, None, Progress::default());
        loop {
            let page = self.page(list, offset, task, what).await?;
            // What it finds may stand together in fewer trees, and what we may not see is left out behind its paging.
            offset += usize::from(self.settings.page);
            if page.is_empty() {
                return Ok(());
            }
            came += page.len();
            // A list that knows no pages is given again and again: all of it has come, or it does not end.
            if first.as_ref() == page.first() {
                let is_whole = came == 2 * page.len() && page.len() < usize::from(self.settings.page);
                return is_whole
                    .then_some(())
                    .ok_or_else(|| self.rest.nonsense("a list came that does not end"));
            }
            if came > MOST {
                return Err(self.rest.nonsense("a list came that does not end"));
            }
            progress.page(page.len()).map_err(|what| self.rest.nonsense(what))?;
            first = first.or_else(|| page.first().cloned());
            page.into_iter().try_for_each(&mut look)?;
        }
    }

    async fn page(&self, list: &Url, first: usize, task: Task, what: &'static str) -> Result<Vec<Value>> {
        let mut url = list.clone();
        url.query_pairs_mut()
            .append_pair("first", &first.to_string())
            .append_pair("max", &self.settings.page.to_string());
        self.rest.need(Call::get(url), task, what).await
    }
}

/// Of what is read as a whole, more is nobody's.
const MOST: usize = 500_000;

#[async_trait]
impl Lookup for KeycloakDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let Some(mut user) = self.find(whom).await? else { return Ok(None) };
        let credentials = self.credentials(&user).await?;
        user.take(&credentials);
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
impl Directory for KeycloakDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        Ok(Box::new(Reading::new(Users::new(self.clone()).await?)))
    }
}
