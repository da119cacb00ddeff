//! Expiring a password (`expirePassword`), suspending (`suspendUser`), revoking sessions (`revokeUserSessions`).

use async_trait::async_trait;
use mizumori_outbound::Method;

use super::OktaDirectory;
use super::user::Status;
use crate::entry::Whom;
use crate::error::Result;
use crate::neutralise::{Action, Neutralise, Outcome};
use crate::rest::{Call, Task, below};

const EXPIRE: Task = Task::with(
    "expire a password",
    "okta.users.manage, or an administrator's role that may manage this user",
);
const SUSPEND: Task = Task::with(
    "suspend a user, who has to be active for that",
    "okta.users.manage, or an administrator's role that may manage this user",
);
const REVOKE: Task =
    Task::with("end sessions", "okta.users.manage, or an administrator's role that may manage this user");

#[async_trait]
impl Neutralise for OktaDirectory {
    fn actions(&self) -> &'static [Action] {
        &Action::ALL
    }

    async fn force_change(&self, whom: &Whom) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        if user.is_federated {
            return Ok(Outcome::Exempt);
        }
        if user.status == Status::PasswordExpired {
            return Ok(Outcome::Done);
        }
        let id = user.person.entry.id.as_str();
        let url = below(&self.url, ["users", id, "lifecycle", "expire_password"])?;
        self.have_done(Call::new(Method::POST, url), EXPIRE).await
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        if matches!(user.status, Status::Suspended | Status::Deprovisioned) {
            return Ok(Outcome::Done);
        }
        let id = user.person.entry.id.as_str();
        let url = below(&self.url, ["users", id, "lifecycle", "suspend"])?;
        self.have_done(Call::new(Method::POST, url), SUSPEND).await
    }

    async fn end_sessions(&self, whom: &Whom) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let mut url = below(&self.url, ["users", user.person.entry.id.as_str(), "sessions"])?;
        // Applications keep theirs by tokens, which would outlive the session.
        url.query_pairs_mut().append_pair("oauthTokens", "true");
        self.have_done(Call::new(Method::DELETE, url), REVOKE).await
    }
}

impl OktaDirectory {
    async fn have_done(&self, call: Call, task: Task) -> Result<Outcome> {
        let done = self.acting.send(call, task).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}
