//! All users, page by page (`listUsers`).

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use super::privileged::Privileged;
use super::user::User;
use super::{OktaDirectory, READ, SecondFactors, Superiors, factors, groups};
use crate::error::Result;
use crate::rest::{Call, Listed, Listing, Members, below};

pub(super) struct Users {
    directory: OktaDirectory,
    privileged: Privileged,
    members: Members,
    superiors: Superiors,
    next: Option<Url>,
    /// Those who were deactivated: the first listing leaves them out.
    then: Option<Url>,
}

impl Users {
    pub(super) async fn new(directory: OktaDirectory) -> Result<Self> {
        let privileged = Privileged::read(&directory).await?;
        let members = groups::members(&directory).await?;
        let mut active = below(&directory.url, ["users"])?;
        active.query_pairs_mut().append_pair("limit", &directory.settings.page.to_string());
        let mut gone = active.clone();
        gone.query_pairs_mut().append_pair("filter", r#"status eq "DEPROVISIONED""#);
        let superiors = Superiors::default();
        Ok(Self { directory, privileged, members, superiors, next: Some(active), then: Some(gone) })
    }
}

#[async_trait]
impl Listing for Users {
    async fn list(&mut self) -> Result<Listed> {
        let directory = &self.directory;
        let Some(url) = self.next.take() else { return Ok(Listed { is_last: true, ..Listed::default() }) };
        let answer = directory.reading.send(Call::get(url), READ).await?;
        let answer = answer.ok_or_else(|| directory.reading.missing("users there"))?;
        let users: Vec<Value> = directory.reading.read(&answer)?;
        let next = directory.next(&answer)?;
        let mut users: Vec<_> = users.into_iter().map(User::read).collect();
        if directory.settings.second_factors == SecondFactors::Read {
            factors::fill(directory, &mut users).await?;
        }
        for user in users.iter_mut().flatten() {
            self.superiors.fill(directory, user).await?;
            let entry = &mut user.person.entry;
            self.privileged.mark(entry);
            entry.groups = self.members.of(&entry.id);
        }
        let people = users.into_iter().map(|user| user.map(|user| user.person)).collect();
        self.next = next.or_else(|| self.then.take());
        Ok(Listed { people, is_last: self.next.is_none(), ..Listed::default() })
    }

    fn server(&self) -> &str {
        self.directory.reading.server()
    }
}
