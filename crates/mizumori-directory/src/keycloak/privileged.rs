//! Who can do more than others: who has one of the roles that the settings name, alone, through a group or through another role, and the
//! members of the groups that they name and of those below.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::KeycloakDirectory;
use super::groups::{MEMBERS, at, each_below, is_in_one};
use super::roles::Roles;
use crate::entry::{Entry, EntryId, Privilege};
use crate::error::Result;
use crate::rest::{Call, Task, below};

pub(super) const ROLES: Task = Task::with(
    "read who has a role",
    "view-users and view-realm (for roles of a client: view-clients) of realm-management",
);

pub(super) const UNCLEAR: &str = "it does not say who is privileged";

/// Their ids.
#[derive(Default)]
pub(super) struct Privileged(HashSet<EntryId>);

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

impl Privileged {
    pub(super) async fn read(directory: &KeycloakDirectory) -> Result<Self> {
        let mut privileged = Self::default();
        let mut groups = Vec::new();
        for place in Roles::places(directory).await? {
            let what = "such privileged role";
            let mut add = |group| {
                groups.push(directory.rest.id(group, UNCLEAR)?);
                Ok(())
            };
            directory.each(&below(&place, ["groups"])?, ROLES, what, &mut add).await?;
            let add = |user| {
                privileged.0.extend(EntryId::new(directory.rest.id(user, UNCLEAR)?));
                Ok(())
            };
            directory.each(&below(&place, ["users"])?, ROLES, what, add).await?;
        }
        for path in &directory.settings.privileged_groups {
            let group = at(directory, path).await?;
            groups.push(group.ok_or_else(|| directory.rest.missing("such privileged group"))?);
        }
        each_below(directory, groups, |id| privileged.0.extend(EntryId::new(id))).await?;
        Ok(privileged)
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(&entry.id) {
            entry.privilege = Privilege::Privileged;
        }
    }
}

/// Looks whether one person is privileged: by what he has in the end, whoever else has it.
pub(super) async fn look(directory: &KeycloakDirectory, entry: &mut Entry) -> Result<()> {
    let user = entry.id.as_str();
    let is_privileged = has_role(directory, user).await?
        || is_in_one(directory, user, &directory.settings.privileged_groups).await?;
    if is_privileged {
        entry.privilege = Privilege::Privileged;
    }
    Ok(())
}

async fn has_role(directory: &KeycloakDirectory, user: &str) -> Result<bool> {
    for role in &directory.settings.privileged_roles {
        let mappings = ["users", user, "role-mappings"];
        let (url, name) = match role.split_once('/') {
            None => (below(&directory.url, mappings.into_iter().chain(["realm", "composite"]))?, &**role),
            Some((client, role)) => {
                let client = client_id(directory, client).await?;
                let place = mappings.into_iter().chain(["clients", &client, "composite"]);
                (below(&directory.url, place)?, role)
            }
        };
        let unclear = || directory.rest.nonsense("it does not say which roles somebody has");
        let roles: Vec<Value> = directory.rest.need(Call::get(url), MEMBERS, "such user any more").await?;
        for own in roles {
            let own = own.get("name").and_then(Value::as_str).ok_or_else(unclear)?;
            if own == name {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The internal id of a client, by which its roles are found.
pub(super) async fn client_id(directory: &KeycloakDirectory, name: &str) -> Result<String> {
    let mut url: Url = below(&directory.url, ["clients"])?;
    url.query_pairs_mut().append_pair("clientId", name);
    let clients: Vec<Named> = directory.rest.need(Call::get(url), ROLES, "such realm").await?;
    let client = clients.into_iter().next();
    client.map(|client| client.id).ok_or_else(|| directory.rest.missing("such client with a privileged role"))
}
