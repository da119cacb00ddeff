//! Who is in the groups of which the settings ask (`group-list`, `group-list-transitivemembers`), and in which of them somebody is
//! (`user-checkmembergroups`): groups within groups count.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use mizumori_core::Groups;
use mizumori_outbound::Method;

use super::GraphDirectory;
use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Members, Task, below};

pub(super) const MEMBERS: Task = Task::with("read the members of a group", "GroupMember.Read.All");
/// So many groups are asked for in one request.
const AT_ONCE: usize = 20;

const UNCLEAR: &str = "it does not say who is in a group";

#[derive(Deserialize)]
pub(super) struct Group {
    id: String,
    visibility: Option<String>,
}

/// What is asked for of it.
const GROUP: &str = "id,visibility";

#[derive(Deserialize)]
struct Ids {
    value: Vec<String>,
}

/// Who is in which of the groups.
pub(super) async fn members(directory: &GraphDirectory) -> Result<Members> {
    let who = async |name| {
        let mut ids = Vec::new();
        for group in named(directory, name).await? {
            each_visible(directory, &group, |id| ids.extend(EntryId::new(id))).await?;
        }
        Ok(ids)
    };
    Members::read(&directory.settings.groups, who).await
}

/// In which of the groups somebody is.
pub(super) async fn of(directory: &GraphDirectory, user: &EntryId) -> Result<Groups> {
    let look = async |name| {
        let groups = named(directory, name).await?;
        Ok(is_in_one(directory, user.as_str(), groups).await?.then(|| user.clone()))
    };
    Ok(Members::read(&directory.settings.groups, look).await?.of(user))
}

/// Hands on the id of each member of a group, and of those within it.
///
/// # Errors
/// [`DirectoryError::NotPermitted`] where its members are hidden from us: then there seem to be none.
pub(super) async fn each_visible(
    directory: &GraphDirectory,
    group: &Group,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let mut is_empty = true;
    let look = |id| {
        is_empty = false;
        take(id);
    };
    each_member(directory, &group.id, look).await?;
    match is_empty && group.is_hidden() {
        true => Err(DirectoryError::NotPermitted {
            server: directory.rest.server().to_owned(),
            what: "read the members of a group that hides them",
            right: Some("Member.Read.Hidden"),
        }),
        false => Ok(()),
    }
}

async fn each_member(
    directory: &GraphDirectory,
    group: &str,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let url = selected(below(&directory.url, ["groups", group, "transitiveMembers"])?, "id");
    let look = |member| {
        take(directory.rest.id(member, UNCLEAR)?);
        Ok(())
    };
    directory.each(url, MEMBERS, "such group", look).await
}

/// Whether somebody is in one of these groups. Of those that hide their members the lists are read, which are empty where we may not see
/// them; the others are asked.
///
/// # Errors
/// As [`each_visible`].
pub(super) async fn is_in_one(directory: &GraphDirectory, user: &str, groups: Vec<Group>) -> Result<bool> {
    let (mut open, mut is_in) = (Vec::new(), false);
    for group in groups {
        match group.is_hidden() {
            true => each_visible(directory, &group, |id| is_in |= id == user).await?,
            false => open.push(group.id),
        }
    }
    if is_in {
        return Ok(true);
    }
    for some in open.chunks(AT_ONCE) {
        let url = below(&directory.url, ["users", user, "checkMemberGroups"])?;
        let call = Call::new(Method::POST, url).json(json!({ "groupIds": some }).to_string());
        let found: Ids = directory.rest.need(call, MEMBERS, "such user or group any more").await?;
        if !found.value.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The groups of a name, or a mail address, or the one of this id. None where there is none.
async fn named(directory: &GraphDirectory, name: &str) -> Result<Vec<Group>> {
    let is_id = name.len() == 36 && name.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id {
        let url = selected(below(&directory.url, ["groups", name])?, GROUP);
        let found: Option<Group> = directory.rest.ask(Call::get(url), MEMBERS).await?;
        return Ok(found.into_iter().collect());
    }
    let quoted = name.replace('\'', "''");
    let mut url = selected(below(&directory.url, ["groups"])?, GROUP);
    url.query_pairs_mut().append_pair("$filter", &format!("displayName eq '{quoted}' or mail eq '{quoted}'"));
    let mut groups = Vec::new();
    let look = |group| {
        groups.push(serde_json::from_value(group).map_err(|_| directory.rest.nonsense("it is no group"))?);
        Ok(())
    };
    directory.each(url, MEMBERS, "groups there", look).await?;
    Ok(groups)
}

/// A group by its id. Whether it is there is seen where its members are asked for.
pub(super) async fn by_id(directory: &GraphDirectory, id: &str) -> Result<Group> {
    let url = selected(below(&directory.url, ["groups", id])?, GROUP);
    let found: Option<Group> = directory.rest.ask(Call::get(url), MEMBERS).await?;
    Ok(found.unwrap_or_else(|| Group { id: id.to_owned(), visibility: None }))
}

fn selected(mut url: Url, what: &str) -> Url {
    url.query_pairs_mut().append_pair("$select", what);
    url
}

impl Group {
    /// Whether only its members, and who has a right of its own, see who is in it.
    fn is_hidden(&self) -> bool {
        self.visibility.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("HiddenMembership"))
    }
}
