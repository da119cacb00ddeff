//! Who can do more than others: whoever holds a role of the directory or may take one up, alone or through a group, and the members of
//! the groups that the settings name (`rbacapplication-list-roleassignments`, `rbacapplication-list-roleeligibilityschedules`).

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::GraphDirectory;
use super::groups::{by_id, each_visible, is_in_one};
use crate::entry::{Entry, EntryId, Privilege};
use crate::error::{DirectoryError, Result};
use crate::rest::{Task, below};

const ROLES: Task = Task::with("read who has a role", "RoleManagement.Read.Directory");

/// Their ids.
#[derive(Default)]
pub(super) struct Privileged(HashSet<EntryId>);

/// Who has roles.
#[derive(Default)]
struct Holders {
    ids: HashSet<EntryId>,
    groups: HashSet<String>,
}

/// A role that somebody has, or may take up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    principal_id: String,
    principal: Option<Principal>,
}

#[derive(Deserialize)]
struct Principal {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
}

impl Privileged {
    pub(super) async fn read(directory: &GraphDirectory) -> Result<Self> {
        let Holders { mut ids, groups } = Holders::read(directory).await?;
        for group in groups {
            let group = by_id(directory, &group).await?;
            each_visible(directory, &group, |id| {
                ids.extend(EntryId::new(id));
            })
            .await?;
        }
        Ok(Self(ids))
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(&entry.id) {
            entry.privilege = Privilege::Privileged;
        }
    }
}

/// Looks whether one person is privileged. Who else is in a group is not asked.
pub(super) async fn look(directory: &GraphDirectory, entry: &mut Entry) -> Result<()> {
    let Holders { ids, groups } = Holders::read(directory).await?;
    let mut is_privileged = ids.contains(&entry.id);
    if !is_privileged {
        let mut read = Vec::with_capacity(groups.len());
        for group in groups {
            read.push(by_id(directory, &group).await?);
        }
        is_privileged = is_in_one(directory, entry.id.as_str(), read).await?;
    }
    if is_privileged {
        entry.privilege = Privilege::Privileged;
    }
    Ok(())
}

impl Holders {
    async fn read(directory: &GraphDirectory) -> Result<Self> {
        let mut holders = Self::default();
        holders.take(directory, "roleAssignments").await?;
        // Who is eligible only is told where there is a licence for it, which not every tenant has.
        match holders.take(directory, "roleEligibilitySchedules").await {
            Ok(())
            | Err(
                DirectoryError::NotPermitted { .. }
                | DirectoryError::Missing { .. }
                | DirectoryError::Refused { code: 400, .. },
            ) => {}
            Err(error) => return Err(error),
        }
        holders.groups.extend(directory.settings.privileged_groups.iter().cloned());
        Ok(holders)
    }

    async fn take(&mut self, directory: &GraphDirectory, list: &str) -> Result<()> {
        let mut url = below(&directory.url, ["roleManagement", "directory", list])?;
        url.query_pairs_mut().append_pair("$expand", "principal");
        let look = |assignment: Value| {
            // One that cannot be read may be anybody's: nobody is taken for ordinary by mistake.
            let Assignment { principal_id, principal } = serde_json::from_value(assignment)
                .map_err(|_| directory.rest.nonsense("it does not say who has a role"))?;
            let kind = principal.and_then(|principal| principal.kind).unwrap_or_default();
            if kind.eq_ignore_ascii_case("#microsoft.graph.group") {
                self.groups.insert(principal_id);
            } else {
                self.ids.extend(EntryId::new(principal_id));
            }
            Ok(())
        };
        directory.each(url, ROLES, "roles", look).await
    }
}
