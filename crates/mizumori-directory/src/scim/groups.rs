//! Who is in the groups of which the settings ask (RFC 7643, 4.2). Groups within groups count.
//!
//! A server may tell of groups at its users, at its groups, or at both; what it tells at neither is not known, which is no no.

use std::collections::HashSet;

use mizumori_core::{Groups, is_same_name};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::user::Person;
use super::{List, ScimDirectory};
use crate::entry::{EntryId, Privilege};
use crate::error::{DirectoryError, Result};
use crate::rest::{Call, Members, Progress, Task, below, permitted};

const READ: Task = Task::new("read groups");
/// Members of all of the groups.
const MOST: usize = 500_000;

/// What groups tell of people.
pub(super) struct Known {
    asked: Members,
    /// Who is in a privileged group.
    privileged: HashSet<EntryId>,
    /// Why that is not all of them, where it is not.
    unseen: Option<Unseen>,
}

/// Why it is not known who is in a group.
#[derive(Clone, Copy)]
enum Unseen {
    /// There is none of the name, or it is not shown.
    Nowhere,
    /// It is not shown who is in it.
    Hidden,
}

/// The groups of a server.
struct Shown<'d> {
    directory: &'d ScimDirectory,
    /// The ids of all of them, where that had to be asked.
    all: OnceCell<HashSet<String>>,
}

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
    #[serde(rename = "$ref")]
    place: Option<String>,
}

impl Known {
    /// Reads it.
    pub(super) async fn read(directory: &ScimDirectory) -> Result<Self> {
        let shown = Shown { directory, all: OnceCell::new() };
        let settings = &directory.settings;
        let asked = Members::read(&settings.groups, async |name| {
            let groups = shown.named(name).await?;
            shown.members(groups).await
        })
        .await?;
        let (mut privileged, mut unseen) = (HashSet::new(), None);
        for name in &settings.privileged_groups {
            let who = async {
                match shown.named(name).await? {
                    none if none.is_empty() => Ok(None),
                    groups => shown.members(groups).await.map(Some),
                }
            };
            match permitted(who.await)? {
                Some(Some(ids)) => privileged.extend(ids),
                Some(None) => unseen = unseen.or(Some(Unseen::Nowhere)),
                None => unseen = Some(Unseen::Hidden),
            }
        }
        Ok(Self { asked, privileged, unseen })
    }

    /// Says of somebody what they tell.
    ///
    /// # Errors
    /// When nobody says whether he is privileged: he is not taken for ordinary by mistake.
    pub(super) fn tell(&self, directory: &ScimDirectory, person: &mut Person) -> Result<()> {
        let entry = &mut person.entry;
        if self.privileged.contains(&entry.id) {
            entry.privilege = Privilege::Privileged;
        }
        let is_unsure = !person.tells && entry.privilege == Privilege::Ordinary;
        match self.unseen.filter(|_| is_unsure) {
            None => {}
            Some(Unseen::Nowhere) => return Err(directory.rest.missing("such privileged group")),
            Some(Unseen::Hidden) => {
                let server = directory.rest.server().to_owned();
                let what = "see who is in a privileged group";
                return Err(DirectoryError::NotPermitted { server, what, right: None });
            }
        }
        let asked = self.asked.of(&entry.id);
        match &mut entry.groups {
            // Of those that he is in through others a user need not tell.
            Groups::All(names) => names.extend_from_slice(asked.known()),
            groups => *groups = asked,
        }
        Ok(())
    }
}

impl Shown<'_> {
    /// The members of these groups.
    async fn members(&self, mut groups: Vec<String>) -> Result<HashSet<EntryId>> {
        let (mut ids, mut seen) = (HashSet::new(), HashSet::new());
        let named: HashSet<_> = groups.iter().cloned().collect();
        while let Some(group) = groups.pop() {
            if !seen.insert(group.clone()) {
                continue;
            }
            let mut url = below(&self.directory.url, ["Groups", &group])?;
            // Some give members to those only who ask for them.
            url.query_pairs_mut().append_pair("attributes", "displayName,members");
            // It may have gone since it was named.
            let found: Option<Group> = self.directory.rest.ask(Call::get(url), READ).await.map_err(hidden)?;
            let Some(found) = found else { continue };
            // Whoever may see a group need not see who is in it.
            if found.members.is_none() && named.contains(&group) {
                let server = self.directory.rest.server().to_owned();
                return Err(DirectoryError::NotPermitted { server, what: READ.what, right: None });
            }
            for member in found.members.unwrap_or_default() {
                if self.is_group(&member).await? {
                    groups.push(member.value);
                } else {
                    ids.extend(EntryId::new(member.value));
                }
            }
            if ids.len() > MOST {
                return Err(self.directory.rest.nonsense("more came than any directory has"));
            }
        }
        Ok(ids)
    }

    /// Whether a member is a group. Neither its kind nor its place need be said.
    async fn is_group(&self, member: &Member) -> Result<bool> {
        let is = |word: &str, kind: &str| word.eq_ignore_ascii_case(kind);
        let place = member.place.as_deref().and_then(|place| place.rsplit('/').nth(1));
        match (member.kind.as_deref(), place) {
            (Some(kind), _) if is(kind, "User") || is(kind, "Group") => Ok(is(kind, "Group")),
            (_, Some(place)) if is(place, "Users") || is(place, "Groups") => Ok(is(place, "Groups")),
            _ => {
                let all = self.all.get_or_try_init(|| async {
                    let mut ids = HashSet::new();
                    self.each(None, |group| ids.extend([group.id])).await.map_err(hidden)?;
                    Ok(ids)
                });
                Ok(all.await?.contains(&member.value))
            }
        }
    }

    /// The ids of the groups of a name, or the one of this id. None where there is none.
    async fn named(&self, name: &str) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let value = Value::from(name);
        let filter = format!("displayName eq {value} or id eq {value}");
        // One that does not understand the filter may answer with all of them.
        let mut take = |group: Group| {
            if group.id == name || group.display_name.is_some_and(|own| is_same_name(&own, name)) {
                ids.push(group.id);
            }
        };
        match self.each(Some(&filter), &mut take).await {
            // Or refuse it (RFC 7644, 3.4.2.2).
            Err(DirectoryError::Refused { code: 400 | 501, .. }) => self.each(None, &mut take).await,
            told => told,
        }
        .map_err(hidden)?;
        Ok(ids)
    }

    /// Looks at all groups that pass a filter, without their members.
    async fn each(&self, filter: Option<&str>, mut look: impl FnMut(Group) + Send) -> Result<()> {
        let ScimDirectory { rest, url, settings } = self.directory;
        let (mut position, mut progress) = (0, Progress::default());
        loop {
            let mut url = below(url, ["Groups"])?;
            url.query_pairs_mut()
                .extend_pairs(filter.map(|filter| ("filter", filter)))
                .append_pair("excludedAttributes", "members")
                .append_pair("startIndex", &(position + 1).to_string())
                .append_pair("count", &settings.page.to_string());
            let list: List = rest.need(Call::get(url), READ, "groups there").await?;
            let came = list.resources.len();
            position += came as u64;
            for group in list.resources {
                look(serde_json::from_value(group).map_err(|_| rest.nonsense("it is no group"))?);
            }
            if came == 0 || position >= list.total_results {
                return Ok(());
            }
            progress.page(came).map_err(|what| rest.nonsense(what))?;
        }
    }
}

/// A server need neither have groups nor show them.
fn hidden(error: DirectoryError) -> DirectoryError {
    match error {
        DirectoryError::Missing { server, .. }
        | DirectoryError::Refused { server, code: 400 | 405 | 501, .. } => {
            DirectoryError::NotPermitted { server, what: READ.what, right: None }
        }
        error => error,
    }
}
