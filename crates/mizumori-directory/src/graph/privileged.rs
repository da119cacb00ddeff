//! Who can do more than others: whoever holds a role of the directory, alone or through a group, and the members of the
//! groups that the settings name (`rbacapplication-list-roleassignments`, `group-list-transitivemembers`).

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::GraphDirectory;
use crate::entry::{Entry, Privilege};
use crate::error::Result;
use crate::rest::{Task, below};

const ROLES: Task = Task::with("read who has a role", "RoleManagement.Read.Directory");
const MEMBERS: Task = Task::with("read the members of a group", "GroupMember.Read.All");

/// Their ids.
pub(super) struct Privileged(HashSet<String>);

/// A role that somebody has.
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

#[derive(Deserialize)]
struct Member {
    id: String,
}

impl Privileged {
    pub(super) async fn read(directory: &GraphDirectory) -> Result<Self> {
        let mut url = below(&directory.url, ["roleManagement", "directory", "roleAssignments"])?;
        url.query_pairs_mut().append_pair("$expand", "principal");
        let nonsense = || directory.rest.nonsense("it does not say who has a role");
        let (mut ids, mut groups) = (HashSet::new(), HashSet::new());
        for assignment in directory.all(url, ROLES, "roles").await? {
            // One that cannot be read may be anybody's: nobody is taken for ordinary by mistake.
            let Assignment { principal_id, principal } = read(assignment).ok_or_else(nonsense)?;
            let kind = principal.and_then(|principal| principal.kind).unwrap_or_default();
            if kind.eq_ignore_ascii_case("#microsoft.graph.group") {
                groups.insert(principal_id);
            } else {
                ids.insert(principal_id);
            }
        }
        groups.extend(directory.settings.privileged_groups.iter().cloned());
        for group in groups {
            let mut url = below(&directory.url, ["groups", &group, "transitiveMembers"])?;
            url.query_pairs_mut().append_pair("$select", "id");
            for member in directory.all(url, MEMBERS, "such privileged group").await? {
                ids.insert(read::<Member>(member).ok_or_else(nonsense)?.id);
            }
        }
        Ok(Self(ids))
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(entry.id.as_str()) {
            entry.privilege = Privilege::Privileged;
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}
