//! Rule `neutralise`: which accounts are acted upon by themselves, how, and how many a day.

use mizumori_core::Severity;
use mizumori_directory::Action;
use serde::{Deserialize, Serialize};

use super::severity;

/// When something is done to accounts in their directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Neutralising {
    /// Whether it is.
    pub enabled: bool,
    /// Whether each waits until somebody says so.
    pub dry_run: bool,
    /// From which severity on.
    #[serde(with = "severity")]
    pub from: Severity,
    /// What is done.
    #[serde(with = "action")]
    pub action: Action,
    /// So long the user has to do it himself.
    pub delay_minutes: u32,
    /// How many accounts in a day (UTC).
    pub most_a_day: u32,
    /// Only members of one of these; all, where none is named.
    pub groups: Vec<String>,
    /// User names, addresses and groups that are never touched: what opens the door when all others are shut.
    pub never: Vec<String>,
    /// Whether privileged accounts are acted upon as well.
    pub privileged: bool,
}

impl Default for Neutralising {
    fn default() -> Self {
        Self {
            enabled: false,
            dry_run: true,
            from: Severity::OwnSite,
            action: Action::ForceChange,
            delay_minutes: 0,
            most_a_day: 50,
            groups: Vec::new(),
            never: Vec::new(),
            privileged: false,
        }
    }
}

impl Neutralising {
    /// Whether an account with these names is never touched. The names of its groups are among them.
    pub(crate) fn spares(&self, names: &[&str], groups: &[String]) -> bool {
        let is_name = |wanted: &&String| names.iter().any(|name| same(name, wanted));
        self.never.iter().any(|wanted| is_name(&wanted) || is_one_of(wanted, groups))
    }

    /// Whether members of these groups are meant.
    pub(crate) fn means(&self, groups: &[String]) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|wanted| is_one_of(wanted, groups))
    }
}

/// Whether a group is named, by all of its name or by the first part of a distinguished one.
fn is_one_of(wanted: &str, groups: &[String]) -> bool {
    groups
        .iter()
        .any(|group| same(group, wanted) || first_part(group).is_some_and(|part| same(&part, wanted)))
}

/// As directories compare names: case and what stands around them do not matter.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// `Key Keepers` of `CN=Key Keepers,OU=Groups,DC=suigen,DC=example` (RFC 4514), where it is a distinguished name.
fn first_part(group: &str) -> Option<String> {
    let (_, rest) = group.split_once('=')?;
    let (mut part, mut characters) = (String::new(), rest.chars());
    while let Some(character) = characters.next() {
        match character {
            ',' => return Some(part),
            '\\' => part.extend(characters.next()),
            other => part.push(other),
        }
    }
    None
}

/// An action by its word.
mod action {
    use mizumori_directory::Action;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(action: &Action, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(action.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Action, D::Error> {
        let word = String::deserialize(from)?;
        Action::parse(&word).ok_or_else(|| {
            let words = Action::ALL.map(Action::as_str).join(", ");
            de::Error::custom(format_args!("no action is called `{word}`: there are {words}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn who_is_spared() {
        let rule = Neutralising {
            never: texts(&["Breakglass", "root@suigen.example", "key keepers", "鍵の管理者"]),
            ..Neutralising::default()
        };
        let keepers = "CN=Key Keepers,OU=Groups,DC=suigen,DC=example";
        for (names, groups, spared) in [
            (&["breakglass"][..], &[][..], true),
            (&["ROOT@suigen.example", "x"], &[], true),
            (&["breakglass2"], &[], false),
            (&[], &[keepers], true),
            (&[], &["cn=KEY KEEPERS,ou=x"], true),
            (&[], &["鍵の管理者"], true),
            (&[], &["OU=Key Keepers"], false),
            (&[], &["CN=People,CN=Key Keepers,DC=suigen"], false),
            (&["hanako"], &["CN=Staff,DC=suigen"], false),
        ] {
            assert_eq!(rule.spares(names, &texts(groups)), spared, "{names:?} {groups:?}");
        }
        let whole = Neutralising { never: texts(&[keepers]), ..Neutralising::default() };
        assert!(whole.spares(&[], &texts(&[keepers])));
        assert!(!whole.spares(&[], &texts(&["CN=Key Keepers,OU=Others,DC=suigen,DC=example"])));
        assert_eq!(first_part("CN=Keepers\\, and others,DC=x").as_deref(), Some("Keepers, and others"));
    }

    #[test]
    fn whom_it_means() {
        let groups = texts(&["CN=Staff,DC=suigen,DC=example"]);
        assert!(Neutralising::default().means(&[]) && Neutralising::default().means(&groups));
        let staff = Neutralising { groups: texts(&["staff"]), ..Neutralising::default() };
        assert!(staff.means(&groups) && !staff.means(&[]) && !staff.means(&texts(&["CN=Guests,DC=x"])));
    }
}
