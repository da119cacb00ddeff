//! Asking for a new password, disabling (`PUT /users/{id}`), ending sessions (`POST /users/{id}/logout`).

use async_trait::async_trait;
use mizumori_outbound::Method;
use serde_json::{Value, json};

use super::KeycloakDirectory;
use super::user::{UPDATE_PASSWORD, User};
use crate::entry::Whom;
use crate::error::Result;
use crate::neutralise::{Action, Neutralise, Outcome};
use crate::rest::{Call, Task, below};

const RIGHT: &str = "manage-users of realm-management";
const FORCE: Task = Task::with("ask for a new password", RIGHT);
const DISABLE: Task = Task::with("disable a user", RIGHT);
const END: Task = Task::with("end sessions", RIGHT);

#[async_trait]
impl Neutralise for KeycloakDirectory {
    fn actions(&self) -> &'static [Action] {
        &Action::ALL
    }

    async fn force_change(&self, whom: &Whom) -> Result<Outcome> {
        let Some(mut user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        if user.person.entry.must_change {
            return Ok(Outcome::Done);
        }
        match user.whole.get_mut("requiredActions") {
            Some(Value::Array(actions)) => actions.push(json!(UPDATE_PASSWORD)),
            _ => self.set(&mut user, "requiredActions", json!([UPDATE_PASSWORD]))?,
        }
        self.write(&user, FORCE).await
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        let Some(mut user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        self.set(&mut user, "enabled", json!(false))?;
        self.write(&user, DISABLE).await
    }

    async fn end_sessions(&self, whom: &Whom) -> Result<Outcome> {
        let Some(user) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let url = below(&self.url, ["users", user.person.entry.id.as_str(), "logout"])?;
        let done = self.rest.send(Call::new(Method::POST, url), END).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}

impl KeycloakDirectory {
    fn set(&self, user: &mut User, name: &str, value: Value) -> Result<()> {
        let whole = user.whole.as_object_mut().ok_or_else(|| self.rest.nonsense("it is no user"))?;
        whole.insert(name.to_owned(), value);
        Ok(())
    }

    /// Writes all of a user back: what is left out of it may be taken for removed.
    async fn write(&self, user: &User, task: Task) -> Result<Outcome> {
        let url = below(&self.url, ["users", user.person.entry.id.as_str()])?;
        let call = Call::new(Method::PUT, url).json(user.whole.to_string());
        let done = self.rest.send(call, task).await?;
        Ok(done.map_or(Outcome::NotFound, |_| Outcome::Done))
    }
}
