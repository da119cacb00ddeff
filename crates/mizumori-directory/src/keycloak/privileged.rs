//! Who can do more than others: who has one of the roles that the settings name, alone or through a group, and the members of the groups
//! that they name.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::KeycloakDirectory;
use crate::entry::{Entry, Privilege};
use crate::error::Result;
use crate::rest::{Call, Task, below};

const ROLES: Task = Task::with(
    "read who has a role",
    "view-users and view-realm (for roles of a client: view-clients) of realm-management",
);
const MEMBERS: Task = Task::with("read the members of a group", "view-users of realm-management");

/// Their ids.
#[derive(Default)]
pub(super) struct Privileged(HashSet<String>);

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Privileged {
    pub(super) async fn read(directory: &KeycloakDirectory) -> Result<Self> {
        let mut privileged = Self::default();
        for role in &directory.settings.privileged_roles {
            let place = match role.split_once('/') {
                None => below(&directory.url, ["roles", role])?,
                Some((client, role)) => {
                    let client = client_id(directory, client).await?;
                    below(&directory.url, ["clients", &client, "roles", role])?
                }
            };
            let what = "such privileged role";
            let users = directory.all(&below(&place, ["users"])?, ROLES, what).await?;
            privileged.0.extend(ids(directory, users)?);
            let groups = directory.all(&below(&place, ["groups"])?, ROLES, what).await?;
            for group in ids(directory, groups)? {
                privileged.members(directory, &group).await?;
            }
        }
        for path in &directory.settings.privileged_groups {
            let names = path.split('/').filter(|name| !name.is_empty());
            let url = below(&directory.url, std::iter::once("group-by-path").chain(names))?;
            let group: Named = directory.rest.need(Call::get(url), MEMBERS, "such privileged group").await?;
            privileged.members(directory, &group.id).await?;
        }
        Ok(privileged)
    }

    async fn members(&mut self, directory: &KeycloakDirectory, group: &str) -> Result<()> {
        let url = below(&directory.url, ["groups", group, "members"])?;
        let members = directory.all(&url, MEMBERS, "such privileged group").await?;
        self.0.extend(ids(directory, members)?);
        Ok(())
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(entry.id.as_str()) {
            entry.privilege = Privilege::Privileged;
        }
    }
}

/// The internal id of a client, by which its roles are found.
async fn client_id(directory: &KeycloakDirectory, name: &str) -> Result<String> {
    let mut url: Url = below(&directory.url, ["clients"])?;
    url.query_pairs_mut().append_pair("clientId", name);
    let clients: Vec<Named> = directory.rest.need(Call::get(url), ROLES, "such realm").await?;
    let client = clients.into_iter().next();
    client.map(|client| client.id).ok_or_else(|| directory.rest.missing("such client with a privileged role"))
}

/// One that cannot be read may be anybody's: nobody is taken for ordinary by mistake.
fn ids(directory: &KeycloakDirectory, values: Vec<Value>) -> Result<Vec<String>> {
    let id = |value| serde_json::from_value::<Named>(value).ok().map(|named| named.id);
    let ids: Option<Vec<String>> = values.into_iter().map(id).collect();
    ids.ok_or_else(|| directory.rest.nonsense("it does not say who is privileged"))
}
