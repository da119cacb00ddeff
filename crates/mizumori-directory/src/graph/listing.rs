//! All users, page by page (`user-list`, `paging`).

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::privileged::Privileged;
use super::user::User;
use super::{Collection, GraphDirectory, READ, SecondFactors, groups};
use crate::entry::SecondFactor;
use crate::error::Result;
use crate::rest::{Call, Listed, Listing, Members, Task, below};

const FACTORS: Task = Task::with("read who has a second factor", "AuditLog.Read.All");

pub(super) struct Users {
    directory: GraphDirectory,
    privileged: Privileged,
    members: Members,
    factors: HashMap<String, SecondFactor>,
    next: Option<Url>,
}

/// What `userRegistrationDetails` says of somebody.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    id: String,
    is_mfa_registered: Option<bool>,
}

impl Users {
    pub(super) async fn new(directory: GraphDirectory) -> Result<Self> {
        let privileged = Privileged::read(&directory).await?;
        let members = groups::members(&directory).await?;
        let factors = match directory.settings.second_factors {
            SecondFactors::NotRead => HashMap::new(),
            SecondFactors::Read => factors(&directory).await?,
        };
        let mut first = directory.with_fields(below(&directory.url, ["users"])?);
        first.query_pairs_mut().append_pair("$top", &directory.settings.page.to_string());
        Ok(Self { directory, privileged, members, factors, next: Some(first) })
    }
}

async fn factors(directory: &GraphDirectory) -> Result<HashMap<String, SecondFactor>> {
    let url = below(&directory.url, ["reports", "authenticationMethods", "userRegistrationDetails"])?;
    let mut factors = HashMap::new();
    let look = |told| {
        if let Ok(Registration { id, is_mfa_registered: Some(is_registered) }) = serde_json::from_value(told)
        {
            factors.insert(id, if is_registered { SecondFactor::Present } else { SecondFactor::Absent });
        }
        Ok(())
    };
    directory.each(url, FACTORS, "report of second factors", look).await?;
    Ok(factors)
}

#[async_trait]
impl Listing for Users {
    async fn list(&mut self) -> Result<Listed> {
        let Some(url) = self.next.take() else { return Ok(Listed { is_last: true, ..Listed::default() }) };
        let page: Collection = self.directory.rest.need(Call::get(url), READ, "users there").await?;
        self.next = self.directory.link(page.next)?;
        let (mut people, mut passed_over) = (Vec::with_capacity(page.value.len()), 0);
        for user in page.value {
            match User::read(user) {
                Ok(Some(User { mut person, .. })) => {
                    self.privileged.mark(&mut person.entry);
                    person.entry.groups = self.members.of(&person.entry.id);
                    if let Some(factor) = self.factors.get(person.entry.id.as_str()) {
                        person.entry.second_factor = *factor;
                    }
                    people.push(Ok(person));
                }
                Ok(None) => passed_over += 1,
                Err(odd) => people.push(Err(odd)),
            }
        }
        Ok(Listed { people, passed_over, is_last: self.next.is_none() })
    }

    fn server(&self) -> &str {
        self.directory.rest.server()
    }
}
