//! Rule `neutralise`: which accounts are acted upon by themselves, how, and how many a day.

use mizumori_core::{Groups, Severity, is_same_name};
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
    /// User names, addresses and groups that are never touched: what opens the door when all others are shut. What begins with `user:` is
    /// no group.
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
    /// What may be the name of a group in it: of these, directories are asked who is in them.
    pub fn groups_named(&self) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for wanted in self.never.iter().filter(|wanted| user(wanted).is_none()).chain(&self.groups) {
            if !wanted.trim().is_empty() && !named.iter().any(|other| is_same_name(other, wanted)) {
                named.push(wanted.trim().to_owned());
            }
        }
        named
    }

    /// Whether an account with these names, or in these groups, is never touched. Its groups may not be known: that is no no.
    pub(crate) fn spares(&self, names: &[&str], groups: &Groups) -> Answer {
        let is_spared = self.never.iter().any(|wanted| match user(wanted) {
            Some(user) => names.iter().any(|name| is_called(name, user)),
            None => names.iter().any(|name| is_called(name, wanted)) || is_one_of(wanted, groups.known()),
        });
        if is_spared {
            return Answer::Yes;
        }
        let is_known = self.never.iter().all(|wanted| user(wanted).is_some() || groups.tell_of(wanted));
        if is_known { Answer::No } else { Answer::Unknown }
    }

    /// Whether members of these groups are meant.
    pub(crate) fn means(&self, groups: &Groups) -> Answer {
        if self.groups.is_empty() || self.groups.iter().any(|wanted| is_one_of(wanted, groups.known())) {
            return Answer::Yes;
        }
        let is_known = self.groups.iter().all(|wanted| groups.tell_of(wanted));
        if is_known { Answer::No } else { Answer::Unknown }
    }
}

/// What the rule says of somebody, as far as it is known who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Unknown,
}

/// The name of an account, where it is said to be no group's.
fn user(wanted: &str) -> Option<&str> {
    let (word, name) = wanted.trim().split_once(':')?;
    word.trim().eq_ignore_ascii_case("user").then(|| name.trim())
}

/// Whether an account of this name is named. Who is named as he signs on in a forest (`SUIGEN\\root`, `root@suigen.local`) may be known
/// by his user name alone: rather one too many is left in peace.
fn is_called(name: &str, wanted: &str) -> bool {
    let login = wanted.rsplit_once('\\').map_or(wanted, |(_, login)| login);
    let login = login.split_once('@').map_or(login, |(login, _)| login);
    is_same_name(name, wanted) || !name.contains('@') && is_same_name(name, login)
}

/// Whether a group is named, by all of its name or by the first part of a distinguished one.
fn is_one_of(wanted: &str, groups: &[String]) -> bool {
    groups.iter().any(|group| {
        is_same_name(group, wanted) || first_part(group).is_some_and(|part| is_same_name(&part, wanted))
    })
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
            (&["breakglass"][..], &[][..], Answer::Yes),
            (&["ROOT@suigen.example", "x"], &[], Answer::Yes),
            (&["breakglass2"], &[], Answer::No),
            (&[], &[keepers], Answer::Yes),
            (&[], &["cn=KEY KEEPERS,ou=x"], Answer::Yes),
            (&[], &["鍵の管理者"], Answer::Yes),
            (&[], &["OU=Key Keepers"], Answer::No),
            (&[], &["CN=People,CN=Key Keepers,DC=suigen"], Answer::No),
            (&["hanako"], &["CN=Staff,DC=suigen"], Answer::No),
        ] {
            assert_eq!(rule.spares(names, &Groups::All(texts(groups))), spared, "{names:?} {groups:?}");
        }
        let whole = Neutralising { never: texts(&[keepers]), ..Neutralising::default() };
        let all = |names: &[&str]| Groups::All(texts(names));
        assert_eq!(whole.spares(&[], &all(&[keepers])), Answer::Yes);
        assert_eq!(whole.spares(&[], &all(&["CN=Key Keepers,OU=Others,DC=suigen,DC=example"])), Answer::No);
        assert_eq!(first_part("CN=Keepers\\, and others,DC=x").as_deref(), Some("Keepers, and others"));
    }

    #[test]
    fn names_of_a_forest() {
        let never = texts(&["root@suigen.local", r"SUIGEN\admin", r"user:SUIGEN\keeper"]);
        let rule = Neutralising { never, ..Neutralising::default() };
        for (names, spared) in [
            (&["ROOT"][..], Answer::Yes),
            (&["other", "root@suigen.local"], Answer::Yes),
            (&["root@suigen.example"], Answer::No),
            (&["admin"], Answer::Yes),
            (&["keeper"], Answer::Yes),
            (&["suigen"], Answer::No),
            (&["local"], Answer::No),
        ] {
            assert_eq!(rule.spares(names, &Groups::All(Vec::new())), spared, "{names:?}");
        }
    }

    #[test]
    fn groups_that_are_not_known_are_no_no() {
        let rule = Neutralising {
            never: texts(&["Key Keepers ", "user:root", "key keepers"]),
            groups: texts(&["staff"]),
            ..Neutralising::default()
        };
        assert_eq!(rule.groups_named(), ["Key Keepers", "staff"]);
        let asked = |found: &[&str]| Groups::Some { asked: rule.groups_named(), found: texts(found) };
        let elsewhere = Groups::Some { asked: texts(&["others"]), found: texts(&["others"]) };
        for (names, groups, spared, meant) in [
            (&["root"][..], Groups::Unknown, Answer::Yes, Answer::Unknown),
            (&["hanako"], Groups::Unknown, Answer::Unknown, Answer::Unknown),
            (&["hanako"], elsewhere, Answer::Unknown, Answer::Unknown),
            (&["hanako"], asked(&[]), Answer::No, Answer::No),
            (&["hanako"], asked(&["staff"]), Answer::No, Answer::Yes),
            (&["hanako"], asked(&["key keepers"]), Answer::Yes, Answer::No),
        ] {
            let said = (rule.spares(names, &groups), rule.means(&groups));
            assert_eq!(said, (spared, meant), "{names:?} {groups:?}");
        }
        let named = Neutralising { never: texts(&["user:root", "USER: admin "]), ..Neutralising::default() };
        assert_eq!(named.spares(&["hanako"], &Groups::Unknown), Answer::No, "no group is named");
        assert_eq!(named.spares(&["Admin"], &Groups::Unknown), Answer::Yes);
        assert_eq!(named.groups_named(), [""; 0]);
        assert_eq!(Neutralising::default().spares(&[], &Groups::Unknown), Answer::No);
    }

    #[test]
    fn whom_it_means() {
        let groups = Groups::All(texts(&["CN=Staff,DC=suigen,DC=example"]));
        let (none, guests) = (Groups::All(Vec::new()), Groups::All(texts(&["CN=Guests,DC=x"])));
        let everybody = Neutralising::default();
        assert_eq!([everybody.means(&none), everybody.means(&Groups::Unknown)], [Answer::Yes; 2]);
        let staff = Neutralising { groups: texts(&["staff"]), ..Neutralising::default() };
        let said = [&groups, &none, &guests].map(|groups| staff.means(groups));
        assert_eq!(said, [Answer::Yes, Answer::No, Answer::No]);
    }
}
