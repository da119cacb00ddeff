//! Who is in a group, directly or through other groups: privileged ones, and those of which it is asked.
//!
//! Active Directory follows nested groups itself (LDAP_MATCHING_RULE_IN_CHAIN, MS-ADTS 3.1.1.3.4.4.3); elsewhere the members of the
//! groups are read. A primary group is no membership there; what is in Domain Admins by that alone has `adminCount` all the same.

use std::collections::HashSet;

use ldap3::Scope;

use super::connection::Connection;
use super::filter;
use super::found::{Found, normal};
use super::person::Person;
use super::settings::{Flavour, LdapSettings};
use crate::error::{DirectoryError, Result};

/// Members of groups that are read together. Who has more has no ordinary accounts.
const MOST: usize = 100_000;
/// What follows nested groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The members of some groups.
#[derive(Debug, Default)]
pub(super) struct GroupMembers {
    /// By distinguished name.
    names: HashSet<String>,
    /// By user name, as `memberUid` of RFC 2307 has them.
    logins: HashSet<String>,
}

impl GroupMembers {
    /// Reads them.
    pub(super) async fn read(
        settings: &LdapSettings,
        connection: &mut Connection,
        groups: &[String],
    ) -> Result<Self> {
        let mut members = Self::default();
        match settings.flavour {
            Flavour::ActiveDirectory => {
                for group in groups {
                    members.read_chain(settings, connection, group).await?;
                }
            }
            Flavour::OpenLdap => members.read_members(connection, groups.to_vec()).await?,
        }
        Ok(members)
    }

    /// Whether somebody is one of them.
    pub(super) fn contains(&self, person: &Person) -> bool {
        self.names.contains(&normal(&person.name))
            || person.entry.login.as_ref().is_some_and(|login| self.logins.contains(&login.to_lowercase()))
    }

    async fn read_chain(
        &mut self,
        settings: &LdapSettings,
        connection: &mut Connection,
        group: &str,
    ) -> Result<()> {
        let filter = in_chain(settings, group);
        let mut cookie = Vec::new();
        loop {
            // No attributes (RFC 4511, 4.5.1.8): the names are enough.
            let answer = connection.page(settings, &filter, &["1.1".to_owned()], cookie).await?;
            for found in &answer.found {
                self.add(connection, normal(&found.name))?;
            }
            cookie = answer.cookie;
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }

    async fn read_members(&mut self, connection: &mut Connection, mut groups: Vec<String>) -> Result<()> {
        while let Some(group) = groups.pop() {
            let Some(found) = members(connection, &group).await? else { continue };
            for login in found.texts("memberUid") {
                self.logins.insert(login.to_lowercase());
            }
            for member in found.texts("member").chain(found.texts("uniqueMember")) {
                // A member may be a group; each name is looked at once, so that groups in a circle end.
                if self.add(connection, normal(member))? {
                    groups.push(member.to_owned());
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, connection: &Connection, name: String) -> Result<bool> {
        if self.names.len() == MOST {
            let server = connection.server().to_owned();
            return Err(DirectoryError::Nonsense {
                server,
                what: "100,000 members of groups that are asked for",
            });
        }
        Ok(self.names.insert(name))
    }
}

/// Whether one person is in one of the groups.
pub(super) async fn is_member(
    settings: &LdapSettings,
    connection: &mut Connection,
    person: &Person,
    groups: &[String],
) -> Result<bool> {
    match settings.flavour {
        Flavour::ActiveDirectory => {
            for group in groups {
                let filter = in_chain(settings, group);
                let found = connection.find(&person.name, Scope::Base, &filter, &["1.1".to_owned()]).await?;
                if !found.is_empty() {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Flavour::OpenLdap if groups.is_empty() => Ok(false),
        Flavour::OpenLdap => Ok(GroupMembers::read(settings, connection, groups).await?.contains(person)),
    }
}

fn in_chain(settings: &LdapSettings, group: &str) -> String {
    format!("(&{}(memberOf:{IN_CHAIN}:={}))", settings.filter, filter::escape(group))
}

async fn members(connection: &mut Connection, group: &str) -> Result<Option<Found>> {
    let attributes = ["member", "memberUid", "uniqueMember"].map(str::to_owned);
    let found = connection.find(group, Scope::Base, "(objectClass=*)", &attributes).await?;
    Ok(found.into_iter().next())
}
