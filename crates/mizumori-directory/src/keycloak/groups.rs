//! Who is in the groups of which the settings ask, and in which groups somebody is. Who is in a group is in those above it, as with what
//! the server itself hands down.

use std::collections::HashSet;

use mizumori_core::{Groups, is_same_name};
use serde::Deserialize;

use super::KeycloakDirectory;
use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Members, Task, below, permitted};

pub(super) const MEMBERS: Task = Task::with("read the members of a group", "view-users of realm-management");

const UNCLEAR: &str = "it does not say who is in a group";
/// Groups that are followed: a tree that has more of them is taken for one that does not end.
const MOST: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    id: String,
    name: Option<String>,
    path: Option<String>,
    /// In older versions, and in what is searched for.
    #[serde(default)]
    sub_groups: Vec<Group>,
}

/// Who is in which of the groups.
pub(super) async fn members(directory: &KeycloakDirectory) -> Result<Members> {
    let who = async |name| {
        let mut ids = Vec::new();
        each_below(directory, named(directory, name).await?, |id| ids.extend(EntryId::new(id))).await?;
        Ok(ids)
    };
    Members::read(&directory.settings.groups, who).await
}

/// In which of the groups somebody is.
pub(super) async fn of(directory: &KeycloakDirectory, user: &EntryId) -> Result<Groups> {
    let asked = &directory.settings.groups;
    if asked.is_empty() {
        return Ok(Groups::Unknown);
    }
    let own = permitted(groups(directory, user.as_str()).await)?;
    let is_in = |own: &[Group], name: &str| own.iter().any(|group| group.is_in(name));
    Ok(own.map_or(Groups::Unknown, |own| Groups::among(asked, |name| is_in(&own, name))))
}

/// Whether somebody is in one of these groups, by their paths, or in one below them.
pub(super) async fn is_in_one(directory: &KeycloakDirectory, user: &str, paths: &[String]) -> Result<bool> {
    if paths.is_empty() {
        return Ok(false);
    }
    let own = groups(directory, user).await?;
    Ok(own.iter().any(|group| paths.iter().any(|path| group.is_in(path))))
}

/// Hands on the id of each member of these groups and of those below them.
pub(super) async fn each_below(
    directory: &KeycloakDirectory,
    mut groups: Vec<String>,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let mut seen = HashSet::new();
    while let Some(group) = groups.pop() {
        if !seen.insert(group.clone()) {
            continue;
        }
        if seen.len() > MOST {
            return Err(directory.rest.nonsense("more groups came than any realm has"));
        }
        each_member(directory, &group, &mut take).await?;
        groups.extend(children(directory, &group).await?);
    }
    Ok(())
}

/// Hands on the id of each member of a group.
async fn each_member(
    directory: &KeycloakDirectory,
    group: &str,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let url = below(&directory.url, ["groups", group, "members"])?;
    let look = |member| {
        take(directory.rest.id(member, UNCLEAR)?);
        Ok(())
    };
    directory.each(&url, MEMBERS, "such group", look).await
}

/// The group at a path, and nothing where there is none.
pub(super) async fn at(directory: &KeycloakDirectory, path: &str) -> Result<Option<String>> {
    let names = path.split('/').filter(|name| !name.is_empty());
    let url = below(&directory.url, std::iter::once("group-by-path").chain(names))?;
    let found: Option<Group> = directory.rest.ask(Call::get(url), MEMBERS).await?;
    Ok(found.map(|found| found.id))
}

/// The groups right below one.
async fn children(directory: &KeycloakDirectory, group: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let look = |child| {
        ids.push(directory.rest.id(child, UNCLEAR)?);
        Ok(())
    };
    let url = below(&directory.url, ["groups", group, "children"])?;
    match directory.each(&url, MEMBERS, "such group", look).await {
        Ok(()) => Ok(ids),
        // Before version 23 they stand in the group itself.
        Err(DirectoryError::Missing { .. } | DirectoryError::Refused { code: 405, .. }) => {
            let url = below(&directory.url, ["groups", group])?;
            let group: Option<Group> = directory.rest.ask(Call::get(url), MEMBERS).await?;
            Ok(group.into_iter().flat_map(|group| group.sub_groups).map(|child| child.id).collect())
        }
        Err(error) => Err(error),
    }
}

/// The groups that somebody is in himself.
async fn groups(directory: &KeycloakDirectory, user: &str) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    let look = |group| {
        let unclear = |_| directory.rest.nonsense("it does not say in which groups somebody is");
        groups.push(serde_json::from_value(group).map_err(unclear)?);
        Ok(())
    };
    let url = below(&directory.url, ["users", user, "groups"])?;
    directory.each(&url, MEMBERS, "such user any more", look).await?;
    Ok(groups)
}

/// The ids of the groups of a name wherever they are, or of the one at this path. None where there is none.
async fn named(directory: &KeycloakDirectory, name: &str) -> Result<Vec<String>> {
    if name.starts_with('/') {
        return Ok(at(directory, name).await?.into_iter().collect());
    }
    let mut url = below(&directory.url, ["groups"])?;
    // From version 23 on it tells of what it found, and not of the trees in which that stands.
    url.query_pairs_mut().append_pair("search", name).append_pair("populateHierarchy", "false");
    let (mut ids, mut trees) = (Vec::new(), Vec::new());
    let look = |tree| {
        let unclear = |_| directory.rest.nonsense("it is no group");
        trees.push(serde_json::from_value::<Group>(tree).map_err(unclear)?);
        Ok(())
    };
    directory.each(&url, MEMBERS, "such realm", look).await?;
    while let Some(group) = trees.pop() {
        if group.name.as_deref().is_some_and(|own| is_same_name(own, name)) {
            ids.push(group.id);
        }
        trees.extend(group.sub_groups);
    }
    Ok(ids)
}

impl Group {
    /// Whether it is this one, by a name or a path, or below it.
    fn is_in(&self, name: &str) -> bool {
        let path = self.path.as_deref().unwrap_or_default();
        match name.strip_prefix('/') {
            None => {
                self.name.as_deref().is_some_and(|own| is_same_name(own, name))
                    || path.split('/').any(|own| is_same_name(own, name))
            }
            Some(wanted) => {
                let mut own = path.split('/').filter(|part| !part.is_empty());
                wanted.split('/').filter(|part| !part.is_empty()).all(|part| own.next() == Some(part))
            }
        }
    }
}
