//! Disabling by `active` (RFC 7644, 3.5.2); SCIM has nothing else that neutralises.

use async_trait::async_trait;
use mizumori_outbound::Method;

use super::ScimDirectory;
use crate::entry::Whom;
use crate::error::{DirectoryError, Result};
use crate::neutralise::{Action, Neutralise, Outcome};
use crate::rest::{Call, Task};

const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#;

#[async_trait]
impl Neutralise for ScimDirectory {
    fn actions(&self) -> &'static [Action] {
        &[Action::Disable]
    }

    async fn force_change(&self, _whom: &Whom) -> Result<Outcome> {
        Ok(Outcome::NotSupported)
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        let Some(person) = self.find(whom).await? else { return Ok(Outcome::NotFound) };
        let url = self.place(Some(person.entry.id.as_str()))?;
        let call = Call::new(Method::PATCH, url).body("application/scim+json", PATCH);
        match self.rest.send(call, Task::new("disable a user")).await {
            Ok(Some(_)) => Ok(Outcome::Done),
            Ok(None) => Ok(Outcome::NotFound),
            // A server need not know PATCH (RFC 7644, 3.5.2).
            Err(DirectoryError::Refused { code: 405 | 501, .. }) => Ok(Outcome::NotSupported),
            Err(error) => Err(error),
        }
    }

    async fn end_sessions(&self, _whom: &Whom) -> Result<Outcome> {
        Ok(Outcome::NotSupported)
    }
}
