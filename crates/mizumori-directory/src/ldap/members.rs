//! Who is in a group, directly, through other groups, or because it is his primary one: privileged groups, and those of which it is asked.
//!
//! Active Directory follows nested groups itself (LDAP_MATCHING_RULE_IN_CHAIN, MS-ADTS 3.1.1.3.4.4.3); elsewhere the members of the
//! groups are read. A primary group names nobody: there the people name it, by the last part of its SID (`primaryGroupID`, MS-ADTS
//! 3.1.1.3.4.4.3) or by its number (`gidNumber`, RFC 2307).

use std::collections::HashSet;

use ldap3::Scope;

use super::connection::Connection;
use super::filter;
use super::found::{Found, normal};
use super::person::Person;
use super::settings::{Flavour, LdapSettings};
use super::shown::Shown;
use crate::error::{DirectoryError, Result};

/// Members of groups that are read together. Who has more has no ordinary accounts.
const MOST: usize = 100_000;
/// What is not permitted where members are hidden.
const UNSEEN: &str = "see who is in a group";
/// What follows nested groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The members of some groups.
#[derive(Debug, Default)]
pub(super) struct GroupMembers {
    /// By distinguished name.
    names: HashSet<String>,
    /// By user name, as `memberUid` of RFC 2307 has them.
    logins: HashSet<String>,
    /// What people name whose primary group it is.
    primaries: HashSet<String>,
}

impl GroupMembers {
    /// Reads them.
    ///
    /// # Errors
    /// [`DirectoryError::NotPermitted`] where we may see a group, and not who is in it.
    pub(super) async fn read(
        settings: &LdapSettings,
        connection: &mut Connection,
        shown: &Shown,
        groups: &[String],
    ) -> Result<Self> {
        let mut members = Self::default();
        match settings.flavour {
            Flavour::ActiveDirectory => {
                for group in groups {
                    members.read_chain(settings, connection, shown, group).await?;
                    members.read_primaries(settings, connection, shown, group).await?;
                }
            }
            Flavour::OpenLdap => members.read_members(connection, shown, groups.to_vec()).await?,
        }
        Ok(members)
    }

    /// Whether somebody is one of them.
    pub(super) fn contains(&self, person: &Person) -> bool {
        self.names.contains(&normal(&person.name))
            || person.entry.login.as_ref().is_some_and(|login| self.logins.contains(&login.to_lowercase()))
            || person.primary.as_ref().is_some_and(|primary| self.primaries.contains(primary))
    }

    async fn read_chain(
        &mut self,
        settings: &LdapSettings,
        connection: &mut Connection,
        shown: &Shown,
        group: &str,
    ) -> Result<()> {
        let filter = in_chain(settings, group);
        let base = &settings.base;
        // No attributes (RFC 4511, 4.5.1.8): the names are enough.
        let mut pages = connection.all(settings, base, &filter, &["1.1"]);
        let mut is_empty = true;
        while let Some(page) = pages.next().await? {
            for found in page {
                if self.names.len() == MOST {
                    return Err(too_many(pages.server()));
                }
                is_empty = false;
                self.names.insert(normal(&found.name));
            }
        }
        if is_empty { told_of(connection, shown, group).await } else { Ok(()) }
    }

    /// The group itself, and those within it, as the primary groups of people.
    async fn read_primaries(
        &mut self,
        settings: &LdapSettings,
        connection: &mut Connection,
        shown: &Shown,
        group: &str,
    ) -> Result<()> {
        let value = filter::escape(group);
        let filter =
            format!("(&(objectClass=group)(|(distinguishedName={value})(memberOf:{IN_CHAIN}:={value})))");
        let mut pages = connection.all(settings, shown.tree(), &filter, &["objectSid"]);
        while let Some(page) = pages.next().await? {
            self.primaries.extend(page.iter().filter_map(|found| relative_id(found.bytes("objectSid")?)));
        }
        Ok(())
    }

    async fn read_members(
        &mut self,
        connection: &mut Connection,
        shown: &Shown,
        mut groups: Vec<String>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        while let Some(group) = groups.pop() {
            // Each is looked at once, so that groups in a circle end.
            if !seen.insert(normal(&group)) {
                continue;
            }
            let Some(found) = group_at(connection, &group).await? else { continue };
            if hides(&found) {
                return Err(connection.not_permitted(UNSEEN));
            }
            self.logins.extend(found.texts("memberUid").map(str::to_lowercase));
            if is_of(&found, &["posixGroup"]) {
                self.primaries.extend(found.text("gidNumber").map(str::to_owned));
            }
            for member in found.texts("member").chain(found.texts("uniqueMember")) {
                if shown.may_be_group(member) {
                    groups.push(member.to_owned());
                }
                self.names.insert(normal(member));
            }
            if self.names.len() > MOST {
                return Err(too_many(connection.server()));
            }
        }
        Ok(())
    }
}

/// Whether one person is in one of these groups of Active Directory. Who else is in them is not asked.
pub(super) async fn is_in_chain(
    settings: &LdapSettings,
    connection: &mut Connection,
    shown: &Shown,
    person: &Person,
    groups: &[String],
) -> Result<bool> {
    for group in groups {
        let filter = in_chain(settings, group);
        let found = connection.find(&person.name, Scope::Base, &filter, &["1.1"]).await?;
        if !found.is_empty() {
            return Ok(true);
        }
        let mut members = GroupMembers::default();
        members.read_primaries(settings, connection, shown, group).await?;
        if members.contains(person) {
            return Ok(true);
        }
        told_of(connection, shown, group).await?;
    }
    Ok(false)
}

/// Whether it is told at the members of a group of Active Directory that they are its members. A service account may be kept from reading
/// `memberOf`: then a group that has members seems to have none.
async fn told_of(connection: &mut Connection, shown: &Shown, group: &str) -> Result<()> {
    let has_members = match connection.find(group, Scope::Base, "(member=*)", &["1.1"]).await {
        Ok(found) => !found.is_empty(),
        // It is another server's.
        Err(DirectoryError::Referral { .. }) => false,
        Err(error) => return Err(error),
    };
    let filter = format!("(memberOf={})", filter::escape(group));
    if has_members && connection.find(shown.tree(), Scope::Subtree, &filter, &["1.1"]).await?.is_empty() {
        return Err(connection.not_permitted(UNSEEN));
    }
    Ok(())
}

fn in_chain(settings: &LdapSettings, group: &str) -> String {
    format!("(&{}(memberOf:{IN_CHAIN}:={}))", settings.filter, filter::escape(group))
}

fn too_many(server: &str) -> DirectoryError {
    let server = server.to_owned();
    DirectoryError::Nonsense { server, what: "100,000 members of groups that are asked for" }
}

/// What stands at a name that may be a group's.
async fn group_at(connection: &mut Connection, group: &str) -> Result<Option<Found>> {
    let attributes = ["objectClass", "member", "memberUid", "uniqueMember", "gidNumber"];
    let found = connection.find(group, Scope::Base, "(objectClass=*)", &attributes).await?;
    Ok(found.into_iter().next())
}

/// Whether a group does not show who is in it: these cannot be without members (RFC 4519, 3.5 and 3.6).
fn hides(found: &Found) -> bool {
    let has_members = found.texts("member").chain(found.texts("uniqueMember")).next().is_some();
    let is_untold = found.texts("objectClass").next().is_none();
    !has_members && (is_untold || is_of(found, &["groupOfNames", "groupOfUniqueNames"]))
}

fn is_of(found: &Found, classes: &[&str]) -> bool {
    found.texts("objectClass").any(|own| classes.iter().any(|class| own.eq_ignore_ascii_case(class)))
}

/// The last part of the SID of a domain's group (MS-DTYP 2.4.2.2): one of the machine's own is nobody's primary group.
fn relative_id(sid: &[u8]) -> Option<String> {
    const DOMAIN: [u8; 4] = 21_u32.to_le_bytes();
    let (head, parts) = sid.split_at_checked(8)?;
    let [1, count, ..] = head else { return None };
    if parts.len() != 4 * usize::from(*count) || parts.first_chunk() != Some(&DOMAIN) {
        return None;
    }
    parts.last_chunk().map(|last| u32::from_le_bytes(*last).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_sid() {
        let sid = |parts: &[u32]| {
            let head = [1, u8::try_from(parts.len()).unwrap(), 0, 0, 0, 0, 0, 5];
            head.into_iter().chain(parts.iter().flat_map(|part| part.to_le_bytes())).collect::<Vec<u8>>()
        };
        let users = sid(&[21, 1, 2, 3, 513]);
        assert_eq!(relative_id(&users).as_deref(), Some("513"));
        assert_eq!(relative_id(&sid(&[32, 544])), None, "Administrators of the machine");
        for bad in [&users[..users.len() - 1], &users[..7], &[], &[2; 28]] {
            assert_eq!(relative_id(bad), None);
        }
    }

    #[test]
    fn who_hides_his_members() {
        for (attributes, hidden) in [
            (&[("objectClass", &["top", "groupOfNames"][..])][..], true),
            (&[("objectClass", &["GROUPOFUNIQUENAMES"])], true),
            (&[("objectClass", &["groupOfNames"]), ("member", &["uid=a"])], false),
            (&[("objectClass", &["posixGroup"])], false),
            (&[("objectClass", &["inetOrgPerson"])], false),
            (&[], true),
        ] {
            assert_eq!(hides(&Found::of_texts("cn=x", attributes)), hidden, "{attributes:?}");
        }
    }
}
