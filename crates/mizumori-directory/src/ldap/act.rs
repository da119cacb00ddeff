//! Forcing a change and disabling, over LDAP.

use async_trait::async_trait;

use super::LdapDirectory;
use super::connection::{Connection, Modified};
use super::person::{DISABLED, FOR_GOOD, Person};
use super::settings::Flavour;
use crate::entry::Whom;
use crate::error::{DirectoryError, Result};
use crate::neutralise::{Action, Neutralise, Outcome};

#[async_trait]
impl Neutralise for LdapDirectory {
    fn actions(&self) -> &'static [Action] {
        &[Action::ForceChange, Action::Disable]
    }

    async fn force_change(&self, whom: &Whom) -> Result<Outcome> {
        self.change(whom, |person| match self.settings.flavour {
            // It would be written and have no effect: nothing is claimed that is not so.
            Flavour::ActiveDirectory if person.is_exempt() => Ok(Change::Exempt),
            Flavour::ActiveDirectory => Ok(Change::To("pwdLastSet", "0".to_owned())),
            Flavour::OpenLdap => Ok(Change::To("pwdReset", "TRUE".to_owned())),
        })
        .await
    }

    async fn disable(&self, whom: &Whom) -> Result<Outcome> {
        self.change(whom, |person| match self.settings.flavour {
            Flavour::ActiveDirectory => {
                let control = person.control.ok_or_else(|| DirectoryError::Nonsense {
                    server: self.settings.server(),
                    what: "the entry has no userAccountControl",
                })?;
                let value = (control | DISABLED).cast_signed();
                Ok(Change::To("userAccountControl", value.to_string()))
            }
            Flavour::OpenLdap => Ok(Change::To("pwdAccountLockedTime", FOR_GOOD.to_owned())),
        })
        .await
    }

    async fn end_sessions(&self, _whom: &Whom) -> Result<Outcome> {
        Ok(Outcome::NotSupported)
    }
}

/// What is to be changed.
enum Change {
    To(&'static str, String),
    Exempt,
}

impl LdapDirectory {
    async fn change(
        &self,
        whom: &Whom,
        change: impl Fn(&Person) -> Result<Change> + Send + Sync,
    ) -> Result<Outcome> {
        let mut connection = Connection::open(&self.settings).await?;
        let Some(person) = self.find(&mut connection, whom).await? else { return Ok(Outcome::NotFound) };
        let modified = match change(&person)? {
            Change::To(attribute, value) => connection.replace(&person.name, attribute, &value).await?,
            Change::Exempt => return Ok(Outcome::Exempt),
        };
        connection.close().await;
        Ok(match modified {
            Modified::Done => Outcome::Done,
            Modified::NoEntry => Outcome::NotFound,
            Modified::NoAttribute => Outcome::NotSupported,
        })
    }
}
