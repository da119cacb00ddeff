//! What groups tell of people: who is privileged, and who is in those of which the settings ask, directly or through other groups,
//! beside those that an entry names itself: it names no nested ones, and in OpenLDAP none at all without an overlay for it.

use mizumori_core::Groups;

use super::connection::Connection;
use super::members::{GroupMembers, is_in_chain};
use super::person::Person;
use super::settings::{Flavour, LdapSettings};
use super::shown::{Shown, at};
use crate::entry::Privilege;
use crate::error::{DirectoryError, Result};
use crate::rest::permitted;

/// What they tell.
#[derive(Debug, Default)]
pub(super) struct Known {
    privileged: GroupMembers,
    /// Those that are asked for and may be seen, and their members.
    asked: Vec<(String, GroupMembers)>,
}

impl Known {
    /// Reads it.
    ///
    /// # Errors
    /// When a privileged group is not there, or does not show who is in it: nobody is taken for ordinary by mistake.
    pub(super) async fn read(settings: &LdapSettings, connection: &mut Connection) -> Result<Self> {
        let mut known = Self::default();
        let Some(shown) = shown(settings, connection).await? else { return Ok(known) };
        known.privileged =
            GroupMembers::read(settings, connection, &shown, &settings.privileged_groups).await?;
        for name in &settings.groups {
            let read = async {
                let groups = shown.named(settings, connection, name).await?;
                GroupMembers::read(settings, connection, &shown, &groups).await
            };
            if let Some(members) = permitted(read.await)? {
                known.asked.push((name.clone(), members));
            }
        }
        Ok(known)
    }

    /// Says of somebody what they tell.
    pub(super) fn tell(&self, person: &mut Person) {
        if self.privileged.contains(person) {
            person.entry.privilege = Privilege::Privileged;
        }
        let asked = self.asked.iter().map(|(name, _)| name.clone()).collect();
        let is_in = self.asked.iter().filter(|(_, members)| members.contains(person));
        told(person, asked, is_in.map(|(name, _)| name.clone()).collect());
    }
}

/// Looks what groups tell of one person.
pub(super) async fn look(
    settings: &LdapSettings,
    connection: &mut Connection,
    person: &mut Person,
) -> Result<()> {
    if settings.flavour == Flavour::OpenLdap {
        Known::read(settings, connection).await?.tell(person);
        return Ok(());
    }
    let Some(shown) = shown(settings, connection).await? else { return Ok(()) };
    if is_in_chain(settings, connection, &shown, person, &settings.privileged_groups).await? {
        person.entry.privilege = Privilege::Privileged;
    }
    let (mut asked, mut found) = (Vec::new(), Vec::new());
    for name in &settings.groups {
        let look = async {
            let groups = shown.named(settings, connection, name).await?;
            is_in_chain(settings, connection, &shown, person, &groups).await
        };
        if let Some(is_in) = permitted(look.await)? {
            asked.push(name.clone());
            found.extend(is_in.then(|| name.clone()));
        }
    }
    told(person, asked, found);
    Ok(())
}

/// The groups that are shown, where something is asked of them and may be; the privileged ones are there.
async fn shown(settings: &LdapSettings, connection: &mut Connection) -> Result<Option<Shown>> {
    if settings.groups.is_empty() && settings.privileged_groups.is_empty() {
        return Ok(None);
    }
    let shown = match Shown::read(settings, connection).await {
        Err(DirectoryError::NotPermitted { .. }) if settings.privileged_groups.is_empty() => return Ok(None),
        shown => shown?,
    };
    for group in &settings.privileged_groups {
        if at(settings, connection, group).await?.is_none() {
            let server = connection.server().to_owned();
            return Err(DirectoryError::Missing { server, what: "such privileged group" });
        }
    }
    Ok(Some(shown))
}

/// Those that it names itself are known as well.
fn told(person: &mut Person, asked: Vec<String>, found: Vec<String>) {
    let own = person.entry.groups.known().iter().cloned();
    let found: Vec<_> = own.chain(found).collect();
    person.entry.groups = match asked.is_empty() && found.is_empty() {
        true => Groups::Unknown,
        false => Groups::Some { asked, found },
    };
}
