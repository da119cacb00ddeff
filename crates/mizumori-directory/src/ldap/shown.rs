//! Which groups a server shows us.
//!
//! A group that may not be seen looks like one that is not there. Where no group is seen at all, none is taken for missing.

use std::collections::HashSet;

use ldap3::Scope;

use super::connection::Connection;
use super::filter;
use super::found::normal;
use super::settings::{Flavour, LdapSettings};
use crate::error::{DirectoryError, Result};

/// More groups than any directory has.
const MOST: usize = 200_000;

/// The groups of a tree.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The tree in which the base stands: groups need not stand where people do.
    tree: String,
    is_any: bool,
    /// Their distinguished names, where they are needed to tell a group from a person.
    names: HashSet<String>,
}

impl Shown {
    /// Reads them.
    pub(super) async fn read(settings: &LdapSettings, connection: &mut Connection) -> Result<Self> {
        let mut shown = Self { tree: tree(&settings.base).to_owned(), ..Self::default() };
        let filter = groups(settings.flavour);
        match settings.flavour {
            Flavour::ActiveDirectory => {
                let found = connection.find(&shown.tree, Scope::Subtree, filter, &["1.1"]).await?;
                shown.is_any = !found.is_empty();
            }
            Flavour::OpenLdap => {
                let mut pages = connection.all(settings, &shown.tree, filter, &["1.1"]);
                while let Some(page) = pages.next().await? {
                    shown.names.extend(page.iter().map(|found| normal(&found.name)));
                    if shown.names.len() > MOST {
                        let server = pages.server().to_owned();
                        let what = "more groups came than any directory has";
                        return Err(DirectoryError::Nonsense { server, what });
                    }
                }
                shown.is_any = !shown.names.is_empty();
            }
        }
        Ok(shown)
    }

    /// The tree in which they stand.
    pub(super) fn tree(&self) -> &str {
        &self.tree
    }

    /// Whether what is called so may be a group. Of what stands outside of the tree that is not known.
    pub(super) fn may_be_group(&self, name: &str) -> bool {
        let (name, tree) = (normal(name), normal(&self.tree));
        let is_within = name.strip_suffix(&*tree).is_some_and(|rest| rest.is_empty() || rest.ends_with(','));
        // Where none is shown, what is told of persons is told of groups too.
        !is_within || !self.is_any || self.names.contains(&name)
    }

    /// The distinguished names of the groups of a name. None where there is none.
    ///
    /// # Errors
    /// [`DirectoryError::NotPermitted`] where no group is shown.
    pub(super) async fn named(
        &self,
        settings: &LdapSettings,
        connection: &mut Connection,
        name: &str,
    ) -> Result<Vec<String>> {
        let mut names = Vec::new();
        if name.contains('=') {
            names.extend(at(settings, connection, name).await?);
        } else {
            let value = filter::escape(name);
            let condition = match settings.flavour {
                Flavour::ActiveDirectory => format!("(|(cn={value})(sAMAccountName={value}))"),
                Flavour::OpenLdap => format!("(cn={value})"),
            };
            let filter = format!("(&{}{condition})", groups(settings.flavour));
            let mut pages = connection.all(settings, &self.tree, &filter, &["1.1"]);
            while let Some(page) = pages.next().await? {
                names.extend(page.into_iter().map(|found| found.name));
            }
        }
        if names.is_empty() && !self.is_any {
            return Err(connection.not_permitted("see any group"));
        }
        Ok(names)
    }
}

/// The group at a distinguished name, where there is one. One that another server has may have members here all the same: that is seen at
/// the members in Active Directory, and nowhere else.
pub(super) async fn at(
    settings: &LdapSettings,
    connection: &mut Connection,
    name: &str,
) -> Result<Option<String>> {
    match connection.find(name, Scope::Base, "(objectClass=*)", &["1.1"]).await {
        Ok(found) => Ok(found.into_iter().next().map(|found| found.name)),
        Err(DirectoryError::Referral { server }) => match settings.flavour {
            Flavour::ActiveDirectory => Ok(Some(name.to_owned())),
            Flavour::OpenLdap => Err(DirectoryError::NotPermitted {
                server,
                what: "see a group of another server",
                right: None,
            }),
        },
        Err(error) => Err(error),
    }
}

const fn groups(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::ActiveDirectory => "(objectClass=group)",
        Flavour::OpenLdap => {
            "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup)(member=*)(uniqueMember=*))"
        }
    }
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

    #[test]
    fn a_person_is_no_group() {
        let names = HashSet::from(["cn=keepers,dc=suigen,dc=example".to_owned()]);
        let shown = Shown { tree: "DC=suigen, DC=example".to_owned(), is_any: true, names };
        for (name, may) in [
            ("CN=Keepers, DC=Suigen,DC=example", true),
            ("uid=taro,ou=people,dc=suigen,dc=example", false),
            ("dc=suigen,dc=example", false),
            ("cn=others,dc=notsuigen,dc=example", true),
            ("cn=x,xdc=suigen,dc=example", true),
        ] {
            assert_eq!(shown.may_be_group(name), may, "{name}");
        }
    }
}
