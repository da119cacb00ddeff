//! Forcing a change, disabling, ending sessions (`user-update`, `user-revokesigninsessions`).

use async_trait::async_trait;
use mizumori_outbound::Method;

use super::GraphDirectory;
use crate::entry::Whom;
use crate::error::Result;
use crate::neutralise::{Action, Neutralise, Outcome};
use crate::rest::{Call, Task, below};

const FORCE: Task = Task::with(
    "force a change of a password",
    "User-PasswordProfile.ReadWrite.All and the role User Administrator, or a higher one for administrators",
);
const DISABLE: Task = Task::with(
    "disable a user",
    "User.EnableDisableAccount.All, and for administrators a role that may do so",
);
const END: Task = Task::with("end sessions", "User.RevokeSessions.All");

const CHANGE: &str = r#"{"passwordProfile":{"forceChangePasswordNextSignIn":true}}"#;
const DISABLED: &str = r#"{"accountEnabled":false}"#;

#[async_trait]
impl Neutralise for GraphDirectory {
    fn actions(&self) -> &'static [Action] {
        &Action::ALL
    }

    async fn force_change(&self, whom: &Whom) -> Result<Outcome> {
        self.update(whom, CHANGE, FORCE).await
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        self.update(whom, DISABLED, DISABLE).await
    }

    async fn end_sessions(&self, whom: &Whom) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let id = user.person.entry.id.as_str();
        let url = below(&self.url, ["users", id, "revokeSignInSessions"])?;
        let done = self.rest.send(Call::new(Method::POST, url).json("{}"), END).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}

impl GraphDirectory {
    async fn update(&self, whom: &Whom, change: &'static str, task: Task) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        if user.is_synchronised {
            return Ok(Outcome::Exempt);
        }
        let url = below(&self.url, ["users", user.person.entry.id.as_str()])?;
        let done = self.rest.send(Call::new(Method::PATCH, url).json(change), task).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}
