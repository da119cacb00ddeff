//! Who is in the groups of which the settings ask (`groups.list`, `members.list`), and whether somebody is in one (`members.hasMember`):
//! groups within groups count.

use mizumori_core::Groups;
use serde::Deserialize;
use url::Url;

use super::GoogleDirectory;
use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Members, Progress, Task, below};

const READ: Task = Task::with(
    "read groups",
    "the scope admin.directory.group.readonly and an administrator who may see them",
);

#[derive(Deserialize)]
struct Group {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    /// Not there where there is none.
    #[serde(default)]
    groups: Vec<Group>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    /// Not there where there is nobody.
    #[serde(default)]
    members: Vec<Member>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HasMember {
    is_member: bool,
}

/// Who is in which of the groups.
pub(super) async fn members(directory: &GoogleDirectory) -> Result<Members> {
    let who = async |name| {
        let mut ids = Vec::new();
        for group in named(directory, name).await? {
            each_member(directory, &group, |id| ids.extend(EntryId::new(id))).await?;
        }
        Ok(ids)
    };
    Members::read(&directory.settings.groups, who).await
}

/// In which of the groups somebody is.
pub(super) async fn of(directory: &GoogleDirectory, user: &EntryId) -> Result<Groups> {
    let look = async |name| {
        let mut is_in = false;
        for group in named(directory, name).await? {
            is_in |= has_member(directory, &group, user.as_str()).await?;
        }
        Ok(is_in.then(|| user.clone()))
    };
    Ok(Members::read(&directory.settings.groups, look).await?.of(user))
}

async fn has_member(directory: &GoogleDirectory, group: &str, user: &str) -> Result<bool> {
    let url = below(&directory.groups, [group, "hasMember", user])?;
    match directory.grouping.need::<HasMember>(Call::get(url), READ, "such group any more").await {
        Ok(told) => Ok(told.is_member),
        // Where a group within it is of another domain, that is all that the service says.
        Err(DirectoryError::Refused { code: 400, .. }) => {
            let mut is_in = false;
            each_member(directory, group, |id| is_in |= id == user).await?;
            Ok(is_in)
        }
        Err(error) => Err(error),
    }
}

async fn each_member(
    directory: &GoogleDirectory,
    group: &str,
    mut take: impl FnMut(String) + Send,
) -> Result<()> {
    let mut url = below(&directory.groups, [group, "members"])?;
    url.query_pairs_mut()
        .append_pair("includeDerivedMembership", "true")
        .append_pair("maxResults", "200")
        .append_pair("fields", "nextPageToken,members(id,type)");
    let (mut progress, mut token) = (Progress::default(), None);
    loop {
        let url = paged(&url, token);
        let page: Page = directory.grouping.need(Call::get(url), READ, "such group any more").await?;
        token = page.next_page_token.filter(|token| !token.is_empty());
        if token.is_some() {
            progress.page(page.members.len()).map_err(|what| directory.grouping.nonsense(what))?;
        }
        for member in page.members {
            // A member may be everybody of a customer. Who that is is not told: nobody is taken for no member by mistake.
            match member {
                Member { id: Some(id), kind } if !kind.as_deref().is_some_and(is_everybody) => take(id),
                _ => {
                    let server = directory.grouping.server().to_owned();
                    let what = "tell who is in a group that everybody is in";
                    return Err(DirectoryError::NotPermitted { server, what, right: None });
                }
            }
        }
        if token.is_none() {
            return Ok(());
        }
    }
}

/// The ids of the groups of a name, or the one of this address or id. None where there is none.
async fn named(directory: &GoogleDirectory, name: &str) -> Result<Vec<String>> {
    let is_key = name.contains('@') || name.chars().all(|c| c.is_ascii_alphanumeric());
    if is_key && let Some(group) = by_key(directory, name).await? {
        return Ok(vec![group.id]);
    }
    if name.contains('@') {
        return Ok(Vec::new());
    }
    let mut url = directory.groups.clone();
    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
    url.query_pairs_mut()
        .append_pair("customer", &directory.settings.customer)
        .append_pair("query", &format!("name='{quoted}'"))
        .append_pair("fields", "nextPageToken,groups(id)");
    let (mut ids, mut progress, mut token) = (Vec::new(), Progress::default(), None);
    loop {
        let url = paged(&url, token);
        let found: Found = directory.grouping.need(Call::get(url), READ, "such customer").await?;
        token = found.next_page_token.filter(|token| !token.is_empty());
        if token.is_some() {
            progress.page(found.groups.len()).map_err(|what| directory.grouping.nonsense(what))?;
        }
        ids.extend(found.groups.into_iter().map(|group| group.id));
        if token.is_none() {
            return Ok(ids);
        }
    }
}

async fn by_key(directory: &GoogleDirectory, key: &str) -> Result<Option<Group>> {
    let mut url = below(&directory.groups, [key])?;
    url.query_pairs_mut().append_pair("fields", "id");
    match directory.grouping.ask(Call::get(url), READ).await {
        // What cannot be the key of a group is refused.
        Err(DirectoryError::Refused { code: 400, .. }) => Ok(None),
        found => found,
    }
}

fn is_everybody(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("CUSTOMER")
}

fn paged(url: &Url, token: Option<String>) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().extend_pairs(token.map(|token| ("pageToken", token)));
    url
}
