//! Who can do more than others: who has a role of an administrator (`listUsersWithRoleAssignments`, `listAssignedRolesForUser`), and the
//! members of the groups that the settings name.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::OktaDirectory;
use super::groups::{each_member, groups};
use crate::entry::{Entry, EntryId, Privilege};
use crate::error::Result;
use crate::rest::{Call, Progress, Task, below};

const ROLES: Task =
    Task::with("read who is an administrator", "okta.roles.read, or a role that may see administrators");

/// Their ids.
#[derive(Default)]
pub(super) struct Privileged(HashSet<EntryId>);

/// A page of those who have roles; its link stands in the body.
#[derive(Deserialize)]
struct Assignees {
    #[serde(default)]
    value: Vec<Member>,
    #[serde(rename = "_links")]
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
struct Member {
    id: String,
}

impl Privileged {
    pub(super) async fn read(directory: &OktaDirectory) -> Result<Self> {
        let mut privileged = Self::default();
        privileged.read_assignees(directory).await?;
        for group in &directory.settings.privileged_groups {
            each_member(directory, &directory.reading, group, |id| {
                privileged.0.extend(EntryId::new(id));
            })
            .await?;
        }
        Ok(privileged)
    }

    async fn read_assignees(&mut self, directory: &OktaDirectory) -> Result<()> {
        let rest = &directory.reading;
        let mut progress = Progress::default();
        let mut next = Some(below(&directory.url, ["iam", "assignees", "users"])?);
        while let Some(url) = next.take() {
            let page: Assignees = rest.need(Call::get(url), ROLES, "administrators").await?;
            let before = self.0.len();
            self.0.extend(page.value.into_iter().filter_map(|member| EntryId::new(member.id)));
            if let Some(link) = page.links.and_then(|links| links.next) {
                progress.page(self.0.len() - before).map_err(|what| rest.nonsense(what))?;
                let link = Url::parse(&link.href);
                next = Some(link.map_err(|_| rest.nonsense("its link to the next page is none"))?);
            }
        }
        Ok(())
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(&entry.id) {
            entry.privilege = Privilege::Privileged;
        }
    }
}

/// Looks whether one person is privileged: by what he has, whoever else has it.
pub(super) async fn look(directory: &OktaDirectory, entry: &mut Entry) -> Result<()> {
    let id = entry.id.as_str();
    let url = below(&directory.url, ["users", id, "roles"])?;
    let roles: Vec<Value> = directory.reading.need(Call::get(url), ROLES, "such user any more").await?;
    let named = &directory.settings.privileged_groups;
    let is_privileged = !roles.is_empty()
        || !named.is_empty()
            && groups(directory, &directory.reading, id).await?.iter().any(|group| named.contains(&group.id));
    if is_privileged {
        entry.privilege = Privilege::Privileged;
    }
    Ok(())
}
