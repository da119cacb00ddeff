//! LDAP: Active Directory, and OpenLDAP or another server with `inetOrgPerson` and RFC 2307's classes.
//!
//! Read in pages (RFC 2696) over LDAPS or StartTLS, with a simple bind of the operator's service account. Referrals are named and
//! not followed: the credentials are for one server. An entry is known by `objectGUID` or `entryUUID`, so that it may be renamed
//! and moved.
//!
//! What it changes, and what the server needs for it: in Active Directory `pwdLastSet` and one bit of `userAccountControl`; in
//! OpenLDAP `pwdReset` and `pwdAccountLockedTime`, which its ppolicy overlay acts upon (`pwdReset` only where the policy says
//! `pwdMustChange`). Neither ends sessions: Kerberos tickets live until they expire.

mod act;
mod connection;
mod filter;
mod found;
mod groups;
mod guid;
mod members;
mod person;
mod reading;
mod settings;
mod shown;
mod superior;
mod tls;

use async_trait::async_trait;

pub use settings::{Attributes, Flavour, LdapSettings, Protection};

pub(crate) use tls::explain;

use connection::Connection;
use groups::Known;
use ldap3::Scope;
use person::Person;
use superior::Superiors;

use crate::directory::{Directory, Lookup, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};

/// A directory that speaks LDAP. Each call makes a connection of its own; a reading keeps its one.
#[derive(Clone, Debug)]
pub struct LdapDirectory {
    settings: LdapSettings,
}

impl LdapDirectory {
    /// The directory of these settings. Nothing is connected yet.
    ///
    /// # Errors
    /// When the settings cannot be: a URL that is none, a filter that is none, no encryption where there must be one.
    pub fn new(settings: LdapSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { settings })
    }

    /// Finds the one entry that is meant.
    async fn find(&self, connection: &mut Connection, whom: &Whom) -> Result<Option<Person>> {
        let Some(filter) = self.settings.filter_for(whom) else { return Ok(None) };
        let attributes = self.settings.wanted();
        let found = connection.find(&self.settings.base, Scope::Subtree, &filter, &attributes).await?;
        let mut people = found.into_iter();
        let Some(found) = people.next() else { return Ok(None) };
        if people.next().is_some() {
            let what = match whom {
                Whom::Id(_) => "id",
                Whom::Address(_) => "address",
            };
            return Err(DirectoryError::Ambiguous { server: connection.server().to_owned(), what });
        }
        Ok(Person::read(&self.settings, found).ok())
    }
}

#[async_trait]
impl Lookup for LdapDirectory {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let mut connection = Connection::open(&self.settings).await?;
        let Some(mut person) = self.find(&mut connection, whom).await? else { return Ok(None) };
        let mut odd = Vec::new();
        Superiors::default().fill(&self.settings, &mut connection, &mut person, &mut odd).await?;
        groups::look(&self.settings, &mut connection, &mut person).await?;
        connection.close().await;
        Ok(Some(person.entry))
    }

    async fn glance(&self, whom: &Whom) -> Result<Option<Entry>> {
        let mut connection = Connection::open(&self.settings).await?;
        let person = self.find(&mut connection, whom).await?;
        connection.close().await;
        Ok(person.map(|person| person.entry))
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        // Servers keep one paged search a connection: what is looked up meanwhile goes over another one.
        let connection = Connection::open(&self.settings).await?;
        let mut beside = Connection::open(&self.settings).await?;
        let settings = &self.settings;
        let known = Known::read(settings, &mut beside).await?;
        Ok(Box::new(reading::Reading::new(settings.clone(), connection, beside, known)))
    }
}
