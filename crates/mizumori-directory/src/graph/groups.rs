//! Who is in the groups of which the settings ask (`group-list`, `group-list-transitivemembers`), and in which of them somebody is
//! (`user-checkmembergroups`): groups within groups count.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use mizumori_core::Groups;
use mizumori_outbound::Method;

use super::GraphDirectory;
use crate::entry::EntryId;
use crate::error::Result;
use crate::rest::{Call, Members, Task, below, permitted};

pub(super) const MEMBERS: Task = Task::with("read the members of a group", "GroupMember.Read.All");
/// So many groups are asked for in one request.
const AT_ONCE: usize = 20;

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Ids {
    value: Vec<String>,
}

/// Who is in which of the groups.
pub(super) async fn members(directory: &GraphDirectory) -> Result<Members> {
    let mut members = Members::default();
    for name in &directory.settings.groups {
        let read = async {
            let mut ids = Vec::new();
            for group in named(directory, name).await? {
                each_member(directory, &group, |id| ids.extend(EntryId::new(id))).await?;
            }
            Ok(ids)
        };
        if let Some(ids) = permitted(read.await)? {
            members.add(name, ids);
        }
    }
    Ok(members)
}

/// In which of the groups somebody is.
pub(super) async fn of(directory: &GraphDirectory, user: &EntryId) -> Result<Groups> {
    let mut members = Members::default();
    for name in &directory.settings.groups {
        let look = async {
            let groups = named(directory, name).await?;
            is_in_one(directory, user.as_str(), &groups).await
        };
        if let Some(is_in) = permitted(look.await)? {
            members.add(name, is_in.then(|| user.clone()));
        }
    }
    Ok(members.of(user))
}

/// Hands on the id of each member of a group, and of those within it.
pub(super) async fn each_member(
    directory: &GraphDirectory,
    group: &str,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let url = selected(below(&directory.url, ["groups", group, "transitiveMembers"])?);
    let look = |member| {
        take(id(directory, member)?);
        Ok(())
    };
    directory.each(url, MEMBERS, "such group", look).await
}

/// Whether somebody is in one of these groups, by their ids.
pub(super) async fn is_in_one(directory: &GraphDirectory, user: &str, groups: &[String]) -> Result<bool> {
    for some in groups.chunks(AT_ONCE) {
        let url = below(&directory.url, ["users", user, "checkMemberGroups"])?;
        let call = Call::new(Method::POST, url).json(json!({ "groupIds": some }).to_string());
        let found: Ids = directory.rest.need(call, MEMBERS, "such user or group any more").await?;
        if !found.value.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The ids of the groups of a name, or a mail address, or the one of this id. None where there is none.
async fn named(directory: &GraphDirectory, name: &str) -> Result<Vec<String>> {
    let is_id = name.len() == 36 && name.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id {
        let url = selected(below(&directory.url, ["groups", name])?);
        let found: Option<Id> = directory.rest.ask(Call::get(url), MEMBERS).await?;
        return Ok(found.into_iter().map(|found| found.id).collect());
    }
    let quoted = name.replace('\'', "''");
    let mut url = selected(below(&directory.url, ["groups"])?);
    url.query_pairs_mut().append_pair("$filter", &format!("displayName eq '{quoted}' or mail eq '{quoted}'"));
    let mut ids = Vec::new();
    let look = |group| {
        ids.push(id(directory, group)?);
        Ok(())
    };
    directory.each(url, MEMBERS, "groups there", look).await?;
    Ok(ids)
}

fn selected(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("$select", "id");
    url
}

/// One that cannot be read may be anybody's: nobody is taken for no member by mistake.
fn id(directory: &GraphDirectory, value: Value) -> Result<String> {
    serde_json::from_value::<Id>(value)
        .map(|found| found.id)
        .map_err(|_| directory.rest.nonsense("it does not say who is in a group"))
}
