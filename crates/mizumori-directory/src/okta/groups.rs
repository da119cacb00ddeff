//! Who is in the groups of which the settings ask (`listGroups`, `listGroupUsers`), and in which groups somebody is (`listUserGroups`).
//! Groups are in no groups here.

use mizumori_core::{Groups, is_same_name};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::OktaDirectory;
use crate::entry::EntryId;
use crate::error::Result;
use crate::rest::{Call, Members, Progress, Rest, Task, below, permitted};

pub(super) const MEMBERS: Task = Task::with(
    "read the members of a group",
    "okta.groups.read, or an administrator's role that may see groups",
);

/// A group, as far as it is looked at.
#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: String,
}

/// Who is in which of the groups.
pub(super) async fn members(directory: &OktaDirectory) -> Result<Members> {
    let who = async |name| {
        let mut ids = Vec::new();
        for group in named(directory, name).await? {
            each_member(directory, &directory.grouping, &group, |id| ids.extend(EntryId::new(id))).await?;
        }
        Ok(ids)
    };
    Members::read(&directory.settings.groups, who).await
}

/// In which of the groups somebody is.
pub(super) async fn of(directory: &OktaDirectory, user: &EntryId) -> Result<Groups> {
    let asked = &directory.settings.groups;
    if asked.is_empty() {
        return Ok(Groups::Unknown);
    }
    let own = permitted(groups(directory, &directory.grouping, user.as_str()).await)?;
    let is_in = |own: &[Group], name: &str| own.iter().any(|group| group.is_called(name));
    Ok(own.map_or(Groups::Unknown, |own| Groups::among(asked, |name| is_in(&own, name))))
}

/// The groups of somebody.
pub(super) async fn groups(directory: &OktaDirectory, rest: &Rest, user: &str) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    let look = |group| {
        groups.push(group);
        Ok(())
    };
    each(directory, rest, below(&directory.url, ["users", user, "groups"])?, "such user any more", look)
        .await?;
    Ok(groups)
}

/// Hands on the id of each member of a group.
pub(super) async fn each_member(
    directory: &OktaDirectory,
    rest: &Rest,
    group: &str,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let mut url = below(&directory.url, ["groups", group, "users"])?;
    url.query_pairs_mut().append_pair("limit", "200");
    let look = |Member { id }| {
        take(id);
        Ok(())
    };
    each(directory, rest, url, "such group", look).await
}

/// The ids of the groups of a name, or the one of this id. None where there is none.
async fn named(directory: &OktaDirectory, name: &str) -> Result<Vec<String>> {
    let value = Value::from(name);
    let mut url = below(&directory.url, ["groups"])?;
    url.query_pairs_mut().append_pair("search", &format!("profile.name eq {value} or id eq {value}"));
    let mut ids = Vec::new();
    let look = |group: Group| {
        // One that does not understand the question may tell of every group.
        if group.is_called(name) {
            ids.push(group.id);
        }
        Ok(())
    };
    each(directory, &directory.grouping, url, "groups there", look).await?;
    Ok(ids)
}

/// Looks at all of a list, page by page: of what is not needed nothing stays.
async fn each<T: for<'de> Deserialize<'de>>(
    directory: &OktaDirectory,
    rest: &Rest,
    first: Url,
    what: &'static str,
    mut look: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let (mut progress, mut next) = (Progress::default(), Some(first));
    while let Some(url) = next.take() {
        let answer = rest.send(Call::get(url), MEMBERS).await?;
        let answer = answer.ok_or_else(|| rest.missing(what))?;
        let page: Vec<T> = rest.read(&answer)?;
        next = directory.next(&answer)?;
        if next.is_some() {
            progress.page(page.len()).map_err(|what| rest.nonsense(what))?;
        }
        page.into_iter().try_for_each(&mut look)?;
    }
    Ok(())
}

impl Group {
    fn is_called(&self, name: &str) -> bool {
        let own = self.profile.as_ref().and_then(|profile| profile.name.as_deref());
        self.id == name || own.is_some_and(|own| is_same_name(own, name))
    }
}
