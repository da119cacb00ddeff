//! Who is in the groups of which the settings ask (RFC 7643, 4.2), where the users themselves do not tell. Groups within groups count.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::{List, ScimDirectory};
use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Members, Progress, Task, below};

const READ: Task = Task::new("read groups");
/// Members of all of the groups.
const MOST: usize = 500_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    id: String,
    display_name: Option<String>,
    #[serde(default)]
    members: Option<Vec<Member>>,
}

#[derive(Deserialize)]
struct Member {
    value: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Who is in which of the groups. Of a server that has no groups, or does not let us see them, nothing is known.
pub(super) async fn members(directory: &ScimDirectory) -> Result<Members> {
    let mut members = Members::default();
    for name in &directory.settings.groups {
        match of(directory, name).await {
            Ok(ids) => members.add(name, ids),
            Err(
                DirectoryError::NotPermitted { .. }
                | DirectoryError::Missing { .. }
                | DirectoryError::Refused { code: 400 | 405 | 501, .. },
            ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(members)
}

/// The members of the groups of a name, or of the one of this id. None where there is none.
async fn of(directory: &ScimDirectory, name: &str) -> Result<HashSet<EntryId>> {
    let (mut ids, mut seen, mut groups) = (HashSet::new(), HashSet::new(), named(directory, name).await?);
    while let Some(group) = groups.pop() {
        if !seen.insert(group.clone()) {
            continue;
        }
        let call = Call::get(below(&directory.url, ["Groups", &group])?);
        // It may have gone since it was named.
        let Some(Group { members, .. }) = directory.rest.ask::<Group>(call, READ).await? else { continue };
        for Member { value, kind } in members.unwrap_or_default() {
            // What kind a member is need not be said.
            if !kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("user")) {
                groups.push(value.clone());
            }
            ids.extend(EntryId::new(value));
        }
        if ids.len() > MOST {
            return Err(directory.rest.nonsense("more came than any directory has"));
        }
    }
    Ok(ids)
}

/// The ids of the groups of a name. A server that does not understand the filter may answer with all of them.
async fn named(directory: &ScimDirectory, name: &str) -> Result<Vec<String>> {
    let value = Value::from(name);
    let (mut ids, mut position, mut progress) = (Vec::new(), 0, Progress::default());
    loop {
        let mut url = below(&directory.url, ["Groups"])?;
        url.query_pairs_mut()
            .append_pair("filter", &format!("displayName eq {value} or id eq {value}"))
            .append_pair("excludedAttributes", "members")
            .append_pair("startIndex", &(position + 1).to_string())
            .append_pair("count", &directory.settings.page.to_string());
        let list: List = directory.rest.need(Call::get(url), READ, "groups there").await?;
        let came = list.resources.len();
        position += came as u64;
        for group in list.resources {
            let unclear = |_| directory.rest.nonsense("it is no group");
            let group: Group = serde_json::from_value(group).map_err(unclear)?;
            let is = |own: &str| own.trim().to_lowercase() == name.trim().to_lowercase();
            if group.id == name || group.display_name.as_deref().is_some_and(is) {
                ids.push(group.id);
            }
        }
        if came == 0 || position >= list.total_results {
            return Ok(ids);
        }
        progress.page(came).map_err(|what| directory.rest.nonsense(what))?;
    }
}
