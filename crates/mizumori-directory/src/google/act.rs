//! Forcing a change, suspending (`users.patch`), ending sessions (`users.signOut`).

use async_trait::async_trait;
use mizumori_outbound::Method;

use super::GoogleDirectory;
use crate::entry::Whom;
use crate::error::Result;
use crate::neutralise::{Action, Neutralise, Outcome};
use crate::rest::{Call, Task, below};

const FORCE: Task = Task::with(
    "force a change of a password",
    "the scope admin.directory.user and an administrator who may change this user",
);
const SUSPEND: Task = Task::with(
    "suspend a user",
    "the scope admin.directory.user and an administrator who may suspend this user",
);
const END: Task = Task::with(
    "end sessions",
    "the scope admin.directory.user.security and an administrator who may change this user's security",
);

const CHANGE: &str = r#"{"changePasswordAtNextLogin":true}"#;
const SUSPENDED: &str = r#"{"suspended":true}"#;

#[async_trait]
impl Neutralise for GoogleDirectory {
    fn actions(&self) -> &'static [Action] {
        &Action::ALL
    }

    async fn force_change(&self, whom: &Whom) -> Result<Outcome> {
        self.patch(whom, CHANGE, FORCE).await
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        self.patch(whom, SUSPENDED, SUSPEND).await
    }

    async fn end_sessions(&self, whom: &Whom) -> Result<Outcome> {
        let Some(person) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let url = below(&self.url, [person.entry.id.as_str(), "signOut"])?;
        let done = self.ending.send(Call::new(Method::POST, url), END).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}

impl GoogleDirectory {
    async fn patch(&self, whom: &Whom, change: &'static str, task: Task) -> Result<Outcome> {
        let Some(person) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let url = below(&self.url, [person.entry.id.as_str()])?;
        let done = self.changing.send(Call::new(Method::PATCH, url).json(change), task).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}
