//! The roles that the settings name, and the roles that contain them: who has one of these has the others too.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::KeycloakDirectory;
use super::privileged::{ROLES, UNCLEAR, client_id};
use crate::error::Result;
use crate::rest::{Call, below, permitted};

/// A role that may contain others.
#[derive(Deserialize)]
struct Role {
    id: String,
    name: String,
    #[serde(default)]
    composite: bool,
}

/// The roles of a realm, as far as they matter here.
#[derive(Default)]
pub(super) struct Roles {
    /// Where it is told who has one, by its id.
    places: HashMap<String, Url>,
    /// Which roles contain one.
    containers: HashMap<String, Vec<String>>,
}

impl Roles {
    /// Where it is told who has one of the roles that the settings name, or a role that contains one.
    pub(super) async fn places(directory: &KeycloakDirectory) -> Result<Vec<Url>> {
        let (mut named, mut places) = (Vec::new(), Vec::new());
        for role in &directory.settings.privileged_roles {
            let place = match role.split_once('/') {
                None => below(&directory.url, ["roles", role])?,
                Some((client, role)) => {
                    let client = client_id(directory, client).await?;
                    below(&directory.url, ["clients", &client, "roles", role])?
                }
            };
            let role: Role =
                directory.rest.need(Call::get(place.clone()), ROLES, "such privileged role").await?;
            named.push(role.id);
            places.push(place);
        }
        if named.is_empty() {
            return Ok(places);
        }
        let roles = Self::read(directory).await?;
        let mut seen: HashSet<String> = named.iter().cloned().collect();
        while let Some(role) = named.pop() {
            for container in roles.containers.get(&role).into_iter().flatten() {
                if seen.insert(container.clone()) {
                    named.push(container.clone());
                    places.extend(roles.places.get(container).cloned());
                }
            }
        }
        Ok(places)
    }

    /// Reads which roles contain others. Those of clients are read where we may see them.
    async fn read(directory: &KeycloakDirectory) -> Result<Self> {
        let mut roles = Self::default();
        roles.add(directory, below(&directory.url, ["roles"])?).await?;
        let mut clients = Vec::new();
        let look = |client| {
            clients.push(directory.rest.id(client, UNCLEAR)?);
            Ok(())
        };
        let url = below(&directory.url, ["clients"])?;
        if permitted(directory.each(&url, ROLES, "such realm", look).await)?.is_some() {
            for client in clients {
                roles.add(directory, below(&directory.url, ["clients", &client, "roles"])?).await?;
            }
        }
        Ok(roles)
    }

    /// Takes in the roles of a list that contain others.
    async fn add(&mut self, directory: &KeycloakDirectory, list: Url) -> Result<()> {
        let mut composite = Vec::new();
        let look = |role: Value| {
            let role: Role =
                serde_json::from_value(role).map_err(|_| directory.rest.nonsense("it is no role"))?;
            if role.composite {
                composite.push(role);
            }
            Ok(())
        };
        directory.each(&list, ROLES, "such roles", look).await?;
        for Role { id: container, name, .. } in composite {
            self.places.insert(container.clone(), below(&list, [&*name])?);
            let url = below(&directory.url, ["roles-by-id", &container, "composites"])?;
            let look = |role| {
                self.containers.entry(directory.rest.id(role, UNCLEAR)?).or_default().push(container.clone());
                Ok(())
            };
            directory.each(&url, ROLES, "such role any more", look).await?;
        }
        Ok(())
    }
}
