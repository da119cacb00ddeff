//! Who can do more than others: who has a role of an administrator (`listUsersWithRoleAssignments`), and the members of the
//! groups that the settings name (`listGroupUsers`).

use std::collections::HashSet;

use serde::Deserialize;
use url::Url;

use super::OktaDirectory;
use crate::entry::{Entry, Privilege};
use crate::error::Result;
use crate::rest::{Call, Progress, Task, below};

const ROLES: Task =
    Task::with("read who is an administrator", "okta.roles.read, or a role that may see administrators");
const MEMBERS: Task = Task::with(
    "read the members of a group",
    "okta.groups.read, or an administrator's role that may see groups",
);

/// Their ids.
#[derive(Default)]
pub(super) struct Privileged(HashSet<String>);

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
            privileged.read_members(directory, group).await?;
        }
        Ok(privileged)
    }

    async fn read_assignees(&mut self, directory: &OktaDirectory) -> Result<()> {
        let rest = &directory.reading;
        let mut progress = Progress::default();
        let mut next = Some(below(&directory.url, ["iam", "assignees", "users"])?);
        while let Some(url) = next.take() {
            let page: Assignees = rest.need(Call::get(url), ROLES, "administrators").await?;
            let new = self.take(page.value);
            if let Some(link) = page.links.and_then(|links| links.next) {
                progress.page(new).map_err(|what| rest.nonsense(what))?;
                let link = Url::parse(&link.href);
                next = Some(link.map_err(|_| rest.nonsense("its link to the next page is none"))?);
            }
        }
        Ok(())
    }

    async fn read_members(&mut self, directory: &OktaDirectory, group: &str) -> Result<()> {
        let rest = &directory.reading;
        let mut progress = Progress::default();
        let mut first = below(&directory.url, ["groups", group, "users"])?;
        first.query_pairs_mut().append_pair("limit", "200");
        let mut next = Some(first);
        while let Some(url) = next.take() {
            let answer = rest.send(Call::get(url), MEMBERS).await?;
            let answer = answer.ok_or_else(|| rest.missing("such privileged group"))?;
            let new = self.take(rest.read(&answer)?);
            next = directory.next(&answer)?;
            if next.is_some() {
                progress.page(new).map_err(|what| rest.nonsense(what))?;
            }
        }
        Ok(())
    }

    /// Takes members in, and says how many of them are new.
    fn take(&mut self, members: Vec<Member>) -> usize {
        let before = self.0.len();
        self.0.extend(members.into_iter().map(|member| member.id));
        self.0.len() - before
    }

    /// Marks somebody who is one of them.
    pub(super) fn mark(&self, entry: &mut Entry) {
        if self.0.contains(entry.id.as_str()) {
            entry.privilege = Privilege::Privileged;
        }
    }
}
