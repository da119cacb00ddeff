//! Who is in the groups of which the settings ask, directly or through other groups, beside those that an entry names itself: it names
//! no nested ones, and in OpenLDAP none at all without an overlay for it.

use ldap3::Scope;
use mizumori_core::Groups;

use super::connection::Connection;
use super::filter;
use super::person::Person;
use super::privileged::{GroupMembers, is_member};
use super::settings::{Flavour, LdapSettings};
use crate::error::Result;

/// The groups that are asked for, and their members.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<(String, GroupMembers)>);

impl Asked {
    /// Reads them.
    pub(super) async fn read(settings: &LdapSettings, connection: &mut Connection) -> Result<Self> {
        let mut asked = Vec::new();
        for name in &settings.groups {
            let groups = named(settings, connection, name).await?;
            asked.push((name.clone(), GroupMembers::read(settings, connection, &groups).await?));
        }
        Ok(Self(asked))
    }

    /// Says of somebody in which of them he is.
    pub(super) fn tell(&self, person: &mut Person) {
        let mut found = Vec::new();
        for (name, members) in &self.0 {
            if members.contains(person) {
                found.push(name.clone());
            }
        }
        told(person, self.0.iter().map(|(name, _)| name.clone()).collect(), found);
    }
}

/// Looks in which of the groups one person is.
pub(super) async fn look(
    settings: &LdapSettings,
    connection: &mut Connection,
    person: &mut Person,
) -> Result<()> {
    let mut found = Vec::new();
    for name in &settings.groups {
        let groups = named(settings, connection, name).await?;
        if is_member(settings, connection, person, &groups).await? {
            found.push(name.clone());
        }
    }
    told(person, settings.groups.clone(), found);
    Ok(())
}

fn told(person: &mut Person, asked: Vec<String>, found: Vec<String>) {
    match &mut person.entry.groups {
        Groups::All(names) => names.extend(found),
        groups if !asked.is_empty() => *groups = Groups::Some { asked, found },
        _ => {}
    }
}

/// The distinguished names of the groups of a name. Groups need not stand where people do: the whole tree is searched.
async fn named(settings: &LdapSettings, connection: &mut Connection, name: &str) -> Result<Vec<String>> {
    if name.contains('=') {
        return Ok(vec![name.to_owned()]);
    }
    let value = filter::escape(name);
    let filter = match settings.flavour {
        Flavour::ActiveDirectory => {
            format!("(&(objectClass=group)(|(cn={value})(sAMAccountName={value})))")
        }
        Flavour::OpenLdap => format!(
            "(&(cn={value})(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)))"
        ),
    };
    let found = connection.find(tree(&settings.base), Scope::Subtree, &filter, &["1.1".to_owned()]).await?;
    Ok(found.into_iter().map(|found| found.name).collect())
}

/// The tree in which a base stands: what is left of it without its organisational units and containers.
fn tree(base: &str) -> &str {
    let mut rest = base;
    loop {
        let kind = rest.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some((_, above)) = rest.split_once(',').filter(|_| matches!(&*kind, "ou" | "cn")) else {
            return rest.trim();
        };
        rest = above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees() {
        for (base, expected) in [
            ("dc=suigen,dc=example", "dc=suigen,dc=example"),
            ("ou=people, OU=a,dc=suigen,dc=example", "dc=suigen,dc=example"),
            ("CN=Users,DC=suigen,DC=example", "DC=suigen,DC=example"),
            ("ou=people,o=suigen", "o=suigen"),
            ("ou=people", "ou=people"),
            ("", ""),
        ] {
            assert_eq!(tree(base), expected, "{base}");
        }
    }
}
